"""Names in the addresses of calls: what a path or a query says stands in the request's document, and the reverse.

`{name}` in a route's path, or as a value of its query or its headers, is the member of that name. The name of the model
is the exchange's own, and no member.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from isogloss.errors import DocumentError
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.values import Value

    _Words = Mapping[str, Any]

_NAME: Final = re.compile(r"\{([a-z_]+)\}")
_MODEL: Final = "model"
#: Methods whose requests have no body.
_BARE: Final = frozenset({"GET", "HEAD", "DELETE"})
_RULE: Final = "routes"


@lru_cache(maxsize=256)
def pattern(text: str) -> re.Pattern[str]:
    """Compile a route's pattern."""
    return re.compile(text)


@lru_cache(maxsize=256)
def _cut(path: str) -> tuple[str, ...]:
    """Cut a path at its names: every second piece is one."""
    return tuple(_NAME.split(path))


@lru_cache(maxsize=1024)
def _named(value: str) -> str | None:
    """Return the name that a value of a query stands for; None where it stands for itself."""
    match = _NAME.fullmatch(value)
    return None if match is None else match[1]


def in_path(entry: _Words) -> tuple[str, ...]:
    """Return the names in the path of a route, the model's among them."""
    return _cut(entry["path"])[1::2]


def names(entry: _Words) -> tuple[str, ...]:
    """Return the names that the address of a route, or its headers, say of the document."""
    told = [name for word in ("query", "headers") for name in _asked(entry, word).values()]
    return (*(name for name in in_path(entry) if name != _MODEL), *told)


def embodied(method: str) -> bool:
    """Tell whether requests of a method have a body."""
    return method not in _BARE


def fits(entry: _Words, query: Mapping[str, str]) -> bool:
    """Tell whether a query says all that a route wants said."""
    return all(query.get(word) == value for word, value in entry.get("query", {}).items() if _named(value) is None)


def heard(entry: _Words, match: re.Match[str], query: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says, by name."""
    said = {name: value for name, value in match.groupdict().items() if name != _MODEL and value is not None}
    return said | {name: query[word] for word, name in _asked(entry, "query").items() if word in query}


def document(said: Mapping[str, str], body: Value) -> Value:
    """Return the request's document: its body, with what its address says.

    Raises DocumentError where both say something else under one name.
    """
    if not said or not (body is None or isinstance(body, dict)):
        return body
    for name, value in said.items():
        if body is not None and body.get(name, value) != value:
            raise DocumentError(f"/{name}", "the address says otherwise", rule=_RULE)
    return {**(body or {}), **said}


def split(entry: _Words, model: str, body: Value) -> tuple[str, dict[str, str], dict[str, str], Value]:
    """Return a route's path, its query, its headers, and what is left of the document for the body.

    Raises DocumentError where a name is missing, or would lead elsewhere than the route does.
    """
    path, taken = _path(entry, model, body), names(entry)
    query, headers = _filled(entry, "query", body), _filled(entry, "headers", body)
    rest = _less(body, taken)
    if embodied(entry["method"]):
        return path, query, headers, rest
    for name in rest or ():
        raise DocumentError(f"/{name}", "a call without a body cannot say this", rule=_RULE)
    return path, query, headers, None


def _less(body: Value, taken: tuple[str, ...]) -> Value:
    if not taken or not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name not in taken}


def _path(entry: _Words, model: str, body: Value) -> str:
    """Fill in a path; what the names say may not lead out of what the route matches."""
    said = {name: model if name == _MODEL else _said(body, name) for name in in_path(entry)}
    if not said:
        return entry["path"]
    whole = _filled_in(entry, said)
    if pattern(entry["match"]).fullmatch(whole) is None or not {".", ".."}.isdisjoint(whole.split("/")):
        raise DocumentError(f"/{next(iter(said))}", "there is nothing of this name", rule=_RULE, status=404)
    plain = _MODEL if "models" not in entry else None
    return _filled_in(entry, {name: _quoted(name, text, "" if name == plain else "/") for name, text in said.items()})


def _filled_in(entry: _Words, said: Mapping[str, str]) -> str:
    return "".join([said[piece] if index % 2 else piece for index, piece in enumerate(_cut(entry["path"]))])


def _said(body: Value, name: str) -> str:
    value = body.get(name, ABSENT) if isinstance(body, dict) else ABSENT
    if not isinstance(value, str) or not value:
        raise DocumentError(f"/{name}", f"the request says no {name}", rule=_RULE)
    return value


def _filled(entry: _Words, part: str, body: Value) -> dict[str, str]:
    if part not in entry:
        return {}
    fixed = {word: value for word, value in entry[part].items() if _named(value) is None}
    said = _asked(entry, part).items() if isinstance(body, dict) else ()
    return fixed | {word: _text(name, body[name]) for word, name in said if name in body}


def _text(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int | float) else ""
    if any(letter < " " or letter == "\x7f" for letter in text) or not isinstance(value, str | int | float):
        raise DocumentError(f"/{name}", "an address says words and numbers only", rule=_RULE)
    return text


def _asked(entry: _Words, part: str) -> dict[str, str]:
    """Return the names that a route's query or headers say, by their words."""
    if part not in entry:
        return {}
    return {word: name for word, value in entry[part].items() if (name := _named(value)) is not None}


@lru_cache(maxsize=256)
def _escaped(text: str, safe: str) -> str:
    from urllib.parse import quote  # a translation alone need not wait for it

    return quote(text, safe=safe)


def _quoted(name: str, text: str, safe: str) -> str:
    try:
        return _escaped(text, safe)
    except UnicodeEncodeError:
        raise DocumentError(f"/{name}", "this is no Unicode text", rule=_RULE) from None
