"""Layouts compiled: one pass over a document's groups, which reads each block and lays it where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.compiler_code import Code, Unsupported
from isogloss.compiler_groups import Sink, has_blanks, reads_slot, settled_word
from isogloss.compiler_slots import Slots
from isogloss.example import Obj, skippable

if TYPE_CHECKING:
    from isogloss.example import Node
    from isogloss.rule import Slot


def _told(node: Obj, others: list[Node]) -> str:
    """Tell a block that is written like this, by its names, from others that show more."""
    own = _shown(node)
    more: set[str] = set()
    for other in others:
        names = _shown(other) if isinstance(other, Obj) else own
        extra = names - dict(node.fields).keys()
        if own <= names and not extra:
            raise Unsupported("lacks")
        if own <= names:
            more |= extra
    tests = [*(f"{name!r} in b" for name in sorted(own)), *(f"{name!r} not in b" for name in sorted(more))]
    return f"({' and '.join(tests)})"


def _shown(node: Obj) -> set[str]:
    return {name for name, child in node.fields if not skippable(child)}


class LayoutCompiler(Slots):
    """Compiles one layout of one set."""

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
        if self.orders:
            body.add(f"order{self.names} = 0")

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
        if slot.form != "items" or len(slot.at) != 1 or self.layout.write.fixed or has_blanks(self.layout):
            raise Unsupported("hoist")
        body.add(f"out[{name!r}] = {{{slot.at[0]!r}: hoisted{self.names}}}")

    def _legal(self, body: Code, line: Any) -> None:
        words = set(line) - {"reason", "needs", "insert", "kind", "value"}
        if line.get("kind") and "give" in line:
            return
        if words == {"leads"}:
            body.add(f"if mem.get({line['leads']!r}) is not None: raise Bail")
            return
        if words == {"empty"}:
            body.add(f"if not {self.laid}: raise Bail")
        elif words in ({"last"}, {"last", "lacks"}):
            if self.layout.write.role is None or any(slot.form == "self" for slot in self.layout.slots):
                raise Unsupported("last")
            last = f"{self.laid} and {self.laid}[-1].get({self.layout.write.role!r}) == {line['last']!r}"
            body.add(f"if {last}{self._lacking(line['lacks']) if 'lacks' in line else ''}: raise Bail")
        elif words not in ({"answered"}, {"first"}):
            raise Unsupported("legal")

    def _lacking(self, kinds: list[str]) -> str:
        """Ask whether the last group lacks blocks of these kinds: what is laid is told apart by its names."""
        slots = self.layout.slots
        if len(slots) != 1 or slots[0].form != "items" or len(slots[0].at) != 1:
            raise Unsupported("lacks")
        meant = [block.turn.write for block in self.layout.blocks if block.kind in kinds]
        others = [block.turn.write for block in self.layout.blocks if block.kind not in kinds]
        tests = dict.fromkeys(_told(node, others) for node in meant if isinstance(node, Obj) and _shown(node))
        return f" and not any({' or '.join(tests)} for b in {self.laid}[-1][{slots[0].at[0]!r}])"

    # ------------------------------------------------------------------ groups

    def _hoisted_place(self, code: Code, name: str) -> None:
        var = self.context.module.fresh("g")
        code.add(f"{var} = v.get({name!r})")
        with code.block(f"if {var} is not None:"):
            path = (repr(name),)
            code.add(f"if type({var}) is not dict or not {var}: raise Bail")
            role = str(self.layout.read.role)
            code.add(f"if type({var}.get({role!r}, '')) is not str: raise Bail")
            self._group(code, var, path, None, "^", held={role: f"{role!r} in {var}"})

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
        found = [(word, settled_word(self.context, name, word)) for word in words if isinstance(word, str)]
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
        inner = Code(0)
        if own and self.layout.write.merge and role != "^":
            self._run(inner, var, path, word, role, held)
        else:
            for run in self.runs.values() if role != "^" or not self.layout.hoists else ():
                inner.add(f"{run} = None")
            self._open(inner, var, path, word, role, held)
        opens, closes = (any(name in line for line in inner.lines) for name in ("opened", "closed"))
        if opens or closes:
            code.add("opened = closed = None")
        code.take(inner)
        if self.answers:
            self._answered(code, role, opens=opens, closes=closes)

    def _answered(self, code: Code, role: str | None, *, opens: bool, closes: bool) -> None:
        waiting = f"waiting{self.names}"
        if role != "^":
            code.add(f"if {waiting}{' and closed is None' if closes else ''}: raise Bail")
        if closes:
            with code.block("if closed is not None:"):
                code.add(f"for key in closed: {waiting}.pop(key, None)")
        if opens:
            code.add(f"if opened is not None: {waiting}.update(opened)")

    def _run(self, code: Code, var: str, path: tuple[str, ...], word: Any, role: str | None, held: Any) -> None:
        """A run of groups that are blocks themselves is one group there."""
        slot = self.layout.slots[0]
        if len(self.layout.slots) != 1 or slot.form != "items" or len(slot.at) != 1 or slot.blank:
            raise Unsupported("merge")
        run = self.runs[str(role)]
        last = f"len({self.laid}) - 1"
        sink = Sink(role, (repr(self.layout.write.groups[0]), last), (last,))  # type: ignore[index]
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
        next_ = f"len({self.laid})"
        where = (repr(groups[0]), next_)
        slot = self._lone_text(word)
        if slot is not None:
            self._text_alone(code, slot, var, path, Sink(role, where, (next_,)), held)
        with code.block("if True:" if slot is None else "else:"):
            sink, inner = Sink(role, where, (next_,)), Code(0)
            self._slots(inner, var, path, word, sink, held)
            self._close(code, inner, sink)

    def _close(self, code: Code, inner: Code, sink: Sink) -> None:
        """Emit a group with what has been laid in it; an empty one is not written."""
        code.take(sink.before)
        code.take(inner)
        if sink.lists:
            with code.block(f"if {' or '.join(sink.lists.values())}:"):
                made = self._finished(code, sink)
                code.add(f"{self.laid}.append({made})")

    def _lone_text(self, word: Any) -> Slot | None:
        """Find the slot of groups that are nothing but a role and a text, as most are."""
        slots = [slot for slot in self.layout.read.slots if reads_slot(slot, word)]
        if self.layout.read.role is None or any(slot.form in ("self", "fields") for slot in slots):
            return None
        return next((s for s in slots if s.form == "plain-or-items" and len(s.at) == 1 and s.conversion is None), None)

    def _text_alone(
        self, code: Code, slot: Slot, var: str, path: tuple[str, ...], sink: Sink, held: dict[str, str] | None
    ) -> None:
        text, name = self.context.module.fresh(), slot.at[0]
        there = "".join(f" and {test}" for test in (held or {}).values() if test)
        blocks = [b for b in self.layout.blocks if slot.holds is None or b.kind in slot.holds or b.kind in slot.reads]
        with code.block(f"if len({var}) == 2 and type({text} := {var}.get({name!r})) is str{there}:"):
            inner = Code(0)
            self._plain(inner, slot, blocks, text, (*path, repr(name)), sink)
            self._close(code, inner, sink)
