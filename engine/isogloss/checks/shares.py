"""Several calls: what is cut must be read by a rule, and its replies must become one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.checks.streams import names_of
from isogloss.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.checks.book import Book
    from isogloss.rule import RuleSet
    from isogloss.values import Path


def check(book: Book) -> Iterator[Problem]:
    """Yield what `apart` and `joins` say that nothing knows, and what they leave out."""
    for document in book.ruleset.documents.values():
        yield from _misplaced(book, document)
        for dialect, apart in document.apart.items():
            yield from _read(book, document, ("apart", dialect, "at"), (apart.at,))
            yield from _answered(book, document, dialect)
        for dialect, join in document.joins.items():
            yield from _read(book, document, ("joins", dialect, "lists"), join.lists)
            yield from _read(book, document, ("joins", dialect, "adds"), join.adds)


def _misplaced(book: Book, document: RuleSet) -> Iterator[Problem]:
    known, phase = book.ruleset.dialects, document.name.rpartition(".")[2]
    # A piece of a stream is like the whole reply, and never joined.
    for word, wanted in (("apart", ("request",)), ("joins", ("response", "stream"))):
        if getattr(document, word) and phase not in wanted:
            yield Problem(book.mark(document.mark, word), f"only the {wanted[0]} of an operation says {word!r}")
        for dialect in getattr(document, word):
            if dialect not in known:
                yield book.unknown(book.mark(document.mark, word, dialect), "dialect", dialect, known)


def _answered(book: Book, document: RuleSet, dialect: str) -> Iterator[Problem]:
    operation, _, phase = document.name.rpartition(".")
    reply = book.ruleset.documents.get(f"{operation}.response")
    if phase == "request" and (reply is None or dialect not in reply.joins):
        mark = book.mark(document.mark, "apart", dialect)
        yield Problem(mark, f"{operation}.response does not say how the replies become one: `joins: {dialect}`")


def _read(book: Book, document: RuleSet, where: tuple[str, ...], paths: Iterable[Path]) -> Iterator[Problem]:
    known = names_of(document, where[1])
    for path in paths if where[1] in book.ruleset.dialects else ():
        first = str(path[0]) if path else ""
        if first not in known:
            yield book.unknown(book.mark(document.mark, *where), "rule that reads", first, known)
