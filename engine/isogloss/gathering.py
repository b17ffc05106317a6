"""Fragments of a stream, put together before they are translated.

One dialect tells the text of a call bit by bit, another the values of its arguments place by place; a rule needs both
whole. What is open is bounded by the stream's limit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from isogloss.pointer import find
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from isogloss.rule import Assembly, Gathering
    from isogloss.values import Object, Path, Value

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
#: The longest list that a place in a list may make.
_LONGEST: Final = 10_000


def taken(member: Object, path: Path) -> tuple[Object, Value]:
    """Return an object without what stands at a place, and what stood there; the object itself is not changed."""
    found = find(member, path)
    if found is ABSENT or found is None:
        return member, ABSENT
    return _less(member, path), found


def _less(member: Object, path: Path) -> Object:
    name, *rest = path
    left = {key: value for key, value in member.items() if key != name}
    inside = _less(member[name], tuple(rest)) if rest else {}
    return {**left, name: inside} if inside else left


def laid(member: Object, path: Path, value: Value) -> Object:
    """Return an object with a value laid at a place; the object itself is not changed."""
    name, *rest = path
    return {**member, name: laid(member.get(name) or {}, tuple(rest), value) if rest else value}


class Gathered:
    """One thing that is being gathered: a list of items by their numbers, or one object."""

    __slots__ = ("items", "keys", "rule", "size")

    def __init__(self, rule: Gathering) -> None:
        self.rule = rule
        self.items: list[Object] = []
        self.keys: list[Value] = []
        self.size = 0

    def add(self, found: Value) -> int:
        """Take fragments; returns how many letters they add."""
        fragments = found if self.rule.by is not None and isinstance(found, list) else [found]
        return sum(self._one(fragment) for fragment in fragments if isinstance(fragment, dict))

    def whole(self) -> Value:
        """Return what was gathered."""
        return self.items if self.rule.by is not None else self.items[0]

    def _one(self, fragment: Object) -> int:
        key = fragment.get(self.rule.by) if self.rule.by is not None else None
        index = self._known(fragment, key)
        if index is None:
            self.items.append({})
            self.keys.append(key)
            index = len(self.items) - 1
        self.items[index], size = _joined(self.items[index], fragment, (), self.rule.joins)
        return size

    def _known(self, fragment: Object, key: Value) -> int | None:
        """Find the item that a fragment belongs to: the last one of its number, unless it begins a new one."""
        if self.rule.by is not None and key is None:
            return len(self.items) - 1 if self.items and not self._begins(fragment, len(self.items) - 1) else None
        for index in range(len(self.items) - 1, -1, -1):
            if self.keys[index] == key:
                return None if self._begins(fragment, index) else index
        return None

    def _begins(self, fragment: Object, index: int) -> bool:
        """Tell whether a fragment names another item than the one of its number: some servers number badly."""
        if self.rule.starts is None:
            return False
        name, known = fragment.get(self.rule.starts), self.items[index].get(self.rule.starts)
        return bool(name) and bool(known) and name != known


def _joined(into: Object, fragment: Object, path: Path, joins: tuple[Path, ...]) -> tuple[Object, int]:
    """Lay a fragment over what there is: some texts add up, of all else the first word that says something counts."""
    laid_over, size = dict(into), 0
    for name, value in fragment.items():
        here, there = (*path, name), into.get(name)
        if isinstance(value, dict) and isinstance(there, dict | None):
            laid_over[name], more = _joined(there or {}, value, here, joins)
            size += more
        elif here in joins and isinstance(value, str):
            laid_over[name] = (there or "") + value
            size += len(value)
        elif there is None or there == "":
            laid_over[name] = value
            size += len(value) if isinstance(value, str) else 1
    return laid_over, size


class Assembled:
    """An item that is told piece by piece, until no more will come."""

    __slots__ = ("open", "rule")

    def __init__(self, rule: Assembly) -> None:
        self.rule = rule
        self.open: Object | None = None

    def feed(self, items: list[Value]) -> list[Value]:
        """Take the items of a piece; returns those that are whole."""
        return [whole for item in items for whole in self._one(item)]

    def finish(self) -> list[Value]:
        """Return what was still open when the stream ended."""
        left, self.open = self.open, None
        return [] if left is None else [left]

    def _one(self, item: Value) -> list[Value]:
        inside = item.get(self.rule.inside) if isinstance(item, dict) else None
        if not isinstance(inside, dict):
            return [item]
        more = inside.get(self.rule.more) is True
        if self.open is None and not more and self.rule.pieces not in inside:
            return [item]
        self.open = self._added(self.open or {}, item, inside)
        return [] if more else self.finish()

    def _added(self, known: Object, item: Object, inside: Object) -> Object:
        own: Object = dict(known.get(self.rule.inside, {}))
        for name, value in inside.items():
            if name not in (self.rule.more, self.rule.pieces):
                own.setdefault(name, value)
        for piece in inside.get(self.rule.pieces) or ():
            self._place(own, piece)
        return {**known, **item, self.rule.inside: own}

    def _place(self, own: Object, piece: Value) -> None:
        where = piece.get(self.rule.place) if isinstance(piece, dict) else None
        name = next((name for name in self.rule.values if isinstance(piece, dict) and name in piece), None)
        if not isinstance(where, str) or name is None:
            return
        value = None if name == self.rule.values[-1] else piece[name]
        own[self.rule.into] = _set(own.get(self.rule.into), _steps(where), value)


def _steps(place: str) -> list[str | int]:
    """Part a JSONPath of names and numbers (RFC 9535, §2.5.1)."""
    found = [(plain or single or double, number) for plain, number, single, double in _STEP.findall(place)]
    return [int(number) if number else name for name, number in found]


def _set(into: Any, steps: list[str | int], value: Value) -> Value:
    """Return what there is with a value set at a place; texts add up."""
    if not steps:
        return into + value if isinstance(into, str) and isinstance(value, str) else value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = list(into) if isinstance(into, list) else []
        items += [None] * (min(step, _LONGEST) + 1 - len(items))
        items[min(step, _LONGEST)] = _set(items[min(step, _LONGEST)], rest, value)
        return items
    members = dict(into) if isinstance(into, dict) else {}
    members[step] = _set(members.get(step), rest, value)
    return members
