"""JSON in and out: orjson, and the standard library for the few documents that orjson has no bytes for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson

from isogloss.codecs import CodecError, parse_json

if TYPE_CHECKING:
    from isogloss.values import Value


class PayloadError(ValueError):
    """Bytes that are no JSON."""


def loads(data: bytes) -> Value:
    """Read JSON; raise PayloadError where it is none.

    Lone surrogates, which clients send as escapes of half an emoji, are left to the standard library.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            return parse_json(data.decode("utf-8"))
        except (CodecError, UnicodeDecodeError, RecursionError):
            raise PayloadError(str(error)) from None


def dumps(value: Value) -> bytes:
    """Write JSON on one line."""
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate, or an integer of more than 64 bits
        return json.dumps(value, separators=(",", ":")).encode("ascii")
