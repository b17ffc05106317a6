"""YAML text to values that remember where they stood.

Only the part of YAML that means the same to every reader: no anchors, no tags, no duplicate or non-string keys, and no
scalar that YAML 1.1 reads otherwise than a JSON author would (`no`, `off`, `3.10`, `012`, `1_000`, dates).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import yaml

from isogloss.errors import Mark, Problem, RuleError

if TYPE_CHECKING:
    from pathlib import Path

_LITERALS: Final = {"true": True, "false": False, "null": None}
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
#: Words that YAML 1.1 turns into booleans or null: a rule author must quote them.
_TRAPS: Final = re.compile(
    r"(?i:yes|no|on|off|~|true|false|null)|[-+]?[0-9][0-9_]*(:[0-9]+)+|[-+]?0[0-9]+|\+?[0-9][0-9_]*\.?"
    r"|0[xo][0-9a-fA-F]+|[-+]?\.(inf|nan)|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?"
)


class Map(dict[str, Any]):
    """An object of a rule file: its own mark, and one for each of its names and values."""

    __slots__ = ("mark", "marks", "names")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        #: Where each value stands.
        self.marks: dict[str, Mark] = {}
        #: Where each name stands.
        self.names: dict[str, Mark] = {}

    def __reduce__(self) -> Any:
        """Be plain JSON on disk: what is loaded has been checked, and its marks stand in the rules."""
        return dict, (dict(self),)


class Seq(list[Any]):
    """A list of a rule file: its own mark and one for each item."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def __reduce__(self) -> Any:
        """Be plain JSON on disk."""
        return list, (list(self),)


def read(path: Path, name: str) -> Map:
    """Read one rule file; `name` is what marks call it.

    Raises RuleError with every problem of the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RuleError((Problem(Mark(name, 1, 1), f"this is not UTF-8 (byte {error.start})"),)) from None
    return parse(text, name)


def parse(text: str, name: str) -> Map:
    """Read YAML text that holds one object."""
    return _copied(_parsed(text, name))


@lru_cache(maxsize=256)
def _parsed(text: str, name: str) -> Map:
    """Remember what was read: each overlay is laid over the same rulebook, on a copy, since actions change it."""
    reader = _Reader(text, name)
    value = reader.document()
    if reader.problems:
        raise RuleError(reader.problems)
    return value


def _copied(value: Any) -> Any:
    if isinstance(value, Map):
        found = Map(value.mark)
        found.update({name: _copied(member) for name, member in value.items()})
        found.marks, found.names = value.marks.copy(), value.names.copy()
        return found
    if isinstance(value, Seq):
        items = Seq(value.mark)
        items.extend(map(_copied, value))
        items.marks = value.marks.copy()
        return items
    return value


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.lines = text.splitlines()
        self.problems: list[Problem] = []

    def document(self) -> Map:
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            events = list(yaml.parse(self.text, Loader=loader))
            self._refuse_anchors(events)
            root = yaml.compose(self.text, Loader=loader) if not self.problems else None
        except yaml.MarkedYAMLError as error:
            self._say(error.problem_mark, (error.problem or "this is not YAML").strip())
            root = None
        if not isinstance(root, yaml.MappingNode):
            if not self.problems:
                self._say(None, "a rule file holds one object")
            return Map(Mark(self.name, 1, 1))
        return self._map(root)

    def _refuse_anchors(self, events: list[Any]) -> None:
        for event in events:
            if getattr(event, "anchor", None):
                self._say(event.start_mark, "anchors and aliases are not part of the language; write it out")
            elif getattr(event, "tag", None):
                self._say(event.start_mark, "tags are not part of the language")

    def _mark(self, place: Any) -> Mark:
        line = place.line if place else 0
        text = self.lines[line] if line < len(self.lines) else ""
        return Mark(self.name, line + 1, (place.column if place else 0) + 1, text)

    def _say(self, place: Any, message: str) -> None:
        self.problems.append(Problem(self._mark(place), message))

    def _value(self, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._map(node)
        if isinstance(node, yaml.SequenceNode):
            return self._seq(node)
        return self._scalar(node)

    def _map(self, node: Any) -> Map:
        found = Map(self._mark(node.start_mark))
        for key, value in node.value:
            name = self._name(key)
            if name in found:
                self._say(key.start_mark, f"{name!r} stands twice in one object")
            found[name] = self._value(value)
            found.names[name] = self._mark(key.start_mark)
            found.marks[name] = self._mark(value.start_mark)
        return found

    def _name(self, node: Any) -> str:
        name = self._value(node)
        if not isinstance(name, str):
            self._say(node.start_mark, f"a name must be a string; quote {node.value!r}")
        return str(name)

    def _seq(self, node: Any) -> Seq:
        found = Seq(self._mark(node.start_mark))
        for item in node.value:
            found.append(self._value(item))
            found.marks.append(self._mark(item.start_mark))
        return found

    def _scalar(self, node: Any) -> Any:
        text = node.value
        if node.style in ('"', "'", "|", ">"):
            return text
        if text in _LITERALS:
            return _LITERALS[text]
        if _NUMBER.fullmatch(text):
            return self._number(node)
        if text == "":
            self._say(node.start_mark, "a value is missing; write null or {}")
        elif _TRAPS.fullmatch(text):
            self._say(node.start_mark, f"YAML readers disagree on {text}; quote it")
        return text

    def _number(self, node: Any) -> int | float:
        text = node.value
        if "." in text and text.endswith("0") and not text.endswith(".0"):
            self._say(node.start_mark, f"{text} would lose its last 0; quote it if it is a name")
        return float(text) if re.search(r"[.eE]", text) else int(text)
