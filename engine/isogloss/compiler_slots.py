"""Slots compiled: the blocks of a group, read and told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.compiler_code import Code, Unsupported, literal, odd_fields
from isogloss.compiler_examples import Bind, Thing
from isogloss.compiler_groups import BLOCK, RULE, Sink, below_scopes, lead_name, ordered_scopes, reads_slot, word_of
from isogloss.compiler_guards import guard_source
from isogloss.compiler_laying import Laying
from isogloss.compiler_reading import Reading, necessary
from isogloss.example import Obj

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.lens import TurnedBlock
    from isogloss.rule import Slot
    from isogloss.values import Path


class Slots(Laying):
    """Compiles one layout of one set: reading its slots."""

    def _slots(self, code: Code, var: str, path: tuple[str, ...], word: Any, sink: Sink, held: Any) -> None:
        thing = self._thing(var, path)
        thing.keys |= held or {}
        self._fixed(code, thing)
        own = [slot for slot in self.layout.read.slots if slot.form == "self" and word in slot.roles]
        slots = own or [slot for slot in self.layout.read.slots if reads_slot(slot, word)]
        if any(slot.form == "self" for slot in slots):
            for slot in slots:
                self._slot(code, slot, thing, sink)
            return
        if "" not in thing.keys.values():
            code.add(f"if not {var}: raise Bail")
        left, depth = self.context.module.fresh("n"), code.depth
        code.add(f"{left} = len({var}) - {self.context.known(thing)}")
        for number, slot in enumerate(slots):
            if number and len(slot.at) == 1:
                code.add(f"if {left}:")
                code.depth += 1
            self._slot(code, slot, thing, sink, left)
        with code.block(f"if {left}:"):
            self.context.surplus(code, thing)
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

    def _slot(self, code: Code, slot: Slot, thing: Thing, sink: Sink, left: str | None = None) -> None:
        """Emit what reads a slot; `left` counts the names of the group that nobody has read yet."""
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
        if len(slot.unless) > 1:
            raise Unsupported("unless")
        if slot.unless:
            code.add(f"if {var} is not None and {thing.var}.get({slot.unless[0]!r}) is not None: raise Bail")
        thing.keys[slot.at[0]] = f"{var} is not None"
        with code.block(f"if {var} is not None:"):
            if left is not None:
                code.add(f"{left} -= 1")
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
            self._choice(code, blocks, Thing(var, path, below_scopes(thing, slot.at[0], ())), sink)
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
                inner = Thing(item, (*path, number), below_scopes(thing, slot.at[0], ("0",)))
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
        lead = lead_name(blocks)
        if lead is None:
            self._in_order(code, blocks, thing, sink)
            return
        word = self.context.module.fresh("w")
        code.add(f"{word} = {thing.var}.get({lead!r})")
        words = dict.fromkeys(word_of(block, lead) for block in blocks)
        head = "if"
        for one in [w for w in words if w is not None]:
            with code.block(f"{head} {word} == {one!r}:"):
                fitting = [block for block in blocks if word_of(block, lead) in (one, None)]
                self._in_order(code, fitting, thing, sink, {lead: word})
            head = "elif"
        with code.block("else:"):
            self._in_order(code, [b for b in blocks if word_of(b, lead) is None], thing, sink, {lead: word})

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
        if odd_fields(block.block, BLOCK) or odd_fields(rule, RULE) or block.turn.gated or not isinstance(node, Obj):
            raise Unsupported(block.kind)
        lens = self.context.lens
        drops = tuple(rule.drops.get(lens.reader, ()))
        mine = Thing(thing.var, thing.path, ordered_scopes(thing.scopes, ((), drops, rule.id, rule.mark.place)))
        mine.keys = {name: test for name, test in thing.keys.items() if name not in dict(node.fields)}
        mine.given = given
        reading = Reading(self.context, code)
        reading.object(node, mine)
        if not reading.tests or reading.known or reading.hollow:
            raise Unsupported(block.kind)
        asked = self._remembers(block, thing.var, reading.places(mine))
        tests = [*reading.tests, *self._where(block, reading.env), *asked]
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

    def _remembers(self, block: TurnedBlock, var: str, places: Mapping[Path, str] | None = None) -> list[str]:
        rule, lens = block.turn.rule, self.context.lens
        tests: list[str] = []
        if block.turn.guard is not None:
            asked = rule.when[lens.reader]
            tests.append(guard_source(self.context.module, asked, var, snake=lens.snake, places=places))
        if rule.knows.get(lens.reader):
            tests.append(f"mem.get({rule.knows[lens.reader]!r}) is not None")
        if rule.lacks.get(lens.reader):
            tests.append(f"mem.get({rule.lacks[lens.reader]!r}) is None")
        return tests

    def fill(self, code: Code, thing: Thing, sink: Sink) -> None:
        """Read the blocks of a group that stands inside a block."""
        self._fixed(code, thing)
        for slot in self.layout.read.slots:
            if slot.form in ("self", "fields") or slot.roles:
                raise Unsupported(slot.form)
            self._slot(code, slot, thing, sink)
