"""Law 9: every property of both schemas is read by a rule, named in a `drops`, or listed with a reason.

Of a stream that is told as events every property is written: nothing reads it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from isogloss import resources
from isogloss.checks.book import Book
from isogloss.checks.reach import ITEM, VALUE, Reach, Spot, Words
from isogloss.errors import Mark, Problem
from isogloss.source import Map

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from isogloss.rule import Ruleset

#: Where a document's schema begins, for phases whose documents have an envelope.
_ENVELOPE: Final = {"error": ("body",)}

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one document's schema is decided."""

    dialect: str
    document: str
    total: int
    #: What nothing decides.
    open: tuple[str, ...]
    #: Words that the schema knows and a table does not: "path: word".
    unspoken: tuple[str, ...]
    #: Reasons for what is not open: it is decided by now, or the schema does not know it.
    stale: tuple[str, ...]
    mark: Mark
    #: Where the reasons stand.
    listed: Map

    def __str__(self) -> str:
        return f"{self.dialect} {self.document} {self.total - len(self.open)}/{self.total}"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is open or stale, as problems."""
        missing = f"of {self.dialect} is decided by nothing: write a rule or a `drops`, or list it under `coverage`"
        found = [Problem(self.mark, f"{path} {missing}") for path in self.open]
        found += [
            Problem(self.mark, f"{word} is a word of {self.dialect} that the table has no row for")
            for word in self.unspoken
        ]
        stale = "needs no reason: rules decide it, or the schema does not know it"
        return (*found, *(Problem(self.listed.names[path], f"{path} {stale}") for path in self.stale))


def coverage(ruleset: Ruleset, tree: Map) -> list[Coverage]:
    """Measure every document for which there is a schema; `tree` holds the entries that the ruleset was made of."""
    book = Book(ruleset, tree)
    found: list[Coverage] = []
    for document in ruleset.documents:
        for dialect in ruleset.dialects:
            path = schema_file(dialect, document)
            if path is not None:
                found.append(_measure(book, document, dialect, json.loads(path.read_text(encoding="utf-8"))))
    return found


def schema_file(dialect: str, document: str) -> Path | None:
    """Find the schema of a document: its own, or the one of its phase."""
    folder = resources.folder("schemas") / dialect
    names = (document, document.rpartition(".")[2])
    return next((path for name in names if (path := folder / f"{name}.schema.json").exists()), None)


def _measure(book: Book, document: str, dialect: str, schema: Schema) -> Coverage:
    telling = book.ruleset.documents[document].stream.get(dialect)
    reach = Reach(book, dialect, telling.events if telling else ())
    spots = reach.document(document)
    for name in _ENVELOPE.get(document.rpartition(".")[2], ()):
        spots = reach.below(spots, name)
    walk = _Walk(reach, schema.get("$defs", {}), _named_alternatives(dialect))
    decided: dict[str, bool] = {}
    for path, read in walk.paths(schema, "", spots, ()):
        decided[path] = decided.get(path, False) or read
    listed = book.tree["coverage"].get(document, {}).get(dialect, Map(Mark("", 1, 1)))
    left = [path for path, read in decided.items() if not read]
    return Coverage(
        dialect=dialect,
        document=document,
        total=len(decided),
        open=tuple(path for path in left if not any(_under(path, reason) for reason in listed)),
        unspoken=tuple(word for word in dict.fromkeys(walk.unspoken) if word not in listed),
        stale=tuple(reason for reason in listed if not any(_under(path, reason) for path in (*left, *walk.unspoken))),
        mark=book.ruleset.documents[document].mark,
        listed=listed,
    )


def _named_alternatives(dialect: str) -> dict[str, frozenset[str]]:
    """Collect what a dialect's definitions say about alternatives: a request's says it for a reply's too."""
    found: dict[str, frozenset[str]] = {}
    for path in sorted((resources.folder("schemas") / dialect).glob("*.schema.json")):
        for name, schema in json.loads(path.read_text(encoding="utf-8")).get("$defs", {}).items():
            found[name] = found.get(name, frozenset()) | _alternatives(schema)
    return found


def _under(path: str, top: str) -> bool:
    return path == top or path.startswith((f"{top}.", f"{top}["))


class _Walk:
    """Goes through a schema and the rules at once."""

    def __init__(self, reach: Reach, definitions: dict[str, Schema], alternatives: dict[str, frozenset[str]]) -> None:
        self.reach = reach
        self.definitions = definitions
        self.alternatives = alternatives
        self.unspoken: list[str] = []

    def paths(
        self, schema: Schema, at: str, spots: tuple[Spot, ...], inside: tuple[str, ...]
    ) -> Iterator[tuple[str, bool]]:
        """Yield the path of every property, and whether it is read; a definition inside itself is walked once."""
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        if name and name not in inside:
            narrowed = self._narrowed(spots, self.alternatives.get(name, frozenset()))
            yield from self.paths(self.definitions[name], at, narrowed, (*inside, name))
        fitting = self._fitting(schema, self._narrowed(spots, _alternatives(schema)))
        here = self.reach.settled(fitting)
        self._spell(schema.get("enum", ()), at, here)
        for key, member in schema.get("properties", {}).items():
            below = self.reach.below(here, key)
            path = f"{at}.{key}" if at else key
            yield path, bool(below)
            yield from self.paths(member, path, below, inside)
        for suffix, step, member in _inner(schema):
            below = self.reach.below(here, step) if step else fitting
            yield from self.paths(member, at + suffix, below, inside)

    def _fitting(self, schema: Schema, spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
        """Leave out what cannot be read of an object with these properties: it says another word somewhere."""
        resolved = {name: self._resolved(member) for name, member in schema.get("properties", {}).items()}
        words = {name: member["enum"] for name, member in resolved.items() if "enum" in member}
        return tuple(kept for spot in spots for kept in spot.fitting(words)) if words else spots

    def _resolved(self, schema: Schema) -> Schema:
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        return self.definitions.get(name, schema)

    def _narrowed(self, spots: tuple[Spot, ...], alternatives: frozenset[str]) -> tuple[Spot, ...]:
        return tuple(spot.narrowed(alternatives) for spot in spots) if alternatives else spots

    def _spell(self, words: Sequence[Any], at: str, spots: tuple[Spot, ...]) -> None:
        """Find the words of an enum that only tables read, and that none of them knows."""
        tables = [spot for spot in spots if isinstance(spot, Words)]
        if tables and len(tables) == len(spots):
            self.unspoken += [f"{at}: {word}" for word in words if not any(t.knows(self.reach, word) for t in tables)]


def _inner(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    for word, suffix, step in (("items", "[*]", ITEM), ("additionalProperties", ".{}", VALUE)):
        if isinstance(schema.get(word), dict):
            yield suffix, step, schema[word]
    for word in ("anyOf", "oneOf", "allOf"):
        yield from (("", "", member) for member in schema.get(word, ()))


def _alternatives(schema: Schema) -> frozenset[str]:
    """Return the names of which an object must have one."""
    lines = [line.get("required", ()) for line in schema.get("oneOf", ()) if set(line) == {"required"}]
    return frozenset(name for names in lines for name in names)
