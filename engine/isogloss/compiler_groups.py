"""A group on its way out: its head, its slots, and what a slot says that holds nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_code import Code, Unsupported, literal, odd_fields, steps
from isogloss.compiler_examples import Context, Thing
from isogloss.example import Const, Obj
from isogloss.ordering import keyless
from isogloss.wording import known_words

if TYPE_CHECKING:
    from isogloss.lens import TurnedBlock, TurnedLayout
    from isogloss.rule import Slot

_LAYOUT: Final = ["name", "mark", "blocks", "roles", "sides", "title", "lineage"]
_SIDE: Final = [
    "groups",
    "group",
    "also",
    "role",
    "role_absent",
    "fixed",
    "slots",
    "hoist",
    "hoist_needs",
    "hoist_reason",
    "unfold",
    "merge",
    "seams",
    "pieces",
    "drops",
    "legal",
    "mark",
]
_SLOT: Final = [
    "at",
    "form",
    "holds",
    "plain",
    "blank",
    "roles",
    "conversion",
    "gather",
    "number",
    "reads",
    "unless",
    "needs",
    "reason",
    "refuses",
    "read_only",
]
BLOCK: Final = [
    "kind",
    "rule",
    "plain",
    "book",
    "where",
    "around",
    "classes",
    "layouts",
    "inner",
    "counts",
    "declares",
    "recast",
    "empty",
    "attributes",
]
RULE: Final = [
    "id",
    "mark",
    "sides",
    "oneway",
    "kind",
    "reason",
    "needs",
    "otherwise",
    "when",
    "knows",
    "lacks",
    "absent",
    "derive",
    "gate",
    "drops",
    "drop",
    "refuse",
    "ignores",
    "source",
    "note",
    "status",
    "title",
]


@dataclass(slots=True)
class Sink:
    """A group on its way out: where the blocks of each slot are collected."""

    role: str | None
    where: tuple[str, ...]
    #: Source of where it stands among what is written: what is hoisted comes before the first group.
    rank: tuple[str, ...] = ("-1",)
    before: Code = field(default_factory=lambda: Code(0))
    lists: dict[int, str] = field(default_factory=dict[int, str])
    texts: dict[int, str] = field(default_factory=dict[int, str])
    kinds: dict[str, str] = field(default_factory=dict[str, str])


class Groups:
    """Compiles one layout of one set: writing its groups."""

    def __init__(self, context: Context, layout: TurnedLayout, number: int, scopes: Any, asked: frozenset[str]) -> None:
        self.context = context
        self.layout = layout
        self.number = number
        self.outer = scopes
        self.asked = asked
        self.names = context.module.fresh("L")
        self.answers = any("answered" in line for line in layout.legal)
        #: Whether answers stand in the order of what they answer, which is the interpreter's to put right.
        self.orders = keyless(context.lens, layout)
        self.runs: dict[str, str] = {}
        self.gathered: dict[int, str] = {}
        #: What blocks ask of the object that the layout stands in, and the variable that says it.
        self.around: dict[str, str] = {}
        if odd_fields(layout.layout, _LAYOUT):
            raise Unsupported(layout.layout.name)
        for side in (layout.read, layout.write):
            if odd_fields(side, _SIDE):
                raise Unsupported(layout.layout.name)
        for slot in (*layout.read.slots, *layout.write.slots):
            if odd_fields(slot, _SLOT):
                raise Unsupported(layout.layout.name)

    @property
    def laid(self) -> str:
        """The list of written groups."""
        return f"laid{self.names}"

    def finish_into(self, code: Code, sink: Sink, at: str) -> None:
        """Write the slots of a group into an object that is there."""
        for name, value in self.layout.write.fixed.items():
            code.add(f"{at}[{name!r}] = {literal(value)}")
        for number, slot in enumerate(self.layout.slots):
            self._finish_slot(code, sink, number, slot, at)

    def _head(self, sink: Sink) -> str:
        """Write the names that every group of a role has."""
        side = self.layout.write
        words = dict(side.fixed)
        if side.role is not None and self.layout.layout.roles is not None:
            role = self._role(sink.role)
            words |= {side.role: role} if role is not None else {}
        return "".join(f"{name!r}: {literal(value)}, " for name, value in words.items())

    def _role(self, role: str | None) -> str | None:
        side = self.layout.write
        if role != "^":
            return side.role_absent if role is None else role
        if side.hoist is not None:
            return None
        lens, name = self.context.lens, str(self.layout.layout.roles)
        column = 0 if lens.ruleset.tables[name].columns[0] == lens.writer else 1
        rows = lens.rows(name)
        return next(r.cells[column] for r in rows if r.cells[1 - column] == "^" and "respell" not in r.marks)

    def _finished(self, code: Code, sink: Sink) -> str:
        """Emit the group; returns its name."""
        made = self.context.module.fresh("d")
        code.add(f"{made} = {{{self._head(sink)}}}")
        for number, slot in enumerate(self.layout.slots):
            self._finish_slot(code, sink, number, slot, made)
        return made

    def _finish_slot(self, code: Code, sink: Sink, number: int, slot: Slot, at: str) -> None:
        if slot.read_only:
            return
        name = sink.lists.get(number)
        blanks = self._blank(sink, slot)
        if name is None or slot.gather:
            self._put_blanks(code, slot, at, blanks, "if")
            return
        if len(slot.at) != 1:
            raise Unsupported("slot")
        with code.block(f"if {name}:"):
            code.add(f"{at}[{slot.at[0]!r}] = {self._value(sink, number, slot, name)}")
        self._put_blanks(code, slot, at, blanks, "elif")

    def _value(self, sink: Sink, number: int, slot: Slot, name: str) -> str:
        if slot.form == "items":
            source = name
        elif slot.form == "joined":
            source = f"({name}[0] if len({name}) == 1 else ''.join({name}))"
        elif slot.form == "plain-or-items":
            text = sink.texts[number]
            source = f"({text} if {text} is not None and len({name}) == 1 else {name})"
        elif slot.form == "one":
            source = f"({name}[0] if len({name}) == 1 else bail())"
        else:
            raise Unsupported(slot.form)
        if slot.conversion is None:
            return source
        conversion = self.context.lens.conversion(slot.conversion)
        if conversion.codec is None:
            raise Unsupported(slot.conversion)
        return self.context.write(conversion, source)

    def _blank(self, sink: Sink, slot: Slot) -> list[tuple[str, str]]:
        """List what a slot says when it holds nothing: under which test, and what."""
        if slot.blank is None:
            return []
        found: list[tuple[str, str]] = []
        for kind, value in slot.blank.get("beside", {}).items():
            if kind in sink.kinds:
                found.append((sink.kinds[kind], literal(value)))
        if "otherwise" in slot.blank:
            found.append(("True", literal(slot.blank["otherwise"])))
        return found

    def _put_blanks(self, code: Code, slot: Slot, at: str, blanks: list[tuple[str, str]], head: str) -> None:
        if blanks and len(slot.at) != 1:
            raise Unsupported("blank")
        for test, value in blanks:
            code.add(f"{head} {test}: {at}[{slot.at[0]!r}] = {value}")
            head = "elif"


def reads_slot(slot: Slot, word: Any) -> bool:
    return not slot.roles if slot.form == "self" else not slot.roles or word in slot.roles or word is None


def has_blanks(layout: TurnedLayout) -> bool:
    return any(slot.blank is not None for slot in layout.slots)


def below_scopes(thing: Thing, name: str, more: tuple[str, ...]) -> Any:
    return tuple(((*prefix, name, *more), drops, rule, place) for prefix, drops, rule, place in thing.scopes)


def ordered_scopes(scopes: Any, one: Any) -> Any:
    """Put a scope after those of the same place, before those around."""
    same_place = [scope for scope in scopes if not scope[0]]
    around = [scope for scope in scopes if scope[0]]
    return (*same_place, one, *around)


def lead_name(blocks: list[TurnedBlock]) -> str | None:
    words = Counter(
        name
        for block in blocks
        if isinstance(block.turn.read, Obj)
        for name, node in block.turn.read.fields
        if isinstance(node, Const) and isinstance(node.value, str)
    )
    return words.most_common(1)[0][0] if words and words.most_common(1)[0][1] > 1 else None


def word_of(block: TurnedBlock, lead: str) -> str | None:
    node = dict(block.turn.read.fields).get(lead) if isinstance(block.turn.read, Obj) else None
    return node.value if isinstance(node, Const) and isinstance(node.value, str) else None


def settled_word(context: Context, name: str, word: str) -> str | None:
    ways = known_words(context.lens, name).get(word, [])
    return ways[0][1] if len(ways) == 1 and ways[0][0] is None else None


def loss_note(order: str, kind: str, path: tuple[str, ...], rule: str, place: str, reason: str) -> str:
    return f"notes.append((LOST, link, {order}, {kind!r}, {steps(path)}, None, {rule!r}, {place!r}, {reason!r}))"
