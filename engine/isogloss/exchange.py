"""What an exchange remembers: named values, and books that pair one block with a later one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from isogloss.values import ABSENT, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.progress import Progress
    from isogloss.values import Path


@dataclass(slots=True)
class Entry:
    """One thing that was opened: its key, its label, where it stood."""

    key: str
    label: Value
    path: Path
    open: bool = True


class Book:
    """Entries by key, in order; a key that a dialect does not give is minted from its place."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.keys: dict[str, Entry] = {}
        #: Entries by the key they were given, which a careless caller gives twice.
        self.given: dict[str, list[Entry]] = {}

    def mint(self, head: str, seed: str | None) -> str:
        """Make a key: from the seed and the position, so that the same document gives the same keys."""
        number = len(self.entries) + 1
        key = f"{head}{number}" if seed is None else head + _short(f"{seed}/{number}")
        while key in self.keys:
            number += 1
            key = f"{head}{number}"
        return key

    def enter(self, key: str, label: Value, path: Path, given: Value = ABSENT) -> None:
        """Open an entry."""
        entry = Entry(key, label, path)
        self.entries.append(entry)
        self.keys[key] = entry
        self.given.setdefault(given if isinstance(given, str) else key, []).append(entry)

    def close(self, key: Value, label: Value) -> Entry | None:
        """Find the open entry that a later block belongs to, and close it: by key, else the first one."""
        known = self.given.get(key, []) if isinstance(key, str) else self.entries
        entry = next((e for e in known if e.open and (isinstance(key, str) or label in (ABSENT, e.label))), None)
        if entry is not None:
            entry.open = False
        return entry


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Memory:
    """The complement of one exchange. It belongs to one caller."""

    __slots__ = ("books", "casts", "clock", "declared", "ids", "kept", "progress", "seed", "values", "whole")

    def __init__(self, ids: Callable[[], str] | None = None, clock: Callable[[], float] | None = None) -> None:
        self.values: dict[str, Value] = {}
        self.books: dict[str, Book] = {}
        self.ids = ids
        self.clock = clock
        self.seed: str | None = None
        #: Names that were cut, and what they were whole; `kept` tells whether anyone will ask again.
        self.whole: dict[Value, Value] = {}
        self.kept = False
        #: Where numbers were written as text, and where what is declared by a name stands.
        self.casts: list[Path] = []
        self.declared: dict[str, Path] = {}
        #: What a stream has said so far; None where documents are whole.
        self.progress: Progress | None = None

    def get(self, name: str) -> Value:
        """Return a value, or ABSENT; the clock is looked at once, when somebody asks."""
        found = self.values.get(name, ABSENT)
        if found is ABSENT and name == "now" and self.clock is not None:
            found = self.values["now"] = int(self.clock())
        return found

    def set(self, name: str, value: Value) -> None:
        """Remember a value."""
        self.values[name] = value

    def book(self, name: str) -> Book:
        """Return a book, new if need be."""
        return self.books.setdefault(name, Book())
