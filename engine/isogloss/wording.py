"""Words and derived values for generated code: the easy ones at once, the others as the interpreter finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import parting

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.lens import Lens
    from isogloss.rule import Row
    from isogloss.values import Value


def words(lens: Lens, name: str) -> Callable[..., Value]:
    """Return what finds a word of a table; None where the other dialect says nothing."""
    known: dict[str, list[tuple[str | None, Value]]] = known_words(lens, name)

    def run(value: Value, saw: set[str], *rest: Any) -> Value:
        for needed, cell in known.get(value, ()) if type(value) is str else ():
            if needed is None or needed in saw:
                return dict(cell) if type(cell) is dict else cell
        return parting.slow_word(lens, name, value, saw, *rest)

    return run


def plain_words(lens: Lens, name: str, *, bare: bool = False) -> dict[str, Value]:
    """Return the words that become another word whatever has been laid, or where it is `bare`: nothing has been."""
    found: dict[str, Value] = {}
    for word, ways in known_words(lens, name).items():
        needed, cell = ways[-1]
        if needed is None and (bare or len(ways) == 1) and not isinstance(cell, dict | list | None):
            found[word] = cell
    return found


def known_words(lens: Lens, name: str) -> dict[str, list[tuple[str | None, Value]]]:
    """Return the words of a table that are read without a loss: under which class, and as what."""
    table = lens.ruleset.tables[name]
    side = 0 if lens.reader == table.columns[0] else 1
    away = {"clamp", "forth"} if side else {"back"}
    rows = [row for row in lens.rows(name) if not away & row.marks]
    fold = table.fold == lens.reader
    words = {row.cells[side] for row in rows if isinstance(row.cells[side], str)}
    words |= {spelled for word in words for spelled in (word.lower(), word.upper())} if fold else set()
    found: dict[str, list[tuple[str | None, Value]]] = {}
    for word in words:
        same_word = [row for row in rows if _is_word(row.cells[side], word, fold=fold)]
        plain = next((row for row in same_word if row.saw is None or side == 0), None)
        held = [row for row in same_word if row.saw is not None]
        ways = [*((row.saw, row) for row in held), *([(None, plain)] if plain else [])]
        if all(_is_easy(row) and _is_flat(row.cells[1 - side]) for _, row in ways):
            found[word] = [(saw, _plainly(row.cells[1 - side])) for saw, row in ways]
    return found


def _is_word(cell: Value, word: str, *, fold: bool) -> bool:
    return isinstance(cell, str) and (cell.lower() == word.lower() if fold else cell == word)


def _is_easy(row: Row) -> bool:
    return not {"clamp", "back"} & row.marks


def _is_flat(cell: Value) -> bool:
    members = cell.values() if isinstance(cell, dict) else [cell]
    return not any(isinstance(member, dict | list) for member in members)


def _plainly(cell: Value) -> Value:
    return {**cell} if isinstance(cell, dict) else cell


def deriver(lens: Lens, how: tuple[str, ...]) -> Callable[[Value], Value]:
    """Return what computes a variable from another one; None where there is nothing to say."""

    def run(value: Value) -> Value:
        return None if value is None else parting.derived(lens, value, how)

    return run
