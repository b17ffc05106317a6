"""Streams: what is said about how a document is told must speak of words that its rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import example
from isogloss.errors import Problem
from isogloss.example import Obj

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.checks.book import Book
    from isogloss.errors import Mark
    from isogloss.example import Node
    from isogloss.rule import RuleSet, Telling


def check(book: Book) -> Iterator[Problem]:
    """Yield what streams say that nothing knows."""
    for document in book.ruleset.documents.values():
        dialects = book.ruleset.dialects
        for name in document.stream:
            if name not in dialects:
                yield book.unknown(_mark(book, document, name), "dialect", name, dialects)
        for name in dialects if document.stream else ():
            if name in document.stream:
                yield from _telling(book, document, name, document.stream[name])
            else:
                yield Problem(_mark(book, document), f"this does not say how {name} tells it")


def _mark(book: Book, document: RuleSet, *steps: Any) -> Mark:
    return book.mark(document.mark, "stream", *steps)


def _telling(book: Book, document: RuleSet, dialect: str, telling: Telling) -> Iterator[Problem]:
    own = names_of(document, dialect)
    inner = {name for rules in _inner(book, document) for name in names_of(rules, dialect)}
    inner |= {name for rule in document.rules if dialect in rule.sides for name in _deep(rule.sides[dialect])}
    known = {"each": own, "frame": own, "last": own, "ends": inner, "held": inner, "grows": set(telling.held)}
    for word, names in known.items():
        found = getattr(telling, word)
        for index, name in enumerate((found,) if isinstance(found, str) else found):
            if name not in names:
                yield book.unknown(_mark(book, document, dialect, word, index), "rule that reads", name, names)
    for index, (_, tables) in enumerate(telling.status):
        for name in tables:
            if name not in book.ruleset.tables:
                mark = _mark(book, document, dialect, "status", index)
                yield book.unknown(mark, "table", name, book.ruleset.tables)


def names_of(rules: RuleSet, dialect: str) -> set[str]:
    """Return the names that rules and drops of one object know."""
    sides = [rule.sides.get(dialect) for rule in rules.rules]
    shown = {name for side in sides if isinstance(side, Obj) for name, _ in side.fields}
    return shown | {str(drop.path[0]) for drop in rules.drops.get(dialect, ()) if drop.path}


def _deep(node: Node) -> Iterator[str]:
    """Yield every name that an example shows, however deep."""
    yield from (name for name, _ in node.fields) if isinstance(node, Obj) else ()
    for child in example.children(node):
        yield from _deep(child)


def _inner(book: Book, document: RuleSet) -> Iterator[RuleSet]:
    """Yield the rule sets of the replies inside a document."""
    for rule in document.rules:
        for node in rule.sides.values():
            for variable in example.variables(node):
                found = (variable.conversion or "").rstrip("*%")
                if found in book.ruleset.sets:
                    yield book.ruleset.sets[found]
