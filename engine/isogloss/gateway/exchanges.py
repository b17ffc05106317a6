"""A request translated, sent, and its reply translated back: as a whole, or handed on as a stream."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from isogloss import cache_index, caching, failures, reports
from isogloss.addresses import Reach
from isogloss.crossings import blobs
from isogloss.crossings.asking import Flow, flowing
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

    from isogloss.gateway.aside import Aside
    from isogloss.gateway.asking import Asked
    from isogloss.gateway.bodies import Upload
    from isogloss.gateway.fronts import Aim
    from isogloss.gateway.judge import Judge
    from isogloss.gateway.keys import Keys
    from isogloss.gateway.settings import Settings, Upstream
    from isogloss.gateway.upstream import Client
    from isogloss.routes import Route
    from isogloss.rule import Ruleset
    from isogloss.running import Translation
    from isogloss.translator import Exchange
    from isogloss.values import Value

_JSON: Final = "application/json"
#: What a caller says of a reply that is handed on as it comes.
_RANGES: Final = ("range", "if-range")


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

    def __init__(
        self, settings: Settings, ruleset: Ruleset, client: Client, keys: Keys, judge: Judge, aside: Aside
    ) -> None:
        self._settings = settings
        self._ruleset = ruleset
        self._client = client
        self._keys = keys
        self._judge = judge
        self._aside = aside
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

    def named(self, aim: Aim) -> str | None:
        """Return the model that is kept in an id in the address; None where there is none."""
        route = aim.route
        others = [one for one in self._settings.upstreams if one.dialect != aim.front]
        if route is None or not route.said or not others:
            return None
        try:
            gloss = self.gloss(aim.front, others[0], explained=False, strict=False)
            return gloss.exchange(route.operation, route.document(None)).model
        except IsoglossError:
            return None  # it is refused when it is asked for

    async def answer(
        self, asked: Asked, aim: Aim, upstream: Upstream, body: Value, shown: str | None, upload: Upload | None = None
    ) -> Answer:
        """Translate a request, ask, and translate what comes back."""
        route = aim.route
        assert route is not None
        explained = asked.headers.get(reports.EXPLAIN) == "1"
        # What has no body says nothing that could be lost.
        strict = self._settings.strict and body is not None
        gloss = self.gloss(aim.front, upstream, explained=explained, strict=strict)
        passed = {name: asked.headers[name] for name in _RANGES if name in asked.headers}
        make = partial(caching.opened, gloss, route.operation, model=route.model, stream=route.stream)
        try:
            exchange, wish = await self._aside.do(asked.body.size, lambda: make(route.document(body)))
            server = self._keys.server(upstream, shown)
            crossing = Crossing(exchange, server, self._terms, upload=upload, passed=passed, wish=wish, caller=shown)
        except IsoglossError as error:
            raise failures.of_request(error) from error
        line = Line(self._client, self._judge, self._aside)
        return self._answered(route, crossing, line, await line.run(steps(crossing)), explained=explained)

    def _answered(
        self,
        route: Route,
        crossing: Crossing,
        line: Line,
        found: Translation | Reply | Pieces | Flow,
        *,
        explained: bool,
    ) -> Answer:
        told = self._told(crossing.exchange)
        if isinstance(found, Reply):
            return Answer(found.status, {**told, **found.headers, "content-type": _JSON}, payloads.dumps(found.body))
        if isinstance(found, Flow):
            return Answer(found.arrived.status, {**told, **flowing(found)}, line.chunks(), _closing(line))
        if isinstance(found, Pieces):
            framer = Framer(route.framing, payloads.dumps, explained=explained)
            headers = {**told, "content-type": framer.media, "cache-control": "no-store"}
            return Answer(200, headers, self._streamed(line, found, framer), _closing(line))
        if route.bytes:
            data, media = blobs.body(route.bytes, found.body)
            return Answer(200, {**told, "content-type": media}, data)
        body: Any = found.body
        if explained:
            exchange = crossing.exchange
            body = {**body, reports.FIELD: reports.account(exchange, exchange.request, found)}
        return Answer(200, {**told, "content-type": _JSON}, payloads.dumps(body))

    def _told(self, exchange: Exchange) -> dict[str, str]:
        return {reports.RULESET: str(self._ruleset), reports.LOSSES: reports.line(exchange.losses)}

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


def _closing(line: Line) -> AsyncExitStack:
    after = AsyncExitStack()
    after.push_async_callback(line.close)
    return after


def _terms(settings: Settings) -> Terms:
    limits = settings.limits
    bounds = Bounds(
        response=limits.response,
        event=limits.event,
        media=limits.media,
        media_total=limits.media_total,
        media_files=limits.media_files,
        media_time=limits.media_time,
        media_redirects=limits.media_redirects,
    )
    return Terms(bounds, Reach(settings.allowed), 0, Json(payloads.loads, payloads.dumps), cache_index.Memory())
