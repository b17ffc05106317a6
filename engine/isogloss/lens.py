"""Lenses: rules made to run in one direction, for one pair of families.

A lens is still data: which rules hold, in which order, which side is read and which is written, and which table rows
count. The interpreter walks it, the compiler turns it into code. Flipping a lens is asking for the other direction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from isogloss import codecs, example, families, guard
from isogloss.errors import UnknownName
from isogloss.example import Node, Obj

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isogloss.rule import Block, Drop, Family, Layout, Row, Rule, RuleSet, Ruleset, Side, Slot
    from isogloss.values import Path, Value

_NOTHING = Obj(())


@dataclass(frozen=True, slots=True)
class Conversion:
    """What stands behind the bar of `$x | name`, with its name looked up."""

    name: str
    #: codec | table | set | layout
    sort: str
    #: over a whole value, each item of a list (*), or each value of an object (%).
    over: str = ""
    codec: codecs.Codec | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Turn:
    """A rule turned to run one way."""

    rule: Rule
    read: Node
    write: Node
    #: drop | refuse where the written family cannot take it; None where the rule maps.
    gated: str | None = None
    guard: Callable[[Value], bool] | None = None
    #: Names of the variables that are read.
    reads: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def place(self) -> str:
        """The rule's file and line."""
        return self.rule.mark.place


@dataclass(frozen=True, slots=True)
class TurnedSet:
    """A rule set turned to run one way."""

    name: str
    place: str
    turns: tuple[Turn, ...]
    defaults: tuple[Turn, ...]
    drops: tuple[Drop, ...]
    layouts: tuple[str, ...]
    nulls: bool
    rest: Mapping[str, Any]
    inline: Mapping[str, Any]
    either: bool = False
    #: Names are also read in snake_case here.
    snake: bool = False
    #: Names that may not stand together in what is written: {at, names, reason}.
    excludes: tuple[Mapping[str, Any], ...] = ()
    #: Places of a written document that are said as a whole: nothing is laid over them.
    whole: frozenset[Path] = frozenset()

    @property
    def refers(self) -> set[str]:
        """The names of references that are followed, and what they stand in."""
        spec = self.inline
        return {spec["name"], *spec["definitions"], *filter(None, [spec.get("lone")])} if spec else set()

    @property
    def names(self) -> set[str]:
        """The names under which its rules begin to read."""
        read = (turn.read for turn in self.turns)
        return {name for node in read if isinstance(node, example.Obj) for name, _ in node.fields}


@dataclass(frozen=True, slots=True)
class TurnedBlock:
    """A block turned to run one way."""

    block: Block
    turn: Turn

    @property
    def kind(self) -> str:
        """The block's kind."""
        return self.block.kind


@dataclass(frozen=True, slots=True)
class TurnedLayout:
    """A layout turned to run one way: its reading side, its writing side, its blocks."""

    layout: Layout
    read: Side
    write: Side
    blocks: tuple[TurnedBlock, ...]
    #: Slots of the writing side that the written family has.
    slots: tuple[Slot, ...]
    hoists: bool
    legal: tuple[Mapping[str, Any], ...]

    def slot_of(self, kind: str, role: str | None = None) -> Slot | None:
        """Find the slot that is written for a kind in a group of a role."""
        return next((slot for slot in self.slots if _takes(slot, kind, role)), None)

    def held(self, slot: Slot) -> Iterator[TurnedBlock]:
        """Yield the blocks that may be read in a slot."""
        return (b for b in self.blocks if slot.holds is None or b.kind in slot.holds or b.kind in slot.reads)


def _takes(slot: Slot, kind: str, role: str | None) -> bool:
    if slot.read_only or not (slot.holds is None or kind in slot.holds):
        return False
    return slot.form == "self" or not slot.roles or role in slot.roles


class Lens:
    """All of a ruleset that one direction, one document and one pair of families need."""

    def __init__(
        self, ruleset: Ruleset, document: str, reader: str, writer: str, known: Mapping[str, families.Match]
    ) -> None:
        if document not in ruleset.documents:
            raise UnknownName("operation", document, ruleset.documents)
        self.ruleset = ruleset
        self.name = document
        self.version = str(ruleset)
        rules = ruleset.documents[document]
        seed = rules.seed.get(reader)
        #: Where the document names what minted keys derive from.
        self.seed = tuple(seed.split(".")) if seed is not None else None
        #: What takes several calls, and how their replies become one.
        self.join = rules.joins.get(writer)
        #: How many items a reply must have.
        self.answers = rules.answers.get(reader)
        self.reader = reader
        self.writer = writer
        self.matches = known
        apart = rules.apart.get(reader)
        self.apart = apart if apart is not None and self.has(writer, apart.needs.get(writer, {})) else None
        self.nulls_absent = ruleset.dialects[reader].nulls_absent
        self.snake = ruleset.dialects[reader].snake
        #: The lens as generated code: made when it runs for the second time, None where it cannot be.
        self.work: Callable[..., Any] | None = None
        self.ran = self.tried = False
        #: Whether its documents have been large: then a copy of one shares its texts.
        self.large = False
        #: What pieces of streams look like, by the options that change what becomes of them.
        self.stencils: dict[tuple[bool, str], Any] = {}
        self._sets: dict[str, TurnedSet] = {}
        self._layouts: dict[str, TurnedLayout] = {}
        self._conversions: dict[str, Conversion] = {}

    @cached_property
    def document(self) -> TurnedSet:
        """The document's own rules."""
        return self.turned(self.ruleset.documents[self.name])

    def set(self, name: str) -> TurnedSet:
        """A named rule set, turned."""
        if name not in self._sets:
            self._sets[name] = self.turned(self.ruleset.sets[name])
        return self._sets[name]

    def layout(self, name: str) -> TurnedLayout:
        """A named layout, turned."""
        if name not in self._layouts:
            self._layouts[name] = self._turned_layout(self.ruleset.layouts[name])
        return self._layouts[name]

    def rows(self, name: str) -> tuple[Row, ...]:
        """A table's rows for these families; what a family does not say is read as everyone says it."""
        table = self.ruleset.tables[name]
        for dialect in (self.writer, self.reader):
            for ancestor in self._lineage(dialect):
                if ancestor in table.family_rows:
                    more = table.rows if dialect == self.reader else ()
                    return table.family_rows[ancestor] + more
        return table.rows

    def _lineage(self, dialect: str) -> tuple[str, ...]:
        family = self.family(dialect)
        return family.lineage if family else ()

    def family(self, dialect: str) -> Family | None:
        """The family of a dialect's model."""
        found = self.matches.get(dialect)
        return found.family if found else None

    # ------------------------------------------------------------------ conversions

    def conversion(self, name: str) -> Conversion:
        """Look up what stands behind a bar."""
        if name not in self._conversions:
            self._conversions[name] = find_conversion(self.ruleset, name)
        return self._conversions[name]

    # ------------------------------------------------------------------ turning

    def turned(self, rules: RuleSet) -> TurnedSet:
        """Turn a rule set."""
        snake = rules.snake or self.snake
        turns = [turn for rule in rules.rules for turn in self.turn(rule, snake=snake)]
        return TurnedSet(
            name=rules.name,
            place=rules.mark.place,
            turns=tuple(turn for turn in turns if not turn.rule.default),
            defaults=tuple(turn for turn in turns if turn.rule.default),
            drops=tuple(rules.drops.get(self.reader, ())),
            layouts=rules.layouts,
            nulls=rules.nulls,
            either=rules.either,
            rest=rules.rest,
            inline=rules.inline if rules.inline.get("reads") == self.reader else {},
            snake=rules.snake,
            excludes=tuple(rules.excludes.get(self.writer, ())),
            whole=frozenset(tuple(place.split(".")) for place in rules.whole.get(self.writer, ())),
        )

    def turn(self, rule: Rule, *, snake: bool | None = None) -> tuple[Turn, ...]:
        """Turn a rule; nothing if it does not run this way."""
        if rule.oneway not in (None, self.reader):
            return ()
        ends = rule.drop is not None or rule.refuse is not None
        if ends and self.reader not in rule.sides:
            return ()
        met = self.has(self.writer, rule.needs.get(self.writer, {}))
        if not met and rule.otherwise is None:
            return ()
        gated = "refuse" if rule.refuse is not None else "drop" if rule.drop is not None else None
        if not met:
            gated = rule.otherwise
        return (self._turn(rule, gated, snake=self.snake if snake is None else snake),)

    def _turn(self, rule: Rule, gated: str | None, *, snake: bool) -> Turn:
        read, write = self._moved(rule.sides.get(self.reader, _NOTHING), rule.sides.get(self.writer, _NOTHING))
        asked = rule.when.get(self.reader)
        names = frozenset(name for variable in example.variables(read) for name in variable.names)
        return Turn(
            rule=rule,
            read=read,
            write=write,
            gated=gated,
            guard=guard.compile_guard(asked, snake=snake) if asked else None,
            reads=names,
        )

    def _moved(self, read: Node, write: Node) -> tuple[Node, Node]:
        """Let what a table or a rule set converts be converted where it is read: that is one step, not two."""
        plain = {v.names[0] for v in example.variables(read) if v.conversion is None and len(v.names) == 1}
        moved: dict[str, str] = {}
        for variable in example.variables(write):
            name = variable.conversion
            if name is not None and variable.names[0] in plain and self.conversion(name).sort != "codec":
                moved[variable.names[0]] = name
        if not moved:
            return read, write
        return (
            example.renamed(read, lambda v: replace(v, conversion=moved.get(v.names[0], v.conversion))),
            example.renamed(write, lambda v: replace(v, conversion=None) if v.names[0] in moved else v),
        )

    def has(self, dialect: str, facts: Mapping[str, Value]) -> bool:
        """Tell whether the family of a dialect's model has facts."""
        return holds(self.family(dialect), facts)

    def _turned_layout(self, layout: Layout) -> TurnedLayout:
        read, write = layout.sides[self.reader], layout.sides[self.writer]
        own = [block for block in layout.blocks if layout.knows(block)]
        blocks = [TurnedBlock(block, turn) for block in own for turn in self.turn(_gated_in(block.rule, layout.name))]
        return TurnedLayout(
            layout=layout,
            read=read,
            write=write,
            blocks=tuple(blocks),
            slots=tuple(slot for slot in write.slots if self.has(self.writer, slot.needs)),
            hoists=write.hoist is not None and self.has(self.writer, write.hoist_needs),
            legal=tuple(line for line in write.legal if self.has(self.writer, line.get("needs", {}))),
        )


def _gated_in(rule: Rule, layout: str) -> Rule:
    """Leave out the gates that stand in other layouts only."""
    gate = {
        dialect: {name: gate for name, gate in gates.items() if layout in gate.get("layouts", (layout,))}
        for dialect, gates in rule.gate.items()
    }
    return rule if gate == rule.gate else replace(rule, gate=gate)


def find_conversion(ruleset: Ruleset, name: str) -> Conversion:
    """Look up a conversion: a codec, a table, a rule set or a layout.

    Raises UnknownName.
    """
    over = name[-1] if name[-1] in "*%" else ""
    base = name.rstrip("*%")
    found = codecs.find(base)
    if found is not None:
        codec, options = found
        return Conversion(base, "codec", over, codec, ruleset.values[options] if options else {})
    for sort, known in (("table", ruleset.tables), ("set", ruleset.sets), ("layout", ruleset.layouts)):
        if base in known:
            return Conversion(base, sort, over)
    raise UnknownName("conversion", base, [*codecs.CODECS, *ruleset.tables, *ruleset.sets, *ruleset.layouts])


_ORDERS = {
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
}


def holds(family: Family | None, facts: Mapping[str, Value]) -> bool:
    """Tell whether a family has facts; its generation and its kind are facts too."""
    known = {**family.facts, "generation": family.generation, "kind": family.kind} if family else {}
    return all(_holds(known.get(name), wanted) for name, wanted in facts.items())


def _holds(known: Value, wanted: Value) -> bool:
    """Compare a fact with what is needed: true, false, a word, or an order such as '>=3.1'."""
    if isinstance(wanted, bool):
        return (known not in (None, False)) is wanted
    if isinstance(wanted, str):
        for sign, order in _ORDERS.items():
            if wanted.startswith(sign):
                return isinstance(known, int | float) and order(known, float(wanted[len(sign) :]))
    if isinstance(wanted, list):
        return known in wanted
    return known == wanted
