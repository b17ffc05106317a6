"""Python source under construction: lines, names, constants."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_frames import shared

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable


class Unsupported(Exception):  # noqa: N818 - no error: the interpreter does it
    """A construct that is not compiled."""


#: How a test is written that must hold for the lines after it.
_UNLESS: Final = "if not ("
_LEAVE: Final = "): break"


class Code:
    """Lines of a function's body."""

    def __init__(self, depth: int = 1) -> None:
        self.lines: list[str] = []
        self.depth = depth

    def add(self, *lines: str) -> None:
        """Add lines at the present depth."""
        self.lines += ["    " * self.depth + line for line in lines]

    @property
    def is_straight(self) -> bool:
        """Tell whether the lines are done to their end, or not at all."""
        return not any(line.endswith("break") for line in self.lines)

    @property
    def condition(self) -> str | None:
        """Return the test that the lines begin with, "" for none; None where they may be left elsewhere."""
        first, rest = self.lines[:1], Code()
        rest.lines = self.lines[1:]
        if self.is_straight:
            return ""
        asked = first[0].startswith(_UNLESS) and first[0].endswith(_LEAVE) and rest.is_straight
        return first[0].removeprefix(_UNLESS).removesuffix(_LEAVE) if asked else None

    @contextmanager
    def otherwise(self, head: str) -> Generator[None]:
        """Indent what is done where none of the branches before runs: the next one would begin with `head`."""
        if head == "if":
            yield
            return
        with self.block("else:"):
            yield

    def take(self, other: Code) -> None:
        """Add the lines of a body that was begun at depth 0."""
        self.add(*other.lines)

    @contextmanager
    def block(self, head: str) -> Generator[None]:
        """Indent what is added inside."""
        self.add(head)
        self.depth += 1
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self.add("pass")
        self.depth -= 1


class Module:
    """The functions and constants of one compiled lens; more may be added while it runs."""

    def __init__(self) -> None:
        self.constants: dict[str, str] = {}
        #: Constants that are not written out yet.
        self.pending: list[str] = []
        self.functions: list[str] = []
        #: Values made of functions.
        self.after: list[str] = []
        self._count = 0

    def fresh(self, head: str = "x") -> str:
        """Make a name that nothing else has."""
        self._count += 1
        return f"{head}{self._count}"

    def constant(self, source: str) -> str:
        """Name a value that is made once, when the module is loaded."""
        if source not in self.constants:
            name = self.constants[source] = self.fresh("K")
            self.pending.append(f"{name} = {source}")
        return self.constants[source]

    def function(self, name: str, arguments: str, body: Code) -> None:
        """Add a function."""
        self.functions.append("\n".join([f"def {name}({arguments}):", *shared(body.lines), ""]))

    def source(self) -> str:
        """Write out what has been added since the last time."""
        written = "\n".join([*self.pending, "", *self.functions, *self.after, ""])
        self.pending, self.functions, self.after = [], [], []
        return written


def literal(value: Any) -> str:
    """Write a JSON value as Python source; it is made anew where it stands."""
    return repr(plain(value))


def plain(value: Any) -> Any:
    """Return a JSON value without the marks that rule files give theirs."""
    if isinstance(value, dict):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return value


def steps(path: Iterable[str]) -> str:
    """Write a place as source: each step is source already."""
    return "(" + "".join(f"{step}, " for step in path) + ")"


def odd_fields(rule: Any, understood: Iterable[str]) -> list[str]:
    """Name what a rule says that is not understood."""
    known = set(understood)
    return [f.name for f in fields(rule) if f.name not in known and getattr(rule, f.name) != field_default(f)]


def field_default(one: Any) -> Any:
    if one.default is not MISSING:
        return one.default
    return one.default_factory() if one.default_factory is not MISSING else MISSING
