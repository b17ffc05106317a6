"""One laid group: its blocks in their slots, written as the object that the other dialect shows."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss.accounts import Owner
from isogloss.building import build, merge, names_of
from isogloss.pointer import Seat, find
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.blocks import Item
    from isogloss.interpreter import Run
    from isogloss.lens import TurnedLayout
    from isogloss.rule import Slot
    from isogloss.values import Path, Value


@dataclass(slots=True)
class Laid:
    """A group on its way out."""

    role: str | None
    path: Path
    alone: bool = False
    slots: list[tuple[Slot | None, list[Item]]] = field(default_factory=list[Any])
    #: Blocks that stand after the others of their slot.
    after: list[Item] = field(default_factory=list["Item"])
    seat: Seat = field(default_factory=lambda: Seat(0))
    where: Path = ()

    def add(self, slot: Slot | None, item: Item) -> None:
        """Put a block into its slot."""
        for known, items in self.slots:
            if known is slot:
                items.append(item)
                return
        self.slots.append((slot, [item]))

    def lead(self, slot: Slot | None, items: list[Item]) -> None:
        """Put blocks before all others of a slot."""
        for known, there in self.slots:
            if known is slot:
                there[:0] = items
                return
        self.slots.insert(0, (slot, items))

    def first_kind(self) -> str:
        """Return the kind of the first block."""
        return next((items[0].kind for _, items in self.slots if items), "")

    def items_of(self, slot: Slot) -> list[Item]:
        """Return the blocks of one slot."""
        return next((items for known, items in self.slots if known is slot), [])

    def target(self, writer: Any) -> Path:
        """Where the group will stand."""
        return (*writer.at, *(writer.layout.write.groups or ()), self.seat)


def finish(run: Run, layout: TurnedLayout, group: Laid) -> Value:
    """Write a group as an object."""
    if group.alone and group.slots and group.slots[0][0] is not None and group.slots[0][0].form == "self":
        return write_item(run, layout, group.slots[0][1][0], group.where)
    out: dict[str, Value] = dict(layout.write.fixed)
    _role(run, layout, group, out)
    seams: list[dict[str, Value]] = []
    for slot in layout.slots:
        items = group.items_of(slot)
        if slot.form == "items" and group.after and slot.holds is None:
            items = items + group.after
        _slot(run, layout, slot, items, group, out, seams)
    if seams and layout.write.seams is not None:
        first = _counted(run, layout, layout.write.seams["at"], len(seams))
        nested: Value = [{layout.write.seams["number"]: n, **seam} for n, seam in enumerate(seams, first)]
        for step in reversed(layout.write.seams["at"].split(".")):
            nested = {step: nested}
        merge(out, nested, (), "append")
    _once(run, layout, out)
    return out


def _counted(run: Run, layout: TurnedLayout, name: str, more: int) -> int:
    """Return how many items a list has from the pieces before, and count those of this one."""
    strand = run.strand(layout)
    return 0 if strand is None else strand.count(name, more)


def _once(run: Run, layout: TurnedLayout, out: dict[str, Value]) -> None:
    """Take away what the pieces before have said."""
    strand = run.strand(layout)
    if strand is None:
        return
    for path in layout.write.once:
        name, inside = ".".join(path), find(out, path[:-1])
        if isinstance(inside, dict) and path[-1] in inside:
            if name in strand.said:
                del inside[path[-1]]
            strand.said.add(name)


def _role(run: Run, layout: TurnedLayout, group: Laid, out: dict[str, Value]) -> None:
    side = layout.write
    if side.role is None or layout.layout.roles is None:
        return
    role = group.role
    if role == "^":
        role = None if side.hoist is not None else _hoisted_role(run, layout)
    elif role is None:
        role = side.role_absent
    if role is not None:
        out[side.role] = role


def _hoisted_role(run: Run, layout: TurnedLayout) -> str:
    column = 0 if run.lens.ruleset.tables[str(layout.layout.roles)].columns[0] == run.lens.writer else 1
    rows = run.lens.rows(str(layout.layout.roles))
    return next(row.cells[column] for row in rows if row.cells[1 - column] == "^" and "respell" not in row.marks)


# --------------------------------------------------------------------- slots


def _slot(
    run: Run,
    layout: TurnedLayout,
    slot: Slot,
    items: list[Item],
    group: Laid,
    out: dict[str, Value],
    seams: list[dict[str, Value]],
) -> None:
    if slot.read_only:
        return
    if slot.form == "fields":
        for item in items:
            merge(out, write_item(run, layout, item, group.where), group.where, "append")
        return
    if slot.begins is not None:
        told = sum(len(str(item.env[str(item.block.block.plain)].value)) for item in items if item.path)
        strand = run.strand(layout)
        run.exchange.set(slot.begins, 0 if strand is None else strand.lengthen(slot.begins, told))
    written = _written(run, layout, slot, items, group, seams) if items else ABSENT
    if written is ABSENT:
        written = _blank(slot, group)
    elif slot.conversion is not None:
        conversion = run.lens.conversion(slot.conversion)
        assert conversion.codec is not None
        written = conversion.codec.write((written,), conversion.options)
    if written is not ABSENT:
        _put(out, slot.at, written)


def _put(out: dict[str, Value], path: Path, value: Value) -> None:
    for step in path[:-1]:
        out = out.setdefault(step, {})
    out[path[-1]] = value


def _blank(slot: Slot, group: Laid) -> Value:
    """Return what a slot says when it holds nothing."""
    if slot.blank is None:
        return ABSENT
    kinds = {item.kind for _, items in group.slots for item in items}
    for kind, value in slot.blank.get("beside", {}).items():
        if kind in kinds:
            return value
    found = slot.blank.get("otherwise", ABSENT)
    return found if found is ABSENT else deepcopy(found)


def _written(
    run: Run, layout: TurnedLayout, slot: Slot, items: list[Item], group: Laid, seams: list[dict[str, Value]]
) -> Value:
    where = (*group.where, *slot.at)
    carried = set(layout.write.seams["carries"]) if layout.write.seams else set[str]()
    if slot.form == "one":
        taken = _taken(run, layout, slot)
        for item in items if taken else items[1:]:
            run.lose("dropped", item.path, None, "there is place for one of these only")
        if taken:
            return ABSENT
    if slot.form == "one" or (slot.form == "one-or-items" and len(items) == 1):
        _seam_beside(run, layout, items[0], 0, seams, group.where)
        return write_item(run, layout, items[0], where)
    plain = [_is_plain(item, slot, carried) for item in items]
    if slot.form == "joined" or (slot.form == "plain-or-items" and plain == [True]):
        return _joined(run, layout, slot, items, group, seams)
    return _listed(run, layout, slot, items, group, seams)


def _taken(run: Run, layout: TurnedLayout, slot: Slot) -> bool:
    """Tell whether a piece before has said what is said once."""
    strand = run.strand(layout)
    return strand is not None and slot.at in layout.write.once and ".".join(slot.at) in strand.said


def _is_plain(item: Item, slot: Slot, carried: set[str]) -> bool:
    block = item.block.block
    if block.plain is None or block.plain not in item.env or (slot.plain or block.kind) != block.kind:
        return False
    return not (set(item.env) & set(names_of(item.block.turn.write)) - {block.plain} - carried)


def _says_nothing(item: Item, carried: set[str]) -> bool:
    block = item.block.block
    said = item.env[block.plain].value if block.plain is not None else None
    return block.empty is not None and said == block.empty and not carried & set(item.env)


def _joined(
    run: Run, layout: TurnedLayout, slot: Slot, items: list[Item], group: Laid, seams: list[dict[str, Value]]
) -> Value:
    carried = set(layout.write.seams["carries"]) if layout.write.seams else set[str]()
    if slot.form == "joined" and all(_says_nothing(item, carried) for item in items):
        for item in items:
            run.accounts.plain(item.env[str(item.block.block.plain)].path)
        return ABSENT
    text, where = "", (*group.where, *slot.at)
    start = _before(run, layout, slot, items, carried, seams)
    for index, item in enumerate(items):
        assert item.block.block.plain is not None
        bound = item.env[item.block.block.plain]
        text += str(bound.value)
        if bound.path is not None:
            _pair(run, item, "mapped" if len(items) == 1 else "normal", bound.path, where)
        following = items[index + 1] if index + 1 < len(items) else None
        _seam(run, layout, item, start + len(text), seams, following, group.where)
    strand = run.strand(layout)
    if strand is not None:
        strand.lengthen(".".join(slot.at), len(text))
    return text


def _before(
    run: Run,
    layout: TurnedLayout,
    slot: Slot,
    items: list[Item],
    carried: set[str],
    seams: list[dict[str, Value]],
) -> int:
    """Return how long the text was before; where a part ended there that carries nothing, say so now."""
    strand = run.strand(layout)
    if strand is None:
        return 0
    name, spec = ".".join(slot.at), layout.write.seams
    start = strand.lengthen(name, 0)
    if spec is not None and name in strand.loose and carried & set(items[0].env) and _kept(run, spec):
        seams.append({spec["kind"]: items[0].kind, spec["end"]: start})
    (strand.loose.discard if carried & set(items[-1].env) else strand.loose.add)(name)
    return start


def _kept(run: Run, spec: Mapping[str, Any]) -> bool:
    """Tell whether the written family keeps seams."""
    return run.lens.has(run.lens.writer, spec.get("needs", {}))


def _pair(run: Run, item: Item, disposition: str, source: Path, target: Path) -> None:
    outer = run.owner
    run.owner = Owner(item.block.turn.id, item.block.turn.place)
    run.pair(disposition, source, target)
    run.owner = outer


def _seam(
    run: Run,
    layout: TurnedLayout,
    item: Item,
    end: int,
    seams: list[dict[str, Value]],
    following: Item | None,
    where: Path,
) -> None:
    """Write what a part carries that has no place of its own, and where the part before a carrying one ends."""
    spec = layout.write.seams
    if spec is None:
        return
    place = {spec["kind"]: item.kind, spec["end"]: end}
    carried = {field: item.env[name] for name, field in spec["carries"].items() if name in item.env}
    if not _kept(run, spec):
        for bound in carried.values():
            run.lose("dropped", bound.path, None, spec["reason"])
        return
    follows = following is not None and any(name in following.env for name in spec["carries"])
    if carried or follows:
        at = (*where, *spec["at"].split("."), len(seams))
        for field_name, bound in carried.items():
            _pair(run, item, "mapped", bound.path, (*at, field_name)) if bound.path is not None else None
        seams.append({**place, **{field_name: bound.value for field_name, bound in carried.items()}})


def _seam_beside(
    run: Run, layout: TurnedLayout, item: Item, end: int, seams: list[dict[str, Value]], where: Path
) -> None:
    """Write what a part carries and does not say itself."""
    spec, own = layout.write.seams, names_of(item.block.turn.write)
    if spec is not None and any(name in item.env and name not in own for name in spec["carries"]):
        _seam(run, layout, item, end, seams, None, where)


def _listed(
    run: Run, layout: TurnedLayout, slot: Slot, items: list[Item], group: Laid, seams: list[dict[str, Value]]
) -> Value:
    written: list[Value] = []
    where = (*group.where, *slot.at)
    spec = layout.write.seams
    counts = slot.number is not None or spec is not None
    first = _counted(run, layout, ".".join(slot.at), 0) if counts else 0
    for item in items:
        value = write_item(run, layout, item, (*where, len(written)))
        if value is ABSENT:
            continue
        if slot.number is not None:
            value = {slot.number: first + len(written), **value}
        _seam_beside(run, layout, item, first + len(written), seams, group.where)
        written.append(value)
    if counts:
        _counted(run, layout, ".".join(slot.at), len(written))
    return written


def write_item(run: Run, layout: TurnedLayout, item: Item, where: Path) -> Value:
    """Write one block, with the blocks inside it."""
    outer = run.owner
    run.owner = Owner(item.block.turn.id, item.block.turn.place)
    try:
        value = build(run, item.block.turn.write, item.env, where, item.block.turn)
        if value is ABSENT:
            value = {}
        _report_unwritten(run, layout, item)
        if item.block.block.inner is not None:
            _write_inner(run, item, value, where)
        return value
    finally:
        run.owner = outer


def _report_unwritten(run: Run, layout: TurnedLayout, item: Item) -> None:
    turn = item.block.turn
    carried = set(layout.write.seams["carries"]) if layout.write.seams else set[str]()
    used = names_of(turn.write) | set(turn.rule.ignores) | carried
    book = item.block.block.book
    used |= {book.key, book.label} if book else set()
    used |= {base for _, base, *_ in turn.rule.derive.values()}
    for name in {book.key, book.label} - names_of(turn.write) if book else ():
        run.accounts.plain(item.env[name].path if name in item.env else None)
    run.accounts.ignored(item.env, turn.reads.intersection(turn.rule.ignores) - names_of(turn.write), run.owner)
    for name in turn.reads - used:
        bound = item.env.get(name)
        if bound is not None and bound.path is not None and not run.expected(turn.rule, name, bound):
            run.lose("dropped", bound.path, None, turn.rule.reason or "there is no place for this")


def _write_inner(run: Run, item: Item, value: dict[str, Value], where: Path) -> None:
    inner = item.block.block.inner
    assert inner is not None
    layout = run.lens.layout(inner[0])
    path = inner[1][run.lens.writer]
    group = Laid(None, item.path)
    for block in item.inner:
        group.add(layout.slot_of(block.kind), block)
    group.where = (*where, *path)
    laid = finish(run, layout, group)
    for step in path:
        value = value.setdefault(step, {})
    merge(value, laid, ())
