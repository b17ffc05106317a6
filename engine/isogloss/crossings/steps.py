"""What must be done on the network for one request, step by step.

A generator, so that blocking clients and those for coroutines share it: it yields a step, and is sent what came of it.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from isogloss.crossings.doing import Broken, Hold, Read, Send, Step, Together, Wait
from isogloss.crossings.fetching import inlined
from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from isogloss.crossings.crossing import Crossing, Pieces
    from isogloss.crossings.doing import Arrived, Outgoing
    from isogloss.routes import Call
    from isogloss.running import Translation
    from isogloss.translator import Reply

#: Statuses that say that nothing was done and may be done later. A reply that never came is not asked for again: it
#: may have been made, and must be paid for. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
#: Seconds: the first pause, the longest of our own, and the longest that a server may ask for.
_FIRST, _LONGEST, _PATIENCE = 0.5, 8.0, 60.0
_REDIRECT, _REFUSED = 300, 400


class Refused(Exception):  # noqa: N818 - a reply, which ends everything else that goes on
    """The server has answered with an error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Told:
    """The reply to one call: its pages, and the headers of the first."""

    pages: list[Any]
    headers: Mapping[str, str]


def steps(crossing: Crossing) -> Generator[Step, Any, Translation | Reply | Pieces]:
    """Ask: gives the reply, or an error of the server in the caller's dialect, or the reply as a stream to be read.

    Media is fetched first where the model does not do it. Several calls are made beside each other, a few at once where
    the driver can; the first error ends them.

    Raises IsoglossError where the reply cannot be translated, Failure where it leads elsewhere, Broken without one.
    """
    replies: list[Any]
    try:
        if len(crossing.calls) == 1:
            replies = [(yield from _asked(crossing, crossing.call))]
        else:
            works = tuple(_asked(crossing, call) for call in crossing.calls)
            replies = yield Together(works, crossing.terms.bounds.at_once)
    except Refused as refused:
        return refused.reply
    first = replies[0]
    if not isinstance(first, Told):
        return first
    done = crossing.response([page for reply in replies for page in reply.pages], first.headers)
    demand = crossing.exchange.demand()
    if demand is not None:
        yield Hold(done.body, *demand)
    return done


def _asked(crossing: Crossing, call: Call) -> Generator[Step, Any, Told | Pieces]:
    """Make one call; raise Refused where the server answers with an error."""
    call = yield from inlined(call, crossing.exchange, crossing.terms)
    arrived = yield from sent(crossing, crossing.outgoing(call))
    if crossing.exchange.streams:
        return crossing.pieces(call, arrived)
    pages = [(yield from _document(crossing))]
    while (page := crossing.page(call, pages)) is not None:
        more: Arrived = yield Send(page)
        if more.status >= _REDIRECT:
            raise Failure(502, "the upstream does not give the next page of its list")
        pages.append((yield from _document(crossing)))
    return Told(pages, arrived.headers)


def sent(crossing: Crossing, request: Outgoing) -> Generator[Step, Any, Arrived]:
    """Send a request, again where it may be; raise Refused where the server answers with an error."""
    retries = crossing.terms.retries
    for left in range(retries, -1, -1):
        try:
            arrived: Arrived = yield Send(request)
        except Broken as broken:
            if not left or broken.arrived:
                raise
            yield Wait(_pause(retries - left))
            continue
        if arrived.status < _REDIRECT:
            return arrived
        if arrived.status < _REFUSED:
            raise Failure(502, "the upstream answers with a redirect, and keys are not taken elsewhere")
        reply = crossing.error(arrived, (yield Read(crossing.terms.bounds.error)))
        pause = _again(reply, retries - left)
        if not left or pause is None:
            raise Refused(reply)
        yield Wait(pause)
    raise AssertionError


def _document(crossing: Crossing) -> Generator[Step, Any, Any]:
    most = crossing.terms.bounds.response
    data: bytes = yield Read(most)
    if len(data) > most:
        raise Failure(502, f"the upstream's reply is larger than {most} bytes")
    return crossing.terms.json.document(data)


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
