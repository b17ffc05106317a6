"""Families and dialects: patterns that can be matched, names that are there, nobody out of reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from isogloss import example, paths, stages
from isogloss.checks.book import Book
from isogloss.checks.names import absent_facts
from isogloss.errors import Problem
from isogloss.source import Map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.errors import Mark
    from isogloss.rule import Dialect

#: Patterns are matched against whole names; an anchor in one says that its author thought otherwise.
_ANCHOR: Final = re.compile(r"(?<!\\)(?:\\\\)*(?:\^|\$|\\[AZ])")
#: No model is called so: a pattern that fits this fits everything.
_NOBODY: Final = "~"


def check(book: Book) -> Iterator[Problem]:
    """Yield what is wrong with families and dialects."""
    yield from _families(book)
    for dialect in book.ruleset.dialects.values():
        yield from _dialect(book, dialect)


def _families(book: Book) -> Iterator[Problem]:
    greedy: dict[str, str] = {}
    for family in book.ruleset.families:
        mark = book.mark(family.mark, "match")
        yield from _pattern(family.match, mark)
        if family.dialect not in book.ruleset.dialects:
            yield book.unknown(book.mark(family.mark, "dialect"), "dialect", family.dialect, book.ruleset.dialects)
        if family.match and family.dialect in greedy:
            yield Problem(mark, f"{greedy[family.dialect]!r} matches every name, so this family is never found")
        elif family.match and _fits(family.match, _NOBODY):
            greedy[family.dialect] = family.id
        for name in book.entry(family.mark).get("tables", {}):
            if name not in book.ruleset.tables:
                mark = book.name_mark(family.mark, "tables", name)
                yield book.unknown(mark, "table", name, book.ruleset.tables)


def _fits(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False


def _pattern(text: str, mark: Mark, groups: int = 0) -> Iterator[Problem]:
    try:
        compiled = re.compile(text)
    except re.error as error:
        yield Problem(mark, f"this is no pattern: {error}")
        return
    if _ANCHOR.search(re.sub(r"\[[^\]]*\]", "", text)):
        yield Problem(mark, "patterns are matched against the whole name; leave ^ and $ out")
    if compiled.groups < groups:
        yield Problem(mark, "the pattern of a line has a group for the generation's number")


def _dialect(book: Book, dialect: Dialect) -> Iterator[Problem]:
    for word, groups in (("kinds", 0), ("lines", 1)):
        for index, (_, pattern) in enumerate(dialect.raw.get(word, ())):
            yield from _pattern(pattern, book.mark(dialect.mark, word, index, 1), groups)
    known = {family.id: family for family in book.ruleset.families if family.dialect == dialect.name}
    for kind, name in dialect.newest.items():
        mark = book.mark(dialect.mark, "newest", kind)
        if name not in known:
            yield book.unknown(mark, f"family of {dialect.name}", name, known)
        elif known[name].kind != kind:
            yield Problem(mark, f"{name!r} is of kind {known[name].kind!r}, not {kind!r}")
    yield from _sorted(book, dialect)
    for index, route in enumerate(dialect.routes):
        yield from _route(book, dialect, index, route)


def _sorted(book: Book, dialect: Dialect) -> Iterator[Problem]:
    """Every kind and line that a name may be sorted to must lead to a family."""
    families = [family for family in book.ruleset.families if family.dialect == dialect.name]
    for index, (kind, _) in enumerate(dialect.raw.get("kinds", ())):
        if kind not in dialect.newest:
            yield book.unknown(
                book.mark(dialect.mark, "kinds", index, 0), "newest family of kind", kind, dialect.newest
            )
    lines = {family.line for family in families}
    for index, (line, _) in enumerate(dialect.raw.get("lines", ())):
        if line not in lines:
            yield book.unknown(book.mark(dialect.mark, "lines", index, 0), "line of families", line, lines)


def _route(book: Book, dialect: Dialect, index: int, route: Any) -> Iterator[Problem]:
    start = dialect.raw.get("routes")
    if not isinstance(route, Map) or start is None or "match" not in route:
        return
    mark = book.mark(start, index, "match")
    yield from _pattern(route["match"], mark)
    for name in paths.in_path(route):
        if f"(?P<{name}>" not in route["match"]:
            yield Problem(mark, f"the path says {name!r}; the pattern must find it: (?P<{name}>…)")
    if not paths.embodied(route["method"]):
        yield from _unsaid(book, dialect, route)
    yield from absent_facts(book, dialect.name, route.get("needs", ()), book.mark(start, index, "needs"))
    known = {name.rpartition(".")[0] for name in book.ruleset.documents} | book.made
    known |= stages.operations(book.ruleset.plans)
    if route["operation"] not in known:
        yield book.unknown(book.mark(start, index, "operation"), "operation", route["operation"], known)


def _unsaid(book: Book, dialect: Dialect, route: Any) -> Iterator[Problem]:
    """Where a request has no body, its document holds nothing but what the address says."""
    document = book.ruleset.documents.get(f"{route['operation']}.request")
    said = paths.names(route)
    for rule in document.rules if document is not None and route.get("calls", True) else ():
        for path, _ in example.places(rule.sides[dialect.name]) if dialect.name in rule.sides else ():
            if path and path[0] not in said:
                yield Problem(
                    book.name_mark(rule.mark, dialect.name, str(path[0])),
                    f"{route['method']} has no body, and its route does not say {path[0]!r}",
                )
