"""A transport that speaks one dialect to its client and another one to the server, and a client that has it."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from isogloss import cache_index, caching, failures, reports
from isogloss.addresses import Reach
from isogloss.codecs import CodecError
from isogloss.crossings import blobs, forms, servers
from isogloss.crossings.asking import Flow, flowing
from isogloss.crossings.crossing import Crossing, Pieces, Terms
from isogloss.crossings.doing import Broken
from isogloss.crossings.framing import Framer
from isogloss.crossings.paper import dumps, loads
from isogloss.crossings.steps import steps
from isogloss.errors import IsoglossError, UnknownName
from isogloss.failures import Bearer, Failure
from isogloss.translator import Reply, Translator
from isogloss.transports.driving import AsyncLine, Line, held

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from isogloss.routes import Route
    from isogloss.values import Value

#: A client, a request or a reply, of either library.
Http = Any

_JSON: Final = "application/json"
_OK: Final = 200
#: What a caller says of a reply that is handed on as it comes.
_RANGES: Final = ("range", "if-range")


class Desk:
    """Reads requests of one dialect, and writes replies in it."""

    def __init__(self, gloss: Translator, key: str | None, base: str | None, allowed: Sequence[str] = ()) -> None:
        self.gloss = gloss
        # Media may be fetched from public addresses, and from those of `allowed` networks.
        self._terms = Terms(reach=Reach(allowed), caches=cache_index.Memory())
        self._key = key
        self._base = base
        self._bearer = Bearer(gloss.ruleset)
        self._dialect = gloss.ruleset.dialects[gloss.source]

    def open(self, asked: Http, data: bytes) -> tuple[Crossing, Route]:
        """Read a request; raise Failure where it cannot be translated."""
        query = dict(asked.url.params)
        try:
            route = self._route(asked.method, asked.url.path, query)
            body, upload = _read(route, asked.headers.get("content-type", ""), data)
            document = route.document(body)
            exchange, wish = caching.opened(
                self.gloss, route.operation, document, model=route.model, stream=route.stream
            )
            passed = {name: asked.headers[name] for name in _RANGES if name in asked.headers}
            server = self._server(asked, query)
            return Crossing(exchange, server, self._terms, upload=upload, passed=passed, wish=wish), route
        except CodecError as error:
            raise Failure(400, f"the request is no JSON: {error}") from None
        except IsoglossError as error:
            raise failures.of_request(error) from None

    def _route(self, method: str, path: str, query: Mapping[str, str]) -> Route:
        mounts = [mount for mount in self._dialect.raw.get("mounts", ()) if path.startswith(mount + "/")]
        for prefix in sorted(mounts, key=len, reverse=True):
            try:
                return self.gloss.route(method, path.removeprefix(prefix), query)
            except UnknownName:
                continue
        return self.gloss.route(method, path, query)

    def _server(self, asked: Http, query: Mapping[str, str]) -> servers.Server:
        """Find the server; a key that the client took from the environment for its own vendor never goes elsewhere."""
        environment = os.environ
        shown = servers.shown(self._dialect, {name.lower(): value for name, value in asked.headers.items()}, query)
        theirs = None if servers.own(self._dialect, shown, environment) else shown
        target = self.gloss.ruleset.dialects[self.gloss.target]
        return servers.server(target, key=self._key or theirs, base=self._base, environment=environment)

    def refused(self, error: Failure | IsoglossError) -> Reply:
        """Say what is wrong with a request, or with the reply to it."""
        return self._bearer.say(_failure(error), self.gloss.source)

    def told(self, crossing: Crossing) -> dict[str, str]:
        """Return the headers that tell what was lost."""
        return {
            reports.RULESET: str(self.gloss.ruleset),
            reports.LOSSES: reports.line(crossing.exchange.losses),
        }


class _Upload:
    """A file that is there as a whole: the client has read it."""

    def __init__(self, payload: bytes, said: Value) -> None:
        self.payload = payload
        self._said = said

    def document(self) -> Value:
        """Return the form that it came in."""
        return self._said


def _read(route: Route, media: str, data: bytes) -> tuple[Value, _Upload | None]:
    """Read a request's body: JSON, or a form."""
    if route.form is None or media.partition(";")[0].strip().lower() != forms.MEDIA:
        return loads(data) if data else None, None
    document, file = forms.whole(media, route.form, data)
    return document, _Upload(file, document) if route.form.get("streams") in document else None


def _failure(error: Failure | IsoglossError) -> Failure:
    return error if isinstance(error, Failure) else failures.of_reply(error, None)


def _thrown(broken: Broken) -> NoReturn:
    """Raise what the HTTP library has raised: its callers know its exceptions."""
    raise broken.error from None


class _Transport:
    """What both libraries' transports do; `http` is the library, `stream` its class for bodies that come in pieces."""

    http: Any
    stream: Any

    def __init__(self, desk: Desk, client: Http) -> None:
        self._desk = desk
        self._client = client

    def _reply(self, reply: Reply) -> Http:
        headers = {**reply.headers, "content-type": _JSON}
        return self.http.Response(reply.status, headers=headers, content=dumps(reply.body))

    def _outcome(self, crossing: Crossing, route: Route, found: Any) -> Http:
        told = self._desk.told(crossing)
        if isinstance(found, Reply):
            return self._reply(Reply(found.status, {**told, **found.headers}, found.body, ()))
        if route.bytes:
            data, media = blobs.body(route.bytes, found.body)
            return self.http.Response(_OK, headers={**told, "content-type": media}, content=data)
        return self._reply(Reply(_OK, told, found.body, ()))

    def _streamed(self, crossing: Crossing, framer: Framer, body: Any) -> Http:
        headers = {**self._desk.told(crossing), "content-type": framer.media, "cache-control": "no-store"}
        return self.http.Response(_OK, headers=headers, stream=self.stream(body))

    def _flowing(self, crossing: Crossing, flow: Flow, body: Any) -> Http:
        headers = {**self._desk.told(crossing), **flowing(flow)}
        return self.http.Response(flow.arrived.status, headers=headers, stream=self.stream(body))


class Transport(_Transport):
    """Blocking."""

    def handle_request(self, request: Http) -> Http:
        """Translate a request, ask, and translate what comes back."""
        try:
            crossing, route = self._desk.open(request, request.read())
            line = Line(self._client, request.extensions)
            found = line.run(steps(crossing))
            if not isinstance(found, (Pieces, Flow)):
                return self._outcome(crossing, route, found)
        except (Failure, IsoglossError) as error:
            return self._reply(self._desk.refused(error))
        except Broken as broken:
            _thrown(broken)
        if isinstance(found, Flow):
            return self._flowing(crossing, found, _opened(_flow(line)))
        framer = Framer(route.framing, dumps)
        return self._streamed(crossing, framer, _opened(_framed(line, found, framer)))

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


class AsyncTransport(_Transport):
    """For coroutines."""

    async def handle_async_request(self, request: Http) -> Http:
        """Translate a request, ask, and translate what comes back."""
        try:
            crossing, route = self._desk.open(request, await request.aread())
            line = AsyncLine(self._client, request.extensions)
            found = await line.run(steps(crossing))
            if not isinstance(found, (Pieces, Flow)):
                return self._outcome(crossing, route, found)
        except (Failure, IsoglossError) as error:
            return self._reply(self._desk.refused(error))
        except Broken as broken:
            _thrown(broken)
        if isinstance(found, Flow):
            flow = _aflow(line)
            await anext(flow)
            return self._flowing(crossing, found, flow)
        framer = Framer(route.framing, dumps)
        body = _aframed(line, found, framer)
        await anext(body)
        return self._streamed(crossing, framer, body)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


def _opened(body: Iterator[bytes]) -> Iterator[bytes]:
    """Begin a body: its first bytes are none, and from there on dropping it closes all."""
    next(body)
    return body


def _flow(line: Line) -> Iterator[bytes]:
    """Give a reply as it comes."""
    try:
        yield b""
        yield from line.chunks()
    except Broken as broken:
        _thrown(broken)
    finally:
        line.close()


async def _aflow(line: AsyncLine) -> AsyncIterator[bytes]:
    try:
        yield b""
        async for chunk in line.chunks():
            yield chunk
    except Broken as broken:
        _thrown(broken)
    finally:
        await line.close()


def _framed(line: Line, pieces: Pieces, framer: Framer) -> Iterator[bytes]:
    """Give the bytes of a stream for the client; the first are none, see `Line.told`."""
    documents = line.told(pieces)
    try:
        for some in documents:
            yield framer.framed(some)
        yield _last(pieces, framer)
    except Broken as broken:
        _thrown(broken)
    finally:
        documents.close()


def _last(pieces: Pieces, framer: Framer) -> bytes:
    """Frame the end: what the reply is held against may turn out not to fit it."""
    data, demand = b"", pieces.demanded() if framer.well else None
    if demand is not None:
        try:
            held(demand)
        except (Failure, IsoglossError) as error:
            data = framer.framed(pieces.fail(_failure(error)))
    return data + framer.last(pieces.exchange)


async def _aframed(line: AsyncLine, pieces: Pieces, framer: Framer) -> AsyncIterator[bytes]:
    documents = line.told(pieces)
    try:
        async for some in documents:
            yield framer.framed(some)
        yield _last(pieces, framer)
    except Broken as broken:
        _thrown(broken)
    finally:
        await documents.aclose()


class _Body:
    """A body that comes in pieces."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._data)

    def close(self) -> None:
        self._data.close()


class _AsyncBody:
    """The same for coroutines."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._data.__aiter__()

    async def aclose(self) -> None:
        await self._data.aclose()


@cache
def transport(library: str) -> type[Transport]:
    """Return the blocking transport as a class of a library: "httpx" or "httpx2"."""
    http = import_module(library)
    stream = type("Body", (_Body, http.SyncByteStream), {})
    return type("Transport", (Transport, http.BaseTransport), {"http": http, "stream": stream})


@cache
def async_transport(library: str) -> type[AsyncTransport]:
    """Return the transport for coroutines as a class of a library."""
    http = import_module(library)
    stream = type("AsyncBody", (_AsyncBody, http.AsyncByteStream), {})
    return type("AsyncTransport", (AsyncTransport, http.AsyncBaseTransport), {"http": http, "stream": stream})


def client(library: str, desk: Desk, settings: Mapping[str, Any], wire: Mapping[str, Any]) -> Http:
    """Make a blocking client: `settings` are the client's own, `wire` those of the connections behind it."""
    http = import_module(library)
    inner = http.Client(follow_redirects=False, **wire)
    return http.Client(transport=transport(library)(desk, inner), **settings)


def async_client(library: str, desk: Desk, settings: Mapping[str, Any], wire: Mapping[str, Any]) -> Http:
    """Make a client for coroutines."""
    http = import_module(library)
    inner = http.AsyncClient(follow_redirects=False, **wire)
    return http.AsyncClient(transport=async_transport(library)(desk, inner), **settings)
