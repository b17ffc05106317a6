"""What ends a rule set: names that are taken over as they are, and names that may not stand together."""

from __future__ import annotations

from copy import deepcopy
from operator import eq
from typing import TYPE_CHECKING, Any

from isogloss.building import merge
from isogloss.pointer import dotted, find, pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import TurnedSet
    from isogloss.values import Path, Value


def carry_rest(
    run: Run, rules: TurnedSet, value: dict[str, Value], path: Path, out: dict[str, Value], at: Path
) -> None:
    """Take over, as it is, what stands where the other dialect's own words may stand."""
    for line in rules.rest.get(run.lens.reader, ()):
        found = find(value, dotted(line["at"]))
        if isinstance(found, dict):
            carry = _carry_by if "by" in line else _carry
            carry(run, line, found, (*path, *dotted(line["at"])), out, at)


def _carry_by(
    run: Run, line: Mapping[str, Any], found: dict[str, Value], path: Path, out: dict[str, Value], at: Path
) -> None:
    """Take over what a rule set makes of the names that it knows and nobody has read."""
    rules = run.lens.set(line["by"])
    left = [name for name, member in found.items() if member is not None and not _spent(run, (*path, name))]
    if not any(_known(rules, run.lens.reader, name) for name in left):
        return
    target = dotted(line["to"])
    _lay_over(run, run.run_set(rules, found, path, (*at, *target)), path, out, at, target)


def _known(rules: TurnedSet, reader: str, name: str) -> bool:
    """Tell whether a rule set begins to read anything under a name, in either spelling."""
    taken = (*rules.names, *(word for line in rules.rest.get(reader, ()) for word in line.get("takes", ())))
    return name in taken or (rules.snake and _camel(name) in taken)


def _spent(run: Run, path: Path) -> bool:
    return path in run.accounts.touched or run.accounts.claimed(path)


def _lay_over(run: Run, made: Value, path: Path, out: dict[str, Value], at: Path, target: Path) -> None:
    for step in reversed(target if made else ()):
        made = {step: made}
    clash = merge(out, made, at, whole=run.lens.document.whole)
    if clash is not None:
        run.refuse(_said_by(run, clash) or path, f"this contradicts what another name says about {pointer(clash)}")


def _carry(
    run: Run, line: Mapping[str, Any], found: dict[str, Value], path: Path, out: dict[str, Value], at: Path
) -> None:
    target = dotted(line["to"])
    for name, member in found.items():
        known = name if name in line["takes"] else _camel(name)
        if known not in line["takes"] or member is None or _spent(run, (*path, name)):
            continue
        made = _respelled({known: member}, run.lens.ruleset.values.get("carried", {}))
        _lay_over(run, made, (*path, name), out, at, target)
        run.accounts.claim((*path, name), "mapped", run.owner)
        run.pair("mapped", (*path, name), (*at, *target, known))


def _respelled(value: Value, words: Mapping[str, Any]) -> Value:
    """Copy what is carried, in the spelling of the other dialect; what its users have named stays as it is."""
    if isinstance(value, list):
        return [_respelled(item, words) for item in value]
    if not isinstance(value, dict):
        return value
    copied: dict[str, Value] = {}
    for name, member in value.items():
        known = name if _camel(name) in value else _camel(name)
        if known in words.get("whole", ()):
            copied[known] = deepcopy(member)
        elif known in words.get("names", ()) and isinstance(member, dict):
            copied[known] = {key: _respelled(inner, words) for key, inner in member.items()}
        else:
            copied[known] = _respelled(member, words)
    return copied


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def together(run: Run, rules: TurnedSet, out: dict[str, Value], at: Path) -> None:
    """Refuse names that have been written and may not stand together, where the last of them was read."""
    for line in rules.excludes:
        place = dotted(line["at"])
        there = find(out, place)
        said = [(*at, *place, name) for name in line["names"] if isinstance(there, dict) and name in there]
        if len(said) > 1:
            wrote = (pair.source for pair in reversed(run.accounts.pairs) if pair.target and _wrote(pair.target, said))
            run.refuse(next((path for path in wrote if path is not None), ()), line["reason"])


def _wrote(target: Path, places: list[Path]) -> bool:
    return any(place[: len(target)] == target for place in places)


def _said_by(run: Run, place: Path) -> Path | None:
    """Return what was read last for a place: where only what is inside was told of, what it stood in."""
    for pair in reversed(run.accounts.pairs):
        if pair.source and pair.target and all(map(eq, pair.target, place)):
            return pair.source[: len(pair.source) - max(0, len(pair.target) - len(place))]
    return None
