"""Tables at work: a word of one dialect to its word in the other.

The first row wins, each way. A cell may be an object: two leaves that mean one thing are one fact. Objects are matched
whole, then by their first name.
"""

from __future__ import annotations

import math
import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.codecs import dump_json
from isogloss.errors import DocumentError
from isogloss.pointer import pointer
from isogloss.values import ABSENT, same, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.interpreter import Run
    from isogloss.rule import Row, Table
    from isogloss.values import Path, Value


@dataclass(frozen=True, slots=True)
class Hit:
    """The row that holds a word, and how well it fits."""

    row: Row
    #: exact | between (a number no cell holds) | lead (an object known by its first name).
    fit: str = "exact"


def convert(run: Run, table: Table, value: Value, path: Path, at: Path) -> Value:
    """Return the other dialect's word, with the loss that the row is marked with; ABSENT if there is none."""
    left = run.lens.reader == table.columns[0]
    away = {"back"} if left else {"clamp", "forth"}
    rows = [row for row in run.lens.rows(table.name) if not away & row.marks]
    side = 0 if left else 1
    word = _spelled(run, value, [row.cells[side] for row in rows])
    hit = _find(table, rows, word, side, run.saw, fold=table.fold == run.lens.reader)
    if hit is None:
        return _unknown(run, table, value, path, at)
    run.read_words(path, value, hit.row.cells[side])
    _account(run, table, hit, word, path, at, side)
    cell = hit.row.cells[1 - side]
    if (
        cell is None
        or hit.fit != "exact"
        or {"respell", "forth"} & hit.row.marks
        or not same(hit.row.cells[side], value)
    ):
        run.respell(path, value)
    return ABSENT if cell is None else deepcopy(cell)


def other_word(table: Table, word: Value) -> Value:
    """Return the word that stands beside one, whichever side it is on; ABSENT where none does."""
    for row in table.rows:
        left, right = row.cells
        if same(left, word) and "back" not in row.marks:
            return right
        if same(right, word) and not {"clamp", "forth"} & row.marks:
            return left
    return ABSENT


def _spelled(run: Run, value: Value, cells: list[Value]) -> Value:
    """Return an object with its names as the cells spell them."""
    if not isinstance(value, dict):
        return value
    names = {run.spelled(value, name): name for cell in cells if isinstance(cell, dict) for name in cell}
    return {names.get(name, name): member for name, member in value.items()}


def _find(table: Table, rows: Sequence[Row], value: Value, side: int, saw: set[str], *, fold: bool) -> Hit | None:
    holding = [row for row in rows if row.saw is not None and row.saw in saw]
    plain = [row for row in rows if row.saw is None or side == 0]
    for row in (*holding, *plain):
        if _equal(row.cells[side], value, fold=fold):
            return Hit(row)
    if isinstance(value, dict):
        return _by_lead(table, plain, value, side, fold=fold)
    return _near(table, plain, value, side)


def _near(table: Table, rows: Sequence[Row], value: Value, side: int) -> Hit | None:
    """Find a row for a number, or for a pair of numbers, that no cell holds."""
    if table.nearest and (wanted := _pair(value, table.nearest)):
        return _nearest(table, rows, wanted, side)
    return _between(rows, value, side) if table.between else None


def _nearest(table: Table, rows: Sequence[Row], wanted: tuple[float, float], side: int) -> Hit | None:
    """Find the row whose pair has the nearest ratio, and of those the nearest product."""
    pairs = [(row, pair) for row in rows if (pair := _pair(row.cells[side], table.nearest))]

    def apart(found: tuple[Row, tuple[float, float]]) -> tuple[float, float]:
        one, two = (math.log(left / right) for left, right in zip(found[1], wanted, strict=True))
        return round(abs(one - two), 2), abs(one + two)

    return Hit(min(pairs, key=apart)[0], "between") if pairs else None


def _pair(value: Value, sign: str) -> tuple[float, float] | None:
    """Read two positive numbers with a sign between them."""
    found = re.fullmatch(rf"([0-9]{{1,9}}){re.escape(sign)}([0-9]{{1,9}})", value) if isinstance(value, str) else None
    return (float(found[1]), float(found[2])) if found and int(found[1]) and int(found[2]) else None


def _equal(cell: Value, value: Value, *, fold: bool) -> bool:
    if fold and isinstance(cell, str) and isinstance(value, str):
        return cell.lower() == value.lower()
    if fold and isinstance(cell, dict) and isinstance(value, dict):
        return cell.keys() == value.keys() and all(_equal(cell[name], value[name], fold=True) for name in cell)
    return same(cell, value)


def _by_lead(table: Table, rows: Sequence[Row], value: dict[str, Value], side: int, *, fold: bool) -> Hit | None:
    led = [row for row in rows if _leads(row.cells[side], value, fold=fold)]
    if led:
        return Hit(next((row for row in led if _holds(row.cells[side], value, fold=fold)), led[0]), "lead")
    return _between(rows, value, side) if table.between else None


def _holds(cell: dict[str, Value], value: dict[str, Value], *, fold: bool) -> bool:
    return all(_equal(member, value.get(name, ABSENT), fold=fold) for name, member in cell.items())


def _leads(cell: Value, value: dict[str, Value], *, fold: bool) -> bool:
    lead = _lead(cell)
    return lead is not None and lead in value and _equal(cell[lead], value[lead], fold=fold)


def _lead(cell: Value) -> str | None:
    return next(iter(cell)) if isinstance(cell, dict) and cell else None


def _between(rows: Iterable[Row], value: Value, side: int) -> Hit | None:
    """Find the smallest cell that is not below a number; else the greatest."""
    numbers = [(number, row) for row in rows for number in _numbers(row.cells[side], value)]
    wanted = _number(value, [row.cells[side] for _, row in numbers])
    if wanted is None or wanted < 0:
        return None
    above = [(number, row) for number, row in numbers if number >= wanted]
    if above:
        return Hit(min(above, key=lambda pair: pair[0])[1], "between")
    return Hit(max(numbers, key=lambda pair: pair[0])[1], "between") if numbers else None


def _numbers(cell: Value, value: Value) -> list[float]:
    lead = _lead(cell)
    found = cell[lead] if lead is not None and isinstance(value, dict) and lead in value else cell
    return [found] if isinstance(found, int | float) and not isinstance(found, bool) else []


def _number(value: Value, cells: list[Value]) -> float | None:
    if isinstance(value, dict):
        lead = next((_lead(cell) for cell in cells), None)
        value = value.get(lead)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _account(run: Run, table: Table, hit: Hit, value: Value, path: Path, at: Path, side: int) -> None:
    cell = hit.row.cells[side]
    if hit.fit == "exact":
        if {"clamp", "back"} & hit.row.marks:
            kind = table.kind if "clamp" in hit.row.marks else "approximated"
            run.lose(kind, path, at, _reason(table, hit.row, 1 - side), place=hit.row.mark)
        return
    if hit.fit == "lead" and all(_equal(cell[name], value[name], fold=True) for name in value if name in cell):
        return
    run.lose("approximated", path, at, _reason(table, hit.row, 1 - side), place=hit.row.mark)


def _reason(table: Table, row: Row, side: int) -> str:
    return row.reason or table.reason or f"the nearest that can be said there is {dump_json(row.cells[side])}"


def _unknown(run: Run, table: Table, value: Value, path: Path, at: Path) -> Value:
    policy: Any = "refuse" if table.strict == run.lens.reader else table.unknown
    if policy == "keep":
        return value
    shown = repr(value) if isinstance(value, str | int | float | bool) else type_name(value)
    reason = f"{shown} is no word of the table {table.name!r}"
    if policy == "refuse":
        reason = table.reason or f"{shown} is not one of {', '.join(_words(run, table))}"
        raise DocumentError(pointer(run.accounts.real(path)), reason, rule=run.owner.id, place=table.mark.place)
    if isinstance(policy, dict) and run.lens.writer in policy:
        run.lose("approximated", path, at, reason, place=table.mark)
        return deepcopy(policy[run.lens.writer])
    run.accounts.claim(path, "dropped", run.owner)
    run.lose("dropped", path, None, reason, place=table.mark)
    return ABSENT


def _words(run: Run, table: Table) -> dict[str, None]:
    """Name the words that can be read: those of rows that run this way, without the sign of what is hoisted."""
    side = 0 if run.lens.reader == table.columns[0] else 1
    away = {"forth", "clamp"} if side else {"back"}
    return dict.fromkeys(str(row.cells[side]) for row in table.rows if not away & row.marks and row.cells[side] != "^")
