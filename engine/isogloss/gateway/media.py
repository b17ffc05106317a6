"""What requests give by address, fetched, for families that take no addresses themselves.

The address that is connected to is the very one that was looked at, at every hop: it is looked at where the socket is
made. No proxy of the environment is used, no key and no cookie is sent.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from isogloss.gateway.addresses import Reach
from isogloss.gateway.failures import Failure
from isogloss.pointer import dotted, find
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.gateway.settings import Settings
    from isogloss.translator import Exchange
    from isogloss.values import Path, Value

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Types that say nothing.
_BLANK: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class ForbiddenError(OSError):
    """An address that may not be connected to."""


@dataclass(frozen=True, slots=True)
class File:
    """What stood behind an address."""

    media: str
    data: str


class Fetcher:
    """Fetches media."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.limits
        self._reach = Reach(settings.allowed)

    async def inlined(self, body: Value, exchange: Exchange) -> Value:
        """Return a request with the media in it that its model does not fetch; raise Failure where it cannot be had."""
        spec = exchange.gloss.ruleset.dialects[exchange.gloss.target].raw.get("links")
        if spec is None or _takes_addresses(exchange, spec):
            return body
        places = list(_places(body, spec))
        if len(places) > self._limits.media_files:
            raise Failure(400, f"a request may link to {self._limits.media_files} files, not to {len(places)}")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._caught(find(body, path), spec)) for path in places]
        for path, task in zip(places, tasks, strict=True):
            found = task.result()
            if isinstance(found, Failure):
                raise found
            body = _put(body, path, _held(find(body, path), found, spec))
        return body

    async def _caught(self, place: Value, spec: Mapping[str, Any]) -> File | Failure:
        """Fetch one file; a task group would wrap what is raised."""
        address = str(find(place, dotted(spec["linked"]["address"])))
        said = find(place, dotted(spec["linked"].get("type", "")))
        try:
            async with asyncio.timeout(self._limits.media_time):
                return await self._file(address, said if isinstance(said, str) else "", spec)
        except Failure as failure:
            return failure
        except TimeoutError:
            return _refused(address, f"does not come within {self._limits.media_time:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _refused(address, _reason(error))

    async def _file(self, address: str, said: str, spec: Mapping[str, Any]) -> File:
        url = URL(address)
        async with self._session() as session:
            for _ in range(self._limits.media_redirects + 1):
                _sound(url, address)
                async with session.get(url, allow_redirects=False) as reply:
                    if reply.status not in _REDIRECTS:
                        return await self._read(reply, address, said, spec)
                    url = _led(url, reply.headers.get("location", ""), address)
        raise _refused(address, f"leads on more than {self._limits.media_redirects} times")

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

    async def _read(self, reply: aiohttp.ClientResponse, address: str, said: str, spec: Mapping[str, Any]) -> File:
        if reply.status != 200:  # noqa: PLR2004 - HTTP
            raise _refused(address, f"answers with status {reply.status}")
        media = _media(reply.headers.get("content-type", ""), said, spec.get("types", ()), address)
        data = bytearray()
        if (reply.content_length or 0) > self._limits.media:
            raise _refused(address, f"is larger than {self._limits.media} bytes")
        async for chunk in reply.content.iter_any():
            data += chunk
            if len(data) > self._limits.media:
                raise _refused(address, f"is larger than {self._limits.media} bytes")
        return File(media, base64.b64encode(data).decode("ascii"))


def _refused(address: str, reason: str) -> Failure:
    """Say what is wrong with an address, without its query: there may be a signature in it."""
    return Failure(400, f"the file at {address.partition('?')[0][:200]} {reason}")


def _reason(error: Exception) -> str:
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__, getattr(error, "os_error", None)]
    if any(isinstance(one, ForbiddenError) or "may not be reached" in str(one) for one in chain):
        return "has an address that may not be reached"
    return f"cannot be fetched: {type(error).__name__}"


def _sound(url: URL, address: str) -> None:
    if url.scheme not in ("http", "https") or not url.host or url.user is not None or url.password is not None:
        raise _refused(address, "leads to something else than an http address")


def _led(url: URL, location: str, address: str) -> URL:
    if not location:
        raise _refused(address, "leads nowhere")
    found = url.join(URL(location))
    if url.scheme == "https" and found.scheme != "https":
        raise _refused(address, "leads from a safe address to an unsafe one")
    return found


def _media(header: str, said: str, types: tuple[str, ...] | list[str], address: str) -> str:
    """Return a file's type: the server's, else the request's; both must be of one sort, and one that is taken."""
    found = header.partition(";")[0].strip().lower()
    media = said if found in _BLANK else found
    if said and media.partition("/")[0] != said.partition("/")[0]:
        raise _refused(address, f"is {media}, not {said}")
    if types and not any(media.startswith(one) for one in types):
        raise _refused(address, f"is {media or 'of no type'}, which is not taken")
    return media


# ---------------------------------------------------------------- where it stands


def _takes_addresses(exchange: Exchange, spec: Mapping[str, Any]) -> bool:
    family = exchange.plan.matches[exchange.gloss.target].family
    return family is not None and "needs" in spec and family.facts.get(spec["needs"]) is True


def _places(body: Value, spec: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the places of what links to the web and is not the API's own."""
    at = dotted(spec["linked"]["address"])
    own = tuple(spec.get("own", ()))
    for pattern in spec["at"]:
        for path in _all(body, dotted(pattern), ()):
            address = find(body, (*path, *at))
            web = isinstance(address, str) and address.lower().startswith(("http://", "https://"))
            if web and not address.startswith(own):
                yield path


def _all(value: Value, steps: Path, path: Path) -> Iterator[Path]:
    if not steps:
        yield path
    elif steps[0] == "*":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _all(item, steps[1:], (*path, index))
    elif isinstance(value, dict) and steps[0] in value:
        yield from _all(value[steps[0]], steps[1:], (*path, steps[0]))


def _held(place: Value, file: File, spec: Mapping[str, Any]) -> Value:
    """Return a part that holds its file instead of an address."""
    linked, held = spec["linked"], spec["held"]
    made = {name: value for name, value in place.items() if name != dotted(linked["address"])[0]}
    title = find(place, dotted(linked["title"])) if "title" in linked else ABSENT
    made = _put(_put(made, dotted(held["type"]), file.media), dotted(held["data"]), file.data)
    return made if title is ABSENT or "title" not in held else _put(made, dotted(held["title"]), title)


def _put(value: Value, path: Path, new: Value) -> Value:
    """Return a document with another value in one place; what is on the way is copied."""
    if not path:
        return new
    if isinstance(value, list):
        items = list(value)
        items[int(path[0])] = _put(value[int(path[0])], path[1:], new)
        return items
    known: dict[str, Any] = value if isinstance(value, dict) else {}
    return {**known, str(path[0]): _put(known.get(str(path[0])), path[1:], new)}
