"""What generated code notes while it runs, and how it gives up."""

from __future__ import annotations

from typing import Any, Final

#: A node inside a set: the set it was reached from, how (order, steps there, steps here), and the key or index.
Link = Any
Note = tuple[Any, ...]


class Bail(Exception):  # noqa: N818 - no error: a document out of the ordinary
    """This document is the interpreter's."""


class _No:
    """No key and no index."""


NO: Final = _No()
LOST: Final = "lost"
SWEPT: Final = "swept"
DEEP: Final = "deep"
INNER: Final = "inner"


#: Codecs of short words that come again and again: what they made is remembered.
WORDS: Final = frozenset({"identifier", "short"})

#: How much is remembered of one sort.
_MOST: Final = 256


def keep(known: dict[bytes, Any], key: bytes, value: Any, most: int = _MOST) -> None:
    """Remember something, and forget the oldest."""
    while len(known) >= most:
        known.pop(next(iter(known), b""), None)
    known[key] = value
