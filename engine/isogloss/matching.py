"""Examples at work: reading one binds its variables, writing one uses them.

This is the readable form. It is what the language means; whatever is faster is proved equal to it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss.codecs import CodecError
from isogloss.errors import DocumentError
from isogloss.example import Const, Each, Known, Node, Obj, Pick, Var, may_lack, skippable, variables
from isogloss.pointer import pointer
from isogloss.values import ABSENT, same, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import Conversion, Turn
    from isogloss.values import Path, Value


@dataclass(slots=True)
class Bound:
    """A variable's value and where it was read; `pending` is a conversion that is still to be done."""

    value: Value
    path: Path | None = None
    pending: Conversion | None = None
    #: A codec made it: what is inside it stands nowhere in the document.
    coded: bool = False
    #: For a starred variable: what each item bound (None where an item had none).
    items: list[Bound | None] | None = None


Env = dict[str, Bound]


@dataclass(slots=True)
class Found:
    """What reading an example found."""

    env: Env = field(default_factory=dict[str, Bound])
    #: Places that were read.
    claims: list[Path] = field(default_factory=list["Path"])
    #: Places that say otherwise than the first place of the same variable.
    differs: list[Path] = field(default_factory=list["Path"])
    #: Places that say the same as the first place of the same variable.
    again: list[Path] = field(default_factory=list["Path"])
    #: Items of a list that name what is not there.
    strays: list[Path] = field(default_factory=list["Path"])
    #: Items of a list that are null, which is absence.
    nulls: list[Path] = field(default_factory=list["Path"])
    #: Values for the exchange, and where they stood.
    kept: list[Path] = field(default_factory=list["Path"])
    known: dict[str, Value] = field(default_factory=dict[str, Any])

    def take(self, inner: Found) -> None:
        """Take over the places that an example inside this one has read."""
        self.claims += inner.claims
        self.differs += inner.differs
        self.again += inner.again
        self.nulls += inner.nulls
        self.kept += inner.kept


# --------------------------------------------------------------------- reading


def match(run: Run, node: Node, value: Value, path: Path, found: Found) -> bool:
    """Read a value by an example; False if it does not fit (what `found` then holds is void)."""
    if isinstance(node, Obj):
        return isinstance(value, dict) and _match_object(run, node, value, path, found)
    if isinstance(node, Var):
        return _match_variable(run, node, value, path, found)
    if isinstance(node, Each):
        return isinstance(value, list) and _match_each(run, node, value, path, found)
    if isinstance(node, Pick):
        return isinstance(value, list) and _match_pick(run, node, value, path, found)
    found.claims.append(path)
    if isinstance(node, Known):
        found.kept.append(path)
        found.known[node.name] = value
        return True
    return same(node.value, value)


def member(run: Run, value: dict[str, Value], name: str) -> tuple[str, Value]:
    """Look a name up as the dialect spells it; null is absence where the dialect says so."""
    actual = name if name in value else run.spelled(value, name)
    inner = value.get(actual, ABSENT)
    return actual, ABSENT if inner is None and run.nulls_absent else inner


def _match_object(run: Run, node: Obj, value: dict[str, Value], path: Path, found: Found) -> bool:
    if not node.fields and not value:
        found.claims.append(path)
    constants_first = sorted(node.fields, key=lambda pair: not isinstance(pair[1], Const))
    for name, child in constants_first:
        actual, inner = member(run, value, name)
        if inner is ABSENT:
            if not skippable(child):
                return False
        elif not match(run, child, inner, (*path, actual), found):
            return False
    return True


def _match_variable(run: Run, node: Var, value: Value, path: Path, found: Found) -> bool:
    conversion = run.lens.conversion(node.conversion) if node.conversion else None
    if conversion is None or conversion.codec is None or conversion.over:
        if not _agrees(found, node.names[0], value, path):
            found.env[node.names[0]] = Bound(value, path, conversion)
        if conversion is None or conversion.sort == "codec" or (conversion.sort == "table" and not _nested(value)):
            found.claims.append(path)
        return True
    if not conversion.codec.fits(value, conversion.options):
        return False
    for name, part in zip(node.names, read_codec(run, conversion, value, path), strict=True):
        if part is not ABSENT:
            found.env[name] = Bound(part, path, coded=True)
    found.claims.append(path)
    return True


def _nested(value: Value) -> bool:
    return isinstance(value, dict) and bool(value)


def _agrees(found: Found, name: str, value: Value, path: Path) -> bool:
    """Tell whether a variable is bound already: the first place wins, and the others should agree with it."""
    known = found.env.get(name)
    if known is None or known.path is None:
        return False
    (found.again if same(known.value, value) else found.differs).append(path)
    return True


def read_codec(run: Run, conversion: Conversion, value: Value, path: Path) -> tuple[Value, ...]:
    """Read one value by a codec; what fits and cannot be read is the caller's mistake."""
    assert conversion.codec is not None
    if conversion.codec.cuts and value in run.exchange.whole:
        return (run.exchange.whole[value],)
    try:
        return conversion.codec.read(value, run.options(conversion))
    except CodecError as error:
        raise DocumentError(
            pointer(run.accounts.real(path)), str(error), rule=run.owner.id, place=run.owner.place
        ) from None


def write_codec(run: Run, conversion: Conversion, values: list[Value], path: Path) -> Value:
    """Write values by a codec; what cannot be written is the caller's mistake."""
    assert conversion.codec is not None
    try:
        return conversion.codec.write(tuple(values), run.options(conversion))
    except CodecError as error:
        raise DocumentError(
            pointer(run.accounts.real(path)), str(error), rule=run.owner.id, place=run.owner.place
        ) from None


def _match_each(run: Run, node: Each, value: list[Value], path: Path, found: Found) -> bool:
    names = [name for variable in variables(node.item) for name in variable.names]
    columns: dict[str, list[Bound | None]] = {name: [] for name in names}
    for index, item in enumerate(value):
        inner = Found()
        if item is None and run.nulls_absent:
            found.nulls.append((*path, index))
        elif not match(run, node.item, item, (*path, index), inner):
            continue
        found.take(inner)
        for name in names:
            columns[name].append(inner.env.get(name))
    if not value:
        found.claims.append(path)
    for name in names:
        found.env[name] = Bound(None, path, items=columns[name])
    return True


def _match_pick(run: Run, node: Pick, value: list[Value], path: Path, found: Found) -> bool:
    """One item for each example, constants first; a list of plain values must be used up."""
    free = dict(enumerate(value))
    for example in sorted(node.items, key=_certainty):
        if isinstance(example, Var) and example.star:
            found.env[example.names[0]] = _others(run, example, free, path, found)
            free = {}
            continue
        taken = next((index for index, item in free.items() if _fits(run, example, item, (*path, index), found)), None)
        if taken is None and not may_lack(example):
            return False
        free.pop(taken, None) if taken is not None else None
    exact = all(isinstance(example, Const | Var) for example in node.items)
    return not (exact and free)


def strayed(among: Mapping[str, str], value: dict[str, Value], path: Path, found: Found) -> bool:
    """Take away the items that name no member of the object beside their list; tell whether there are any."""
    for name, beside in among.items():
        members = value.get(beside)
        known = members if isinstance(members, dict) else {}
        found.strays += [(*path, name, n) for n, item in enumerate(value[name]) if not _names(item, known)]
    for bound in found.env.values():
        if bound.items is not None:
            bound.items = [item for item in bound.items if item is None or item.path not in found.strays]
    return bool(found.strays)


def _names(item: Value, known: dict[str, Value]) -> bool:
    return isinstance(item, str) and item in known


def _certainty(example: Node) -> int:
    if isinstance(example, Var):
        return 2 if example.star else 1
    return 0


def _others(run: Run, example: Var, free: dict[int, Value], path: Path, found: Found) -> Bound:
    items: list[Bound | None] = []
    for index, item in free.items():
        inner = Found()
        if match(run, example, item, (*path, index), inner):
            found.take(inner)
            items.append(inner.env.get(example.names[0]))
    return Bound(None, path, items=items)


def _fits(run: Run, example: Node, item: Value, path: Path, found: Found) -> bool:
    inner = Found()
    if not match(run, example, item, path, inner):
        return False
    found.env.update(inner.env)
    found.take(inner)
    return True


# --------------------------------------------------------------------- writing


def build(run: Run, node: Node, env: Env, at: Path, turn: Turn | None = None) -> Value:
    """Write an example; ABSENT if none of its variables has a value."""
    if isinstance(node, Obj):
        return _build_object(run, node, env, at, turn)
    if isinstance(node, Var):
        return _build_variable(run, node, env, at, turn)
    if isinstance(node, Each):
        return _build_each(run, node, env, at, turn)
    if isinstance(node, Pick):
        return _build_list(run, node.items, [env] * len(node.items), at, turn)
    if isinstance(node, Known):
        return run.exchange.get(node.name)
    return deepcopy(node.value)


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
    if turn is not None and not run.may_write(node, env, turn):
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
    if same(conversion.codec.read(written, run.options(conversion))[0], bound.value):
        return
    run.exchange.whole[written] = bound.value
    if not run.exchange.kept and bound.path is not None:
        run.lose("approximated", bound.path, at, "the name is too long there, and only an exchange could undo this")


def _standing(run: Run, bound: Bound) -> Path:
    """Return where a value stands; one that a codec made is accounted for beside the document."""
    path = bound.path or ()
    if not bound.coded and bound.path is not None:
        return path
    run.accounts.coded[("#", *path)] = path
    return ("#", *path)


def names_of(node: Node) -> set[str]:
    """Return the names of all variables of an example."""
    return {name for variable in variables(node) for name in variable.names}


def merge(out: dict[str, Value], built: Mapping[str, Value], at: Path, lists: str | None = None) -> Path | None:
    """Lay a written object into what is written already; returns the first place that contradicts."""
    for name, value in built.items():
        there = out.get(name, ABSENT)
        if there is ABSENT:
            out[name] = value
        elif isinstance(there, dict) and isinstance(value, dict):
            clash = merge(there, value, (*at, name), lists)
            if clash is not None:
                return clash
        elif lists == "append" and isinstance(there, list) and isinstance(value, list):
            there += [item for item in value if item not in there]
        elif lists == "zip" and isinstance(there, list) and isinstance(value, list):
            for one, other in zip(there, value, strict=False):
                if isinstance(one, dict) and isinstance(other, dict):
                    merge(one, other, (*at, name), lists)
        elif not same(there, value):
            return (*at, name)
    return None
