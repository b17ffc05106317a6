"""Reading how a dialect tells a document piece by piece: the `stream` of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.pointer import dotted
from isogloss.rule import Assembly, Gathering, Telling

if TYPE_CHECKING:
    from isogloss.entries import Entries
    from isogloss.source import Map


def telling(entries: Entries, entry: Map) -> Telling:
    """Read one dialect's side of a stream."""
    entries.keys(entry, "each index ends held last frame idle alone gathers assembles error status")
    return Telling(
        each=entries.text(entry, "each"),
        index=entries.text(entry, "index"),
        ends=entries.text(entry, "ends"),
        held=entries.words(entry, "held"),
        last=entries.words(entry, "last"),
        frame=entries.words(entry, "frame"),
        idle=dict(entry.get("idle", {})),
        alone=entry.get("alone"),
        gathers=tuple(_gathering(entries, item) for item in entries.items(entry, "gathers")),
        assembles=tuple(_assembly(entries, item) for item in entries.items(entry, "assembles")),
        error=entries.text(entry, "error"),
        status=dotted(entries.text(entry, "status")),
    )


def _gathering(entries: Entries, entry: Map) -> Gathering:
    entries.keys(entry, "at by starts joins")
    return Gathering(
        at=dotted(entries.text(entry, "at")),
        by=entry.get("by"),
        starts=entry.get("starts"),
        joins=tuple(dotted(path) for path in entries.words(entry, "joins")),
    )


def _assembly(entries: Entries, entry: Map) -> Assembly:
    entries.keys(entry, "at inside more pieces place values into")
    return Assembly(
        at=dotted(entries.text(entry, "at")),
        inside=entries.text(entry, "inside"),
        more=entries.text(entry, "more"),
        pieces=entries.text(entry, "pieces"),
        place=entries.text(entry, "place"),
        values=entries.words(entry, "values"),
        into=entries.text(entry, "into"),
    )
