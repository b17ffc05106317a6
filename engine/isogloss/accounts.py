"""The accounts of one run: what was read, by which rule, where it went, and what was lost.

Every leaf of the input is claimed by the rule that reads it. What nobody claimed when all rules have run is lost, and
said so: by the sentence that a `drops` in scope gives, or as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from isogloss.errors import DocumentError
from isogloss.loss import Loss, Step
from isogloss.pointer import pointer, settled
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from isogloss.loss import Kind
    from isogloss.rule import Drop
    from isogloss.values import Path, Value


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever claims, loses or writes: a rule's id and place."""

    id: str
    place: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A place that was read and the place it was written to."""

    disposition: str
    owner: Owner
    source: Path | None
    target: Path | None


@dataclass(slots=True)
class Lost:
    """A loss whose target index may not be settled yet."""

    kind: Kind
    source: Path | None
    target: Path | None
    owner: Owner
    reason: str


class Accounts:
    """Claims, pairs and losses of one run."""

    def __init__(self) -> None:
        self.claims: dict[Path, tuple[str, Owner]] = {}
        #: What rules have read beside the rule that claims it.
        self.also: dict[Path, tuple[str, Owner]] = {}
        #: Every place at or around something that was read …
        self.touched: set[Path] = set()
        #: … and the same without what was only read also.
        self.around: set[Path] = set()
        self.pairs: list[Pair] = []
        #: Places whose words are other spellings of what is written for them.
        self.respelled: set[Path] = set()
        self.lost: list[Lost] = []
        self.scopes: dict[Path, list[tuple[tuple[Drop, ...], Owner]]] = {}
        #: Where a reference was followed: the place it was followed from, and the place it led to.
        self.aliases: dict[Path, Path] = {}
        self.followed: list[tuple[Value, Path]] = []
        #: Where what a codec made is accounted for, and the place that the codec has read.
        self.coded: dict[Path, Path] = {}

    def claim(self, path: Path, disposition: str, owner: Owner, *, also: bool = False) -> None:
        """Say that a rule has read a place and all below it; `also` leaves it free for others."""
        (self.also if also else self.claims).setdefault(path, (disposition, owner))
        for length in range(len(path) + 1):
            self.touched.add(path[:length])
            if not also:
                self.around.add(path[:length])

    def plain(self, path: Path | None) -> None:
        """Say that what was read there is another spelling of what is written, or says nothing: a normal form."""
        if path is None:
            return
        self.respelled.add(path)
        for claims in (self.claims, self.also):
            if path in claims and claims[path][0] == "mapped":
                claims[path] = ("normal", claims[path][1])

    def ignored(self, env: Mapping[str, Any], names: Iterable[str], owner: Owner) -> None:
        """Say that a rule writes some of its variables nowhere: another word there changes nothing, a normal form."""
        for path in (env[name].path for name in names if name in env):
            for claims in (self.claims, self.also):
                if path is not None and claims.get(path) == ("mapped", owner):
                    claims[path] = ("normal", owner)

    def gather(self, start: int, target: Path) -> None:
        """Say of what was paired since that it was written to one place, as a codec writes it."""
        self.pairs[start:] = [replace(pair, target=target) for pair in self.pairs[start:]]

    def claimed(self, path: Path) -> bool:
        """Tell whether a place, one around it, or one below it has been read."""
        return path in self.around or any(path[:length] in self.claims for length in range(len(path) + 1))

    def scope(self, path: Path, drops: tuple[Drop, ...], owner: Owner) -> None:
        """Give the sentences for what is lost below a place."""
        self.touched.update(path[:length] for length in range(len(path) + 1))
        self.scopes.setdefault(path, []).append((drops, owner))

    def lose(self, kind: Kind, source: Path | None, target: Path | None, owner: Owner, reason: str) -> None:
        """Record a loss."""
        self.lost.append(Lost(kind, source, target, owner, reason))

    def lost_whole(self, path: Path | None, owner: Owner) -> None:
        """Say that all of a value is lost already: no conversion will go through it."""
        if path is not None:
            self.claim(path, "dropped", owner)

    def inline(self, virtual: Path, real: Path, value: Value, owner: Owner) -> None:
        """Say that a reference was followed: what it leads to is accounted for under the place it stands at."""
        self.aliases[virtual] = real
        if value:
            self.followed.append((value, virtual))
        if virtual[: len(real)] != real:
            self.claim(real, "normal", owner, also=True)

    def real(self, path: Path) -> Path:
        """Return where a place below a followed reference really stands."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.coded:
                return self.real(self.coded[path[:length]])
            if path[:length] in self.aliases:
                return self.real((*self.aliases[path[:length]], *path[length:]))
        return path

    # ------------------------------------------------------------------ what nobody read

    def sweep(self, value: Value, path: Path, *, nulls_absent: bool) -> None:
        """Account for every leaf at or below a place that nobody claimed."""
        if path in self.claims:
            return
        holds = isinstance(value, dict | list) and bool(value)
        # What others have read in part is not read as a whole.
        if path in self.also and not (holds and path in self.around):
            self.claim(path, *self.also[path])
            return
        if path in self.touched and holds:
            for step, member in value.items() if isinstance(value, dict) else enumerate(value):
                self.sweep(member, (*path, step), nulls_absent=nulls_absent)
        elif value is None and nulls_absent:
            self.claim(path, "satisfied", Owner("null", ""))
        elif not (holds and self._dropped_below(value, path, nulls_absent=nulls_absent)):
            self._lose_unread(value, path)

    def _dropped_below(self, value: Any, path: Path, *, nulls_absent: bool) -> bool:
        """Go down where a sentence is given for something inside."""
        below = any(
            len(drop.path) > len(rest) and fits(drop.path[: len(rest)], rest)
            for drops, _, rest in self._scopes_of(path)
            for drop in drops
        )
        if below:
            for step, member in value.items() if isinstance(value, dict) else enumerate(value):
                self.sweep(member, (*path, step), nulls_absent=nulls_absent)
        return below

    def _lose_unread(self, value: Value, path: Path) -> None:
        for drops, owner, rest in self._scopes_of(path):
            for drop in drops:
                if fits(drop.path, rest[: len(drop.path)]) and len(drop.path) <= len(rest):
                    self._drop(drop, value, path, owner)
                    return
        owner = next((owner for _, owner, _ in self._scopes_of(path)), Owner("document", ""))
        self.lose("dropped", path, None, owner, f"no rule knows {path[-1]!r} here" if path else "no rule reads this")
        self.claim(path, "dropped", owner)

    def _scopes_of(self, path: Path) -> Iterable[tuple[tuple[Drop, ...], Owner, Path]]:
        for length in range(len(path), -1, -1):
            for drops, owner in self.scopes.get(path[:length], ()):
                yield drops, owner, path[length:]

    def _drop(self, drop: Drop, value: Value, path: Path, owner: Owner) -> None:
        place = drop.mark.place if drop.mark else owner.place
        named = Owner(f"{owner.id}.{'.'.join(map(str, drop.path))}", place)
        if drop.normal or any(same(value, word) for word in drop.satisfied):
            self.claim(path, "normal" if drop.normal else "satisfied", named)
            return
        if drop.refuse:
            raise DocumentError(pointer(self.real(path)), drop.reason, rule=named.id, place=place)
        self.lose("dropped", path, None, named, drop.reason)
        self.claim(path, "dropped", named)

    # ------------------------------------------------------------------ results

    def _standing(self, path: Path | None, document: Value) -> Path | None:
        """Return where in the document a value stands; None for one that a rule has put in."""
        from isogloss.pointer import find

        real = None if path is None else self.real(path)
        return None if real is None or find(document, real) is ABSENT else real

    def losses(self) -> tuple[Loss, ...]:
        """Return the losses, ordered by where they stood."""
        for lost in self.lost:
            lost.source = None if lost.source is None else self.real(lost.source)
        found = [_loss(lost) for lost in self.lost]
        return tuple(dict.fromkeys(found))

    def ledger(self, document: Value, body: Value) -> tuple[Step, ...]:
        """Return every step: each place that was read and where it went, each place that was added."""
        from isogloss.pointer import find

        pairs = [replace(pair, source=self._standing(pair.source, document)) for pair in self.pairs]
        mapped = {pair.source for pair in pairs if pair.disposition == "mapped"}
        pairs = [replace(pair, disposition="mapped") if pair.source in mapped else pair for pair in pairs]
        steps = [_step(pair, document, body, find) for pair in pairs]
        paired = {pair.source for pair in pairs if pair.source is not None}
        for path, (disposition, owner) in self.claims.items():
            value = find(document, path)
            if path not in paired and value is not ABSENT and self.real(path) == path:
                steps.append(Step(disposition, owner.id, owner.place, pointer(path), None, value))
        told = {pair.target for pair in pairs}
        for lost in self.lost:
            if lost.target is not None and (lost.source is None or lost.target not in told):
                added = find(body, settled(lost.target))
                steps.append(Step(lost.kind, lost.owner.id, lost.owner.place, None, pointer(lost.target), None, added))
        return tuple(steps)


def _loss(lost: Lost) -> Loss:
    source = "" if lost.source is None else pointer(lost.source)
    target = None if lost.target is None else pointer(lost.target)
    return Loss(lost.kind, source, target, lost.owner.id, lost.owner.place, lost.reason)


def _step(pair: Pair, document: Value, body: Value, find: Any) -> Step:
    source = None if pair.source is None else pointer(pair.source)
    target = None if pair.target is None else pointer(pair.target)
    value = None if pair.source is None else find(document, pair.source)
    written = None if pair.target is None else find(body, settled(pair.target))
    return Step(pair.disposition, pair.owner.id, pair.owner.place, source, target, value, written)


def fits(pattern: Path, path: Path) -> bool:
    """Tell whether a path fits a dotted pattern, in which * is any one step."""
    return len(pattern) == len(path) and all(want in ("*", step) for want, step in zip(pattern, path, strict=True))
