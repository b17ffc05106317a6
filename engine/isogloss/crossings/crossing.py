"""One request on its way to a server of another dialect, and what comes back. Sans-IO: bytes in, documents out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss import sse
from isogloss.codecs import CodecError, dump_json, parse_json
from isogloss.errors import DocumentError, ValidationError
from isogloss.failures import Failure, of_request
from isogloss.validation import enforce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.crossings.servers import Server
    from isogloss.running import Translation
    from isogloss.translator import Exchange, Reply
    from isogloss.values import Value

_JSON: Final = "application/json"
#: The most pages of a list that are asked for.
_PAGES: Final = 50


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request for the server behind."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    payload: bytes | None = field(repr=False)
    #: What is said to the HTTP library: which name a certificate must have.
    extensions: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Arrived:
    """The head of a reply; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]

    @property
    def media(self) -> str:
        """Its media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Crossing:
    """An exchange with a server. The exchange's translator must not enforce schemas itself: it is done here."""

    def __init__(self, exchange: Exchange, server: Server) -> None:
        self.exchange = exchange
        self.server = server
        self.call = exchange.calls[0]
        #: The body of the call; what is fetched is put into it.
        self.body: Value = self.call.body

    def outgoing(self, query: Mapping[str, str] | None = None) -> Outgoing:
        """Return the request to send."""
        call = self.call
        headers = {
            "accept": "text/event-stream" if call.stream else _JSON,
            "accept-encoding": "identity" if call.stream else "gzip, deflate",
            "user-agent": "isogloss",
            **({} if call.body is None else {"content-type": _JSON}),
            **call.headers,
            **self.server.headers(),
        }
        url = self.server.address(call, {**call.query, **(query or {})})
        return Outgoing(call.method, url, headers, None if self.body is None else dumps(self.body))

    def page(self, documents: list[Any]) -> Outgoing | None:
        """Return the request for the next page of a list; None where it is complete."""
        pages = self.call.pages
        found = documents[-1].get(pages["next"]) if pages and len(documents) < _PAGES else None
        return self.outgoing({pages["query"]: found}) if isinstance(found, str) and found else None

    def response(self, documents: list[Any], headers: Mapping[str, str]) -> Translation:
        """Translate a reply; raise IsoglossError where that cannot be, ValidationError where it does not fit."""
        done = self.exchange.response(*documents, headers=headers)
        demand = self.exchange.demand()
        if demand is not None:
            _hold(done.body, *demand)
        return done

    def error(self, arrived: Arrived, data: bytes) -> Reply:
        """Translate an error; keys that it repeats are taken out."""
        text = self.server.hide(data.decode("utf-8", "replace"))
        return self.exchange.error(arrived.status, text, arrived.headers)

    def pieces(self, arrived: Arrived) -> Pieces:
        """Open a reply as a stream."""
        return Pieces(self, arrived)


class Pieces:
    """A reply piece by piece: bytes of the server in, documents for the caller out."""

    def __init__(self, crossing: Crossing, arrived: Arrived) -> None:
        self.exchange = crossing.exchange
        self._stream = crossing.exchange.stream()
        framing = crossing.call.framing
        # Servers answer with JSON where they cannot stream.
        self._reader = sse.reader({**framing, "form": "array"} if arrived.media == _JSON else framing)

    @property
    def ended(self) -> bool:
        """Whether no more will be told."""
        return self._reader.ended or self._stream.ended

    def feed(self, data: bytes) -> list[Value]:
        """Take some bytes."""
        try:
            return self._told(self._reader.feed(data))
        except sse.FramingError as error:
            return self._unread(error)

    def close(self) -> list[Value]:
        """Take the end of the bytes."""
        try:
            rest = self._told(self._reader.close())
        except sse.FramingError as error:
            rest = self._unread(error)
        return rest + self._stream.close()

    def hold(self) -> None:
        """Hold the whole reply against the schema that its request asked for; raise ValidationError or Failure."""
        demanded = None if self._stream.ended else self._stream.demanded()
        if demanded is not None:
            _hold(*demanded)

    def fail(self, failure: Failure) -> list[Value]:
        """End with an error."""
        return self._stream.fail(failure.body, failure.status)

    def _told(self, events: list[bytes]) -> list[Value]:
        found: list[Value] = []
        for event in events:
            try:
                found += self._stream.feed(loads(event))
            except CodecError as error:
                return found + self._unread(error)
        return found

    def _unread(self, error: Exception) -> list[Value]:
        return self.fail(Failure(502, f"the server's stream cannot be read: {error}"))


def _hold(body: Value, spec: Any, schema: Value, rule: str, place: str) -> None:
    """Raise ValidationError where a reply does not fit its schema, Failure (400) where the schema is none."""
    try:
        enforce(body, spec, schema, rule, place)
    except ValidationError:
        raise
    except DocumentError as error:
        raise of_request(error) from None
    except (re.error, RecursionError) as error:
        raise Failure(400, f"the schema to enforce cannot be used: {error}") from None


def loads(data: bytes) -> Value:
    """Read JSON; raise CodecError where it is none."""
    return parse_json(data.decode("utf-8", "replace"))


def document(data: bytes) -> Value:
    """Read a reply; raise DocumentError where it is no JSON object."""
    try:
        found = loads(data)
    except CodecError:
        found = None
    if not isinstance(found, dict):
        raise DocumentError("", "the server's reply is no JSON object", status=502)
    return found


def dumps(value: Value) -> bytes:
    """Write JSON; half an emoji, which has no bytes, as an escape."""
    try:
        return dump_json(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")
