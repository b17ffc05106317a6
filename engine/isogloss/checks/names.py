"""Names: whatever an entry calls by name must be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss import codecs, example
from isogloss.checks.book import Book, Held
from isogloss.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from isogloss.errors import Mark
    from isogloss.example import Node, Var
    from isogloss.rule import Layout, RuleSet

#: What an exchange knows without a rule that says so.
GIVEN: Final = frozenset({"model", "now", "stream", "position", "reply"})


def check(book: Book) -> Iterator[Problem]:
    """Yield every name that nothing has."""
    for held in book.rules:
        yield from _conversions(book, held)
        yield from _facts_of(book, held)
        yield from _memory(book, held)
        yield from _seen(book, held)
    for rules in book.sets.values():
        yield from _set(book, rules)
    for layout in book.ruleset.layouts.values():
        yield from _layout(book, layout)
    yield from _books(book)
    yield from _attributes(book)


# --------------------------------------------------------------------- conversions


def _conversions(book: Book, held: Held) -> Iterator[Problem]:
    for side, node in held.rule.sides.items():
        for variable in example.variables(node):
            if variable.conversion is not None:
                mark = book.variable(held.rule, side, variable.names[0])
                yield from _conversion(book, variable.conversion, mark, variable)
    for name, (_, _, *steps) in held.rule.derive.items():
        for step in steps:
            yield from _conversion(book, step, book.mark(held.rule.mark, "derive", name))
    yield from _twice(book, held)


def _conversion(book: Book, name: str, mark: Mark, variable: Var | None = None) -> Iterator[Problem]:
    base, _, options = name.rstrip("*%").partition(":")
    codec = codecs.CODECS.get(base)
    rules = book.ruleset
    known = {*codecs.CODECS, *rules.tables, *rules.sets, *rules.layouts}
    if base not in known:
        yield book.unknown(mark, "conversion", base, known)
        return
    if codec is not None:
        yield from _options(book, base, options, mark)
    width = 1 if codec is None else codec.width or _held_by(rules.values.get(options))
    if variable is not None and len(variable.names) != width:
        yield Problem(mark, f"{base!r} makes {_count(width)}, and {_count(len(variable.names))} stand before it")


def _held_by(options: object) -> int:
    return options.get("holds", 1) if isinstance(options, dict) else 1


def _count(number: int) -> str:
    return "1 variable" if number == 1 else f"{number} variables"


def _options(book: Book, base: str, name: str, mark: Mark) -> Iterator[Problem]:
    values = book.ruleset.values
    if name and name not in values:
        yield book.unknown(mark, "named value", name, values)
        return
    options = values[name] if name else {}
    if not isinstance(options, dict):
        yield Problem(mark, f"{name!r} holds no options for {base!r}")
        return
    lacking = sorted(codecs.CODECS[base].needs - set(options))
    if lacking:
        yield Problem(mark, f"{base!r} needs {' and '.join(lacking)}; give it a named value: {base}:name")


def _twice(book: Book, held: Held) -> Iterator[Problem]:
    """Find what is converted twice: a table, a rule set or a layout leads from one dialect to the other in one step."""
    first, *others = [_converting(node) for node in held.rule.sides.values()] or [{}]
    for name in sorted(set(first).intersection(*others)) if others else ():
        side = list(held.rule.sides)[-1]
        mark = book.variable(held.rule, side, name)
        yield Problem(mark, f"${name} is converted on both sides, first by {first[name]!r}; once is enough")


def _converting(node: Node) -> dict[str, str]:
    found = {variable.names[0]: variable.conversion for variable in example.variables(node) if variable.conversion}
    return {name: step for name, step in found.items() if step.rstrip("*%").partition(":")[0] not in codecs.CODECS}


def _seen(book: Book, held: Held) -> Iterator[Problem]:
    for word in ("saw", "unseen"):
        for index, name in enumerate(getattr(held.rule, word)):
            if name not in book.classes:
                mark = book.mark(held.rule.mark, word, index)
                yield book.unknown(mark, "kind or class of block", name, book.classes)


# --------------------------------------------------------------------- facts and memory


def _facts_of(book: Book, held: Held) -> Iterator[Problem]:
    for dialect, facts in held.rule.needs.items():
        yield from absent_facts(book, dialect, facts, book.mark(held.rule.mark, "needs", dialect))
    for name, bounds in held.rule.bounds.items():
        for dialect in held.rule.needs:
            yield from absent_facts(book, dialect, bounds, book.mark(held.rule.mark, "bounds", name))
    for dialect, gates in held.rule.gate.items():
        for name, gate in gates.items():
            wanted = gate["needs"] if isinstance(gate["needs"], dict) else {gate["needs"]: True}
            yield from absent_facts(book, dialect, wanted, book.mark(held.rule.mark, "gate", dialect, name, "needs"))


def absent_facts(book: Book, dialect: str, wanted: Iterable[str], mark: Mark) -> Iterator[Problem]:
    """Yield the facts that no family of a dialect has."""
    known = {"generation", "kind"}
    for family in book.ruleset.families:
        known |= set(family.facts) if family.dialect == dialect else set()
    for fact in wanted:
        if fact not in known:
            yield book.unknown(mark, f"fact of {dialect} families", fact, known)


def _memory(book: Book, held: Held) -> Iterator[Problem]:
    known = GIVEN | _remembered(book)
    for word in ("knows", "lacks"):
        for dialect, name in getattr(held.rule, word).items():
            if name not in known:
                yield book.unknown(book.mark(held.rule.mark, word, dialect), "value of the exchange", name, known)


def _remembered(book: Book) -> set[str]:
    nodes = [node for held in book.rules for side in held.rule.sides.values() for _, node in example.places(side)]
    sides = [side for layout in book.ruleset.layouts.values() for side in layout.sides.values()]
    pieces = [*(side.pieces for side in sides), *(slot.begins for side in sides for slot in side.slots)]
    kept = {name for held in book.rules for name in held.rule.keeps.values()}
    return {node.name for node in nodes if isinstance(node, example.Known)} | {name for name in pieces if name} | kept


# --------------------------------------------------------------------- rule sets


def _set(book: Book, rules: RuleSet) -> Iterator[Problem]:
    for index, name in enumerate(rules.layouts):
        if name not in book.ruleset.layouts:
            yield book.unknown(book.mark(rules.mark, "layouts", index), "layout", name, book.ruleset.layouts)
    for dialect, lines in rules.rest.items():
        for index, line in enumerate(lines):
            if line.get("by", rules.name) not in book.sets:
                yield book.unknown(book.mark(rules.mark, "rest", dialect, index, "by"), "set", line["by"], book.sets)
    ids: list[str] = [rule.id.rsplit(".", 1)[-1] for rule in rules.rules]
    for index, rule in enumerate(rules.rules):
        if ids[index] == "?":
            yield Problem(rule.mark, "a rule has an id, so that others and overlays can name it")
        elif ids[index] in ids[:index]:
            yield Problem(book.mark(rule.mark, "id"), f"the id {ids[index]!r} stands twice in {rules.name}")
        for name in rule.unless:
            yield from _unless(book, name, rule.default, ids, index, book.mark(rule.mark, "unless"))


def _unless(book: Book, name: str, default: bool, ids: list[str], index: int, mark: Mark) -> Iterator[Problem]:
    if name not in ids:
        yield book.unknown(mark, "rule", name, ids)
    elif not default and ids.index(name) >= index:
        yield Problem(mark, f"{name!r} runs after this rule, so it can never win over it; put it before")


# --------------------------------------------------------------------- layouts


def _layout(book: Book, layout: Layout) -> Iterator[Problem]:
    kinds = {block.kind for block in book.blocks_of(layout)}
    tables = book.ruleset.tables
    if layout.roles is not None and layout.roles not in tables:
        yield book.unknown(book.mark(layout.mark, "roles"), "table", layout.roles, tables)
    for dialect in book.ruleset.dialects:
        if dialect not in layout.sides:
            yield Problem(layout.mark, f"the layout {layout.name!r} does not say how {dialect} lays it out")
    for mark, kind in _kinds_named(book, layout):
        if kind not in kinds:
            yield book.unknown(mark, "kind of block", kind, kinds)
    yield from _roles(book, layout)
    yield from _slots(book, layout)


def _kinds_named(book: Book, layout: Layout) -> Iterator[tuple[Mark, str]]:
    for dialect, side in layout.sides.items():
        for index, slot in enumerate(side.slots):
            named: list[tuple[str, Iterable[str]]] = [("holds", slot.holds or ()), ("reads", slot.reads)]
            named += [("plain", (slot.plain,) if slot.plain else ())]
            for word, kinds in named:
                for place, kind in enumerate(kinds):
                    yield book.mark(layout.mark, dialect, "slots", index, word, place), kind
            for kind in (slot.blank or {}).get("beside", {}):
                yield book.mark(layout.mark, dialect, "slots", index, "blank"), kind
        for index, line in enumerate(side.legal):
            yield from _legal_kinds(book, layout, dialect, index, line)
        for place, (_, kind) in ((side.seams or {}).get("lone", {})).items():
            yield book.mark(layout.mark, dialect, "seams", "lone", place), kind


def _legal_kinds(
    book: Book, layout: Layout, dialect: str, index: int, line: Mapping[str, Any]
) -> Iterator[tuple[Mark, str]]:
    if "give" in line or {"leads", "kind"} <= line.keys():
        yield book.mark(layout.mark, dialect, "legal", index, "kind"), line["kind"]
    if "insert" in line:
        yield book.mark(layout.mark, dialect, "legal", index, "insert", "kind"), line["insert"]["kind"]
    for word in ("first", "lacks"):
        for place, kind in enumerate(line.get(word, ())):
            yield book.mark(layout.mark, dialect, "legal", index, word, place), kind


def _roles(book: Book, layout: Layout) -> Iterator[Problem]:
    table = book.ruleset.tables.get(layout.roles or "")
    if table is None:
        return
    for dialect, side in layout.sides.items():
        column = 0 if table.columns[0] == dialect else 1
        words = {
            "^",
            *(str(row.cells[column]) for row in table.rows),
            *(str(row.cells[1 - column]) for row in table.rows),
        }
        for index, slot in enumerate(side.slots):
            for place, role in enumerate(slot.roles):
                if role not in words:
                    mark = book.mark(layout.mark, dialect, "slots", index, "roles", place)
                    yield book.unknown(mark, "role", role, words)


def _slots(book: Book, layout: Layout) -> Iterator[Problem]:
    for dialect, side in layout.sides.items():
        for index, slot in enumerate(side.slots):
            mark = book.mark(layout.mark, dialect, "slots", index, "conversion")
            if slot.conversion is not None and slot.conversion.partition(":")[0] not in codecs.CODECS:
                yield book.unknown(mark, "codec", slot.conversion, codecs.CODECS)
            elif slot.conversion is not None:
                yield from _conversion(book, slot.conversion, mark)
            yield from absent_facts(book, dialect, slot.needs, book.mark(layout.mark, dialect, "slots", index, "needs"))
        yield from absent_facts(book, dialect, side.hoist_needs, book.mark(layout.mark, dialect, "hoist_needs"))
        for index, line in enumerate(side.legal):
            mark = book.mark(layout.mark, dialect, "legal", index, "needs")
            yield from absent_facts(book, dialect, line.get("needs", ()), mark)
            yield from _leads(book, line, book.mark(layout.mark, dialect, "legal", index, "leads"))


def _leads(book: Book, line: Mapping[str, Any], mark: Mark) -> Iterator[Problem]:
    known = GIVEN | _remembered(book)
    if "leads" in line and line["leads"] not in known:
        yield book.unknown(mark, "value of the exchange", line["leads"], known)
    elif "leads" in line and not any(b.plain for b in book.blocks.values() if b.kind == line.get("kind")):
        yield Problem(mark, "what leads is the bare form of a kind; name one that has a plain variable as its kind")


# --------------------------------------------------------------------- blocks


def _books(book: Book) -> Iterator[Problem]:
    opened = {block.book.book for block in book.blocks.values() if block.book and block.book.opens}
    for block in book.blocks.values():
        mark = block.rule.mark
        for index, name in enumerate(block.layouts):
            if name not in book.ruleset.layouts:
                yield book.unknown(book.mark(mark, "layouts", index), "layout", name, book.ruleset.layouts)
        if block.book is not None and block.book.book not in opened:
            yield book.unknown(book.mark(mark, "closes", "book"), "book", block.book.book, opened)
        if block.inner is not None and block.inner[0] not in book.ruleset.layouts:
            yield book.unknown(book.mark(mark, "inner", "layout"), "layout", block.inner[0], book.ruleset.layouts)
    for layout in book.ruleset.layouts.values():
        for dialect, side in layout.sides.items():
            for index, line in enumerate(side.legal):
                if "answered" in line and line["answered"] not in opened:
                    mark = book.mark(layout.mark, dialect, "legal", index, "answered")
                    yield book.unknown(mark, "book", line["answered"], opened)


def _attributes(book: Book) -> Iterator[Problem]:
    known = {name for table in book.tree["blocks"].values() for name in table}
    for name, entry in book.tree["attributes"].items():
        for index, block in enumerate(entry.get("beside", ())):
            if block not in known:
                mark = book.mark(book.tree["attributes"], name, "beside", index)
                yield book.unknown(mark, "block", block, known)
