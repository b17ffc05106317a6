"""The HTTP client. No redirect is followed, no proxy of the environment is used, and everything is bounded.

aiohttp, since httpx takes ten times as long for each request.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from isogloss.gateway.settings import Limits, Upstream
    from isogloss.rule import Dialect

    Payload = bytes | AsyncIterator[bytes] | None

_TRIES: Final = 2


class Broken(Failure):
    """The upstream cannot be reached, is too slow, or hangs up."""


class Received:
    """A reply on its way in."""

    def __init__(self, reply: aiohttp.ClientResponse, limits: Limits) -> None:
        self._reply = reply
        self._limits = limits
        self.status = reply.status
        #: In lower case; of a header that stands twice the last.
        self.headers = {name.lower(): value for name, value in reply.headers.items()}
        self.raw_headers = reply.raw_headers

    @property
    def media(self) -> str:
        """Its media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the body as it comes; raise Broken where it stops coming."""
        stream = self._reply.content
        try:
            while not stream.at_eof():
                async with asyncio.timeout(self._limits.idle):
                    data = await stream.readany()
                if data:
                    yield data
        except TimeoutError:
            text = f"the upstream has said nothing for {self._limits.idle:g} seconds"
            raise Broken(504, text, code="timeout") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Broken(502, f"the upstream's reply broke off: {_name(error)}") from None

    async def read(self, most: int | None = None) -> bytes:
        """Give the whole body; raise Failure where it is too large."""
        most = self._limits.response if most is None else most
        data = bytearray()
        async for chunk in self.chunks():
            data += chunk
            if len(data) > most:
                raise Failure(502, f"the upstream's reply is larger than {most} bytes")
        return bytes(data)


class Client:
    """Calls upstreams."""

    def __init__(self, limits: Limits, dialects: Mapping[str, Dialect]) -> None:
        self._limits = limits
        self._dialects = dialects
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect, ceil_threshold=3600)
        self._connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=15, ttl_dns_cache=30)
        self._plain = self._session(auto_decompress=True)
        self._raw = self._session(auto_decompress=False)

    def _session(self, *, auto_decompress: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            auto_decompress=auto_decompress,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
            skip_auto_headers=("user-agent", "content-type"),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._plain.close()
        await self._raw.close()
        await self._connector.close()

    def address(self, upstream: Upstream, path: str) -> str:
        """Put a path of a dialect on an upstream's address; one with a path of its own stands for the root."""
        root = self._dialects[upstream.dialect].raw.get("root", "")
        if root and (path == root or path.startswith(root + "/")) and URL(upstream.url).path != "/":
            path = path.removeprefix(root)
        return upstream.url + path

    def rooted(self, dialect: str, path: str) -> str:
        """Complete a path that leaves out its dialect's root."""
        root = self._dialects[dialect].raw.get("root", "")
        return path if not root or path == root or path.startswith(root + "/") else root + path

    @asynccontextmanager
    async def call(
        self,
        upstream: Upstream,
        method: str,
        target: str,
        headers: Mapping[str, str],
        payload: Payload = None,
        *,
        raw: bool = False,
    ) -> AsyncGenerator[Received]:
        """Send a request; `target` is path and query. Raises Broken, or Failure for a reply that leads elsewhere.

        Tried again is only what cannot have arrived: a connection that was refused, and a GET.
        """
        reply = await self._sent(upstream, method, target, headers, payload, raw=raw)
        try:
            if not raw and 300 <= reply.status < 400:  # noqa: PLR2004 - HTTP
                raise Failure(502, "the upstream answers with a redirect, and keys are not taken elsewhere")
            yield Received(reply, self._limits)
        finally:
            reply.close()

    async def _sent(
        self, upstream: Upstream, method: str, target: str, headers: Mapping[str, str], payload: Payload, *, raw: bool
    ) -> aiohttp.ClientResponse:
        url = URL(self.address(upstream, target), encoded=True)
        session = self._raw if raw else self._plain
        for left in range(_TRIES - 1, -1, -1):
            try:
                async with asyncio.timeout(self._limits.first_byte):
                    return await session.request(
                        method, url, headers=headers, data=payload, allow_redirects=False, max_redirects=0
                    )
            except Failure:
                raise
            except (TimeoutError, aiohttp.ServerTimeoutError) as error:
                raise _late(error, self._limits) from None
            except (aiohttp.ClientError, OSError) as error:
                safe = isinstance(error, aiohttp.ClientConnectorError) or method == "GET"
                if left and safe and (payload is None or isinstance(payload, bytes)):
                    continue
                raise Broken(502, f"the upstream cannot be reached: {_name(error)}") from None
        raise AssertionError


def _late(error: Exception, limits: Limits) -> Broken:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Broken(504, f"the upstream took no connection within {limits.connect:g} seconds", code="timeout")
    return Broken(504, f"the upstream has not answered within {limits.first_byte:g} seconds", code="timeout")


def _name(error: Any) -> str:
    """Say what went wrong without addresses: they are the operator's."""
    return type(error).__name__
