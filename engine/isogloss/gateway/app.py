"""The ASGI application."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from isogloss import reports
from isogloss.failures import Bearer, Failure
from isogloss.gateway import bodies, passing, payloads
from isogloss.gateway.aside import Aside
from isogloss.gateway.asking import Asked
from isogloss.gateway.exchanges import Answer, Exchanges
from isogloss.gateway.fronts import Aim, Fronts
from isogloss.gateway.judge import Judge
from isogloss.gateway.keys import Keys, fingerprint
from isogloss.gateway.settings import LOOPBACK
from isogloss.gateway.upstream import Client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from isogloss.gateway.settings import Settings, Upstream

LOG: Final = logging.getLogger("isogloss.gateway")


def create(settings: Settings) -> Starlette:
    """Make the application. GET /healthz tells that it is ready."""
    gateway = Gateway(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        gateway.open()
        try:
            yield
        finally:
            await gateway.close()

    async def healthz(_: Request) -> JSONResponse:
        told = {"status": "ok", "ruleset": str(gateway.ruleset)}
        return JSONResponse(told, headers={"x-request-id": _number()})

    made = Starlette(routes=[Route("/healthz", healthz)], lifespan=lifespan)
    made.router.default = gateway  # no pattern takes every path: some hold a line's end
    made.router.redirect_slashes = False
    return made


class Gateway:
    """Takes requests, and answers them in the dialect they came in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.ruleset = settings.ruleset()
        self._keys = Keys(settings, self.ruleset)
        self._fronts = Fronts(settings, self.ruleset, self._keys)
        self._bearer = Bearer(self.ruleset)
        self._hosts = {*LOOPBACK, *settings.hosts, settings.host}
        self._busy: Counter[str] = Counter()
        self._opened = False

    def open(self) -> None:
        """Make what needs a running loop."""
        settings = self._settings
        self._opened = True
        self._client = Client(settings.limits)
        self._judge = Judge(settings.limits.validation, settings.limits.validation_wait)
        self._aside = Aside()
        self._exchanges = Exchanges(settings, self.ruleset, self._client, self._keys, self._judge, self._aside)
        self._passing = passing.Passing(settings, self._client, self._keys)

    async def close(self) -> None:
        """Close connections and the process."""
        await self._client.close()
        await self._judge.close()
        self._aside.close()

    # ------------------------------------------------------------------ one request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a caller who hangs up ends it, and what it has asked upstream."""
        if scope["type"] != "http":
            return
        if not self._opened:
            raise RuntimeError("the gateway is not open: run its lifespan (`router.lifespan_context`) with your own")
        asked = Asked.of(scope, receive, self._settings.limits, _number())
        work = asyncio.current_task()
        assert work is not None
        watch = asyncio.create_task(asked.body.gone())
        watch.add_done_callback(lambda done: None if done.cancelled() else work.cancel())
        try:
            await self._answered(asked, send)
        except asyncio.CancelledError:
            if not watch.done() or watch.cancelled():
                raise
            work.uncancel()
            LOG.info("%s %s hung up %s", asked.method, asked.raw_path, asked.id)
        finally:
            watch.cancel()

    async def _answered(self, asked: Asked, send: Send) -> None:
        began = time.monotonic()
        try:
            answer = await self._admitted(asked)
        except Failure as failure:
            answer = self._refused(asked, failure)
        except asyncio.CancelledError:
            raise
        except Exception:
            LOG.exception("%s %s failed %s", asked.method, asked.raw_path, asked.id)
            answer = self._refused(asked, Failure(500, "the gateway has failed; its log says more"))
        LOG.info(
            "%s %s %s %.0f ms %s",
            asked.method,
            asked.raw_path,
            answer.status,
            (time.monotonic() - began) * 1e3,
            asked.id,
        )
        try:
            await _send(answer, asked, send)
        except Failure as failure:  # the reply has begun: all that is left is to break it off
            LOG.warning("%s %s broke off: %s %s", asked.method, asked.raw_path, failure.text, asked.id)
        finally:
            if answer.after is not None:
                await answer.after.aclose()

    def _refused(self, asked: Asked, failure: Failure) -> Answer:
        reply = self._bearer.say(failure, self._fronts.tongue(asked))
        headers = {
            **reply.headers,
            "content-type": "application/json",
            reports.RULESET: str(self.ruleset),
            reports.LOSSES: "0",
        }
        return Answer(reply.status, headers, payloads.dumps(reply.body))

    async def _admitted(self, asked: Asked) -> Answer:
        most = self._settings.limits.headers
        if asked.head > most:
            raise Failure(431, f"the request's address and headers are larger than {most} bytes")
        self._known_host(asked)
        aim = self._fronts.aim(asked)
        shown = self._keys.admit(asked, aim.front)
        slot = self._slot(shown)
        try:
            answer = await self._answer(asked, aim, shown)
        except BaseException:
            slot()
            raise
        after = answer.after or AsyncExitStack()
        after.callback(slot)
        return Answer(answer.status, answer.headers, answer.body, after, answer.raw_headers)

    def _known_host(self, asked: Asked) -> None:
        """On this machine only, take no requests that a website sends by a name of its own, or from its pages.

        https://en.wikipedia.org/wiki/DNS_rebinding
        """
        if not self._settings.loopback:
            return
        host = _hostname(asked.headers.get("host", ""))
        if host not in self._hosts:
            raise Failure(421, f"this gateway is not called {host!r}")
        origin = asked.headers.get("origin")
        if origin is not None and _hostname(origin.partition("://")[2]) not in self._hosts:
            raise Failure(403, "this gateway takes no requests from websites")

    def _slot(self, shown: str | None) -> Any:
        """Take one of the places for requests at once; return how to give it back."""
        limits, owner = self._settings.limits, fingerprint(shown)
        headers = {"retry-after": str(limits.retry_after)}
        if self._busy.total() >= limits.requests:
            raise Failure(503, "too many requests at once", code="server_is_overloaded", headers=headers)
        if self._busy[owner] >= limits.requests_per_key:
            raise Failure(429, "too many requests at once with this key", code="rate_limit_exceeded", headers=headers)
        self._busy[owner] += 1

        def leave() -> None:
            self._busy[owner] -= 1
            if self._busy[owner] <= 0:
                del self._busy[owner]

        return leave

    # ------------------------------------------------------------------ what it asks for

    async def _answer(self, asked: Asked, aim: Aim, shown: str | None) -> Answer:
        if aim.route is None:
            return await self._passing.answer(asked, aim, self._behind(aim.front), shown)
        may_pass = all(one.dialect == aim.front for one in self._settings.upstreams)
        if may_pass and (not self._settings.aliases or bodies.is_form(asked)):
            return await self._passing.answer(asked, aim, self._settings.upstreams[0], shown)
        needs_body = aim.route.embodied and f"{aim.route.operation}.request" in self.ruleset.documents
        body, upload = await bodies.read(asked, aim.route, self._settings.limits) if needs_body else (None, None)
        name = aim.route.model or (body.get("model") if isinstance(body, dict) else self._exchanges.named(aim))
        upstream, model = self._upstream(name)
        if upstream.dialect != aim.front:
            return await self._exchanges.answer(asked, aim, upstream, body, shown, upload)
        if bodies.is_form(asked):
            raise Failure(415, "a form cannot be handed on to an upstream of the same API under another model's name")
        aim, payload = passing.named(aim, body, name, model)
        return await self._passing.answer(asked, aim, upstream, shown, payload)

    def _behind(self, dialect: str) -> Upstream:
        return next(one for one in self._settings.upstreams if one.dialect == dialect)

    def _upstream(self, name: Any) -> tuple[Upstream, Any]:
        """Find the server for a model, and what it is called there."""
        alias = self._settings.aliases.get(name) if isinstance(name, str) else None
        if alias is None:
            return self._settings.upstreams[0], name
        return next(one for one in self._settings.upstreams if one.name == alias.upstream), alias.model


def _number() -> str:
    """Make the number by which a request is called."""
    return os.urandom(12).hex()


def _hostname(netloc: str) -> str:
    host = netloc.rpartition("@")[2].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


async def _send(answer: Answer, asked: Asked, send: Send) -> None:
    headers = [*_lines(answer), (b"x-request-id", asked.id.encode())]
    whole = isinstance(answer.body, bytes)
    if whole:
        headers.append((b"content-length", str(len(answer.body)).encode()))  # pyright: ignore[reportArgumentType]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if isinstance(answer.body, bytes):
        await send({"type": "http.response.body", "body": answer.body})
        return
    async for data in answer.body:
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _lines(answer: Answer) -> Iterator[tuple[bytes, bytes]]:
    for name, value in answer.raw_headers:
        if name.lower() != b"x-request-id":
            yield name.lower(), value
    for name, value in answer.headers.items():
        yield name.lower().encode("latin-1"), value.encode("latin-1", "replace")
