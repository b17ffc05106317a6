"""Writing blocks: groups of blocks are laid out as the other dialect lays them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss.accounts import Owner
from isogloss.blocks import Group, Item, read_groups
from isogloss.building import merge
from isogloss.laying import Laid, finish
from isogloss.matching import Bound
from isogloss.ordering import keyless, ordered
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import TurnedLayout
    from isogloss.values import Path, Value


def lay(run: Run, layout: TurnedLayout, value: dict[str, Value], path: Path, out: dict[str, Value], at: Path) -> None:
    """Read a document's blocks by one side of a layout and lay them out by the other, into `out`."""
    outer = run.owner, run.around
    run.owner, run.around = Owner(layout.layout.name, layout.write.mark.place), value
    try:
        groups = read_groups(run, layout, value, path)
        for group in groups:
            for item in group.items:
                run.saw |= {item.kind, *item.block.block.classes}
        Writer(run, layout, at).write(groups, out)
    finally:
        run.owner, run.around = outer


def lay_alone(run: Run, layout: TurnedLayout, value: Value, path: Path, at: Path) -> Value:
    """Lay out a value that holds nothing but blocks."""
    out: dict[str, Value] = {}
    lay(run, layout, {"": value}, path, out, at)
    return out.get("", ABSENT)


@dataclass(slots=True)
class Writer:
    """Collects what is laid, then writes it."""

    run: Run
    layout: TurnedLayout
    at: Path
    laid: list[Laid] = field(default_factory=list["Laid"])
    hoisted: list[Laid] = field(default_factory=list["Laid"])
    led: list[Item] = field(default_factory=list["Item"])
    gathered: dict[str, Laid] = field(default_factory=dict[str, "Laid"])
    #: What groups that are blocks themselves could not hold: it follows their run.
    late: Group | None = None

    def write(self, groups: list[Group], out: dict[str, Value]) -> None:
        """Lay out all groups."""
        self._check_answers(groups)
        for group in ordered(self.run, groups) if keyless(self.run.lens, self.layout) else groups:
            if not group.items and self.layout.read.role is not None:
                self.run.accounts.plain((*group.path, self.layout.read.role))
            self._group(group)
        self._follow()
        self._lead()
        self.laid = [group for group in self.laid if group.slots or self.layout.write.group is not None]
        self._legalise()
        self._place(out)

    # ------------------------------------------------------------------ collecting

    def _group(self, group: Group) -> None:
        if group.role == "^":
            self._hoist(group)
            return
        alone = [item for item in group.items if self._form(item) == "self"]
        if not alone:
            self._follow()
        for item in alone:
            self._spill(item, group)
            self.laid.append(self._alone(item))
        rest = [item for item in group.items if self._form(item) != "self"]
        if not rest and alone:
            return
        if self.late is not None:
            rest, self.late = [*self.late.items, *rest], None
        target = self._open(group)
        for item in rest:
            self._lay(item, target)

    def _spill(self, item: Item, group: Group) -> None:
        """Keep what a block that is a group cannot hold, until its run has ended."""
        found = self._spilled(item)
        if found:
            known = self.late.items if self.late is not None else []
            self.late = Group(group.role, [*known, *found], found[0].path)

    def _follow(self) -> None:
        """Let what a run of blocks could not hold follow it, in a group of its own."""
        if self.late is None:
            return
        group, self.late = self.late, None
        target = self._open(group)
        for item in group.items:
            self._lay(item, target)

    def _form(self, item: Item) -> str:
        slot = self.layout.slot_of(item.kind, None)
        return slot.form if slot else ""

    def _open(self, group: Group) -> Laid:
        """Open a group, or go on with the one before where runs are merged."""
        last = self.laid[-1] if self.laid else None
        if self.layout.write.merge and group.alone and last is not None and last.alone and last.role == group.role:
            return last
        self.laid.append(Laid(group.role, group.path, alone=group.alone))
        return self.laid[-1]

    def _alone(self, item: Item) -> Laid:
        slot = self.layout.slot_of(item.kind)
        return Laid(slot.roles[0] if slot and slot.roles else None, item.path, alone=True, slots=[(slot, [item])])

    def _lay(self, item: Item, target: Laid) -> None:
        slot = self.layout.slot_of(item.kind, target.role)
        if slot is None:
            self._unplaced(item)
            return
        if slot.gather:
            target = self.gathered.setdefault(slot.form + ".".join(slot.at), target)
        elif slot.form == "fields" and target.slots:
            target = Laid(target.role, item.path)
            self.laid.append(target)
        target.add(slot, item)
        self._overflow(item, target)

    def _unplaced(self, item: Item) -> None:
        """Lose or refuse a block that has no place: this family has no such slot, or nobody has."""
        missing = [slot for slot in self.layout.write.slots if slot not in self.layout.slots and slot.reason]
        slot = next((slot for slot in missing if slot.holds is not None and item.kind in slot.holds), None)
        if slot is not None and slot.refuses:
            self.run.refuse(item.path, slot.reason)
        reason = f"there is no place for a block of kind {item.kind!r} there" if slot is None else slot.reason
        self.run.lose("dropped", item.path, None, reason)

    def _overflow(self, item: Item, target: Laid) -> None:
        """Let what a block holds, and its layout has no slot for, stand beside it."""
        target.after += self._spilled(item)

    def _spilled(self, item: Item) -> list[Item]:
        """Take out what a block holds and its layout has no slot for."""
        if not item.inner or item.block.block.inner is None:
            return []
        inner = self.run.lens.layout(item.block.block.inner[0])
        found = [block for block in item.inner if inner.slot_of(block.kind) is None]
        item.inner = [block for block in item.inner if block not in found] if found else item.inner
        reason = next((slot.reason for slot in inner.write.slots if slot.reason), "it stands beside the block there")
        for block in found:
            self.run.lose("approximated", block.path, None, reason)
        return found

    def _hoist(self, group: Group) -> None:
        moves = self.layout.hoists or self.layout.write.hoist is not None
        if moves and group.items and any(laid.slots for laid in self.laid):
            self.run.lose("approximated", group.path, None, "it stood between turns and stands before them all there")
        if self.layout.hoists:
            if not self.hoisted and group.items:
                self.hoisted.append(Laid("^", group.path))
            for item in group.items:
                self._lay(item, self.hoisted[0])
        elif self.layout.write.hoist is not None:
            self.led += group.items
            if group.items:
                self.run.lose("approximated", group.path, None, self.layout.write.hoist_reason)
        elif self.layout.write.unfold:
            for item in group.items:
                self.laid.append(Laid("^", group.path))
                self._lay(item, self.laid[-1])
        else:
            self.laid.append(Laid("^", group.path))
            for item in group.items:
                self._lay(item, self.laid[-1])

    def _lead(self) -> None:
        """Where nothing can be hoisted, hoisted blocks lead the first group."""
        if not self.led:
            return
        first = self.laid[0] if self.laid else None
        if first is None or first.alone or first.role not in (None, self.layout.write.role_absent):
            first = Laid(None, self.led[0].path)
            self.laid.insert(0, first)
        slot = self.layout.slot_of(self.led[0].kind)
        first.lead(slot, self.led)

    # ------------------------------------------------------------------ legality

    def _check_answers(self, groups: list[Group]) -> None:
        """Whatever a block opens must be closed by the groups directly after it."""
        if not any("answered" in line for line in self.layout.legal):
            return
        waiting: dict[str, Item] = {}
        for group in groups:
            closes = [item for item in group.items if _use(item) == "closes"]
            if waiting and not closes and group.items and group.role != "^":
                self._unanswered(waiting)
            for item in closes:
                waiting.pop(_key(item), None)
            waiting.update({_key(item): item for item in group.items if _use(item) == "opens"})
        if waiting:
            self._unanswered(waiting)

    def _unanswered(self, waiting: dict[str, Item]) -> None:
        line = next(line for line in self.layout.legal if "answered" in line)
        self.run.refuse(next(iter(waiting.values())).path, line["reason"])

    def _legalise(self) -> None:
        for line in self.layout.legal:
            if "leads" in line:
                for group in self.laid:
                    self._told_first(group, line)
            elif "give" in line:
                for group in self.laid:
                    self._give(group, line)
            elif ("empty" in line and not self.laid) or (
                "first" in line and self.laid and self.laid[0].first_kind() in line["first"]
            ):
                self._insert(0, line)
            elif "last" in line and self.laid and self.laid[-1].role == line["last"]:
                self._end(self.laid[-1], line)

    def _give(self, group: Laid, line: Mapping[str, Any]) -> None:
        """Give the first block of a kind in each group what it needs and lacks."""
        item = next((item for _, items in group.slots for item in items if item.kind == line["kind"]), None)
        if item is None or line["give"] in item.env:
            return
        item.env[line["give"]] = Bound(line["value"])
        self.run.lose("defaulted", item.path, None, line["reason"])

    def _told_first(self, group: Laid, line: Mapping[str, Any]) -> None:
        """Put what the exchange keeps before all else; in a stream, before its first piece."""
        kept, strand = self.run.exchange.get(line["leads"]), self.run.strand(self.layout)
        flag = f"leads {line['leads']}"
        if kept is ABSENT or (strand is not None and flag in strand.said):
            return
        block = next(block for block in self.layout.blocks if block.kind == line["kind"])
        assert block.block.plain is not None
        group.lead(self.layout.slot_of(block.kind, group.role), [Item(block, {block.block.plain: Bound(kept)}, ())])
        if strand is not None:
            strand.said.add(flag)

    def _end(self, last: Laid, line: Mapping[str, Any]) -> None:
        """Put a group after the last one, or a block into it that it lacks."""
        if "lacks" not in line:
            self._insert(len(self.laid), line)
        elif not any(item.kind in line["lacks"] for _, items in last.slots for item in items):
            last.seat.index = len(self.laid) - 1
            self._fill(last, line)

    def _insert(self, index: int, line: Mapping[str, Any]) -> None:
        """Put in a group that the other dialect demands."""
        group = Laid(line["insert"].get("role"), ())
        self.laid.insert(index, group)
        self._fill(group, line)

    def _fill(self, group: Laid, line: Mapping[str, Any]) -> None:
        """Put the block that a group must have at its end."""
        insert = line["insert"]
        block = next(block for block in self.layout.blocks if block.kind == insert["kind"])
        env = {name: Bound(value) for name, value in insert["with"].items()}
        group.add(self.layout.slot_of(block.kind, group.role), Item(block, env, ()))
        self.run.lose(line.get("kind", "defaulted"), None, group.target(self), line["reason"])

    # ------------------------------------------------------------------ placing

    def _place(self, out: dict[str, Value]) -> None:
        write = self.layout.write
        for group in self.hoisted if self.hoisted and self.hoisted[0].slots else ():
            assert write.hoist is not None
            group.where = (*self.at, *write.hoist)
            _put(out, write.hoist, finish(self.run, self.layout, group))
        if write.group is not None:
            self._place_one(out, write.group)
        elif write.groups is not None:
            self._place_all(out, write.groups)

    def _place_one(self, out: dict[str, Value], path: Path) -> None:
        group = self.laid[0] if self.laid else Laid(None, ())
        group.where = (*self.at, *path)
        _put(out, path, finish(self.run, self.layout, group))

    def _place_all(self, out: dict[str, Value], path: Path) -> None:
        written: list[Value] = []
        for index, group in enumerate(self.laid):
            group.seat.index = index
            group.where = (*self.at, *path, group.seat)
            written.append(finish(self.run, self.layout, group))
        if written:
            _put(out, path, written)


def _use(item: Item) -> str:
    use = item.block.block.book
    return "" if use is None else "opens" if use.opens else "closes"


def _key(item: Item) -> str:
    use = item.block.block.book
    return str(item.env[use.key].value) if use else ""


def _put(out: dict[str, Value], path: Path, value: Value) -> None:
    for step in path[:-1]:
        out = out.setdefault(step, {})
    if path:
        out[path[-1]] = value
    else:
        merge(out, value, ())
