"""Streams: what is said about how a document is told must speak of words that its rules read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import example
from isogloss.checks.book import names_in, walking
from isogloss.errors import Problem
from isogloss.example import Obj

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.checks.book import Book
    from isogloss.errors import Mark
    from isogloss.example import Node
    from isogloss.rule import RuleSet, Slot, Telling


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
    yield from _partial(book)


def _partial(book: Book) -> Iterator[Problem]:
    """Yield the layouts that go on from piece to piece where nothing is told in pieces."""
    told = [document for document in book.ruleset.documents.values() if document.stream]
    laid = {name for document in told for rules in _reached(book, document, ()) for name in rules.layouts}
    for layout in book.ruleset.layouts.values():
        if layout.partial and layout.name not in laid:
            mark = book.mark(layout.mark, "partial")
            yield Problem(mark, f"{layout.name!r} goes on from piece to piece, and no stream lays it")


def _mark(book: Book, document: RuleSet, *steps: Any) -> Mark:
    return book.mark(document.mark, "stream", *steps)


def _telling(book: Book, document: RuleSet, dialect: str, telling: Telling) -> Iterator[Problem]:
    own = names_of(document, dialect)
    inner = {name for rules in _inner(book, document) for name in names_of(rules, dialect)}
    inner |= {name for rule in document.rules if dialect in rule.sides for name in _deep(rule.sides[dialect])}
    own |= {str(slot.at[0]) for slot in _slots(book, document, dialect) if slot.at}
    known = {"each": own, "frame": own, "last": own, "ends": inner, "held": inner, "grows": set(telling.held)}
    for word, names in {**known, "events": own}.items():
        found = getattr(telling, word)
        for index, name in enumerate((found,) if isinstance(found, str) else found):
            if name and name not in names:
                yield book.unknown(_mark(book, document, dialect, word, index), "rule that reads", name, names)
    one = any(other.events for other in document.stream.values())
    if telling.each in own and not one and not _converted(book, document, dialect, telling.each):
        mark = _mark(book, document, dialect, "each")
        yield Problem(mark, f"no rule converts the items of {telling.each!r}, which are told side by side")
    for index, (_, tables) in enumerate(telling.status):
        for name in tables:
            if name not in book.ruleset.tables:
                mark = _mark(book, document, dialect, "status", index)
                yield book.unknown(mark, "table", name, book.ruleset.tables)


def _slots(book: Book, document: RuleSet, dialect: str) -> Iterator[Slot]:
    """Yield the slots of a document's own layouts."""
    for name in document.layouts:
        yield from book.ruleset.layouts[name].sides[dialect].slots


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


def _reached(book: Book, rules: RuleSet, above: tuple[str, ...]) -> Iterator[RuleSet]:
    """Yield an object's rule set and those of everything inside it."""
    yield rules
    for inner in _inner(book, rules):
        if inner.name not in above:
            yield from _reached(book, inner, (*above, inner.name))


def _converted(book: Book, document: RuleSet, dialect: str, name: str) -> bool:
    """Tell whether a rule sends what stands under a name through a rule set."""
    return any(
        names_in(child) & walking(book, rule).keys()
        for rule in document.rules
        if isinstance(side := rule.sides.get(dialect), Obj)
        for key, child in side.fields
        if key == name
    )
