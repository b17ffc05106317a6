"""Several calls, and items: what is cut or counted must be read by a rule, and replies must become one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.apart import Times
from isogloss.checks.names import absent_facts
from isogloss.checks.streams import names_of
from isogloss.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isogloss.apart import Answers, Apart
    from isogloss.checks.book import Book
    from isogloss.rule import RuleSet
    from isogloss.values import Path


def check(book: Book) -> Iterator[Problem]:
    """Yield what `apart`, `joins` and `answers` say that nothing knows, and what they leave out."""
    for document in book.ruleset.documents.values():
        yield from _misplaced(book, document)
        for dialect, apart in document.apart.items():
            yield from _asked(book, document, dialect, apart)
            yield from _answered(book, document, dialect)
        # A piece of a stream is like the whole reply, and never joined.
        for dialect, join in document.joins.items() if not document.stream else ():
            yield from _read(book, document, ("joins", dialect, "lists"), join.lists)
            yield from _read(book, document, ("joins", dialect, "adds"), join.adds)
        for dialect, answers in document.answers.items():
            yield from _read(book, document, ("answers", dialect, "at"), answers.at)
            yield from _each(book, document, dialect, answers)


def _misplaced(book: Book, document: RuleSet) -> Iterator[Problem]:
    known, phase = book.ruleset.dialects, document.name.rpartition(".")[2]
    for word, wanted in (("apart", ("request",)), ("joins", ("response", "stream")), ("answers", ("response",))):
        if getattr(document, word) and phase not in wanted:
            yield Problem(book.mark(document.mark, word), f"only the {wanted[0]} of an operation says {word!r}")
        for dialect in getattr(document, word):
            if dialect not in known:
                yield book.unknown(book.mark(document.mark, word, dialect), "dialect", dialect, known)


def _asked(book: Book, document: RuleSet, dialect: str, apart: Apart | Times) -> Iterator[Problem]:
    if isinstance(apart, Times):
        yield from _read(book, document, ("apart", dialect, "times"), (apart.at,))
        yield from _read(book, document, ("apart", dialect, "rises"), apart.rises)
    else:
        yield from _read(book, document, ("apart", dialect, "at"), (apart.at,))
    for other, facts in apart.needs.items():
        mark = book.mark(document.mark, "apart", dialect, "needs", other)
        yield from absent_facts(book, other, facts, mark) if other in book.ruleset.dialects else ()


def _answered(book: Book, document: RuleSet, dialect: str) -> Iterator[Problem]:
    operation, _, phase = document.name.rpartition(".")
    reply = book.ruleset.documents.get(f"{operation}.response")
    if phase == "request" and (reply is None or dialect not in reply.joins):
        mark = book.mark(document.mark, "apart", dialect)
        yield Problem(mark, f"{operation}.response does not say how the replies become one: `joins: {dialect}`")


def _read(book: Book, document: RuleSet, where: tuple[str, ...], paths: Iterable[Path]) -> Iterator[Problem]:
    known = names_of(document, where[1]) | _rest(document, where[1]) | _laid(book, document, where[1])
    for path in paths if where[1] in book.ruleset.dialects else ():
        first = str(path[0]) if path else ""
        if first not in known:
            yield book.unknown(book.mark(document.mark, *where), "rule that reads", first, known)


def _rest(document: RuleSet, dialect: str) -> set[str]:
    """Return the names that are taken over as they are."""
    lines = document.rest.get(dialect, ())
    return {
        name for line in lines for name in ([line["at"].partition(".")[0]] if line["at"] else line.get("takes", ()))
    }


def _laid(book: Book, document: RuleSet, dialect: str) -> set[str]:
    """Return the names of lists that layouts read and write."""
    sides = [book.ruleset.layouts[name].sides[dialect] for name in document.layouts if name in book.ruleset.layouts]
    return {str(path[0]) for side in sides for path in (side.groups, *side.also) if path}


def _each(book: Book, document: RuleSet, dialect: str, answers: Answers) -> Iterator[Problem]:
    """Yield what a reply is held against that no rule of its request writes."""
    request = book.ruleset.documents.get(f"{document.name.rpartition('.')[0]}.request")
    known = names_of(request, dialect) if request is not None else set[str]()
    first = str(answers.each[0]) if answers.each else ""
    if dialect in book.ruleset.dialects and first not in known:
        yield book.unknown(book.mark(document.mark, "answers", dialect, "each"), "rule that writes", first, known)
