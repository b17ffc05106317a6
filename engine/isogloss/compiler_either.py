"""Sets that translate any value by the first rule that it fits, compiled: one test after another.

A test is all that a rule asks where the rule is code: what passes is written, and what does not is for the next rule.
Where a rule is none, what might fit it is left to the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.compiler_clusters import SET_ARGUMENTS, rule_is_odd
from isogloss.compiler_code import Code, Unsupported
from isogloss.compiler_examples import Bind, Thing
from isogloss.compiler_guards import guard_source
from isogloss.compiler_reading import Reading
from isogloss.compiler_sums import completed, derived, unwritten
from isogloss.compiler_writing import Writing
from isogloss.example import Const, Node, Obj, Var, places, skippable
from isogloss.guard import snake_case

if TYPE_CHECKING:
    from isogloss.compiler_examples import Context
    from isogloss.lens import Turn, TurnedSet


def compile_either(context: Context, rules: TurnedSet, name: str) -> None:
    """Emit the function of a set; raises Unsupported where even its tests cannot be written."""
    body = Code()
    asked: set[str] = set()
    for index, turn in enumerate(rules.turns):
        test = _test(context, turn)
        written = None if test in asked else _written(context, rules, turn, index)
        if written is not None:
            exact, code = written
            with body.block(f"if {exact}:"):
                body.take(code)
        elif test not in asked:
            asked.add(test)
            body.add(f"if {test}: raise Bail")
    body.add("raise Bail")
    context.module.function(name, SET_ARGUMENTS, body)


def _test(context: Context, turn: Turn) -> str:
    """Write the test without which a rule does not hold; what passes it may still fit another rule."""
    tests: list[str] = _guarded(context, turn)
    node, lens = turn.read, context.lens
    if isinstance(node, Const):
        tests.append(f"v == {node.value!r}" if node.value in ("", []) else f"same(v, {node.value!r})")
    elif isinstance(node, Obj):
        tests += ["type(v) is dict", *(_named(name, lens.snake) for name, child in node.fields if _sure(child))]
    elif not isinstance(node, Var):
        tests.append("type(v) is list")
    elif node.conversion is not None:
        conversion = lens.conversion(node.conversion)
        if conversion.codec is not None and not conversion.over:
            tests.append(context.fits(conversion, "v"))
    return " and ".join(tests) or "True"


def _guarded(context: Context, turn: Turn) -> list[str]:
    if turn.guard is None:
        return []
    lens = context.lens
    return [guard_source(context.module, turn.rule.when[lens.reader], "v", snake=lens.snake)]


def _sure(child: Node) -> bool:
    """Tell whether a name must be there; null may stand for one that is not."""
    return not (skippable(child) or isinstance(child, Const))


def _named(name: str, snake: bool) -> str:
    spelled = snake_case(name)
    return f"({name!r} in v or {spelled!r} in v)" if snake and spelled != name else f"{name!r} in v"


def _written(context: Context, rules: TurnedSet, turn: Turn, index: int) -> tuple[str, Code] | None:
    """Write what a rule asks, and what it makes of a value; None where the interpreter must say it."""
    code = Code(0)
    try:
        test = _write(context, rules, code, turn, index)
    except Unsupported:
        return None
    return test, code


def _write(context: Context, rules: TurnedSet, code: Code, turn: Turn, index: int) -> str:
    rule = turn.rule
    odd = set(rule_is_odd(rule)) - {"derive"}
    if turn.gated is not None or odd or rule.kind or rule.knows or rule.lacks or rule.saw or rule.unseen:
        raise Unsupported(turn.id)
    reading = Reading(context, code)
    _read(context, rules, turn, reading)
    order = f"(1, {index})"
    env = derived(context, code, rule, completed(context, code, rule, reading.env))
    made = Writing(context, code, turn, env, order).node(turn.write, ())
    if made is None or made.optional:
        raise Unsupported(turn.id)
    unwritten(code, turn, env, order)
    code.add(f"return {made.source}")
    return " and ".join([*_guarded(context, turn), *reading.tests]) or "True"


def _read(context: Context, rules: TurnedSet, turn: Turn, reading: Reading) -> None:
    """Read a value; raises Unsupported where it cannot be told whether the rule holds."""
    node = turn.read
    if isinstance(node, Var) and not node.star:
        conversion = context.lens.conversion(node.conversion) if node.conversion else None
        if len(node.names) == 1 and (conversion is None or conversion.codec is None):
            context.check_pending(conversion)
            reading.env[node.names[0]] = Bind("v", False, (), conversion)
            return
        reading.variable(node, "v", "", ())
    elif isinstance(node, Obj) and _is_spelled(context, rules, node):
        drops = turn.rule.drops.get(context.lens.reader, ())
        reading.tests.append("type(v) is dict")
        reading.object(node, Thing("v", (), (((), drops, turn.id, turn.place),)))
        if len(reading.tests) == 1 or reading.known or reading.hollow:
            raise Unsupported(turn.id)
        reading.finish()
    else:
        raise Unsupported(turn.id)


def _is_spelled(context: Context, rules: TurnedSet, node: Obj) -> bool:
    """Tell whether an object's names are spelled in one way only, and null says nothing there."""
    lens = context.lens
    names = {step for path, _ in places(node) for step in path}
    plain = not lens.snake or all(name == snake_case(name) for name in names)
    return plain and lens.nulls_absent and not rules.nulls
