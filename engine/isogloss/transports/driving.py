"""Steps done by a client of httpx or httpx2: blocking, and for coroutines.

Both say the same thing twice on purpose: what they decide stands in `steps`, what they differ in is `await`.
"""

from __future__ import annotations

import socket
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio

from isogloss.crossings.crossing import Arrived
from isogloss.crossings.doing import Broken, Look, Read, Send, Step

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from isogloss.crossings.crossing import Outgoing, Pieces
    from isogloss.values import Value

#: A client, a request or a reply, of either library.
Http = Any


class Line:
    """A connection for one request. Whoever runs steps closes it, or hands it on with the pieces that are to come."""

    def __init__(self, client: Http, extensions: Mapping[str, Any]) -> None:
        self._client = client
        self._extensions = extensions
        self._http = library(client)
        self._reply: Http = None

    def run(self, steps: Generator[Step, Any, Any]) -> Any:
        """Do all steps; return what came of them."""
        try:
            step = next(steps)
            while True:
                try:
                    found = self._do(step)
                except Broken as broken:
                    step = steps.throw(broken)
                else:
                    step = steps.send(found)
        except StopIteration as done:
            return done.value
        except BaseException:
            self.close()
            raise

    def _do(self, step: Step) -> Any:
        try:
            if isinstance(step, Send):
                self.close()
                self._reply = self._client.send(request(self._http, step.request, self._extensions), stream=True)
                return arrived(self._reply)
            if isinstance(step, Look):
                return self._look(step)
            return self._read(step) if isinstance(step, Read) else time.sleep(step.seconds)
        except self._http.TransportError as error:
            raise broken(self._http, error) from None

    def _look(self, step: Look) -> list[str]:
        try:
            return numbers(socket.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
        except OSError:
            return []

    def _read(self, step: Read) -> bytes:
        data = bytearray()
        for chunk in self._reply.iter_bytes():
            data += chunk
            if step.most is not None and len(data) > step.most:
                break
        self.close()
        return bytes(data)

    def told(self, pieces: Pieces) -> Generator[list[Value]]:
        """Give a stream's documents, read by read. The first list is empty: from there on, dropping it closes all."""
        try:
            yield []
            for chunk in self._reply.iter_bytes():
                yield pieces.feed(chunk)
                if pieces.ended:
                    break
            yield pieces.close()
        except self._http.TransportError as error:
            raise broken(self._http, error) from None
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.close()


class AsyncLine:
    """The same for coroutines."""

    def __init__(self, client: Http, extensions: Mapping[str, Any]) -> None:
        self._client = client
        self._extensions = extensions
        self._http = library(client)
        self._reply: Http = None

    async def run(self, steps: Generator[Step, Any, Any]) -> Any:
        """Do all steps; return what came of them."""
        try:
            step = next(steps)
            while True:
                try:
                    found = await self._do(step)
                except Broken as broken:
                    step = steps.throw(broken)
                else:
                    step = steps.send(found)
        except StopIteration as done:
            return done.value
        except BaseException:
            await self.close()
            raise

    async def _do(self, step: Step) -> Any:
        try:
            if isinstance(step, Send):
                await self.close()
                asked = request(self._http, step.request, self._extensions)
                self._reply = await self._client.send(asked, stream=True)
                return arrived(self._reply)
            if isinstance(step, Look):
                return await self._look(step)
            return await self._read(step) if isinstance(step, Read) else await anyio.sleep(step.seconds)
        except self._http.TransportError as error:
            raise broken(self._http, error) from None

    async def _look(self, step: Look) -> list[str]:
        try:
            return numbers(await anyio.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
        except OSError:
            return []

    async def _read(self, step: Read) -> bytes:
        data = bytearray()
        async for chunk in self._reply.aiter_bytes():
            data += chunk
            if step.most is not None and len(data) > step.most:
                break
        await self.close()
        return bytes(data)

    async def told(self, pieces: Pieces) -> AsyncGenerator[list[Value]]:
        """Give a stream's documents, read by read. The first list is empty: from there on, dropping it closes all."""
        try:
            yield []
            async for chunk in self._reply.aiter_bytes():
                yield pieces.feed(chunk)
                if pieces.ended:
                    break
            yield pieces.close()
        except self._http.TransportError as error:
            raise broken(self._http, error) from None
        finally:
            await self.close()

    async def close(self) -> None:
        """Give the connection back, even where the caller is being cancelled."""
        reply, self._reply = self._reply, None
        if reply is not None:
            with anyio.CancelScope(shield=True):
                await reply.aclose()


def library(client: Http) -> Any:
    """Return the library that a client, or one it inherits from, belongs to."""
    homes = [base.__module__.partition(".")[0] for base in type(client).__mro__]
    return import_module(next(name for name in homes if name in ("httpx", "httpx2")))


def request(http: Any, said: Outgoing, extensions: Mapping[str, Any]) -> Http:
    """Make a request."""
    more = {**extensions, **said.extensions}
    return http.Request(said.method, said.url, headers=said.headers, content=said.payload, extensions=more)


def numbers(found: Any) -> list[str]:
    """Return the addresses that a name stands for."""
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def arrived(reply: Http) -> Arrived:
    """Return the head of a reply."""
    return Arrived(reply.status_code, {name.lower(): value for name, value in reply.headers.items()})


def broken(http: Any, error: Any) -> Broken:
    """Say what happened to a request."""
    unsent = isinstance(error, (http.ConnectError, http.ConnectTimeout, http.PoolTimeout))
    return Broken(error, arrived=not unsent, late=isinstance(error, http.TimeoutException))
