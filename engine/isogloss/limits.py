"""The bounds of what is read: nesting and size, looked at before anything recurses into a document."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from isogloss.errors import DocumentError, UnknownName
from isogloss.values import DEPTH_LIMIT, is_vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from isogloss.values import Value

#: The deepest nesting, the most values and the most bytes of text that a document may have, and the most letters that a
#: stream keeps of what it cannot tell yet, unless the caller says otherwise. Bytes are not counted unless asked for:
#: whoever reads a document off a wire has bounded them there.
LIMITS: Final = {"depth": DEPTH_LIMIT, "nodes": 1_000_000, "bytes": sys.maxsize, "held": 8_000_000}


def bounded(limits: Mapping[str, int]) -> dict[str, int]:
    """Return these limits and the others; raise UnknownName for what is none, ValueError for no number from 1."""
    for name, most in limits.items():
        if name not in LIMITS:
            raise UnknownName("limit", name, LIMITS)
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"the limit {name} is a number from 1, not {most!r}")
    return {**LIMITS, **limits}


def check_size(value: Value, limits: Mapping[str, int]) -> None:
    """Refuse what is nested too deep, holds too many values, or too much text (as UTF-8, names of members too).

    A vector is one value, however long it is.
    """
    depth, nodes, size = min(limits["depth"], DEPTH_LIMIT), limits["nodes"], limits["bytes"]
    counts = size != LIMITS["bytes"]
    size -= _bytes([value]) if counts else 0
    level: list[Value] = [value]
    for _ in range(depth):
        names = [name for outer in level if isinstance(outer, dict) for name in outer] if counts else []
        level = [inner for outer in level for inner in _members(outer)]
        nodes -= len(level)
        size -= _bytes(names) + _bytes(level) if counts else 0
        if nodes < 0:
            raise DocumentError("", "the document holds more values than the limit allows", rule="limits", status=413)
        if size < 0:
            raise DocumentError("", "the document holds more text than the limit allows", rule="limits", status=413)
        level = [inner for inner in level if isinstance(inner, dict | list) and not is_vector(inner)]
        if not level:
            return
    raise DocumentError("", f"the document is nested more than {depth} deep", rule="limits")


def _members(value: Value) -> Iterable[Value]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _bytes(values: Iterable[Value]) -> int:
    """Count the bytes of texts; those of ASCII, as base64 is, need no copy for that."""
    texts = [value for value in values if isinstance(value, str)]
    return sum(len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")) for text in texts)
