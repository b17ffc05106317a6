"""The calls of an exchange: one, one for each share, or those of a plan's stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss import library, routes
from isogloss.running import run

if TYPE_CHECKING:
    from isogloss.routes import Call
    from isogloss.stages import Plan
    from isogloss.translator import Exchange
    from isogloss.values import Value


def plan(exchange: Exchange) -> Plan:
    """Return what must be asked for, one after the other, where one call is not all."""
    gloss = exchange.gloss
    return gloss.ruleset.plans.get(exchange.operation, {}).get(gloss.target, ())


def calls(exchange: Exchange) -> tuple[Call, ...]:
    """Return the calls to make at once; of a plan the first one."""
    stages = plan(exchange)
    if stages:
        return (of(exchange, stages[0].call),)
    bodies = [done.body for done, _ in exchange.shares] or [exchange.request.body]
    return tuple(_call(exchange, exchange.operation, body, stream=exchange.streams) for body in bodies)


def of(exchange: Exchange, operation: str) -> Call:
    """Make the call of a plan's stage: its body is the caller's document, as that operation's request says it.

    What it leaves out is no loss: the exchange's own request accounts for the document.
    """
    name, gloss = f"{operation}.request", exchange.gloss
    if operation == exchange.operation:
        return _call(exchange, operation, exchange.request.body, stream=False)
    if name not in gloss.ruleset.documents:
        return _call(exchange, operation, None, stream=False)
    lens = library.lens(gloss.ruleset, name, gloss.source, gloss.target, exchange.plan.matches)
    return _call(exchange, operation, run(lens, exchange.body, exchange.after(), gloss).body, stream=False)


def _call(exchange: Exchange, operation: str, body: Value, *, stream: bool) -> Call:
    target = exchange.gloss.target
    dialect, family = exchange.gloss.ruleset.dialects[target], exchange.plan.matches[target].family
    return routes.call(dialect, operation, exchange.target_model, body, stream=stream, family=family)
