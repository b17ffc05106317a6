"""What must be done on the network for one request, step by step.

A generator, so that blocking clients and those for coroutines share it: it yields a step, and is sent what came of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import calls
from isogloss.crossings import plans
from isogloss.crossings.asking import Flow, Refused, Told, asked
from isogloss.crossings.doing import Hold, Together
from isogloss.errors import IsoglossError
from isogloss.failures import of_request

if TYPE_CHECKING:
    from collections.abc import Generator

    from isogloss.crossings.crossing import Crossing, Pieces
    from isogloss.crossings.doing import Step
    from isogloss.running import Translation
    from isogloss.translator import Reply


def steps(crossing: Crossing) -> Generator[Step, Any, Translation | Reply | Pieces | Flow]:
    """Ask: gives the reply, or an error of the server in the caller's dialect, or the reply to be read as it comes.

    Media is fetched first where the model does not do it. Several calls are made beside each other, a few at once where
    the driver can; the first error ends them.

    Raises Failure where request or reply cannot be translated, or leads elsewhere, Broken without a reply.
    """
    demand = crossing.exchange.demand("stream" if crossing.exchange.streams else "response")
    if demand is not None:
        yield Hold(None, *demand)
    try:
        replies = yield from _replies(crossing)
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


def _replies(crossing: Crossing) -> Generator[Step, Any, list[Any]]:
    try:
        plan = calls.plan(crossing.exchange)
        if plan:
            return [(yield from plans.followed(crossing, plan))]
    except IsoglossError as error:
        raise of_request(error) from error
    if len(crossing.calls) == 1:
        return [(yield from asked(crossing, crossing.calls[0]))]
    return (yield Together(tuple(asked(crossing, call) for call in crossing.calls), crossing.terms.bounds.at_once))
