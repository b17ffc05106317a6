"""The tables, and everything that can be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.docs import operations, sentences
from isogloss.docs.markdown import anchor, code, link, page, table, value, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.rule import Drop, Rule, Ruleset, Table


def tables(ruleset: Ruleset) -> str:
    """Write all tables."""
    lines = [line for name in sorted(ruleset.tables) for line in _table(ruleset.tables[name])]
    return page(
        "Tables",
        "[All pages](index.md)",
        "Rows pair the words of two dialects. The first row that has a word wins, in either direction.",
        *lines,
    )


def _table(found: Table) -> Iterator[str]:
    yield anchor(found.name)
    yield f"## {found.name}"
    yield ". ".join(filter(None, [words(found.note.rstrip(".")), *_manners(found), code(found.mark.place)]))
    rows = [
        (value(row.cells[0]), value(row.cells[1]), sentences.of_row(row), code(row.mark.place)) for row in found.rows
    ]
    yield from table((*found.columns, "", "where"), rows)
    if found.family_rows:
        links = [link(name, f"families/{name}.md#{found.name}") for name in sorted(found.family_rows)]
        yield f"Families with rows of their own: {', '.join(links)}"


def _manners(found: Table) -> Iterator[str]:
    unknown = {"drop": "is lost", "refuse": "is refused", "keep": "stays as it is"}
    policy = found.unknown if isinstance(found.unknown, str) else None
    yield f"A word that no row has {unknown.get(policy or '', f'becomes {value(found.unknown)}')}"
    if found.strict:
        yield f"A word of {code(found.strict)} that no row has is refused"
    if found.between:
        yield "A number between two rows takes the upper one"
    if found.fold:
        yield f"Words of {code(found.fold)} are read in any case"
    for address in found.source:
        yield f"[source]({address})"


# --------------------------------------------------------------------- losses


def losses(ruleset: Ruleset) -> str:
    """Write everything that one dialect says and the other cannot, by the dialect that is read."""
    lines: list[str] = []
    for dialect in operations.columns(ruleset):
        rows = sorted(_rows(ruleset, dialect))
        lines += [f"## Reading {code(dialect)}", *table(("what", "", "why", "where"), rows)]
    return page(
        "Losses",
        "[All pages](index.md)",
        "What is dropped, refused, clamped or added is reported with each translation, by the sentence here.",
        *lines,
    )


def _rows(ruleset: Ruleset, dialect: str) -> Iterator[tuple[str, str, str, str]]:
    for rules in (*ruleset.documents.values(), *ruleset.sets.values()):
        for rule in rules.rules:
            yield from _of_rule(rule, dialect)
        for drop in rules.drops.get(dialect, ()):
            yield _of_drop(rules.name, drop)
    for layout in ruleset.layouts.values():
        for drop in layout.sides[dialect].drops if dialect in layout.sides else ():
            yield _of_drop(layout.name, drop)
        for block in layout.blocks:
            yield from _of_rule(block.rule, dialect)
    for found in ruleset.tables.values():
        yield from _of_table(found, dialect)


def _of_rule(rule: Rule, dialect: str) -> Iterator[tuple[str, str, str, str]]:
    kind = _kind(rule)
    reads = dialect in rule.sides and rule.oneway in (None, dialect)
    if kind and reads:
        reason = rule.drop or rule.refuse or rule.reason or rule.note
        yield code(rule.id), kind, words(reason), code(rule.mark.place)
    for drop in rule.drops.get(dialect, ()):
        yield _of_drop(rule.id, drop)


def _kind(rule: Rule) -> str:
    if rule.refuse is not None:
        return "refused"
    if rule.drop is not None:
        return "dropped"
    if rule.otherwise is not None:
        return f"{'dropped' if rule.otherwise == 'drop' else 'refused'} for some families"
    return rule.kind or ("defaulted" if rule.default else "")


def _of_drop(owner: str, drop: Drop) -> tuple[str, str, str, str]:
    kind = "refused" if drop.refuse else "normal" if drop.normal else "dropped"
    place = code(drop.mark.place) if drop.mark else ""
    return code(operations.drop_id(owner, drop)), kind, words(drop.reason), place


def _of_table(found: Table, dialect: str) -> Iterator[tuple[str, str, str, str]]:
    side, mark = (0, "clamp") if dialect == found.columns[0] else (1, "back")
    for family, rows in (("", found.rows), *found.family_rows.items()):
        for row in rows:
            if mark in row.marks:
                kind = found.kind if mark == "clamp" else "approximated"
                where = f"{found.name} {value(row.cells[side])}{f' ({words(family)})' if family else ''}"
                yield where, kind, words(row.reason or found.reason), code(row.mark.place)
