"""Tables: what is not marked as a loss must come back as it went."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from isogloss.checks.book import Book
from isogloss.errors import Problem
from isogloss.notation import flow
from isogloss.values import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.rule import Row, Table
    from isogloss.values import Value


def check(book: Book) -> Iterator[Problem]:
    """Yield every row that does not come back, and every row that is never used."""
    for table in book.ruleset.tables.values():
        for rows in (table.rows, *table.family_rows.values()):
            yield from _rows(table, rows)
            for row in rows:
                if row.saw is not None and row.saw not in book.classes:
                    yield book.unknown(row.mark, "kind or class of block", row.saw, book.classes)
        yield from _words(book, table)


def _rows(table: Table, rows: tuple[Row, ...]) -> Iterator[Problem]:
    for side in (0, 1):
        yield from _leads(rows, side)
    for index, row in enumerate(rows):
        yield from _returns(table, rows, index)
        if row.saw is not None and not _shared(rows, row):
            yield Problem(row.mark, "a row that depends on what was seen shares a word with a row that does not")


def _returns(table: Table, rows: tuple[Row, ...], index: int) -> Iterator[Problem]:
    """Look a row's own words up, each way: an unmarked row must find itself, a marked one must be found at all."""
    row = rows[index]
    hits = [_first(table, rows, row, side) for side in (0, 1)]
    if not any(hit is row for hit in hits):
        taken = next(hit for hit in hits if hit is not None)
        yield Problem(row.mark, f"this row is never used: {_show(taken)} comes first")
        return
    for side, hit in enumerate(hits):
        if not row.marks and hit is not None and hit is not row and not same(hit.cells[1 - side], row.cells[1 - side]):
            yield Problem(
                row.mark, f"{flow(row.cells[side])} does not come back: {_show(hit)} comes first; mark the lossy row"
            )


def _first(table: Table, rows: tuple[Row, ...], wanted: Row, side: int) -> Row | None:
    """Find the row that holds a row's word when its dialect is read and what it depends on was seen."""
    away = {"back"} if side == 0 else {"clamp", "forth"}
    if away & wanted.marks:
        return None
    here = [row for row in rows if not away & row.marks]
    seen = [row for row in here if row.saw is not None and row.saw == wanted.saw]
    order = (*seen, *(row for row in here if row.saw is None or side == 0))
    return next((row for row in order if _equal(table, row.cells[side], wanted.cells[side], side)), None)


def _equal(table: Table, left: Value, right: Value, side: int) -> bool:
    if table.fold == table.columns[side] and isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return same(left, right)


def _shared(rows: tuple[Row, ...], row: Row) -> bool:
    plain = [other for other in rows if other.saw is None and not other.marks]
    return any(same(other.cells[side], row.cells[side]) for other in plain for side in (0, 1))


def _leads(rows: tuple[Row, ...], side: int) -> Iterator[Problem]:
    """Objects are known by their first name: of one first name all have the same names."""
    objects = [row for row in rows if isinstance(row.cells[side], dict) and row.cells[side]]
    for first, other in combinations(objects, 2):
        left, right = first.cells[side], other.cells[side]
        if next(iter(left)) == next(iter(right)) and left.keys() != right.keys():
            yield Problem(other.mark, f"{flow(right)} and {flow(left)} begin alike; give them the same names")
            return


def _words(book: Book, table: Table) -> Iterator[Problem]:
    """Whatever names a dialect must name one."""
    named = [("columns", name) for name in table.columns]
    named += [(word, name) for word, name in (("fold", table.fold), ("strict", table.strict)) if name is not None]
    named += [("unknown", name) for name in (table.unknown if isinstance(table.unknown, dict) else ())]
    for word, name in named:
        if name not in book.ruleset.dialects:
            yield book.unknown(book.mark(table.mark, word), "dialect", name, book.ruleset.dialects)
    if isinstance(table.unknown, str) and table.unknown not in ("drop", "refuse", "keep"):
        mark = book.mark(table.mark, "unknown")
        yield book.unknown(mark, "answer to unknown words", table.unknown, ("drop", "refuse", "keep"))


def _show(row: Row) -> str:
    return f"[{flow(row.cells[0])}, {flow(row.cells[1])}] in line {row.mark.line}"
