"""An error reply as rules read it: its status, its headers, its body as an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from isogloss.codecs import CodecError, dump_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.loss import Loss
    from isogloss.values import Object, Value


@dataclass(frozen=True, slots=True)
class Reply:
    """An error as the caller's dialect says it."""

    status: int
    headers: Mapping[str, str]
    body: Value
    losses: tuple[Loss, ...]


def lower(headers: Mapping[str, str]) -> Object:
    """Return headers by their names in small letters."""
    return {name.lower(): str(value) for name, value in headers.items()}


def error_body(body: Value) -> Value:
    """Return an error's body as an object: what is no JSON is its text."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        try:
            body = parse_json(body)
        except CodecError:
            return {"text": body}
    while isinstance(body, list) and body:
        body = body[0]
    if body is None or body == []:
        return {}
    return body if isinstance(body, dict) else {"text": dump_json(body)}
