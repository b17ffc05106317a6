"""One request on its way to a server of another dialect, and what comes back. Sans-IO: bytes in, documents out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from isogloss import sse
from isogloss.addresses import Reach
from isogloss.codecs import CodecError
from isogloss.crossings.doing import Bounds, Hold, Outgoing
from isogloss.crossings.paper import PLAIN, Json
from isogloss.errors import IsoglossError
from isogloss.failures import Failure, of_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.cache_index import Index
    from isogloss.caching import Wish
    from isogloss.crossings.doing import Arrived
    from isogloss.crossings.servers import Server
    from isogloss.routes import Call
    from isogloss.running import Translation
    from isogloss.translator import Exchange, Reply
    from isogloss.values import Value

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a crossing is made."""

    bounds: Bounds = field(default_factory=Bounds)
    #: The addresses that media may be fetched from.
    reach: Reach = field(default_factory=Reach)
    #: How often a request is sent again that was put off, or that got no reply.
    retries: int = 0
    json: Json = PLAIN
    #: Where caches are found again; without it none are made.
    caches: Index | None = None


class Upload(Protocol):
    """A file of the caller's on its way through."""

    @property
    def payload(self) -> Any:
        """Its bytes, or what the driver reads them from."""
        ...

    def document(self) -> Value:
        """Return the caller's request, with what stood behind the file, once the file has been sent."""
        ...


class Crossing:
    """An exchange with a server. The exchange's translator must not enforce schemas itself: it is done here."""

    def __init__(
        self,
        exchange: Exchange,
        server: Server,
        terms: Terms = Terms(),
        *,
        upload: Upload | None = None,
        passed: Mapping[str, str] | None = None,
        wish: Wish | None = None,
        caller: str | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        #: A plan opens it anew, with all that it has come to know.
        self.exchange = exchange
        self.calls = exchange.calls
        self.server = server
        self.terms = terms
        self.upload = upload
        #: What the request asks to be cached, and who asks: nobody else's requests find that cache.
        self.wish = wish
        self.caller = caller
        #: The tokens of a cache that was made for this request.
        self.made = 0
        #: The caller's headers for replies that are handed on as they come.
        self._passed = passed or {}
        #: … and those of all requests.
        self._more = {name.lower(): value for name, value in (more or {}).items()}

    def outgoing(
        self,
        call: Call | None = None,
        query: Mapping[str, str] | None = None,
        *,
        to: str | None = None,
        sends: Upload | None = None,
    ) -> Outgoing:
        """Return the request to send for a call, the first one by default: with more in its query, at an address."""
        call = self.calls[0] if call is None else call
        query = {**call.query, **query} if query else call.query
        url = self.server.address(call, query) if to is None else self.server.elsewhere(to, query)
        led = bool(call.bytes.get("stream")) and call.method == "GET"
        if sends is not None:
            payload = sends.payload
        else:
            payload = None if call.body is None else self.terms.json.dumps(call.body)
        return Outgoing(call.method, url, self._headers(call), payload, led=led)

    def _headers(self, call: Call) -> dict[str, str]:
        raw = bool(call.bytes.get("stream"))
        whole = "*/*" if call.bytes else _JSON
        return {
            "user-agent": "isogloss",
            **self._more,
            "accept": "text/event-stream" if call.stream else whole,
            "accept-encoding": "identity" if call.stream or raw else "gzip, deflate",
            **({} if call.body is None else {"content-type": _JSON}),
            **(self._passed if raw else {}),
            **call.headers,
            **self.server.headers(),
        }

    def page(self, call: Call, documents: list[Any]) -> Outgoing | None:
        """Return the request for the next page of a list; None where it is complete."""
        pages = call.pages
        found = documents[-1].get(pages["next"]) if pages and len(documents) < self.terms.bounds.pages else None
        if not isinstance(found, str) or not found or documents[-1].get(pages.get("while", ""), True) is not True:
            return None
        return self.outgoing(call, {pages["query"]: found})

    def response(self, documents: list[Any], headers: Mapping[str, str]) -> Translation:
        """Translate a reply; raise Failure where that cannot be."""
        try:
            return self.exchange.response(*documents, headers=headers)
        except IsoglossError as error:
            raise of_reply(error, documents[0]) from error

    def error(self, arrived: Arrived, data: bytes) -> Reply:
        """Translate an error; keys that it repeats are taken out."""
        try:
            return self.exchange.error(arrived.status, self.server.hide(data), arrived.headers)
        except IsoglossError:  # nested too deep, or too large: its status is what counts
            return self.exchange.error(arrived.status, Failure(0, "the upstream's error cannot be translated").body)

    def pieces(self, call: Call, arrived: Arrived) -> Pieces:
        """Open a reply as a stream."""
        return Pieces(self, call, arrived)


class Pieces:
    """A reply piece by piece: bytes of the server in, documents for the caller out."""

    def __init__(self, crossing: Crossing, call: Call, arrived: Arrived) -> None:
        self.exchange = crossing.exchange
        self._stream = crossing.exchange.stream()
        self._loads = crossing.terms.json.loads
        self._hide, self._error = crossing.server.hide, call.framing.get("error")
        # Servers answer with JSON where they cannot stream.
        framing = {**call.framing, "form": "array"} if arrived.media == _JSON else call.framing
        self._reader = sse.reader(framing, crossing.terms.bounds.event)

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

    def demanded(self) -> Hold | None:
        """Return what the whole reply must be held against, once it is closed."""
        found = None if self._stream.ended else self._stream.demanded()
        return None if found is None else Hold(*found)

    def fail(self, failure: Failure) -> list[Value]:
        """End with an error."""
        return self._stream.fail(failure.body, failure.status)

    def _told(self, events: list[bytes]) -> list[Value]:
        found: list[Value] = []
        for event in events:
            try:
                found += self._stream.feed(self._document(event))
            except CodecError as error:
                return found + self._unread(error)
        return found

    def _document(self, event: bytes) -> Value:
        """Read an event; keys that an error repeats are taken out."""
        found = self._loads(event)
        failed = isinstance(found, dict) and self._error in found
        return self._loads(self._hide(event)) if failed else found

    def _unread(self, error: Exception) -> list[Value]:
        return self.fail(Failure(502, f"the upstream's stream cannot be read: {error}"))
