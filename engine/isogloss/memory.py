"""What an exchange remembers: named values, and books that pair one block with a later one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.progress import Progress, Strand
    from isogloss.values import Object, Path, Value


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

    def copy(self) -> Book:
        """Return a book that goes its own way."""
        other = Book()
        for entry in self.entries:
            other.entries.append(Entry(entry.key, entry.label, entry.path, entry.open))
        twins = {id(entry): twin for entry, twin in zip(self.entries, other.entries, strict=True)}
        other.keys = {key: twins[id(entry)] for key, entry in self.keys.items()}
        other.given = {key: [twins[id(entry)] for entry in entries] for key, entries in self.given.items()}
        return other

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

    #: Books by name.
    books: dict[str, Book]
    #: Names that were cut, and what they were whole.
    whole: dict[Value, Value]
    #: How names were spelled that would be written otherwise: {(codec, name): as it was read}.
    spelled: dict[tuple[str, Value], Value]
    #: Where numbers were written as text, and where what is declared by a name stands.
    casts: list[Path]
    declared: dict[str, Path]
    #: What minted keys derive from.
    seed: str | None = None
    #: Whether anyone will ask for what was cut.
    kept = False
    #: Whether no name was cut, and no number written as text: generated code knows nothing of these.
    plain = True
    #: What a stream has said so far; None where documents are whole.
    progress: Progress | None = None

    def __init__(self, values: Object, clock: Callable[[], float] | None = None) -> None:
        self.values = values
        self.clock = clock
        if "seed" in values:
            self.seed = str(values["seed"])

    def __getattr__(self, name: str) -> Any:
        """Make what few documents need when it is first asked for."""
        if name not in ("books", "casts", "declared", "whole", "spelled"):
            raise AttributeError(name)
        made: Any = [] if name == "casts" else {}
        setattr(self, name, made)
        return made

    @property
    def strand(self) -> Strand:
        """The strand of a stream that is being told."""
        assert self.progress is not None
        return self.progress.strand

    def copy(self) -> Memory:
        """Return a memory that goes its own way."""
        other = Memory(dict(self.values), self.clock)
        other.seed = self.seed
        other.kept, other.plain = self.kept, self.plain
        other.books = {name: book.copy() for name, book in self.books.items()}
        other.whole, other.casts, other.declared = dict(self.whole), list(self.casts), dict(self.declared)
        other.spelled = dict(self.spelled)
        other.progress = None if self.progress is None else self.progress.copy()
        return other

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
