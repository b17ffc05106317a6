"""Reading blocks: what a document lays out in groups and slots becomes a list of groups of blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isogloss import casts
from isogloss.accounts import Owner
from isogloss.books import book
from isogloss.completing import satisfied, worded
from isogloss.guard import compile_guard
from isogloss.matching import Bound, Env, Found, match, walks
from isogloss.pointer import find
from isogloss.seams import account, attach, attach_at, cut_up, follow, read_seams
from isogloss.values import ABSENT, same, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.interpreter import Run
    from isogloss.lens import TurnedBlock, TurnedLayout
    from isogloss.rule import Rule, Side, Slot
    from isogloss.values import Path, Value


@dataclass(slots=True)
class Item:
    """One block: its kind, what its example bound, and the blocks inside it."""

    block: TurnedBlock
    env: Env
    path: Path
    inner: list[Item] = field(default_factory=list["Item"])

    @property
    def kind(self) -> str:
        """The block's kind."""
        return self.block.kind


@dataclass(slots=True)
class Group:
    """Blocks that stand together under a role; '^' is a group that is hoisted."""

    role: str | None
    items: list[Item]
    path: Path
    #: The group was itself a block.
    alone: bool = False


def read_groups(run: Run, layout: TurnedLayout, value: dict[str, Value], path: Path) -> list[Group]:
    """Read all groups of a document, in order."""
    side = layout.read
    groups: list[Group] = []
    if side.hoist is not None:
        groups += _hoisted(run, layout, side, value, path)
    if side.group is not None:
        groups += _one(run, layout, side, value, path)
    for place in (side.groups, *side.also):
        if place is not None:
            groups += _listed(run, layout, side, value, path, place)
    if side.pieces is not None:
        _tell_pieces(run, layout, side.pieces, [item for group in groups for item in group.items])
    return groups


def _tell_pieces(run: Run, layout: TurnedLayout, name: str, items: list[Item]) -> None:
    """Let positions count in the texts; in a stream, in those of all pieces, once its end is told."""
    strand, progress = run.strand(layout), run.exchange.progress
    if strand is None or progress is None:
        run.exchange.set(name, [_text_of(item) for item in items])
        return
    for item in items:
        bare = item.env.keys() == {item.block.block.plain}
        strand.keep(item.kind if bare else "", _text_of(item), progress.most)
    run.exchange.values.pop(name, None)
    if progress.closing and strand.texts is not None:
        run.exchange.set(name, strand.pieces())


def _text_of(item: Item) -> str:
    """Return what a block adds to its slot's running text."""
    plain = item.block.block.plain
    return str(item.env[plain].value) if plain is not None and item.block.block.counts else ""


def _hoisted(run: Run, layout: TurnedLayout, side: Side, value: dict[str, Value], path: Path) -> list[Group]:
    assert side.hoist is not None
    found, where = follow(run, value, path, side.hoist)
    if found is ABSENT:
        return []
    if isinstance(found, str):
        return [Group("^", _plain_items(run, layout, side.slots[0], found, where, {}), where)]
    if side.role is not None and isinstance(found, dict) and side.role in found:
        run.accounts.claim((*where, side.role), "normal", run.owner)
    return [_group(run, layout, side, found, where, "^")]


def _one(run: Run, layout: TurnedLayout, side: Side, value: dict[str, Value], path: Path) -> list[Group]:
    assert side.group is not None
    found, where = follow(run, value, path, side.group)
    if found is ABSENT:
        return [Group(None, [], where)]
    return [_group(run, layout, side, found, where, None)]


def _listed(
    run: Run, layout: TurnedLayout, side: Side, value: dict[str, Value], path: Path, place: Path
) -> Iterator[Group]:
    found, where = follow(run, value, path, place)
    if found is ABSENT:
        return
    if isinstance(found, dict):
        found = [found]
        yield _group(run, layout, side, found[0], where, _role(run, layout, side, found[0], where))
        return
    if not isinstance(found, list):
        run.refuse(where, f"a list must stand here, not {type_name(found)}")
    if not found:
        run.accounts.claim(where, "normal", run.owner)
    for index, member in enumerate(found):
        here = (*where, index)
        yield _group(run, layout, side, member, here, _role(run, layout, side, member, here))


def _role(run: Run, layout: TurnedLayout, side: Side, value: Value, path: Path) -> str | None:
    if side.role is None or layout.layout.roles is None or not isinstance(value, dict):
        return None
    word = value.get(side.role, side.role_absent)
    if not isinstance(word, str):
        run.refuse((*path, side.role), "a role must stand here")
    if side.role in value:
        run.accounts.claim((*path, side.role), "mapped", run.owner, also=True)
    return str(run.convert(run.lens.conversion(layout.layout.roles), word, (*path, side.role), ()))


def _group(run: Run, layout: TurnedLayout, side: Side, value: Value, path: Path, role: str | None) -> Group:
    if not isinstance(value, dict):
        run.refuse(path, f"an object must stand here, not {type_name(value)}")
    run.accounts.scope(path, side.drops, Owner(layout.layout.name, side.mark.place))
    if not value:
        run.accounts.claim(path, "normal", run.owner)
    for name, fixed in side.fixed.items():
        if name in value and same(value[name], fixed):
            run.accounts.claim((*path, name), "normal", run.owner)
    word = value.get(side.role) if side.role else None
    seams = read_seams(run, side, value, path, run.strand(layout))
    own = [slot for slot in side.slots if slot.form == "self" and word in slot.roles]
    items: list[Item] = []
    for slot in own or [slot for slot in side.slots if _reads(slot, word)]:
        if slot.unless and find(value, slot.unless) not in (ABSENT, None):
            continue
        items += _slot(run, layout, slot, value, path, seams)
    account(run, seams)
    return Group(role, items, path, alone=bool(own))


def _reads(slot: Slot, word: Value) -> bool:
    return not slot.roles if slot.form == "self" else not slot.roles or word in slot.roles or word is None


# --------------------------------------------------------------------- slots


def _slot(
    run: Run, layout: TurnedLayout, slot: Slot, group: dict[str, Value], path: Path, seams: dict[str, list[Any]]
) -> list[Item]:
    if slot.form == "self":
        return _alone(run, layout, slot, group, path)
    if slot.form == "fields":
        return [item for block in layout.held(slot) for item in _read(run, block, group, path) or ()]
    found, where = follow(run, group, path, slot.at)
    if found is ABSENT:
        return _late(run, layout, slot, where, seams)
    if slot.conversion is not None:
        conversion = run.lens.conversion(slot.conversion)
        assert conversion.codec is not None
        if not conversion.codec.fits(found, conversion.options):
            run.refuse(where, f"{type_name(found)} does not fit here")
        found = conversion.codec.read(found, conversion.options)[0]
        run.accounts.claim(where, "normal", run.owner)
    if slot.form == "one" or (slot.form == "one-or-items" and not isinstance(found, list)):
        items = _alone(run, layout, slot, found, where)
        for item in items:
            attach_at(item, seams, 0)
        return items
    if isinstance(found, str) and slot.form in ("joined", "plain-or-items"):
        return _plain_items(run, layout, slot, found, where, seams)
    return _listed_items(run, layout, slot, found, where, seams)


def _late(run: Run, layout: TurnedLayout, slot: Slot, where: Path, seams: Mapping[str, list[Any]]) -> list[Item]:
    """Read what a piece says of a text whose end an earlier piece has told."""
    if run.strand(layout) is None or slot.form not in ("joined", "plain-or-items"):
        return []
    block = _bare_block(layout, slot)
    cuts = [cut for cut in seams.get(block.kind, ()) if cut["binds"]] if block is not None else []
    items = [_plain(run, block, "", where, cut) for cut in cuts] if block is not None else []
    return [item for item in items if item is not None]


def _listed_items(
    run: Run, layout: TurnedLayout, slot: Slot, found: Value, where: Path, seams: dict[str, list[Any]]
) -> list[Item]:
    if not isinstance(found, list):
        run.refuse(where, f"{'text or ' * (slot.form != 'items')}a list must stand here, not {type_name(found)}")
    if not found:
        run.accounts.claim(where, "normal", run.owner)
    items: list[Item] = []
    strand = run.strand(layout)
    for index, member in enumerate(found):
        here = (*where, index)
        if isinstance(member, str) and slot.form == "plain-or-items":
            items += _plain_items(run, layout, slot, member, here, {})
            continue
        item = _block(run, layout, slot, member, here)
        if item is not None:
            attach_at(item, seams, index)
            if strand is not None and layout.read.seams is not None:
                strand.lengthen(item.kind, 1)
            items += [] if _says_nothing(item.block, item.env) else [item]
        else:
            _check_form(run, member, here, "text or an object" if slot.form == "plain-or-items" else "an object")
        if slot.number is not None and isinstance(member, dict) and slot.number in member:
            run.accounts.claim((*here, slot.number), "normal", run.owner)
    return items


def _alone(run: Run, layout: TurnedLayout, slot: Slot, value: Value, path: Path) -> list[Item]:
    item = _block(run, layout, slot, value, path)
    if item is None:
        _check_form(run, value, path, "an object")
    return [item] if item is not None else []


def _check_form(run: Run, value: Value, path: Path, wanted: str) -> None:
    """Refuse what can be no block, whatever its kind; nothing at all is none that was meant."""
    if not isinstance(value, dict | None) and not run.accounts.claimed(path):
        run.refuse(path, f"{wanted} must stand here, not {type_name(value)}")


def _block(run: Run, layout: TurnedLayout, slot: Slot, value: Value, path: Path) -> Any:
    for block in layout.held(slot):
        found = _read(run, block, value, path)
        if found is not None:
            for item in found:
                _inner(run, item, value, path)
            return found[0] if found else None
    return None


def _read(run: Run, block: TurnedBlock, value: Value, path: Path) -> list[Item] | None:
    """Read one block if it is of this kind; one that is lost makes no item, and is no other kind either."""
    around = block.block.around.get(run.lens.reader)
    if around is not None and not compile_guard(around, snake=run.snake)(run.around):
        return None
    outer = run.owner
    run.owner = Owner(block.turn.id, block.turn.place)
    try:
        found = Found()
        guard = block.turn.guard
        if (
            not match(run, block.turn.read, value, path, found)
            or not (found.claims or any(walks(found.env)))
            or not _where(block, run.complete(block.turn.rule, found.env), run.lens.reader)
        ):
            return None
        if guard is not None and not guard(value):
            return None
        if not run.remembers(block.turn.rule):
            return None
        if any(run.accounts.claimed(place) for place in (*found.claims, *walks(found.env))):
            return None
        return _accepted(run, block, found, path)
    finally:
        run.owner = outer


def _accepted(run: Run, block: TurnedBlock, found: Found, path: Path) -> list[Item]:
    rule = block.turn.rule
    run.accounts.scope(path, rule.drops.get(run.lens.reader, ()), run.owner)
    if block.turn.gated == "refuse":
        run.refuse(path, worded(rule.refuse or rule.reason, found.env), rule.status)
    _check_plain(run, block, found.env)
    if block.turn.gated == "drop":
        _lose(run, rule, found, path)
        return []
    run.claim(block.turn, found, void=_says_nothing(block, found.env))
    if rule.kind is not None:
        run.lose(rule.kind, path, None, rule.reason)
    item = Item(block, run.complete(rule, found.env), path)
    book(run, item)
    casts.note(run, item)
    return [item]


def _lose(run: Run, rule: Rule, found: Found, path: Path) -> None:
    """Lose a block, unless it asks for what happens anyway: one loss speaks of all that its example shows."""
    kind = None if satisfied(rule, found.env) else rule.kind or "dropped"
    for place in (*found.claims, *walks(found.env)):
        run.accounts.claim(place, kind or "satisfied", run.owner)
    if kind is not None:
        run.lose(kind, path, None, worded(rule.drop or rule.reason, found.env))


def _check_plain(run: Run, block: TurnedBlock, env: Env) -> None:
    """Refuse what could not stand as a block's bare form, which is a text."""
    plain = env.get(block.block.plain or "")
    if plain is not None and plain.path is not None and not isinstance(plain.value, str):
        run.refuse(plain.path, f"text must stand here, not {type_name(plain.value)}")


def _says_nothing(block: TurnedBlock, env: Env) -> bool:
    """Tell whether a block is its bare form alone, and that form is empty."""
    plain = block.block.plain
    return plain is not None and env.keys() == {plain} and env[plain].value == block.block.empty


def _where(block: TurnedBlock, env: Env, reader: str) -> bool:
    for name, heads in block.block.where.get(reader, {}).items():
        value = env[name].value if name in env else None
        if not (isinstance(value, str) and value.startswith(heads)):
            return False
    return True


def _inner(run: Run, item: Item, value: Value, path: Path) -> None:
    """Read the blocks inside a block by the layout that stands there."""
    inner = item.block.block.inner
    if inner is None:
        return
    layout = run.lens.layout(inner[0])
    group, where = follow(run, value, path, inner[1][run.lens.reader])
    if isinstance(group, dict):
        item.inner = _group(run, layout, layout.read, group, where, None).items


# --------------------------------------------------------------------- plain text and its seams


def _plain_items(
    run: Run, layout: TurnedLayout, slot: Slot, text: str, path: Path, seams: Mapping[str, list[Any]]
) -> list[Item]:
    """Read a string as the slot's plain block; seams say where it was one part, and where another."""
    block = _bare_block(layout, slot)
    if block is None:
        run.refuse(path, "text cannot stand here")
        return []
    cuts = seams.get(block.kind, [])
    strand = run.strand(layout)
    if strand is not None:
        strand.lengthen(block.kind, len(text))
    items = [_plain(run, block, piece, path, cut) for piece, cut in cut_up(text, cuts)]
    found = [item for item in items if item is not None]
    rule, owner = block.turn.rule, Owner(block.turn.id, block.turn.place)
    run.accounts.claim(path, "mapped" if found and not rule.oneway else "normal", owner)
    if found and rule.kind is not None:
        outer, run.owner = run.owner, owner
        run.lose(rule.kind, path, None, rule.reason)
        run.owner = outer
    return found


def _bare_block(layout: TurnedLayout, slot: Slot) -> TurnedBlock | None:
    """Find the block whose bare form may stand in a slot."""
    return next((b for b in layout.held(slot) if b.block.plain and b.kind == (slot.plain or b.kind)), None)


def _plain(run: Run, block: TurnedBlock, text: str, path: Path, cut: Any) -> Item | None:
    if text == block.block.empty and (cut is None or not cut["binds"]):
        return None
    assert block.block.plain is not None
    item = Item(block, run.complete(block.turn.rule, {block.block.plain: Bound(text, path)}), path)
    if cut is not None:
        attach(item, [cut])
    return item
