"""Which names rules look into: a text under any other name is handed over unread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from isogloss.example import Const, Obj, Var, children, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.example import Node
    from isogloss.lens import Lens, Turn


def looked_into(lens: Lens) -> Iterator[str]:
    """Yield every name whose value a rule of a lens tests or converts."""
    for turn in _turns(lens):
        yield from _tested(turn.read, _converted(turn))
        for text in turn.rule.when.values():
            yield from re.findall(r"\w+", text)
    for name in lens.ruleset.layouts:
        for slot in (*lens.layout(name).read.slots, *lens.layout(name).write.slots):
            if slot.conversion is not None:
                yield from slot.at


def _turns(lens: Lens) -> Iterator[Turn]:
    """Yield every rule that may run, wherever it stands."""
    yield from (*lens.document.turns, *lens.document.defaults)
    for name in lens.ruleset.sets:
        yield from (*lens.set(name).turns, *lens.set(name).defaults)
    for name in lens.ruleset.layouts:
        yield from (block.turn for block in lens.layout(name).blocks)


def _converted(turn: Turn) -> set[str]:
    """Return the variables of a rule whose values matter to it."""
    rule = turn.rule
    found = {name for node in (turn.read, turn.write) for v in variables(node) if v.conversion for name in v.names}
    found |= {*rule.bounds, *rule.derive, *rule.absent, *(base for _, base, *_ in rule.derive.values())}
    found |= {name for line in rule.sums for name in line} | {name for gate in rule.gate.values() for name in gate}
    return found if not (rule.satisfied or rule.refuse) else found | {n for v in variables(turn.read) for n in v.names}


def _tested(node: Node, converted: set[str], name: str = "") -> Iterator[str]:
    if isinstance(node, Obj):
        for key, child in node.fields:
            yield from _tested(child, converted, key)
        return
    if isinstance(node, Const) or (isinstance(node, Var) and not converted.isdisjoint(node.names)):
        yield name
    for child in children(node):
        yield from _tested(child, converted, name)
