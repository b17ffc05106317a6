"""The account of a translation as rows: what stood where, which rule took it, where it went. Prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from isogloss.notation import shorten
from isogloss.pointer import find, parse_pointer, pointer
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from isogloss.loss import Loss, Step
    from isogloss.translator import Translation
    from isogloss.values import Object, Path, Value


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the account."""

    disposition: str
    #: Where it stood, and what stood there; '' where nothing was read.
    left: str
    read: str
    rule: str
    place: str
    #: Where it went, and what stands there now; '' where nothing was written.
    right: str
    written: str


def lines(done: Translation, document: Value, width: int = 32) -> list[Line]:
    """Return the ledger of a traced translation in the order of the document that was read; then what was added."""
    lost = {loss.pointer: loss.kind for loss in done.losses if loss.pointer}
    found = [replace(line, disposition=lost.get(line.left, line.disposition)) for line in _read(done, document, width)]
    return found + [_added(loss, done.body, width) for loss in done.losses if not loss.pointer and loss.target_pointer]


def _read(done: Translation, document: Value, width: int) -> list[Line]:
    places = {place: number for number, place in enumerate(_places(document, ()))}
    last = len(places)
    ordered = sorted(done.ledger or (), key=lambda step: places.get(step.pointer or "", last) if step.pointer else last)
    return [_line(step, width) for step in ordered]


def _places(value: Value, path: Path) -> list[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer(path), *(place for step, member in members for place in _places(member, (*path, step)))]


def _line(step: Step, width: int) -> Line:
    return Line(
        disposition=step.disposition,
        left=step.pointer or "",
        read=_shown(step.value, width) if step.pointer is not None else "",
        rule=step.rule,
        place=step.place,
        right=step.target_pointer or "",
        written=_shown(step.target_value, width) if step.target_pointer is not None else "",
    )


def _added(loss: Loss, body: Value, width: int) -> Line:
    steps = [int(step) if step.isdigit() else step for step in parse_pointer(loss.target_pointer or "")]
    written = _shown(find(body, steps), width)
    return Line(loss.kind, "", "", loss.rule, loss.place, loss.target_pointer or "", written)


def _shown(value: Value, width: int) -> str:
    return "" if value is ABSENT else shorten(value, width)


def summary(losses: tuple[Loss, ...]) -> str:
    """Count losses by kind: '1 dropped, 2 clamped'."""
    from isogloss.loss import KINDS

    counts = {kind: sum(loss.kind == kind for loss in losses) for kind in KINDS}
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing lost"


def report(done: Translation) -> Object:
    """Return a translation as one JSON object: body, losses, ledger, ruleset."""
    return {
        "body": done.body,
        "losses": [_fields(loss) for loss in done.losses],
        "ledger": None if done.ledger is None else [_fields(step) for step in done.ledger],
        "ruleset": done.ruleset,
    }


def _fields(row: Any) -> Object:
    """Return the fields of a loss or a step; what is not there is left out."""
    named = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {name: value for name, value in named.items() if value is not ABSENT}
