"""The rulebook as files: one tree of named entries, with overlays laid over it.

A rule file holds entries under section names (`tables:`, `sets:`, `documents:` …). Files are read in order of their
names; where an entry stands does not matter. An overlay may add entries, and change them by `actions`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from isogloss import resources, source
from isogloss.errors import Mark, Problem, RuleError, near, suggestion
from isogloss.pointer import parse_pointer
from isogloss.source import Map, Seq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECTIONS: Final = (
    "dialects",
    "families",
    "tables",
    "values",
    "sets",
    "blocks",
    "attributes",
    "layouts",
    "documents",
    "plans",
    "prefixes",
    "coverage",
)
_HEAD: Final = ("version", "language", "columns", "extends", "title", "profile", "why", "note", "actions")


class Shelf:
    """The merged tree of entries: {section: {name: entry}}."""

    def __init__(self) -> None:
        self.tree = Map(Mark("", 1, 1))
        self.head = Map(Mark("", 1, 1))
        self.problems: list[Problem] = []
        #: Whether a file could not be read at all.
        self.torn = False
        for section in SECTIONS:
            self.tree[section] = Map(Mark("", 1, 1))

    def add(self, files: Sequence[Path], *, overlay: bool = False) -> None:
        """Read files onto the shelf; then carry out their actions."""
        actions: list[Map] = []
        for path in files:
            try:
                found = source.read(path, name_of(path))
            except RuleError as error:
                self.problems += error.problems
                self.torn = True
                continue
            self._take(found, actions, overlay=overlay)
        for action in actions:
            self._act(action)

    def _take(self, found: Map, actions: list[Map], *, overlay: bool) -> None:
        for section, entries in found.items():
            if section == "actions":
                actions += [action for action in entries if isinstance(action, Map)]
            elif section in SECTIONS:
                self._entries(section, entries, found.marks[section], overlay=overlay)
            elif section not in _HEAD:
                self._unknown(section, found.names[section])
            elif not overlay:
                self.head[section] = entries

    def _unknown(self, section: str, mark: Mark) -> None:
        hint = suggestion(near(section, (*SECTIONS, *_HEAD)))
        self.problems.append(Problem(mark, f"there is no section {section!r}{hint}"))

    def _entries(self, section: str, entries: Any, mark: Mark, *, overlay: bool) -> None:
        if not isinstance(entries, Map):
            self.problems.append(Problem(mark, f"{section} holds an object of named entries"))
            return
        shelf = self.tree[section]
        if overlay and section == "families":
            # An overlay's patterns are tried before the rulebook's: it must be able to take a name over.
            for name in [name for name in entries if name in shelf]:
                said = f"the family {name!r} is given at {shelf.names[name].place} already; change it by `actions`"
                self.problems.append(Problem(entries.names[name], said))
            self.tree[section] = shelf = _first(entries, shelf)
            return
        for name, entry in entries.items():
            known = shelf.get(name)
            if name not in shelf or (overlay and section == "values"):
                shelf[name] = entry
                shelf.names[name] = entries.names[name]
                shelf.marks[name] = entries.marks[name]
            elif isinstance(known, Map) and isinstance(entry, Map):
                self._join(known, entry)
            else:
                self.problems.append(Problem(entries.names[name], f"{section}.{name} stands in two places"))

    def _join(self, known: Map, entry: Map) -> None:
        """One entry may be written in several files: its rules, drops and blocks add up."""
        if "title" in entry:
            known.mark = entry.mark  # the file that says what the entry is, is where it stands
        for name, value in entry.items():
            mine = known.get(name)
            if name not in known:
                known[name] = value
                known.names[name], known.marks[name] = entry.names[name], entry.marks[name]
            elif isinstance(mine, Seq) and isinstance(value, Seq):
                mine.extend(value)
                mine.marks.extend(value.marks)
            elif isinstance(mine, Map) and isinstance(value, Map):
                self._join(mine, value)
            elif mine != value:
                self.problems.append(Problem(entry.names[name], f"{name!r} is already given at {known.names[name]}"))

    def _act(self, action: Map) -> None:
        steps = parse_pointer(str(action.get("at", "")))
        words = [word for word in ("set", "remove", "append", "before") if word in action]
        if len(words) != 1 or "why" not in action or not steps:
            self.problems.append(
                Problem(action.mark, "an action has `at`, `why`, and one of set, remove, append, before")
            )
            return
        parent = self._resolve(steps[:-1])
        done = parent is not None and _apply(parent, steps[-1], words[0], action)
        if not done:
            mark = action.marks.get("at", action.mark)
            self.problems.append(Problem(mark, f"{action['at']} matches nothing{self._hint(parent, steps[-1])}"))

    def _hint(self, parent: Any, step: str) -> str:
        if isinstance(parent, Seq):
            return suggestion(
                near(step, [str(item["id"]) for item in parent if isinstance(item, Map) and "id" in item])
            )
        return suggestion(near(step, parent)) if isinstance(parent, Map) else ""

    def _resolve(self, steps: tuple[str, ...]) -> Any:
        here: Any = self.tree
        for step in steps:
            place = _place(here, step)
            if place is None:
                return None
            here = here[place]
        return here


def _first(entries: Map, shelf: Map) -> Map:
    """Put an overlay's entries before those that are there."""
    found = Map(shelf.mark)
    for source_map in (entries, shelf):
        for name, entry in source_map.items():
            if name not in found:
                found[name] = entry
                found.names[name], found.marks[name] = source_map.names[name], source_map.marks[name]
    return found


def name_of(path: Path) -> str:
    """Name a file as marks print it: rules/… for our own, else as it was given."""
    rules = resources.folder("rules")
    return f"rules/{path.relative_to(rules).as_posix()}" if path.is_relative_to(rules) else str(path)


def _place(here: Any, step: str) -> Any:
    if isinstance(here, Map):
        return step if step in here else None
    if isinstance(here, Seq):
        return next((index for index, item in enumerate(here) if _called(item, index, step)), None)
    return None


def _called(item: Any, index: int, step: str) -> bool:
    if isinstance(item, Map) and "id" in item:
        return item["id"] == step
    if isinstance(item, Seq) and item and isinstance(item[0], str):
        return item[0] == step
    return str(index) == step


def _apply(parent: Any, step: str, word: str, action: Map) -> bool:
    place = _place(parent, step)
    value, mark = action[word], action.marks[word]
    if word == "append":
        return place is not None and isinstance(parent[place], Seq) and _append(parent[place], value, mark)
    if place is None and not (word == "set" and isinstance(parent, Map)):
        return False
    if word == "remove":
        return _remove(parent, place)
    if word == "before":
        return isinstance(parent, Seq) and isinstance(place, int) and _insert(parent, place, value, mark)
    return _set(parent, step if place is None else place, value, action)


def _insert(parent: Seq, place: int, value: Any, mark: Mark) -> bool:
    parent.insert(place, value)
    parent.marks.insert(place, mark)
    return True


def _remove(parent: Any, place: Any) -> bool:
    del parent[place]
    if isinstance(parent, Seq):
        del parent.marks[place]
    return True


def _append(target: Seq, value: Any, mark: Mark) -> bool:
    target.append(value)
    target.marks.append(mark)
    return True


def _set(parent: Any, place: Any, value: Any, action: Map) -> bool:
    parent[place] = value
    parent.marks[place] = action.marks["set"] if "set" in action else action.mark
    if isinstance(parent, Map):
        parent.names[place] = action.names["at"]
    return True


def fingerprint(tree: Map) -> str:
    """Hash what the rules say, not how they are written."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
