"""What differs between two rulesets, entry by entry, and which documents it bears on.

A rule bears on a document that says all the names that the rule's example must find, at any depth: more documents than
it really reads, never fewer. A rule that reads nothing bears on the document that says nothing; what it writes there,
it writes everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from isogloss.example import All, Each, Node, Obj, Pick, children, skippable, variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isogloss.rule import Family, Layout, Rule, RuleSet, Ruleset, Table
    from isogloss.values import Value

Names = frozenset[str]

#: What only readers see.
_PROSE: Final = frozenset({"mark", "title", "note", "source"})
#: Fields of a rule that may name facts, tables, sets, layouts and values.
_NAMING: Final = ("needs", "gate", "bounds", "derive", "let", "absent")
_WORD: Final = re.compile(r"[\w.-]+")


# --------------------------------------------------------------------- entries as plain values


def essence(thing: Any) -> Any:
    """Say an entry in lists, objects and plain values, without what only readers see."""
    if is_dataclass(thing):
        return [type(thing).__name__, *(essence(getattr(thing, f.name)) for f in fields(thing) if f.name not in _PROSE)]
    if isinstance(thing, Mapping):
        return {str(name): essence(inner) for name, inner in thing.items()}
    if isinstance(thing, list | tuple):
        return [essence(inner) for inner in thing]
    return sorted(map(str, thing)) if isinstance(thing, frozenset | set) else thing


def _words(value: Any) -> Names:
    """List the words of an entry that may be names of others."""
    if isinstance(value, str):
        return frozenset(_WORD.findall(value))
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return frozenset[str]().union(*map(_words, inner))


def _words_of(rule: Rule) -> Names:
    conversions = [one.conversion or "" for node in rule.sides.values() for one in variables(node)]
    return _words([conversions, [essence(getattr(rule, name)) for name in _NAMING]])


def said(value: Value) -> Names:
    """List the names that a document says at any depth, however they are spelled."""
    if isinstance(value, list):
        return frozenset[str]().union(*map(said, value))
    if not isinstance(value, dict):
        return frozenset()
    return frozenset(map(_plain, value)).union(*map(said, value.values()))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


# --------------------------------------------------------------------- what must be said


@dataclass(frozen=True, slots=True)
class Clue:
    """What a document says that something bears on: all of these names, and any of those, if there are any."""

    all: Names = frozenset()
    any: Names = frozenset()

    def fits(self, names: Names) -> bool:
        """Tell whether a document with these names shows it; an empty clue is shown by the empty document alone."""
        if not self.all and not self.any:
            return not names
        return self.all <= names and (not self.any or not self.any.isdisjoint(names))


def _names(node: Node) -> Iterator[tuple[str, bool]]:
    """Yield the names of an example, each with whether it must be there."""
    if isinstance(node, Obj):
        for name, child in node.fields:
            must = not skippable(child)
            yield _plain(name), must
            yield from ((inner, must and sure) for inner, sure in _names(child))
    elif isinstance(node, Each | All | Pick):
        for child in children(node):
            yield from ((inner, False) for inner, _ in _names(child))


def _clue(rule: Rule, reader: str) -> Iterator[Clue]:
    node = rule.sides.get(reader)
    if node is None or rule.oneway not in (None, reader):
        return
    found = list(_names(node))
    asked = frozenset(map(_plain, _WORD.findall(rule.when.get(reader, "").replace(".", " "))))
    must = frozenset(name for name, sure in found if sure)
    yield Clue(must, frozenset() if must else frozenset(name for name, _ in found))
    if not found and asked:
        yield Clue(any=asked)


def _place(layout: Layout, reader: str) -> Iterator[Clue]:
    """Say where a layout's groups stand."""
    side = layout.sides.get(reader)
    if side is not None:
        for path in (side.groups, side.group, *side.also, side.hoist):
            if path:
                yield Clue(frozenset(_plain(step) for step in path if isinstance(step, str)))


# --------------------------------------------------------------------- what differs


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a document's rules: whether it differs, the words in it that may name others, and its clues."""

    differs: bool
    words: Names
    clues: Mapping[str, tuple[Clue, ...]]


class Bearing:
    """What differs between two rulesets."""

    def __init__(self, before: Ruleset, after: Ruleset) -> None:
        self.rulesets = (before, after)
        self._readers = [name for name in before.dialects if name in after.dialects]
        reading = [{name: (d.nulls_absent, d.snake) for name, d in one.dialects.items()} for one in self.rulesets]
        frames = [{name: _frame(one) for name, one in ruleset.documents.items()} for ruleset in self.rulesets]
        self._whole = {name for name in frames[0] if reading[0] != reading[1] or frames[0][name] != frames[1].get(name)}
        #: Values, tables, sets and layouts that differ beside their rules and blocks.
        self._changed = frozenset(
            [
                *_differing(before.values, after.values),
                *self._between(lambda one: {name: _rows(table) for name, table in one.tables.items()}),
                *self._between(lambda one: {name: _frame(rules) for name, rules in one.sets.items()}),
                *self._between(lambda one: {name: _sides(layout) for name, layout in one.layouts.items()}),
            ]
        )
        self._tables = [
            (name, _words(essence(table))) for ruleset in self.rulesets for name, table in ruleset.tables.items()
        ]
        self._shared = [part for name in self._names("sets") for part in self._rules("sets", name)]
        self._shared += [part for name in self._names("layouts") for part in self._laid(name)]
        self._own = {name: self._rules("documents", name) for name in before.documents if name in after.documents}

    def of_family(self, before: Family, after: Family) -> Names:
        """Name what differs for a family: facts, and tables with rows of its own."""
        facts = [{**one.facts, "generation": one.generation, "kind": one.kind} for one in (before, after)]
        rows = [_own_rows(ruleset, one) for ruleset, one in zip(self.rulesets, (before, after), strict=True)]
        return frozenset([*_differing(*facts), *_differing(*rows)])

    def clues(self, document: str, reader: str, family: Names) -> set[Clue] | None:
        """Tell what documents show that may be translated differently; None: any."""
        if document in self._whole:
            return None
        changed = self._spread(self._changed | family)
        found: set[Clue] = set()
        for part in (*self._own[document], *self._shared):
            if part.differs or not changed.isdisjoint(part.words):
                found.update(part.clues[reader])
        return found

    def _spread(self, changed: Names) -> Names:
        """Add the tables that name what has changed."""
        return changed.union(name for name, words in self._tables if not changed.isdisjoint(words))

    # ------------------------------------------------------------------ rule by rule

    def _between(self, say: Callable[[Ruleset], dict[str, Any]]) -> Iterator[str]:
        return _differing(*map(say, self.rulesets))

    def _names(self, section: str) -> list[str]:
        return list(dict.fromkeys(name for ruleset in self.rulesets for name in getattr(ruleset, section)))

    def _rules(self, section: str, name: str) -> list[_Part]:
        sides = [getattr(ruleset, section).get(name) for ruleset in self.rulesets]
        lists = [[] if one is None else list(one.rules) for one in sides]
        ids = [[rule.id for rule in rules] for rules in lists]
        moved = [one for one in ids[0] if one in ids[1]] != [one for one in ids[1] if one in ids[0]]
        said_of = [{rule.id: essence(rule) for rule in rules} for rules in lists]
        return [
            _Part(moved or said_of[0].get(rule.id) != said_of[1].get(rule.id), _words_of(rule), self._all(rule, _clue))
            for rules in lists
            for rule in rules
        ]

    def _laid(self, name: str) -> list[_Part]:
        found = [ruleset.layouts[name] for ruleset in self.rulesets if name in ruleset.layouts]
        told = [_Part(name in self._changed, _words(_sides(layout)), self._all(layout, _place)) for layout in found]
        said_of = [[essence(block) for block in layout.blocks] for layout in found]
        for layout, mine in zip(found, said_of, strict=True):
            for block, own in zip(layout.blocks, mine, strict=True):
                differs = len(found) == 1 or any(own not in others for others in said_of)
                bare = block.plain is not None or block.inner is not None
                clues = self._all(block.rule, _clue)
                places = self._all(layout, _place) if bare else {}
                both = {reader: (*own_clues, *places.get(reader, ())) for reader, own_clues in clues.items()}
                told.append(_Part(differs, _words_of(block.rule), both))
        return told

    def _all(self, thing: Any, say: Callable[[Any, str], Iterator[Clue]]) -> dict[str, tuple[Clue, ...]]:
        return {reader: tuple(say(thing, reader)) for reader in self._readers}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in {**before, **after}:
        if name not in before or name not in after or essence(before[name]) != essence(after[name]):
            yield name


def _rows(table: Table) -> Any:
    return essence(replace(table, family_rows={}))


def _frame(rules: RuleSet) -> Any:
    """Say what a set is beside its rules."""
    return essence(replace(rules, rules=()))


def _sides(layout: Layout) -> Any:
    return essence(replace(layout, blocks=()))


def _own_rows(ruleset: Ruleset, family: Family) -> dict[str, Any]:
    """Return the rows of each table that hold for a family instead of the table's."""
    owners = {
        name: next((one for one in family.lineage if one in table.family_rows), None)
        for name, table in ruleset.tables.items()
    }
    return {name: None if owner is None else ruleset.tables[name].family_rows[owner] for name, owner in owners.items()}
