"""Numbers that had to be written as text: what is said about them later is made a number again.

A declaration (a function's parameters) may hold a set of numbers that the other dialect can only hold as words. The
exchange remembers where; when a later block speaks about what was declared, its words are numbers again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.codecs import CodecError, parse_json
from isogloss.matching import Bound
from isogloss.values import Path, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.blocks import Item
    from isogloss.interpreter import Run
    from isogloss.memory import Memory


def note(run: Run, item: Item) -> None:
    """Remember what a block declares, or make the numbers of what it says numbers again."""
    block = item.block.block
    if block.declares is not None and block.declares in item.env:
        run.exchange.declared[str(item.env[block.declares].value)] = item.path
    if block.recast is not None and run.exchange.casts:
        _recast(run.exchange, item, *block.recast)


def _recast(memory: Memory, item: Item, value: str, name: str) -> None:
    where = memory.declared.get(str(item.env[name].value)) if name in item.env else None
    if where is None or value not in item.env:
        return
    bound = item.env[value]
    made = bound.value
    for steps in _steps(memory.casts, where):
        made = cast(made, steps)
    item.env[value] = Bound(made, bound.path, bound.pending)


def _steps(casts: list[Path], where: Path) -> Iterator[Path]:
    """Turn places in a declared schema into places in the values it describes."""
    for path in casts:
        if path[: len(where)] == where:
            yield tuple(_value_steps(path[len(where) :]))


def _value_steps(path: Path) -> Iterator[str]:
    steps = iter(path)
    for step in steps:
        if step == "properties":
            yield next(steps, "*")
        elif step == "items":
            yield "*"


def cast(value: Value, steps: Path) -> Value:
    """Return the value with the text at a place made a number; what is no number stays as it is."""
    if not steps:
        return _number(value)
    step, rest = steps[0], steps[1:]
    if step == "*" and isinstance(value, list):
        return [cast(item, rest) for item in value]
    if isinstance(value, dict) and step in value:
        return {**value, step: cast(value[step], rest)}
    return value


def _number(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    try:
        found = parse_json(value)
    except CodecError:
        return value
    return found if isinstance(found, int | float) and not isinstance(found, bool) else value
