"""Sentences and links: what users are told, and where a rule's author looked it up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from isogloss.checks.book import Book
from isogloss.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from isogloss.errors import Mark
    from isogloss.rule import Drop, Layout, Rule

_LINK: Final = re.compile(r"https?://[^\s/]+(/\S*)?")
#: Two words or more: it is printed to users as it stands.
_SENTENCE: Final = re.compile(r"\S+\s+\S.*[^\s.]", re.DOTALL)


def check(book: Book) -> Iterator[Problem]:
    """Yield every reason that says nothing and every link that is none."""
    for held in book.rules:
        yield from _rule(book, held.rule)
    for rules in book.sets.values():
        yield from _drops(rules.drops)
    for layout in book.ruleset.layouts.values():
        yield from _layout(book, layout)
    for table in book.ruleset.tables.values():
        yield from _links(book, table.source, table.mark)
        for row in table.rows:
            yield from _sentence(row.reason, row.mark)
    for family in book.ruleset.families:
        yield from _links(book, family.source, family.mark)


def _rule(book: Book, rule: Rule) -> Iterator[Problem]:
    yield from _drops(rule.drops)
    yield from _links(book, rule.source, rule.mark)
    for word in ("reason", "drop", "refuse"):
        yield from _sentence(getattr(rule, word), book.mark(rule.mark, word), told=word != "reason")
    for dialect, gates in rule.gate.items():
        for name, gate in gates.items():
            yield from _sentence(gate.get("reason"), book.mark(rule.mark, "gate", dialect, name, "reason"))
    if rule.kind is not None and not (rule.reason or rule.drop):
        yield Problem(book.mark(rule.mark, "kind"), f"a rule that is {rule.kind!r} gives users a reason")
    if rule.otherwise is not None and not rule.reason:
        yield Problem(book.mark(rule.mark, "otherwise"), "a family that cannot take this needs a reason for users")


def _drops(drops: Mapping[str, Iterable[Drop]]) -> Iterator[Problem]:
    for found in drops.values():
        for drop in found:
            assert drop.mark is not None
            yield from _sentence(drop.reason, drop.mark, told=True)


def _layout(book: Book, layout: Layout) -> Iterator[Problem]:
    for dialect, side in layout.sides.items():
        yield from _drops({dialect: side.drops})
        told = side.hoist is not None and bool(side.hoist_needs)
        yield from _sentence(side.hoist_reason, book.mark(layout.mark, dialect, "hoist_reason"), told=told)
        for index, slot in enumerate(side.slots):
            yield from _sentence(slot.reason, book.mark(layout.mark, dialect, "slots", index, "reason"))
        for index, line in enumerate(side.legal):
            yield from _sentence(line.get("reason"), book.mark(layout.mark, dialect, "legal", index), told=True)


def _sentence(text: str | None, mark: Mark, *, told: bool = False) -> Iterator[Problem]:
    if text is None or (text == "" and not told):
        return
    if not _SENTENCE.fullmatch(text):
        yield Problem(mark, f"users are told {text!r}; say why in a sentence, without a full stop")


def _links(book: Book, links: Iterable[str], mark: Mark) -> Iterator[Problem]:
    for link in links:
        if not _LINK.fullmatch(link):
            yield Problem(book.mark(mark, "source"), f"{link!r} is no link; a source begins with https://")
