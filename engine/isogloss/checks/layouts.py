"""Layouts and rule sets: every kind of block has its slot, every place is made of names, nothing turns in circles."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from isogloss import example
from isogloss.checks.book import Book
from isogloss.errors import Problem
from isogloss.example import Var

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.errors import Mark
    from isogloss.rule import Block, Layout, Rule, RuleSet, Side, Slot
    from isogloss.values import Path

#: What a place is made of where something must also be written there.
_NAME: Final = re.compile(r"[^\s*\[\]?|&!'\"`@()]+")


def check(book: Book) -> Iterator[Problem]:
    """Yield what has no place, what is no place, and what nothing uses."""
    for layout in book.ruleset.layouts.values():
        yield from _kinds(book, layout)
        for dialect, side in layout.sides.items():
            if not side.slots:
                yield Problem(book.mark(layout.mark, dialect), "a layout has slots that hold its blocks")
    yield from _around(book)
    yield from _places(book)
    yield from _circles(book)
    yield from _unused(book)


# --------------------------------------------------------------------- slots


def _kinds(book: Book, layout: Layout) -> Iterator[Problem]:
    for reader, read in layout.sides.items():
        for writer, write in layout.sides.items():
            if reader == writer:
                continue
            told: set[str] = set()
            for block in book.blocks_of(layout):
                if block.kind not in told and _reads(block, read, reader) and not _writes(layout, write, block.kind):
                    told.add(block.kind)
                    message = f"{block.kind!r} is read in {reader} and has no slot here"
                    yield Problem(book.mark(layout.mark, writer), message)


def _reads(block: Block, side: Side, reader: str) -> bool:
    rule = block.rule
    runs = rule.oneway in (None, reader) and reader in rule.sides and rule.drop is None and rule.refuse is None
    if not runs or not any(example.places(rule.sides[reader])):
        return False
    return any(_holds(slot, block.kind) or block.kind in slot.reads for slot in side.slots)


def _writes(layout: Layout, side: Side, kind: str) -> bool:
    """Tell whether a kind has a place: inside a block, what is only read there stands beside it."""
    inner = any(block.inner is not None and block.inner[0] == layout.name for block in layout.blocks)
    return any((_holds(slot, kind) and not slot.read_only) or (inner and kind in slot.reads) for slot in side.slots)


def _holds(slot: Slot, kind: str) -> bool:
    return slot.holds is None or kind in slot.holds


# --------------------------------------------------------------------- what stands around


def _around(book: Book) -> Iterator[Problem]:
    """Yield the blocks that ask what stands around them where nothing does, or where they are read unasked."""
    standing = {name for rules in book.sets.values() for name in rules.layouts}
    standing |= {block.inner[0] for block in book.blocks.values() if block.inner}
    for block in book.blocks.values():
        mark = book.mark(block.rule.mark, "around")
        if block.around and block.plain is not None:
            yield Problem(mark, "a bare text is read unasked; a block with a `plain` variable asks nothing around it")
        if block.around and standing.isdisjoint(layout.name for layout in book.layouts_of(block)):
            yield Problem(mark, "no object stands around this block: its layouts are laid by no rule set")


# --------------------------------------------------------------------- places


def _places(book: Book) -> Iterator[Problem]:
    for layout in book.ruleset.layouts.values():
        for dialect, side in layout.sides.items():
            for steps, path in _side_places(side):
                yield from _place(path, book.mark(layout.mark, dialect, *steps))
    for rules in book.sets.values():
        yield from _ends(book, rules)
        for held in rules.rules:
            yield from _same_name(book, held)
    for block in book.blocks.values():
        for dialect, path in (block.inner[1] if block.inner else {}).items():
            yield from _place(path, book.mark(block.rule.mark, "inner", dialect))


def _ends(book: Book, rules: RuleSet) -> Iterator[Problem]:
    for dialect, places in rules.whole.items():
        for index, place in enumerate(places):
            yield from _place(tuple(place.split(".")), book.mark(rules.mark, "whole", dialect, index))
    for name, words in (("rest", ("at", "to")), ("excludes", ("at",))):
        for dialect, lines in getattr(rules, name).items():
            for (index, line), word in product(enumerate(lines), words):
                path = tuple(line[word].split(".")) if line[word] else ()
                yield from _place(path, book.mark(rules.mark, name, dialect, index, word))


def _side_places(side: Side) -> Iterator[tuple[tuple[Any, ...], Path]]:
    for word in ("groups", "group", "hoist"):
        path = getattr(side, word)
        if path is not None:
            yield (word,), path
    yield from ((("also", index), path) for index, path in enumerate(side.also))
    yield from ((("slots", index, "at"), slot.at) for index, slot in enumerate(side.slots))
    if side.seams is not None:
        yield ("seams", "at"), tuple(side.seams["at"].split("."))


def _same_name(book: Book, rule: Rule) -> Iterator[Problem]:
    said = book.entry(rule.mark).get("both")
    if isinstance(said, str):
        yield from _place(tuple(said.split(".")), book.mark(rule.mark, "both"))


def _place(path: Iterable[Any], mark: Mark) -> Iterator[Problem]:
    wrong = [step for step in path if not _NAME.fullmatch(str(step))]
    if wrong:
        yield Problem(mark, f"{wrong[0]!r} cannot be written; a place that runs both ways is made of names and dots")


# --------------------------------------------------------------------- circles and leftovers


def _circles(book: Book) -> Iterator[Problem]:
    """Find rule sets that convert a whole value by themselves: that never ends."""
    whole = {name: _whole(book, rules.rules) | {*_left_to(rules, "")} for name, rules in book.sets.items()}
    for name, rules in book.sets.items():
        reached, todo = set[str](), list(whole[name])
        while todo:
            step = todo.pop()
            if step not in reached:
                reached.add(step)
                todo += whole.get(step, ())
        if name in reached:
            yield Problem(rules.mark, f"{name!r} converts a whole value by {name!r} again, and so never ends")


def _whole(book: Book, rules: Iterable[Rule]) -> set[str]:
    sides = [node for rule in rules for node in rule.sides.values()]
    return {node.conversion for node in sides if isinstance(node, Var) and node.conversion in book.sets}


def _unused(book: Book) -> Iterator[Problem]:
    used = _used(book)
    blocks = {name.partition(".")[0] for name in book.blocks}
    for section, what in (("tables", "table"), ("sets", "rule set"), ("layouts", "layout")):
        for name in book.tree[section]:
            if name not in used:
                yield Problem(book.tree[section].names[name], f"nothing uses the {what} {name!r}")
    for name in book.tree["blocks"]:
        if name not in blocks:
            yield Problem(book.tree["blocks"].names[name], f"nothing uses the block table {name!r}")


def _left_to(rules: RuleSet, place: str | None = None) -> Iterator[str]:
    """Yield the sets that read what other rules have left, anywhere or at one place."""
    lines = (line for lines in rules.rest.values() for line in lines)
    yield from (line["by"] for line in lines if "by" in line and place in (None, line["at"]))


def _used(book: Book) -> set[str]:
    nodes = [node for held in book.rules for node in held.rule.sides.values()]
    steps = [step for held in book.rules for _, _, *found in held.rule.derive.values() for step in found]
    steps += [variable.conversion for node in nodes for variable in example.variables(node) if variable.conversion]
    used = {step.rstrip("*%") for step in steps}
    used |= {layout.roles for layout in book.ruleset.layouts.values() if layout.roles}
    used |= {name for rules in book.sets.values() for name in (*rules.layouts, *_left_to(rules))}
    used |= {name for prefix in book.ruleset.prefixes.values() for name in prefix.tables}
    return used | {block.inner[0] for block in book.blocks.values() if block.inner}
