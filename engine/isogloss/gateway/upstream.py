"""The HTTP client. No redirect is followed, no proxy of the environment is used, and everything is bounded.

aiohttp, since httpx takes ten times as long for each request.
"""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
from yarl import URL

from isogloss.crossings import doing, lines
from isogloss.crossings.doing import Arrived
from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Mapping

    from isogloss.crossings.doing import Hold, Outgoing, Send, Step
    from isogloss.crossings.lines import Done
    from isogloss.gateway.aside import Aside
    from isogloss.gateway.judge import Judge
    from isogloss.gateway.settings import Limits

    Payload = bytes | AsyncIterable[bytes] | None

_TRIES: Final = 2
#: Bytes from which on a body is written piece by piece: at once it would keep everybody waiting.
_LARGE: Final = 512 * 1024


class Broken(Failure, doing.Broken):
    """The upstream cannot be reached, is too slow, or hangs up: what the steps hear of, and what a caller is told."""

    def __init__(self, status: int, text: str, reason: str, *, arrived: bool = True, late: bool = False) -> None:
        Failure.__init__(self, status, text, code="timeout" if late else None)
        self._reason = reason
        self.error = self
        self.arrived = arrived
        self.late = late

    def __str__(self) -> str:
        return self._reason


class Received:
    """A reply on its way in."""

    def __init__(self, reply: aiohttp.ClientResponse, limits: Limits) -> None:
        self._reply = reply
        self._limits = limits
        self.status = reply.status
        #: In lower case; of a header that stands twice the last.
        self.headers = {name.lower(): value for name, value in reply.headers.items()}
        self.raw_headers = reply.raw_headers

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
            raise Broken(504, text, "silence", late=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Broken(502, f"the upstream's reply broke off: {_name(error)}", _name(error)) from None

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
    """Calls upstreams, and fetches media."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect, ceil_threshold=3600)
        # A connection is given up before servers do so: uvicorn, which many of them run on, waits for five seconds, and
        # what is sent on one that is just being closed is lost. https://www.uvicorn.org/settings/#timeouts
        self._connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=4, ttl_dns_cache=30)
        self._plain = self._session(self._connector)
        self._raw = self._session(self._connector, auto_decompress=False)
        # What strangers name gets connections of its own.
        self._strange = self._session(aiohttp.TCPConnector(limit=0, force_close=True))

    def _session(self, connector: aiohttp.TCPConnector, *, auto_decompress: bool = True) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            connector_owner=connector is not self._connector,
            auto_decompress=auto_decompress,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
            skip_auto_headers=("user-agent", "content-type"),
        )

    async def close(self) -> None:
        """Close every connection."""
        for session in (self._plain, self._raw, self._strange):
            await session.close()
        await self._connector.close()

    @asynccontextmanager
    async def call(
        self, method: str, url: str, headers: Mapping[str, str], payload: Payload = None
    ) -> AsyncGenerator[Received]:
        """Send a request as it came, and give the reply as it comes; raise Broken."""
        reply = await self._sent(self._raw, method, url, headers, payload)
        try:
            yield Received(reply, self.limits)
        finally:
            reply.close()

    async def sent(self, request: Outgoing) -> aiohttp.ClientResponse:
        """Send a request of ours, or one for media of a stranger, whose address is a number; raise Broken."""
        session = self._plain if request.name is None else self._strange
        url, headers = request.url, request.headers
        return await self._sent(session, request.method, url, headers, request.payload, request.name)

    async def _sent(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        headers: Mapping[str, str],
        payload: Payload,
        name: str | None = None,
    ) -> aiohttp.ClientResponse:
        """Send a request; tried again is only what cannot have arrived: a connection that was refused, and a GET."""
        whole = payload is None or isinstance(payload, bytes)
        target = URL(url, encoded=True)
        for left in range(_TRIES - 1, -1, -1):
            try:
                async with asyncio.timeout(self.limits.first_byte):
                    data = io.BytesIO(payload) if isinstance(payload, bytes) and len(payload) > _LARGE else payload
                    return await session.request(
                        method, target, headers=headers, data=data, allow_redirects=False, server_hostname=name
                    )
            except Failure:
                raise
            except (TimeoutError, aiohttp.ServerTimeoutError) as error:
                raise _wrong(payload) or _late(error, self.limits) from None
            except (aiohttp.ClientError, OSError) as error:
                if (wrong := _wrong(payload)) is not None:
                    raise wrong from None
                unseen = isinstance(error, aiohttp.ClientConnectorError)
                if left and whole and (unseen or method == "GET"):
                    continue
                text = f"the upstream cannot be reached: {_name(error)}"
                raise Broken(502, text, _name(error), arrived=not unseen) from None
        raise AssertionError


class Line(lines.AsyncLine):
    """A connection for one request."""

    def __init__(self, client: Client, judge: Judge, aside: Aside) -> None:
        self._client = client
        self._judge = judge
        self._aside = aside
        self._reply: aiohttp.ClientResponse | None = None

    def beside(self) -> Self:
        """Return another connection for a request of its own."""
        return type(self)(self._client, self._judge, self._aside)

    async def advanced(self, steps: Generator[Step, Any, Any], found: Any) -> Step | Done:
        """Go on with what a step has given: aside, where it is a large reply."""
        size = len(found) if isinstance(found, bytes) else 0
        return await self._aside.do(size, partial(lines.advanced, steps, found))

    async def sent(self, step: Send) -> Arrived:
        """Send a request; raise Broken."""
        self._reply = reply = await self._client.sent(step.request)
        return Arrived(reply.status, {name.lower(): value for name, value in reply.headers.items()})

    def chunks(self) -> AsyncIterator[bytes]:
        """Give the body of the reply as it comes; raise Broken."""
        assert self._reply is not None
        return Received(self._reply, self._client.limits).chunks()

    async def hold(self, step: Hold) -> None:
        """Hold a reply against a schema, in a process of its own."""
        await self._judge.hold(step.body, step.spec, step.schema, step.rule, step.place)

    async def close(self) -> None:
        """Give the connection back."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.close()


def _wrong(payload: Any) -> Failure | None:
    """Return what is wrong with the caller whose bytes were being sent: the client only says that it could not send."""
    return getattr(payload, "wrong", None)


def _late(error: Exception, limits: Limits) -> Broken:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        text = f"the upstream took no connection within {limits.connect:g} seconds"
        return Broken(504, text, "no connection", arrived=False, late=True)
    return Broken(504, f"the upstream has not answered within {limits.first_byte:g} seconds", "no answer", late=True)


def _name(error: Any) -> str:
    """Say what went wrong without addresses: they are the operator's."""
    return type(error).__name__
