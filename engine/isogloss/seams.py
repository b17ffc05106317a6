"""Where parts of a running text end, and what they carry: the list beside a text that keeps its seams, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.matching import Bound
from isogloss.values import ABSENT, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.blocks import Item
    from isogloss.interpreter import Run
    from isogloss.progress import Strand
    from isogloss.rule import Side
    from isogloss.values import Path, Value


def follow(run: Run, value: Value, path: Path, place: Path) -> tuple[Value, Path]:
    """Follow a dotted place, in the dialect's spelling."""
    for name in place:
        if not isinstance(value, dict):
            return ABSENT, path
        actual = name if name in value else run.spelled(value, name)
        value, path = value.get(actual, ABSENT), (*path, actual)
    return (ABSENT if value is None and run.lens.nulls_absent else value), path


def attach(item: Item, seams: list[Any]) -> None:
    """Give a block what the seams at its end carry."""
    for seam in seams:
        item.env.update(seam["binds"])
        seam["met"] = True


def attach_at(item: Item, seams: Mapping[str, list[Any]], end: int) -> None:
    """Give a block what the seams of its kind that end there carry."""
    attach(item, [seam for seam in seams.get(item.kind, ()) if seam["end"] == end])


def account(run: Run, seams: dict[str, list[Any]]) -> None:
    """Account for what the seams carry; where no block ends that it belongs to, it is lost."""
    for cut in (cut for cuts in seams.values() for cut in cuts):
        for bound in cut["binds"].values():
            run.accounts.claim(bound.path, "mapped" if cut["met"] else "dropped", run.owner)
            if not cut["met"]:
                run.lose("dropped", bound.path, None, "no block stands there that this belongs to")


def read_seams(
    run: Run, side: Side, group: dict[str, Value], path: Path, strand: Strand | None
) -> dict[str, list[Any]]:
    """Read the list that says where parts of a joined text end and what they carry."""
    spec = side.seams
    if spec is None:
        return {}
    found: dict[str, list[Any]] = {}
    entries, where = follow(run, group, path, tuple(spec["at"].split(".")))
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        _seam(run, spec, entry, (*where, index), found)
    for lone, (name, kind) in spec.get("lone", {}).items():
        value, place = follow(run, group, path, tuple(lone.split(".")))
        if isinstance(value, list):
            value, place = _unplaced(run, group, value, place, len(path))
        if isinstance(value, str) and not found.get(kind):
            binds = {name: Bound(value, place)}
            found.setdefault(kind, []).append({"end": 1 << 30, "binds": binds, "met": False})
    for kind, cuts in found.items():
        before = 0 if strand is None else strand.lengthen(kind, 0)
        cuts.sort(key=lambda cut: cut["end"])
        for cut in cuts:
            cut["end"] = max(0, cut["end"] - before)
    return found


def _unplaced(run: Run, group: Value, values: list[Value], path: Path, depth: int) -> tuple[Value, Path]:
    """Find the first of some values without places that the group does not say elsewhere; what it does is known."""
    own = path[depth:]
    said = [leaf for place, leaf in leaves(group) if isinstance(leaf, str) and place[: len(own)] != own]
    first: tuple[Value, Path] = (ABSENT, path)
    for index, value in enumerate(values):
        here = (*path, index)
        if isinstance(value, str) and any(value in leaf for leaf in said):
            run.accounts.claim(here, "normal", run.owner)
        elif isinstance(value, str) and first[0] is ABSENT:
            first = value, here
    return first


def _is_whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _seam(run: Run, spec: Mapping[str, Any], entry: Value, path: Path, found: dict[str, list[Any]]) -> None:
    if not isinstance(entry, dict) or not _is_whole(entry.get(spec["end"])):
        run.refuse(
            path, f"an entry here says which {spec['kind']} it belongs to and, as {spec['end']}, where that ends"
        )
    kind = entry.get(spec["kind"])
    for name in (spec["kind"], spec["end"], spec["number"]):
        if name in entry:
            run.accounts.claim((*path, name), "normal", run.owner)
    binds = {}
    for name, field_name in spec["carries"].items():
        if field_name in entry:
            binds[name] = Bound(entry[field_name], (*path, field_name))
    found.setdefault(str(kind), []).append({"end": max(0, entry[spec["end"]]), "binds": binds, "met": False})


def cut_up(text: str, cuts: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a running text, each with the seam at its end."""
    start = 0
    for cut in cuts:
        yield text[start : cut["end"]], cut
        start = max(start, min(cut["end"], len(text)))
    if start < len(text) or not cuts:
        yield text[start:], None
