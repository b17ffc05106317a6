"""What a request may ask to be cached: the `prefixes` section, read.

A prefix is what a request begins with: its first groups, and names that belong to all of it. One dialect says how a
request asks for that, by marks; another one how what is asked for is handed over once, by a call of its own, and named
from then on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isogloss.pointer import dotted, find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.entries import Entries
    from isogloss.errors import Mark
    from isogloss.source import Map
    from isogloss.values import Path, Value


@dataclass(frozen=True)
class Sign:
    """One way to mark a group."""

    #: Its place in the group; * is any item.
    at: Path
    #: What it must say, to be one.
    says: Mapping[str, Value]
    #: Where it says how long the cache shall live, and the tables that lead from words to durations.
    life: Path
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Asking:
    """How requests of a dialect ask for a cache."""

    groups: Path
    marks: tuple[Sign, ...]
    #: What users are told of a life that is none.
    reason: str


@dataclass(frozen=True)
class Making:
    """The call that makes a cache."""

    operation: str
    #: What it says beside the prefix; {model}, {digest} and {life} stand for what they name.
    says: Mapping[str, str]
    #: Where the reply names the cache and says how many tokens it has, and where a refusal says why.
    name: Path
    tokens: Path
    error: Path
    #: How long a cache lives that was given no life: a duration.
    lasts: str


@dataclass(frozen=True)
class Gone:
    """How a server says that it no longer has a cache."""

    status: int
    #: A pattern of the reply's text; None takes any.
    says: str | None


@dataclass(frozen=True)
class Weight:
    """How many tokens an object counts for, whatever it holds: by what the word at a place begins with."""

    at: Path
    heads: Mapping[str, int]
    otherwise: int

    def of(self, value: Value) -> int:
        """Weigh an object."""
        word = find(value, self.at)
        found = (count for head, count in self.heads.items() if isinstance(word, str) and word.startswith(head))
        return next(found, self.otherwise)


@dataclass(frozen=True)
class Keeping:
    """How a dialect caches."""

    groups: Path
    #: What the last group that is never cached says.
    stays: Mapping[str, Value]
    #: Names that go into the cache as a whole.
    moves: tuple[str, ...]
    #: Where a request names its cache.
    named: Path
    #: Facts of families that cache, and what users are told where they are missing.
    needs: Mapping[str, Value]
    reason: str
    #: The fact with the fewest tokens of a cache.
    least: str | None
    #: How tokens are estimated: bytes of text for each, and what objects of some names count for.
    bytes: int
    objects: Mapping[str, Weight]
    makes: Making
    gone: tuple[Gone, ...]


@dataclass(frozen=True)
class Prefix:
    """Who asks for caches of an operation's requests, and who makes them."""

    name: str
    mark: Mark
    asks: Mapping[str, Asking]
    keeps: Mapping[str, Keeping]
    title: str = ""
    note: str = ""
    source: tuple[str, ...] = ()

    @property
    def tables(self) -> set[str]:
        """The tables that lead from words to durations."""
        return {name for asking in self.asks.values() for sign in asking.marks for name in sign.tables}


def read(entries: Entries, section: Map, dialects: tuple[str, ...]) -> dict[str, Prefix]:
    """Read the section: an entry for each operation."""
    return {name: _prefix(entries, name, entry, dialects) for name, entry in entries.maps(section)}


def _prefix(entries: Entries, name: str, entry: Map, dialects: tuple[str, ...]) -> Prefix:
    entries.keys(entry, "title note source", dialects)
    sides = dict(entries.maps({side: entry[side] for side in dialects if side in entry}))
    for found in sides.values():
        entries.keys(found, "groups marks life_reason stays moves named needs reason least weighs makes gone")
    return Prefix(
        name=name,
        mark=entry.mark,
        asks={side: _asking(entries, found) for side, found in sides.items() if "marks" in found},
        keeps={side: _keeping(entries, found) for side, found in sides.items() if "makes" in found},
        title=entries.text(entry, "title"),
        note=entries.text(entry, "note"),
        source=entries.words(entry, "source"),
    )


def _asking(entries: Entries, entry: Map) -> Asking:
    return Asking(
        groups=dotted(entries.text(entry, "groups")),
        marks=tuple(_sign(entries, item) for item in entries.items(entry, "marks")),
        reason=entries.text(entry, "life_reason"),
    )


def _sign(entries: Entries, entry: Map) -> Sign:
    entries.keys(entry, "at says life")
    place, *tables = (word.strip() for word in entries.text(entry, "life").split("|"))
    return Sign(dotted(entries.text(entry, "at")), dict(entry.get("says", {})), dotted(place), tuple(tables))


def _keeping(entries: Entries, entry: Map) -> Keeping:
    weighs = entry.get("weighs", {})
    return Keeping(
        groups=dotted(entries.text(entry, "groups")),
        stays=dict(entry.get("stays", {})),
        moves=entries.words(entry, "moves"),
        named=dotted(entries.text(entry, "named")),
        needs=dict(entry.get("needs", {})),
        reason=entries.text(entry, "reason"),
        least=entry.get("least"),
        bytes=weighs.get("bytes", 4),
        objects={name: _weight(entry) for name, entry in weighs.get("objects", {}).items()},
        makes=_making(entries, entry["makes"]),
        gone=tuple(_gone(entries, item) for item in entries.items(entry, "gone")),
    )


def _weight(entry: Any) -> Weight:
    if isinstance(entry, int):
        return Weight((), {}, entry)
    return Weight(dotted(entry["at"]), dict(entry["heads"]), entry["otherwise"])


def _making(entries: Entries, entry: Map) -> Making:
    entries.keys(entry, "operation says name tokens error lasts")
    return Making(
        operation=entries.text(entry, "operation"),
        says=dict(entry.get("says", {})),
        name=dotted(entries.text(entry, "name")),
        tokens=dotted(entries.text(entry, "tokens")),
        error=dotted(entries.text(entry, "error")),
        lasts=entries.text(entry, "lasts"),
    )


def _gone(entries: Entries, entry: Map) -> Gone:
    entries.keys(entry, "status says")
    says: Any = entry.get("says")
    try:
        re.compile(says or "")
    except re.error as error:
        entries.say(entry.marks["says"], f"this is no pattern: {error}")
    return Gone(int(entry.get("status", 0)), says)
