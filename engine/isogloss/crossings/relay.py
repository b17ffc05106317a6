"""A streamed reply inside somebody else's gateway: bytes of the server in, bytes for the caller out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isogloss.crossings.crossing import Crossing, Pieces
from isogloss.crossings.doing import Arrived
from isogloss.crossings.framing import Framer
from isogloss.crossings.paper import dumps
from isogloss.crossings.servers import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.routes import Route
    from isogloss.translator import Exchange

_OK: Final = 200


class Relay:
    """Translates and frames a stream, sans-IO: `feed` takes bytes as they come, however they are cut.

    `route` is what the caller has asked for (`Translator.route`), `headers` are those of the server's reply. What goes
    wrong on the way is told to the caller as the end of the stream; nothing is raised. Belongs to one caller.
    """

    def __init__(self, exchange: Exchange, route: Route, headers: Mapping[str, str]) -> None:
        self._exchange = exchange
        target = exchange.gloss.ruleset.dialects[exchange.gloss.target]
        arrived = Arrived(_OK, {name.lower(): value for name, value in headers.items()})
        self._pieces = Pieces(Crossing(exchange, Server(target, "")), exchange.calls[0], arrived)
        self._framer = Framer(route.framing, dumps)
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
