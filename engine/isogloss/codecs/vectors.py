"""Lists of numbers, which may be long: handed over as they are, or packed into base64 at the speed of C."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, is_text, same
from isogloss.values import Value, is_vector

if TYPE_CHECKING:
    from isogloss.codecs.codec import Options

#: How many bytes a number of 32 bits takes.
_WIDTH: Final = 4


def _is_vector(value: Value, _: Options) -> bool:
    return is_vector(value)


def _read_vector(value: Value, _: Options) -> tuple[Value]:
    return (value,)


def _read_packed(value: Value, _: Options) -> tuple[Value]:
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        message = "this is no base64"
        raise CodecError(message) from None
    if not data or len(data) % _WIDTH:
        message = "numbers in base64 are 4 bytes each, little-endian"
        raise CodecError(message)
    found = list(struct.unpack(f"<{len(data) // _WIDTH}f", data))
    if not all(map(math.isfinite, found)):
        message = "a vector holds finite numbers"
        raise CodecError(message)
    return (found,)


def _write_packed(neutral: tuple[Value, ...], _: Options) -> Value:
    numbers = neutral[0]
    try:
        data = struct.pack(f"<{len(numbers)}f", *numbers)
    except (struct.error, OverflowError):
        message = "a vector holds numbers of 32 bits only"
        raise CodecError(message) from None
    return base64.b64encode(data).decode("ascii")


CODECS: Final[dict[str, Codec]] = {
    "vector": Codec(1, _is_vector, _read_vector, same),
    "float32": Codec(1, is_text, _read_packed, _write_packed),
}
