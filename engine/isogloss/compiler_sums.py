"""What rules compute, compiled: constants, sums, absent and derived values; and the loss of what has no place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isogloss.compiler_code import Code, Unsupported, literal, steps
from isogloss.compiler_examples import Bind, Context
from isogloss.completing import stated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isogloss.lens import Turn
    from isogloss.rule import Rule


def completed(context: Context, code: Code, rule: Rule, env: dict[str, Bind]) -> dict[str, Bind]:
    """Emit what a rule computes: constants, sums, absent values."""
    full = dict(env)
    for name, value in rule.let.items():
        full[name] = Bind(literal(value), False, None)
    for line in rule.sums:
        _solve(context, code, full, line)
    for name, value in rule.absent.items():
        _absent(context, code, full, name, value)
    for line in rule.sums if rule.absent else ():
        _solve(context, code, full, line)
    for line in stated(rule, env):
        _agree(code, full, line)
    return full


def derived(context: Context, code: Code, rule: Rule, env: dict[str, Bind]) -> dict[str, Bind]:
    """Emit what a rule computes from one of its variables, where the document does not say it."""
    full = dict(env)
    for name, (_, base, *how) in rule.derive.items():
        if base not in full:
            continue
        make = context.module.constant(f"deriver(LENS, {tuple(how)!r})")
        known, var = full.get(name), context.module.fresh()
        if known is None:
            code.add(f"{var} = {make}({full[base].var})")
        elif known.optional:
            code.add(f"{var} = {make}({full[base].var}) if {known.var} is None else {known.var}")
        else:
            continue
        full[name] = Bind(var, True, full[base].path, vague=True)
    return full


def _agree(code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    """Leave a total that its parts do not come to to the interpreter."""
    total, *terms = (full[name] for name in line if name in full)
    added = " + ".join(f"({term.var} or 0)" if term.optional else term.var for term in terms)
    test = f"{total.var} is not None and " if total.optional else ""
    code.add(f"if {test}{total.var} != {added}: raise Bail")


def _absent(context: Context, code: Code, full: dict[str, Bind], name: str, value: Any) -> None:
    known = full.get(name)
    if known is None:
        full[name] = Bind(literal(value), False, None)
    elif known.optional:
        var = context.module.fresh()
        code.add(f"{var} = {literal(value)} if {known.var} is None else {known.var}")
        full[name] = Bind(var, False, known.path, known.pending, known.coded, known.vague)


def _solve(context: Context, code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    """Emit total = part + rest …, solved for whichever is missing."""
    binds = {name: full[name] for name in line if name in full}
    for name, bind in binds.items():
        if bind.pending is not None:
            raise Unsupported(line[0])
        if bind.path is not None and not bind.coded:
            test = f"{bind.var} is not None and " if bind.optional else ""
            code.add(f"if {test}type({bind.var}) is not int: raise Bail")
            if name in line[2:]:  # a negative part is what the whole is less than
                code.add(f"if {test}{bind.var} < 0: raise Bail")
            full[name] = replace(bind, coded=True)
    total, first, *rest = line
    others = [binds[name].var for name in rest if name in binds]
    if total in binds and first not in binds:
        _part(context, code, full, (total, first), others)
    elif first in binds or others:
        if total in binds:
            if binds[total].optional or first not in binds or binds[first].optional:
                _either(context, code, full, line)
        else:
            _total(context, code, full, line)


def _part(context: Context, code: Code, full: dict[str, Bind], names: tuple[str, str], others: list[str]) -> None:
    total = full[names[0]]
    var = context.module.fresh()
    rest = "".join(f" - ({other} or 0)" for other in others)
    there = f"None if {total.var} is None else " if total.optional else ""
    code.add(f"{var} = {there}{total.var}{rest}")
    if rest:
        code.add(f"if {f'{var} is not None and ' if there else ''}{var} < 0: raise Bail")
    full[names[1]] = Bind(var, total.optional, total.path, coded=True, vague=True)


def _total(context: Context, code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    binds = [full[name] for name in line[1:] if name in full]
    var = context.module.fresh()
    added = " + ".join(f"({bind.var} or 0)" for bind in binds)
    sure = any(not bind.optional for bind in binds)
    tests = " and ".join(f"{bind.var} is None" for bind in binds)
    code.add(f"{var} = {added}" if sure else f"{var} = None if {tests} else {added}")
    full[line[0]] = Bind(var, not sure, binds[0].path, coded=True, vague=True)


def _either(context: Context, code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    """Emit the general case: the total and its first part may both be missing."""
    total, first, *rest = line
    both = {name: full.get(name) or Bind("None", True, None) for name in (total, first)}
    names = {name: context.module.fresh() for name in (total, first)}
    others = [full[name].var for name in rest if name in full]
    less = "".join(f" - ({other} or 0)" for other in others)
    more = "".join(f" + ({other} or 0)" for other in others)
    code.add(f"{names[total]} = {both[total].var}; {names[first]} = {both[first].var}")
    terms = [full[name] for name in rest if name in full]
    known = [f"{names[first]} is not None", *(f"{term.var} is not None" if term.optional else "True" for term in terms)]
    with code.block(f"if {names[total]} is None:"):
        code.add(f"if {' or '.join(known)}: {names[total]} = ({names[first]} or 0){more}")
    with code.block(f"elif {names[first]} is None:"):
        code.add(f"{names[first]} = {names[total]}{less}", *[f"if {names[first]} < 0: raise Bail"][: len(others)])
    for name in (total, first):
        full[name] = Bind(names[name], both[name].optional, both[name].path or (), coded=True, vague=True)


def unwritten(code: Code, turn: Turn, env: dict[str, Bind], order: str, more: Iterable[str] = ()) -> None:
    """Emit the loss of what was read and has no place on the other side."""
    rule = turn.rule
    from isogloss.example import variables

    written = {name for variable in variables(turn.write) for name in variable.names}
    for name in sorted(set(rule.ignores) & env.keys() - written) if not rule.also else ():
        if not env[name].coded:  # nobody else looks how deep it is
            code.add(f"if type({env[name].var}) in BOXES: notes.append((DEEP, {env[name].var}))")
    used = written | set(rule.ignores) | set(more)
    for line in rule.sums:
        used |= set(line) if used & set(line) else set()
    used |= {base for _, base, *_ in rule.derive.values()}
    for name in sorted(turn.reads - used):
        bind = env.get(name)
        if bind is None or bind.path is None:
            continue
        tests = [f"{bind.var} is not None"] if bind.optional else []
        if name in rule.absent:
            tests.append(f"not same({literal(rule.absent[name])}, {bind.var})")
        reason = rule.reason or "there is no place for this"
        told = f"{rule.id!r}, {rule.mark.place!r}, {reason!r}"
        note = f"notes.append((LOST, link, {order}, 'dropped', {steps(bind.path)}, None, {told}))"
        code.add(f"if {' and '.join(tests) or 'True'}: {'raise Bail' if bind.vague else note}")
