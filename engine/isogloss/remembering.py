"""What became of whole values, remembered by their content: schemas, which come again with every request.

What is given out is made anew each time, so that nobody's change reaches another's.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final

from isogloss.notes import DEEP, INNER, Link, Note, keep
from isogloss.sizes import DEEPEST, WEIGHT, shallow, small, walked
from isogloss.values import same

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.generated import Saw
    from isogloss.shapes import Shapes
    from isogloss.values import Object, Value

#: Values with fewer objects than this are not nested too deep: one that holds another by name is two steps away.
_FEW: Final = WEIGHT * DEEPEST // 2
#: Larger values are not remembered.
_LARGEST: Final = 32_768
#: How many values are known to have come once, how often one comes before code is made that builds it, and its size.
_MET: Final = 4096
_OFTEN: Final = 3
_SHORT: Final = 8192


def remembered(shapes: Shapes, held: str | None) -> Callable[..., Value]:
    """Remember what became of whole values, by their content, once they come again; what is given out is made anew.

    A value whose members, `held` under this name, never came before by a glance is not looked at for that: to write
    its content down takes as long as to translate it.
    """
    known: dict[bytes, Kept] = {}
    met: set[int] = set()
    likely = False  # what was known the last time is likely to be known again

    def run(value: Value, link: Link, notes: list[Note], mem: Object, saw: Saw, defaults: bool) -> Value:
        nonlocal likely
        if not likely and type(members := value.get(held)) is dict and _is_new(met, _glance(members)):
            before = saw.size
            made = shapes.of(value)(value, link, notes, mem, saw, defaults)
            if saw.size - before > _FEW:  # code counts the objects in it; few of them are not nested too deep
                shallow([value])
            return made
        key = marshal.dumps(value)
        saw.size += len(key)
        hit = known.get(key)
        likely = hit is not None
        if hit is not None:
            if hit.notes:
                notes.append((INNER, link, hit.notes))
            return value if hit.unchanged else hit.build()
        if not small(key):
            walked([value])
        mine: list[Note] = []
        made = shapes.of(value)(value, None, mine, mem, saw, defaults)
        mine = [note for note in mine if note[0] is not DEEP]
        if mine:
            notes.append((INNER, link, tuple(mine)))
        if len(key) <= _LARGEST and not _is_new(met, hash(key)):
            keep(known, key, Kept(value, made, tuple(mine)))
        return made

    return run


def _glance(members: dict[str, Value]) -> int:
    """Tell values apart by the names of their members, and by what the first of these says."""
    first: Any = next(iter(members.values()), {})
    try:
        return hash((*members, *first.values()))
    except (AttributeError, TypeError):
        return hash((*members, marshal.dumps(first)))


def _is_new(met: set[int], mark: int) -> bool:
    """Tell whether something comes for the first time; most schemas of strangers come once."""
    if mark in met:
        return False
    if len(met) >= _MET:
        met.clear()
    met.add(mark)
    return True


class Kept:
    """A value that is made anew for everyone who asks: from its bytes, then by code that does nothing else."""

    __slots__ = ("_bytes", "_count", "build", "notes", "unchanged")

    def __init__(self, value: Value, made: Value, notes: tuple[Note, ...]) -> None:
        self._bytes = marshal.dumps(made)
        self._count = 0
        self.notes = notes
        #: Whether nothing became of it but what it was: then it goes over as it is.
        self.unchanged = same(made, value)
        self.build: Callable[[], Value] = self._loaded

    def _loaded(self) -> Value:
        value = marshal.loads(self._bytes)  # noqa: S302 - what is kept here was dumped here
        self._count += 1
        if self._count == _OFTEN and len(self._bytes) <= _SHORT:
            self.build = _builder(value) or self.build
        return value


def _builder(value: Value) -> Callable[[], Value] | None:
    """Return a function that is nothing but the value written out: it takes half of what reading its bytes takes."""
    try:
        made = eval(f"lambda: {value!r}", {"__builtins__": {}})  # noqa: S307 - JSON values print as literals only
        return made if made() == value else None
    except (
        NameError,
        SyntaxError,
        ValueError,
        MemoryError,
        RecursionError,
    ):  # numbers that are none; what is nested too deep
        return None
