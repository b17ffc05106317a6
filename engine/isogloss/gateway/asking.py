"""One request as it came, and whether the caller is still there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote_plus

from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from starlette.types import Message, Receive, Scope

    from isogloss.gateway.settings import Limits


class Body:
    """The body on its way in; read once."""

    def __init__(self, receive: Receive, headers: Mapping[str, str], limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._whole = asyncio.Event()
        #: Bytes that have come.
        self.size = 0
        #: Whether there is one at all.
        self.there = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if not self.there:
            self._whole.set()

    async def chunks(self, most: int | None = None) -> AsyncIterator[bytes]:
        """Give the body as it comes; raise Failure where it is too large or takes too long."""
        left = most = self._limits.request if most is None else most
        more = self.there
        while more:
            message = await self._next()
            if message["type"] == "http.disconnect":
                raise asyncio.CancelledError
            data: bytes = message.get("body", b"")
            left -= len(data)
            self.size += len(data)
            if left < 0:
                raise Failure(413, f"the request is larger than {most} bytes")
            more = message.get("more_body", False)
            if data:
                yield data
        self._whole.set()

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(self._limits.idle):
                return await self._receive()
        except TimeoutError:
            raise Failure(408, "the request did not come to its end in time") from None

    async def read(self) -> bytes:
        """Give the whole body."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def gone(self) -> None:
        """Wait until the caller has hung up."""
        await self._whole.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True)
class Asked:
    """A request, before anybody knows what it asks for."""

    method: str
    #: Decoded, and as it came.
    path: str
    raw_path: str
    raw_query: str
    #: Names in lower case.
    headers: Mapping[str, str]
    #: Bytes of address and headers.
    head: int
    body: Body = field(repr=False)
    id: str

    @classmethod
    def of(cls, scope: Scope, receive: Receive, limits: Limits, number: str) -> Asked:
        """Read an ASGI scope."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path, raw = _inside(scope)
        return cls(
            method=scope["method"],
            path=path,
            raw_path=raw,
            raw_query=scope["query_string"].decode("latin-1"),
            headers=headers,
            head=len(raw) + len(scope["query_string"]) + sum(map(len, chain.from_iterable(scope["headers"]))),
            body=Body(receive, headers, limits),
            id=number,
        )

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query, decoded; of a name that stands twice the first."""
        return dict(reversed(parse_qsl(self.raw_query, keep_blank_values=True)))

    def query_without(self, names: Iterable[str]) -> str:
        """Return the query as it came, without some names."""
        away = set(names)
        pieces = [part for part in self.raw_query.split("&") if unquote_plus(part.partition("=")[0]) not in away]
        return "&".join(part for part in pieces if part)


def _inside(scope: Scope) -> tuple[str, str]:
    """Return the path, decoded and as it came, without that under which another application has mounted this one.

    https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
    """
    path, mount = scope["path"], scope.get("root_path", "")
    raw = (scope.get("raw_path") or quote(path).encode()).decode("latin-1")
    if not mount or not path.startswith(mount + "/"):
        return path, raw
    path = path.removeprefix(mount)
    return path, raw.removeprefix(mount) if raw.startswith(mount + "/") else quote(path)
