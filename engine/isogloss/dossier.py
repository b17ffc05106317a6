"""What a model really gets: facts, tables, defaults and limits of its family after inheritance, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss import bookshelf, example, families, loader, shelves
from isogloss.errors import UnknownName
from isogloss.lens import Lens
from isogloss.notation import flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isogloss.rule import Family, Row, Rule, Ruleset
    from isogloss.source import Map
    from isogloss.values import Value


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of a family, and who says so."""

    name: str
    value: Value
    family: str
    place: str


@dataclass(frozen=True, slots=True)
class Words:
    """The rows of a table that hold for a family."""

    table: str
    #: The dialects of the two columns.
    columns: tuple[str, str]
    rows: tuple[Row, ...]
    #: The family whose rows these are.
    family: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does for this family that it does not do for every one."""

    #: default | drop | refuse
    sort: str
    rule: str
    shown: str
    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All of it."""

    family: Family
    #: Why the family was taken for a name that no pattern knows.
    assumed: str | None
    facts: tuple[Fact, ...]
    tables: tuple[Words, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A ruleset with the tree of entries it was made from, which knows where everything stands."""

    ruleset: Ruleset
    tree: Map

    @classmethod
    def load(cls, version: str | None = None, profile: str | None = None, overlays: Sequence[str] = ()) -> Rulebook:
        """Read the files of a ruleset."""
        version = version or shelves.versions()[-1]
        shelf = bookshelf.Shelf()
        shelf.add(shelves.rule_files(version))
        if profile is not None:
            shelf.add([shelves.profile_file(version, profile)], overlay=True)
        shelf.add(shelves.overlay_files([Path(path) for path in overlays]), overlay=True)
        return cls(loader.build(shelf), shelf.tree)


def find(book: Rulebook, name: str) -> list[Dossier]:
    """Find what is meant by the name of a family or of a model.

    A model's name may belong to one dialect; a name that none knows is taken for something in each.
    Raises UnknownName for a name that nothing would be taken for.
    """
    named = [family for family in book.ruleset.families if family.id == name]
    if named:
        return [dossier(book, named[0], None)]
    matches = {dialect: families.resolve(book.ruleset, dialect, name) for dialect in book.ruleset.dialects}
    found = [match for match in matches.values() if match.family is not None]
    known = [match for match in found if match.assumed is None and match.family and not _takes_all(match.family)]
    if not found:
        raise UnknownName("family or model", name, names(book))
    return [dossier(book, match.family, match.assumed) for match in known or found if match.family is not None]


def names(book: Rulebook) -> list[str]:
    """List the names of families."""
    return [family.id for family in book.ruleset.families]


def _takes_all(family: Family) -> bool:
    return family.match == ".*"


def dossier(book: Rulebook, family: Family, assumed: str | None) -> Dossier:
    """Gather what holds for a family."""
    return Dossier(family, assumed, facts(book, family), tables(book, family), tuple(_effects(book, family)))


def facts(book: Rulebook, family: Family) -> tuple[Fact, ...]:
    """List a family's facts with the family and the line they come from."""
    return tuple(_fact(book, family, name, value) for name, value in sorted(family.facts.items()))


def _fact(book: Rulebook, family: Family, name: str, value: Value) -> Fact:
    for ancestor in family.lineage:
        said: Any = book.tree["families"][ancestor].get("facts", {})
        if name in said:
            return Fact(name, value, ancestor, said.marks[name].place)
    return Fact(name, value, family.id, family.mark.place)


def tables(book: Rulebook, family: Family) -> tuple[Words, ...]:
    """List the tables that have rows of their own for a family."""
    found: list[Words] = []
    for table in book.ruleset.tables.values():
        owner = next((ancestor for ancestor in family.lineage if ancestor in table.family_rows), None)
        if owner is not None:
            found.append(Words(table.name, table.columns, table.family_rows[owner], owner))
    return tuple(found)


# --------------------------------------------------------------------- rules


def _effects(book: Rulebook, family: Family) -> Iterator[Effect]:
    match = {family.dialect: families.Match(family)}
    for document, rules in book.ruleset.documents.items():
        for reader in book.ruleset.dialects:
            if reader != family.dialect:
                lens = Lens(book.ruleset, document, reader, family.dialect, match)
                for rule in rules.rules:
                    yield from _effect(lens, rule)


def _effect(lens: Lens, rule: Rule) -> Iterator[Effect]:
    asked = rule.needs.get(lens.writer, {})
    turned = lens.turn(rule)
    if not turned:
        return
    place, gated = rule.mark.place, turned[0].gated
    if rule.default and gated is None:
        yield Effect("default", rule.id, flow(example.show(turned[0].write)), rule.reason or rule.note, place)
    elif asked and gated is not None:
        reason = rule.reason or rule.drop or rule.refuse or ""
        yield Effect(gated, rule.id, flow(example.show(turned[0].read)), reason, place)
