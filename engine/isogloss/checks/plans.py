"""Plans: every stage must be something that can be asked for, with what the stages before have kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.checks.book import Book
    from isogloss.stages import Plan, Stage


def check(book: Book) -> Iterator[Problem]:
    """Yield what plans ask for that is not there."""
    for operation, sides in book.ruleset.plans.items():
        entry = book.tree["plans"][operation]
        for dialect, plan in sides.items():
            if dialect not in book.ruleset.dialects:
                yield book.unknown(entry.names[dialect], "dialect", dialect, book.ruleset.dialects)
            else:
                yield from _plan(book, operation, dialect, plan)


def _plan(book: Book, operation: str, dialect: str, plan: Plan) -> Iterator[Problem]:
    kept: set[str] = set()
    for stage in plan:
        yield from _stage(book, dialect, stage, kept)
        kept |= set(stage.keep)
    last = plan[-1]
    if last.keep:
        yield Problem(book.mark(last.mark, "keep"), "nothing comes after the last stage that could know this")
    yield from _form(book, operation, plan)


def _stage(book: Book, dialect: str, stage: Stage, kept: set[str]) -> Iterator[Problem]:
    routes = book.ruleset.dialects[dialect].routes
    called = {route["operation"] for route in routes if route.get("calls", True)}
    if stage.call not in called:
        yield book.unknown(book.mark(stage.mark, "call"), f"operation that {dialect} is asked for", stage.call, called)
    if stage.to is not None and stage.to not in kept:
        yield book.unknown(book.mark(stage.mark, "to"), "value that a stage before keeps", stage.to, kept)


def _form(book: Book, operation: str, plan: Plan) -> Iterator[Problem]:
    """Find what is sent that no form streams."""
    routes = [route for dialect in book.ruleset.dialects.values() for route in dialect.routes]
    streamed = {
        route["form"]["streams"]
        for route in routes
        if route["operation"] == operation and "streams" in route.get("form", {})
    }
    for stage in plan:
        if stage.sends is not None and stage.sends not in streamed:
            mark = book.mark(stage.mark, "sends")
            yield book.unknown(mark, f"file that a form of {operation} streams", stage.sends, streamed)
