"""What can go wrong.

IsoglossError
├── RuleError       the rule author's fault: every problem of every file, with line and caret
├── DocumentError   the caller's fault: a JSON Pointer, the rule that refused, an HTTP status
│   └── ValidationError   a reply that does not fit the schema its request asked for
├── LossError       a translation that loses something, where losses are refused
└── UnknownName     a dialect, operation, version, profile or family that does not exist
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.loss import Loss


@dataclass(frozen=True)
class Mark:
    """A place in a rule file; line and column count from 1."""

    file: str
    line: int
    column: int
    #: The text of the line, for the caret.
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def place(self) -> str:
        """File and line, as losses print it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a rule file."""

    mark: Mark
    message: str

    def __str__(self) -> str:
        if not self.mark.text:
            return f"{self.mark}: {self.message}"
        caret = " " * (self.mark.column - 1) + "^"
        return f"{self.mark}: {self.message}\n    {self.mark.text}\n    {caret}"


class IsoglossError(Exception):
    """Whatever isogloss raises on purpose."""


class RuleError(IsoglossError):
    """The rule files are wrong; `problems` holds all that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class DocumentError(IsoglossError):
    """The document cannot be translated: where in the document, and which rule said so."""

    def __init__(
        self, pointer: str, reason: str, *, rule: str = "", place: str = "", status: int = 400, stated: bool = False
    ) -> None:
        #: Whether the status is what a rule says about a reply, and not the usual one.
        self.stated = stated
        self.pointer = pointer
        self.reason = reason
        self.rule = rule
        self.place = place
        self.status = status
        super().__init__(pointer, reason)

    def __str__(self) -> str:
        rule = f"  [{self.rule} {self.place}]" if self.rule else ""
        return f"{self.pointer or '(document)'}: {self.reason}{rule}"


class ValidationError(DocumentError):
    """A reply does not fit the schema that its request asked to be enforced."""

    def __init__(self, pointer: str, reason: str, *, raw: Any, rule: str = "", place: str = "") -> None:
        super().__init__(pointer, reason, rule=rule, place=place, status=422)
        self.raw = raw


class LossError(IsoglossError):
    """Something would be lost, and the caller refuses losses (`on_loss="refuse"`)."""

    def __init__(self, losses: Sequence[Loss]) -> None:
        self.losses = tuple(losses)
        super().__init__(self.losses)

    def __str__(self) -> str:
        return "\n".join(str(loss) for loss in self.losses)


class UnknownName(IsoglossError, LookupError):  # noqa: N818 - the contract's name
    """A name that nothing has; says which names come near."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what = what
        self.name = name
        self.near = tuple(near(name, known))
        super().__init__(what, name)

    def __str__(self) -> str:
        return f"there is no {self.what} {self.name!r}{suggestion(self.near)}"


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three known names that look like the one given."""
    import difflib  # only mistakes need it

    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)


def suggestion(names: Sequence[str]) -> str:
    """Render near names as the end of an error message."""
    return f"; did you mean {' or '.join(repr(name) for name in names)}?" if names else ""
