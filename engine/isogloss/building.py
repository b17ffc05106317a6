"""Examples at work: writing one uses the variables that reading another has bound."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from isogloss.codecs import CodecError
from isogloss.completing import may_write
from isogloss.errors import DocumentError
from isogloss.example import All, Each, Known, Node, Obj, Pick, Var, variables
from isogloss.matching import Bound, Env
from isogloss.pointer import pointer
from isogloss.values import ABSENT, same, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import Conversion, Turn
    from isogloss.values import Path, Value


def build(run: Run, node: Node, env: Env, at: Path, turn: Turn | None = None) -> Value:
    """Write an example; ABSENT if none of its variables has a value."""
    if isinstance(node, Obj):
        return _build_object(run, node, env, at, turn)
    if isinstance(node, Var):
        return _build_variable(run, node, env, at, turn)
    if isinstance(node, Each):
        return _build_each(run, node, env, at, turn, _joined(run, at, turn))
    if isinstance(node, Pick):
        return _build_list(run, node.items, [env] * len(node.items), at, turn, _joined(run, at, turn))
    if isinstance(node, All):
        return _build_all(run, node, env, at, turn)
    if isinstance(node, Known):
        return _build_known(run, node, at)
    return deepcopy(node.value)


def _joined(run: Run, at: Path, turn: Turn | None) -> int:
    """Tell how many items stand in the list that those of a rule are added to."""
    there = run.written(at) if turn is not None and turn.rule.lists == "append" else None
    return len(there) if isinstance(there, list) else 0


class Spread(list["Value"]):
    """What is laid over the items of a list that has been written."""


def _build_all(run: Run, node: All, env: Env, at: Path, turn: Turn | None) -> Value:
    there = run.written(at)
    if not isinstance(there, list):
        return ABSENT
    return Spread(build(run, node.item, env, (*at, index), turn) for index in range(len(there)))


def _build_known(run: Run, node: Known, at: Path) -> Value:
    value = run.exchange.get(node.name)
    conversion = run.lens.conversion(node.conversion) if node.conversion else None
    return value if conversion is None or value is ABSENT else write_codec(run, conversion, [value], at)


def _build_object(run: Run, node: Obj, env: Env, at: Path, turn: Turn | None) -> Value:
    written: dict[str, Value] = {}
    for name, child in node.fields:
        value = build(run, child, env, (*at, name), turn)
        if value is not ABSENT:
            written[name] = value
    return written if written or not node.fields else ABSENT


def _build_each(run: Run, node: Each, env: Env, at: Path, turn: Turn | None, first: int = 0) -> Value:
    names = [name for variable in variables(node.item) for name in variable.names]
    columns = {name: env[name].items or [] for name in names if name in env and env[name].items is not None}
    if not columns:
        return ABSENT
    rows: list[Env] = []
    for index in range(max(len(column) for column in columns.values())):
        row = {name: column[index] if index < len(column) else None for name, column in columns.items()}
        rows.append({**_less(env, row), **{name: bound for name, bound in row.items() if bound is not None}})
    empty = all(row.keys().isdisjoint(columns) for row in rows)
    if empty and (rows or all(variable.optional for variable in variables(node.item))):
        return ABSENT
    return _build_list(run, [node.item] * len(rows), rows, at, turn, first) if rows else []


def _less(env: Env, row: Mapping[str, Bound | None]) -> Env:
    return {name: bound for name, bound in env.items() if name not in row}


def _build_list(run: Run, nodes: Any, envs: list[Env], at: Path, turn: Turn | None, first: int = 0) -> Value:
    """Write items; `first` tells how many stand before them in the list that they join."""
    written: list[Value] = []
    for node, env in zip(nodes, envs, strict=True):
        if isinstance(node, Var) and node.star and env.get(node.names[0], _NOTHING).items is not None:
            rest = _build_each(run, Each(node), env, at, turn, first + len(written))
            written += rest if isinstance(rest, list) else []
            continue
        names = names_of(node)
        if names and names.isdisjoint(env):
            written += [None] if isinstance(node, Var) and node.star and node.optional else []
            written += [{}] if isinstance(node, Obj) and any(v.star for v in variables(node)) else []
            continue
        value = build(run, node, env, (*at, first + len(written)), turn)
        if value is not ABSENT:
            written.append(value)
    return written or ABSENT


_NOTHING = Bound(None)


def _build_variable(run: Run, node: Var, env: Env, at: Path, turn: Turn | None) -> Value:
    bounds = [env.get(name) for name in node.names]
    first = bounds[0]
    if first is None or any(bound is None for bound in bounds):
        return ABSENT
    if turn is not None and not may_write(run, node, env, turn):
        return ABSENT
    if first.items is not None:
        return _build_each(run, Each(node), env, at, turn)
    conversion = run.lens.conversion(node.conversion) if node.conversion else None
    start = len(run.accounts.pairs)
    values = [run.settle(bound, at) for bound in bounds if bound is not None]
    if conversion is not None and conversion.codec is not None:
        run.accounts.gather(start, at)
    if any(value is ABSENT for value in values):
        return ABSENT
    value = _written(run, conversion, values, first, at)
    if value is not ABSENT and not _walked(first, conversion):
        for path in {bound.path for bound in bounds if bound is not None}:
            run.pair("mapped", path, at)
    return value


def _walked(bound: Bound, conversion: Conversion | None) -> bool:
    """Tell whether a rule set has paired the inside already."""
    return any(step is not None and step.sort in ("set", "layout") for step in (bound.pending, conversion))


def _written(run: Run, conversion: Conversion | None, values: list[Value], bound: Bound, at: Path) -> Value:
    if conversion is None:
        return values[0]
    if conversion.codec is not None:
        if conversion.over:
            return over(run, conversion, values[0], bound.path or (), at, _write_one(run))
        written = write_codec(run, conversion, values, bound.path or ())
        if conversion.codec.cuts:
            _remember(run, conversion, written, bound, at)
        return written
    return run.convert(conversion, values[0], _standing(run, bound), at)


def over(run: Run, conversion: Conversion, value: Value, path: Path, at: Path, one: Callable[..., Value]) -> Value:
    """Convert each item of a list, or each value of an object."""
    single = type(conversion)(conversion.name, conversion.sort, "", conversion.codec, conversion.options)
    kind, what = (list, "a list") if conversion.over == "*" else (dict, "an object")
    if not isinstance(value, kind):
        run.refuse(path, f"{what} must stand here, not {type_name(value)}")
    if not value:
        run.empty(path, at)
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value)
    made = {step: one(single, item, (*path, step), (*at, step)) for step, item in steps}
    kept = {step: item for step, item in made.items() if item is not ABSENT}
    return kept if kind is dict else list(kept.values())


def _write_one(run: Run) -> Callable[..., Value]:
    """Return how a value of many is written by a codec."""
    return lambda single, item, _path, _at: single.codec.write((item,), run.options(single))


def _remember(run: Run, conversion: Conversion, written: Value, bound: Bound, at: Path) -> None:
    """Remember the whole of a name that was cut; without an exchange it is lost."""
    assert conversion.codec is not None
    if (conversion.name, bound.value) in run.exchange.spelled:
        return
    if same(conversion.codec.read(written, run.options(conversion))[0], bound.value):
        return
    run.exchange.whole[written] = bound.value
    if not run.exchange.kept and bound.path is not None:
        reason = "the name cannot be said there as it is, and only an exchange could undo this"
        run.lose("approximated", bound.path, at, reason)


def _standing(run: Run, bound: Bound) -> Path:
    """Return where a value stands; one that a codec made is accounted for beside the document."""
    path = bound.path or ()
    if not bound.coded and bound.path is not None:
        return path
    run.accounts.coded[("#", *path)] = path
    return ("#", *path)


def write_codec(run: Run, conversion: Conversion, values: list[Value], path: Path) -> Value:
    """Write values by a codec; what cannot be written is the caller's mistake."""
    assert conversion.codec is not None
    if conversion.codec.respells and (conversion.name, values[0]) in run.exchange.spelled:
        return run.exchange.spelled[conversion.name, values[0]]
    try:
        return conversion.codec.write(tuple(values), run.options(conversion))
    except CodecError as error:
        raise DocumentError(
            pointer(run.accounts.real(path)), str(error), rule=run.owner.id, place=run.owner.place
        ) from None


def names_of(node: Node) -> set[str]:
    """Return the names of all variables of an example."""
    return {name for variable in variables(node) for name in variable.names}


def merge(
    out: dict[str, Value],
    built: Mapping[str, Value],
    at: Path,
    lists: str | None = None,
    whole: Collection[Path] = (),
) -> Path | None:
    """Lay a written object into what is written already; returns the first place that contradicts.

    What stands in `out` may be the caller's own: it is laid over a copy of it. Some places are said as a `whole`.
    """
    for name, value in built.items():
        there, clash = out.get(name, ABSENT), None
        if there is ABSENT:
            out[name] = value
        elif isinstance(there, dict) and isinstance(value, dict) and (*at, name) not in whole:
            out[name] = laid = dict(there)
            clash = merge(laid, value, (*at, name), lists, whole)
        elif isinstance(there, list) and isinstance(value, Spread):
            out[name] = laid = list(there)
            clash = _spread(laid, value, (*at, name), lists)
        elif lists == "append" and isinstance(there, list) and isinstance(value, list):
            out[name] = [*there, *(item for item in value if item not in there)]
        elif lists == "zip" and isinstance(there, list) and isinstance(value, list):
            out[name] = laid = list(there)
            _zip(laid, value, (*at, name))
        elif not same(there, value):
            clash = (*at, name)
        if clash is not None:
            return clash
    return None


def _zip(laid: list[Value], value: list[Value], at: Path) -> None:
    for index, (one, other) in enumerate(zip(laid, value, strict=False)):
        if isinstance(one, dict) and isinstance(other, dict):
            laid[index] = dict(one)
            merge(laid[index], other, at, "zip")


def _spread(laid: list[Value], value: Spread, at: Path, lists: str | None) -> Path | None:
    for index, (one, other) in enumerate(zip(laid, value, strict=True)):
        if other is ABSENT:
            continue
        if not isinstance(one, dict):
            return (*at, index)
        laid[index] = dict(one)
        clash = merge(laid[index], other, (*at, index), lists)
        if clash is not None:
            return clash
    return None
