"""A string that a regular expression matches, for schemas with `pattern`.

Python's own parser reads the expression; what it cannot say of a string in advance (look-around, references) is left
out, so the string may then not match.
"""

from __future__ import annotations

import re
import re._constants as words  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_CLASSES: Final = {
    words.CATEGORY_DIGIT: "0123456789",
    words.CATEGORY_WORD: "abcdefghijklmnopqrstuvwxyz",
    words.CATEGORY_SPACE: " ",
    words.CATEGORY_NOT_DIGIT: "abcdefghijklm",
    words.CATEGORY_NOT_SPACE: "nopqrstuvwxyz",
    words.CATEGORY_NOT_WORD: "-",
}
_PRINTABLE: Final = "".join(map(chr, range(33, 127)))
_MORE: Final = 3  # times that something is repeated that may be left out
_MOST: Final = 100  # … and that something is repeated at all


def matching(pattern: str, draw: Callable[[str, int], int]) -> str:
    """Return a string that `pattern` matches; `draw(name, most)` chooses numbers from 0 to `most`."""
    try:
        return _sequence(parser.parse(pattern), draw, "")
    except (re.error, RecursionError):
        return ""


def _sequence(items: Any, draw: Callable[[str, int], int], path: str) -> str:
    return "".join(_item(op, value, draw, f"{path}.{index}") for index, (op, value) in enumerate(items))


def _item(op: Any, value: Any, draw: Callable[[str, int], int], path: str) -> str:
    if op is words.LITERAL:
        return chr(value)
    if op in {words.ANY, words.NOT_LITERAL}:
        return _choice([char for char in _PRINTABLE if char.isalnum() and ord(char) != value], draw, path)
    if op is words.IN:
        return _choice(_members(value), draw, path)
    if op in {words.MAX_REPEAT, words.MIN_REPEAT}:
        least, most, inner = value
        count = min(least, _MOST) or draw(path, min(int(most), _MORE))
        return "".join(_sequence(inner, draw, f"{path}x{index}") for index in range(count))
    if op is words.SUBPATTERN:
        return _sequence(value[-1], draw, path)
    if op is words.BRANCH:
        return _sequence(value[1][draw(path, len(value[1]) - 1)], draw, path)
    return ""


def _choice(items: list[str], draw: Callable[[str, int], int], path: str) -> str:
    return items[draw(path, len(items) - 1)] if items else ""


def _members(value: Any) -> list[str]:
    negated = value[0][0] is words.NEGATE
    found = [char for op, one in value[1 if negated else 0 :] for char in _expanded(op, one)]
    return [char for char in _PRINTABLE if char not in found] if negated else found


def _expanded(op: Any, value: Any) -> str:
    if op is words.LITERAL:
        return chr(value)
    if op is words.RANGE:
        return "".join(map(chr, range(value[0], min(value[1], value[0] + 100) + 1)))
    return _CLASSES.get(value, "")
