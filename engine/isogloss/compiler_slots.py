"""Slots compiled: the blocks of a group, read and told apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isogloss.compiler_clusters import remembered
from isogloss.compiler_code import Code, Unsupported, literal, odd_fields
from isogloss.compiler_examples import Bind, Thing
from isogloss.compiler_groups import BLOCK, RULE, Sink, below_scopes, lead_name, ordered_scopes, reads_slot, word_of
from isogloss.compiler_guards import Held, guard_source
from isogloss.compiler_laying import Laying
from isogloss.compiler_reading import Reading, necessary
from isogloss.example import Const, Obj, skippable

if TYPE_CHECKING:
    from isogloss.example import Node
    from isogloss.lens import TurnedBlock
    from isogloss.rule import Slot


class Slots(Laying):
    """Compiles one layout of one set: reading its slots."""

    def _slots(self, code: Code, var: str, path: tuple[str, ...], word: Any, sink: Sink, held: Any) -> None:
        thing = self._thing(var, path)
        thing.keys |= held or {}
        if word is not None and word != self.layout.read.role_absent:
            thing.said = {str(self.layout.read.role): word}
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
        words: dict[str, set[str]] = {}
        names: set[str] = set()
        for block in blocks:
            said = _said(block.turn.read)
            if said is None:
                names |= _asked(block.turn.read)
            else:
                words.setdefault(said[0], set()).add(said[1])
        if names:
            known = self.context.module.constant(f"frozenset({sorted(names)!r})")
            code.add(f"if not {known}.isdisjoint({var}): raise Bail")
        for name, found in words.items():
            known = self.context.module.constant(f"frozenset({sorted(found)!r})")
            code.add(f"if {var}.get({name!r}) in {known}: raise Bail")

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
            self._ask_around(code, blocks)
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
            self._ask_around(code, blocks)
            with code.block(f"for {number}, {item} in enumerate({var}):"):
                inner = Thing(item, (*path, number), below_scopes(thing, slot.at[0], ("0",)))
                if slot.number is not None:
                    counted = self.context.module.fresh()
                    code.add(f"{counted} = {item}.get({slot.number!r})")
                    code.add(f"if type({counted}) in BOXES: raise Bail")
                    inner.keys[slot.number] = f"{counted} is not None"
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
        self._ask_around(code, blocks)
        self._choice(code, blocks, thing, sink)

    def _choice(self, code: Code, blocks: list[TurnedBlock], thing: Thing, sink: Sink) -> None:
        """Emit the tests that tell blocks apart: by the word most of them have, then in their order."""
        lead = lead_name(blocks)
        if lead is None or lead in thing.said:
            said = None if lead is None else thing.said[lead]
            fitting = [block for block in blocks if lead is None or word_of(block, lead) in (said, None)]
            self._in_order(code, fitting, thing, sink)
            return
        word = self.context.module.fresh("w")
        code.add(f"{word} = {thing.var}.get({lead!r})")
        words = dict.fromkeys(word_of(block, lead) for block in blocks)
        head = "if"
        for one in [w for w in words if w is not None]:
            with code.block(f"{head} {word} == {one!r}:"):
                fitting = [block for block in blocks if word_of(block, lead) in (one, None)]
                self._in_order(code, fitting, replace(thing, said={**thing.said, lead: one}), sink, {lead: word})
            head = "elif"
        with code.block("else:"):
            self._in_order(code, [b for b in blocks if word_of(b, lead) is None], thing, sink, {lead: word})

    def _in_order(
        self, code: Code, blocks: list[TurnedBlock], thing: Thing, sink: Sink, given: dict[str, str] | None = None
    ) -> None:
        head = "if"
        known = self._fetched(code, blocks, thing, given or {})
        for block in blocks:
            inner = Code(0)
            try:
                tests = self._block(inner, block, thing, sink, known)
            except Unsupported:
                tests, inner = self._fitting(block, thing.var, known), Code(0)
                inner.add("raise Bail")
            if not tests:
                break
            with code.block(f"{head} {' and '.join(tests)}:"):
                code.take(inner)
            head = "elif"
        code.add("else: raise Bail" if head == "elif" else "raise Bail")

    def _fetched(self, code: Code, blocks: list[TurnedBlock], thing: Thing, given: dict[str, str]) -> Thing:
        """Fetch what all blocks need, before they are tried."""
        known = Thing(thing.var, thing.path, thing.scopes, given=dict(given), said=thing.said)
        nodes = [block.turn.read for block in blocks if isinstance(block.turn.read, Obj)]
        least = 2 if given else max(2, len(blocks))  # blocks that no word tells apart need other names each
        for name in (name for name, count in _needed(nodes).items() if count >= least and name not in given):
            var = known.given[name] = self.context.module.fresh()
            code.add(f"{var} = {thing.var}.get({name!r})")
            below = [child for node in nodes if isinstance(child := dict(node.fields).get(name), Obj)]
            members = [member for member, count in _needed(below).items() if count > 1]
            if members:
                made = known.inner[name] = {member: self.context.module.fresh() for member in members}
                code.add(f"{' = '.join(made.values())} = None")
                with code.block(f"if isinstance({var}, dict):"):
                    code.add(*(f"{one} = {var}.get({member!r})" for member, one in made.items()))
        return known

    def _fitting(self, block: TurnedBlock, var: str, known: Thing) -> list[str]:
        """Write the tests of a block that the interpreter must lay."""
        asked = self._asked(block, var, Held(fetched=known.fetched))
        shown = necessary(block.turn.read, var, fetched=known.given, said=known.said)
        return [*self._outside(block), *shown, *asked]

    def _block(self, code: Code, block: TurnedBlock, thing: Thing, sink: Sink, known: Thing) -> list[str]:
        rule, node = block.turn.rule, block.turn.read
        if odd_fields(block.block, BLOCK) or odd_fields(rule, RULE) or block.turn.gated or not isinstance(node, Obj):
            raise Unsupported(block.kind)
        lens = self.context.lens
        drops = tuple(rule.drops.get(lens.reader, ()))
        mine = Thing(thing.var, thing.path, ordered_scopes(thing.scopes, ((), drops, rule.id, rule.mark.place)))
        mine.keys = {name: test for name, test in thing.keys.items() if name not in dict(node.fields)}
        mine.given, mine.inner, mine.said = known.given, known.inner, known.said
        reading = Reading(self.context, code, whole=block.block.inner is None)
        reading.object(node, mine)
        if not (reading.tests or reading.certain) or reading.known or reading.hollow:
            raise Unsupported(block.kind)
        objects = [one.var for one in reading.things]
        held = Held(places=reading.places(mine), fetched=known.fetched, objects=objects)
        asked = self._asked(block, thing.var, held)
        tests = [*self._outside(block), *reading.tests, *self._where(block, reading.env), *asked] or ["True"]
        path = thing.path
        if block.block.inner is None:
            reading.finish()
            self._place(code, block, reading.env, path, sink, None)
        else:
            self._place(code, block, reading.env, path, sink, (reading, mine))
        return tests

    def _ask_around(self, code: Code, blocks: list[TurnedBlock]) -> None:
        """Ask what blocks ask of the object that the layout stands in (`v`), once for all that are tried."""
        lens = self.context.lens
        for asked in dict.fromkeys(block.block.around.get(lens.reader) for block in blocks):
            if asked is not None:
                self.around[asked] = var = self.context.module.fresh()
                held = Held(objects=["v"])
                code.add(f"{var} = {guard_source(self.context.module, asked, 'v', snake=lens.snake, held=held)}")

    def _where(self, block: TurnedBlock, env: dict[str, Bind]) -> list[str]:
        tests: list[str] = []
        for name, heads in block.block.where.get(self.context.lens.reader, {}).items():
            bind = env.get(name)
            if bind is None or bind.coded or bind.optional:
                raise Unsupported(name)
            tests.append(f"isinstance({bind.var}, str) and {bind.var}.startswith({tuple(heads)!r})")
        return tests

    def _asked(self, block: TurnedBlock, var: str, held: Held) -> list[str]:
        """Write what a block's guard asks."""
        if block.turn.guard is None:
            return []
        lens = self.context.lens
        return [guard_source(self.context.module, block.turn.rule.when[lens.reader], var, snake=lens.snake, held=held)]

    def _outside(self, block: TurnedBlock) -> list[str]:
        """Write what a block asks of the object around it and of the exchange; that costs least, so it comes first."""
        reader = self.context.lens.reader
        around = block.block.around.get(reader)
        return [*([] if around is None else [self.around[around]]), *remembered(block.turn.rule, reader)]

    def fill(self, code: Code, thing: Thing, sink: Sink) -> None:
        """Read the blocks of a group that stands inside a block."""
        self._fixed(code, thing)
        for slot in self.layout.read.slots:
            if slot.form in ("self", "fields") or slot.roles:
                raise Unsupported(slot.form)
            self._slot(code, slot, thing, sink)


def _needed(nodes: list[Obj]) -> Counter[str]:
    """Count how many examples need each name."""
    return Counter(name for node in nodes for name, child in node.fields if not skippable(child))


def _said(node: Node) -> tuple[str, str] | None:
    """Return the first word that an example shows, and under which name."""
    fields = node.fields if isinstance(node, Obj) else ()
    return next(
        ((name, c.value) for name, c in fields if isinstance(c, Const) and isinstance(c.value, str)),
        None,
    )


def _asked(node: Node) -> set[str]:
    """Return names of which one must be there, if an example shall fit."""
    fields = node.fields if isinstance(node, Obj) else ()
    needed = [name for name, child in fields if not skippable(child)]
    return set(needed[:1]) or {name for name, _ in fields}
