"""The interpreter at work on a part of a document, where generated code meets what it was not made for."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final

from isogloss import guard, tables
from isogloss.accounts import Owner
from isogloss.building import merge
from isogloss.completing import derive
from isogloss.errors import IsoglossError
from isogloss.example import All, Known, Node, Var, children
from isogloss.interpreter import Run
from isogloss.matching import Bound
from isogloss.memory import Memory
from isogloss.notes import LOST, NO, SWEPT, Bail, Link, Note, keep
from isogloss.pointer import find
from isogloss.sizes import shallow, small, walked
from isogloss.values import ABSENT, Object, Path, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isogloss.accounts import Lost
    from isogloss.lens import Conversion, Lens, Turn, TurnedSet


def slow_word(lens: Lens, name: str, value: Value, saw: set[str], link: Link, notes: list[Note], *where: Any) -> Value:
    """Find a word as the interpreter does, with its loss."""
    order, source, target, rule = where
    if isinstance(value, dict | list):
        raise Bail
    run = Run(lens, Memory({}))
    run.saw, run.owner = saw, Owner(rule, "")
    try:
        found = tables.convert(run, lens.ruleset.tables[name], value, (), ())
    except IsoglossError:
        raise Bail from None
    for lost in run.accounts.lost:
        at = None if lost.target is None else target
        notes.append((LOST, link, order, lost.kind, source, at, lost.owner.id, lost.owner.place, lost.reason))
    return None if found is ABSENT else found


def derived(lens: Lens, value: Value, how: tuple[str, ...]) -> Value:
    """Compute a variable from another one as the interpreter does."""
    found = derive(lens, Bound(value), how)
    return None if found is ABSENT else found


class Part(Run):
    """A run of some rules of a set, which leaves other sets to generated code."""

    def __init__(self, lens: Lens, memory: Memory, sets: Mapping[str, Callable[..., Value]]) -> None:
        super().__init__(lens, memory)
        self.sets = sets
        self.notes: list[Note] = []
        self.order: Path = ()
        self.link: Link = None
        #: How long the paths to the set itself are.
        self.here = 0
        self.there = 0

    def _convert_one(self, conversion: Conversion, value: Value, path: Path, at: Path) -> Value:
        work = self.sets.get(conversion.name) if conversion.sort == "set" else None
        if work is None or path[:1] == ("#",):
            return super()._convert_one(conversion, value, path, at)
        link = (self.link, (self.order, path[self.here :], at[self.there :]), NO)
        self.accounts.claim(path, "mapped", self.owner)
        return work(value, link, self.notes, self.exchange.values, self.saw, self.defaults)


def component(
    lens: Lens, name: str, sort: str, indexes: tuple[int, ...], places: tuple[Path, ...], sets: Mapping[str, Any]
) -> Callable[..., None]:
    """Return what runs some rules of a set, and accounts for the places they read."""
    return Component(lens, lens.document if sort == "document" else lens.set(name), indexes, places, sets).run


class Component:
    """Some rules of a set and the places that they alone read; what became of small values is remembered."""

    def __init__(
        self, lens: Lens, rules: TurnedSet, indexes: tuple[int, ...], places: tuple[Path, ...], sets: Mapping[str, Any]
    ) -> None:
        self.lens = lens
        self.rules = rules
        self.indexes = indexes
        self.places = places
        self.sets = sets
        self.alone = all(_alone(lens, rules.turns[index], places) for index in indexes)
        self.known: dict[bytes, tuple[bytes, tuple[Note, ...]]] = {}

    def run(
        self, value: Value, link: Link, notes: list[Note], out: Value, mem: Object, saw: set[str], defaults: bool
    ) -> None:
        """Translate what stands at the places into `out`."""
        found = [find(value, place) for place in self.places]
        if not self.alone:
            shallow([one for one in found if isinstance(one, dict | list)])
            self._run(value, link, notes, out, mem, saw, defaults)
            return
        key = marshal.dumps([... if one is ABSENT else one for one in found], 2)
        key += repr((link is None, defaults)).encode()
        hit = self.known.get(key)
        if hit is None:
            if not small(key):
                walked([one for one in found if isinstance(one, dict | list)])
            mine: list[Note] = []
            made: dict[str, Value] = {}
            self._run(value, link, mine, made, mem, saw, defaults)
            hit = (marshal.dumps(made), tuple((note[0], *note[2:]) for note in mine))
            if len(key) < _SMALL:
                keep(self.known, key, hit)
        if merge(out, marshal.loads(hit[0]), ()) is not None:  # noqa: S302 - written here
            raise Bail
        notes += [(tag, link, *told) for tag, *told in hit[1]]

    def _run(
        self, value: Value, link: Link, notes: list[Note], out: Value, mem: Object, saw: set[str], defaults: bool
    ) -> None:
        source, target = _steps(link)
        memory = Memory({})
        memory.values = mem
        part = Part(self.lens, memory, self.sets)
        part.saw, part.defaults = saw, defaults
        part.link, part.here, part.there = link, len(source), len(target)
        part.nulls_absent = self.lens.nulls_absent and not self.rules.nulls
        ran: set[str] = set()
        try:
            for index in self.indexes:
                start = len(part.accounts.lost)
                part.order = (1, index)
                part.run_turn(self.rules.turns[index], value, source, out, target, ran)
                notes += [_lost(part, lost) for lost in part.accounts.lost[start:]]
            _sweep(part, self.rules, value, source, self.places, notes)
        except IsoglossError:
            raise Bail from None
        if memory.casts or memory.whole or memory.declared or memory.spelled:
            raise Bail  # only an exchange's own memory keeps these
        notes += part.notes


#: Longer values are not remembered.
_SMALL: Final = 2048


def _alone(lens: Lens, turn: Turn, places: tuple[Path, ...]) -> bool:
    """Tell whether what a rule does depends on nothing but what stands at the places."""
    rule = turn.rule
    asks = rule.saw or rule.unseen or rule.knows or rule.lacks
    if asks or rule.lists or rule.yields or rule.casts or rule.lays or rule.default:
        return False
    nodes = [*everything(turn.read), *everything(turn.write)]
    if any(isinstance(node, Known | All) for node in nodes):
        return False
    names = [node.conversion for node in nodes if isinstance(node, Var) and node.conversion]
    asked = rule.when.get(lens.reader)
    return all(_is_alone(lens, lens.conversion(name)) for name in names) and (
        asked is None or all(any(path[: len(place)] == place for place in places) for path in guard.paths(asked))
    )


def _is_alone(lens: Lens, conversion: Conversion) -> bool:
    if conversion.sort == "table":
        table = lens.ruleset.tables[conversion.name]
        return not any(row.saw for rows in (table.rows, *table.family_rows.values()) for row in rows)
    codec = conversion.codec
    return (
        codec is not None
        and not codec.cuts
        and not any(str(value).startswith("@") for value in conversion.options.values())
    )


def everything(node: Node) -> Iterator[Node]:
    """Yield an example and all inside it."""
    yield node
    for child in children(node):
        yield from everything(child)


def _sweep(part: Part, rules: Any, value: Value, source: Path, places: tuple[Path, ...], notes: list[Note]) -> None:
    start = len(part.accounts.lost)
    part.accounts.scope(source, rules.drops, Owner(rules.name, rules.place))
    for place in places:
        member = find(value, place)
        if member is not ABSENT:
            part.accounts.sweep(member, (*source, *place), nulls_absent=part.lens.nulls_absent)
    if part.accounts.followed or part.accounts.aliases:
        raise Bail
    for lost in part.accounts.lost[start:]:
        if part.link is not None and lost.reason.startswith("no rule"):
            raise Bail
        where = (lost.source or ())[part.here :]
        notes.append((SWEPT, part.link, where, lost.owner.id, lost.owner.place, lost.reason))


def _lost(part: Part, lost: Lost) -> Note:
    source = None if lost.source is None else lost.source[part.here :]
    target = None if lost.target is None else lost.target[part.there :]
    owner = lost.owner
    return (LOST, part.link, part.order, lost.kind, source, target, owner.id, owner.place, lost.reason)


def _steps(link: Link) -> tuple[Path, Path]:
    source: Path = ()
    target: Path = ()
    while link is not None:
        link, (_, here, there), step = link
        more = () if step is NO else (step,)
        source, target = (*here, *more, *source), (*there, *more, *target)
    return source, target
