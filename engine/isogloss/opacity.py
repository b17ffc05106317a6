"""Which places of a document rules look into: a text at any other place is handed over unread, if it is not empty.

Places are paths of names; the numbers of list items are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from isogloss.example import Const, Obj, Var, children, variables
from isogloss.guard import snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.example import Node
    from isogloss.lens import Lens, Turn, TurnedLayout, TurnedSet
    from isogloss.rule import Drop
    from isogloss.values import Path

    Place = tuple[str, ...]

#: Sets that stand deeper are looked into as a whole; so are sets inside themselves.
_DEEPEST: Final = 8
#: The places that a guard names; what else is caught by this (functions, words) names nothing.
_NAMED: Final = re.compile(r"[A-Za-z_]\w*(?:\[\d+\])?(?:\.[A-Za-z_]\w*(?:\[\d+\])?)*")


class Opacity:
    """The places of a lens's documents that rules look into."""

    def __init__(self, lens: Lens) -> None:
        self.lens = lens
        #: Places that are tested or converted, and places that are looked into with all below.
        self.tested: set[Place] = set()
        self.closed: set[Place] = set()
        self._set(lens.document, (), ())
        self.tested = {_spelled(place) for place in self.tested}
        self.closed = {_spelled(place) for place in self.closed}

    def __contains__(self, path: Path) -> bool:
        """Tell whether a rule looks at what stands at a path, in whichever spelling."""
        place = _spelled(tuple(step for step in path if isinstance(step, str)))
        above = [place[:length] for length in range(len(place) + 1)]
        return place in self.tested or not self.closed.isdisjoint(above)

    # ------------------------------------------------------------------ sets

    def _set(self, rules: TurnedSet, place: Place, inside: tuple[str, ...]) -> None:
        if rules.name in inside or len(inside) > _DEEPEST or rules.inline or rules.rest:
            self.closed.add(place)
            return
        self._drops(rules.drops, place)
        for turn in (*rules.turns, *rules.defaults):
            self._turn(turn, place, (*inside, rules.name))
        for name in rules.layouts:
            self._layout(self.lens.layout(name), place, (*inside, rules.name))

    def _turn(self, turn: Turn, place: Place, inside: tuple[str, ...]) -> None:
        self._drops(turn.rule.drops.get(self.lens.reader, ()), place)
        self._guards(turn.rule.when.values(), place)
        converted = _converted(turn)
        for where, node in _marked(turn.read, place):
            if _says(node) or not converted.isdisjoint(_names(node)):
                self._look(node, where, inside)

    def _guards(self, texts: Iterable[str], place: Place) -> None:
        """Note what guards on the object at a place ask about."""
        for text in texts:
            named = (re.sub(r"\[\d+\]", "", found).split(".") for found in _NAMED.findall(text))
            self.tested.update((*place, *names) for names in named)

    def _drops(self, drops: Iterable[Drop], place: Place) -> None:
        """Note what is lost unless it says what happens anyway."""
        for drop in drops:
            if drop.satisfied:
                self.tested.add((*place, *(step for step in map(str, drop.path) if step != "*")))

    def _look(self, node: Node, place: Place, inside: tuple[str, ...]) -> None:
        """Note a place that is looked at; what a set converts is looked at by the set."""
        conversion = self.lens.conversion(node.conversion) if isinstance(node, Var) and node.conversion else None
        if conversion is not None and conversion.sort == "set":
            self._set(self.lens.set(conversion.name), place, inside)
        elif conversion is not None and conversion.sort == "layout":
            self.closed.add(place)
        else:
            self.tested.add(place)

    # ------------------------------------------------------------------ layouts

    def _layout(self, layout: TurnedLayout, place: Place, inside: tuple[str, ...]) -> None:
        side = layout.read
        for also in side.also:
            self.closed.add((*place, *map(str, also)))
        if side.hoist is not None:
            self.closed.add((*place, *map(str, side.hoist)))
        group = (*place, *map(str, side.group or side.groups or ()))
        self.tested.update((*group, name) for name in (side.role, *side.fixed) if name is not None)
        self._drops(side.drops, group)
        if side.seams is not None:
            lone = [name.split(".") for name in side.seams.get("lone", {})]
            self.closed.update((*group, *steps) for steps in (side.seams["at"].split("."), *lone))
        for slot in side.slots:
            at = (*group, *map(str, slot.at))
            if slot.conversion is not None:
                self.closed.add(at)
            for block in layout.held(slot):
                self._turn(block.turn, at, inside)
                self._guards(block.block.around.values(), place)
                tested = block.block.where.get(self.lens.reader, {})
                self.tested.update(
                    place for place, node in _marked(block.turn.read, at) if _names(node) & tested.keys()
                )
                if block.block.inner is not None:
                    self.closed.update((*at, *map(str, path)) for path in block.block.inner[1].values() if path)


def _spelled(place: Place) -> Place:
    return tuple(map(snake_case, place))


def _says(node: Node) -> bool:
    """Tell whether an example is a value that something may be equal to."""
    return isinstance(node, Const) and node.value not in (None, "") and not isinstance(node.value, dict | list)


def _names(node: Node) -> set[str]:
    return set(node.names) if isinstance(node, Var) else set()


def _converted(turn: Turn) -> set[str]:
    """Return the variables of a rule whose values matter to it."""
    rule = turn.rule
    found = {name for node in (turn.read, turn.write) for v in variables(node) if v.conversion for name in v.names}
    named = Counter(name for v in variables(turn.read) for name in v.names)
    found |= {name for name, times in named.items() if times > 1}  # places that are held against each other
    found |= {*rule.bounds, *rule.derive, *rule.absent, *rule.keeps, *(base for _, base, *_ in rule.derive.values())}
    found |= {name for line in rule.sums for name in line} | {name for gate in rule.gate.values() for name in gate}
    return found if not (rule.satisfied or rule.refuse) else found | {n for v in variables(turn.read) for n in v.names}


def _marked(node: Node, place: Place) -> Iterator[tuple[Place, Node]]:
    """Yield every constant and variable of an example with its place."""
    if isinstance(node, Obj):
        for name, child in node.fields:
            yield from _marked(child, (*place, name))
        return
    if isinstance(node, Const | Var):
        yield place, node
    for child in children(node):
        yield from _marked(child, place)
