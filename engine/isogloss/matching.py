"""Examples at work: reading one binds its variables.

This is the readable form. It is what the language means; whatever is faster is proved equal to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss.codecs import CodecError
from isogloss.errors import DocumentError
from isogloss.example import All, Const, Each, Known, Node, Obj, Pick, Var, may_lack, skippable, variables
from isogloss.pointer import pointer
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import Conversion
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

    def first(self) -> Path | None:
        """Return the first place that was read; what a rule set walks through stands before what is inside it."""
        walked = [b.path for b in self.env.values() if b.path is not None and _walks(b)]
        if not self.claims:
            return walked[0] if walked else None
        return next((path for path in walked if self.claims[0][: len(path)] == path), self.claims[0])


def _walks(bound: Bound) -> bool:
    return any(item is not None and item.pending is not None for item in bound.items or (bound,))


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
    if isinstance(node, All):
        return isinstance(value, list) and _match_all(run, node, value, path, found)
    found.claims.append(path)
    if isinstance(node, Known):
        return _match_known(run, node, value, path, found)
    return same(node.value, value)


def _match_known(run: Run, node: Known, value: Value, path: Path, found: Found) -> bool:
    conversion = run.lens.conversion(node.conversion) if node.conversion else None
    if conversion is not None and conversion.codec is not None:
        if not conversion.codec.fits(value, run.options(conversion)):
            return False
        value = read_codec(run, conversion, value, path)[0]
    found.kept.append(path)
    found.known[node.name] = value
    return True


def _match_all(run: Run, node: All, value: list[Value], path: Path, found: Found) -> bool:
    """Every item must say so; the first one's word counts, and the others should agree with it."""
    return bool(value) and all(match(run, node.item, item, (*path, n), found) for n, item in enumerate(value))


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
    if not conversion.codec.fits(value, run.options(conversion)):
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
        found = conversion.codec.read(value, run.options(conversion))
        return (_named(run, conversion, value, found[0]),) if conversion.codec.respells else found
    except CodecError as error:
        raise DocumentError(
            pointer(run.accounts.real(path)), str(error), rule=run.owner.id, place=run.owner.place
        ) from None


def _named(run: Run, conversion: Conversion, value: Value, name: Value) -> Value:
    """Return what a name means, and remember how it is spelled; two names never mean the same."""
    assert conversion.codec is not None
    write, options = conversion.codec.write, run.options(conversion)
    if run.names.setdefault((conversion.name, name), value) != value:
        name = value if name != value else write((value,), options)
    if not same(write((name,), options), value):
        run.exchange.spelled[conversion.name, name] = value
    return name


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


def walks(env: Env) -> Iterator[Path]:
    """Yield the places that pending conversions will walk through and claim themselves."""
    for bound in env.values():
        for one in bound.items or (bound,):
            if one is not None and one.pending is not None and one.path is not None:
                yield one.path
