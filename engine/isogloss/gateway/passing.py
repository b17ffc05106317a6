"""What goes through untouched: body, query and reply as they came, but for keys and what belongs to a connection."""

from __future__ import annotations

import zlib
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from isogloss import reports
from isogloss.failures import Failure
from isogloss.gateway import payloads
from isogloss.gateway.exchanges import Answer
from isogloss.gateway.fronts import Aim

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from isogloss.gateway.asking import Asked
    from isogloss.gateway.keys import Keys
    from isogloss.gateway.settings import Settings, Upstream
    from isogloss.gateway.upstream import Client, Received

#: https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1
_HOP: Final = frozenset(
    [
        "connection",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_OWN: Final = "x-isogloss-"
_ERROR: Final = 1024 * 1024
#: Gzip and zlib: whichever it is. https://docs.python.org/3/library/zlib.html#zlib.decompressobj
_ANY: Final = 47
#: What is said of an error's bytes as they came.
_PACKED: Final = frozenset({b"content-length", b"content-encoding"})


class Passing:
    """Passes requests through."""

    def __init__(self, settings: Settings, client: Client, keys: Keys) -> None:
        self._settings = settings
        self._told = {reports.RULESET: str(settings.ruleset()), reports.LOSSES: "0"}
        self._client = client
        self._keys = keys

    async def answer(
        self, asked: Asked, aim: Aim, upstream: Upstream, shown: str | None, renamed: Any = None
    ) -> Answer:
        """Pass a request through; `renamed` is its body where a model's name stands for another one."""
        server = self._keys.server(upstream, shown)
        path = server.rooted(aim.raw_path)
        said = asked.query_without(self._keys.queries).split("&")
        query = "&".join(part for part in said if not self._keys.stands_in(part))
        headers = {**self._upward(asked.headers), **server.headers()}
        payload: Any = asked.body.chunks() if asked.body.there else None
        if renamed is not None:
            payload = renamed
            headers.pop("content-length", None)
        stack = AsyncExitStack()
        try:
            url = server.put(f"{path}?{query}" if query else path)
            call = self._client.call(asked.method, url, headers, payload)
            reply = await stack.enter_async_context(call)
            raw_headers = tuple((name, self._keys.hide(value, shown)) for name, value in self._downward(reply))
            if reply.status >= 400:  # noqa: PLR2004 - HTTP
                data = self._keys.hide(_unpacked(reply, await reply.read(_ERROR)), shown)
                kept = tuple(pair for pair in raw_headers if pair[0].lower() not in _PACKED)
                return Answer(reply.status, self._told, data, None, kept)
            return Answer(reply.status, self._told, self._bounded(reply), stack.pop_all(), raw_headers)
        finally:
            await stack.aclose()

    async def _bounded(self, reply: Received) -> AsyncIterator[bytes]:
        """Give a reply as it comes: a stream may be of any length, a document may not."""
        left = self._settings.limits.response if "content-length" in reply.headers else None
        async for chunk in reply.chunks():
            if left is not None:
                left -= len(chunk)
                if left < 0:
                    raise Failure(502, "the upstream's reply is too large")
            yield chunk

    def _upward(self, headers: Mapping[str, str]) -> dict[str, str]:
        away = _HOP | self._keys.headers | _listed(headers.get("connection", ""))
        kept = {name: value for name, value in headers.items() if name not in away and not name.startswith(_OWN)}
        # A key may stand in what is packed, so only what can be unpacked here is asked for.
        packed = {"accept-encoding": "gzip" if "gzip" in headers.get("accept-encoding", "") else "identity"}
        return {**{name: value for name, value in kept.items() if not self._keys.stands_in(value)}, **packed}

    def _downward(self, reply: Received) -> Iterable[tuple[bytes, bytes]]:
        away = {name.encode() for name in (_HOP | _listed(reply.headers.get("connection", "")))}
        return ((name, value) for name, value in reply.raw_headers if name.lower() not in away)


def _unpacked(reply: Received, data: bytes) -> bytes:
    """Return an error's text; raise Failure with its status where it cannot be read."""
    packed = reply.headers.get("content-encoding", "identity").strip().lower()
    if packed in ("", "identity"):
        return data
    try:
        if packed in ("gzip", "x-gzip", "deflate"):
            return zlib.decompressobj(_ANY).decompress(data, _ERROR)
    except zlib.error:
        pass
    raise Failure(reply.status, "the upstream's error cannot be read")


def _listed(header: str) -> frozenset[str]:
    """Return the headers that a connection keeps to itself."""
    return frozenset(name.strip().lower() for name in header.split(",") if name.strip())


def named(aim: Aim, body: Any, name: Any, model: Any) -> tuple[Aim, bytes | None]:
    """Return aim and body with the name that a model has upstream."""
    if aim.route is None or aim.route.model is None:
        return aim, None if body is None else payloads.dumps(
            {**body, "model": model} if isinstance(body, dict) else body
        )
    raw = aim.raw_path
    for spelled in (str(name), quote(str(name), safe=""), quote(str(name))):
        if model != name and spelled in raw:
            raw = raw.replace(spelled, quote(str(model), safe=""), 1)
            break
    return Aim(aim.front, raw, aim.route), None if body is None else payloads.dumps(body)
