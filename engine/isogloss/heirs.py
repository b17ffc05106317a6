"""Entries that say they are like another one, but for what they say themselves: `extends` in sets, documents, layouts.

A piece of a streamed reply is told by the rules of the whole reply; only what differs is written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss.errors import Problem, near, suggestion
from isogloss.source import Map, Seq

if TYPE_CHECKING:
    from isogloss.errors import Mark

#: The sections whose entries may have heirs, and the name by which the items of a list are told apart.
_KEYS: Final = {"sets": "id", "documents": "id", "layouts": "at"}
#: Sections of one form: a set may be the heir of a document, and a document of a set.
_ALIKE: Final = ("documents", "sets")


def resolved(tree: Map, problems: list[Problem]) -> Map:
    """Return the tree with every heir written out in full; the tree that is given stays as it is."""
    full = _copy(tree)
    for section in _KEYS:
        entries = _copy(tree[section])
        for name in tree[section]:
            entries[name] = _entry(section, name, _known(section, tree), problems, ())
        full[section] = entries
    return full


def _known(section: str, tree: Map) -> Map:
    """Return the entries that those of a section may be heirs of, by name; its own come first."""
    known = _copy(tree[section])
    for other in _ALIKE if section in _ALIKE else ():
        for name, entry in tree[other].items():
            known.setdefault(name, entry)
    return known


def lineage(name: str, entries: Map) -> tuple[str, ...]:
    """Return the name of an entry and those whose heir it is, nearest first."""
    found = [name]
    while (parent := entries[found[-1]].get("extends")) in entries and parent not in found:
        found.append(parent)
    return tuple(found)


def _entry(section: str, name: str, entries: Map, problems: list[Problem], heirs: tuple[str, ...]) -> Any:
    entry = entries[name]
    if not isinstance(entry, Map) or "extends" not in entry:
        return entry
    parent, mark = entry["extends"], entry.marks["extends"]
    if parent not in entries:
        problems.append(Problem(mark, f"there is no {parent!r} in {section}{suggestion(near(str(parent), entries))}"))
    elif parent in (name, *heirs):
        problems.append(Problem(mark, f"{parent!r} inherits from itself"))
    else:
        base = _entry(section, parent, entries, problems, (name, *heirs))
        return _laid(_without(base, entry, problems), _own(entry), _KEYS[section])
    return _own(entry)


def _own(entry: Map) -> Map:
    """Return what an heir says itself, and whose heir it is."""
    own = _copy(entry)
    own.pop("without", None)
    return own


def _without(base: Map, entry: Map, problems: list[Problem]) -> Map:
    """Return what is inherited: all but the rules that the heir leaves out."""
    left = _copy(base)
    left.mark = entry.mark
    gone = entry.get("without", ())
    if "rules" in base:
        left["rules"] = _picked(base["rules"], [rule for rule in base["rules"] if _id(rule) not in gone])
    for index, name in enumerate(gone):
        if name not in {_id(rule) for rule in base.get("rules", ())}:
            problems.append(Problem(_mark(gone, index, entry), f"there is no rule {name!r} to leave out"))
    return left


def _id(rule: Any) -> Any:
    """Return the id of a rule; what is none is told of elsewhere."""
    return rule.get("id") if isinstance(rule, Map) else None


def _mark(items: Any, index: int, entry: Map) -> Mark:
    return items.marks[index] if isinstance(items, Seq) else entry.mark


def _laid(base: Map, own: Map, key: str) -> Map:
    """Lay an heir's words over what it inherits; null takes a word away."""
    laid = _copy(base)
    for name, value in own.items():
        there = base.get(name)
        laid.names[name], laid.marks[name] = own.names[name], own.marks[name]
        if value is None:
            laid.pop(name, None)
        elif isinstance(there, Map) and isinstance(value, Map):
            laid[name] = _laid(there, value, key)
        elif (
            isinstance(there, Seq) and isinstance(value, Seq) and all(isinstance(one, Map) for one in (*there, *value))
        ):
            laid[name] = _items(there, value, key)
        else:
            laid[name] = value
    return laid


def _items(there: Seq, own: Seq, key: str) -> Seq:
    """Lay items over those that are called the same; the others follow."""
    items, marks = list(there), list(there.marks)
    known = [item.get(key) for item in there]
    for item, mark in zip(own, own.marks, strict=True):
        if item.get(key) in known:
            index = known.index(item.get(key))
            # A rule is a whole, a slot is a list of words.
            items[index] = item if key == "id" else _laid(items[index], item, key)
            marks[index] = mark
        else:
            items.append(item)
            marks.append(mark)
    return _seq(there.mark, items, marks)


def _picked(there: Seq, items: list[Any]) -> Seq:
    marks = [mark for item, mark in zip(there, there.marks, strict=True) if any(item is one for one in items)]
    return _seq(there.mark, items, marks)


def _seq(mark: Mark, items: list[Any], marks: list[Mark]) -> Seq:
    made = Seq(mark)
    made.extend(items)
    made.marks.extend(marks)
    return made


def _copy(entry: Map) -> Map:
    copied = Map(entry.mark)
    copied.update(entry)
    copied.names.update(entry.names)
    copied.marks.update(entry.marks)
    return copied
