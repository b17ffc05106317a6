"""Replies of bytes, and the documents that say the same: base64 at one place, the media type at another."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from isogloss.failures import Failure
from isogloss.pointer import dotted, find, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.values import Value


def document(words: Mapping[str, Any], data: bytes, media: str) -> Value:
    """Return the document that says what a reply's bytes are."""
    held = put({}, dotted(words["data"]), base64.b64encode(data).decode("ascii"))
    return put(held, dotted(words["type"]), media) if media else held


def body(words: Mapping[str, Any], said: Value) -> tuple[bytes, str]:
    """Return the bytes that a document holds, and their media type; raise Failure where it holds none."""
    data, media = find(said, dotted(words["data"])), find(said, dotted(words["type"]))
    try:
        found = base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        raise Failure(502, "the upstream's reply holds no bytes")
    return found, media if isinstance(media, str) else "application/octet-stream"
