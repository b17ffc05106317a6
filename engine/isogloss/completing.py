"""What a rule computes from what it has read: constants, derived values, sums, bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.matching import Bound, Env
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isogloss.interpreter import Run
    from isogloss.lens import Lens
    from isogloss.rule import Rule
    from isogloss.values import Path, Value


def completed(run: Run, rule: Rule, env: Env) -> Env:
    """Return what was read with all that the rule computes from it."""
    full: Env = {**env, **{name: Bound(value) for name, value in rule.let.items()}}
    _derived(run, rule, full)
    for line in rule.sums:
        solve(full, line)
    for name, value in rule.absent.items():
        full.setdefault(name, Bound(value))
    for line in rule.sums if rule.absent else ():
        solve(full, line)
    for name, facts in rule.bounds.items():
        if name in full:
            full[name] = _bounded(run, full[name], *facts)
    return full


def _derived(run: Run, rule: Rule, full: Env) -> None:
    for name, (_, base, *steps) in rule.derive.items():
        if name not in full and base in full:
            value = derive(run.lens, full[base], steps)
            if value is not ABSENT:
                full[name] = Bound(value, full[base].path)


def _bounded(run: Run, bound: Bound, least: str, most: str) -> Bound:
    """Keep a number within what the written family takes."""
    family = run.lens.family(run.lens.writer)
    low, high = (family.facts.get(fact) if family else None for fact in (least, most))
    value = bound.value
    if not isinstance(value, int | float) or isinstance(value, bool) or low is None or high is None:
        return bound
    kept = min(max(value, low), high)
    if kept != value:
        run.lose("clamped", bound.path, None, f"this family takes {low} to {high}")
    return Bound(kept, bound.path)


def derive(lens: Lens, base: Bound, steps: Iterable[str]) -> Value:
    """Compute a variable from another one through conversions; ABSENT where there is nothing to say."""
    value = base.value
    for step in steps:
        value = _stepped(lens, value, step)
        if value is ABSENT:
            return ABSENT
    return value


def _stepped(lens: Lens, value: Value, step: str) -> Value:
    conversion = lens.conversion(step)
    if conversion.codec is None:
        rows = lens.ruleset.tables[conversion.name].rows
        return next((row.cells[1] for row in rows if same(row.cells[0], value)), ABSENT)
    fits = conversion.codec.fits(value, conversion.options)
    return conversion.codec.read(value, conversion.options)[0] if fits else ABSENT


def solve(env: Env, line: tuple[str, ...]) -> None:
    """Solve total = part + rest … for whichever is missing; what nobody gives counts as 0."""
    total, *terms = line
    numbers = {name: env[name].value for name in line if name in env}
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers.values()):
        return
    if total not in numbers and numbers:
        env[total] = Bound(sum(numbers.values()), _path(env, terms))
    elif total in numbers and terms[0] not in numbers:
        rest = sum(numbers.get(name, 0) for name in terms[1:])
        env[terms[0]] = Bound(numbers[total] - rest, env[total].path)


def _path(env: Env, names: list[str]) -> Path | None:
    return next((env[name].path for name in names if name in env), None)
