"""Prefixes: who asks for caches and who makes them must speak of places, facts, tables and routes that there are."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Final

from isogloss.checks.names import absent_facts
from isogloss.codecs import CODECS
from isogloss.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.checks.book import Book
    from isogloss.prefixes import Asking, Keeping, Prefix

#: What the call that makes a cache can say.
_KNOWN: Final = frozenset({"model", "digest", "life"})


def check(book: Book) -> Iterator[Problem]:
    """Yield what prefixes speak of that is not there."""
    for name, prefix in book.ruleset.prefixes.items():
        if f"{name}.request" not in book.ruleset.documents:
            known = {found.rpartition(".")[0] for found in book.ruleset.documents}
            yield book.unknown(book.tree["prefixes"].names[name], "operation", name, known)
        for dialect, asking in prefix.asks.items():
            yield from _groups(book, prefix, dialect, asking)
            yield from _marks(book, prefix, dialect, asking)
        for dialect, keeping in prefix.keeps.items():
            yield from _groups(book, prefix, dialect, keeping)
            yield from _family(book, prefix, dialect, keeping)
            yield from _making(book, prefix, dialect, keeping)


def _groups(book: Book, prefix: Prefix, dialect: str, side: Asking | Keeping) -> Iterator[Problem]:
    """A prefix is cut between the groups of a layout."""
    document = book.ruleset.documents.get(f"{prefix.name}.request")
    layouts = [book.ruleset.layouts[name] for name in document.layouts] if document else []
    places = [layout.sides[dialect].groups for layout in layouts if dialect in layout.sides]
    known = {".".join(map(str, place)) for place in places if place is not None}
    name = ".".join(map(str, side.groups))
    if name not in known:
        yield book.unknown(book.mark(prefix.mark, dialect, "groups"), f"list of groups of {dialect}", name, known)


def _marks(book: Book, prefix: Prefix, dialect: str, asking: Asking) -> Iterator[Problem]:
    for index, sign in enumerate(asking.marks):
        for table in sign.tables:
            if table not in book.ruleset.tables:
                mark = book.mark(prefix.mark, dialect, "marks", index, "life")
                yield book.unknown(mark, "table", table, book.ruleset.tables)


def _family(book: Book, prefix: Prefix, dialect: str, keeping: Keeping) -> Iterator[Problem]:
    yield from absent_facts(book, dialect, keeping.needs, book.mark(prefix.mark, dialect, "needs"))
    if keeping.needs and not keeping.reason:
        yield Problem(book.mark(prefix.mark, dialect, "needs"), "users are told a `reason` where these are missing")
    if keeping.least is not None:
        yield from absent_facts(book, dialect, [keeping.least], book.mark(prefix.mark, dialect, "least"))


def _making(book: Book, prefix: Prefix, dialect: str, keeping: Keeping) -> Iterator[Problem]:
    makes = keeping.makes
    operations = {route["operation"] for route in book.ruleset.dialects[dialect].routes}
    if makes.operation not in operations:
        mark = book.mark(prefix.mark, dialect, "makes", "operation")
        yield book.unknown(mark, f"route of {dialect} for the operation", makes.operation, operations)
    for name, text in makes.says.items():
        for word in _words(text):
            if word not in _KNOWN:
                yield book.unknown(book.mark(prefix.mark, dialect, "makes", "says", name), "value", word, _KNOWN)
    if not CODECS["duration"].fits(makes.lasts, {}):
        yield Problem(book.mark(prefix.mark, dialect, "makes", "lasts"), f"{makes.lasts!r} is no duration: 3600s")


def _words(text: Any) -> list[str]:
    return [word for _, word, _, _ in string.Formatter().parse(str(text)) if word is not None]
