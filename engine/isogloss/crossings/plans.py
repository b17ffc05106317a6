"""The steps of a plan: one stage after the other, each with what those before have kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import calls
from isogloss.crossings.asking import Told, asked
from isogloss.failures import Failure
from isogloss.pointer import find
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Generator

    from isogloss.crossings.asking import Flow
    from isogloss.crossings.crossing import Crossing, Pieces
    from isogloss.crossings.doing import Step
    from isogloss.stages import Kept, Plan, Stage
    from isogloss.values import Value


def followed(crossing: Crossing, plan: Plan) -> Generator[Step, Any, Told | Pieces | Flow]:
    """Do all stages; gives the reply to the last one."""
    for stage in plan:
        if stage.sends is not None and crossing.upload is None:
            raise Failure(400, f"{stage.sends} must be sent as a file in a form", param=stage.sends)
    for stage in plan[:-1]:
        yield from _prepared(crossing, stage)
    return (yield from _last(crossing, plan[-1]))


def _prepared(crossing: Crossing, stage: Stage) -> Generator[Step, Any, None]:
    """Do a stage that others come after: the exchange knows what it keeps."""
    done = yield from _done(crossing, stage, heads=stage.heads)
    if not isinstance(done, Told):
        raise Failure(502, "the upstream's reply is no document")
    kept = {name: _value(kept, done, name) for name, kept in stage.keep.items()}
    crossing.exchange = crossing.exchange.knowing(kept)


def _last(crossing: Crossing, stage: Stage) -> Generator[Step, Any, Told | Pieces | Flow]:
    """Do the last stage, whose reply is the operation's."""
    done = yield from _done(crossing, stage)
    if stage.sends is not None and crossing.upload is not None:
        _settle(crossing, crossing.upload.document())
    return done


def _done(crossing: Crossing, stage: Stage, *, heads: bool = False) -> Generator[Step, Any, Told | Pieces | Flow]:
    to = None if stage.to is None else _address(crossing.exchange.memory.get(stage.to))
    sends = crossing.upload if stage.sends is not None else None
    return (yield from asked(crossing, calls.of(crossing.exchange, stage.call), to, sends, heads=heads))


def _address(value: Value) -> str:
    if not isinstance(value, str):
        raise Failure(502, "the upstream gives no address")
    return value


def _value(kept: Kept, told: Told, name: str) -> Value:
    found = told.headers.get(kept.header, ABSENT) if kept.header else find(told.pages[0], kept.at or ())
    if found is ABSENT:
        raise Failure(kept.status, kept.refuse or f"the upstream's reply says no {name}")
    return found


def _settle(crossing: Crossing, document: Value) -> None:
    """Let the exchange know what stood behind the file; raise Failure where it would have been asked otherwise."""
    known, before = crossing.exchange.body, crossing.exchange.request.body
    whole = {**known, **document} if isinstance(known, dict) and isinstance(document, dict) else document
    if whole == known:
        return
    crossing.exchange = crossing.exchange.knowing({}, whole)
    if crossing.exchange.request.body != before:
        raise Failure(400, "what the form says behind its file should stand before it")
