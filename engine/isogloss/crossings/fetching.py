"""Media that a request gives by address, fetched as steps where its model does not fetch.

Every name is looked up here, and the very address that was looked at is the one that is connected to, at every hop; the
certificate must still be the name's. No key and no cookie is sent.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from isogloss import links
from isogloss.crossings.doing import Broken, Look, Outgoing, Read, Send, Together
from isogloss.failures import Failure
from isogloss.pointer import dotted, find, put

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from isogloss.crossings.crossing import Terms
    from isogloss.crossings.doing import Arrived, Step
    from isogloss.routes import Call
    from isogloss.translator import Exchange
    from isogloss.values import Value

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
_OK: Final = 200


def inlined(call: Call, exchange: Exchange, terms: Terms) -> Generator[Step, Any, Call]:
    """Return a call with the media in it that its model does not fetch; raise Failure where it cannot be had."""
    spec = exchange.gloss.ruleset.dialects[exchange.gloss.target].raw.get("links")
    if spec is None or links.takes_addresses(exchange, spec):
        return call
    places = list(links.places(call.body, spec))
    if not places:
        return call
    bounds, body = terms.bounds, call.body
    if len(places) > bounds.media_files:
        raise Failure(400, f"a request may link to {bounds.media_files} files, not to {len(places)}")
    room = _Room(bounds.media_total)
    works = tuple(_fetched(find(body, path), spec, terms, room) for path in places)
    # No more at once than may be that large together.
    files: list[links.File] = yield Together(works, max(1, bounds.media_total // bounds.media))
    for path, file in zip(places, files, strict=True):
        body = put(body, path, links.held_in(find(body, path), file, spec))
    return replace(call, body=body)


def _fetched(place: Value, spec: Mapping[str, Any], terms: Terms, room: _Room) -> Generator[Step, Any, links.File]:
    address = str(find(place, dotted(spec["linked"]["address"])))
    said = find(place, dotted(spec["linked"].get("type", "")))
    fetch = _Fetch(address, terms, room)
    return (yield from fetch.file(said if isinstance(said, str) else "", spec.get("types", ())))


@dataclass(slots=True)
class _Room:
    """The bytes that are left for the files of one request."""

    left: int


class _Fetch:
    """One file on its way in, for which there is so much time."""

    def __init__(self, address: str, terms: Terms, room: _Room) -> None:
        self._address = address
        self._room = room
        self._reach = terms.reach
        self._bounds = terms.bounds
        self._end = time.monotonic() + terms.bounds.media_time

    def file(self, said: str, types: Any) -> Generator[Step, Any, links.File]:
        """Fetch the file; `said` is the type that the request gives it."""
        url, most = self._address, self._bounds.media_redirects
        try:
            for _ in range(most + 1):
                arrived: Arrived = yield from self._sent(url)
                if arrived.status not in _REDIRECTS:
                    return (yield from self._read(arrived, said, types))
                url = self._led(url, arrived.headers.get("location", ""))
        except Broken as broken:
            if broken.late:
                raise self._late() from None
            raise self._refused(f"cannot be fetched: {broken}") from None
        raise self._refused(f"leads on more than {most} times")

    def _refused(self, reason: str) -> Failure:
        return links.refused(self._address, reason)

    def _late(self) -> Failure:
        return self._refused(f"does not come within {self._bounds.media_time:g} seconds")

    def _left(self) -> float:
        """Return the seconds that are left; raise Failure where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._late()
        return left

    def _sent(self, url: str) -> Generator[Step, Any, Arrived]:
        """Ask at an address that a name stands for: at the first one that takes a connection."""
        split = self._sound(url)
        host, port = str(split.hostname), split.port or _PORTS[split.scheme]
        found: list[str] = yield Look(host, port, self._left())
        if not found or not all(self._reach.permits(one) for one in found):
            raise self._refused("has an address that may not be reached" if found else "has a name nobody knows")
        for index, number in enumerate(found):
            try:
                return (yield Send(_request(split, number, port), self._left()))
            except Broken as broken:
                if broken.arrived or index == len(found) - 1:
                    raise
        raise AssertionError

    def _sound(self, url: str) -> SplitResult:
        try:
            split = urlsplit(url)
            sound = split.scheme in _PORTS and split.hostname and split.username is None and split.port != 0
        except ValueError:
            raise self._refused("is no address") from None
        if not sound:
            raise self._refused("leads to something else than an http address")
        return split

    def _led(self, url: str, location: str) -> str:
        if not location:
            raise self._refused("leads nowhere")
        found = urljoin(url, location)
        if url.lower().startswith("https:") and not found.lower().startswith("https:"):
            raise self._refused("leads from a safe address to an unsafe one")
        return found

    def _read(self, arrived: Arrived, said: str, types: Any) -> Generator[Step, Any, links.File]:
        if arrived.status != _OK:
            raise self._refused(f"answers with status {arrived.status}")
        media, most = (
            links.agreed(arrived.headers.get("content-type", ""), said, types, self._address),
            self._bounds.media,
        )
        data: bytes = yield Read(most, self._left())
        if len(data) > most:
            raise self._refused(f"is larger than {most} bytes")
        self._room.left -= len(data)
        if self._room.left < 0:
            raise self._refused(f"is one too many: all files of a request may have {self._bounds.media_total} bytes")
        return links.File(media, base64.b64encode(data).decode("ascii"))


def _request(split: SplitResult, number: str, port: int) -> Outgoing:
    """Make the request to one address that a name stands for."""
    headers = {"host": split.netloc, "user-agent": "isogloss", "accept": "*/*", "accept-encoding": "identity"}
    host = f"[{number}]" if ":" in number else number
    target = split._replace(netloc=f"{host}:{port}", fragment="").geturl()
    return Outgoing("GET", target, headers, None, str(split.hostname))
