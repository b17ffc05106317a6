"""The bounds of what is read: nesting and size, looked at before anything recurses into a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isogloss.errors import DocumentError
from isogloss.values import DEPTH_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isogloss.values import Value

#: The deepest nesting and the most values that a document may have, and the most letters that a stream keeps of what
#: it cannot tell yet, unless the caller says otherwise.
LIMITS: Final = {"depth": DEPTH_LIMIT, "nodes": 1_000_000, "held": 8_000_000}


def check_size(value: Value, depth: int, nodes: int) -> None:
    """Refuse what is nested too deep or holds too many values."""
    level: list[Value] = [value]
    for _ in range(min(depth, DEPTH_LIMIT)):
        level = [inner for outer in level for inner in _members(outer)]
        nodes -= len(level)
        if nodes < 0:
            raise DocumentError("", "the document holds more values than the limit allows", rule="limits", status=413)
        level = [inner for inner in level if isinstance(inner, dict | list)]
        if not level:
            return
    raise DocumentError("", f"the document is nested more than {min(depth, DEPTH_LIMIT)} deep", rule="limits")


def _members(value: Value) -> Iterable[Value]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
