"""How far rules reach into a document: what stands where a reader has come to, one step after another.

A stream that one dialect tells as events is written in that dialect and never read: there, what rules write is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from isogloss import codecs
from isogloss.checks.book import Book
from isogloss.example import All, Const, Each, Known, Node, Obj, Pick, Var, skippable, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from isogloss.rule import Block, Drop, Layout, Rule, RuleSet, Side, Slot, Table
    from isogloss.values import Path

#: One step into any item of a list, and into any value of an object that is a map.
ITEM: Final = "[*]"
VALUE: Final = "{}"


@dataclass(frozen=True)
class Spot:
    """A place that something reads; nothing is read below it."""

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Yield what reads the place one step below."""
        del reach, name
        yield from ()

    def narrowed(self, alternatives: frozenset[str]) -> Spot:
        """Return what is left where the schema names alternatives of which one must be there."""
        del alternatives
        return self

    def fitting(self, words: Mapping[str, Sequence[Any]]) -> tuple[Spot, ...]:
        """Return what can be read of an object whose names say one of a few words each."""
        del words
        return (self,)


@dataclass(frozen=True)
class Whole(Spot):
    """A place that is taken with all below it."""

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """All below is taken too."""
        del reach, name
        yield self


@dataclass(frozen=True)
class Left(Whole):
    """A place whose loss is explained, with all below it, as long as nothing reads any of it."""


@dataclass(frozen=True)
class Way(Spot):
    """A place on the way to others."""

    path: Path
    ends: tuple[Spot, ...]

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Go on if the name is the next one; * is any."""
        del reach
        if self.path[0] in (name, "*"):
            yield from way(self.path[1:], self.ends)


def way(path: Path, ends: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Return the spots at the start of a way."""
    return (Way(path, ends),) if path else ends


@dataclass(frozen=True)
class At(Spot):
    """An example that is read here; `moved` names the conversions that the other side gives its variables."""

    node: Node
    moved: tuple[tuple[str, str], ...] = ()

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Go down where the example does."""
        if isinstance(self.node, Obj):
            for field, child in self.node.fields:
                if field == name:
                    yield from reach.enter(child, self.moved)
        elif isinstance(self.node, Each | All) and name == ITEM:
            yield from reach.enter(self.node.item, self.moved)
        elif isinstance(self.node, Pick) and name == ITEM:
            for item in self.node.items:
                yield from reach.enter(item, self.moved)

    def fitting(self, words: Mapping[str, Sequence[Any]]) -> tuple[Spot, ...]:
        """Read nothing of an object that says other words than the example does."""
        fields = self.node.fields if isinstance(self.node, Obj) else ()
        said = {name: child.value for name, child in fields if isinstance(child, Const)}
        return (self,) if all(value in words.get(name, (value,)) for name, value in said.items()) else ()


@dataclass(frozen=True)
class Words(Spot):
    """A word of a table, which may be an object."""

    table: str

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Know the names of the table's objects."""
        table = reach.book.ruleset.tables[self.table]
        if any(isinstance(cell, dict) and name in cell for cell in reach.cells(table)):
            yield Spot()

    def knows(self, reach: Reach, word: Any) -> bool:
        """Tell whether the table has a row for a word, or an answer to every other."""
        table = reach.book.ruleset.tables[self.table]
        if word is None or isinstance(table.unknown, dict) or table.unknown == "keep":
            return True
        fold = str.lower if table.fold == reach.reader else str
        return any(isinstance(cell, str) and fold(cell) == fold(str(word)) for cell in reach.cells(table))


@dataclass(frozen=True)
class In(Spot):
    """An object that a rule set, a group of blocks or a block reads: whatever may stand in it."""

    spots: tuple[Spot, ...]

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Go down wherever one of them does."""
        for spot in self.spots:
            yield from spot.step(reach, name)

    def narrowed(self, alternatives: frozenset[str]) -> Spot:
        """Narrow each."""
        return In(tuple(spot.narrowed(alternatives) for spot in self.spots))

    def fitting(self, words: Mapping[str, Sequence[Any]]) -> tuple[Spot, ...]:
        """Keep those that fit."""
        return (In(tuple(kept for spot in self.spots for kept in spot.fitting(words))),)


@dataclass(frozen=True)
class Set(Spot):
    """An object that a named rule set reads."""

    name: str

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Go down where one of its rules does."""
        for spot in reach.set(reach.book.sets[self.name]):
            yield from spot.step(reach, name)


@dataclass(frozen=True)
class Rest(Spot):
    """A block that takes whatever no other takes; `taken` are the names that others know a block by."""

    taken: frozenset[str]
    left: frozenset[str] | None = None

    def step(self, reach: Reach, name: str) -> Iterator[Spot]:
        """Take what is an alternative of its own, not what stands beside the others'."""
        del reach
        if self.left is None or name in self.left:
            yield Whole()

    def narrowed(self, alternatives: frozenset[str]) -> Spot:
        """Leave the alternatives that other blocks know."""
        return Rest(self.taken, alternatives - self.taken)


class Reach:
    """All that is read of one dialect, or all that is written of it where it tells `events`."""

    def __init__(self, book: Book, reader: str, events: tuple[str, ...] = ()) -> None:
        self.book = book
        self.reader = reader
        self.events = events

    def below(self, spots: tuple[Spot, ...], name: str) -> tuple[Spot, ...]:
        """Return what reads the place one step below what reads a place."""
        return tuple({_key(below): below for spot in spots for below in spot.step(self, name)}.values())

    def settled(self, spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
        """Leave out the reasons for losing a whole where rules read some of it: then they are not given."""
        walked = any(isinstance(spot, At | In | Rest | Set | Way) and spot != At(Obj(())) for spot in spots)
        return tuple(spot for spot in spots if not isinstance(spot, Left)) if walked else spots

    def document(self, name: str) -> tuple[Spot, ...]:
        """Return what reads a document; an event is an item of a list, and what stands beside the lists."""
        whole: tuple[Spot, ...] = (Set(name),)
        items = (self.below(self.below(whole, listed), ITEM) for listed in self.events)
        return (*whole, *(spot for item in items for spot in item))

    def set(self, rules: RuleSet) -> Iterator[Spot]:
        """Yield what reads an object by a rule set."""
        for rule in rules.rules:
            yield from self.rule(rule)
        yield from self.drops(rules.drops.get(self.reader, ()))
        for line in rules.rest.get(self.reader, ()) if not self.events else ():
            path = tuple(line["at"].split(".")) if line["at"] else ()
            yield from (spot for name in line.get("takes", ()) for spot in way((*path, name), (Whole(),)))
            yield from way(path, (Set(line["by"]),)) if "by" in line else ()
        for name in rules.layouts:
            yield from self.layout(self.book.ruleset.layouts[name])
        if rules.inline.get("reads") == self.reader:
            yield from (Way((name,), (Whole(),)) for name in (rules.inline["name"], *rules.inline["definitions"]))

    def rule(self, rule: Rule) -> Iterator[Spot]:
        """Yield what a rule reads."""
        if not self.runs(rule):
            return
        others = [node for side, node in rule.sides.items() if side != self.reader]
        moved = {v.names[0]: v.conversion for node in others for v in variables(node) if v.conversion}
        yield from self.enter(rule.sides[self.reader], tuple(moved.items()))
        yield from self.drops(rule.drops.get(self.reader, ()))

    def runs(self, rule: Rule) -> bool:
        """Tell whether a rule reads the dialect, or writes it where that is asked."""
        if self.events:
            runs = rule.oneway != self.reader and rule.drop is None and rule.refuse is None
        else:
            runs = rule.oneway in (None, self.reader)
        return runs and self.reader in rule.sides

    def drops(self, drops: Iterable[Drop]) -> Iterator[Spot]:
        """Yield the places that a sentence is given for; it writes nothing."""
        for drop in drops if not self.events else ():
            yield from way(drop.path, (Left(),))

    def enter(self, node: Node, moved: tuple[tuple[str, str], ...]) -> Iterator[Spot]:
        """Yield what reads the place of an example."""
        if isinstance(node, Var):
            yield from self._variable(node, dict(moved))
        elif isinstance(node, Known):
            yield Whole()
        else:
            yield Spot() if isinstance(node, Const) else At(node, moved if any(variables(node)) else ())

    def _variable(self, node: Var, moved: dict[str, str]) -> Iterator[Spot]:
        name = node.conversion or moved.get(node.names[0], "")
        base, over = name.rstrip("*%"), name[len(name.rstrip("*%")) :]
        step: Path = {"*": (ITEM,), "%": (VALUE,)}.get(over, ())
        if base in self.book.ruleset.tables:
            yield from way(step, (Words(base),))
        elif base in self.book.sets and base.partition(":")[0] not in codecs.CODECS:
            yield from way(step, (Set(base),))
        else:
            yield Whole()

    def cells(self, table: Table) -> Iterator[Any]:
        """Yield the words of a table."""
        column = 0 if table.columns[0] == self.reader else 1
        for rows in (table.rows, *table.family_rows.values()):
            yield from (row.cells[column] for row in rows)

    # ------------------------------------------------------------------ blocks

    def layout(self, layout: Layout) -> Iterator[Spot]:
        """Yield the places of a layout's groups."""
        side = layout.sides.get(self.reader)
        if side is None:
            return
        group = In(tuple(self.group(layout, side)))
        for path in (side.groups, *side.also):
            if path is not None:
                yield from way((*path, ITEM), (group,))
        for path in (side.group, side.hoist):
            if path is not None:
                yield from way(path, (group,))

    def group(self, layout: Layout, side: Side) -> Iterator[Spot]:
        """Yield what reads a group."""
        for name in (side.role, *side.fixed):
            if name is not None:
                yield Way((name,), (Spot(),))
        yield from self.drops(side.drops)
        for slot in side.slots:
            yield from self._slot(layout, slot)
        yield from _seams(side)

    def _slot(self, layout: Layout, slot: Slot) -> Iterator[Spot]:
        held = [b for b in self.book.blocks_of(layout) if slot.holds is None or b.kind in (*slot.holds, *slot.reads)]
        item = In(tuple(self._blocks(held, slot)))
        if slot.form in ("self", "fields"):
            yield item
        elif slot.conversion is not None:
            yield from way(slot.at, (Whole(),))
        else:
            forms = (item,) if slot.form in ("one", "one-or-items") else ()
            items = (Way((ITEM,), (item,)),) if slot.form != "one" else ()
            yield from way(slot.at, (*forms, *items))

    def _blocks(self, held: list[Block], slot: Slot) -> Iterator[Spot]:
        running = [block for block in held if self.runs(block.rule) and not _lost_whole(block, self.reader)]
        taken = frozenset(name for block in running for name in _known_by(block.rule.sides[self.reader]))
        for block in running:
            if isinstance(block.rule.sides[self.reader], Var):
                yield Rest(taken)
            else:
                yield from self.rule(block.rule)
            if block.inner is not None:
                inner = self.book.ruleset.layouts[block.inner[0]]
                side = inner.sides[self.reader]
                yield from way(block.inner[1][self.reader], (In(tuple(self.group(inner, side))),))
        if slot.number is not None:
            yield Way((slot.number,), (Spot(),))


def _key(spot: Spot) -> object:
    """Know equal spots as one; those of examples with lists in them stay several."""
    try:
        return hash(spot), spot
    except TypeError:
        return id(spot)


def _lost_whole(block: Block, reader: str) -> bool:
    """Tell whether a block is lost whatever stands in it: then nothing in it has been read."""
    return block.rule.drop is not None and isinstance(block.rule.sides.get(reader), Var)


def _known_by(node: Node) -> list[str]:
    """Return the names that must be there for a block to be known."""
    return [name for name, child in node.fields if not skippable(child)] if isinstance(node, Obj) else []


def _seams(side: Side) -> Iterator[Spot]:
    if side.seams is None:
        return
    spec = side.seams
    names = (spec["number"], spec["kind"], spec["end"], *spec["carries"].values())
    for name in names:
        yield from way((*spec["at"].split("."), ITEM, name), (Spot(),))
    for path in spec.get("lone", {}):
        yield from way(tuple(path.split(".")), (Spot(),))
