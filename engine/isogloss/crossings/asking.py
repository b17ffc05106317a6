"""The steps of one call: sending it, again where that may be, and reading its reply."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from isogloss.crossings import blobs
from isogloss.crossings.caches import keeper
from isogloss.crossings.doing import Broken, Read, Send, Step, Wait
from isogloss.crossings.fetching import inlined
from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from isogloss.crossings.caches import Cached, Keeper
    from isogloss.crossings.crossing import Crossing, Pieces, Upload
    from isogloss.crossings.doing import Arrived, Outgoing
    from isogloss.routes import Call
    from isogloss.translator import Reply

#: Statuses that say that nothing was done and may be done later.
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
#: Seconds: the first pause, the longest of our own, and the longest that a server may ask for.
_FIRST, _LONGEST, _PATIENCE = 0.5, 8.0, 60.0
_REDIRECT, _REFUSED = 300, 400
#: What is told of a reply that is handed on.
_FLOWING: Final = ("content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified")
#: How often a server may lead on.
_HOPS: Final = 3


class Refused(Exception):  # noqa: N818 - a reply, which ends everything else that goes on
    """The server has answered with an error: as the caller is told, and as it came."""

    def __init__(self, reply: Reply, status: int, data: bytes) -> None:
        super().__init__(status)
        self.reply = reply
        self.status = status
        self.data = data


@dataclass(frozen=True, slots=True)
class Told:
    """The reply to one call: its pages, and the headers of the first."""

    pages: list[Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flow:
    """A reply of bytes that is handed on as it comes."""

    arrived: Arrived


def flowing(flow: Flow) -> dict[str, str]:
    """Return the headers of a reply that is handed on: what its bytes are, and which of them."""
    headers = flow.arrived.headers
    packed = headers.get("content-encoding", "identity") != "identity"  # it is unpacked on its way
    return {name: headers[name] for name in _FLOWING if name in headers and not (packed and name == "content-length")}


def asked(
    crossing: Crossing, call: Call, to: str | None = None, sends: Upload | None = None, *, heads: bool = False
) -> Generator[Step, Any, Told | Pieces | Flow]:
    """Make one call, at another address or with a body of bytes where these are given.

    Where nothing but headers of the reply is wanted (`heads`), its body is not looked at: it may be empty.

    Raises Refused where the server answers with an error.
    """
    call = yield from inlined(call, crossing.exchange, crossing.terms)
    if to is None and sends is None:
        arrived = yield from _cached(crossing, call)
    else:
        arrived = yield from sent(crossing, crossing.outgoing(call, to=to, sends=sends))
    if heads:
        yield Read(crossing.terms.bounds.error)
        return Told([], arrived.headers)
    if call.bytes.get("stream"):
        return Flow(arrived)
    if call.stream:
        return crossing.pieces(call, arrived)
    return (yield from told(crossing, call, arrived))


def told(crossing: Crossing, call: Call, arrived: Arrived) -> Generator[Step, Any, Told]:
    """Read a reply as a whole, with all of its pages."""
    pages = [(yield from _document(crossing, call, arrived))]
    while (page := crossing.page(call, pages)) is not None:
        more: Arrived = yield Send(page)
        if more.status >= _REDIRECT:
            raise Failure(502, "the upstream does not give the next page of its list")
        pages.append((yield from _document(crossing, call, more)))
    return Told(pages, arrived.headers)


def _cached(crossing: Crossing, call: Call) -> Generator[Step, Any, Arrived]:
    """Send a call, through a cache where it asks for one.

    A cache that the server no longer has is made once more; after that the call is sent as it is.
    """
    caches = keeper(crossing, call)
    if caches is not None:
        for _ in range(2):
            found = yield from caches.cached()
            if found is None:
                break
            arrived = yield from _tried(crossing, caches, found)
            if arrived is not None:
                return arrived
        else:
            caches.give_up("the server does not know the cache that it has just made")
    return (yield from sent(crossing, crossing.outgoing(call)))


def _tried(crossing: Crossing, caches: Keeper, found: Cached) -> Generator[Step, Any, Arrived | None]:
    """Send a call through a cache; None where the server no longer has it."""
    losses = crossing.exchange.losses
    try:
        return (yield from sent(crossing, crossing.outgoing(found.call)))
    except Refused as refused:
        if not caches.gone(found, refused.status, refused.data):
            raise
    crossing.exchange.losses = losses  # nobody is told of this error
    return None


def sent(crossing: Crossing, request: Outgoing) -> Generator[Step, Any, Arrived]:
    """Send a request, again where it may be; raise Refused where the server answers with an error.

    Whoever allows retries allows them where no reply has begun, too, as callers of official clients do: it may have
    been on its way, and must be paid for then.
    """
    once = not isinstance(request.payload, bytes | None)
    retries = 0 if once else crossing.terms.retries
    for left in range(retries, -1, -1):
        try:
            arrived = yield from _arrived(crossing, request)
        except Broken:
            if not left:
                raise
            yield Wait(_pause(retries - left))
            continue
        if arrived.status < _REDIRECT:
            return arrived
        data: bytes = yield Read(crossing.terms.bounds.error)
        reply = crossing.error(arrived, data)
        pause = _again(reply, retries - left)
        if not left or pause is None:
            raise Refused(reply, arrived.status, data)
        yield Wait(pause)
    raise AssertionError


def _arrived(crossing: Crossing, request: Outgoing) -> Generator[Step, Any, Arrived]:
    """Send a request; one for what is handed on as it comes is led on by the server, but never elsewhere."""
    for _ in range(_HOPS + 1):
        arrived: Arrived = yield Send(request)
        if not _REDIRECT <= arrived.status < _REFUSED:
            return arrived
        if not request.led:
            raise Failure(502, "the upstream answers with a redirect, and keys are not taken elsewhere")
        url = urljoin(request.url, arrived.headers.get("location", ""))
        request = replace(request, url=crossing.server.elsewhere(url))
    raise Failure(502, f"the upstream leads on more than {_HOPS} times")


def _document(crossing: Crossing, call: Call, arrived: Arrived) -> Generator[Step, Any, Any]:
    most = crossing.terms.bounds.response
    data: bytes = yield Read(most)
    if len(data) > most:
        raise Failure(502, f"the upstream's reply is larger than {most} bytes")
    if call.bytes:
        return blobs.document(call.bytes, data, arrived.media)
    # What is deleted may leave nothing to say.
    return crossing.terms.json.document(data or b"{}" if call.method == "DELETE" else data)


def _again(reply: Reply, tried: int) -> float | None:
    """Return the seconds after which an error may be tried again; None where it may not."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    if reply.status not in _AGAIN or headers.get("x-should-retry") == "false":
        return None
    asked = _advised(headers)
    if asked is None:
        return _pause(tried)
    return asked if asked <= _PATIENCE else None


def _advised(headers: Mapping[str, str]) -> float | None:
    """Read how long a server wants to be left alone: seconds, or a date."""
    said = headers.get("retry-after")
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None


def _pause(tried: int) -> float:
    """Return a pause that doubles, and that many callers do not take at once."""
    return min(_FIRST * 2**tried, _LONGEST) * random.uniform(0.75, 1.0)  # noqa: S311 - no secret
