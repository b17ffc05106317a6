"""What a rule computes from what it has read: constants, derived values, sums, bounds; and what it need not write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs import dump_json
from isogloss.example import NAME_TOLD
from isogloss.matching import Bound, Env
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from isogloss.example import Var
    from isogloss.interpreter import Run
    from isogloss.lens import Lens, Turn
    from isogloss.rule import Rule
    from isogloss.values import Path, Value


def completed(run: Run, rule: Rule, env: Env) -> Env:
    """Return what was read with all that the rule computes from it."""
    full: Env = {**env, **{name: Bound(value) for name, value in rule.let.items()}}
    _derived(run, rule, full)
    _kept(run, rule, full)
    _summed(run, rule, env, full)
    for name, facts in rule.bounds.items():
        if name in full:
            full[name] = _bounded(run, full[name], *facts)
    return full


def _summed(run: Run, rule: Rule, env: Env, full: Env) -> None:
    """Solve the sums, with what is absent last; tell of totals that what is counted beside them does not come to."""
    _numbered(run, rule, full)
    for line in rule.sums:
        _solve(run, full, line)
    for name, value in rule.absent.items():
        full.setdefault(name, Bound(value))
    for line in rule.sums if rule.absent else ():
        _solve(run, full, line)
    for line, inner in nested(rule, env):
        _held(run, full, line, inner)
    for line in stated(rule, env):
        _agreed(run, full, line)


def _kept(run: Run, rule: Rule, full: Env) -> None:
    """Let the exchange keep what was read, and give what it has kept."""
    for variable, name in rule.keeps.items():
        if variable in full:
            run.exchange.set(name, full[variable].value)
        elif (known := run.exchange.get(name)) is not ABSENT:
            full[variable] = Bound(known)


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
        rows = lens.rows(conversion.name)
        return next((row.cells[1] for row in rows if same(row.cells[0], value)), ABSENT)
    fits = conversion.codec.fits(value, conversion.options)
    return conversion.codec.read(value, conversion.options)[0] if fits else ABSENT


def satisfied(rule: Rule, env: Env) -> bool:
    """Tell whether what was read asks for what happens anyway."""
    values = [bound.value for bound in env.values()]
    known = (any(same(value, word) for word in rule.satisfied) for value in values)
    return bool(rule.satisfied and values) and all(known)


#: The most letters of what is put into a sentence.
_LETTERS: Final = 300


def worded(sentence: str, env: Env) -> str:
    """Put what was read, cut to a bound, into a sentence: {name} stands for a variable, for nothing without a value."""

    def value(found: re.Match[str]) -> str:
        bound = env.get(found[1])
        items = [bound] if bound is None or bound.items is None else bound.items
        return ", ".join(_text(item.value) for item in items if item is not None)[:_LETTERS]

    return NAME_TOLD.sub(value, sentence).strip()


def _text(value: Value) -> str:
    return value if isinstance(value, str) else dump_json(value)


def _numbered(run: Run, rule: Rule, full: Env) -> None:
    """Lose what is no number where sums want one."""
    for name in {name: None for line in rule.sums for name in line if name in full}:
        if isinstance(full[name].value, bool) or not isinstance(full[name].value, int | float):
            run.lose("dropped", full.pop(name).path, None, "a number must stand here")


def _solve(run: Run, env: Env, line: tuple[str, ...]) -> None:
    """Solve total = part + rest … for whichever is missing; what nobody gives counts as 0."""
    total, *terms = line
    numbers = {name: env[name].value for name in line if name in env}
    if total not in numbers:
        if numbers:
            env[total] = Bound(sum(numbers.values()), _path(env, terms))
        return
    rest = 2 * numbers[total] - sum(numbers.values())
    missing = [name for name in terms if name not in numbers]
    if terms[0] in missing:
        _parted(run, env, line, rest)
    elif len(missing) == 1 and rest > 0:
        env[missing[0]] = Bound(rest, env[total].path)


def _parted(run: Run, env: Env, line: tuple[str, ...], rest: Any) -> None:
    """Give the first part what its total leaves; one less than what it should hold, holds that part only."""
    total, part = env[line[0]], line[1]
    env[part] = Bound(rest, total.path)
    if rest < min(total.value, 0):
        env[part], env[line[0]] = total, Bound(2 * total.value - rest, total.path)
        run.lose("assumed", total.path, None, "this is less than what it should hold, so that it counts without it")


def _agreed(run: Run, full: Env, line: tuple[str, ...]) -> None:
    """Tell of a total that says otherwise than what is counted beside it."""
    total, *numbers = (full[name].value for name in line if name in full)
    if line[0] in full and numbers and total != sum(numbers):
        run.lose("assumed", full[line[0]].path, None, "what is counted beside it does not come to this total")


def stated(rule: Rule, read: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the lines whose total was read beside what it should come to."""
    found = {line[0] for line in rule.sums}
    return [line for line in rule.sums if line[0] in read and (line[1] in read or line[1] in found)]


def nested(rule: Rule, read: Iterable[str]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Pair each line whose total was read with the lines that gave one of its terms, all of whose parts were read."""
    return [
        (line, inner)
        for line in rule.sums
        for inner in rule.sums
        if line[0] in read and inner[0] in line[1:] and inner[0] not in read and all(name in read for name in inner[1:])
    ]


def _held(run: Run, full: Env, line: tuple[str, ...], inner: tuple[str, ...]) -> None:
    """Where a total shows that the first part of a term holds the rest already, the term is that part."""
    numbers = [full[name].value for name in (*line, *inner) if name in full]
    if len(numbers) < len(line) + len(inner) or not all(type(number) is int for number in numbers):
        return
    total, term, part = (full[name] for name in (line[0], inner[0], inner[1]))
    over = sum(full[name].value for name in line[1:]) - total.value
    if over > 0 and term.value - over == part.value:
        full[inner[0]] = part
        run.accounts.plain(part.path)
        run.lose("assumed", part.path, None, "the total shows that this count holds what is counted beside it already")


def _path(env: Env, names: list[str]) -> Path | None:
    return next((env[name].path for name in names if name in env), None)


def may_write(run: Run, node: Var, env: Env, turn: Turn) -> bool:
    """Tell whether a variable is written here: gates, and derived values that say nothing new."""
    rule, writer = turn.rule, run.lens.writer
    for name in node.names:
        derived = rule.derive.get(name)
        if derived and derived[0] == writer and node.optional and _derives(run, derived, env, name):
            run.accounts.plain(env[name].path)
            return False
        gate = rule.gate.get(writer, {}).get(name)
        if gate is not None and not run.lens.has(writer, _facts(gate["needs"])):
            if "reason" in gate and not any(same(env[name].value, word) for word in gate.get("satisfied", ())):
                run.lose("dropped", env[name].path, None, gate["reason"])
                run.accounts.lost_whole(env[name].path, run.owner)
            else:
                run.accounts.plain(env[name].path)
            return False
    return True


def _derives(run: Run, derived: tuple[str, ...], env: Env, name: str) -> bool:
    """Tell whether a variable says no more than what can be derived."""
    base = env.get(derived[1])
    return base is not None and same(derive(run.lens, base, derived[2:]), env[name].value)


def _facts(needs: Any) -> dict[str, Value]:
    return {needs: True} if isinstance(needs, str) else needs
