"""A request translated, sent, and its reply translated back: as a whole, or handed on as a stream."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss import failures, reports
from isogloss.addresses import Reach
from isogloss.crossings.crossing import Crossing, Pieces, Terms
from isogloss.crossings.doing import Bounds
from isogloss.crossings.framing import Framer
from isogloss.crossings.paper import Json
from isogloss.crossings.steps import steps
from isogloss.errors import IsoglossError
from isogloss.failures import Failure
from isogloss.gateway import payloads
from isogloss.gateway.upstream import Line
from isogloss.translator import Reply, Translator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from isogloss.gateway.asking import Asked
    from isogloss.gateway.fronts import Aim
    from isogloss.gateway.judge import Judge
    from isogloss.gateway.keys import Keys
    from isogloss.gateway.settings import Settings, Upstream
    from isogloss.gateway.upstream import Client
    from isogloss.rule import Ruleset
    from isogloss.running import Translation
    from isogloss.translator import Exchange
    from isogloss.values import Value

_JSON: Final = "application/json"


@dataclass(frozen=True)
class Answer:
    """What goes back to the caller: bytes, or pieces of bytes with what must be closed after them."""

    status: int
    headers: Mapping[str, str]
    body: bytes | AsyncIterator[bytes]
    after: AsyncExitStack | None = field(default=None, repr=False)
    #: Headers that are sent as they came, names included.
    raw_headers: tuple[tuple[bytes, bytes], ...] = ()


class Exchanges:
    """Translates exchanges between the fronts and the servers behind."""

    def __init__(self, settings: Settings, ruleset: Ruleset, client: Client, keys: Keys, judge: Judge) -> None:
        self._settings = settings
        self._ruleset = ruleset
        self._client = client
        self._keys = keys
        self._judge = judge
        self._terms = _terms(settings)
        self._made: dict[tuple[str, str, bool, bool], Translator] = {}

    def gloss(self, front: str, upstream: Upstream, *, explained: bool, strict: bool) -> Translator:
        """Return the translator between a caller's dialect and an upstream's."""
        key = (front, upstream.name, explained, strict)
        if key not in self._made:
            aliases = self._settings.aliases.items()
            self._made[key] = Translator(
                front,
                upstream.dialect,
                ruleset=self._ruleset,
                defaults=self._settings.defaults,
                models={name: alias.model for name, alias in aliases if alias.upstream == upstream.name},
                on_loss="refuse" if strict else "report",
                trace=explained,
                enforce=False,
            )
        return self._made[key]

    async def answer(self, asked: Asked, aim: Aim, upstream: Upstream, body: Value, shown: str | None) -> Answer:
        """Translate a request, ask, and translate what comes back."""
        assert aim.route is not None
        explained = asked.headers.get(reports.EXPLAIN) == "1"
        crossing = self._crossing(aim, upstream, body, shown, explained=explained)
        line = Line(self._client, self._judge)
        found: Translation | Reply | Pieces = await line.run(steps(crossing))
        exchange = crossing.exchange
        if isinstance(found, Reply):
            headers = {**self._told(exchange), **found.headers, "content-type": _JSON}
            return Answer(found.status, headers, payloads.dumps(found.body))
        if isinstance(found, Pieces):
            framer = Framer(aim.route.framing, payloads.dumps, explained=explained)
            headers = {**self._told(exchange), "content-type": framer.media, "cache-control": "no-store"}
            after = AsyncExitStack()
            after.push_async_callback(line.close)
            return Answer(200, headers, self._streamed(line, found, framer), after)
        return self._whole(exchange, found, explained=explained)

    def _crossing(self, aim: Aim, upstream: Upstream, body: Value, shown: str | None, *, explained: bool) -> Crossing:
        """Open the exchange; raise Failure where the request cannot be translated."""
        route = aim.route
        assert route is not None
        # What has no body says nothing that could be lost.
        strict = self._settings.strict and body is not None
        gloss = self.gloss(aim.front, upstream, explained=explained, strict=strict)
        try:
            exchange = gloss.exchange(route.operation, route.document(body), model=route.model, stream=route.stream)
            return Crossing(exchange, self._keys.server(upstream, shown), self._terms)
        except IsoglossError as error:
            raise failures.of_request(error) from error

    def _told(self, exchange: Exchange) -> dict[str, str]:
        return {reports.RULESET: str(self._ruleset), reports.LOSSES: reports.line(exchange.losses)}

    def _whole(self, exchange: Exchange, done: Translation, *, explained: bool) -> Answer:
        body: Any = done.body
        if explained:
            body = {**body, reports.FIELD: reports.account(exchange, exchange.request, done)}
        return Answer(200, {**self._told(exchange), "content-type": _JSON}, payloads.dumps(body))

    async def _streamed(self, line: Line, pieces: Pieces, framer: Framer) -> AsyncIterator[bytes]:
        """Give the bytes for the caller.

        Nothing is gathered: a reader that is slow holds the upstream back, and a caller who hangs up ends its reply.
        """
        try:
            async for documents in line.told(pieces):
                data = framer.framed(documents)
                if data:
                    yield data
            demand = pieces.demanded() if framer.well else None
            if demand is not None:
                await line.hold(demand)
        except Failure as failure:
            yield framer.framed(pieces.fail(failure))
        yield framer.last(pieces.exchange)


def _terms(settings: Settings) -> Terms:
    limits = settings.limits
    bounds = Bounds(
        response=limits.response,
        event=limits.event,
        media=limits.media,
        media_files=limits.media_files,
        media_time=limits.media_time,
        media_redirects=limits.media_redirects,
    )
    return Terms(bounds, Reach(settings.allowed), 0, Json(payloads.loads, payloads.dumps))
