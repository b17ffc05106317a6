"""Plans: operations that need an answer before their next call, as stages one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from isogloss.pointer import dotted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.entries import Entries
    from isogloss.errors import Mark
    from isogloss.source import Map
    from isogloss.values import Path


@dataclass(frozen=True)
class Kept:
    """A value of a stage's reply that the exchange keeps: where it stands, and what is said where it does not."""

    at: Path | None
    header: str | None
    refuse: str | None = None
    status: int = 502


@dataclass(frozen=True)
class Stage:
    """One call of a plan."""

    mark: Mark
    #: The operation of the target dialect.
    call: str
    keep: Mapping[str, Kept] = field(default_factory=dict[str, Kept])
    #: The kept value that is its address.
    to: str | None = None
    #: The field of the caller's form whose bytes are its body.
    sends: str | None = None

    @property
    def heads(self) -> bool:
        """Whether all that is kept of its reply stands in headers: the body may say nothing, and in no form."""
        return all(kept.header is not None for kept in self.keep.values())


Plan = tuple[Stage, ...]


def plans(entries: Entries, tree: Map) -> dict[str, dict[str, Plan]]:
    """Read all plans: {operation: {target dialect: stages}}."""
    return {
        operation: {side: tuple(_stage(entries, item) for item in entries.items(entry, side)) for side in entry}
        for operation, entry in entries.maps(tree)
    }


def operations(known: Mapping[str, Mapping[str, Plan]]) -> set[str]:
    """Return the operations that plans are for, and those that they call."""
    return set(known) | {stage.call for sides in known.values() for plan in sides.values() for stage in plan}


def _stage(entries: Entries, entry: Map) -> Stage:
    entries.keys(entry, "call keep to sends note")
    to = entries.text(entry, "to")
    if to and not to.startswith("@"):
        entries.say(entry.marks["to"], "an address is a value that the exchange keeps: @name")
    return Stage(
        mark=entry.mark,
        call=entries.text(entry, "call"),
        keep={name: _kept(entries, entry["keep"], name) for name in entry.get("keep", {})},
        to=to.removeprefix("@") or None,
        sends=entries.text(entry, "sends") or None,
    )


def _kept(entries: Entries, entry: Map, name: str) -> Kept:
    said = entry[name]
    if isinstance(said, str):
        return Kept(_place(said), None)
    entries.keys(said, "at header refuse status")
    at, header = said.get("at"), said.get("header")
    if (at is None) == (header is None):
        entries.say(said.mark, "a kept value stands `at` a place of the body, or in a `header`")
    place = None if at is None else _place(str(at))
    return Kept(place, header, said.get("refuse"), said.get("status", 502))


def _place(text: str) -> Path:
    """Read a place in a reply; a number is an index."""
    return tuple(int(step) if step.isdecimal() else step for step in dotted(text))
