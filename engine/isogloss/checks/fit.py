"""Examples compared: whether every value that fits one fits another one too."""

from __future__ import annotations

from isogloss import codecs
from isogloss.example import All, Const, Each, Known, Node, Obj, Pick, Var, skippable
from isogloss.values import same


def covers(wide: Node, narrow: Node) -> bool:
    """Tell whether whatever fits `narrow` fits `wide`; in doubt it does not."""
    if isinstance(wide, Known):
        return True
    if isinstance(wide, Var):
        return _variable(wide, narrow)
    if isinstance(wide, Const):
        return isinstance(narrow, Const) and same(wide.value, narrow.value)
    if isinstance(wide, Obj):
        return isinstance(narrow, Obj) and _object(wide, narrow)
    if isinstance(wide, All):
        return isinstance(narrow, All) and covers(wide.item, narrow.item)
    if isinstance(wide, Each):
        return isinstance(narrow, Each | Pick)
    return isinstance(narrow, Pick) and _list(wide, narrow)


def _variable(wide: Var, narrow: Node) -> bool:
    codec = codecs.CODECS.get((wide.conversion or "").partition(":")[0])
    if codec is None or codec.needs:
        return codec is None or (isinstance(narrow, Var) and narrow.conversion == wide.conversion)
    if isinstance(narrow, Const):
        return codec.fits(narrow.value, {})
    return isinstance(narrow, Var) and narrow.conversion == wide.conversion


def _object(wide: Obj, narrow: Obj) -> bool:
    there = dict(narrow.fields)
    for name, child in wide.fields:
        if name not in there:
            if not (skippable(child) and isinstance(child, Var) and covers(child, Obj(()))):
                return False
        elif not covers(child, there[name]) or (skippable(there[name]) and not skippable(child)):
            return False
    return True


def _list(wide: Pick, narrow: Pick) -> bool:
    """Each item that the wider example asks for must be asked for by the narrower one."""
    exact = all(isinstance(item, Const | Var) for item in wide.items)
    if exact and len(wide.items) != len(narrow.items):
        return False
    return all(any(covers(item, other) for other in narrow.items) for item in wide.items)
