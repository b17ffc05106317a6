"""How large and how deep a document may be for generated code: what seems to be more is counted, or left alone."""

from __future__ import annotations

import gc
import marshal
from typing import TYPE_CHECKING, Any, Final

from isogloss.errors import DocumentError
from isogloss.limits import LIMITS, check_size
from isogloss.notes import Bail
from isogloss.values import DEPTH_LIMIT, Value

if TYPE_CHECKING:
    from collections.abc import Callable

#: More values than this are counted one by one; until then an item of a list counts for WEIGHT of them.
LARGEST: Final = 900_000
WEIGHT: Final = 30
#: Lists of up to so many items are not counted: the list around them counts for them.
FEW: Final = 9
#: What is nested deeper than this below a known place is left to the interpreter, which knows the limit.
DEEPEST: Final = DEPTH_LIMIT - 40
#: Objects of nothing but scalars are not tracked by CPython's collector: they need not be opened.
_tracked: Callable[[Any], bool] = getattr(gc, "is_tracked", lambda value: isinstance(value, dict | list))


def counted(value: Value) -> None:
    """Bail where a document that looks large is too large."""
    try:
        check_size(value, LIMITS)
    except DocumentError:
        raise Bail from None


def shallow(values: list[Value]) -> None:
    """Bail where values might be nested too deep, or be too many."""
    doubtful = [value for value in values if not small(marshal.dumps(value))]
    if doubtful:
        walked(doubtful)


def small(text: bytes) -> bool:
    """Tell of a value as marshal writes it that it holds too few objects and lists to be nested deep.

    Each begins with its mark, which may have the bit for later reference set; what else looks like one counts as well.
    """
    size = len(text)
    # https://github.com/python/cpython/blob/main/Python/marshal.c
    return size < _SHALLOW or (size < LARGEST and size - len(text.translate(None, _MARKS)) < DEEPEST)


#: How marshal marks objects and lists, without and with the bit for later reference.
_MARKS: Final = b"{\xfb[\xdb"
#: Bytes that cannot hold so many objects or lists inside each other: each takes four at least.
_SHALLOW: Final = 4 * DEEPEST


def walked(level: list[Value]) -> None:
    """Go through values level by level; bail where they go too deep, or are too many."""
    total = 0
    for _ in range(DEEPEST):
        total += sum(map(len, level))
        if total > LARGEST:
            raise Bail
        level = [
            member for outer in level for member in filter(_tracked, outer.values() if type(outer) is dict else outer)
        ]
        if not level:
            return
    raise Bail
