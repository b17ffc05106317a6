"""Replies inside somebody else's gateway: bytes of the server in, a reply or bytes for the caller out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import failures, reports, routes
from isogloss.crossings.crossing import Crossing, Pieces
from isogloss.crossings.doing import Arrived
from isogloss.crossings.framing import Framer
from isogloss.crossings.paper import dumps
from isogloss.crossings.servers import Server
from isogloss.envelope import Reply, lower
from isogloss.errors import IsoglossError
from isogloss.failures import Bearer, Failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable, Mapping

    from isogloss.routes import Route
    from isogloss.translator import Exchange

_OK, _REDIRECT, _ERROR = 200, 300, 400


def answer(exchange: Exchange, status: int, data: bytes, headers: Mapping[str, str]) -> Reply:
    """Say the server's reply to the one call of an exchange, whole or an error, as the caller's dialect says it.

    Nothing is raised: a reply that cannot be translated is an error, too. Its headers say what was lost.
    """
    gloss = exchange.gloss
    crossing = Crossing(exchange, Server(gloss.ruleset.dialects[gloss.target], ""))
    try:
        found = _answered(crossing, Arrived(status, lower(headers)), data)
    except (Failure, IsoglossError) as error:
        failure = error if isinstance(error, Failure) else failures.of_reply(error, None)
        found = Bearer(gloss.ruleset).say(failure, gloss.source)
    told = {reports.RULESET: str(gloss.ruleset), reports.LOSSES: reports.line(exchange.losses)}
    return Reply(found.status, {**told, **found.headers}, found.body, exchange.losses)


def _answered(crossing: Crossing, arrived: Arrived, data: bytes) -> Reply:
    if arrived.status >= _ERROR:
        return crossing.error(arrived, data)
    if arrived.status >= _REDIRECT:
        raise Failure(502, "the upstream answers with a redirect")
    done = crossing.response([crossing.terms.json.document(data)], arrived.headers)
    return Reply(_OK, {}, done.body, ())


class Relay:
    """Translates and frames a stream, sans-IO: `feed` takes bytes as they come, however they are cut.

    `headers` are those of the server's reply; `route` is what the caller has asked for (`Translator.route`), where its
    dialect frames streams in more than one way. What goes wrong on the way is told to the caller as the end of the
    stream; nothing is raised. Belongs to one caller.
    """

    def __init__(self, exchange: Exchange, headers: Mapping[str, str], route: Route | None = None) -> None:
        self._exchange = exchange
        gloss = exchange.gloss
        dialects = gloss.ruleset.dialects
        arrived = Arrived(_OK, lower(headers))
        self._pieces = Pieces(Crossing(exchange, Server(dialects[gloss.target], "")), exchange.calls[0], arrived)
        framing = routes.framing(dialects[gloss.source], exchange.operation) if route is None else route.framing
        self._framer = Framer(framing, dumps)
        #: The media type of what it gives.
        self.media = self._framer.media

    @property
    def ended(self) -> bool:
        """Whether the server need not be heard any longer."""
        return self._pieces.ended

    def feed(self, data: bytes) -> bytes:
        """Take some bytes of the server's; give those for the caller, none where nothing can be told yet."""
        return self._framer.framed(self._pieces.feed(data))

    def close(self) -> bytes:
        """Take the end of the server's bytes; give the last ones for the caller."""
        return self._framer.framed(self._pieces.close()) + self._framer.last(self._exchange)

    def pieces(self, chunks: Iterable[bytes], left: Callable[[], object]) -> Generator[bytes]:
        """Give all bytes for the caller as the server's come; `left` is called when that has ended, however it did."""
        try:
            for chunk in chunks:
                yield self.feed(chunk)
                if self.ended:
                    break
            yield self.close()
        finally:
            left()

    async def apieces(self, chunks: AsyncIterable[bytes], left: Callable[[], Awaitable[Any]]) -> AsyncGenerator[bytes]:
        """Give all bytes for the caller; see `pieces`."""
        try:
            async for chunk in chunks:
                yield self.feed(chunk)
                if self.ended:
                    break
            yield self.close()
        finally:
            await left()
