"""JSON values, and the three questions the engine asks of them: what type, how equal, where are the leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Any JSON value: None, bool, int, float, str, list of values, dict of str to value.
Value = Any
Object = dict[str, Any]
#: A place in a document: object names and list indexes from the root down.
Path = tuple[Any, ...]

#: The deepest nesting that is read; deeper documents are refused (law 1).
DEPTH_LIMIT: Final = 200


class _Absent:
    """The one value that is not there. Never written into a document."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        message = "absence is tested with `is ABSENT`, never by truth"
        raise TypeError(message)


ABSENT: Final = _Absent()


_INFINITE: Final = (float("inf"), float("-inf"))


def finite(text: str) -> float:
    """Read a number; raises ValueError for one that is too large: it would be written as none."""
    found = float(text)
    if found in _INFINITE:
        raise ValueError(f"{text[:40]} is too large a number")
    return found


def same(left: Value, right: Value) -> bool:
    """Tell whether two JSON values are equal; true is not 1, but 1 is 1.0 (RFC 8259 §6: numbers have no kinds)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def type_name(value: Value) -> str:
    """Name the JSON type of a value, as error messages print it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), type(value).__name__)


def is_vector(value: Value) -> bool:
    """Tell whether a list begins and ends with a number: it is handed over as one value, and never opened."""
    return isinstance(value, list) and len(value) > 0 and type(value[0]) in _NUMBERS and type(value[-1]) in _NUMBERS


_NUMBERS: Final = frozenset({int, float})


def leaves(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Yield every leaf with its path: a scalar, an empty object, an empty list."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list) and value:
        for index, member in enumerate(value):
            yield from leaves(member, (*path, index))
    else:
        yield path, value
