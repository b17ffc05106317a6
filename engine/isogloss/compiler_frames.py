"""Frames kept small: values of a function that are never needed at the same time share a name.

Code is written with a fresh name for every value, more than a thousand in the function of a history. A call clears and
sets up as many places as its function has names, so that takes longer than what a short document asks for. Here the
names of a function are given out anew, before it is loaded: a name is free again after the last line that says it.
"""

from __future__ import annotations

import re
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A text, or a name that was made fresh for a value (those of functions and constants begin otherwise).
_WORD: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b[abd-z][0-9]+\b""")
_LOOPS: Final = ("for ", "while ")


def shared(lines: list[str]) -> list[str]:
    """Return the lines of a function's body with as few names for values as they need."""
    spans = _spans(lines)
    names = dict(_given(spans))
    return [_WORD.sub(lambda found: names.get(found[0], found[0]), line) for line in lines]


def _spans(lines: list[str]) -> dict[str, tuple[int, int]]:
    """Find the first and the last line of each name; what a loop shares with what is around it lasts all the loop."""
    said: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        for found in _WORD.finditer(line):
            if found[0][0] not in "'\"":
                said.setdefault(found[0], []).append(number)
    loops = list(_loops(lines))
    return {name: _lasting(numbers[0], numbers[-1], loops) for name, numbers in said.items()}


def _loops(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each loop, the outer ones last."""
    open_: list[tuple[int, int]] = []
    for number, line in enumerate([*lines, ""]):
        code = line.lstrip(" ")
        depth = len(line) - len(code) if code else -1
        while open_ and open_[-1][1] >= depth:
            yield open_.pop()[0], number - 1
        if code.startswith(_LOOPS):
            open_.append((number, depth))


def _lasting(first: int, last: int, loops: Iterable[tuple[int, int]]) -> tuple[int, int]:
    for start, end in loops:
        inside = start <= first and last <= end
        if not inside and first <= end and start <= last:
            first, last = min(first, start), max(last, end)
    return first, last


def _given(spans: dict[str, tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Pair each name with one that no value has on the lines between its first and its last."""
    free: list[int] = []
    taken: list[tuple[int, int]] = []
    count = 0
    for name, (first, last) in sorted(spans.items(), key=lambda pair: pair[1]):
        while taken and taken[0][0] < first:
            heappush(free, heappop(taken)[1])
        if free:
            number = heappop(free)
        else:
            number, count = count, count + 1
        heappush(taken, (last, number))
        yield name, f"x{number}"
