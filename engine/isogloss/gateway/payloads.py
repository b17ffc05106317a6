"""JSON in and out: orjson, and the standard library for the few documents that orjson has no bytes for."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Final

import orjson

from isogloss.codecs import CodecError, parse_json

if TYPE_CHECKING:
    from isogloss.values import Value


#: Where a number may stand that is too large.
_VAST: Final = re.compile(rb"\d[eE]\+?\d{3}")


class PayloadError(CodecError):
    """Bytes that are no JSON."""


def loads(data: bytes) -> Value:
    """Read JSON; raise PayloadError where it is none.

    Lone surrogates, which clients send as escapes of half an emoji, are left to the standard library.
    """
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            return parse_json(data.decode("utf-8"))
        except (CodecError, UnicodeDecodeError, RecursionError):
            raise PayloadError(str(error)) from None
    if _VAST.search(data) is not None and _is_vast(found):
        raise PayloadError("a number is too large")
    return found


def _is_vast(found: Value) -> bool:
    """Tell whether a number is beyond what can be told: it would be written as null."""
    left: list[Value] = [found]
    while left:
        one = left.pop()
        if isinstance(one, float) and math.isinf(one):
            return True
        if isinstance(one, dict | list):
            left += one.values() if isinstance(one, dict) else one
    return False


def dumps(value: Value) -> bytes:
    """Write JSON on one line."""
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate, or an integer of more than 64 bits
        return json.dumps(value, separators=(",", ":")).encode("ascii")
