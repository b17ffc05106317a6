"""Clusters compiled: rules that read the same names, tried in their order; and lists that set and columns share."""

from __future__ import annotations

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
)
from isogloss.compiler_code import Code, Unsupported, steps
from isogloss.compiler_examples import Thing
from isogloss.compiler_rules import RuleCompiler
from isogloss.example import Each, Var


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
            tried = [(read, self._tried(cluster, read, path)) for read in cluster.reads]
            for read, made in tried:
                if made is None:
                    code.add(f"if {self._condition(read, 'o')}:", f"    {self._rest(cluster, path)}", "    return")
            self._alternatives(code, cluster, [(read, made) for read, made in tried if made is not None], path)
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
        if (
            len(tried) == 1
            and tried[0][1].is_straight
            and given
            and given.keys() <= dict(tried[0][0].node.fields).keys()
        ):
            code.take(tried[0][1])
            return
        lone = self.context.module.fresh("t") if len(cluster.reads) == 1 else None
        flags = {member: lone or self.context.module.fresh("t") for member in cluster.names}
        asked = {name for read in cluster.reads for name in (*read.turn.rule.unless, short(read.turn))}
        asked = asked if any(read.turn.rule.unless for read in cluster.reads) else set()
        ran = {short(read.turn): self.context.module.fresh("r") for read in cluster.reads if short(read.turn) in asked}
        code.add(f"{' = '.join(dict.fromkeys([*flags.values(), *ran.values()]))} = False")
        for number, (read, made) in enumerate(tried):
            self._attempt(code, read, made, flags, ran, first=not number)
        self._left(code, cluster, path, flags, given)

    def _attempt(
        self, code: Code, read: Read, made: Code, flags: dict[str, str], ran: dict[str, str], *, first: bool
    ) -> None:
        """Emit one rule of a cluster: it runs if nothing it reads has been read, and marks what it reads."""
        mine = list(dict.fromkeys(flags[name] for name, _ in read.node.fields))
        with code.block("while 1:"):
            if not read.turn.rule.also and not first:
                code.add(f"if {' or '.join(mine)}: break")
            code.take(made)
            if not read.turn.rule.also:
                code.add(f"{' = '.join(mine)} = True")
            if short(read.turn) in ran:
                code.add(f"{ran[short(read.turn)]} = True")
            code.add("break")
        for other in read.turn.rule.unless:
            if other in ran and other != short(read.turn):
                code.add(f"if {ran[other]} and {ran[short(read.turn)]}: raise Bail")

    def _left(
        self,
        code: Code,
        cluster: Cluster,
        path: tuple[str, ...],
        flags: dict[str, str],
        given: dict[str, str] | None,
    ) -> None:
        """Emit the loss of what no rule of a cluster has read; what is given is known to be there."""
        also = {name for read in cluster.reads if read.turn.rule.also for name, _ in read.node.fields}
        scopes = tuple(((*path, *p), d, r, w) for p, d, r, w in self.scopes)
        site = self.context.site(Thing("o", (), scopes))
        for flag in dict.fromkeys(flags.values()):
            with code.block(f"if not {flag}:"):
                for name in (name for name, known in flags.items() if known == flag):
                    value = given[name] if given else f"o[{name!r}]"
                    drop = f"{site}.drop({name!r}, {value}, link, {steps(map(repr, path))}, notes)"
                    test = "" if given else f"if o.get({name!r}) is not None: "
                    code.add(test + ("raise Bail" if name in also else drop))

    def _rest(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        """Write the call that leaves a cluster to the interpreter."""
        rules = [read.turn.rule for read in cluster.reads]
        if any(getattr(rule, word, None) for rule in rules for word in REMEMBERED) or any(r.default for r in rules):
            return BAIL
        pieces = any(self.context.lens.layout(name).read.pieces for name in self.rules.layouts)
        if pieces or self.rules.nulls or self.rules.inline or self.held or self._shares(cluster):
            return BAIL
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
