"""Cutting a stencil: a piece of a stream is translated again and again, with one thing changed each time.

A leaf that comes out as it is, and changes nothing else, moves, and one that changes nothing is free, if no rule looks
into it; any other must be equal. What the exchange knows is tried in the same way, and the registers are moved on:
what depends on them is no matter for a stencil, nor is what asks the exchange for more than a word or a number.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isogloss.errors import IsoglossError
from isogloss.stencil_code import Code
from isogloss.values import ABSENT, leaves, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from isogloss.loss import Loss
    from isogloss.memory import Memory
    from isogloss.opacity import Opacity
    from isogloss.progress import Strand
    from isogloss.values import Object, Path, Value

    #: Translates a piece: (piece, memory) -> (body, losses).
    Work = Callable[[Object, Memory], tuple[Object, tuple[Loss, ...]]]
    #: Fills a stencil in: (event, memory, strand, stream) -> body, or None where the event does not fit.
    Filling = Callable[[Any, Memory, Strand, Any], Object | None]

#: A text that no rule knows, and a step that no number in a reply is likely to be.
_MARK: Final = "\ue000isogloss\ue001"
_STEP: Final = 1_000_003
#: Pieces with more leaves than this are no pieces of text.
_LEAVES: Final = 40
_DEEPEST: Final = 20


def is_large(event: Object) -> bool:
    """Tell whether a piece is no piece of text: it holds too much, and goes too deep, to be tried leaf by leaf."""
    level: list[Value] = [event]
    left = _LEAVES * 2
    for _ in range(_DEEPEST):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]
        left -= len(level)
        if left < 0 or not level:
            return left < 0
    return True


def _inside(value: Value) -> Iterable[Value]:
    if len(value) > _LEAVES:
        return repeat(None, _LEAVES * 2 + 1)
    return value.values() if isinstance(value, dict) else value


class Seen(NamedTuple):
    """A piece that the interpreter has translated: what it was, the state before and after, what it became."""

    event: Object
    piece: Object
    before: Memory
    after: Memory
    body: Object
    losses: tuple[Loss, ...]
    #: Places of the event that wait for the end, and names that every piece says.
    held: tuple[Path, ...]
    frame: tuple[str, ...]


class Stencil(NamedTuple):
    """A stencil, the state of the strand that it leads to, and what is reported where it is used."""

    fill: Filling
    mark: Any
    losses: tuple[Loss, ...]
    #: It does more than advance counts and lengths: it changes flags, or tells the end.
    moves: bool


def state_of(memory: Memory) -> Any:
    """Return what a stencil holds for: the flags of the strand and of the exchange, and which values it knows."""
    assert memory.progress is not None
    known = frozenset((name, value if isinstance(value, bool) else None) for name, value in memory.values.items())
    return (memory.strand.mark(), known, memory.progress.closing)


class Watched(dict[str, Any]):
    """What an exchange knows, and which of it was asked for."""

    def __init__(self, values: Object) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, and note that it was asked for."""
        self.asked.add(name)
        return super().get(name, default)

    def holds_more(self) -> bool:
        """Tell whether anything was asked for that is neither a word nor a number: there is no other to try."""
        return any(isinstance(self[name], dict | list) for name in self.asked if name in self)


def _entries(memory: Memory) -> int:
    return sum(len(book.entries) for book in memory.books.values())


def _others(value: Value) -> list[Value]:
    """Return other values of the same type; none where there are none to try.

    A number that is out of all bounds says the same as one a little further out: some are tried on every side.
    """
    if isinstance(value, str):
        return [value + _MARK]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    tried = (value + _STEP, -value - _STEP, type(value)(0), type(value)(1))
    return [other for other in tried if other != value]


def _with(value: Any, path: Path, other: Value) -> Any:
    """Return a value with another leaf at a place."""
    if not path:
        return other
    if isinstance(value, dict):
        return {**value, path[0]: _with(value[path[0]], path[1:], other)}
    return [_with(item, path[1:], other) if step == path[0] else item for step, item in enumerate(value)]


def _filled(body: Any, places: list[Path], other: Value) -> Any:
    for place in places:
        body = _with(body, place, other)
    return body


def _reasons(losses: tuple[Loss, ...]) -> set[tuple[str, str, str]]:
    return {(loss.kind, loss.rule, loss.reason) for loss in losses}


class Cutting:
    """One piece, tried until it is known what becomes of each of its leaves."""

    def __init__(self, seen: Seen, work: Work, opaque: Opacity) -> None:
        self.seen = seen
        self.work = work
        self.opaque = opaque
        #: Where leaves move to, and by which registers they are counted.
        self.moves: dict[Path, list[Path]] = {}
        self.grows: dict[Path, list[str]] = {}
        #: The text that is kept for positions.
        self.kept: Path | None = None
        self.free: set[Path] = set()
        #: Where the exchange's values stand.
        self.knows: dict[Path, str] = {}

    def stencil(self) -> Stencil | None:
        """Try everything; None where the piece depends on more than a stencil can say."""
        found = list(leaves(self.seen.piece))
        if len(found) > _LEAVES or not self._settles():
            return None
        for path, leaf in found:
            self._try(path, leaf)
        if not all(self._knows(name, value) for name, value in self.seen.before.values.items()):
            return None
        return self._written()

    def _outcome(self, piece: Object, before: Memory) -> tuple[Object, Memory] | None:
        """Translate once more; None where other losses are reported, or the exchange is asked for what has no other."""
        memory = before.copy()
        memory.values = watched = Watched(memory.values)
        try:
            body, losses = self.work(piece, memory)
        except IsoglossError:
            return None
        told = _reasons(losses) == _reasons(self.seen.losses) and not watched.holds_more()
        return (body, memory) if told else None

    def _settles(self) -> bool:
        """Tell whether the piece is told the same wherever the registers of its strand stand."""
        before, after = self.seen.before.strand, self.seen.after.strand
        alike = before.counts == after.counts and _entries(self.seen.before) == _entries(self.seen.after)
        return alike and all(self._stands(*place) for place in ((1, _STEP), (0, 0), (0, 1)))

    def _stands(self, kept: int, more: int) -> bool:
        """Tell whether the piece is told the same with other registers: so many times what they are, and more."""
        moved, after = self.seen.before.copy(), self.seen.after.strand
        for registers in (moved.strand.lengths, moved.strand.counts):
            for name in {**after.lengths, **after.counts}:
                registers[name] = registers.get(name, 0) * kept + more
        again = self._outcome(self.seen.piece, moved)
        return again is not None and same(again[0], self.seen.body)

    def _try(self, path: Path, leaf: Value) -> None:
        """Find what becomes of a leaf."""
        if path in self.opaque or leaf == "":
            return
        others = _others(leaf)
        for other in others:
            again = self._outcome(_with(self.seen.piece, path, other), self.seen.before)
            if again is None or again[1].strand.mark() != self.seen.after.strand.mark():
                return
            body, memory = again
            if not same(body, self.seen.body):
                self._moved(path, leaf, other, body, memory.strand)
                return
            if memory.strand.registers() != self.seen.after.strand.registers():
                return
        self.free.update([path] if others else [])

    def _moved(self, path: Path, leaf: Value, other: Value, body: Object, strand: Strand) -> None:
        """Note where a text goes; a number that makes a difference must be equal."""
        places = [place for place, value in leaves(body) if same(value, other)]
        if isinstance(leaf, str) and same(body, _filled(self.seen.body, places, other)):
            self._moves(path, places, strand)

    def _moves(self, path: Path, places: list[Path], strand: Strand) -> None:
        """Note that a text moves, if the registers grow by its length or not at all."""
        known = self.seen.after.strand
        grows = [name for name in strand.lengths if strand.lengths[name] != known.lengths.get(name, 0)]
        if all(strand.lengths[name] == known.lengths.get(name, 0) + len(_MARK) for name in grows):
            self.moves[path], self.grows[path] = places, grows
            if strand.size != known.size:
                self.kept = path

    def _knows(self, name: str, value: Value) -> bool:
        """Find where a value of the exchange is written; false where it changes more than that."""
        other = next(iter(_others(value)), ABSENT)
        if other is ABSENT:
            return True
        memory = self.seen.before.copy()
        memory.values[name] = other
        again = self._outcome(self.seen.piece, memory)
        places = [] if again is None else [place for place, found in leaves(again[0]) if same(found, other)]
        self.knows.update(dict.fromkeys(places, name))
        return again is not None and same(again[0], _filled(self.seen.body, places, other))

    def _written(self) -> Stencil | None:
        """Write the stencil down as a function, and hold it to what was seen."""
        names: dict[str, Any] = {"same": same}
        source = "\n".join(Code(self, names).lines())
        exec(compile(source, "<stencil>", "exec"), names)  # noqa: S102 - the text is ours, values stand in it as names
        mark = state_of(self.seen.after)
        moves = mark != state_of(self.seen.before) or mark[-1]
        made = Stencil(names["fill"], mark, self.seen.losses, moves)
        return made if self._holds(made) else None

    def _holds(self, made: Stencil) -> bool:
        seen, memory = self.seen, self.seen.before.copy()
        body = made.fill(seen.event, memory, memory.strand, Holding())
        advance(memory, made)
        return same(body, seen.body) and memory.strand.registers() == seen.after.strand.registers()


class Holding:
    """Takes what a piece says that waits for the end; a stream is one."""

    def __init__(self) -> None:
        self.frame: Object = {}
        self.last: Object = {}

    def hold(self, path: Path, value: Value) -> None:
        """Keep a word for the end."""


def advance(memory: Memory, stencil: Stencil) -> None:
    """Set the flags of the strand to what they are after a stencil."""
    strand = memory.strand
    _, saw, said, loose, tail, _ = stencil.mark[0]
    strand.saw |= saw
    strand.said |= said
    strand.loose = set(loose)
    strand.tail = tail
