"""The framing of streams, sans-IO: bytes in, events out, and back. An event is the bytes of one JSON document.

Our own code: the libraries that read server-sent events (httpx-sse, sseclient, those inside SDKs) are fed lines of
text, so their callers have to split bytes, and str.splitlines() splits at U+2028 and U+0085 too, which stand in JSON
unescaped; none of them bounds an event, and none reads a streamed JSON array. The format itself is small:
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The largest event, in bytes, unless the caller says otherwise: a few images of base64.
LIMIT: Final = 64 * 1024 * 1024

_BOM: Final = b"\xef\xbb\xbf"
_END_OF_LINE: Final = re.compile(rb"[\r\n]")
_STRUCTURE: Final = re.compile(rb'["\\{}\[\]]')
_BETWEEN: Final = re.compile(rb"[\s,]*")


class FramingError(ValueError):
    """Bytes that are no stream of events: cut off in the middle, too large, or something else altogether."""


class Reader(Protocol):
    """Takes bytes as they come, however they are cut, and gives the events that are complete."""

    #: Whether the end of the stream has been said.
    ended: bool

    def feed(self, data: bytes) -> list[bytes]:
        """Take some bytes; raise FramingError where they cannot be read."""
        ...

    def close(self) -> list[bytes]:
        """Take the end of the bytes."""
        ...


class Writer(Protocol):
    """Frames events."""

    #: The media type of what it writes.
    media: str

    @property
    def named(self) -> str | None:
        """The name in a document that says what its event is called; None where events have no names."""
        ...

    def event(self, document: bytes, name: str | None = None) -> bytes:
        """Frame one JSON document."""
        ...

    def comment(self, text: str) -> bytes:
        """Frame a remark that clients skip; nothing where the framing has none."""
        ...

    def end(self, *, well: bool) -> bytes:
        """Frame the end: `well` is false after an error, which ends a stream by itself."""
        ...


def reader(framing: Mapping[str, Any], limit: int = LIMIT) -> Reader:
    """Make a reader for a dialect's framing: {form: sse, end: text} or {form: array}."""
    return ArrayReader(limit) if framing.get("form") == "array" else EventReader(framing.get("end"), limit)


def writer(framing: Mapping[str, Any]) -> Writer:
    """Make a writer for a dialect's framing."""
    if framing.get("form") == "array":
        return ArrayWriter()
    return EventWriter(framing.get("end"), comments=framing.get("comments", True), named=framing.get("named"))


class EventReader:
    """Reads server-sent events; `end` is the data that says that no more will come."""

    def __init__(self, end: str | None = None, limit: int = LIMIT) -> None:
        self.ended = False
        self._mark = None if end is None else end.encode()
        self._limit = limit
        self._head: bytes | None = b""
        self._pending: list[bytes] = []
        self._split = False
        self._data: list[bytes] = []
        self._stray: list[bytes] = []
        #: How large the lines of the event so far are, with their ends, and what stands behind them.
        self._held = 0
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take some bytes."""
        data = self._begun(data)
        if not data:
            return []
        if self._split and data[:1] == b"\n":  # the second half of a CRLF
            data = data[1:]
        if _END_OF_LINE.search(data) is None:
            self._keep(data)
            self._split = self._split and not data
            return []
        if self._pending:
            data = b"".join((*self._pending, data))
        cut = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self._pending.clear()
        self._split = data[cut - 1 : cut] == b"\r"
        found = self._lines(data[:cut])
        self._size = self._held
        self._keep(data[cut:])
        return found

    def close(self) -> list[bytes]:
        """Take the end: servers forget the last empty line, so what is there counts."""
        found = self._lines(b"".join((self._head or b"", *self._pending)))
        self._pending.clear()
        return found + self._event()

    def _begun(self, data: bytes) -> bytes:
        """Take off the mark that some put before everything."""
        if self._head is None:
            return data
        data = self._head + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(_BOM)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise FramingError(f"an event is larger than {self._limit} bytes")
        if data:
            self._pending.append(data)

    def _lines(self, data: bytes) -> list[bytes]:
        found: list[bytes] = []
        for line in data.splitlines():  # bytes split at CR, LF and CRLF only
            if self.ended:
                break
            self._held += len(line) + 1
            if not line:
                found += self._event()
            elif line[:5] == b"data:":
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line == b"data":
                self._data.append(b"")
            elif line[:1] == b"{" or self._stray:  # no field: servers write errors bare into a running stream
                self._stray.append(line)
            else:
                self._held -= len(line) + 1
        return found

    def _event(self) -> list[bytes]:
        self._held = 0
        lines = self._data or self._stray
        if not lines:
            return []
        event = lines[0] if len(lines) == 1 else b"\n".join(lines)
        self._data, self._stray = [], []
        if len(event) > self._limit:
            raise FramingError(f"an event is larger than {self._limit} bytes")
        if event == self._mark:
            self.ended = True
            return []
        return [event] if event.strip() else []


class ArrayReader:
    """Reads a JSON array of objects element by element, and a lone object as one element."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.ended = False
        self._limit = limit
        self._head: bytes | None = b""
        self._depth = 0
        self._inside = False
        self._quoted = False
        self._escaped = False
        self._element: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take some bytes."""
        found: list[bytes] = []
        at = 0
        while at < len(data) and not self.ended:
            at = self._element_part(data, at, found) if self._element else self._gap(data, at)
        return found

    def close(self) -> list[bytes]:
        """Take the end; raise FramingError where it comes in the middle."""
        if self._element or (self._inside and not self.ended):
            raise FramingError("the stream ended in the middle of its JSON")
        return []

    def _gap(self, data: bytes, at: int) -> int:
        """Go over what stands between elements: space, commas, the brackets of the array."""
        blank = _BETWEEN.match(data, at)
        at = blank.end() if blank else at
        sign = data[at : at + 1]
        if sign == b"{":
            self._element = [b""]
            return at
        if sign == b"[" and not self._inside:
            self._inside = True
        elif sign == b"]" and self._inside:
            self.ended = True
        elif sign:
            raise FramingError("this is no JSON array of objects")
        return at + 1

    def _element_part(self, data: bytes, start: int, found: list[bytes]) -> int:
        """Go through an element as far as the bytes go, or to its end."""
        at = start + 1 if self._escaped else start
        self._escaped = False
        while (sign := _STRUCTURE.search(data, at)) is not None:
            at = sign.end()
            if self._step(sign.group()):
                self._keep(data[start:at])
                found.append(b"".join(self._element))
                self._element, self._size = [], 0
                return at
            if self._escaped:
                if at >= len(data):
                    break
                at += 1
                self._escaped = False
        self._keep(data[start:])
        return len(data)

    def _step(self, sign: bytes) -> bool:
        """Take one sign of structure; tell whether the element is complete."""
        if self._quoted:
            self._escaped = sign == b"\\"
            self._quoted = sign != b'"'
        elif sign == b'"':
            self._quoted = True
        elif sign in b"{[":
            self._depth += 1
        elif sign in b"}]":
            self._depth -= 1
            return self._depth == 0
        return False

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise FramingError(f"an event is larger than {self._limit} bytes")
        self._element.append(data)


class EventWriter:
    """Writes server-sent events."""

    media = "text/event-stream; charset=utf-8"

    def __init__(self, end: str | None = None, *, comments: bool = True, named: str | None = None) -> None:
        self._end = b"" if end is None else self.event(end.encode())
        self._comments = comments
        self.named = named

    def event(self, document: bytes, name: str | None = None) -> bytes:
        """Frame one JSON document, under a name of one line."""
        head = b"event: %b\n" % name.encode() if name and name.isprintable() else b""
        if b"\n" in document or b"\r" in document:
            return head + b"".join(b"data: %b\n" % line for line in document.splitlines()) + b"\n"
        return b"%bdata: %b\n\n" % (head, document)

    def comment(self, text: str) -> bytes:
        """Frame a remark; nothing where the dialect's clients do not know comments."""
        return b": %b\n\n" % b" ".join(text.encode().splitlines()) if self._comments else b""

    def end(self, *, well: bool) -> bytes:
        """Frame the end.

        No mark follows an error: clients that know errors have stopped reading at it, and those that do not would
        take the mark for the sign that all has been said.
        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        return self._end if well else b""


class ArrayWriter:
    """Writes a JSON array."""

    media = "application/json; charset=utf-8"
    named = None

    def __init__(self) -> None:
        self._open = False

    def event(self, document: bytes, name: str | None = None) -> bytes:
        """Write one element; JSON has no events with names."""
        del name
        head = b",\r\n" if self._open else b"["
        self._open = True
        return head + document

    def comment(self, text: str) -> bytes:
        """JSON has no remarks."""
        del text
        return b""

    def end(self, *, well: bool) -> bytes:
        """Close the array: what has been written must parse, after an error too."""
        del well
        return b"]" if self._open else b"[]"
