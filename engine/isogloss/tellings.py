"""Reading how a dialect tells a document in parts: piece by piece, in several calls, item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss.apart import Answers, Apart, Join, Times
from isogloss.pointer import dotted
from isogloss.rule import Assembly, Gathering, Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.entries import Entries
    from isogloss.source import Map
    from isogloss.values import Path


def told(entries: Entries, entry: Map) -> dict[str, Any]:
    """Read all that a document says about its parts, by dialect."""
    return {
        word: {side: read(entries, said) for side, said in entries.maps(entry.get(word))} for word, read in HOW.items()
    }


def _telling(entries: Entries, entry: Map) -> Telling:
    entries.keys(
        entry, "each index ends held grows last frame positions idle alone events gathers assembles error status"
    )
    return Telling(
        each=entries.text(entry, "each"),
        index=entries.text(entry, "index"),
        ends=entries.text(entry, "ends"),
        held=entries.words(entry, "held"),
        grows=entries.words(entry, "grows"),
        last=entries.words(entry, "last"),
        frame=entries.words(entry, "frame"),
        positions=tuple(dotted(place) for place in entries.words(entry, "positions")),
        idle=dict(entry.get("idle", {})),
        alone=entry.get("alone"),
        events=entries.words(entry, "events"),
        gathers=tuple(_gathering(entries, item) for item in entries.items(entry, "gathers")),
        assembles=tuple(_assembly(entries, item) for item in entries.items(entry, "assembles")),
        error=entries.text(entry, "error"),
        status=tuple(_status(place) for place in entries.words(entry, "status")),
    )


def _status(place: str) -> tuple[Path, tuple[str, ...]]:
    """Read a place, and behind bars the tables that lead from its word to a number."""
    path, *tables = (word.strip() for word in place.split("|"))
    return dotted(path), tuple(tables)


def _gathering(entries: Entries, entry: Map) -> Gathering:
    entries.keys(entry, "at by starts opens joins")
    return Gathering(
        at=dotted(entries.text(entry, "at")),
        by=entry.get("by"),
        starts=dotted(entry["starts"]) if "starts" in entry else None,
        opens=dotted(entry["opens"]) if "opens" in entry else None,
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


def _apart(entries: Entries, entry: Map) -> Apart | Times:
    needs = entries.dialect_map(entry, "needs", entries.dialects)
    if "times" in entry:
        entries.keys(entry, "times limit rises needs")
        at = dotted(entries.text(entry, "times"))
        return Times(at, entry.get("limit", 1), _paths(entries, entry, "rises"), needs)
    entries.keys(entry, "at most limit alike needs")
    most, at = entry.get("most", 1), dotted(entries.text(entry, "at"))
    return Apart(at, most, entry.get("limit", most), _paths(entries, entry, "alike"), needs)


def _join(entries: Entries, entry: Map) -> Join:
    entries.keys(entry, "lists number adds")
    return Join(_paths(entries, entry, "lists"), entry.get("number"), _paths(entries, entry, "adds"))


def _answers(entries: Entries, entry: Map) -> Answers:
    entries.keys(entry, "each at number")
    return Answers(dotted(entries.text(entry, "each")), _paths(entries, entry, "at"), entry.get("number"))


def _paths(entries: Entries, entry: Map, name: str) -> tuple[Path, ...]:
    return tuple(map(dotted, entries.words(entry, name)))


#: The words of a document that say how it is told in parts.
HOW: Final[dict[str, Callable[[Entries, Map], Any]]] = {
    "stream": _telling,
    "apart": _apart,
    "joins": _join,
    "answers": _answers,
}
