"""Places in documents: JSON Pointers (RFC 6901) and the dotted paths that rule files use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.values import ABSENT, Path, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


def place(text: str) -> str | None:
    """Spell a JSON Pointer as APIs spell places in their errors: a[0].b."""
    steps = parse_pointer(text)
    spelled = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)
    return spelled.removeprefix(".") or None


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


def every(value: Value, place: Path, path: Path = ()) -> Iterator[Path]:
    """Yield each place of a document that a dotted place leads to, in which * is any item."""
    if not place:
        yield path
    elif place[0] == "*":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from every(item, place[1:], (*path, index))
    elif isinstance(value, dict) and place[0] in value:
        yield from every(value[str(place[0])], place[1:], (*path, place[0]))


def put(value: Value, path: Path, new: Value) -> Value:
    """Return a document with another value in one place; what is on the way is copied."""
    if not path:
        return new
    if isinstance(value, list):
        items = list(value)
        items[int(path[0])] = put(value[int(path[0])], path[1:], new)
        return items
    known: dict[str, Any] = value if isinstance(value, dict) else {}
    return {**known, str(path[0]): put(known.get(str(path[0])), path[1:], new)}


def without(value: Value, path: Path) -> Value:
    """Return a document without what stands at a place that is there; what is on the way is copied."""
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        items = list(value)
        items[int(step)] = without(value[int(step)], rest)
        return items
    if not rest:
        return {name: member for name, member in value.items() if name != step}
    return {**value, step: without(value[step], rest)}
