"""Rule sets compiled once more for objects of one shape: these names, in this order.

What cannot hold without other names is left out, what may be absent and is not there is not asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from isogloss import guard
from isogloss.compiler_alternatives import reached
from isogloss.compiler_clusters import BAIL, SET_ARGUMENTS, Cluster, Read, clustered
from isogloss.compiler_code import Code, Unsupported
from isogloss.compiler_examples import Thing
from isogloss.compiler_reading import necessary
from isogloss.compiler_sets import SetCompiler
from isogloss.compiler_sorts import Shape
from isogloss.example import Obj, Var, places, skippable
from isogloss.wording import known_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from isogloss.example import Node
    from isogloss.lens import Lens, TurnedSet

#: An object with more names than this has no shape.
_MOST = 40
#: How many conditions ask about a name before objects are sorted by what stands there.
_OFTEN = 3


class ShapeCompiler(SetCompiler):
    """Compiles one rule set into a function for one shape."""

    def shaped(self, names: tuple[str, ...], nulls: frozenset[str], said: Mapping[str, str], general: str) -> Shape:
        """Compile the rules for objects of one shape; one that is not what it expects goes to the general function.

        What is `said` under a name need not be asked.
        """
        self._admit(names, nulls)
        nulls -= self.taken  # what layouts read may be null in one object and not in another of this shape
        values = {one: self.context.module.fresh() for one in names}
        self.context.words |= {values[one]: word for one, word in said.items()}
        self.shape = {one: value for one, value in values.items() if one not in nulls}
        always, reading = self._sorted()
        reads = [read for read in (self._pruned(read) for read in reading) if read is not None]
        self._survive([*reads, *always])
        body = self.body
        self.before = set()
        body.add("out = {}")
        with self._around(body):
            self._layouts(body, names)
            self._clusters(body, reads)
            self._unread(body, always)
        body.add("return out")
        return Shape(values, nulls, frozenset(self.taken), self._expected(values, nulls, general), body.lines)

    def _admit(self, names: tuple[str, ...], nulls: frozenset[str]) -> None:
        odd = self.rules.refers | (self._refused() - nulls)
        if not names or len(names) > _MOST or not odd.isdisjoint(names) or (nulls and self.rules.nulls):
            raise Unsupported(self.rules.name)

    def _expected(self, values: dict[str, str], nulls: Collection[str], general: str) -> str:
        """Nulls stand where they stood in the first object of this shape; what layouts read, they ask themselves."""
        read = {name: value for name, value in values.items() if name not in self.taken}
        asked = {name: value for name, value in read.items() if value not in self.context.words}
        tests = [f"{value} is {'not ' if name in nulls else ''}None" for name, value in asked.items()]
        return f"if {' or '.join(tests)}: return {general}({SET_ARGUMENTS})" if tests else ""

    def _pruned(self, read: Read) -> Read | None:
        """Leave out what an example shows and the object has not; None where the rule cannot hold without it."""
        assert self.shape is not None
        there = tuple(pair for pair in read.node.fields if pair[0] in self.shape)
        if not there or any(not skippable(node) for name, node in read.node.fields if name not in self.shape):
            return None
        if read.turn.guard is not None and self._guard(read.turn) == "False":
            return None
        if "False" in necessary(Obj(there), "v", self.shape, self.context.words):
            return None
        return replace(read, node=Obj(there))

    def _survive(self, reads: list[Read]) -> None:
        """Forget where rules write that cannot hold."""
        turns = [*(read.turn for read in reads), *self.rules.defaults]
        self.leaves = {id(turn): {path for path, _ in places(turn.write) if path} for turn in turns}

    def _clusters(self, body: Code, reads: list[Read]) -> None:
        assert self.shape is not None
        known = clustered(reads)
        self.kept.append(known)  # clusters are told apart by identity
        for cluster in self._order(known) or known:
            if self._is_laid(cluster):
                self._beside_layout(body, cluster)
            else:
                self._straight(body, cluster)
        own = {name for cluster in known for name in cluster.names} | self.taken | self.held
        site = self.context.site(Thing("v", (), self.scopes, dict.fromkeys(own, "")))
        body.add(
            *(f"{site}.drop({name!r}, {var}, link, (), notes)" for name, var in self.shape.items() if name not in own)
        )

    def _cluster(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        """A function of its own does not see where the values stand, nor what has been written."""
        shape, before, self.shape, self.before = self.shape, self.before, None, None
        try:
            return super()._cluster(cluster, path)
        finally:
            self.shape, self.before = shape, before
            self._may_write(cluster)

    def _rest(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        self._may_write(cluster)
        return super()._rest(cluster, path)

    def _may_write(self, cluster: Cluster) -> None:
        if self.before is not None:
            self.before |= {leaf for read in cluster.reads for leaf in self.leaves.get(id(read.turn), ())}

    def _straight(self, body: Code, cluster: Cluster) -> None:
        """Emit a cluster where it stands; one that the interpreter must look at keeps its function."""
        assert self.shape is not None
        first, given = cluster.names[0], {name: self.shape[name] for name in cluster.names}
        # What names members of an object is a list of texts.
        self.context.listed |= {self.shape[name] for read in cluster.reads for name in read.turn.rule.among}
        self.puts = []
        columns = self._columns(cluster, ())
        if columns is not None:
            body.add(f"x = {given[first]}", *(line[4:] for line in columns.lines))
            self.sure.update(self.puts)
            self._may_write(cluster)
            return
        if len(cluster.names) == 1 and self._descends(cluster, (first,)):
            self._descend(body, cluster, first, "v", given[first], ())
            self._may_write(cluster)
            return
        tried = reached(self._each_tried(cluster, given), cluster)
        odd = [read for read, code in tried if code is None]
        with body.otherwise(self._odd(body, odd, self._rest(cluster, ()) if odd else "")):
            self._alternatives(body, cluster, [(read, code) for read, code in tried if code is not None], (), given)
        if len(cluster.reads) == 1 and not odd and all(code.is_straight for _, code in tried if code is not None):
            self.sure.update(self.puts)

    def _odd(self, body: Code, odd: list[Read], rest: str) -> str:
        """Emit what leaves a cluster to the interpreter; returns what a test after that begins with."""
        asked = {self._condition(read, "v"): read for read in reversed(odd)}
        tests = [test for test in reversed(asked) if not any(test.startswith(f"{other} and ") for other in asked)]
        if rest == BAIL:
            for test in tests:
                self._bails(body, asked[test], test)
            return "if"
        body.add(*(f"{'elif' if number else 'if'} {test}: {rest}" for number, test in enumerate(tests)))
        return "elif" if tests else "if"

    def _bails(self, body: Code, read: Read, test: str) -> None:
        among = list(self._among(read, "v"))
        if len(among) != 1 or self._asked(read.turn):
            body.add(f"if {test}: {BAIL}")
            return
        name, (names, members) = self.context.module.fresh("i"), among[0]
        with body.block(f"if {' and '.join(self._first(read, 'v')) or 'True'}:"):  # a set takes longer for a few names
            body.add(f"if type({members}) is not dict: {BAIL}")
            body.add(f"for {name} in {names}:", f"    if {name} not in {members}: {BAIL}")

    def _each_tried(self, cluster: Cluster, given: dict[str, str]) -> list[tuple[Read, Code | None]]:
        """Make the code of each rule; of those that read the same name one runs, and it finds nothing of the others."""
        before, found, wrote = self.before, list[tuple[Read, Code | None]](), list[set[tuple[str, ...]]]()
        assert before is not None
        for read in cluster.reads:
            others = (mine for (other, _), mine in zip(found, wrote, strict=True) if not _excludes(read, other))
            self.before = before.union(*others)
            held = set(self.before)
            found.append((read, self._tried(cluster, read, (), "v", given)))
            wrote.append(self.before - held)
        self.before = before.union(*wrote)
        return found


def _excludes(read: Read, other: Read) -> bool:
    """Tell whether one of two rules does not run where the other has."""
    names = dict(read.node.fields).keys() & dict(other.node.fields).keys()
    return bool(names) and not read.turn.rule.also and not other.turn.rule.also


def asked_most(lens: Lens, rules: TurnedSet) -> tuple[str | None, frozenset[str]]:
    """Name what a table reads and most conditions of a set ask about, and the words that the table knows."""
    guards = [turn.rule.when[lens.reader] for turn in rules.turns if turn.guard is not None]
    asked = Counter(name for text in guards for name in {path[0] for path in guard.paths(text) if path})
    read = {name: table for turn in reversed(rules.turns) for name, table in _tables(lens, turn.read).items()}
    name = max(reversed(read), key=lambda one: asked[one], default=None)
    return name, frozenset() if name is None else frozenset(known_words(lens, read[name]))


def _tables(lens: Lens, node: Node) -> dict[str, str]:
    """Name the tables by which an example reads its names."""
    fields = node.fields if isinstance(node, Obj) else ()
    found = {
        name: lens.conversion(child.conversion)
        for name, child in fields
        if isinstance(child, Var) and child.conversion is not None
    }
    return {name: one.name for name, one in found.items() if one.sort == "table" and not one.over}
