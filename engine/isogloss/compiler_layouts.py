"""Layouts compiled: one pass over a document's groups, which reads each block and lays it where it belongs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_code import Code, Unsupported, literal, steps
from isogloss.compiler_examples import Bind, Context, Reading, Thing, Writing, necessary
from isogloss.compiler_guards import guard_source
from isogloss.compiler_sets import completed, odd_fields, unwritten
from isogloss.example import Const, Obj, variables
from isogloss.wording import known_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.lens import TurnedBlock, TurnedLayout
    from isogloss.rule import Slot

    Place = Callable[[Code, TurnedBlock, dict[str, Bind], tuple[str, ...], str], None]

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
    "needs",
    "reason",
    "read_only",
]
_BLOCK: Final = [
    "kind",
    "rule",
    "plain",
    "book",
    "where",
    "classes",
    "layouts",
    "inner",
    "counts",
    "declares",
    "recast",
    "empty",
    "attributes",
]
_RULE: Final = [
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
    before: Code = field(default_factory=lambda: Code(0))
    lists: dict[int, str] = field(default_factory=dict[int, str])
    texts: dict[int, str] = field(default_factory=dict[int, str])
    kinds: dict[str, str] = field(default_factory=dict[str, str])


class LayoutCompiler:
    """Compiles one layout of one set."""

    def __init__(self, context: Context, layout: TurnedLayout, number: int, scopes: Any, asked: frozenset[str]) -> None:
        self.context = context
        self.layout = layout
        self.number = number
        self.outer = scopes
        self.asked = asked
        self.names = context.module.fresh("L")
        self.answers = any("answered" in line for line in layout.legal)
        self.runs: dict[str, str] = {}
        self.gathered: dict[int, str] = {}
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

    def compile(self, body: Code) -> set[str]:
        """Emit the code; returns the names of the set's object that it reads."""
        read, write = self.layout.read, self.layout.write
        if any(place is not None and len(place) > 1 for place in (read.groups, read.group, read.hoist, *read.also)):
            raise Unsupported(self.layout.layout.name)
        taken = {place[0] for place in (read.groups, read.group, read.hoist, *read.also) if place}
        work = Code(0)
        for place in read.also:
            work.add(f"if v.get({place[0]!r}) is not None: raise Bail")
        if read.hoist:
            self._hoisted_place(work, read.hoist[0])
        if read.groups:
            self._groups(work, read.groups[0])
        if read.group is not None:
            self._single(work, read.group)
        self._begin(body)
        body.take(work)
        self._end(body)
        del write
        return taken

    def _begin(self, body: Code) -> None:
        names = [f"hoisted{self.names}", f"pages{self.names}", *self.runs.values(), *self.gathered.values()]
        body.add(f"{' = '.join(names)} = None", f"{self.laid} = []")
        if self.answers:
            body.add(f"waiting{self.names} = {{}}")

    def _end(self, body: Code) -> None:
        write = self.layout.write
        if self.answers:
            body.add(f"if waiting{self.names}: raise Bail")
        for line in self.layout.legal:
            self._legal(body, line)
        if write.hoist is not None and self.layout.hoists:
            with body.block(f"if hoisted{self.names}:"):
                if len(write.hoist) != 1:
                    raise Unsupported("hoist")
                self._put_hoisted(body, write.hoist[0])
        if write.groups is not None:
            if len(write.groups) != 1:
                raise Unsupported("groups")
            body.add(f"if {self.laid}: out[{write.groups[0]!r}] = {self.laid}")

    def _put_hoisted(self, body: Code, name: str) -> None:
        slot = self.layout.slots[0]
        if slot.form != "items" or len(slot.at) != 1 or self.layout.write.fixed or _blanks(self.layout):
            raise Unsupported("hoist")
        body.add(f"out[{name!r}] = {{{slot.at[0]!r}: hoisted{self.names}}}")

    def _legal(self, body: Code, line: Any) -> None:
        words = set(line) - {"reason", "needs", "insert", "kind", "value"}
        if line.get("kind") and "give" in line:
            return
        if words == {"empty"}:
            body.add(f"if not {self.laid}: raise Bail")
        elif words == {"last"}:
            if self.layout.write.role is None or any(slot.form == "self" for slot in self.layout.slots):
                raise Unsupported("last")
            role = self.layout.write.role
            body.add(f"if {self.laid} and {self.laid}[-1].get({role!r}) == {line['last']!r}: raise Bail")
        elif words not in ({"answered"}, {"first"}):
            raise Unsupported("legal")

    # ------------------------------------------------------------------ groups

    def _hoisted_place(self, code: Code, name: str) -> None:
        var = self.context.module.fresh("g")
        code.add(f"{var} = v.get({name!r})")
        with code.block(f"if {var} is not None:"):
            path = (repr(name),)
            code.add(f"if type({var}) is not dict or not {var}: raise Bail")
            self._group(code, var, path, None, "^", held={str(self.layout.read.role): ""})

    def _groups(self, code: Code, name: str) -> None:
        var, number, group = (self.context.module.fresh(head) for head in "gng")
        code.add(f"{var} = v.get({name!r})")
        with code.block(f"if {var} is not None:"):
            code.add(
                f"if type({var}) is not list: raise Bail", f"if len({var}) > FEW: saw.size += FEW * WEIGHT * len({var})"
            )
            with code.block(f"for {number}, {group} in enumerate({var}):"):
                self._by_role(code, group, (repr(name), number))

    def _by_role(self, code: Code, group: str, path: tuple[str, ...]) -> None:
        read = self.layout.read
        if read.role is None or self.layout.layout.roles is None:
            self._group(code, group, path, None, None)
            return
        for word, target in self._roles():
            alone = any(slot.form == "self" and word in slot.roles for slot in read.slots)
            if alone and self.layout.write.merge and target != "^":
                self.runs.setdefault(target, f"run{len(self.runs)}{self.names}")
        role = self.context.module.fresh("w")
        code.add(f"{role} = {group}.get({read.role!r}{'' if read.role_absent is None else f', {read.role_absent!r}'})")
        head = "if"
        for word, target in self._roles():
            with code.block(f"{head} {role} == {word!r}:"):
                there = "" if word != read.role_absent else f"{read.role!r} in {group}"
                self._group(code, group, path, word, target, held={read.role: there})
            head = "elif"
        code.add("else: raise Bail")

    def _roles(self) -> list[tuple[str, str]]:
        """List the words of the roles that are read without a loss, and what each becomes."""
        name = str(self.layout.layout.roles)
        table = self.context.lens.ruleset.tables[name]
        side = 0 if self.context.lens.reader == table.columns[0] else 1
        words = dict.fromkeys(row.cells[side] for row in self.context.lens.rows(name))
        found = [(word, _settled(self.context, name, word)) for word in words if isinstance(word, str)]
        return [(word, target) for word, target in found if target is not None and word != "^"]

    def _single(self, code: Code, path: tuple[str, ...]) -> None:
        var = self.context.module.fresh("g")
        where = self.layout.write.group
        if where is None or len(path) != 1 or len(where) != 1:
            raise Unsupported("group")
        code.add(f"{var} = v.get({path[0]!r})", f"if type({var}) is not dict or not {var}: raise Bail")
        sink = Sink(None, (repr(where[0]),))
        inner = Code(0)
        self._slots(inner, var, (repr(path[0]),), None, sink, {})
        code.take(sink.before)
        code.take(inner)
        code.add(f"out[{where[0]!r}] = {self._finished(code, sink)}")

    def _group(
        self, code: Code, var: str, path: tuple[str, ...], word: str | None, role: str | None, held: Any = None
    ) -> None:
        """Read one group, and lay its blocks."""
        own = [slot for slot in self.layout.read.slots if slot.form == "self" and word in slot.roles]
        if self.answers:
            code.add("opened = closed = None")
        if own and self.layout.write.merge and role != "^":
            self._run(code, var, path, word, role, held)
        else:
            for run in self.runs.values() if role != "^" or not self.layout.hoists else ():
                code.add(f"{run} = None")
            self._open(code, var, path, word, role, held)
        if self.answers:
            self._answered(code, role)

    def _answered(self, code: Code, role: str | None) -> None:
        waiting = f"waiting{self.names}"
        if role != "^":
            code.add(f"if {waiting} and closed is None: raise Bail")
        with code.block("if closed is not None:"):
            code.add(f"for key in closed: {waiting}.pop(key, None)")
        code.add(f"if opened is not None: {waiting}.update(opened)")

    def _run(self, code: Code, var: str, path: tuple[str, ...], word: Any, role: str | None, held: Any) -> None:
        """A run of groups that are blocks themselves is one group there."""
        slot = self.layout.slots[0]
        if len(self.layout.slots) != 1 or slot.form != "items" or len(slot.at) != 1 or slot.blank:
            raise Unsupported("merge")
        run = self.runs[str(role)]
        sink = Sink(role, (repr(self.layout.write.groups[0]), f"len({self.laid}) - 1"))  # type: ignore[index]
        with code.block(f"if {run} is None:"):
            others = [other for other in self.runs.values() if other != run]
            code.add(*(f"{other} = None" for other in others), f"{run} = []")
            code.add(f"{self.laid}.append({{{self._head(sink)}{slot.at[0]!r}: {run}}})")
        sink.lists[0] = run
        self._slots(code, var, path, word, sink, held)
        if sink.kinds or sink.texts:
            raise Unsupported("merge")

    def _open(self, code: Code, var: str, path: tuple[str, ...], word: Any, role: str | None, held: Any) -> None:
        if role == "^" and self.layout.hoists:
            name = f"hoisted{self.names}"
            code.add(f"if {self.laid}: raise Bail")  # it stood between turns: the interpreter says what that changes
            code.add(f"if {name} is None: {name} = []")
            sink = Sink("^", tuple(map(repr, self.layout.write.hoist or ())))
            sink.lists[0] = name
            if len(self.layout.slots) != 1:
                raise Unsupported("hoist")
            inner = Code(0)
            self._slots(inner, var, path, word, sink, held)
            code.take(sink.before)
            code.take(inner)
            return
        if role == "^" and self.layout.write.hoist is not None:
            code.add("raise Bail")
            return
        groups = self.layout.write.groups
        if groups is None:
            raise Unsupported("groups")
        sink = Sink(role, (repr(groups[0]), f"len({self.laid})"))
        inner = Code(0)
        self._slots(inner, var, path, word, sink, held)
        code.take(sink.before)
        code.take(inner)
        if sink.lists:
            with code.block(f"if {' or '.join(sink.lists.values())}:"):
                made = self._finished(code, sink)
                code.add(f"{self.laid}.append({made})")

    # ------------------------------------------------------------------ slots, reading

    def _slots(self, code: Code, var: str, path: tuple[str, ...], word: Any, sink: Sink, held: Any) -> None:
        thing = self._thing(var, path)
        thing.keys |= held or {}
        self._fixed(code, thing)
        own = [slot for slot in self.layout.read.slots if slot.form == "self" and word in slot.roles]
        slots = own or [slot for slot in self.layout.read.slots if _reads(slot, word)]
        if any(slot.form == "self" for slot in slots):
            for slot in slots:
                self._slot(code, slot, thing, sink)
            return
        if "" not in thing.keys.values():
            code.add(f"if not {var}: raise Bail")
        depth = code.depth
        for number, slot in enumerate(slots):
            if number and len(slot.at) == 1:
                self.context.more(code, thing)
            self._slot(code, slot, thing, sink)
        self.context.count(code, thing)
        code.depth = depth

    def _thing(self, var: str, path: tuple[str, ...]) -> Thing:
        side = self.layout.read
        reserved = self._reserved()
        place = tuple("0" if not step.startswith("'") else step.strip("'") for step in path)
        outer = tuple(((*place, *prefix), drops, rule, where) for prefix, drops, rule, where in self.outer)
        mine = tuple(drop for drop in side.drops if drop.path[0] not in reserved)
        return Thing(var, path, (((), mine, self.layout.layout.name, side.mark.place), *outer))

    def _reserved(self) -> set[str]:
        """Names under which something is read that is not compiled."""
        side = self.layout.read
        found = {slot.at[0] for slot in side.slots if len(slot.at) > 1}
        if side.seams is not None:
            found |= {place.split(".")[0] for place in (side.seams["at"], *side.seams.get("lone", {}))}
        return found

    def _fixed(self, code: Code, thing: Thing) -> None:
        for name, value in self.layout.read.fixed.items():
            if not isinstance(value, str):
                raise Unsupported(name)
            code.add(f"if {thing.var}.get({name!r}, {value!r}) != {value!r}: raise Bail")
            thing.keys[name] = f"{name!r} in {thing.var}"

    def _slot(self, code: Code, slot: Slot, thing: Thing, sink: Sink) -> None:
        blocks = [b for b in self.layout.blocks if slot.holds is None or b.kind in slot.holds or b.kind in slot.reads]
        if slot.form == "self":
            self._itself(code, blocks, thing, sink)
            return
        if slot.form == "fields":
            self._fields(code, blocks, thing.var)
            return
        if len(slot.at) > 1:
            return
        if not slot.at:
            raise Unsupported("slot")
        if slot.at[0] in thing.keys:
            raise Unsupported(slot.at[0])
        var = self.context.module.fresh()
        code.add(f"{var} = {thing.var}.get({slot.at[0]!r})")
        thing.keys[slot.at[0]] = f"{var} is not None"
        with code.block(f"if {var} is not None:"):
            self._form(code, slot, blocks, var, thing, sink)

    def _fields(self, code: Code, blocks: list[TurnedBlock], var: str) -> None:
        """Blocks that are names of a group are rare: the interpreter lays them."""
        tests = [necessary(block.turn.read, var) or ["True"] for block in blocks]
        names = sorted(test[0].split("'")[1] for test in tests if len(test) == 1 and test[0].endswith(f"' in {var}"))
        if names:
            known = self.context.module.constant(f"frozenset({names!r})")
            code.add(f"if not {known}.isdisjoint({var}): raise Bail")
        others = [" and ".join(test) for test in tests if len(test) > 1 or not test[0].endswith(f"' in {var}")]
        if others:
            code.add(f"if {' or '.join(f'({test})' for test in others)}: raise Bail")

    def _form(self, code: Code, slot: Slot, blocks: list[TurnedBlock], var: str, thing: Thing, sink: Sink) -> None:
        path = (*thing.path, repr(slot.at[0]))
        if slot.conversion is not None:
            conversion = self.context.lens.conversion(slot.conversion)
            if conversion.codec is None or slot.form != "joined":
                raise Unsupported(slot.conversion)
            code.add(f"if not {self.context.fits(conversion, var)}: raise Bail")
            code.add(f"{var} = {self.context.read(conversion, var)}")
        if slot.form == "joined":
            code.add(f"if type({var}) is not str: raise Bail")
            self._plain(code, slot, blocks, var, path, sink)
        elif slot.form == "one":
            self._choice(code, blocks, Thing(var, path, _below(thing, slot.at[0], ())), sink)
        else:
            self._listed(code, slot, blocks, var, thing, sink)

    def _listed(self, code: Code, slot: Slot, blocks: list[TurnedBlock], var: str, thing: Thing, sink: Sink) -> None:
        item, number = self.context.module.fresh("p"), self.context.module.fresh("n")
        path = (*thing.path, repr(slot.at[0]))
        wordy = slot.form == "plain-or-items"
        if wordy:
            with code.block(f"if isinstance({var}, str):"):
                self._plain(code, slot, blocks, var, path, sink)
        with code.block(f"{'elif' if wordy else 'if'} isinstance({var}, list):"):
            code.add(f"if len({var}) > FEW: saw.size += WEIGHT * len({var})")
            with code.block(f"for {number}, {item} in enumerate({var}):"):
                inner = Thing(item, (*path, number), _below(thing, slot.at[0], ("0",)))
                if slot.number is not None:
                    inner.keys[slot.number] = f"{item}.get({slot.number!r}) is not None"
                self._choice(code, blocks, inner, sink)
        code.add("else: raise Bail")

    def _plain(
        self, code: Code, slot: Slot, blocks: list[TurnedBlock], var: str, path: tuple[str, ...], sink: Sink
    ) -> None:
        block = next((b for b in blocks if b.block.plain and b.kind == (slot.plain or b.kind)), None)
        if block is None:
            code.add("raise Bail")
            return
        assert block.block.plain is not None
        with code.block(f"if {var} != {literal(block.block.empty)}:" if block.block.empty is not None else "if True:"):
            self._place(
                code, block, {block.block.plain: Bind(var, False, path, coded=True)}, path, sink, None, matched=False
            )

    # ------------------------------------------------------------------ blocks, reading

    def _itself(self, code: Code, blocks: list[TurnedBlock], thing: Thing, sink: Sink) -> None:
        self._choice(code, blocks, thing, sink)

    def _choice(self, code: Code, blocks: list[TurnedBlock], thing: Thing, sink: Sink) -> None:
        """Emit the tests that tell blocks apart: by the word most of them have, then in their order."""
        lead = _lead(blocks)
        if lead is None:
            self._in_order(code, blocks, thing, sink)
            return
        word = self.context.module.fresh("w")
        code.add(f"{word} = {thing.var}.get({lead!r})")
        words = dict.fromkeys(_word(block, lead) for block in blocks)
        head = "if"
        for one in [w for w in words if w is not None]:
            with code.block(f"{head} {word} == {one!r}:"):
                fitting = [block for block in blocks if _word(block, lead) in (one, None)]
                self._in_order(code, fitting, thing, sink, {lead: word})
            head = "elif"
        with code.block("else:"):
            self._in_order(code, [b for b in blocks if _word(b, lead) is None], thing, sink, {lead: word})

    def _in_order(
        self, code: Code, blocks: list[TurnedBlock], thing: Thing, sink: Sink, given: dict[str, str] | None = None
    ) -> None:
        head = "if"
        for block in blocks:
            inner = Code(0)
            try:
                tests = self._block(inner, block, thing, sink, given or {})
            except Unsupported:
                tests, inner = [*necessary(block.turn.read, thing.var), *self._remembers(block, thing.var)], Code(0)
                inner.add("raise Bail")
            if not tests:
                break
            with code.block(f"{head} {' and '.join(tests)}:"):
                code.take(inner)
            head = "elif"
        code.add("else: raise Bail" if head == "elif" else "raise Bail")

    def _block(self, code: Code, block: TurnedBlock, thing: Thing, sink: Sink, given: dict[str, str]) -> list[str]:
        rule, node = block.turn.rule, block.turn.read
        if odd_fields(block.block, _BLOCK) or odd_fields(rule, _RULE) or block.turn.gated or not isinstance(node, Obj):
            raise Unsupported(block.kind)
        lens = self.context.lens
        drops = tuple(rule.drops.get(lens.reader, ()))
        mine = Thing(thing.var, thing.path, _ordered(thing.scopes, ((), drops, rule.id, rule.mark.place)))
        mine.keys = {name: test for name, test in thing.keys.items() if name not in dict(node.fields)}
        mine.given = given
        reading = Reading(self.context, code)
        reading.object(node, mine)
        if not reading.tests or reading.known or reading.hollow:
            raise Unsupported(block.kind)
        tests = [*reading.tests, *self._where(block, reading.env), *self._remembers(block, thing.var)]
        path = thing.path
        if block.block.inner is None:
            reading.finish()
            self._place(code, block, reading.env, path, sink, None)
        else:
            self._place(code, block, reading.env, path, sink, (reading, mine))
        return tests

    def _where(self, block: TurnedBlock, env: dict[str, Bind]) -> list[str]:
        tests: list[str] = []
        for name, heads in block.block.where.get(self.context.lens.reader, {}).items():
            bind = env.get(name)
            if bind is None or bind.coded or bind.optional:
                raise Unsupported(name)
            tests.append(f"isinstance({bind.var}, str) and {bind.var}.startswith({tuple(heads)!r})")
        return tests

    def _remembers(self, block: TurnedBlock, var: str) -> list[str]:
        rule, lens = block.turn.rule, self.context.lens
        tests: list[str] = []
        if block.turn.guard is not None:
            tests.append(guard_source(self.context.module, rule.when[lens.reader], var, snake=lens.snake))
        if rule.knows.get(lens.reader):
            tests.append(f"mem.get({rule.knows[lens.reader]!r}) is not ABSENT")
        if rule.lacks.get(lens.reader):
            tests.append(f"mem.get({rule.lacks[lens.reader]!r}) is ABSENT")
        return tests

    # ------------------------------------------------------------------ laying

    def _place(
        self,
        code: Code,
        block: TurnedBlock,
        env: dict[str, Bind],
        path: tuple[str, ...],
        sink: Sink,
        inner: tuple[Reading, Thing] | None,
        *,
        matched: bool = True,
    ) -> None:
        """Lay one block."""
        rule = block.turn.rule
        full = self._derived(code, block, completed(self.context, code, rule, env))
        if matched and rule.kind is not None:
            code.add(_note(f"(0, {self.number}, 0)", rule.kind, path, rule.id, rule.mark.place, rule.reason))
        if matched:
            self._book(code, block, full)
        if matched and block.block.plain is not None and block.block.plain in env:
            code.add(f"if {env[block.block.plain].var} == {literal(block.block.empty)}: raise Bail")
        for word in sorted({block.kind, *block.block.classes} & self.asked):
            code.add(f"saw.add({word!r})")
        self._give(code, block, full, path, sink)
        self._first(code, block, sink)
        self._laid(code, block, full, path, sink, inner)

    def _derived(self, code: Code, block: TurnedBlock, env: dict[str, Bind]) -> dict[str, Bind]:
        full = dict(env)
        for name, (_, base, *how) in block.turn.rule.derive.items():
            if base not in full:
                continue
            make = self.context.module.constant(f"deriver(LENS, {tuple(how)!r})")
            known, var = full.get(name), self.context.module.fresh()
            if known is None:
                code.add(f"{var} = {make}({full[base].var})")
            elif known.optional:
                code.add(f"{var} = {make}({full[base].var}) if {known.var} is None else {known.var}")
            else:
                continue
            full[name] = Bind(var, True, full[base].path, vague=True)
        return full

    def _book(self, code: Code, block: TurnedBlock, env: dict[str, Bind]) -> None:
        use = block.block.book
        if use is None:
            return
        pages = f"pages{self.names}"
        code.add(f"if {pages} is None: {pages} = saw.book({use.book!r})")
        key = env[use.key].var if use.key in env else "None"
        label = env[use.label].var if use.label in env else "None"
        made = self.context.module.fresh("b")
        if use.opens:
            head = self.context.lens.ruleset.values.get("mint", "call_")
            code.add(f"{made} = {key}")
            code.add(f"if {made} is None: {made} = mint({pages}[0], {pages}[1], {str(head)!r}, mem.seed)")
            code.add(f"elif type({made}) is not str or not {made} or {made} in {pages}[1]: raise Bail")
            code.add(f"{pages}[1][{made}] = entry = [{made}, {label}, True]", f"{pages}[0].append(entry)")
            if self.answers:
                code.add("if opened is None: opened = {}", f"opened[{made}] = 1")
            known = env.get(use.key)
            env[use.key] = Bind(made, False, known.path if known and not known.optional else None, coded=True)
            return
        code.add(f"entry = close({pages}[0], {pages}[1], {key}, {label})")
        code.add(f"{made} = entry[0]")
        if self.answers:
            code.add("if closed is None: closed = []", f"closed.append({made})")
        env[use.key] = Bind(made, False, env[use.key].path if use.key in env else None, coded=True)
        self._label(code, env, use.label)

    def _label(self, code: Code, env: dict[str, Bind], name: str) -> None:
        var = self.context.module.fresh("b")
        known = env.get(name)
        if known is not None and not known.optional:
            return
        code.add(f"{var} = entry[1]" if known is None else f"{var} = entry[1] if {known.var} is None else {known.var}")
        code.add(f"if {var} is None: raise Bail")
        env[name] = Bind(var, False, known.path if known else None, coded=True)

    def _give(self, code: Code, block: TurnedBlock, env: dict[str, Bind], path: tuple[str, ...], sink: Sink) -> None:
        """The first block of a kind in a group is given what the other dialect insists on."""
        for line in self.layout.legal:
            if "give" not in line or line["kind"] != block.kind:
                continue
            known = env.get(line["give"])
            if known is not None and not known.optional:
                return
            flag, var = self._flag(sink, block.kind), self.context.module.fresh("b")
            code.add(f"{var} = {known.var if known else 'None'}")
            with code.block(f"if {var} is None and not {flag}:"):
                code.add(f"{var} = {literal(line['value'])}")
                owner = self.layout.layout.name, self.layout.write.mark.place
                code.add(_note(f"(0, {self.number}, 1)", "defaulted", path, *owner, line["reason"]))
            env[line["give"]] = Bind(var, True, known.path if known else None)

    def _flag(self, sink: Sink, kind: str) -> str:
        if kind not in sink.kinds:
            sink.kinds[kind] = self.context.module.fresh("f")
            sink.before.add(f"{sink.kinds[kind]} = False")
        return sink.kinds[kind]

    def _first(self, code: Code, block: TurnedBlock, sink: Sink) -> None:
        for line in self.layout.legal:
            if "first" in line and block.kind in line["first"] and sink.role != "^":
                lists = "".join(f" and not {name}" for name in sink.lists.values())
                code.add(f"if not {self.laid}{lists}: raise Bail")

    def _laid(
        self,
        code: Code,
        block: TurnedBlock,
        env: dict[str, Bind],
        path: tuple[str, ...],
        sink: Sink,
        inner: tuple[Reading, Thing] | None,
    ) -> None:
        alone = self.layout.slot_of(block.kind, None)
        slot = self.layout.slot_of(block.kind, sink.role)
        self._carried(code, block, env)
        if sink.role != "^" and alone is not None and alone.form == "self":
            where = (repr((self.layout.write.groups or ("",))[0]), f"len({self.laid})")
            made = self._written(code, block, env, path, where, (0, self.number, 2), inner)
            code.add(f"{self.laid}.append({made})")
            return
        if slot is None:
            if inner is not None:
                inner[0].finish()
            code.add("raise Bail")
            return
        if sink.role == "^" and self.layout.write.unfold and not self.layout.hoists:
            sink = Sink("^", sink.where)
            self._into(code, block, env, path, sink, slot, inner, unfolded=True)
            return
        self._into(code, block, env, path, sink, slot, inner, unfolded=False)

    def _carried(self, code: Code, block: TurnedBlock, env: dict[str, Bind]) -> None:
        """What a list beside the blocks would have to carry is the interpreter's."""
        spec = self.layout.write.seams
        own = {name for variable in variables(block.turn.write) for name in variable.names}
        for name in spec["carries"] if spec else ():
            if name in env and name not in own:
                code.add(f"if {env[name].var} is not None: raise Bail")

    def _into(
        self,
        code: Code,
        block: TurnedBlock,
        env: dict[str, Bind],
        path: Any,
        sink: Sink,
        slot: Slot,
        inner: Any,
        *,
        unfolded: bool,
    ) -> None:
        number = self.layout.slots.index(slot)
        order = (0, self.number, 2, number)
        if unfolded:
            here = Code(0)
            self._append(here, block, env, path, sink, slot, number, order, inner)
            code.take(sink.before)
            code.take(here)
            made = self._finished(code, sink)
            code.add(f"{self.laid}.append({made})")
            return
        self._append(code, block, env, path, sink, slot, number, order, inner)

    def _append(  # noqa: PLR0913, PLR0917 - what goes into one item
        self,
        code: Code,
        block: TurnedBlock,
        env: dict[str, Bind],
        path: Any,
        sink: Sink,
        slot: Slot,
        number: int,
        order: Any,
        inner: Any,
    ) -> None:
        if slot.gather:
            self._gathered(code, slot, number, sink)
            name = self.gathered[number]
        else:
            name = self._list(sink, number)
        if any(block.kind in (s.blank or {}).get("beside", {}) for s in self.layout.slots) or block.kind in sink.kinds:
            code.add(f"{self._flag(sink, block.kind)} = True")
        if slot.form == "joined":
            if block.block.plain is None or inner is not None:
                raise Unsupported(block.kind)
            code.add(f"{name}.append({env[block.block.plain].var})")
            return
        where = (*sink.where, *map(repr, slot.at), f"len({name})")
        made = self._written(code, block, env, path, where, order, inner)
        if slot.number is not None:
            made = f"{{{slot.number!r}: len({name}), **{made}}}"
        if slot.form == "plain-or-items":
            self._plainly(code, block, env, sink, slot, number)
        code.add(f"{name}.append({made})")

    def _list(self, sink: Sink, number: int) -> str:
        if number not in sink.lists:
            sink.lists[number] = self.context.module.fresh("s")
            sink.before.add(f"{sink.lists[number]} = []")
        return sink.lists[number]

    def _gathered(self, code: Code, slot: Slot, number: int, sink: Sink) -> None:
        if number not in self.gathered:
            self.gathered[number] = f"gathered{number}{self.names}"
        name = self.gathered[number]
        if len(slot.at) != 1 or self.layout.write.merge or _blanks(self.layout):
            raise Unsupported("gather")
        with code.block(f"if {name} is None:"):
            code.add(f"{name} = []", f"{self.laid}.append({{{self._head(sink)}{slot.at[0]!r}: {name}}})")

    def _plainly(
        self, code: Code, block: TurnedBlock, env: dict[str, Bind], sink: Sink, slot: Slot, number: int
    ) -> None:
        """Note whether a block could stand as a bare string."""
        if number not in sink.texts:
            sink.texts[number] = self.context.module.fresh("s")
            sink.before.add(f"{sink.texts[number]} = None")
        plain_name = block.block.plain
        if plain_name is None or plain_name not in env or (slot.plain or block.kind) != block.kind:
            code.add(f"{sink.texts[number]} = None")
            return
        own = {name for variable in variables(block.turn.write) for name in variable.names}
        carried = set(self.layout.write.seams["carries"]) if self.layout.write.seams else set[str]()
        others = [env[name] for name in sorted(own - {plain_name} - carried) if name in env]
        tests = " and ".join(f"{bind.var} is None" for bind in others)
        code.add(f"{sink.texts[number]} = {env[plain_name].var}" + (f" if {tests} else None" if tests else ""))

    def _written(
        self,
        code: Code,
        block: TurnedBlock,
        env: dict[str, Bind],
        path: Any,  # noqa: ARG002 - all forms are called alike
        where: tuple[str, ...],
        order: Any,
        inner: Any,
    ) -> str:
        """Emit the block as the other dialect shows it."""
        writing = Writing(self.context, code, block.turn, env, repr(order))
        made = writing.node(block.turn.write, where)
        source = "{}" if made is None else f"({made.source} or {{}})" if made.optional else made.source
        use, spec = block.block.book, self.layout.write.seams
        more = [*((use.key, use.label) if use else ()), *(spec["carries"] if spec else ())]
        unwritten(code, block.turn, env, repr(order), more)
        if inner is None or block.block.inner is None:
            return source
        return self._inner(code, block, source, where, inner)

    def _inner(self, code: Code, block: TurnedBlock, source: str, where: Any, inner: tuple[Reading, Thing]) -> str:
        """Emit the blocks inside a block."""
        assert block.block.inner is not None
        name, places = block.block.inner
        reading, thing = inner
        lens = self.context.lens
        layout = LayoutCompiler(self.context, lens.layout(name), self.number, (), self.asked)
        layout.answers = False
        made = self.context.module.fresh("d")
        code.add(f"{made} = {source}")
        group = self._inner_thing(reading, thing, places[lens.reader], layout)
        sink = Sink(None, (*where, *map(repr, places[lens.writer])))
        body = Code(0)
        layout.fill(body, group, sink)
        code.take(sink.before)
        code.take(body)
        reading.finish()
        at = made
        for step in places[lens.writer]:
            into = self.context.module.fresh("d")
            code.add(f"{into} = {at}.setdefault({step!r}, {{}})")
            at = into
        layout.finish_into(code, sink, at)
        return made

    def _inner_thing(self, reading: Reading, thing: Thing, path: Any, layout: LayoutCompiler) -> Thing:
        found = thing
        if path:
            wanted = (*thing.path, *map(repr, path))
            found = next((one for one in reading.things if one.path == wanted), None) or self._missing(path)
        side = layout.layout.read
        found.scopes = _ordered(found.scopes, ((), side.drops, layout.layout.layout.name, side.mark.place))
        return found

    def _missing(self, path: Any) -> Thing:
        raise Unsupported(str(path))

    def fill(self, code: Code, thing: Thing, sink: Sink) -> None:
        """Read the blocks of a group that stands inside a block."""
        self._fixed(code, thing)
        for slot in self.layout.read.slots:
            if slot.form in ("self", "fields") or slot.roles:
                raise Unsupported(slot.form)
            self._slot(code, slot, thing, sink)

    # ------------------------------------------------------------------ finishing a group

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


# --------------------------------------------------------------------- questions


def _reads(slot: Slot, word: Any) -> bool:
    return not slot.roles if slot.form == "self" else not slot.roles or word in slot.roles or word is None


def _blanks(layout: TurnedLayout) -> bool:
    return any(slot.blank is not None for slot in layout.slots)


def _below(thing: Thing, name: str, more: tuple[str, ...]) -> Any:
    return tuple(((*prefix, name, *more), drops, rule, place) for prefix, drops, rule, place in thing.scopes)


def _ordered(scopes: Any, one: Any) -> Any:
    """Put a scope after those of the same place, before those around."""
    same_place = [scope for scope in scopes if not scope[0]]
    around = [scope for scope in scopes if scope[0]]
    return (*same_place, one, *around)


def _lead(blocks: list[TurnedBlock]) -> str | None:
    words = Counter(
        name
        for block in blocks
        if isinstance(block.turn.read, Obj)
        for name, node in block.turn.read.fields
        if isinstance(node, Const) and isinstance(node.value, str)
    )
    return words.most_common(1)[0][0] if words and words.most_common(1)[0][1] > 1 else None


def _word(block: TurnedBlock, lead: str) -> str | None:
    node = dict(block.turn.read.fields).get(lead) if isinstance(block.turn.read, Obj) else None
    return node.value if isinstance(node, Const) and isinstance(node.value, str) else None


def _settled(context: Context, name: str, word: str) -> str | None:
    ways = known_words(context.lens, name).get(word, [])
    return ways[0][1] if len(ways) == 1 and ways[0][0] is None else None


def _note(order: str, kind: str, path: tuple[str, ...], rule: str, place: str, reason: str) -> str:
    return f"notes.append((LOST, link, {order}, {kind!r}, {steps(path)}, None, {rule!r}, {place!r}, {reason!r}))"


__all__ = ["LayoutCompiler"]
