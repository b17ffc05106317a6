"""Fragments of a stream, put together before they are translated.

One dialect tells the text of a call bit by bit, another the values of its arguments place by place; a rule needs both
whole. What is open is bounded by the stream's limit.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs import CodecError, parse_json
from isogloss.errors import DocumentError
from isogloss.pointer import find
from isogloss.values import ABSENT, DEPTH_LIMIT

if TYPE_CHECKING:
    from isogloss.rule import Assembly, Gathering
    from isogloss.values import Object, Path, Value

#: A place in an object: RFC 9535, without what selects more than one.
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
_PLACE: Final = re.compile(rf"\$(?:{_STEP.pattern})+")
#: The longest list that a place in a list may make.
_LONGEST: Final = 10_000
_BAD_GATEWAY: Final = 502


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


def keep(known: Object, name: str, value: Value, *, grows: bool) -> None:
    """Keep the last word; an object's words are kept one by one, and where it grows its lists follow each other."""
    there = known.get(name)
    if isinstance(there, dict) and isinstance(value, dict):
        value = {**there, **value, **(_grown(there, value) if grows else {})}
    known[name] = value


def _grown(there: Object, value: Object) -> Object:
    """Return the lists that go on; one that begins as the known one does is told again as a whole."""
    lists = {name: items for name, items in value.items() if isinstance(items, list)}
    known = {name: there[name] for name in lists if isinstance(there.get(name), list)}
    return {
        name: lists[name] if lists[name][: len(items)] == items else [*items, *lists[name]]
        for name, items in known.items()
    }


class _Fragments(StringIO):
    """A text on its way."""


class Gathered:
    """One thing that is being gathered: a list of items by their numbers, or one object."""

    __slots__ = ("items", "keys", "rule", "size")

    def __init__(self, rule: Gathering) -> None:
        self.rule = rule
        self.items: list[Object] = []
        #: The last item of each number.
        self.keys: dict[Value, int] = {}
        self.size = 0

    def add(self, found: Value) -> int:
        """Take fragments; returns how many letters they add."""
        fragments = found if self.rule.by is not None and isinstance(found, list) else [found]
        return sum(self._one(fragment) for fragment in fragments if isinstance(fragment, dict))

    def whole(self) -> Value:
        """Return what was gathered."""
        items = [_whole(item) for item in self.items]
        return items if self.rule.by is not None else items[0] if items else {}

    def _one(self, fragment: Object) -> int:
        key = fragment.get(self.rule.by) if self.rule.by is not None else None
        key = str(key) if isinstance(key, dict | list) else key
        index = self._known(fragment, key)
        if index is None:
            self.items.append({})
            index = len(self.items) - 1
            self.keys[key] = index
        self.items[index], size = _joined(self.items[index], fragment, (), self.rule.joins)
        return size

    def _known(self, fragment: Object, key: Value) -> int | None:
        """Find the item that a fragment belongs to: the last one of its number, unless it begins another."""
        last = len(self.items) - 1
        if self.rule.by is None:
            return last if self.items else None
        if key is None:
            return self._unnumbered(fragment)
        index = self.keys.get(key)
        return None if index is None or self._begins(fragment, self.items[index]) else index

    def _unnumbered(self, fragment: Object) -> int | None:
        """Find the item of a fragment without a number: that of its name, else the last, unless it opens another."""
        named = _said(fragment, self.rule.starts)
        if named is not None:
            indexes = range(len(self.items) - 1, -1, -1)
            return next((index for index in indexes if _said(self.items[index], self.rule.starts) == named), None)
        opens = not self.rule.joins or _said(fragment, self.rule.opens) is not None
        return None if opens or not self.items else len(self.items) - 1

    def _begins(self, fragment: Object, known: Object) -> bool:
        """Tell whether a fragment speaks of another item than the one of its number: some servers number badly."""
        said = [(_said(fragment, path), _said(known, path)) for path in (self.rule.starts, self.rule.opens)]
        return any(new is not None and old is not None and new != old for new, old in said)


def _said(item: Object, path: Path | None) -> Value:
    """Return the text at a place; None where there is none, or an empty one."""
    found = None if path is None else find(item, path)
    return found if isinstance(found, str) and found != "" else None


def _joined(into: Object, fragment: Object, path: Path, joins: tuple[Path, ...]) -> tuple[Object, int]:
    """Lay a fragment over what there is: some texts add up, of all else the first word that says something counts."""
    laid_over, size = dict(into), 0
    for name, value in fragment.items():
        here, there = (*path, name), into.get(name)
        if isinstance(value, dict) and isinstance(there, dict | None):
            laid_over[name], more = _joined(there or {}, value, here, joins)
            size += more
        elif here in joins and isinstance(value, str) and isinstance(there, _Fragments | None):
            laid_over[name] = _Fragments() if there is None else there
            laid_over[name].write(value)
            size += len(value)
        elif there is None or there == "":
            laid_over[name] = value
            size += len(value) if isinstance(value, str) else 1
    return laid_over, size


def _whole(value: Value) -> Value:
    """Put the texts together."""
    if isinstance(value, _Fragments):
        return value.getvalue()
    return {name: _whole(member) for name, member in value.items()} if isinstance(value, dict) else value


class Assembled:
    """An item that is told piece by piece, until no more will come; `most` bounds what is open."""

    __slots__ = ("most", "open", "rule", "size")

    def __init__(self, rule: Assembly, most: int) -> None:
        self.rule = rule
        self.most = most
        self.size = 0
        self.open: Object | None = None

    def feed(self, items: list[Value]) -> list[Value]:
        """Take the items of a piece; returns those that are whole."""
        return [whole for item in items for whole in self._one(item)]

    def finish(self) -> list[Value]:
        """Return what was still open when the stream ended."""
        left, self.open, self.size = self.open, None, 0
        return [] if left is None else [left]

    def _one(self, item: Value) -> list[Value]:
        inside = item.get(self.rule.inside) if isinstance(item, dict) else None
        if not isinstance(inside, dict):
            return [item]
        before = self.finish() if self._names_another(inside) else []
        more = inside.get(self.rule.more) is True
        if self.open is None and not more and self.rule.pieces not in inside:
            # An empty object ends what was open; where nothing was, it says nothing.
            return [*before, *([] if item == {self.rule.inside: {}} else [item])]
        self.open = self._added(self.open or {}, item, inside)
        return [*before, *([] if more else self.finish())]

    def _names_another(self, inside: Object) -> bool:
        """Tell whether an item begins while one is open: what it is called differs."""
        known = self.open[self.rule.inside] if self.open is not None else {}
        own = (name for name in inside if name not in (self.rule.more, self.rule.pieces, self.rule.into))
        return any(name in known and known[name] != inside[name] for name in own)

    def _added(self, known: Object, item: Object, inside: Object) -> Object:
        own: Object = dict(known.get(self.rule.inside, {}))
        for name, value in inside.items():
            if name not in (self.rule.more, self.rule.pieces):
                own.setdefault(name, value)
        pieces = inside.get(self.rule.pieces)
        for piece in pieces if isinstance(pieces, list) else ():
            self._place(own, piece)
        return {**known, **item, self.rule.inside: own}

    def _place(self, own: Object, piece: Value) -> None:
        where = piece.get(self.rule.place) if isinstance(piece, dict) else None
        name = next((name for name in self.rule.values if isinstance(piece, dict) and name in piece), None)
        if not isinstance(where, str) or name is None:
            return
        value = None if name == self.rule.values[-1] else piece[name]
        steps = _steps(where)
        self.size += len(where) + (len(value) if isinstance(value, str) else 1)
        self.size += sum(step for step in steps if isinstance(step, int))
        if self.size > self.most:
            raise _refused("a call of this stream is longer than the limit allows")
        own[self.rule.into] = _set(own.get(self.rule.into), steps, value)


def _refused(reason: str) -> DocumentError:
    return DocumentError("", reason, status=_BAD_GATEWAY)


def _steps(place: str) -> list[str | int]:
    """Part a JSONPath of names and numbers (RFC 9535, §2.5.1)."""
    if not _PLACE.fullmatch(place):
        raise _refused(f"{place[:80]!r} is no place in an object")
    steps = [_step(*found) for found in _STEP.findall(place)]
    if len(steps) > DEPTH_LIMIT or any(isinstance(step, int) and step > _LONGEST for step in steps):
        raise _refused(f"{place[:80]!r} is too far away")
    return steps


def _step(plain: str, number: str, single: str, double: str) -> str | int:
    if number:
        return int(number) if len(number) <= len(str(_LONGEST)) else _LONGEST + 1
    if plain:
        return plain
    # A name in single quotes may hold double quotes as they are, and escapes its own.
    quoted = double or re.sub(r"\\(.)|\"", lambda found: found[1] if found[1] == "'" else _escaped(found[0]), single)
    try:
        return str(parse_json(f'"{quoted}"'))
    except CodecError:
        raise _refused(f"{quoted[:80]!r} is no name in a place") from None


def _escaped(text: str) -> str:
    return '\\"' if text == '"' else text


def _set(into: Any, steps: list[str | int], value: Value) -> Value:
    """Return what there is with a value set at a place; texts add up."""
    if not steps:
        return into + value if isinstance(into, str) and isinstance(value, str) else value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = list(into) if isinstance(into, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = _set(items[step], rest, value)
        return items
    members = dict(into) if isinstance(into, dict) else {}
    members[step] = _set(members.get(step), rest, value)
    return members
