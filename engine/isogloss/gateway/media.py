"""What requests give by address, fetched, for families that take no addresses themselves.

The address that is connected to is the very one that was looked at, at every hop: it is looked at where the socket is
made. No proxy of the environment is used, no key and no cookie is sent.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from isogloss import links
from isogloss.addresses import Reach
from isogloss.failures import Failure
from isogloss.pointer import dotted, find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.gateway.settings import Settings
    from isogloss.translator import Exchange
    from isogloss.values import Value

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class ForbiddenError(OSError):
    """An address that may not be connected to."""


class Fetcher:
    """Fetches media."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits
        self._reach = Reach(settings.allowed)

    async def inlined(self, body: Value, exchange: Exchange) -> Value:
        """Return a request with the media in it that its model does not fetch; raise Failure where it cannot be had."""
        spec = exchange.gloss.ruleset.dialects[exchange.gloss.target].raw.get("links")
        if spec is None or links.takes_addresses(exchange, spec):
            return body
        places = list(links.places(body, spec))
        if len(places) > self._limits.media_files:
            raise Failure(400, f"a request may link to {self._limits.media_files} files, not to {len(places)}")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._caught(find(body, path), spec)) for path in places]
        for path, task in zip(places, tasks, strict=True):
            found = task.result()
            if isinstance(found, Failure):
                raise found
            body = links.put(body, path, links.held_in(find(body, path), found, spec))
        return body

    async def _caught(self, place: Value, spec: Mapping[str, Any]) -> links.File | Failure:
        """Fetch one file; a task group would wrap what is raised."""
        address = str(find(place, dotted(spec["linked"]["address"])))
        said = find(place, dotted(spec["linked"].get("type", "")))
        try:
            async with asyncio.timeout(self._limits.media_time):
                return await self._file(address, said if isinstance(said, str) else "", spec)
        except Failure as failure:
            return failure
        except TimeoutError:
            return links.refused(address, f"does not come within {self._limits.media_time:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return links.refused(address, _reason(error))

    async def _file(self, address: str, said: str, spec: Mapping[str, Any]) -> links.File:
        url = URL(address)
        async with self._session() as session:
            for _ in range(self._limits.media_redirects + 1):
                _sound(url, address)
                async with session.get(url, allow_redirects=False) as reply:
                    if reply.status not in _REDIRECTS:
                        return await self._read(reply, address, said, spec)
                    url = _led(url, reply.headers.get("location", ""), address)
        raise links.refused(address, f"leads on more than {self._limits.media_redirects} times")

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=self._socket, use_dns_cache=False, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "isogloss", "accept": "*/*", "accept-encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        )

    def _socket(self, info: Any) -> socket.socket:
        """Make the socket for one address that a name stands for."""
        family, kind, protocol, _, address = info
        if not self._reach.permits(str(address[0])):
            raise ForbiddenError(f"{address[0]} may not be reached")
        return socket.socket(family, kind, protocol)

    async def _read(
        self, reply: aiohttp.ClientResponse, address: str, said: str, spec: Mapping[str, Any]
    ) -> links.File:
        if reply.status != 200:  # noqa: PLR2004 - HTTP
            raise links.refused(address, f"answers with status {reply.status}")
        media = links.agreed(reply.headers.get("content-type", ""), said, spec.get("types", ()), address)
        data = bytearray()
        if (reply.content_length or 0) > self._limits.media:
            raise links.refused(address, f"is larger than {self._limits.media} bytes")
        async for chunk in reply.content.iter_any():
            data += chunk
            if len(data) > self._limits.media:
                raise links.refused(address, f"is larger than {self._limits.media} bytes")
        return links.File(media, base64.b64encode(data).decode("ascii"))


def _reason(error: Exception) -> str:
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__, getattr(error, "os_error", None)]
    if any(isinstance(one, ForbiddenError) or "may not be reached" in str(one) for one in chain):
        return "has an address that may not be reached"
    return f"cannot be fetched: {type(error).__name__}"


def _sound(url: URL, address: str) -> None:
    if url.scheme not in ("http", "https") or not url.host or url.user is not None or url.password is not None:
        raise links.refused(address, "leads to something else than an http address")


def _led(url: URL, location: str, address: str) -> URL:
    if not location:
        raise links.refused(address, "leads nowhere")
    found = url.join(URL(location))
    if url.scheme == "https" and found.scheme != "https":
        raise links.refused(address, "leads from a safe address to an unsafe one")
    return found
