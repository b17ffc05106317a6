"""References followed: rules see what a reference stands for, as far as all of them together stand for few objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from isogloss.pointer import find, parse_pointer
from isogloss.values import ABSENT, DEPTH_LIMIT, same, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import TurnedSet
    from isogloss.values import Path, Value


def inlined(run: Run, rules: TurnedSet, value: dict[str, Value], path: Path) -> tuple[dict[str, Value], Path]:
    """Follow a reference to where it points, so that the rules see what it stands for."""
    spec = rules.inline
    if not run.stack:
        run.roots = [(value, path)]
        for name in spec["definitions"]:
            if name in value:
                run.accounts.claim((*path, name), "normal", run.owner)
    run.nodes += any(run.stack)
    if run.nodes > spec["limit"] or (not run.stack and followed(value, spec) > spec["limit"]):
        run.refuse(path, f"following references makes more than {spec['limit']} objects of this")
    ref = value.get(spec["name"])
    run.stack = (*run.stack, ref if isinstance(ref, str) else "")
    if isinstance(ref, str):
        return _followed(run, rules, ref, value, path)
    return _alone(run, rules, value, path)


def opened(run: Run, rules: TurnedSet, value: Value, path: Path) -> dict[str, Value]:
    """Take a value that stands for anything, inside an object, for what can be said of it."""
    if run.stack and _is_open(rules.inline, value):
        run.accounts.claim(path, "approximated", run.owner, also=True)
        return _open(run, rules.inline, path)
    if not isinstance(value, dict):
        run.refuse(path, f"an object must stand here, not {type_name(value)}")
    return value


def _is_open(spec: Mapping[str, Any], value: Value) -> bool:
    return any(same(value, one) for one in spec.get("anything", {}).get("values", ()))


def _open(run: Run, spec: Mapping[str, Any], path: Path) -> dict[str, Value]:
    run.lose("approximated", path, None, spec["anything"]["reason"])
    return dict(spec["anything"]["said"])


def _followed(
    run: Run, rules: TurnedSet, ref: str, value: dict[str, Value], path: Path
) -> tuple[dict[str, Value], Path]:
    """Lay what a reference points to under what stands beside it."""
    spec = rules.inline
    run.accounts.claim((*path, spec["name"]), "normal", run.owner)
    place, target = _pointed(run.roots[0][0], ref)
    if _is_open(spec, target):
        return {**_open(run, spec, path), **_without(value, spec["name"])}, path
    if ref in run.stack[:-1] or not isinstance(target, dict):
        run.lose("approximated", path, None, spec["cycle"] if ref in run.stack[:-1] else spec["unknown"])
        return {**spec["cut"], **_without(value, spec["name"])}, path
    return _laid_under(run, rules, target, (*run.roots[0][1], *place), _without(value, spec["name"]), path)


def _pointed(root: Value, ref: str) -> tuple[tuple[str, ...], Value]:
    """Find what a reference points to, as it is written or with its escaped letters read."""
    places = [parse_pointer(text) for text in (ref[1:], unquote(ref[1:])) if ref.startswith("#")]
    found = [(place, find(root, place)) for place in places]
    return next((one for one in found if one[1] is not ABSENT), ((), ABSENT))


def _alone(run: Run, rules: TurnedSet, value: dict[str, Value], path: Path) -> tuple[dict[str, Value], Path]:
    """Lay the only item of a list of parts under what stands beside the list."""
    name = rules.inline.get("lone")
    members = value.get(name) if name is not None else None
    if name is None or not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], dict):
        return value, path
    return _laid_under(run, rules, members[0], (*path, name, 0), _without(value, name), path)


def _laid_under(
    run: Run, rules: TurnedSet, target: dict[str, Value], real: Path, beside: dict[str, Value], path: Path
) -> tuple[dict[str, Value], Path]:
    spec, virtual = rules.inline, (*path, "#")
    seen = {name: member for name, member in target.items() if name not in beside}
    run.accounts.inline(virtual, real, seen, run.owner)
    for name, member in beside.items():
        kept = same(target.get(name, member), member) or name in spec.get("beside", ())
        if not kept:
            run.lose("approximated", (*path, name), None, spec["conflict"])
        if name in target:  # it gives way, and stands nowhere else
            run.accounts.claim((*real, name), "normal" if kept else "approximated", run.owner, also=True)
        run.accounts.claim((*path, name), "mapped", run.owner)
        run.accounts.aliases[(*virtual, name)] = (*path, name)
    for name in spec["definitions"]:
        if name in target:
            run.accounts.claim((*virtual, name), "normal", run.owner)
    return inlined(run, rules, {**target, **beside}, virtual)


def _without(value: dict[str, Value], name: str) -> dict[str, Value]:
    return {key: member for key, member in value.items() if key != name}


# --------------------------------------------------------------------- how often they would be followed


def followed(root: dict[str, Value], spec: Mapping[str, Any]) -> int:
    """Count the references that are followed where each stands for what it leads to; never more than will be."""
    return _Count(root, spec).of(root, 0)


class _Count:
    def __init__(self, root: Value, spec: Mapping[str, Any]) -> None:
        self.root = root
        self.spec = spec
        #: What each reference makes; nothing while it is being counted, as circles are cut.
        self.known: dict[str, int] = {}

    def of(self, value: Value, depth: int) -> int:
        """Count those in a value; what is nested too deep is refused by others."""
        if depth > DEPTH_LIMIT:
            return 0
        if isinstance(value, list):
            return sum(self.of(item, depth + 1) for item in value)
        if not isinstance(value, dict):
            return 0
        members = (member for name, member in value.items() if name not in self.spec["definitions"])
        return self._led(value.get(self.spec["name"]), depth) + sum(self.of(member, depth + 1) for member in members)

    def _led(self, ref: Value, depth: int) -> int:
        if not isinstance(ref, str) or not ref.startswith("#"):
            return 0
        if ref not in self.known:
            self.known[ref] = 0
            target = find(self.root, parse_pointer(ref[1:]))
            self.known[ref] = 1 + self.of(target, depth + 1) if isinstance(target, dict) else 0
        return self.known[ref]
