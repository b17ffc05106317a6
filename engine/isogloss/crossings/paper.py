"""JSON in and out: the standard library's, or that of whoever has a faster one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from isogloss.codecs import CodecError, dump_json, parse_json
from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.values import Value


@dataclass(frozen=True, slots=True)
class Json:
    """How JSON is read and written: `loads` raises CodecError for what is none."""

    loads: Callable[[bytes], Value]
    dumps: Callable[[Value], bytes]

    def document(self, data: bytes) -> Value:
        """Read a reply; raise Failure where it is no JSON object."""
        try:
            found = self.loads(data)
        except CodecError:
            raise Failure(502, "the upstream's reply is no JSON") from None
        if not isinstance(found, dict):
            raise Failure(502, "the upstream's reply is no JSON object")
        return found


def loads(data: bytes) -> Value:
    """Read JSON; raise CodecError where it is none."""
    return parse_json(data.decode("utf-8", "replace"))


def dumps(value: Value) -> bytes:
    """Write JSON; half an emoji, which has no bytes, as an escape."""
    try:
        return dump_json(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


PLAIN: Final = Json(loads, dumps)
