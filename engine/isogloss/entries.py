"""Reading the entries of rule files: the same few questions, each answered with a problem that has a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.errors import Mark, Problem, near, suggestion
from isogloss.pointer import dotted
from isogloss.rule import Drop, Row
from isogloss.source import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Entries:
    """Collects problems while entries are read."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.named: dict[str, Any] = {}
        self.dialects: tuple[str, ...] = ()

    def say(self, mark: Mark, message: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(mark, message))

    def unknown(self, entry: Map, name: str, what: str, known: Iterable[str]) -> None:
        """Add the problem of a name that nothing has."""
        mark = entry.marks.get(name, entry.mark)
        self.say(mark, f"there is no {what} {entry.get(name)!r}{suggestion(near(str(entry.get(name)), known))}")

    def keys(self, entry: Map, known: str, more: Iterable[str] = ()) -> None:
        """Refuse names that an entry of this sort does not have."""
        allowed = {*known.split(), *more}
        for name in entry:
            if name not in allowed:
                self.say(
                    entry.names.get(name, entry.mark), f"{name!r} is no word here{suggestion(near(name, allowed))}"
                )

    def maps(self, entries: Any) -> Iterator[tuple[str, Map]]:
        """Yield the named entries that are objects; the others are problems."""
        for name, entry in (entries or {}).items():
            if isinstance(entry, Map):
                yield name, entry
            else:
                self.say(entries.marks.get(name, entries.mark), f"{name!r} must be an object")

    def items(self, entry: Map, name: str) -> Iterator[Map]:
        """Yield the objects of a list."""
        found = entry.get(name, ())
        if not isinstance(found, list | tuple):
            self.say(entry.marks[name], f"{name!r} must be a list")
            return
        for index, item in enumerate(found):
            if isinstance(item, Map):
                yield item
            else:
                self.say(found.marks[index] if isinstance(found, Seq) else entry.mark, "must be an object")

    def words(self, entry: Map, name: str) -> tuple[str, ...]:
        """Read a word or a list of words."""
        found = entry.get(name, ())
        if isinstance(found, str):
            return (found,)
        if not isinstance(found, list | tuple) or not all(isinstance(word, str) for word in found):
            self.say(entry.marks[name], f"{name!r} must be a word or a list of words")
            return ()
        return tuple(found)

    def text(self, entry: Map, name: str) -> str:
        """Read a text, or ''."""
        found = entry.get(name, "")
        if not isinstance(found, str):
            self.say(entry.marks[name], f"{name!r} must be a text")
        return str(found)

    def choice(self, entry: Map, name: str, known: Iterable[str]) -> Any:
        """Read one of a few words, or None."""
        if name not in entry:
            return None
        if entry[name] not in set(known):
            self.unknown(entry, name, name, known)
        return entry[name]

    def dialect_map(self, entry: Map, name: str, dialects: Iterable[str]) -> dict[str, Any]:
        """Read an object whose names are dialects; a fact's bare name means that it is true."""
        if name not in entry:
            return {}
        found = entry[name]
        if not isinstance(found, Map):
            self.say(entry.marks[name], f"{name!r} names a dialect first")
            return {}
        self.keys(found, "", dialects)
        if name != "needs":
            return dict(found)
        return {side: {facts: True} if isinstance(facts, str) else dict(facts) for side, facts in found.items()}

    def inherited(self, lineage: Iterable[str], name: str, families: Map) -> Any:
        """Find a value in an entry or the nearest one it inherits from."""
        return next((families[one][name] for one in lineage if name in families[one]), "")

    def drops(self, entry: Any, owner: str) -> tuple[Drop, ...]:
        """Read `path: sentence` pairs."""
        del owner
        return tuple(self._drop(entry, path) for path in entry or ())

    def _drop(self, entry: Map, path: str) -> Drop:
        value = entry[path]
        mark = entry.names.get(path, entry.mark)
        if isinstance(value, str):
            return Drop(dotted(path), value, mark=mark)
        if not isinstance(value, Map):
            self.say(mark, "a drop gives its reason as a sentence")
            return Drop(dotted(path), "", mark=mark)
        self.keys(value, "reason satisfied refuse normal")
        return Drop(
            dotted(path),
            self.text(value, "reason"),
            tuple(value.get("satisfied", ())),
            bool(value.get("refuse")),
            mark,
            bool(value.get("normal")),
        )

    def filled(self, cell: Any, mark: Mark) -> Any:
        """Replace the named values (%name) in a table's cell."""
        if isinstance(cell, list):
            return [self.filled(item, mark) for item in cell]
        if isinstance(cell, dict):
            return {name: self.filled(value, mark) for name, value in cell.items()}
        if not (isinstance(cell, str) and cell.startswith("%")):
            return cell
        if cell[1:] not in self.named:
            self.say(mark, f"there is no named value {cell}{suggestion(near(cell[1:], self.named))}")
        return self.named.get(cell[1:])

    def rows(self, entry: Map, name: str) -> tuple[Row, ...]:
        """Read a table's rows: [left, right], then marks, `{saw: CLASS}` or `{reason: …}`."""
        found = entry.get(name, Seq(entry.mark))
        if not isinstance(found, Seq):
            self.say(entry.marks[name], "rows are a list of [left, right, mark…]")
            return ()
        return tuple(self._row(row, found.marks[index]) for index, row in enumerate(found))

    def _row(self, row: Any, mark: Mark) -> Row:
        if not isinstance(row, Seq) or len(row) < 2:  # noqa: PLR2004 - two columns
            self.say(mark, "a row is [left, right, mark…]")
            return Row((None, None), frozenset(), mark)
        marks = [word for word in row[2:] if isinstance(word, str)]
        more: dict[str, Any] = {}
        for extra in row[2:]:
            more.update(extra if isinstance(extra, Map) else {})
        for word in marks:
            if word not in ("clamp", "back", "forth", "respell"):
                self.say(
                    row.marks[row.index(word)],
                    f"{word!r} is no mark of a row{suggestion(near(word, ('clamp', 'back', 'forth', 'respell')))}",
                )
        return Row(
            (self.filled(row[0], mark), self.filled(row[1], mark)),
            frozenset(marks),
            mark,
            more.get("saw"),
            more.get("reason", ""),
        )
