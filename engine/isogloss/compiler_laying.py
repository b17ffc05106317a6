"""Blocks compiled: each is laid where the other dialect has a place for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isogloss.compiler_clusters import LATE
from isogloss.compiler_code import Code, Unsupported, literal
from isogloss.compiler_examples import Bind, Thing
from isogloss.compiler_groups import Groups, Sink, has_blanks, loss_note, ordered_scopes
from isogloss.compiler_reading import Reading
from isogloss.compiler_sums import completed, derived, unwritten
from isogloss.compiler_writing import Writing
from isogloss.example import variables

if TYPE_CHECKING:
    from isogloss.lens import TurnedBlock
    from isogloss.rule import Slot


class Laying(Groups):
    """Compiles one layout of one set: laying its blocks."""

    def fill(self, code: Code, thing: Thing, sink: Sink) -> None:
        """Read the blocks of a group that stands inside a block."""
        raise NotImplementedError

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
        full = derived(self.context, code, rule, completed(self.context, code, rule, env))
        if rule.kind is not None:
            code.add(loss_note(f"(0, {self.number}, 0)", rule.kind, path, rule.id, rule.mark.place, rule.reason))
        if matched:
            self._book(code, block, full)
        if matched and block.block.plain is not None and block.block.plain in env:
            text = env[block.block.plain].var
            code.add(f"if type({text}) is not str or {text} == {literal(block.block.empty)}: raise Bail")
        for word in sorted({block.kind, *block.block.classes} & self.asked):
            code.add(f"saw.add({word!r})")
        self._give(code, block, full, path, sink)
        self._first(code, block, sink)
        self._laid(code, block, full, path, sink, inner)

    def _book(self, code: Code, block: TurnedBlock, env: dict[str, Bind]) -> None:
        use = block.block.book
        if use is None:
            return
        pages = f"pages{self.names}"
        code.add(f"if {pages} is None: {pages} = saw.book(beside({use.book!r}, mem.get('seed'), link))")
        key = env[use.key].var if use.key in env else "None"
        label = env[use.label].var if use.label in env else "None"
        made = self.context.module.fresh("b")
        if use.opens:
            head = self.context.lens.ruleset.values.get("mint", "call_")
            code.add(f"{made} = {key}")
            code.add(f"if {made} is None:")
            code.add("    seed = mem.get('seed')")
            code.add(f"    {made} = mint({pages}[0], {pages}[1], {str(head)!r}, beside(seed, seed, link))")
            code.add(f"elif type({made}) is not str or not {made} or {made} in {pages}[1]: raise Bail")
            place = f", len({pages}[0])" if self.orders else ""
            code.add(f"{pages}[1][{made}] = entry = [{made}, {label}, True{place}]", f"{pages}[0].append(entry)")
            if self.answers:
                code.add("if opened is None: opened = {}", f"opened[{made}] = 1")
            known = env.get(use.key)
            env[use.key] = Bind(made, False, known.path if known and not known.optional else None, coded=True)
            return
        code.add(f"entry = {pages}[1].get({key}) if type({key}) is str else None")
        with code.block("if entry is None or not entry[2]:"):
            code.add(f"entry = close({pages}[0], {pages}[1], {key}, {label})")
        code.add("else: entry[2] = False")
        code.add(f"{made} = entry[0]")
        if self.orders:
            code.add(f"if entry[3] < order{self.names}: raise Bail", f"order{self.names} = entry[3]")
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
        for number, line in enumerate(self.layout.legal):
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
                code.add(loss_note(f"(0, {self.number}, 1, {number})", "defaulted", path, *owner, line["reason"]))
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
            next_ = f"len({self.laid})"
            where = (repr((self.layout.write.groups or ("",))[0]), next_)
            made = self._written(code, block, env, path, where, (next_,), inner)
            code.add(f"{self.laid}.append({made})")
            return
        if slot is None:
            if inner is not None:
                inner[0].finish()
            code.add("raise Bail")
            return
        if sink.role == "^" and self.layout.write.unfold and not self.layout.hoists:
            sink = Sink("^", sink.where, sink.rank)
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
        if unfolded:
            here = Code(0)
            self._append(here, block, env, path, sink, slot, number, inner)
            code.take(sink.before)
            code.take(here)
            made = self._finished(code, sink)
            code.add(f"{self.laid}.append({made})")
            return
        self._append(code, block, env, path, sink, slot, number, inner)

    def _append(
        self,
        code: Code,
        block: TurnedBlock,
        env: dict[str, Bind],
        path: Any,
        sink: Sink,
        slot: Slot,
        number: int,
        inner: Any,
    ) -> None:
        if slot.gather:
            self._gathered(code, slot, number, sink)
            name = self.gathered[number]
            sink = replace(sink, where=(*sink.where[:-1], f"{name}_at"), rank=(*sink.rank[:-1], f"{name}_at"))
        else:
            name = self._list(sink, number)
            code.add(f"if {name} is None: {name} = []")
        if any(block.kind in (s.blank or {}).get("beside", {}) for s in self.layout.slots) or block.kind in sink.kinds:
            code.add(f"{self._flag(sink, block.kind)} = True")
        if slot.form == "joined":
            if block.block.plain is None or inner is not None:
                raise Unsupported(block.kind)
            code.add(f"{name}.append({env[block.block.plain].var})")
            return
        where = (*sink.where, *map(repr, slot.at), f"len({name})")
        made = self._written(code, block, env, path, where, (*sink.rank, str(number), f"len({name})"), inner)
        if slot.number is not None:
            made = f"{{{slot.number!r}: len({name}), **{made}}}"
        if slot.form == "plain-or-items":
            self._plainly(code, block, env, sink, slot, number)
        code.add(f"{name}.append({made})")

    def _list(self, sink: Sink, number: int) -> str:
        if number not in sink.lists:
            sink.lists[number] = self.context.module.fresh("s")
            sink.before.add(f"{sink.lists[number]} = None")
        return sink.lists[number]

    def _gathered(self, code: Code, slot: Slot, number: int, sink: Sink) -> None:
        if number not in self.gathered:
            self.gathered[number] = f"gathered{number}{self.names}"
        name = self.gathered[number]
        if len(slot.at) != 1 or self.layout.write.merge or has_blanks(self.layout):
            raise Unsupported("gather")
        with code.block(f"if {name} is None:"):
            code.add(f"{name} = []; {name}_at = len({self.laid})")
            code.add(f"{self.laid}.append({{{self._head(sink)}{slot.at[0]!r}: {name}}})")

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
        rank: tuple[str, ...],
        inner: Any,
    ) -> str:
        """Emit the block as the other dialect shows it."""
        order = f"(0, {self.number}, 2, {', '.join(rank)})"
        writing = Writing(self.context, code, block.turn, env, order)
        made = writing.node(block.turn.write, where)
        source = "{}" if made is None else f"({made.source} or {{}})" if made.optional else made.source
        use, spec = block.block.book, self.layout.write.seams
        more = [*((use.key, use.label) if use else ()), *(spec["carries"] if spec else ())]
        unwritten(code, block.turn, env, f"({order[1:-1]}, {LATE})", more)
        if inner is None or block.block.inner is None:
            return source
        return self._inner(code, block, source, where, rank, inner)

    def _inner(
        self,
        code: Code,
        block: TurnedBlock,
        source: str,
        where: tuple[str, ...],
        rank: tuple[str, ...],
        inner: tuple[Reading, Thing],
    ) -> str:
        """Emit the blocks inside a block."""
        assert block.block.inner is not None
        name, places = block.block.inner
        reading, thing = inner
        lens = self.context.lens
        layout = type(self)(self.context, lens.layout(name), self.number, (), self.asked)
        layout.answers = False
        made = self.context.module.fresh("d")
        code.add(f"{made} = {source}")
        group = self._inner_thing(reading, thing, places[lens.reader], layout)
        sink = Sink(None, (*where, *map(repr, places[lens.writer])), rank)
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

    def _inner_thing(self, reading: Reading, thing: Thing, path: Any, layout: Laying) -> Thing:
        found = thing
        if path:
            wanted = (*thing.path, *map(repr, path))
            found = next((one for one in reading.things if one.path == wanted), None) or self._missing(path)
        side = layout.layout.read
        found.scopes = ordered_scopes(found.scopes, ((), side.drops, layout.layout.layout.name, side.mark.place))
        return found

    def _missing(self, path: Any) -> Thing:
        raise Unsupported(str(path))
