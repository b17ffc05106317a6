"""How operations are asked for over HTTP: a path to an operation, and an operation to the call to make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss import paths, pointer
from isogloss.errors import DocumentError, UnknownName, near
from isogloss.lens import holds
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from isogloss.rule import Dialect, Family, Ruleset
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
    #: How the reply is bytes: {data: place, type: place} or {stream: true}; empty where it is JSON.
    bytes: _Words = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Route:
    """What a method and a path ask for."""

    operation: str
    model: str | None
    #: Whether a stream is asked for; None where the body says so.
    stream: bool | None
    #: How that stream is framed.
    framing: _Words = field(default_factory=dict[str, Any])
    #: What its path and its query say beside the model, by name.
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Whether its request has a body.
    embodied: bool = True
    #: How forms are read, where it may come as one; how the reply is bytes, where it is no JSON.
    form: _Words | None = None
    bytes: _Words = field(default_factory=dict[str, Any])

    def document(self, body: Value) -> Value:
        """Return the request's document: its body with what the address says; of a request without a body all of it.

        Raises DocumentError where both say something else under one name.
        """
        return paths.document(self.said, body if self.embodied else {})


def find(dialect: Dialect, method: str, path: str, query: Mapping[str, str]) -> Route | None:
    """Find what a method and a decoded path ask for."""
    for entry in dialect.routes:
        if entry["method"] != method or not entry.get("heard", True):
            continue
        match = paths.pattern(entry["match"]).fullmatch(path)
        if match and paths.fits(entry, query):
            stream, said = _told(entry.get("stream"), None), paths.heard(entry, match, query)
            model, embodied = match.groupdict().get("model"), paths.embodied(method)
            form, raw = entry.get("form"), entry.get("bytes", {})
            return Route(entry["operation"], model, stream, _framing(dialect, entry), said, embodied, form, raw)
    return None


def unknown(dialect: Dialect, method: str, path: str) -> UnknownName:
    """Say that there is no such route, and which come near: those that end alike, since most begin alike."""
    known = {
        f"{entry['method']} {entry['path']}": entry["path"] for entry in dialect.routes if entry.get("heard", True)
    }
    akin = [name for name, known_path in known.items() if near(_end(path), [_end(known_path)])]
    return UnknownName("route", f"{method} {path}", akin)


def _end(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def call(
    dialect: Dialect, operation: str, model: str | None, body: Value, *, stream: bool, family: Family | None = None
) -> Call:
    """Make the call that asks a model of a family for an operation: by the first route that is for it.

    Raises UnknownName where the dialect has none, DocumentError where it needs a model's name and there is none, and
    where no route is for this family, or one that refuses.
    """
    known = [entry for entry in dialect.routes if entry["operation"] == operation and entry.get("calls", True)]
    if not known:
        raise UnknownName("operation", operation, [entry["operation"] for entry in dialect.routes])
    if not model and any("{model}" in entry["path"] for entry in known):
        raise DocumentError("/model", "the request names no model", rule="routes")
    for entry in known:
        if _called(entry, model or "", stream=stream) and holds(family, entry.get("needs", {})):
            return _call(dialect, entry, model or "", body, stream=stream)
    form = "a stream" if stream else "a whole reply"
    raise _refused(operation, model, f"no route to {form} is for models of its kind")


def _call(dialect: Dialect, entry: _Words, model: str, body: Value, *, stream: bool) -> Call:
    if "refuse" in entry:
        raise _refused(entry["operation"], model, entry["refuse"], entry.get("status", 400))
    path, query, headers, body = paths.split(entry, model, body)
    framing, pages, raw = _framing(dialect, entry), entry.get("pages", {}), entry.get("bytes", {})
    return Call(entry["method"], path, query, headers, body, stream, framing, pages, raw)


def _refused(operation: str, model: str | None, reason: str, status: int = 400) -> DocumentError:
    asked = f"the model {model!r} cannot be asked for {operation}" if model else operation
    return DocumentError("/model" if model else "", f"{asked}: {reason}", rule="routes", status=status)


def framing(dialect: Dialect, operation: str) -> _Words:
    """Return how a dialect frames streams of an operation, where its caller may choose: in the first way."""
    known = (entry for entry in dialect.routes if entry["operation"] == operation and entry.get("heard", True))
    return _framing(dialect, next((entry for entry in known if entry.get("stream") is not False), {}))


def asking(dialect: Dialect) -> dict[str, _Words]:
    """Return the words by which requests ask for a stream, for each operation where `stream: true` is not all."""
    named = ((entry["operation"], entry.get("stream")) for entry in dialect.routes if entry.get("heard", True))
    return {operation: words for operation, words in named if isinstance(words, dict)}


def joined(pages: _Words, replies: Sequence[Value]) -> Value:
    """Lay the pages of a reply together: the first, with the lists of all."""
    if not all(isinstance(reply, dict) for reply in replies):
        return replies[0]
    lists = [reply.get(pages["of"]) for reply in replies]
    items = [item for found in lists if isinstance(found, list) for item in found]
    return {**replies[0], pages["of"]: items}


def _called(entry: _Words, model: str, *, stream: bool) -> bool:
    fits = "models" not in entry or paths.pattern(entry["models"]).fullmatch(model)
    return bool(fits) and _told(entry.get("stream"), stream) is stream


def _told(stream: Any, otherwise: bool | None) -> bool | None:
    """Return what a route says about streams; where the request says it, `otherwise`."""
    return stream if isinstance(stream, bool) else otherwise


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
