"""Rule sets compiled: code goes over the names that are present, and knows for each which rules read it.

Rules that read the same names form a cluster. A cluster of simple rules becomes code; any other is left to the
interpreter, for its part of the document only.
"""

from __future__ import annotations

from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from itertools import product
from typing import TYPE_CHECKING, Any

from isogloss import guard
from isogloss.compiler_alternatives import ClusterCompiler
from isogloss.compiler_clusters import (
    FEW,
    LAYOUT_ARGUMENTS,
    SET_ARGUMENTS,
    Cluster,
    Read,
    adds,
    clustered,
    left_of,
    lost_note,
    overlapping,
    rule_is_odd,
)
from isogloss.compiler_code import Code, Unsupported, steps
from isogloss.compiler_examples import Thing
from isogloss.compiler_writing import Writing
from isogloss.example import Node, Obj, places, variables

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

    from isogloss.lens import Turn


class SetCompiler(ClusterCompiler):
    """Compiles one rule set into one function."""

    def compile(self, name: str) -> set[str]:
        """Emit the function; returns the names that it knows."""
        body = self.body
        body.add("out = {}", "if not v: raise Bail")
        if self.rules.nulls:
            body.add("if None in v.values(): raise Bail")
        always, reading = self._sorted()
        with self._around(body):
            self._layouts(body)
            self._level(body, "v", (), reading, top=True)
            self._unread(body, always)
        body.add("return out")
        self.context.module.function(name, SET_ARGUMENTS, body)
        names = {name for read in reading for name, _ in read.node.fields}
        return names | self.taken | self.held | {str(drop.path[0]) for drop in self.rules.drops}

    @contextmanager
    def _around(self, body: Code) -> Generator[None]:
        """What is laid beside an object is not seen in it."""
        alone = self.rules.layouts and self.sort == "set"
        if alone:
            body.add("around = None", "if saw: around = saw.copy(); saw.clear()")
        yield
        if alone:
            body.add("if saw: saw.clear()", "if around is not None: saw.update(around)")

    def _layouts(self, body: Code, names: Collection[str] | None = None) -> None:
        """Emit the calls of the set's layouts; those that none of the names concerns do nothing."""
        for (made, taken), name in zip(self.laid, self.rules.layouts, strict=True):
            layout = self.context.lens.layout(name)
            idle = layout.read.group is None and not any("empty" in line for line in layout.legal)
            if names is None or not idle or not taken.isdisjoint(names):
                body.add(f"{made}({LAYOUT_ARGUMENTS})")

    def _unread(self, body: Code, always: list[Read]) -> None:
        """Emit what is written without being read: constants, then defaults."""
        for read in always:
            self._always(read)
        if self.rules.defaults:
            with body.block("if defaults:"):
                for index, turn in enumerate(self.rules.defaults):
                    self._default(body, index, turn)
        for line in self.rules.excludes:
            self._excluded(body, line["at"].split(".") if line["at"] else [], line["names"])

    def _excluded(self, body: Code, path: list[str], names: Collection[str]) -> None:
        """Names that may not stand together are looked for where several may have been written."""
        said = [name for name in names if self._may_say((*path, name))]
        turns = [turn for turn in self._writers() if self._says(turn, tuple(path))]
        if len(said) < 2 or (len(turns) == 1 and self._by_table(turns[0])):  # noqa: PLR2004 - one contradicts nothing
            return
        at = self._reached(body, path)
        held = ", ".join(f"{name!r} in {at}" for name in said)
        body.add(f"if {at} is not None and sum(({held})) > 1: raise Bail")

    def _writers(self) -> list[Turn]:
        return [turn for turn in (*self.rules.turns, *self.rules.defaults) if id(turn) in self.leaves]

    def _says(self, turn: Turn, place: tuple[str, ...]) -> bool:
        return any(overlapping(leaf, place) for leaf in self.leaves[id(turn)])

    def _may_say(self, place: tuple[str, ...]) -> bool:
        """Tell whether a rule or a layout may write at a place."""
        sides = [self.context.lens.layout(name).write for name in self.rules.layouts]
        laid = (path for side in sides for path in (side.groups, side.group, side.hoist) if path is not None)
        return any(self._says(turn, place) for turn in self._writers()) or any(
            overlapping(tuple(map(str, path)), place) for path in laid
        )

    def _by_table(self, turn: Turn) -> bool:
        """Tell whether all that a rule writes are words of tables: these do not contradict themselves."""
        found = [variable.conversion for variable in variables(turn.read)]
        return all(name is not None and self.context.lens.conversion(name).sort == "table" for name in found)

    def _sorted(self) -> tuple[list[Read], list[Read]]:
        always: list[Read] = []
        reading: list[Read] = []
        for index, turn in enumerate(self.rules.turns):
            if not isinstance(turn.read, Obj):
                raise Unsupported(turn.id)
            (reading if turn.read.fields else always).append(Read(index, turn, turn.read))
        return always, reading

    # ------------------------------------------------------------------ levels

    def _level(self, body: Code, var: str, path: tuple[str, ...], reads: list[Read], *, top: bool = False) -> None:
        """Emit the loop over the names of an object."""
        known = clustered(reads)
        self.kept.append(known)  # clusters are told apart by identity
        clusters = [c for c in known if not (top and self._is_laid(c))]
        for cluster in known if top else ():
            if self._is_laid(cluster):
                self._beside_layout(body, cluster)
        thing = Thing(var, tuple(map(repr, path)), tuple(((*path, *p), d, r, w) for p, d, r, w in self.scopes))
        thing.keys = {name: "" for cluster in clusters for name in cluster.names}
        if top:
            thing.keys |= dict.fromkeys(self.taken | self.held, "")
        key, value = (self.context.module.fresh(head) for head in "kx")
        own = {name for cluster in clusters for name in cluster.names}
        skipped = sorted(self.taken | (self.held - own)) if top else []
        order = self._order(clusters)
        sorted_names = repr(tuple(name for cluster in order or () for name in cluster.names))
        items = f"{var}.items()" if order is None else f"in_order({var}, {self.context.module.constant(sorted_names)})"
        with body.block(f"for {key}, {value} in {items}:"):
            test = f"{value} is None"
            if skipped:
                test += f" or {key} in {self.context.module.constant(f'frozenset({skipped!r})')}"
            if top and self.rules.inline:
                # Following references is the interpreter's work.
                names = sorted(self.rules.refers)
                body.add(f"if {key} in {self.context.module.constant(f'frozenset({names!r})')}: raise Bail")
            with body.block(f"if {test}:"):
                body.add(*([] if top else [f"if blank({var}): raise Bail"]), "continue")
            refused = self._refused() if top else set()
            members = [(cluster, name) for cluster in clusters for name in cluster.names]
            other = f"{self.context.site(thing)}.drop({key}, {value}, link, {steps(map(repr, path))}, notes)"
            self._branches(body, members, (var, path, key, value), refused, other)

    def _order(self, clusters: list[Cluster]) -> list[Cluster] | None:
        """Return clusters in the order in which one must write before another; None for any order."""
        after = {
            number: {before for before, other in enumerate(clusters) if self._comes_first(other, cluster)}
            for number, cluster in enumerate(clusters)
        }
        if not any(after.values()):
            return None
        try:
            return [clusters[number] for number in TopologicalSorter(after).static_order()]
        except CycleError:
            raise Unsupported("rules that wait for each other") from None

    def _comes_first(self, one: Cluster, other: Cluster) -> bool:
        """Tell whether a rule of one cluster must write before one of the other: that gives way, or adds to it."""
        return one is not other and any(
            first.index < then.index
            and (first.turn.rule.yields or then.turn.rule.yields or adds(then.turn))
            and any(overlapping(*pair) for pair in product(self._leaves(first), self._leaves(then)))
            for first, then in product(one.reads, other.reads)
        )

    def _leaves(self, read: Read) -> Collection[tuple[str, ...]]:
        return self.leaves.get(id(read.turn), ())

    def _branches(self, body: Code, members: Any, where: Any, refused: set[str], other: str) -> None:
        """Emit what finds the rules of a name: a few comparisons, or a number and halves of halves."""
        if len(members) <= FEW:
            self._chain(body, members, where, refused, other)
            return
        numbers = {name: number for number, (_, name) in enumerate(members)}
        found = self.context.module.fresh("j")
        body.add(f"{found} = {self.context.module.constant(repr(numbers))}.get({where[2]})")
        with body.block(f"if {found} is None:"):
            body.add(other)
        with body.block("else:"):
            self._halves(body, list(enumerate(members)), found, where, refused)

    def _halves(self, body: Code, members: Any, found: str, where: Any, refused: set[str]) -> None:
        if len(members) > 2:  # noqa: PLR2004 - two are told apart by one comparison
            half = len(members) // 2
            with body.block(f"if {found} < {members[half][0]}:"):
                self._halves(body, members[:half], found, where, refused)
            with body.block("else:"):
                self._halves(body, members[half:], found, where, refused)
            return
        head = "if"
        for number, member in members:
            with body.block(f"{head} {found} == {number}:"):
                self._named(body, member, where, refused)
            head = "elif"

    def _chain(self, body: Code, members: Any, where: Any, refused: set[str], other: str) -> None:
        head = "if"
        for member in members:
            with body.block(f"{head} {where[2]} == {member[1]!r}:"):
                self._named(body, member, where, refused)
            head = "elif"
        body.add(f"else: {other}" if members else other)

    def _named(self, body: Code, member: Any, where: Any, refused: set[str]) -> None:
        var, path, _, value = where
        self._member(body, member[0], member[1], var, value, path, refuse=member[1] in refused)

    def _is_laid(self, cluster: Cluster) -> bool:
        return bool(self.taken & set(cluster.names))

    def _beside_layout(self, body: Code, cluster: Cluster) -> None:
        """What a layout has read is read again by rules that say `also`, or that look for what it has left."""
        there = " or ".join(f"{name!r} in v" for name in cluster.names)
        with body.block("if True:" if self.shape is not None else f"if {there}:"):
            tests = [
                self._condition(read, "v") if read.turn.rule.also else left_of(read, cluster, self.shape)
                for read in cluster.reads
            ]
            body.add(*(f"if {test}: raise Bail" for test in dict.fromkeys(tests)))

    def _refused(self) -> set[str]:
        """Names under which rules of the other dialect's own words may stand: the interpreter sorts them out."""
        lines = self.rules.rest.get(self.context.lens.reader, ())
        return {line["at"].split(".")[0] for line in lines if line["at"]}

    def _member(
        self, body: Code, cluster: Cluster, name: str, var: str, value: str, path: tuple[str, ...], *, refuse: bool
    ) -> None:
        if refuse:
            body.add("raise Bail")
            return
        if len(cluster.names) > 1:
            before = cluster.names[: cluster.names.index(name)]
            tests = [f"{var}.get({other!r}) is None" for other in before]
            call = f"{self._cluster(cluster, path)}(v, {var}, {value}, link, notes, out, mem, saw, defaults)"
            body.add(f"if {' and '.join(tests)}: {call}" if tests else call)
            return
        if self._descends(cluster, (*path, name)):
            self._descend(body, cluster, name, var, value, path)
        elif len(cluster.reads) == 1 and self._try(body, cluster.reads[0], var, path, {name: value}, None):
            return
        else:
            body.add(f"{self._cluster(cluster, path)}(v, {var}, {value}, link, notes, out, mem, saw, defaults)")

    def _descends(self, cluster: Cluster, path: tuple[str, ...]) -> bool:
        """Tell whether the rules of a name look into an object there, but for some about another type.

        What none of them reads is lost name by name then.
        """
        looking = [_looks_into(read, path[-1]) for read in cluster.reads]
        asked = [read.turn.rule.when.get(self.context.lens.reader) for read in cluster.reads]
        others = [text for text, looks in zip(asked, looking, strict=True) if not looks]
        if len(looking) < 2 or not any(looking):  # noqa: PLR2004 - one rule needs no level
            return False
        return not others or (not self._told_whole(path) and all(_of_type(text, path) for text in others))

    def _told_whole(self, path: tuple[str, ...]) -> bool:
        """Tell whether a sentence is given for all of a place: it speaks of the whole where nothing inside is read."""
        return any(tuple(map(str, drop.path)) == path[: len(drop.path)] for drop in self.rules.drops)

    def _descend(self, body: Code, cluster: Cluster, name: str, var: str, value: str, path: tuple[str, ...]) -> None:
        """Emit the level below a name; a value of another type there is read by the rules that ask for that."""
        looking = [read for read in cluster.reads if _looks_into(read, name)]
        inner = [Read(read.index, read.turn, _below(read, name)) for read in looking]
        if len(inner) == len(cluster.reads):
            body.add(f"if type({value}) is not dict or not {value}: raise Bail")
            whole, before = self._told_whole((*path, name)), self.context.module.fresh("n")
            body.add(*([f"{before} = len(notes)"] if whole else []))
            self._level(body, value, (*path, name), inner)
            # Whether the whole is lost, or some names of it, is the interpreter's to say.
            body.add(*([f"if len(notes) != {before}: raise Bail"] if whole else []))
            return
        with body.block(f"if type({value}) is dict and {value}:"):
            self._level(body, value, (*path, name), inner)
        call = f"{self._cluster(cluster, path)}(v, {var}, {value}, link, notes, out, mem, saw, defaults)"
        body.add(f"else: {call}")

    # ------------------------------------------------------------------ rules that read nothing

    def _always(self, read: Read) -> None:
        turn = read.turn
        if turn.gated == "refuse" and not rule_is_odd(turn.rule) and not turn.rule.unless:
            self.body.add(f"if {' and '.join(self._more_tests(read)) or 'True'}: raise Bail")
            return
        if rule_is_odd(turn.rule) or turn.rule.unless or turn.gated:
            raise Unsupported(turn.id)
        if turn.rule.yields and self._written_later(read):
            raise Unsupported(turn.id)
        tests = self._more_tests(read)
        if "False" in tests:
            return
        code, self.puts = Code(0), []
        self._commit(code, read, {}, ())
        if tests:
            with self.body.block(f"if {' and '.join(tests)}:"):
                self.body.take(code)
        else:
            self.body.take(code)
            self.sure.update(self.puts)

    def _written_later(self, read: Read) -> bool:
        mine = self.leaves[id(read.turn)]
        later = self.rules.turns[read.index + 1 :]
        return any(overlapping(one, other) for turn in later for other in self.leaves.get(id(turn), ()) for one in mine)

    def _default(self, body: Code, index: int, turn: Turn) -> None:
        rule = turn.rule
        if not isinstance(turn.read, Obj) or rule_is_odd(rule) or turn.gated or len(self.leaves[id(turn)]) == 0:
            raise Unsupported(turn.id)
        read = Read(index, turn, turn.read)
        if turn.read.fields:
            body.add(f"if {self._condition(read, 'v')}: raise Bail")
            return
        if rule.unless:
            raise Unsupported(turn.id)
        with body.block(f"if {' and '.join(self._more_tests(read)) or 'True'}:"):
            self._added(body, read)

    def _added(self, body: Code, read: Read) -> None:
        """Emit a default: it is written where its place is still free."""
        turn, rule = read.turn, read.turn.rule
        path, node = self._default_leaf(turn)
        if tuple(path) in self.sure:
            return
        inner = Code(0)
        made = Writing(self.context, inner, turn, {}, f"(2, {read.index})").node(node, ())
        if made is None:
            return
        target = next(place for place, _ in places(turn.write))
        reason = rule.reason or rule.note or "added by default"
        at = self._reached(body, path[:-1])
        free = f"{at} is None or {path[-1]!r} not in {at}" if len(path) > 1 else f"{path[-1]!r} not in out"
        with body.block(f"if {free}:"):
            body.take(inner)
            with body.block(f"if {made.source} is not None:" if made.optional else "if True:"):
                into = "out" + "".join(f".setdefault({step!r}, {{}})" for step in path[:-1])
                body.add(f"{into}[{path[-1]!r}] = {made.source}")
                body.add(lost_note((2, read.index), rule.kind or "defaulted", "None", repr(target), rule, reason))

    def _reached(self, body: Code, path: list[str]) -> str:
        """Emit what finds an object that has been written, or None; returns where it stands."""
        at = "out"
        for number, step in enumerate(path):
            body.add(f"at = out.get({step!r})" if not number else f"if at is not None: at = at.get({step!r})")
            body.add("if at is not None and type(at) is not dict: raise Bail")
            at = "at"
        return at

    def _default_leaf(self, turn: Turn) -> tuple[list[str], Node]:
        path: list[str] = []
        node = turn.write
        while isinstance(node, Obj) and len(node.fields) == 1:
            path, node = [*path, node.fields[0][0]], node.fields[0][1]
        if isinstance(node, Obj) or not path:
            raise Unsupported(turn.id)
        return path, node


def _below(read: Read, name: str) -> Obj:
    """Return what a rule shows under a name: an object, or nothing to look into."""
    child = dict(read.node.fields).get(name)
    return child if isinstance(child, Obj) else Obj(())


def _looks_into(read: Read, name: str) -> bool:
    return bool(_below(read, name).fields)


def _of_type(asked: str | None, path: tuple[str, ...]) -> bool:
    """Tell whether a condition asks that no object stands at a place."""
    tree: dict[str, Any] = guard.parsed(asked) if asked is not None else {"type": "", "children": ()}
    if tree["type"] != "comparator" or tree["value"] != "eq":
        return False
    left, right = tree["children"]
    typed = left.get("value") == "type" and right["type"] == "literal" and right["value"] != "object"
    return typed and guard.paths(asked or "") == [path]
