"""Either: rule sets that translate any value whole, each by the first rule that it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.accounts import Owner
from isogloss.values import ABSENT, DEPTH_LIMIT, type_name

if TYPE_CHECKING:
    from isogloss.interpreter import Run
    from isogloss.lens import Turn, TurnedSet
    from isogloss.matching import Found
    from isogloss.values import Path, Value


def chosen(run: Run, rules: TurnedSet, value: Value, path: Path, at: Path) -> Value:
    """Translate one value by the first rule that it fits; what fits none is refused."""
    if len(path) > DEPTH_LIMIT:
        run.refuse(path, f"this is nested more than {DEPTH_LIMIT} deep")
    for turn in rules.turns:
        run.owner = Owner(turn.id, turn.place)
        found = run.found(turn, value, path)
        if found is not None:
            return _written(run, turn, found, path, at)
    run.owner = Owner(rules.name, rules.place)
    return run.refuse(path, f"{type_name(value)} cannot stand here")


def _written(run: Run, turn: Turn, found: Found, path: Path, at: Path) -> Value:
    rule = turn.rule
    run.accounts.scope(path, rule.drops.get(run.lens.reader, ()), run.owner)
    if turn.gated is not None:
        run.gated(turn, found, path)
        return ABSENT
    run.claim(turn, found)
    env = run.complete(rule, found.env)
    start = len(run.accounts.pairs)
    written = run.built(turn, env, {}, at)
    run.pair_constants(turn, found, written, at, start)
    if rule.kind is not None:
        run.report(rule, found.claims[0] if found.claims else path, turn, at)
    run.unwritten(turn, env)
    return written
