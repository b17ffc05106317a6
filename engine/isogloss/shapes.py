"""Objects of one shape: generated code is made anew for the names that come again and again.

Most objects of an API hold the same few names in the same order. Code that knows them need not ask for all the names
that might be there. A shape is a tuple of names that rules know, so that strangers cannot fill the memory with theirs.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.values import Value

    Work = Callable[..., Value]

#: How often a shape comes before code is made for it, how many shapes of one set have code, how many are counted.
OFTEN: Final = 4
MOST: Final = 64
COUNTED: Final = 1000
_LOCK: Final = Lock()


class Words(dict[str, "Work"]):
    """The functions of one shape, by the word that stands where most of its rules look; else the one for any value."""

    def __init__(self, any_word: Work, known: frozenset[str], make: Callable[[str], Work | None]) -> None:
        super().__init__()
        self.any_word = any_word
        self.known = known
        self.make = make

    def __missing__(self, word: str) -> Work:
        """Return the function for any value, or make the word's own: words of a table are few."""
        if word not in self.known:
            return self.any_word
        with _LOCK:
            if word not in self:
                self[word] = self.make(word) or self.any_word
        return self[word]


class Shapes(dict[tuple[str, ...], "Work"]):
    """The functions of one rule set: by the names of an object, the one that knows them, else the general one."""

    def __init__(
        self, general: Work, names: frozenset[str], make: Callable[[tuple[str, ...], frozenset[str]], Work | None]
    ) -> None:
        super().__init__()
        self.general = general
        self.names = names
        self.make = make
        self.seen: dict[tuple[str, ...], int] = {}

    def __missing__(self, names: tuple[str, ...]) -> Work:
        """Return the general function, or one that makes the shape's own at its first call."""
        if len(self) >= MOST or not self.names.issuperset(names):
            return self.general
        if len(self.seen) >= COUNTED:
            self.seen.clear()
        count = self.seen[names] = self.seen.get(names, 0) + 1
        return partial(self._first, names) if count >= OFTEN else self.general

    def _first(self, names: tuple[str, ...], value: dict[str, Value], *rest: Any) -> Value:
        """Make the code of a shape; what is null in the first object is expected to be null in others."""
        nulls = frozenset(name for name, member in value.items() if member is None)
        with _LOCK:
            if names not in self:
                self[names] = self.make(names, nulls) or self.general
        return self[names](value, *rest)
