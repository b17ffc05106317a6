"""Requests as multipart/form-data, sans-IO: bytes in, the document that a JSON body would have been, out.

https://www.rfc-editor.org/rfc/rfc7578. Everything is bounded: how many texts and files it holds, names, texts, what
stands above each; the whole by whoever feeds it.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA: Final = "multipart/form-data"
#: The most that one holds, bytes of a text, bytes above each, and names in a name: a[b][c].
_MOST, _TEXT, _HEAD, _DEEP = 1000, 1024 * 1024, 16 * 1024, 8
#: The most that is held of a form, unless the caller says otherwise.
_HELD: Final = 64 * 1024 * 1024
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False}
_UNSAID: Final = frozenset({"", "application/octet-stream"})


@dataclass(slots=True)
class _Part:
    """One part on its way in."""

    name: str = ""
    #: None for a text.
    filename: str | None = None
    media: str = ""
    data: bytearray = field(default_factory=bytearray)


class Form:
    """A form on its way in: `document` grows to `most` bytes, and those of the streamed file are handed on."""

    def __init__(self, content_type: str, words: Mapping[str, Any], most: int = _HELD) -> None:
        from python_multipart.multipart import MultipartParser, parse_options_header  # few requests are forms

        self._options = parse_options_header
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary or len(boundary) > _HEAD:
            raise _broken("its content-type says no boundary")
        heard = {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_headers_finished": self._headers,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._close,
        }
        self._parser = MultipartParser(boundary, heard, max_header_size=_HEAD)  # pyright: ignore[reportArgumentType]
        self._words = words
        self._most = self._left = most
        self._part = _Part()
        self._head: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._begun = 0
        self._flow = bytearray()
        self.document: dict[str, Any] = {}
        #: Whether the streamed file has begun, and whether the form has come to its end.
        self.flows = False
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """Take some bytes; give those of the streamed file. Raises Failure (400) where the form is broken."""
        from python_multipart.exceptions import FormParserError

        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _broken(str(error)) from None
        flow, self._flow = bytes(self._flow), bytearray()
        return flow

    def close(self) -> None:
        """Take the end of the bytes; raise Failure (400) where the form has not come to its own."""
        if not self.ended:
            raise _broken("it breaks off")

    # ------------------------------------------------------------------ what the parser tells

    def _begin(self) -> None:
        self._part, self._head = _Part(), (bytearray(), bytearray())
        self._begun += 1
        if self._begun > _MOST:
            raise Failure(400, f"a form may hold {_MOST} texts and files")

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._head[0].extend(data[start:end])

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._head[1].extend(data[start:end])

    def _header(self) -> None:
        name, value = (bytes(one).decode("latin-1").strip() for one in self._head)
        self._head = (bytearray(), bytearray())
        if name.lower() == "content-disposition":
            said = {key.decode("latin-1").lower(): _text(found) for key, found in self._options(value)[1].items()}
            self._part.name, self._part.filename = said.get("name", ""), said.get("filename")
        elif name.lower() == "content-type":
            self._part.media = value.partition(";")[0].strip().lower()

    def _headers(self) -> None:
        part = self._part
        if not part.name:
            raise _broken("a part has no name")
        if part.name == self._words.get("streams"):
            if self.flows or part.filename is None:
                raise Failure(400, f"{part.name} must be one file", param=part.name)
            self.flows = True
            self.document[part.name] = {"filename": part.filename, "content_type": _media(part)}

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.name == self._words.get("streams"):
            self._flow += data[start:end]
            return
        part.data += data[start:end]
        self._left -= end - start
        if self._left < 0:
            raise Failure(413, f"the form is larger than {self._most} bytes")
        if part.filename is None and len(part.data) > _TEXT:
            raise Failure(400, f"a text of a form may have {_TEXT} bytes; send a file", param=part.name)

    def _end(self) -> None:
        part = self._part
        if part.name != self._words.get("streams"):
            places = _places(part.name)
            _put(self.document, places, self._read(part, ".".join(one for one in places if one)), part.name)

    def _close(self) -> None:
        self.ended = True

    def _read(self, part: _Part, place: str) -> Any:
        if part.filename is not None:
            return f"data:{_media(part)};base64,{base64.b64encode(part.data).decode('ascii')}"
        text = _text(bytes(part.data))
        if place in self._words.get("numbers", ()) and _NUMBER.fullmatch(text):
            return json.loads(text)
        return _BOOLEANS.get(text, text) if place in self._words.get("booleans", ()) else text


def whole(content_type: str, words: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Read a form that is there as a whole: its document, and the bytes of the streamed file."""
    form = Form(content_type, words)
    flow = form.feed(data)
    form.close()
    if form.flows:
        form.document[words["streams"]]["size"] = len(flow)
    return form.document, flow


def _broken(reason: str) -> Failure:
    return Failure(400, f"the form cannot be read: {reason}")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _broken("a text in it is no UTF-8") from None


def _media(part: _Part) -> str:
    """Return a file's type: what the part says, else what its file's name says."""
    if part.media not in _UNSAID:
        return part.media
    return _types().guess_type(part.filename or "")[0] or "application/octet-stream"


@cache
def _types() -> mimetypes.MimeTypes:
    """Return the standard library's table without what this machine adds to it."""
    return mimetypes.MimeTypes(())


def _places(name: str) -> tuple[str, ...]:
    """Read a name: a[b][] is (a, b, ""); what is no such name is itself."""
    found = _NAME.fullmatch(name)
    if found is None:
        return (name,)
    steps = _STEP.findall(found[2])
    if len(steps) > _DEEP:
        raise Failure(400, f"a name of a form may be {_DEEP} deep")
    return (found[1], *steps)


def _put(there: dict[str, Any], places: tuple[str, ...], value: Any, name: str) -> None:
    """Put a value into a document; what comes twice is a list."""
    first, *rest = places
    if not rest:
        known = there.get(first)
        if first not in there:
            there[first] = value
        elif isinstance(known, list):
            known.append(value)  # pyright: ignore[reportUnknownMemberType]
        elif isinstance(known, dict):
            raise _contradicts(name)
        else:
            there[first] = [known, value]
        return
    made: Any = there.setdefault(first, [] if rest[0] == "" else {})
    if isinstance(made, list) is not (rest[0] == "") or not isinstance(made, list | dict):
        raise _contradicts(name)
    if isinstance(made, dict):
        _put(made, tuple(rest), value, name)
    else:
        _append(made, tuple(rest[1:]), value, name)


def _append(there: list[Any], places: tuple[str, ...], value: Any, name: str) -> None:
    """Put a value into a list: an item's next name belongs to the last one, until a name comes again."""
    if not places:
        there.append(value)
        return
    if not there or not isinstance(there[-1], dict) or (len(places) == 1 and places[0] in there[-1]):
        there.append({})
    _put(there[-1], places, value, name)


def _contradicts(name: str) -> Failure:
    return Failure(400, f"the form says {name} and something else of the same name", param=name)
