"""Stencils: what most pieces of a stream look like, cut out once and then filled in.

Thousands of pieces differ in one text only. For a piece of a known shape, in a known state of its stream, a stencil
writes what the interpreter would: it compares what counts, moves what moves, and advances the registers. Pieces that
fit no stencil are the interpreter's.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from isogloss.cutting import Cutting, is_large, state_of
from isogloss.opacity import Opacity

if TYPE_CHECKING:
    from isogloss.cutting import Seen, Stencil, Work
    from isogloss.lens import Lens
    from isogloss.values import Object, Value

#: How many stencils one lens may have, how many shapes are remembered, how often one is cut (its constants may differ),
#: and how many cuts there are in all: shapes come from strangers, and a cut takes a hundred times what a piece does.
_MOST: Final = 64
_SHAPES: Final = 256
_TIMES: Final = 3
_CUTS: Final = 1000


class Stencils:
    """The stencils of one lens, by the state of the strand that they hold for."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        self.known: dict[Any, list[Stencil]] = {}
        self._seen: dict[Any, int] = {}
        self._count = 0
        self._lock = Lock()
        self._opaque: Opacity | None = None

    @property
    def opaque(self) -> Opacity:
        """The places that rules look into."""
        if self._opaque is None:
            self._opaque = Opacity(self.lens)
        return self._opaque

    def wants(self, mark: Any, event: Object) -> bool:
        """Tell whether a shape is worth cutting: from the second time on that it is seen, and a few times only."""
        if is_large(event):
            return False
        shape = (mark, shape_of(event))
        times = self._seen.get(shape, 0)
        if times > _TIMES or self._count >= _CUTS:
            return False
        if len(self._seen) >= _SHAPES:
            self._seen.clear()
        self._seen[shape] = times + 1
        return times > 0

    def cut(self, seen: Seen, work: Work) -> None:
        """Cut a stencil from a piece, if one can be cut."""
        self._count += 1
        try:
            found = Cutting(seen, work, self.opaque).stencil()
        except (ValueError, MemoryError, RecursionError):  # numbers that cannot be written down; what is nested deep
            return
        with self._lock:
            if found is not None:
                self.known.setdefault(state_of(seen.before), []).append(found)
            while sum(map(len, self.known.values())) > _MOST:
                del self.known[next(iter(self.known))]  # the state that was met first


def shape_of(value: Value) -> Any:
    """Return the names and types of a value."""
    if isinstance(value, dict):
        return tuple((name, shape_of(member)) for name, member in value.items())
    return ("", *map(shape_of, value)) if isinstance(value, list) else type(value).__name__
