"""A page for each operation: what stands in its documents, in both dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss import lens
from isogloss.apart import Times
from isogloss.docs import plans, prefixes, sentences
from isogloss.docs.markdown import anchor, code, page, shown, table, value, words
from isogloss.errors import UnknownName
from isogloss.example import variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from isogloss.apart import Apart
    from isogloss.rule import Block, Drop, Layout, Rule, RuleSet, Ruleset, Slot, Telling
    from isogloss.values import Path


def names(ruleset: Ruleset) -> list[str]:
    """List the operations."""
    return sorted({name.rpartition(".")[0] for name in ruleset.documents})


def phases(ruleset: Ruleset, operation: str) -> list[str]:
    """List the documents of an operation, in the order of an exchange."""
    order = ("request", "response", "stream", "error")
    found = [name.rpartition(".")[2] for name in ruleset.documents if name.rpartition(".")[0] == operation]
    return sorted(found, key=lambda phase: order.index(phase) if phase in order else len(order))


def columns(ruleset: Ruleset) -> tuple[str, ...]:
    """List the dialects in the order in which tables show them."""
    first = next(iter(ruleset.tables.values()), None)
    return first.columns if first else tuple(ruleset.dialects)


def page_of(ruleset: Ruleset, operation: str) -> str:
    """Write the page of an operation."""
    documents = [ruleset.documents[f"{operation}.{phase}"] for phase in phases(ruleset, operation)]
    lines = [line for rules in documents for line in _document(ruleset, rules)]
    lines += [*prefixes.section(ruleset, operation), *plans.section(ruleset, operation)]
    layouts, objects = _used(ruleset, documents)
    for layout in layouts:
        lines += _layout(ruleset, layout)
    for name, blocks in _block_tables(layouts).items():
        lines += ["", f"## Blocks: {name}", *_blocks(ruleset, blocks)]
    for rules in objects:
        lines += [anchor(rules.name), f"## Object: {rules.name}", *_title(rules), *_rules(ruleset, rules)]
    return page(operation, "[All pages](../index.md)", *filter(None, lines))


def _document(ruleset: Ruleset, rules: RuleSet) -> list[str]:
    phase = rules.name.rpartition(".")[2]
    head = [anchor(rules.name), f"## {phase.capitalize()}", *_title(rules)]
    return [*head, *_shares(rules), *_tellings(rules.stream), *_rules(ruleset, rules)]


def _shares(rules: RuleSet) -> Iterator[str]:
    """Say what takes several calls, how their replies become one, and how long a reply must be."""
    for dialect, apart in rules.apart.items():
        told = _times(apart) if isinstance(apart, Times) else _cut(apart)
        yield f"Where {code(dialect)} is read, {told}{_only(apart)}."
    for dialect, join in rules.joins.items() if not rules.stream else ():
        number = f", numbered by {code(join.number)}" if join.number else ""
        added = f"; the numbers of {_places(join.adds)} are added" if join.adds else ""
        lists = f"{_places(join.lists)} of all follow each other{number}{added}"
        yield f"Where {code(dialect)} is written, replies of several calls become one: {lists}."
    for dialect, answers in rules.answers.items():
        held = f"{_places(answers.at)} must hold as many items as {_places([answers.each])} of the request"
        order = f", in its order by {code(answers.number)}" if answers.number else ""
        yield f"Where {code(dialect)} is read and its request is known, {held}{order}."


def _cut(apart: Apart) -> str:
    alike = f" that say {_places(apart.alike)} alike" if apart.alike else ""
    sizes = f"calls of at most {apart.most} item{'s' * (apart.most > 1)}{alike}, and holds at most {apart.limit}"
    return f"{_places([apart.at])} is asked for in {sizes}"


def _times(times: Times) -> str:
    rising = f"; {_places(times.rises)} is one higher in each" if times.rises else ""
    calls = f"in as many calls, at most {times.limit}, each of which says 1 there{rising}"
    return f"what {_places([times.at])} counts is asked for {calls}; replies that are refused are left out"


def _only(apart: Apart | Times) -> str:
    needs = [f"{code(dialect)} families with {sentences.facts(needed)}" for dialect, needed in apart.needs.items()]
    return f"; so for {' and '.join(needs)}" if needs else ""


def _places(paths: Iterable[Path]) -> str:
    return _codes(".".join(map(str, path)) for path in paths)


def _tellings(stream: Mapping[str, Telling]) -> list[str]:
    """Write how each dialect tells the document piece by piece: what waits, and for what."""
    rows = [
        (
            code(dialect),
            f"{code(told.each)} by {code(told.index)}, until {code(told.ends)}",
            _codes(told.frame),
            _codes(told.held),
            _codes(told.last) + (f", where {code(told.alone)} asks for them" if told.alone else ""),
            _codes(".".join(rule.at) for rule in (*told.gathers, *told.assembles)),
        )
        for dialect, told in stream.items()
    ]
    head = ["A stream tells it piece by piece; what waits for the end is translated once:"] if rows else []
    names = ("dialect", "replies", "said by every piece", "last word of a reply", "told last", "put together first")
    tail = ["Its rules, and those of the whole document that hold here too:"] if rows else []
    return [*head, *table(names, rows), *tail]


def _codes(found: Iterable[str]) -> str:
    return ", ".join(code(name) for name in found)


def _title(rules: RuleSet) -> list[str]:
    either = "Any value, by the first rule that it fits." if rules.either else ""
    snake = "Names are read in snake_case too." if rules.snake else ""
    return [words(text) for text in (rules.title, rules.note, either, snake) if text]


# --------------------------------------------------------------------- rules


def _rules(ruleset: Ruleset, rules: RuleSet) -> list[str]:
    sides = columns(ruleset)
    rows = [_row(ruleset, rule) for rule in rules.rules]
    told = [*_rest(rules), *_excluded(rules), *dropped(rules.name, rules.drops)]
    return [*table(("rule", *sides, "", "where"), rows), *told]


def _row(ruleset: Ruleset, rule: Rule) -> list[str]:
    name = f"{anchor(rule.id)}{code(rule.id)}"
    sides = [shown(rule.sides.get(side)) for side in columns(ruleset)]
    return [name, *sides, sentences.of_rule(ruleset, rule), code(rule.mark.place)]


def _rest(rules: RuleSet) -> list[str]:
    rows = [
        (
            code(dialect),
            code(line["at"] or "/"),
            code(line["to"] or "/"),
            ", ".join(code(name) for name in line.get("takes", ())) or f"those that {code(line['by'])} reads",
        )
        for dialect, lines in rules.rest.items()
        for line in lines
    ]
    head = ["Names of the other dialect that are taken over where nobody else has read them:"] if rows else []
    return [*head, *table(("read", "from", "to", "names"), rows)]


def _excluded(rules: RuleSet) -> list[str]:
    rows = [
        (code(dialect), code(line["at"] or "/"), ", ".join(code(name) for name in line["names"]), line["reason"])
        for dialect, lines in rules.excludes.items()
        for line in lines
    ]
    head = ["Names that may not stand together in what is written:"] if rows else []
    whole = [f"{code(dialect)} {code(place)}" for dialect, places in rules.whole.items() for place in places]
    more = [f"Said as a whole, so that no other word may add to it: {', '.join(whole)}."] if whole else []
    return [*head, *table(("written", "at", "names", ""), rows), *more]


def dropped(owner: str, drops: Mapping[str, tuple[Drop, ...]]) -> list[str]:
    """Write what the other dialect has no word for."""
    rows = [
        (anchor(drop_id(owner, drop)) + code(dialect), code(_path(drop)), sentences.of_drop(drop), _place(drop))
        for dialect, lines in drops.items()
        for drop in lines
    ]
    head = ["What the other dialect has no word for:"] if rows else []
    return [*head, *table(("read", "name", "", "where"), rows)]


def drop_id(owner: str, drop: Drop) -> str:
    """Name a drop as losses name it."""
    return f"{owner}.{_path(drop)}"


def _path(drop: Drop) -> str:
    return ".".join(map(str, drop.path))


def _place(drop: Drop) -> str:
    return code(drop.mark.place) if drop.mark else ""


# --------------------------------------------------------------------- layouts and blocks


def _layout(ruleset: Ruleset, layout: Layout) -> Iterator[str]:
    yield anchor(f"layout-{layout.name}")
    yield f"## Layout: {layout.name}"
    yield words(layout.title)
    for dialect in columns(ruleset):
        side = layout.sides.get(dialect)
        if side is None:
            continue
        place = ".".join(side.groups if side.groups is not None else side.group or ())
        hoist = f"; hoisted to {code('.'.join(side.hoist))}" if side.hoist else ""
        yield f"In {code(dialect)}, under {code(place or '(itself)')}{hoist}, as {code(side.mark.place)} says:"
        yield from table(("place", "form", "holds", "for", ""), [_slot(slot) for slot in side.slots])
        yield from [f"- {words(str(line.get('reason', '')))}" for line in side.legal]
        yield from dropped(layout.name, {dialect: side.drops})


def _slot(slot: Slot) -> list[str]:
    holds = ", ".join(code(kind) for kind in slot.holds) if slot.holds is not None else "every kind"
    more = [f"also reads {', '.join(code(kind) for kind in slot.reads)}"] if slot.reads else []
    more += ["only read"] if slot.read_only else []
    more += [f"needs {sentences.facts(slot.needs)}: {words(slot.reason)}"] if slot.needs else []
    more += [f"where it holds nothing: {value(dict(slot.blank))}"] if slot.blank else []
    return [code(".".join(slot.at) or "(itself)"), slot.form, holds, ", ".join(map(code, slot.roles)), "; ".join(more)]


def _block_tables(layouts: Iterable[Layout]) -> dict[str, dict[str, Block]]:
    found: dict[str, dict[str, Block]] = {}
    for layout in layouts:
        for block in layout.blocks:
            found.setdefault(block.rule.id.partition(".")[0], {})[block.rule.id] = block
    return found


def _blocks(ruleset: Ruleset, blocks: Mapping[str, Block]) -> list[str]:
    rows: list[list[str]] = []
    for block in blocks.values():
        row = _row(ruleset, block.rule)
        row[-2] = "; ".join(filter(None, [*_block(block), row[-2]]))
        rows.append(row)
    return table(("block", *columns(ruleset), "", "where"), rows)


def _block(block: Block) -> Iterator[str]:
    if block.kind != block.rule.id.partition(".")[2]:
        yield f"a form of {code(block.kind)}"
    if block.plain:
        yield f"as bare text: {code('$' + block.plain)}"
    if block.book:
        does = "opens" if block.book.opens else "closes"
        yield f"{does} an entry of the book {code(block.book.book)} by {code('$' + block.book.key)}"
    for dialect, heads in block.where.items():
        for name, beginnings in heads.items():
            yield f"where {code('$' + name)} of {code(dialect)} begins with {', '.join(map(code, beginnings))}"
    for dialect, asked in block.around.items():
        yield f"if {code(asked)} in the object of {code(dialect)} that the layout stands in"
    if block.inner:
        yield f"holds blocks as the layout {code(block.inner[0])} says"
    if block.attributes:
        yield f"with the attributes {', '.join(map(code, block.attributes))}"


# --------------------------------------------------------------------- what a document uses


def _used(ruleset: Ruleset, documents: Iterable[RuleSet]) -> tuple[list[Layout], list[RuleSet]]:
    """Find the layouts and rule sets that documents lead to."""
    layouts: dict[str, Layout] = {}
    objects: dict[str, RuleSet] = {}
    waiting = list(documents)
    while waiting:
        rules = waiting.pop(0)
        for name in rules.layouts:
            _add(ruleset, name, layouts)
        examples = [*rules.rules, *(block.rule for layout in layouts.values() for block in layout.blocks)]
        left = [line["by"] for lines in rules.rest.values() for line in lines if "by" in line]
        for name in (*left, *_sets(ruleset, examples)):
            if name not in objects:
                objects[name] = ruleset.sets[name]
                waiting.append(ruleset.sets[name])
    return list(layouts.values()), [objects[name] for name in sorted(objects)]


def _add(ruleset: Ruleset, name: str, layouts: dict[str, Layout]) -> None:
    if name in layouts:
        return
    layouts[name] = ruleset.layouts[name]
    for block in ruleset.layouts[name].blocks:
        if block.inner:
            _add(ruleset, block.inner[0], layouts)


def _sets(ruleset: Ruleset, rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        for node in rule.sides.values():
            for variable in variables(node):
                name = (variable.conversion or "").rstrip("*%")
                if name and _is_set(ruleset, name):
                    yield name


def _is_set(ruleset: Ruleset, name: str) -> bool:
    try:
        return lens.find_conversion(ruleset, name).sort == "set"
    except UnknownName:
        return False
