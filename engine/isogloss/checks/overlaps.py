"""Rules that stand in each other's way: one that an earlier one always beats, two that write one place."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

from isogloss import example
from isogloss.checks.book import Book, walking
from isogloss.checks.fit import covers
from isogloss.errors import Problem
from isogloss.example import All, Const, Each, Obj, Pick, Var
from isogloss.lens import holds
from isogloss.values import same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isogloss.example import Node
    from isogloss.rule import Block, Family, Layout, Rule, RuleSet
    from isogloss.values import Path


def check(book: Book) -> Iterator[Problem]:
    """Yield every rule that never runs and every pair that would contradict itself."""
    pairs = list(permutations(book.ruleset.dialects, 2))
    hidden = [problem for pair in pairs for problem in _shadows(book, *pair)]
    marks = {problem.mark for problem in hidden}
    yield from hidden
    for reader, writer in pairs:
        for rules in book.sets.values():
            yield from (found for found in _contradictions(book, rules, reader, writer) if found.mark not in marks)
    yield from _never(book, pairs)


def _never(book: Book, pairs: list[tuple[str, str]]) -> Iterator[Problem]:
    for held in book.rules:
        ways = [(reader, writer) for reader, writer in pairs if held.rule.oneway in (None, reader)]
        if ways and held.rule.needs and not any(book.running(held.rule, *way) for way in ways):
            yield Problem(book.mark(held.rule.mark, "needs"), "no family has this, so the rule never runs")


# --------------------------------------------------------------------- shadows


def _shadows(book: Book, reader: str, writer: str) -> Iterator[Problem]:
    for rules in book.sets.values():
        running = _running(rules, reader)
        for index, rule in enumerate(running):
            earlier = next((one for one in running[:index] if _beats(book, one, rule, reader, writer)), None)
            if earlier is not None:
                yield _shadowed(rule, earlier, reader)
    for block in book.blocks.values():
        yield from _block(book, block, reader, writer)


def _running(rules: RuleSet, reader: str) -> list[Rule]:
    return [rule for rule in rules.rules if reader in rule.sides and rule.oneway in (None, reader)]


def _block(book: Book, block: Block, reader: str, writer: str) -> Iterator[Problem]:
    rule = block.rule
    if reader not in rule.sides or rule.oneway not in (None, reader):
        return
    found = [one for layout in book.layouts_of(block) for one in _rivals(book, layout, block, reader, writer)]
    if found and all(rival is not None for rival in found):
        rival = next(rival for rival in found if rival is not None)
        yield _shadowed(rule, rival.rule, reader)


def _rivals(book: Book, layout: Layout, block: Block, reader: str, writer: str) -> Iterator[Block | None]:
    """Yield, for each slot that reads a block, an earlier block that is always read instead of it."""
    known = book.blocks_of(layout)
    earlier = known[: known.index(block)]
    side = layout.sides.get(reader)
    for slot in side.slots if side is not None else ():
        held = [b for b in (*earlier, block) if slot.holds is None or b.kind in slot.holds or b.kind in slot.reads]
        if block in held:
            rivals = (b for b in held[:-1] if _beats_block(book, b, block, reader, writer))
            yield next(rivals, None)


def _beats_block(book: Book, earlier: Block, later: Block, reader: str, writer: str) -> bool:
    if reader not in earlier.rule.sides or earlier.where.get(reader, {}) not in ({}, later.where.get(reader, {})):
        return False
    if earlier.around.get(reader) not in (None, later.around.get(reader)):
        return False
    return _beats(book, earlier.rule, later.rule, reader, writer)


def _beats(book: Book, earlier: Rule, later: Rule, reader: str, writer: str) -> bool:
    """Tell whether an earlier rule always runs where a later one would, and takes what it reads."""
    if earlier.also or later.also or earlier.default or later.default or not _as_free(earlier, later, reader):
        return False
    runs = book.running(later, reader, writer)
    if not runs or not runs <= book.running(earlier, reader, writer):
        return False
    first, other = earlier.sides[reader], later.sides[reader]
    return covers(first, other) and _takes(book, earlier, later, reader)


def _as_free(earlier: Rule, later: Rule, reader: str) -> bool:
    """Tell whether an earlier rule asks for no condition that the later one does not ask for."""
    own = {word: getattr(earlier, word).get(reader) for word in ("when", "knows", "lacks")}
    seen = set(earlier.saw) <= set(later.saw) and set(earlier.unseen) <= set(later.unseen)
    return seen and all(asked is None or asked == getattr(later, word).get(reader) for word, asked in own.items())


def _takes(book: Book, earlier: Rule, later: Rule, reader: str) -> bool:
    """Tell whether one rule takes a place that another one must read; a rule set takes only what its rules read."""
    walked = set(walking(book, earlier))
    for path, node in _deep(earlier.sides[reader]):
        inside = isinstance(node, Var) and bool(walked & set(node.names))
        for place in _required(later.sides[reader]):
            if _touch(path, place) and not (inside and len(place) > len(path)):
                return True
    return False


def _deep(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield the places of an example, in lists too; an example that says nothing has none."""
    if isinstance(node, Each | All | Pick):
        for item in example.children(node):
            yield from _deep(item, (*path, "[]"))
    elif isinstance(node, Obj):
        for name, child in node.fields:
            yield from _deep(child, (*path, name))
    else:
        yield path, node


def _required(node: Node, path: Path = ()) -> Iterator[Path]:
    if isinstance(node, Each | All):
        yield from _required(node.item, (*path, "[]"))
    elif isinstance(node, Obj):
        for name, child in node.fields:
            if not example.skippable(child):
                yield from _required(child, (*path, name))
    else:
        yield path


def _touch(left: Path, right: Path) -> bool:
    size = min(len(left), len(right))
    return left[:size] == right[:size]


def _shadowed(rule: Rule, earlier: Rule, reader: str) -> Problem:
    where = f"{_short(earlier)!r} in line {earlier.mark.line}"
    return Problem(rule.mark, f"reading {reader}, {_short(rule)!r} is never reached: {where} fits whatever it fits")


def _short(rule: Rule) -> str:
    return rule.id.rpartition(".")[2]


# --------------------------------------------------------------------- two rules for one place


def _contradictions(book: Book, rules: RuleSet, reader: str, writer: str) -> Iterator[Problem]:
    for first, other in combinations(() if rules.either else _running(rules, reader), 2):
        if _contradict(book, first, other, reader, writer):
            message = f"{_short(first)!r} in line {first.mark.line} writes the same place in {writer}"
            yield Problem(other.mark, f"{message}; tell them apart by `needs` or `unless`, or make one `oneway`")


def _contradict(book: Book, first: Rule, other: Rule, reader: str, writer: str) -> bool:
    if any(_told_apart(one, two, reader) for one, two in ((first, other), (other, first))):
        return False
    if not book.running(first, reader, writer) & book.running(other, reader, writer):
        return False
    if not any(_writes_both(family, first, other, reader) for family in book.families(reader)):
        return False
    if any(_touch(left, right) for left, _ in _deep(first.sides[reader]) for right, _ in _deep(other.sides[reader])):
        return False
    left, right = list(_deep(first.sides[writer])), list(_deep(other.sides[writer]))
    return any(one == two and not _agree(a, b) for one, a in left for two, b in right) and not _alternatives(
        left, right
    )


def _writes_both(family: Family | None, first: Rule, other: Rule, dialect: str) -> bool:
    return all(holds(family, rule.needs.get(dialect, {})) for rule in (first, other))


def _told_apart(rule: Rule, other: Rule, reader: str) -> bool:
    """Tell whether a rule says how it goes with others that write the same place."""
    ends = rule.drop is not None or rule.refuse is not None or rule.oneway is not None
    asks = reader in rule.when or reader in rule.knows or reader in rule.lacks or bool(rule.saw or rule.unseen)
    gives = rule.default or rule.yields or rule.lists is not None or _short(other) in rule.unless
    return ends or asks or gives or len(rule.sides) == 1


def _alternatives(left: Sequence[tuple[Path, Node]], right: Sequence[tuple[Path, Node]]) -> bool:
    """Tell whether two examples show alternatives: a document that asks for both contradicts itself, and is told so."""
    pairs = [(a, b) for one, a in left for two, b in right if one == two]
    words = any(isinstance(a, Const) and isinstance(b, Const) and not _agree(a, b) for a, b in pairs)
    return words or any(isinstance(a, Var) and isinstance(b, Var) and len(a.names) != len(b.names) for a, b in pairs)


def _agree(left: Node, right: Node) -> bool:
    return isinstance(left, Const) and isinstance(right, Const) and same(left.value, right.value)
