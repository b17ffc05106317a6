"""Clusters compiled: rules that read the same names, tried in their order; and lists that set and columns share."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from isogloss.compiler_clusters import (
    ARGUMENTS,
    BAIL,
    REMEMBERED,
    Cluster,
    Read,
    column_name,
    one_leaf,
    rule_is_odd,
    short,
    tells,
)
from isogloss.compiler_code import Code, Unsupported, steps
from isogloss.compiler_examples import Thing
from isogloss.compiler_rules import RuleCompiler
from isogloss.example import Each, Var

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.compiler_code import Module


class ClusterCompiler(RuleCompiler):
    """Compiles the clusters of one set."""

    # ------------------------------------------------------------------ clusters

    def _cluster(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        """Emit the function of a cluster: rules in file order, else the interpreter."""
        if id(cluster) in self.made:
            return self.made[id(cluster)]
        name = self.made[id(cluster)] = self.context.module.fresh("c")
        code = self._columns(cluster, path)
        if code is None:
            code = Code()
            given = {cluster.names[0]: "x"} if len(cluster.names) == 1 else None
            tried = reached([(read, self._tried(cluster, read, path, "o", given)) for read in cluster.reads], cluster)
            for read, made in tried:
                if made is None:
                    code.add(f"if {self._condition(read, 'o')}:", f"    {self._rest(cluster, path)}", "    return")
            self._alternatives(code, cluster, [(read, made) for read, made in tried if made is not None], path, given)
        self.context.module.function(name, ARGUMENTS, code)
        return name

    def _tried(
        self, cluster: Cluster, read: Read, path: tuple[str, ...], var: str = "o", given: dict[str, str] | None = None
    ) -> Code | None:
        code = Code(0)
        return code if self._try(code, read, var, path, given or {}, cluster, leave="break") else None

    def _alternatives(
        self,
        code: Code,
        cluster: Cluster,
        tried: list[tuple[Read, Code]],
        path: tuple[str, ...],
        given: dict[str, str] | None = None,
    ) -> None:
        """Emit the rules of a cluster in their order; what none of them reads is lost."""
        Alternatives(self.context.module, cluster, tried).emit(code, self._left(cluster, path, given))

    def _left(self, cluster: Cluster, path: tuple[str, ...], given: dict[str, str] | None) -> Callable[[str], str]:
        """Return what writes the loss of a name that no rule of a cluster has read; what is given is there."""
        also = {name for read in cluster.reads if read.turn.rule.also for name, _ in read.node.fields}
        scopes = tuple(((*path, *p), d, r, w) for p, d, r, w in self.scopes)
        site = self.context.site(Thing("o", (), scopes))

        def lost(name: str) -> str:
            value = given[name] if given else f"o[{name!r}]"
            drop = f"{site}.drop({name!r}, {value}, link, {steps(map(repr, path))}, notes)"
            test = "" if given else f"if o.get({name!r}) is not None: "
            return test + (BAIL if name in also else drop)

        return lost

    def _rest(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        """Write the call that leaves a cluster to the interpreter."""
        rules = [read.turn.rule for read in cluster.reads]
        if any(getattr(rule, word, None) for rule in rules for word in REMEMBERED) or any(r.default for r in rules):
            return BAIL
        pieces = any(self.context.lens.layout(name).read.pieces for name in self.rules.layouts)
        if pieces or self.rules.nulls or self.rules.inline or self.held or self._shares(cluster):
            return BAIL
        self.context.clocked |= any(tells(self.context.lens, read.turn, "now") for read in cluster.reads)
        indexes = tuple(read.index for read in cluster.reads)
        roots = tuple((*path, name) for name in cluster.names)
        made = f"portion({self.rules.name!r}, {self.sort!r}, {indexes!r}, {roots!r})"
        return f"{self.context.module.constant(made)}(v, link, notes, out, mem, saw, defaults)"

    # ------------------------------------------------------------------ columns

    def _columns(self, cluster: Cluster, path: tuple[str, ...]) -> Code | None:
        """A list whose items a set translates, beside rules that collect one name of every item."""
        first, *others = cluster.reads
        if len(cluster.names) != 1 or not others or path:
            return None
        child = dict(first.node.fields)[cluster.names[0]]
        held = [column_name(dict(read.node.fields)[cluster.names[0]]) for read in others]
        if not (isinstance(child, Each) and isinstance(child.item, Var)) or None in held or self._is_odd(first):
            return None
        code = Code()
        code.add("if type(x) is not list: raise Bail")
        names = frozenset(name for name in held if name)
        known = self.context.module.constant(f"frozenset({sorted(names)!r})")
        more = self.context.module.fresh("b")
        code.add(f"{more} = False")
        self._items(code, first, child.item, cluster.names[0], names, f"if not {known}.isdisjoint({{}}): {more} = True")
        with code.block(f"if {more}:"):
            for read, name in zip(others, held, strict=True):
                self._column(code, read, str(name))
        return code

    def _items(self, code: Code, read: Read, item: Var, name: str, held: frozenset[str], ask: str) -> None:
        """Emit the list; `ask` is a line about each of its items."""
        conversion = self.context.lens.conversion(str(item.conversion)) if item.conversion else None
        target = one_leaf(read.turn.write)
        if conversion is None or conversion.sort != "set" or target is None or len(target) != 1:
            raise Unsupported(read.turn.id)
        if read.turn.guard is not None:
            code.add(f"if not {self._guard(read.turn)}: raise Bail")
        how = self.context.module.constant(f"((1, {read.index}), ({name!r},), {target!r})")
        made, step, member = (self.context.module.fresh(head) for head in "mni")
        call = self.context.call(conversion.name, member, f"(link, {how}, {step})", held)
        code.add(*([f"if {target[0]!r} in out: raise Bail"] if self._shared(read.turn, target) else []))
        code.add(f"out[{target[0]!r}] = {made} = []")
        self.puts.append(target)
        with code.block(f"for {step}, {member} in enumerate(x):"):
            code.add(ask.format(member), f"{made}.append({call})")

    def _column(self, code: Code, read: Read, name: str) -> None:
        target = one_leaf(read.turn.write)
        if target is None or len(target) != 1 or rule_is_odd(read.turn.rule) not in ([], ["lists"]) or read.turn.gated:
            raise Unsupported(read.turn.id)
        code.add(f"column = [i.get({name!r}) for i in x]")
        with code.block("if column.count(None) < len(column):"):
            code.add(f"if {target[0]!r} in out: raise Bail")
            code.add(f"out[{target[0]!r}] = column", "notes.append((DEEP, column))")


def reached(tried: list[tuple[Read, Code | None]], cluster: Cluster) -> list[tuple[Read, Code | None]]:
    """Leave out the rules after one that asks nothing and reads all; those that say `also` run all the same."""
    for number, (read, made) in enumerate(tried):
        if made is not None and made.is_straight and not read.turn.rule.also and _reads_all(read, cluster):
            return [*tried[: number + 1], *(one for one in tried[number + 1 :] if one[0].turn.rule.also)]
    return tried


def _reads_all(read: Read, cluster: Cluster) -> bool:
    return dict(read.node.fields).keys() >= set(cluster.names)


class Alternatives:
    """Rules that read the same names: what has been read is marked, where it is not known when code is made."""

    def __init__(self, module: Module, cluster: Cluster, tried: list[tuple[Read, Code]]) -> None:
        self.module = module
        self.tried = tried
        lone = module.fresh("t") if len(cluster.reads) == 1 else None
        #: The variable that tells of a name whether it has been read.
        self.flags = {member: lone or module.fresh("t") for member in cluster.names}
        #: Whether that is so; None where it is known at work only.
        self.state: dict[str, bool | None] = dict.fromkeys(self.flags.values(), False)
        names = {short(read.turn) for read, _ in tried}
        pairs = [(short(read.turn), other) for read, _ in tried for other in read.turn.rule.unless if other in names]
        #: The variables that tell of rules whether they have run, where others must not run beside them.
        self.ran = {name: module.fresh("r") for pair in pairs if pair[0] != pair[1] for name in pair}

    def emit(self, code: Code, lost: Callable[[str], str]) -> None:
        """Emit the rules, then the loss of what none of them reads."""
        body, chain = Code(0), self._chain()
        for read, made in self.tried[: len(self.tried) - len(chain)]:
            self._attempt(body, read, made)
        if chain and all(self.state[flag] is False for flag in self._mine(chain[0][0])):
            self._chained(body, chain, lost)
        else:
            for read, made in chain:
                self._attempt(body, read, made)
        self._left(body, lost)
        marks = [*self.ran.values(), *(flag for flag, read in self.state.items() if read is None)]
        code.add(f"{' = '.join(marks)} = False") if marks else None
        code.take(body)

    def _mine(self, read: Read) -> list[str]:
        return list(dict.fromkeys(self.flags[name] for name, _ in read.node.fields))

    def _read(self, read: Read) -> bool:
        """Tell whether something that a rule reads has surely been read."""
        return not read.turn.rule.also and any(self.state[flag] for flag in self._mine(read))

    def _maybe(self, read: Read) -> list[str]:
        """Name the marks that a rule must look at before it runs."""
        return [] if read.turn.rule.also else [flag for flag in self._mine(read) if self.state[flag] is None]

    def _attempt(self, code: Code, read: Read, made: Code) -> None:
        """Emit one rule: it runs if nothing it reads has been read, and marks what it reads."""
        if self._read(read):
            return
        maybe, asked = self._maybe(read), made.condition
        if asked is None:
            with code.block("while 1:"):
                code.add(f"if {' or '.join(maybe)}: break") if maybe else None
                code.take(made)
                self._mark(code, read, sure=False)
                code.add("break")
        else:
            tests = [*(f"not {flag}" for flag in maybe), *([asked] if asked else [])]
            with code.block(f"if {' and '.join(tests)}:") if tests else nullcontext():
                code.add(*made.lines[1 if asked else 0 :])
                self._mark(code, read, sure=not tests)
        for other in read.turn.rule.unless:
            if other in self.ran and other != short(read.turn):
                code.add(f"if {self.ran[other]} and {self.ran[short(read.turn)]}: raise Bail")

    def _mark(self, code: Code, read: Read, *, sure: bool) -> None:
        mine = [] if read.turn.rule.also else self._mine(read)
        self.state |= dict.fromkeys(mine, True if sure else None)
        ran = [self.ran[short(read.turn)]] if short(read.turn) in self.ran else []
        marks = [*([] if sure else mine), *ran]
        code.add(f"{' = '.join(marks)} = True") if marks else None

    def _chain(self) -> list[tuple[Read, Code]]:
        """Return the last rules that read the same names, of which one runs: the first whose test holds."""
        chain: list[tuple[Read, Code]] = []
        for read, made in reversed(self.tried):
            odd = read.turn.rule.also or short(read.turn) in self.ran
            if odd or made.condition is None or (chain and self._mine(read) != self._mine(chain[0][0])):
                break
            chain.insert(0, (read, made))
        return chain

    def _chained(self, code: Code, chain: list[tuple[Read, Code]], lost: Callable[[str], str]) -> None:
        """Emit such rules; what none of them reads is lost."""
        mine, head = self._mine(chain[0][0]), "if"
        for _, made in chain:
            if not made.condition:
                break
            with code.block(f"{head} {made.condition}:"):
                code.add(*made.lines[1:])
            head = "elif"
        unasked = next((made for _, made in chain if not made.condition), None)
        with code.otherwise(head):
            if unasked is not None:
                code.take(unasked)
            else:
                code.add(*(lost(name) for name, flag in self.flags.items() if flag in mine))
        self.state |= dict.fromkeys(mine, True)

    def _left(self, code: Code, lost: Callable[[str], str]) -> None:
        for flag, read in self.state.items():
            lines = [lost(name) for name, known in self.flags.items() if known == flag]
            if read is None:
                with code.block(f"if not {flag}:"):
                    code.add(*lines)
            elif not read:
                code.add(*lines)
