"""The account of a translation: what was lost or added, and, when asked, what became of every leaf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["dropped", "clamped", "approximated", "defaulted", "assumed"]

#: Every kind of loss, worst first.
KINDS: Final[tuple[Kind, ...]] = ("dropped", "clamped", "approximated", "defaulted", "assumed")
#: The kinds that `on_loss="refuse"` refuses: the meaning changed. The others only added something.
REFUSED: Final = frozenset({"dropped", "clamped", "approximated"})


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that one dialect said and the other cannot, or that was added on the way."""

    kind: Kind
    #: Where it stood in the document that was read ('' where nothing stood: a default).
    pointer: str
    #: Where it went in the document that was written, or None.
    target_pointer: str | None
    #: The rule's id, and its file and line.
    rule: str
    place: str
    #: A sentence for the user.
    reason: str

    def __str__(self) -> str:
        where = self.pointer or self.target_pointer or "/"
        return f"{self.kind} {where}: {self.reason}  [{self.rule} {self.place}]"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the ledger: a leaf or a whole subtree that was read, the rule, and where it went."""

    #: mapped | normal | satisfied | exchange | added, or a loss kind.
    disposition: str
    rule: str
    place: str
    pointer: str | None
    target_pointer: str | None
    value: Any = None
    target_value: Any = None
