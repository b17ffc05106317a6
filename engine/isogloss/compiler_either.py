"""Sets that translate any value by the first rule that it fits, compiled: one test after another.

What tests as fitting a rule that is more than a plain value is left to the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.compiler_clusters import SET_ARGUMENTS, rule_is_odd
from isogloss.compiler_code import Code, Unsupported
from isogloss.compiler_examples import Bind
from isogloss.compiler_guards import guard_source
from isogloss.compiler_writing import Writing
from isogloss.example import Const, Obj, Var

if TYPE_CHECKING:
    from isogloss.compiler_examples import Context
    from isogloss.lens import Turn, TurnedSet


def compile_either(context: Context, rules: TurnedSet, name: str) -> None:
    """Emit the function of a set; raises Unsupported where even its tests cannot be written."""
    body = Code()
    tests = [_test(context, turn) for turn in rules.turns]
    for index, turn in enumerate(rules.turns):
        written = _written(context, turn, index)
        if written is None and tests[index] in tests[:index]:
            continue
        with body.block(f"if {tests[index]}:"):
            body.take(written) if written is not None else body.add("raise Bail")
    body.add("raise Bail")
    context.module.function(name, SET_ARGUMENTS, body)


def _test(context: Context, turn: Turn) -> str:
    """Write the test without which a rule does not hold; what passes it may still fit another rule."""
    tests: list[str] = []
    node, lens = turn.read, context.lens
    if turn.guard is not None:
        tests.append(guard_source(context.module, turn.rule.when[lens.reader], "v", snake=lens.snake))
    if isinstance(node, Const):
        tests.append(f"v == {node.value!r}" if node.value in ("", []) else f"same(v, {node.value!r})")
    elif isinstance(node, Obj):
        tests.append("type(v) is dict")
    elif not isinstance(node, Var):
        tests.append("type(v) is list")
    elif node.conversion is not None:
        conversion = lens.conversion(node.conversion)
        if conversion.codec is not None and not conversion.over:
            tests.append(context.fits(conversion, "v"))
    return " and ".join(tests) or "True"


def _written(context: Context, turn: Turn, index: int) -> Code | None:
    """Write what a rule makes of a plain value; None where the interpreter must say it."""
    code = Code(0)
    try:
        _write(context, code, turn, index)
    except Unsupported:
        return None
    return code


def _write(context: Context, code: Code, turn: Turn, index: int) -> None:
    rule, node = turn.rule, turn.read
    plain = isinstance(node, Var) and len(node.names) == 1 and not node.star
    if not plain or turn.gated is not None or rule_is_odd(rule) or rule.kind or rule.knows or rule.lacks or rule.saw:
        raise Unsupported(turn.id)
    assert isinstance(node, Var)
    conversion = context.lens.conversion(node.conversion) if node.conversion else None
    if conversion is not None and conversion.codec is not None:
        raise Unsupported(turn.id)
    context.check_pending(conversion)
    env = {node.names[0]: Bind("v", False, (), conversion)}
    made = Writing(context, code, turn, env, f"(1, {index})").node(turn.write, ())
    if made is None or made.optional:
        raise Unsupported(turn.id)
    code.add(f"return {made.source}")
