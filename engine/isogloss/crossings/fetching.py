"""Media that a request gives by address, fetched as steps where its model does not fetch: as the gateway does it.

Every name is looked up here, and the very address that was looked at is the one that is connected to; the certificate
must still be the name's. No key is sent.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from isogloss import links
from isogloss.crossings.crossing import Arrived, Outgoing
from isogloss.crossings.doing import Broken, Look, Read, Send
from isogloss.failures import Failure
from isogloss.pointer import dotted, find

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from isogloss.addresses import Reach
    from isogloss.crossings.crossing import Crossing
    from isogloss.crossings.doing import Step

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
#: The most of each file, in bytes; files in a request; addresses that one leads on to.
_MOST, _FILES, _HOPS = 20 * 1024 * 1024, 32, 3
_OK: Final = 200


def inlined(crossing: Crossing, reach: Reach) -> Generator[Step, Any, None]:
    """Put the media into the request; raise Failure where it cannot be had."""
    exchange = crossing.exchange
    spec = exchange.gloss.ruleset.dialects[exchange.gloss.target].raw.get("links")
    if spec is None or links.takes_addresses(exchange, spec):
        return
    places = list(links.places(crossing.body, spec))
    if len(places) > _FILES:
        raise Failure(400, f"a request may link to {_FILES} files, not to {len(places)}")
    for path in places:
        place = find(crossing.body, path)
        file = yield from _fetched(place, spec, reach)
        crossing.body = links.put(crossing.body, path, links.held_in(place, file, spec))


def _fetched(place: Any, spec: Mapping[str, Any], reach: Reach) -> Generator[Step, Any, links.File]:
    address = url = str(find(place, dotted(spec["linked"]["address"])))
    said = find(place, dotted(spec["linked"].get("type", "")))
    try:
        for _ in range(_HOPS + 1):
            arrived: Arrived = yield Send((yield from _asked(url, address, reach)))
            if arrived.status not in _REDIRECTS:
                return (yield from _read(arrived, address, said if isinstance(said, str) else "", spec))
            url = _led(url, arrived.headers.get("location", ""), address)
    except Broken as broken:
        raise links.refused(address, f"cannot be fetched: {broken}") from None
    raise links.refused(address, f"leads on more than {_HOPS} times")


def _asked(url: str, address: str, reach: Reach) -> Generator[Step, Any, Outgoing]:
    """Make the request to an address that a name stands for."""
    split = _sound(url, address)
    host, port = str(split.hostname), split.port or _PORTS[split.scheme]
    found: list[str] = yield Look(host, port)
    if not found or not all(reach.permits(one) for one in found):
        raise links.refused(address, "has an address that may not be reached" if found else "has a name nobody knows")
    number = f"[{found[0]}]" if ":" in found[0] else found[0]
    headers = {"host": split.netloc, "user-agent": "isogloss", "accept": "*/*", "accept-encoding": "identity"}
    target = split._replace(netloc=f"{number}:{port}", fragment="").geturl()
    return Outgoing("GET", target, headers, None, {"sni_hostname": host})


def _sound(url: str, address: str) -> SplitResult:
    try:
        split = urlsplit(url)
        sound = split.scheme in _PORTS and split.hostname and split.username is None and split.port != 0
    except ValueError:
        raise links.refused(address, "is no address") from None
    if not sound:
        raise links.refused(address, "leads to something else than an http address")
    return split


def _led(url: str, location: str, address: str) -> str:
    if not location:
        raise links.refused(address, "leads nowhere")
    found = urljoin(url, location)
    if url.lower().startswith("https:") and not found.lower().startswith("https:"):
        raise links.refused(address, "leads from a safe address to an unsafe one")
    return found


def _read(arrived: Arrived, address: str, said: str, spec: Mapping[str, Any]) -> Generator[Step, Any, links.File]:
    if arrived.status != _OK:
        raise links.refused(address, f"answers with status {arrived.status}")
    media = links.agreed(arrived.headers.get("content-type", ""), said, spec.get("types", ()), address)
    data: bytes = yield Read(_MOST)
    if len(data) > _MOST:
        raise links.refused(address, f"is larger than {_MOST} bytes")
    return links.File(media, base64.b64encode(data).decode("ascii"))
