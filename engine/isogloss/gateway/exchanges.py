"""A request translated, sent, and its reply translated back: as a whole, or handed on as a stream."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from isogloss import failures, reports
from isogloss.errors import IsoglossError
from isogloss.failures import Failure
from isogloss.gateway import payloads
from isogloss.gateway.streaming import Pieces
from isogloss.translator import Translator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from isogloss.gateway.asking import Asked
    from isogloss.gateway.fronts import Aim
    from isogloss.gateway.judge import Judge
    from isogloss.gateway.keys import Keys
    from isogloss.gateway.media import Fetcher
    from isogloss.gateway.settings import Settings, Upstream
    from isogloss.gateway.upstream import Client, Received
    from isogloss.routes import Call
    from isogloss.rule import Ruleset
    from isogloss.translator import Exchange
    from isogloss.values import Value

_JSON: Final = "application/json"
#: The most pages of a list that are asked for.
_PAGES: Final = 50
#: The largest error of an upstream that is read, in bytes.
_ERROR: Final = 1024 * 1024


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
        self,
        settings: Settings,
        ruleset: Ruleset,
        client: Client,
        keys: Keys,
        judge: Judge,
        fetcher: Fetcher,
    ) -> None:
        self._settings = settings
        self._ruleset = ruleset
        self._client = client
        self._keys = keys
        self._judge = judge
        self._fetcher = fetcher
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
        # What has no body says nothing that could be lost.
        strict = self._settings.strict and body is not None
        gloss = self.gloss(aim.front, upstream, explained=explained, strict=strict)
        try:
            route, said = aim.route, aim.route.document(body)
            exchange = gloss.exchange(route.operation, said, model=route.model, stream=route.stream)
            call = exchange.calls[0]
        except IsoglossError as error:
            raise failures.of_request(error) from error
        document = await self._fetcher.inlined(call.body, exchange)
        payload = None if document is None else payloads.dumps(document)
        headers = self._headers(call, upstream, shown)
        stack = AsyncExitStack()
        try:
            reply = await stack.enter_async_context(
                self._client.call(upstream, call.method, _target(call.path, call.query), headers, payload)
            )
            if reply.status >= 400:  # noqa: PLR2004 - HTTP
                return await self._error(exchange, reply, shown)
            if exchange.streams:
                pieces = Pieces(exchange, call, aim.route.framing, self._settings.limits, self._judge)
                headers = {**self._told(exchange), "content-type": pieces.media, "cache-control": "no-store"}
                return Answer(200, headers, pieces.told(reply, explained=explained), stack.pop_all())
            return await self._whole(exchange, call, upstream, headers, reply, explained=explained)
        finally:
            await stack.aclose()

    def _headers(self, call: Call, upstream: Upstream, shown: str | None) -> dict[str, str]:
        media = {} if call.body is None else {"content-type": _JSON}
        accepted = "text/event-stream" if call.stream else _JSON
        return {
            "accept": accepted,
            "accept-encoding": "identity" if call.stream else "gzip, deflate",
            "user-agent": "isogloss",
            **media,
            **call.headers,
            **self._keys.upward(upstream, shown),
        }

    def _told(self, exchange: Exchange) -> dict[str, str]:
        return {reports.RULESET: str(self._ruleset), reports.LOSSES: reports.line(exchange.losses)}

    async def _whole(
        self,
        exchange: Exchange,
        call: Call,
        upstream: Upstream,
        headers: Mapping[str, str],
        reply: Received,
        *,
        explained: bool,
    ) -> Answer:
        documents = [_document(await reply.read())]
        while (more := _next(call, documents)) is not None:
            target = _target(call.path, {**call.query, call.pages["query"]: more})
            async with self._client.call(upstream, call.method, target, headers) as page:
                if page.status >= 400:  # noqa: PLR2004 - HTTP
                    raise Failure(502, "the upstream does not give the next page of its list")
                documents.append(_document(await page.read()))
        try:
            done = exchange.response(*documents, headers=reply.headers)
        except IsoglossError as error:
            raise failures.of_reply(error, documents[0]) from error
        demand = exchange.demand()
        if demand is not None:
            await self._judge.hold(done.body, *demand)
        body: Any = done.body
        if explained:
            body = {**body, reports.FIELD: reports.account(exchange, exchange.request, done)}
        return Answer(200, {**self._told(exchange), "content-type": _JSON}, payloads.dumps(body))

    async def _error(self, exchange: Exchange, reply: Received, shown: str | None) -> Answer:
        """Say an upstream's error in the caller's dialect, without the keys it may repeat."""
        data = self._keys.hide(await reply.read(_ERROR), shown)
        try:
            told = exchange.error(reply.status, data, reply.headers)
        except IsoglossError:  # nested too deep, or too large: its status is what counts
            told = exchange.error(reply.status, {"own": {"text": "the upstream's error cannot be translated"}})
        headers = {**self._told(exchange), **told.headers, "content-type": _JSON}
        return Answer(told.status, headers, payloads.dumps(told.body))


def _target(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _document(data: bytes) -> Value:
    try:
        found = payloads.loads(data)
    except payloads.PayloadError:
        raise Failure(502, "the upstream's reply is no JSON") from None
    if not isinstance(found, dict):
        raise Failure(502, "the upstream's reply is no JSON object")
    return found


def _next(call: Call, documents: list[Any]) -> str | None:
    found = documents[-1].get(call.pages["next"]) if call.pages and len(documents) < _PAGES else None
    return found if isinstance(found, str) and found else None
