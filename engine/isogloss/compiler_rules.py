"""One rule compiled: what it reads, what it writes, what it reports."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_clusters import (
    LATE,
    Cluster,
    Read,
    asked_names,
    known_names,
    lone_place,
    lost_note,
    one_leaf,
    overlapping,
    remembered,
    rule_is_odd,
    seen,
)
from isogloss.compiler_code import Code, Unsupported, literal, odd_fields, steps
from isogloss.compiler_examples import Bind, Context, Thing
from isogloss.compiler_guards import Held, guard_source
from isogloss.compiler_reading import Reading, necessary
from isogloss.compiler_sums import completed, unwritten
from isogloss.compiler_writing import Writing
from isogloss.example import NAME_TOLD, All, Const, Each, Known, Node, Obj, Var, places
from isogloss.loss import REFUSED

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Sequence

    from isogloss.lens import Conversion, Turn, TurnedSet

#: A test that is nothing but the question whether a variable holds an object.
_IS_OBJECT: Final = re.compile(r"isinstance\((\w+), dict\)")
#: What is known here of a turned set.
_TURNED = ["name", "place", "turns", "defaults", "drops", "layouts", "nulls", "rest", "excludes", "inline", "whole"]


class RuleCompiler:
    """Compiles the rules of one set, one by one."""

    def __init__(
        self, context: Context, rules: TurnedSet, sort: str, lay: Any, held: frozenset[str] = frozenset()
    ) -> None:
        self.context = context
        self.rules = rules
        self.sort = sort
        #: Names of this object that rules of the set around read.
        self.held = held
        self.body = Code()
        self.scopes = (((), rules.drops, rules.name, rules.place),)
        #: The functions of its layouts, and what each reads.
        self.laid: list[tuple[str, set[str]]] = [
            lay(rules, self.scopes, held, number) for number in range(len(rules.layouts))
        ]
        self.taken: set[str] = set[str]().union(*(taken for _, taken in self.laid))
        self.made: dict[int, str] = {}
        #: All names of the object and where their values stand, where its shape is known.
        self.shape: dict[str, str] | None = None
        self.kept: list[list[Cluster]] = []
        #: Places that may have been written by now, where code runs in the order it is made, and those that surely are.
        self.before: set[tuple[str, ...]] | None = None
        self.sure: set[tuple[str, ...]] = set()
        #: Places that the code of rules writes if it is run to its end.
        self.puts: list[tuple[str, ...]] = []
        self.leaves = self._all_leaves()
        if odd_fields(rules, _TURNED):
            raise Unsupported(rules.name)
        if rules.nulls and rules.layouts:
            raise Unsupported(rules.name)
        if not context.lens.nulls_absent and not rules.nulls:
            raise Unsupported(rules.name)  # generated code takes null for absence

    def _all_leaves(self) -> dict[int, set[tuple[str, ...]]]:
        turns = (*self.rules.turns, *self.rules.defaults)
        return {id(turn): {path for path, _ in places(turn.write) if path} for turn in turns}

    def _condition(self, read: Read, var: str) -> str:
        """Write what must hold for a rule to run."""
        # What has been laid is asked first: that costs least.
        strays = [f"not (type({m}) is dict and {m}.keys() >= set({n}))" for n, m in self._among(read, var)]
        return " and ".join([*self._first(read, var), *strays, *self._asked(read.turn)]) or "True"

    def _first(self, read: Read, var: str) -> list[str]:
        return [*seen(read.turn.rule), *necessary(read.node, var, self.shape, self.context.words)]

    def _asked(self, turn: Turn, objects: Collection[str] = ()) -> list[str]:
        """Write what a rule asks of the document, and of the exchange."""
        asked = "True" if turn.guard is None else self._guard(turn, objects)
        return [*([] if asked == "True" else [asked]), *remembered(turn.rule, self.context.lens.reader)]

    def _guard(self, turn: Turn, objects: Collection[str] = ()) -> str:
        lens, held = self.context.lens, Held(names=self.shape, words=self.context.words, objects=objects)
        return guard_source(self.context.module, turn.rule.when[lens.reader], "v", snake=lens.snake, held=held)

    def _among(self, read: Read, var: str) -> Iterable[tuple[str, str]]:
        """Yield the lists that may name what is no member of the object beside them, each with that object."""
        for pair in read.turn.rule.among.items():
            names, members = (self.shape.get(one, "None") if self.shape else f"{var}.get({one!r})" for one in pair)
            yield names, members

    def _shares(self, cluster: Cluster) -> bool:
        """Tell whether the rules exchange values with other rules of the set."""
        names = {name for read in cluster.reads for name in known_names(read.turn)}
        return bool(names and names & asked_names(self.context.lens))

    def _is_odd(self, read: Read) -> bool:
        return bool(rule_is_odd(read.turn.rule)) or read.turn.rule.default or bool(read.turn.rule.unless)

    def _try(
        self,
        body: Code,
        read: Read,
        var: str,
        path: tuple[str, ...],
        given: dict[str, str],
        cluster: Cluster | None,
        leave: str = "raise Bail",
    ) -> bool:
        """Emit a rule as code, if it is simple enough."""
        if rule_is_odd(read.turn.rule) or read.turn.rule.default or (self._shares_read(read)):
            return False
        code = Code(0)
        try:
            self._rule(code, read, var, path, given, cluster, leave)
        except Unsupported:
            return False
        body.take(code)
        return True

    def _shares_read(self, read: Read) -> bool:
        return self._shares(Cluster([], [read]))

    def _rule(
        self,
        code: Code,
        read: Read,
        var: str,
        path: tuple[str, ...],
        given: dict[str, str],
        cluster: Cluster | None,
        leave: str,
    ) -> None:
        turn = read.turn
        many = self._many(code, read, given, path, leave)
        if many:
            return
        inner = Code(0)
        reading = Reading(self.context, inner)
        thing = Thing(var, tuple(map(repr, path)), self._scopes(cluster, read, path), given=given, present=True)
        reading.object(read.node, thing)
        if reading.hollow and not turn.rule.also:
            raise Unsupported(turn.id)
        tests = self._ordered(read, reading.tests)
        reading.things = [one for one in reading.things if one is not thing]
        reading.finish()
        code.add(f"if not ({' and '.join(tests)}): {leave}") if tests else None
        code.take(inner)
        if not reading.tests and reading.env and not set(given.values()) & {b.var for b in reading.env.values()}:
            # A rule all of whose names are optional runs where one of them is there.
            code.add(f"if {' and '.join(f'{bind.var} is None' for bind in reading.env.values())}: {leave}")
        for name, known in reading.known:
            sure = known in given.values()
            code.add(f"{'' if sure else f'if {known} is not None: '}mem[{name!r}] = {known}")
            code.add(f"if type({known}) in BOXES: notes.append((DEEP, {known}))")
        self._commit(code, read, reading.env, path)

    def _ordered(self, read: Read, tests: list[str]) -> list[str]:
        """Put what a rule asks after what its example asks; where names are known it takes less than codecs do."""
        if self.shape is None:
            return [*tests, *self._more_tests(read)]
        plain = {found[1]: test for test in tests if (found := _IS_OBJECT.fullmatch(test))}
        return [
            *plain.values(),
            *self._more_tests(read, plain),
            *(test for test in tests if test not in plain.values()),
        ]

    def _many(self, code: Code, read: Read, given: dict[str, str], path: tuple[str, ...], leave: str) -> bool:
        """A list or an object whose every member a set translates; `both: name` with `each:` or `values:`."""
        (name, child), *more = read.node.fields
        listed = isinstance(child, Each) and isinstance(child.item, Var)
        child = child.item if isinstance(child, Each) else child
        if more or not isinstance(child, Var) or child.star is not listed or not child.conversion:
            return False
        conversion = self.context.lens.conversion(child.conversion)
        if conversion.sort != "set" or bool(conversion.over) is listed:
            return False
        target = lone_place(read.turn.write)
        if target is None or read.turn.gated or path:
            raise Unsupported(read.turn.id)
        if read.turn.guard is not None and (asked := self._guard(read.turn)) != "True":
            code.add(f"if not {asked}: {leave}")
        value, made = given.get(name) or self.context.module.fresh(), self.context.module.fresh("m")
        how = self.context.module.constant(f"((1, {read.index}), ({name!r},), {target!r})")
        if name not in given:
            code.add(f"{value} = o.get({name!r})", f"if {value} is None: break")
        self._each_called(code, conversion, value, made, how)
        self._take_over(code, read, child.names[0], made, name)
        self._report(code, read, (name,))
        return True

    def _each_called(self, code: Code, conversion: Conversion, value: str, made: str, how: str) -> None:
        """Emit the calls of a set for every member of an object, or every item of a list."""
        member, step = self.context.module.fresh("i"), self.context.module.fresh("n")
        call = self.context.call(conversion.name, member, f"(link, {how}, {step})")
        sort, nests = "dict" if conversion.over == "%" else "list", self.context.nests(conversion.name)
        code.add(f"if type({value}) is not {sort}: raise Bail")
        if nests is not None:  # what holds many may be nested deep
            code.add(f"saw.size += WEIGHT * len({value})")
        # A comprehension would be a function, and all it takes from this one would cost more everywhere.
        if nests:
            each = "members" if sort == "dict" else "each"
            code.add(f"{made} = {nests}.{each}({value}, link, {how}, notes, mem, saw, defaults)")
        elif sort == "list":
            code.add(f"{made} = []")
            code.add(f"for {step}, {member} in enumerate({value}): {made}.append({call})")
        else:
            code.add(f"{made} = {{}}", f"for {step}, {member} in {value}.items(): {made}[{step}] = {call}")

    def _take_over(self, code: Code, read: Read, variable: str, made: str, name: str) -> None:
        """Write what has been made of a list or an object: where it stands alone, or in more than that."""
        target = one_leaf(read.turn.write)
        if target is not None and target == lone_place(read.turn.write):
            self._put(code, read.turn, target, made)
            self.puts.append(target)
            return
        bind = Bind(made, False, (repr(name),), coded=True)
        self._write(code, read.turn, Writing(self.context, code, read.turn, {variable: bind}, f"(1, {read.index})"))

    def _scopes(self, cluster: Cluster | None, read: Read, path: tuple[str, ...]) -> Any:
        """Sentences for what a rule does not read, but for what other rules of the cluster might."""
        others = [one for one in cluster.reads if one is not read] if cluster else []
        wanted = [(*path, *place) for one in others for place, _ in places(one.node)]
        scopes: list[Any] = []
        for prefix, drops, rule, place in self.scopes:
            kept = tuple(d for d in drops if not any(overlapping(tuple(map(str, d.path)), want) for want in wanted))
            scopes.append(((*path, *prefix), kept, rule, place))
        return tuple(scopes)

    def _more_tests(self, read: Read, objects: Collection[str] = ()) -> list[str]:
        return [*seen(read.turn.rule), *self._asked(read.turn, objects)]

    def _commit(self, code: Code, read: Read, env: dict[str, Bind], path: tuple[str, ...]) -> None:
        turn = read.turn
        if turn.gated is not None:
            self._gated(code, read, env)
            return
        full = completed(self.context, code, turn.rule, env)
        claims = [place for place, _ in places(read.node)] if read.node.fields else []
        for name in turn.rule.let if claims else ():
            full[name] = Bind(full[name].var, False, (*path, *claims[0]))
        order = f"(1, {read.index})"
        writing = Writing(self.context, code, turn, full, order)
        first = (*path, *claims[0]) if claims else () if turn.rule.kind in REFUSED else None
        with self._free(code, turn):
            self._write(code, turn, writing)
            self._report(code, read, first)
        unwritten(code, turn, full, f"(1, {read.index}, {LATE}, 1)")

    @contextmanager
    def _free(self, code: Code, turn: Turn) -> Generator[None]:
        """A rule that yields says nothing, not even what is lost, where its place is taken."""
        if not turn.rule.yields or turn.rule.kind is None:
            yield
            return
        path = one_leaf(turn.write)
        if path is None or len(path) != 1:
            raise Unsupported(turn.id)
        with code.block(f"if {path[0]!r} not in out:"):
            yield

    def _gated(self, code: Code, read: Read, env: dict[str, Bind]) -> None:
        turn, rule = read.turn, read.turn.rule
        if turn.gated == "refuse" and not rule.satisfied:
            code.add("raise Bail")
            return
        if len(env) != 1 or any(b.optional or b.coded or b.path is None for b in env.values()):
            raise Unsupported(turn.id)
        if any(isinstance(node, Const | Known) for _, node in places(read.node)):
            raise Unsupported(turn.id)
        (bind,) = env.values()
        if bind.pending is not None:
            code.add(f"if type({bind.var}) in BOXES: raise Bail")
        test = self._satisfied(bind.var, rule.satisfied)
        if turn.gated == "refuse":
            code.add(f"if not ({test}): raise Bail" if test else "raise Bail")
            return
        reason = rule.reason or rule.drop or rule.refuse or "the other dialect cannot say this"
        if rule.drop is not None and NAME_TOLD.search(reason):
            raise Unsupported(turn.id)
        assert bind.path is not None
        note = lost_note((1, read.index), rule.kind or "dropped", steps(bind.path), "None", rule, reason)
        code.add(f"if not ({test}): {note}" if test else note)

    def _satisfied(self, var: str, words: Sequence[Any]) -> str:
        """Write the test whether a value is one of some words: few are, and Python's own comparison says so soonest."""
        if not words:
            return ""
        known = self.context.module.constant(literal(list(words)))
        return f"{var} in {known} and ({' or '.join(f'same({var}, {literal(word)})' for word in words)})"

    def _report(self, code: Code, read: Read, first: tuple[str, ...] | None) -> None:
        rule = read.turn.rule
        if rule.kind is None:
            return
        target = next((path for path, _ in places(read.turn.write)), None)
        reason = rule.reason or rule.note or "added by default"
        code.add(lost_note((1, read.index, LATE), rule.kind, repr(first), repr(target), rule, reason))

    # ------------------------------------------------------------------ writing

    def _write(self, code: Code, turn: Turn, writing: Writing) -> None:
        if not isinstance(turn.write, Obj):
            raise Unsupported(turn.id)
        if turn.rule.yields and len(self.leaves[id(turn)]) != 1:
            raise Unsupported(turn.id)
        for path, node in self._roots(turn, turn.write, ()):
            if isinstance(node, All):
                self._everywhere(code, path, node.item, writing)
                continue
            made = writing.node(node, tuple(map(repr, path)))
            if made is None:
                continue
            source = made.source
            if made.optional and not source.isidentifier():
                source = self.context.module.fresh()
                code.add(f"{source} = {made.source}")
            if made.optional:
                with code.block(f"if {source} is not None:"):
                    self._put(code, turn, path, source)
            else:
                self._put(code, turn, path, source)
                self.puts.append(path)

    def _everywhere(self, code: Code, path: tuple[str, ...], node: Node, writing: Writing) -> None:
        """Say something in every item of a list that has been written."""
        if len(path) != 1 or not isinstance(node, Obj):
            raise Unsupported("every item")
        there, item = (self.context.module.fresh(head) for head in "mi")
        made = [(name, writing.node(child, (*map(repr, path), "0", repr(name)))) for name, child in node.fields]
        code.add(f"{there} = out.get({path[0]!r})", f"if type({there}) is not list: raise Bail")
        for name, one in made:
            if one is None:
                continue
            code.add(f"if {one.source} is None: raise Bail") if one.optional else None
            code.add(f"for {item} in {there}:", f"    if type({item}) is not dict or {name!r} in {item}: raise Bail")
            code.add(f"    {item}[{name!r}] = {one.source}")

    def _roots(self, turn: Turn, node: Node, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Node]]:
        """Yield the places a rule writes whole: where no other rule of the set writes inside."""
        if not isinstance(node, Obj) or not node.fields:
            if path:
                yield path, node
            return
        if path and not any(
            overlapping(path, leaf) for key, leaves in self.leaves.items() if key != id(turn) for leaf in leaves
        ):
            yield path, node
            return
        for name, child in node.fields:
            yield from self._roots(turn, child, (*path, name))

    def _put(self, code: Code, turn: Turn, path: tuple[str, ...], source: str) -> None:
        where = "out"
        for depth, step in enumerate(path[:-1], 1):
            into = self.context.module.fresh("o")
            if self._may_hold(turn, path[:depth]):
                code.add(f"{into} = {where}.get({step!r})")
                if self._may_be_leaf(turn, path[:depth]):
                    code.add(f"if {into} is not None: raise Bail")
                code.add(f"if {into} is None: {into} = {where}[{step!r}] = {{}}")
            else:
                code.add(f"{into} = {where}[{step!r}] = {{}}")
            where = into
        free = f"{path[-1]!r} not in {where}"
        if turn.rule.yields and self._shared(turn, path):
            code.add("pass" if path in self.sure else f"if {free}: {where}[{path[-1]!r}] = {source}")
        else:
            code.add(*([f"if {path[-1]!r} in {where}: raise Bail"] if self._shared(turn, path) else []))
            code.add(f"{where}[{path[-1]!r}] = {source}")
        if self.before is not None:
            self.before.add(path)

    def _shared(self, turn: Turn, path: tuple[str, ...]) -> bool:
        """Tell whether another rule of the set, or a layout, may have written a place."""
        layouts = [self.context.lens.layout(name).write for name in self.rules.layouts]
        laid = {place[0] for side in layouts for place in (side.groups, side.group, side.hoist) if place}
        return path[0] in laid or any(overlapping(path, leaf) for leaf in self._others(turn))

    def _others(self, turn: Turn) -> Iterable[tuple[str, ...]]:
        """Yield the places that other rules may have written."""
        if self.before is not None:
            return self.before
        return [leaf for key, leaves in self.leaves.items() if key != id(turn) for leaf in leaves]

    def _may_hold(self, turn: Turn, path: tuple[str, ...]) -> bool:
        """Tell whether an object may stand at a place already."""
        return self.before is None or self._shared(turn, path)

    def _may_be_leaf(self, turn: Turn, path: tuple[str, ...]) -> bool:
        return any(leaf == path for leaf in self._others(turn))
