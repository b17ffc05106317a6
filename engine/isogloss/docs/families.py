"""The families: which models belong together, and what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss import dossier
from isogloss.docs import sentences
from isogloss.docs.markdown import anchor, code, link, page, table, value, words

if TYPE_CHECKING:
    from isogloss.dossier import Dossier, Rulebook, Words
    from isogloss.rule import Family, Ruleset


def index(ruleset: Ruleset) -> str:
    """Write the list of families, in the order in which their patterns are tried."""
    rows = [
        (
            link(family.id, f"{family.id}.md"),
            code(family.dialect),
            family.kind,
            f"{family.generation:g}",
            code(family.match),
            words(family.note),
        )
        for family in ruleset.families
    ]
    return page(
        "Families",
        "[All pages](../index.md)",
        "Models that share capabilities. The first pattern that takes a whole name decides; a name that none takes is "
        "sorted by kind and generation, and that is reported.",
        *table(("family", "dialect", "kind", "generation", "models", ""), rows),
    )


def page_of(book: Rulebook, family: Family) -> str:
    """Write the page of a family."""
    found = dossier.dossier(book, family, None)
    lineage = " ← ".join(
        link(name, f"{name}.md") if name != family.id else f"**{words(name)}**" for name in family.lineage
    )
    facts = [
        (code(fact.name), value(fact.value), _family(family, fact.family), code(fact.place)) for fact in found.facts
    ]
    sources = [f"[source]({address})" for address in family.source]
    return page(
        family.id,
        "[All families](index.md)",
        f"{code(family.dialect)}, {family.kind}, generation {family.generation:g}, {code(family.mark.place)}. "
        f"Models: {code(family.match)}.",
        *filter(None, [words(family.note), *sources]),
        f"Inherits: {lineage}",
        *_section("Facts", table(("fact", "", "from", "where"), facts)),
        *(line for table_words in found.tables for line in _table(family, table_words)),
        *_effects(found),
    )


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", *lines] if lines else []


def _family(family: Family, name: str) -> str:
    return "itself" if name == family.id else link(name, f"{name}.md")


def _table(family: Family, found: Words) -> list[str]:
    rows = [
        (value(row.cells[0]), value(row.cells[1]), sentences.of_row(row), code(row.mark.place)) for row in found.rows
    ]
    common = link(found.table, f"../tables.md#{found.table}")
    origin = f"Rows from {_family(family, found.family)}; the table for every family: {common}"
    return [anchor(found.table), f"## Table: {found.table}", origin, *table((*found.columns, "", "where"), rows)]


def _effects(found: Dossier) -> list[str]:
    titles = {"default": "Added by default", "drop": "Lost for this family", "refuse": "Refused for this family"}
    lines: list[str] = []
    for sort, title in titles.items():
        rows = [(code(e.shown), words(e.reason), code(e.rule), code(e.place)) for e in found.effects if e.sort == sort]
        lines += _section(title, table(("", "why", "rule", "where"), rows))
    return lines
