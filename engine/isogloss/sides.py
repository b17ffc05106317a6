"""Reading how a dialect lays blocks out: the sides of a layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isogloss.pointer import dotted
from isogloss.rule import Side, Slot
from isogloss.source import Map

if TYPE_CHECKING:
    from isogloss.entries import Entries

_ANY: Final = "any"
_FORMS: Final = ("items", "plain-or-items", "one-or-items", "joined", "self", "fields", "one")


def side(entries: Entries, name: str, entry: Map, dialect: str) -> Side:
    """Read one dialect's side."""
    entries.keys(
        entry,
        "groups group also role role_absent fixed slots hoist hoist_needs hoist_reason unfold merge seams pieces "
        "drops legal once",
    )
    return Side(
        groups=dotted(entry["groups"]) if "groups" in entry else None,
        group=dotted(entry["group"]) if "group" in entry else None,
        also=tuple(dotted(path) for path in entries.words(entry, "also")),
        role=entry.get("role"),
        role_absent=entry.get("role_absent"),
        fixed=dict(entry.get("fixed", {})),
        slots=tuple(_slot(entries, slot) for slot in entries.items(entry, "slots")),
        hoist=dotted(entry["hoist"]) if "hoist" in entry else None,
        hoist_needs=entry.get("hoist_needs", {}),
        hoist_reason=entries.text(entry, "hoist_reason"),
        unfold=bool(entry.get("unfold", False)),
        merge=bool(entry.get("merge", False)),
        seams=entry.get("seams"),
        pieces=entry.get("pieces"),
        drops=entries.drops(entry.get("drops", Map(entry.mark)), f"{name}.{dialect}"),
        legal=tuple(entries.filled(line, line.mark) for line in entries.items(entry, "legal")),
        mark=entry.mark,
        once=tuple(dotted(path) for path in entries.words(entry, "once")),
    )


def _slot(entries: Entries, entry: Map) -> Slot:
    entries.keys(
        entry,
        "at form holds plain blank roles conversion gather number begins reads unless needs otherwise reason read_only",
    )
    form = entries.choice(entry, "form", _FORMS)
    if "form" not in entry:
        entries.say(entry.mark, "a slot says its `form`")
    holds = entry.get("holds", _ANY)
    return Slot(
        at=dotted(entry.get("at", "")),
        form=form or "items",
        holds=None if holds == _ANY else tuple(holds),
        plain=entry.get("plain"),
        blank=entry.get("blank"),
        roles=entries.words(entry, "roles"),
        conversion=entry.get("conversion"),
        gather=bool(entry.get("gather", False)),
        number=entry.get("number"),
        begins=entry.get("begins"),
        reads=entries.words(entry, "reads"),
        unless=dotted(entry.get("unless", "")),
        needs=entry.get("needs", {}),
        reason=entries.text(entry, "reason"),
        refuses=entries.choice(entry, "otherwise", ("refuse",)) is not None,
        read_only=bool(entry.get("read_only", False)),
    )
