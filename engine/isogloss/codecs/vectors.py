"""Lists of numbers, which may be long: handed over as they are, or packed into base64 at the speed of C."""

from __future__ import annotations

import base64
import binascii
import sys
from array import array
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, is_text, same
from isogloss.values import Value, is_vector

if TYPE_CHECKING:
    from isogloss.codecs.codec import Options

#: Numbers of 32 bits, as array knows them, and how many bytes one takes.
_FLOAT: Final = "f"
_WIDTH: Final = 4


def _is_vector(value: Value, _: Options) -> bool:
    return is_vector(value)


def _read_vector(value: Value, _: Options) -> tuple[Value]:
    return (value,)


def _turned(numbers: array[float]) -> array[float]:
    """Turn numbers between this machine's order of bytes and the little-endian one of the text."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _read_packed(value: Value, _: Options) -> tuple[Value]:
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        message = "this is no base64"
        raise CodecError(message) from None
    if not data or len(data) % _WIDTH:
        message = "numbers in base64 are 4 bytes each, little-endian"
        raise CodecError(message)
    numbers = array(_FLOAT)
    numbers.frombytes(data)
    found = _turned(numbers).tolist()
    if any(abs(number) == float("inf") or number != number for number in found):  # noqa: PLR0124 - NaN is not itself
        message = "a vector holds finite numbers"
        raise CodecError(message)
    return (found,)


def _write_packed(neutral: tuple[Value, ...], _: Options) -> Value:
    try:
        numbers = _turned(array(_FLOAT, neutral[0]))
    except (TypeError, OverflowError):
        message = "a vector holds numbers only"
        raise CodecError(message) from None
    return base64.b64encode(numbers).decode("ascii")


CODECS: Final[dict[str, Codec]] = {
    "vector": Codec(1, _is_vector, _read_vector, same),
    "float32": Codec(1, is_text, _read_packed, _write_packed),
}
