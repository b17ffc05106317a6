"""What a codec is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.values import Value

Options = Mapping[str, Any]


class CodecError(ValueError):
    """A value that a codec should know and cannot read."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How one value is written in a dialect. `options` is the named value after the colon in `codec:name`."""

    #: How many values it makes; 0 for as many as its option `holds` says.
    width: int
    fits: Callable[[Value, Options], bool]
    read: Callable[[Value, Options], tuple[Value, ...]]
    write: Callable[[tuple[Value, ...], Options], Value]
    #: Options without which it cannot work.
    needs: frozenset[str] = frozenset()
    #: Has what it does where it writes done only where it must be.
    spares: Callable[..., Callable[[Value], Value]] | None = None
    #: Makes the function that reads one flat value at once, or returns ABSENT where it does not fit.
    at_once: Callable[[Options], Callable[[Value], Value]] | None = None
    #: Reading as a Python expression, {} for a value that fits, where one says it.
    source: str = ""
    #: The option that says what every text that fits has in it; nothing else is asked of one.
    clue: str | None = None
    #: Whether what it reads is written out as text: that shows how deep it is nested.
    texts: bool = False
    #: How every text that fits begins, in any case; nothing else is asked of one, but where the codec has `types`.
    head: str = ""
    #: Cuts what is too long: only what remembers the whole can undo that.
    cuts: bool = False
    #: What it writes may be spelled otherwise than what it has read: an exchange remembers how the caller spelled it.
    respells: bool = False


def is_text(value: Value, _: Options) -> bool:
    """Tell whether a value is text."""
    return isinstance(value, str)


def is_object(value: Value, _: Options) -> bool:
    """Tell whether a value is an object."""
    return isinstance(value, dict)


def whole(value: Value, _: Options) -> tuple[Value]:
    """Read a value as it is."""
    return (value,)


def same(neutral: tuple[Value, ...], _: Options) -> Value:
    """Write a value as it is."""
    return neutral[0]
