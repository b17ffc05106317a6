"""What became of whole values, remembered by their content: schemas and lists of tools come with every request again.

What is given out is made anew each time, so that nobody's change reaches another's.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final

from isogloss.generated import Saw
from isogloss.notes import DEEP, INNER, Link, Note, keep
from isogloss.sizes import DEEPEST, WEIGHT, shallow, small, walked
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from isogloss.shapes import Shapes
    from isogloss.values import Object, Value

    Names = frozenset[str]

#: Values with fewer objects than this are not nested too deep: one that holds another by name is two steps away.
_FEW: Final = WEIGHT * DEEPEST // 2
#: Larger values, and larger lists of them, are not remembered; and of the lists no more than so many.
_LARGEST: Final = 32_768
_LARGEST_LIST: Final = 262_144
_LISTS: Final = 32
#: How many values are known to have come once, how often one comes before code is made that builds it, and the size
#: up to which that is done.
_MET: Final = 4096
_OFTEN: Final = 3
_SHORT: Final = 8192
_SHORT_LIST: Final = 32_768


def remembered(shapes: Shapes, held: str | None) -> Callable[..., Value]:
    """Remember what became of whole values, by their content, once they come again; what is given out is made anew.

    A value whose members, `held` under this name, never came before by a glance is not looked at for that: to write
    its content down takes as long as to translate it.
    """
    known: dict[bytes, Kept] = {}
    met: set[int] = set()
    likely = False  # what was known the last time is likely to be known again
    lead, sorts = shapes.lead, shapes.sorts

    def run(value: Value, link: Link, notes: list[Note], mem: Object, saw: Saw, defaults: bool) -> Value:
        nonlocal likely
        if not likely and type(value.get(held)) is dict and (mark := _glance(value[held])) not in met:
            _meet(met, mark)
            before, saw.news = saw.size, True
            # as `shapes.of` finds it: most schemas of strangers come once
            work = shapes.several if lead is None else sorts[word if type(word := value.get(lead)) is str else None]
            made = work(value, link, notes, mem, saw, defaults)
            if saw.size - before > _FEW:  # code counts the objects in it; few of them are not nested too deep
                shallow([value])
            return made
        key = marshal.dumps(value)  # it marks what somebody else holds, so no name may stand for what is inside
        hit = known.get(key)
        likely = hit is not None
        if hit is not None:
            saw.known = True
            saw.size += hit.size
            if hit.notes:
                notes.append((INNER, link, hit.notes))
            return hit.build(value)
        before, saw.news = saw.size, True
        if not small(key):
            walked([value])
        mine: list[Note] = []
        made = shapes.of(value)(value, None, mine, mem, saw, defaults)
        told = _lasting(mine)
        if told:
            notes.append((INNER, link, told))
        if hash(key) not in met:
            _meet(met, hash(key))
        elif (size := max(len(key), saw.size - before)) <= _LARGEST:
            keep(known, key, Kept(value, made, told, size))
        return made

    return run


def remembered_layout(work: Callable[..., None], source: str, target: str, also: Names) -> Callable[..., None]:
    """Remember what a layout laid at `target` for whole lists at `source`, as `remembered` does for what is in them.

    It begins to once all that is remembered of what is in a list was known: until then a list need not be looked at.
    Other names that the layout reads `also` are given together with the list by nobody.
    """
    known: dict[bytes, Kept] = {}
    likely = False

    def run(v: Object, out: Object, link: Link, notes: list[Note], mem: Object, saw: Saw, defaults: bool) -> None:
        nonlocal likely
        value = v.get(source)
        if not likely or value is None or not also.isdisjoint(v):
            saw.known = saw.news = False
            work(v, out, link, notes, mem, saw, defaults)
            likely = saw.known and not saw.news
            return
        key = marshal.dumps(value)
        hit = known.get(key)
        if hit is not None:
            saw.size += hit.size
            saw |= hit.saw
            notes += hit.notes
            laid = hit.build(value)
            if laid is not None:
                out[target] = laid
            return
        if not small(key):
            walked([value])
        mine, own = list[Note](), Saw()
        work(v, out, link, mine, mem, own, defaults)
        saw.size += own.size
        saw |= own
        notes += mine
        size = max(len(key), own.size)
        likely = own.known and not own.news and size <= _LARGEST_LIST
        if likely:
            keep(known, key, Kept(value, out.get(target), _lasting(mine), size, own, _SHORT_LIST), _LISTS)

    return run


def _lasting(notes: list[Note]) -> tuple[Note, ...]:
    """Return what is to be told again of the same value: how deep it is need not be asked again."""
    return tuple([note for note in notes if note[0] is not DEEP])


def _glance(members: dict[str, Value]) -> int:
    """Tell values apart by the names of their members, and by what the first of these says."""
    first: Any = next(iter(members.values()), {})
    try:
        return hash((*members, *first.values()))
    except (AttributeError, TypeError):
        return hash((*members, marshal.dumps(first)))


def _meet(met: set[int], mark: int) -> None:
    """Note that something came; whoever sends what never comes again fills no memory."""
    if len(met) >= _MET:
        met.clear()
    met.add(mark)


class Kept:
    """A value that is made anew for everyone who asks: from its bytes, then by code that does nothing else."""

    __slots__ = ("_bytes", "_count", "_frame", "build", "notes", "saw", "size")

    def __init__(
        self,
        value: Value,
        made: Value,
        notes: tuple[Note, ...],
        size: int,
        saw: Iterable[str] = (),
        short: int = _SHORT,
    ) -> None:
        self._bytes = marshal.dumps(made)
        self._count = 0
        #: What was made, with the places of what went over as it was: whoever asks gets it from his own value.
        self._frame: Any = _framed(made, dict(_placed(value, "v"))) if len(self._bytes) <= short else ABSENT
        self.notes = notes
        #: How large it is, roughly: what its objects share counts as often as it stands in them.
        self.size = size
        #: The classes of blocks that were laid for it.
        self.saw = frozenset(saw)
        #: Makes it from a value with the same content as the one it was made from.
        self.build: Callable[[Value], Value] = _itself if same(made, value) else self._loaded

    def _loaded(self, value: Value) -> Value:
        made = marshal.loads(self._bytes)  # noqa: S302 - what is kept here was dumped here
        self._count += 1
        if self._count == _OFTEN and self._frame is not ABSENT:
            self.build = _builder(self._frame, value, made) or self.build
            self._frame = ABSENT
        return made


def _itself(value: Value) -> Value:
    """Nothing became of it but what it was."""
    return value


class _Place(str):
    """Where something stands in the value that it was made from."""

    __slots__ = ()
    __repr__ = str.__str__


def _placed(value: Value, place: str) -> Iterator[tuple[int, str]]:
    """Yield the objects and lists in a value, by identity, with their places."""
    if isinstance(value, dict | list):
        yield id(value), place
        for step, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _placed(member, f"{place}[{step!r}]")


def _framed(made: Value, places: Mapping[int, str]) -> Any:
    """Copy what was made, but for what stands in the value that it was made from."""
    if id(made) in places:
        return _Place(places[id(made)])
    if isinstance(made, dict):
        return {name: _framed(member, places) for name, member in made.items()}
    return [_framed(item, places) for item in made] if isinstance(made, list) else made


def _builder(frame: Any, value: Value, made: Value) -> Callable[[Value], Value] | None:
    """Return a function that is nothing but what was made, written out: it takes half of what reading bytes takes."""
    try:
        build = eval(f"lambda v: {frame!r}", {"__builtins__": {}})  # noqa: S307 - JSON values print as literals only
        return build if build(value) == made else None
    except (
        NameError,
        SyntaxError,
        ValueError,
        MemoryError,
        RecursionError,
    ):  # numbers that are none; what is nested too deep
        return None
