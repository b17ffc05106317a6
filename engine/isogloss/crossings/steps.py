"""What must be done on the network for one request, step by step.

A generator, so that blocking clients and those for coroutines share it: it yields a step, and is sent what came of it.
"""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from isogloss.crossings.crossing import Arrived, document
from isogloss.crossings.doing import Broken, Read, Send, Step, Wait
from isogloss.crossings.fetching import inlined
from isogloss.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from isogloss.addresses import Reach
    from isogloss.crossings.crossing import Crossing, Pieces
    from isogloss.running import Translation
    from isogloss.translator import Reply

#: Statuses that say that nothing was done and may be done later. A reply that never came is not asked for again: it
#: may have been made, and must be paid for. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
#: Seconds: the first pause, the longest of our own, and the longest that a server may ask for.
_FIRST, _LONGEST, _PATIENCE = 0.5, 8.0, 60.0
#: The largest error that is read, in bytes.
_ERROR: Final = 1024 * 1024
_REDIRECT, _REFUSED = 300, 400


def steps(crossing: Crossing, reach: Reach, retries: int = 0) -> Generator[Step, Any, Translation | Reply | Pieces]:
    """Ask: gives the reply, or an error of the server in the caller's dialect, or the reply as a stream to be read.

    Media is fetched first where the model does not do it, from addresses in `reach`.

    Raises IsoglossError where the reply cannot be translated, Failure where it leads elsewhere, Broken without one.
    """
    yield from inlined(crossing, reach)
    for left in range(retries, -1, -1):
        try:
            arrived: Arrived = yield Send(crossing.outgoing())
        except Broken as broken:
            if not left or broken.arrived:
                raise
            yield Wait(_pause(retries - left))
            continue
        if arrived.status < _REFUSED:
            return (yield from _answered(crossing, arrived))
        reply = crossing.error(arrived, (yield Read(_ERROR)))
        pause = _again(reply, retries - left)
        if not left or pause is None:
            return reply
        yield Wait(pause)
    raise AssertionError


def _answered(crossing: Crossing, arrived: Arrived) -> Generator[Step, Any, Translation | Pieces]:
    if arrived.status >= _REDIRECT:
        raise Failure(502, "the server answers with a redirect, and keys are not taken elsewhere")
    if crossing.exchange.streams:
        return crossing.pieces(arrived)
    documents = [document((yield Read()))]
    while (page := crossing.page(documents)) is not None:
        more: Arrived = yield Send(page)
        if more.status >= _REDIRECT:
            raise Failure(502, "the server does not give the next page of its list")
        documents.append(document((yield Read())))
    return crossing.response(documents, arrived.headers)


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
