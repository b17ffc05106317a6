"""Places in documents: JSON Pointers (RFC 6901) and the dotted paths that rule files use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.values import ABSENT, Path, Value

if TYPE_CHECKING:
    from collections.abc import Iterable


class Seat:
    """A list index that is not settled yet: the writer may still put something before it."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


def pointer(path: Iterable[object]) -> str:
    """Write a path as a JSON Pointer: ('a', 0) is '/a/0', the whole document is ''."""
    return "".join("/" + _token(step) for step in path)


def _token(step: object) -> str:
    text = str(step.index) if isinstance(step, Seat) else str(step)
    return text.replace("~", "~0").replace("/", "~1")


def parse_pointer(text: str) -> tuple[str, ...]:
    """Read a JSON Pointer into its names; list indexes stay text."""
    if text == "":
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.lstrip("/").split("/"))


def dotted(text: str) -> tuple[str, ...]:
    """Read a rule file's dotted path: 'a.b' is ('a', 'b'), '' is the object itself."""
    return tuple(text.split(".")) if text else ()


def settled(path: Iterable[object]) -> Path:
    """Return the path with every seat replaced by its index."""
    return tuple(step.index if isinstance(step, Seat) else step for step in path)


def find(value: Value, path: Iterable[Any]) -> Value:
    """Return what stands at a path, or ABSENT."""
    for step in path:
        there = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if not there:
            return ABSENT
        value = value[step]
    return value


def says(value: Value, place: Path) -> bool:
    """Tell whether a document says something at a dotted place, in which * is any item."""
    if not place:
        return value is not None
    if place[0] == "*":
        return isinstance(value, list) and any(says(item, place[1:]) for item in value)
    return isinstance(value, dict) and place[0] in value and says(value[str(place[0])], place[1:])
