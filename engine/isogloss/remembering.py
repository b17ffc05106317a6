"""What became of whole values, remembered by their content: schemas, which come again with every request.

What is given out is made anew each time, so that nobody's change reaches another's.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final

from isogloss.notes import DEEP, INNER, Link, Note, keep
from isogloss.sizes import small, walked

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.shapes import Shapes
    from isogloss.values import Value

#: Larger values are not remembered.
_LARGEST: Final = 32_768
#: How many values are known to have come once, how often one comes before code is made that builds it, and its size.
_MET: Final = 4096
_OFTEN: Final = 3
_SHORT: Final = 8192


def remembered(shapes: Shapes) -> Callable[..., Value]:
    """Remember what became of whole values, by their content, once they come again; what is given out is made anew."""
    known: dict[bytes, Kept] = {}
    met: set[int] = set()

    def run(value: Value, link: Link, notes: list[Note], *rest: Any) -> Value:
        key = marshal.dumps(value)
        rest[1].size += len(key)
        hit = known.get(key)
        if hit is not None:
            if hit.notes:
                notes.append((INNER, link, hit.notes))
            return hit.build()
        if not small(key):
            walked([value])
        mine: list[Note] = []
        made = shapes.of(value)(value, None, mine, *rest)
        mine = [note for note in mine if note[0] is not DEEP]
        if mine:
            notes.append((INNER, link, tuple(mine)))
        if len(key) <= _LARGEST:
            _meet(known, met, key, (made, tuple(mine)))
        return made

    return run


def _meet(known: dict[bytes, Kept], met: set[int], key: bytes, made: tuple[Value, tuple[Note, ...]]) -> None:
    """Keep what became of a value that has come before; most schemas of strangers come once."""
    if hash(key) in met:
        keep(known, key, Kept(*made))
        return
    if len(met) >= _MET:
        met.clear()
    met.add(hash(key))


class Kept:
    """A value that is made anew for everyone who asks: from its bytes, then by code that does nothing else."""

    __slots__ = ("_bytes", "_count", "build", "notes")

    def __init__(self, value: Value, notes: tuple[Note, ...]) -> None:
        self._bytes = marshal.dumps(value)
        self._count = 0
        self.notes = notes
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
