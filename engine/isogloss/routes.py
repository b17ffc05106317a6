"""How operations are asked for over HTTP: a path to an operation, and an operation to the call to make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from isogloss import pointer
from isogloss.errors import DocumentError, UnknownName
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from isogloss.rule import Dialect, Ruleset
    from isogloss.values import Path, Value

_Words = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call to make, without base address and key."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Value
    stream: bool
    #: How the reply is framed if it is a stream.
    framing: _Words = field(default_factory=dict[str, Any])
    #: Where the reply says that there is more: {of: list, next: name, query: name}; empty where it is whole.
    pages: _Words = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Route:
    """What a method and a path ask for."""

    operation: str
    model: str | None
    #: Whether a stream is asked for; None where the body says so.
    stream: bool | None
    #: How that stream is framed.
    framing: _Words = field(default_factory=dict[str, Any])


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def find(dialect: Dialect, method: str, path: str, query: Mapping[str, str]) -> Route | None:
    """Find what a method and a decoded path ask for."""
    for entry in dialect.routes:
        if entry["method"] != method or not entry.get("heard", True):
            continue
        match = _pattern(entry["match"]).fullmatch(path)
        if match and all(query.get(name) == value for name, value in entry.get("query", {}).items()):
            model = match.groupdict().get("model")
            return Route(entry["operation"], model, entry.get("stream"), _framing(dialect, entry))
    return None


def unknown(dialect: Dialect, method: str, path: str) -> UnknownName:
    """Say that there is no such route, and which come near."""
    return UnknownName("route", f"{method} {path}", [f"{entry['method']} {entry['path']}" for entry in dialect.routes])


def _quoted(name: str, safe: str) -> str:
    from urllib.parse import quote  # a translation alone need not wait for it

    try:
        return quote(name, safe=safe)
    except UnicodeEncodeError:
        raise DocumentError("/model", "the name of the model is no Unicode text", rule="routes") from None


def call(dialect: Dialect, operation: str, model: str | None, body: Value, *, stream: bool) -> Call:
    """Make the call that asks for an operation.

    Raises UnknownName where the dialect has none, DocumentError where it needs a model's name and there is none.
    """
    for entry in dialect.routes:
        if entry["operation"] == operation and _called(entry, model or "", stream=stream):
            if "{model}" in entry["path"] and not model:
                raise DocumentError("/model", "the request names no model", rule="routes")
            path = entry["path"].replace("{model}", _quoted(model or "", safe="/" if "models" in entry else ""))
            query = dict(entry.get("query", {}))
            pages = entry.get("pages", {})
            return Call(entry["method"], path, query, {}, body, stream, _framing(dialect, entry), pages)
    raise UnknownName("operation", operation, [entry["operation"] for entry in dialect.routes])


def joined(pages: _Words, replies: Sequence[Value]) -> Value:
    """Lay the pages of a reply together: the first, with the lists of all."""
    if not all(isinstance(reply, dict) for reply in replies):
        return replies[0]
    lists = [reply.get(pages["of"]) for reply in replies]
    items = [item for found in lists if isinstance(found, list) for item in found]
    return {**replies[0], pages["of"]: items}


def _called(entry: _Words, model: str, *, stream: bool) -> bool:
    fits = "models" not in entry or _pattern(entry["models"]).fullmatch(model)
    return bool(fits) and entry.get("calls", True) and entry.get("stream", stream) is stream


def _framing(dialect: Dialect, entry: _Words) -> _Words:
    return {**dialect.raw.get("framing", {}), **entry.get("framing", {})}


def told(ruleset: Ruleset, document: str, dialect: str, body: Value, headers: Mapping[str, str]) -> Value:
    """Return a reply with what its headers say, where its body does not say it; the body itself is not changed."""
    rules = ruleset.documents.get(document)
    places = rules.headers.get(dialect, {}) if rules is not None and headers else {}
    given = {name.lower(): value for name, value in headers.items()} if places else {}
    for name, place in places.items():
        if name in given and pointer.find(body, pointer.dotted(place)) is ABSENT:
            body = _with(body, pointer.dotted(place), given[name])
    return body


def _with(value: Value, path: Path, member: Value) -> Value:
    if not path:
        return member
    inner = value.get(path[0], {}) if isinstance(value, dict) else None
    return value if inner is None else {**value, path[0]: _with(inner, path[1:], member)}
