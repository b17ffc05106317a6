"""Rule sets compiled: code goes over the names that are present, and knows for each which rules read it.

Rules that read the same names form a cluster. A cluster of simple rules becomes code; any other is left to the
interpreter, for its part of the document only.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_code import Code, Unsupported, literal, steps
from isogloss.compiler_examples import Bind, Context, Reading, Thing, Writing, necessary
from isogloss.compiler_guards import guard_source
from isogloss.example import Const, Each, Known, Node, Obj, Var, children, places
from isogloss.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from isogloss.lens import Lens, Turn, TurnedSet

#: What this compiler understands of a rule; a rule that says anything else is the interpreter's.
_UNDERSTOOD: Final = frozenset(
    [
        "id",
        "mark",
        "sides",
        "oneway",
        "kind",
        "reason",
        "needs",
        "otherwise",
        "when",
        "unless",
        "saw",
        "knows",
        "lacks",
        "absent",
        "let",
        "gate",
        "sums",
        "satisfied",
        "drops",
        "default",
        "drop",
        "refuse",
        "also",
        "yields",
        "ignores",
        "source",
        "note",
        "status",
        "title",
    ]
)
#: What only matters to later documents of the exchange: left to the interpreter whole.
_REMEMBERED: Final = ("casts", "lays")

#: Up to this many names are compared one by one.
_FEW: Final = 8
ARGUMENTS: Final = "v, o, x, link, notes, out, mem, saw, defaults"
SET_ARGUMENTS: Final = "v, link, notes, mem, saw, defaults"


def odd_fields(rule: Any, understood: Iterable[str]) -> list[str]:
    """Name what a rule says that is not understood."""
    known = set(understood)
    return [f.name for f in fields(rule) if f.name not in known and getattr(rule, f.name) != _default(f)]


def _default(one: Any) -> Any:
    if one.default is not MISSING:
        return one.default
    return one.default_factory() if one.default_factory is not MISSING else MISSING


def rule_is_odd(rule: Rule) -> list[str]:
    """Name what a rule says that code does not do."""
    return odd_fields(rule, _UNDERSTOOD)


@dataclass(slots=True)
class Read:
    """A rule at one level of the document: its number, and its example from there on."""

    index: int
    turn: Turn
    node: Obj


@dataclass(slots=True)
class Cluster:
    """Rules of one level that read the same names."""

    names: list[str]
    reads: list[Read] = field(default_factory=list["Read"])


def clustered(reads: Sequence[Read]) -> list[Cluster]:
    """Sort the rules of a level by what they read."""
    found: list[Cluster] = []
    for read in reads:
        names = [name for name, _ in read.node.fields]
        touching = [cluster for cluster in found if _touch(cluster, read, names)]
        merged = Cluster([], [])
        for cluster in touching:
            found.remove(cluster)
            merged.names += cluster.names
            merged.reads += cluster.reads
        merged.names += [name for name in names if name not in merged.names]
        merged.reads = sorted([*merged.reads, read], key=lambda one: one.index)
        found.append(merged)
    return sorted(found, key=lambda cluster: cluster.reads[0].index)


def _touch(cluster: Cluster, read: Read, names: list[str]) -> bool:
    shorts = {short(one.turn) for one in cluster.reads}
    return bool(set(cluster.names) & set(names)) or bool(shorts & set(read.turn.rule.unless))


def short(turn: Turn) -> str:
    """Return the rule's own name."""
    return turn.id.rsplit(".", 1)[-1]


def _left(read: Read, cluster: Cluster) -> str:
    """Write the test whether a list may hold an item that a rule looks for and no layout knows."""
    fields = dict(read.node.fields)
    tests: list[str] = []
    for name in cluster.names:
        node = fields.get(name)
        items = children(node) if node is not None else ()
        wanted = [key for item in items if isinstance(item, Obj) for key, _ in item.fields]
        held = " or ".join(f"{key!r} in i" for key in wanted) or "True"
        tests.append(f"{name!r} in v and any({held} for i in v[{name!r}] if isinstance(i, dict))")
    return " or ".join(tests)


class SetCompiler:
    """Compiles one rule set into one function."""

    def __init__(
        self, context: Context, rules: TurnedSet, sort: str, lay: Any, held: frozenset[str] = frozenset()
    ) -> None:
        self.context = context
        self.rules = rules
        self.sort = sort
        self.lay = lay
        #: Names of this object that rules of the set around read.
        self.held = held
        self.body = Code()
        self.scopes = (((), rules.drops, rules.name, rules.place),)
        self.taken: set[str] = set()
        self.made: dict[int, str] = {}
        self.kept: list[list[Cluster]] = []
        self.leaves = self._all_leaves()
        if odd_fields(rules, ["name", "place", "turns", "defaults", "drops", "layouts", "nulls", "rest", "inline"]):
            raise Unsupported(rules.name)
        if rules.nulls and rules.layouts:
            raise Unsupported(rules.name)
        if not context.lens.nulls_absent and not rules.nulls:
            raise Unsupported(rules.name)  # generated code takes null for absence

    def _all_leaves(self) -> dict[int, set[tuple[str, ...]]]:
        turns = (*self.rules.turns, *self.rules.defaults)
        return {id(turn): {path for path, _ in places(turn.write) if path} for turn in turns}

    def compile(self, name: str) -> None:
        """Emit the function."""
        body = self.body
        body.add("out = {}", "if not v: raise Bail")
        if self.rules.nulls:
            body.add("if None in v.values(): raise Bail")
        alone = self.rules.layouts and self.sort == "set"  # what is laid beside this object is not seen in it
        if alone:
            body.add("around = None", "if saw: around = saw.copy(); saw.clear()")
        for number, layout in enumerate(self.rules.layouts):
            self.taken |= self.lay(self, layout, number)
        always, reading = self._sorted()
        self._level(body, "v", (), reading, top=True)
        for read in always:
            self._always(read)
        if self.rules.defaults:
            with body.block("if defaults:"):
                for index, turn in enumerate(self.rules.defaults):
                    self._default(body, index, turn)
        if alone:
            body.add("if saw: saw.clear()", "if around is not None: saw.update(around)")
        body.add("return out")
        self.context.module.function(name, SET_ARGUMENTS, body)

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
        with body.block(f"for {key}, {value} in {var}.items():"):
            test = f"{value} is None"
            if skipped:
                test += f" or {key} in {self.context.module.constant(f'frozenset({skipped!r})')}"
            if top and self.rules.inline:
                # Following references is the interpreter's work.
                names = sorted({self.rules.inline["name"], *self.rules.inline["definitions"]})
                body.add(f"if {key} in {self.context.module.constant(f'frozenset({names!r})')}: raise Bail")
            body.add(f"if {test}: continue")
            refused = self._refused() if top else set()
            members = [(cluster, name) for cluster in clusters for name in cluster.names]
            other = f"{self.context.site(thing)}.drop({key}, {value}, link, {steps(map(repr, path))}, notes)"
            self._branches(body, members, (var, path, key, value), refused, other)

    def _branches(self, body: Code, members: Any, where: Any, refused: set[str], other: str) -> None:
        """Emit what finds the rules of a name: a few comparisons, or a number and halves of halves."""
        if len(members) <= _FEW:
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
        with body.block(f"if {' or '.join(f'{name!r} in v' for name in cluster.names)}:"):
            for read in cluster.reads:
                test = self._condition(read, "v") if read.turn.rule.also else _left(read, cluster)
                body.add(f"if {test}: raise Bail")

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
        children = [dict(read.node.fields)[name] for read in cluster.reads]
        if len(children) > 1 and all(isinstance(child, Obj) and child.fields for child in children):
            self._descend(body, cluster, name, value, path, children)
        elif len(children) == 1 and self._try(body, cluster.reads[0], var, path, {name: value}, None):
            return
        else:
            body.add(f"{self._cluster(cluster, path)}(v, {var}, {value}, link, notes, out, mem, saw, defaults)")

    def _descend(
        self, body: Code, cluster: Cluster, name: str, value: str, path: tuple[str, ...], children: list[Any]
    ) -> None:
        body.add(f"if type({value}) is not dict or not {value}: raise Bail")
        inner = [Read(read.index, read.turn, child) for read, child in zip(cluster.reads, children, strict=True)]
        self._level(body, value, (*path, name), inner)

    # ------------------------------------------------------------------ clusters

    def _cluster(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        """Emit the function of a cluster: rules in file order, else the interpreter."""
        if id(cluster) in self.made:
            return self.made[id(cluster)]
        name = self.made[id(cluster)] = self.context.module.fresh("c")
        code = Code()
        columns = self._columns(cluster, path)
        if columns is not None:
            self.context.module.function(name, ARGUMENTS, columns)
            return name
        tried = [(read, self._tried(cluster, read, path)) for read in cluster.reads]
        for read, made in tried:
            if made is None:
                code.add(f"if {self._condition(read, 'o')}:", f"    {self._rest(cluster, path)}", "    return")
        flags = {member: self.context.module.fresh("t") for member in cluster.names}
        ran = {short(read.turn): self.context.module.fresh("r") for read in cluster.reads}
        code.add(f"{' = '.join([*flags.values(), *ran.values()])} = False")
        for read, made in tried:
            if made is not None:
                self._attempt(code, read, made, flags, ran)
        self._left(code, cluster, path, flags)
        self.context.module.function(name, ARGUMENTS, code)
        return name

    def _tried(self, cluster: Cluster, read: Read, path: tuple[str, ...]) -> Code | None:
        code = Code(0)
        return code if self._try(code, read, "o", path, {}, cluster, leave="break") else None

    def _attempt(self, code: Code, read: Read, made: Code, flags: dict[str, str], ran: dict[str, str]) -> None:
        """Emit one rule of a cluster: it runs if nothing it reads has been read, and marks what it reads."""
        mine = [flags[name] for name, _ in read.node.fields]
        with code.block("while 1:"):
            if not read.turn.rule.also:
                code.add(f"if {' or '.join(mine)}: break")
            code.take(made)
            if not read.turn.rule.also:
                code.add(f"{' = '.join(mine)} = True")
            code.add(f"{ran[short(read.turn)]} = True", "break")
        for other in read.turn.rule.unless:
            if other in ran and other != short(read.turn):
                code.add(f"if {ran[other]} and {ran[short(read.turn)]}: raise Bail")

    def _left(self, code: Code, cluster: Cluster, path: tuple[str, ...], flags: dict[str, str]) -> None:
        also = {name for read in cluster.reads if read.turn.rule.also for name, _ in read.node.fields}
        scopes = tuple(((*path, *p), d, r, w) for p, d, r, w in self.scopes)
        site = self.context.site(Thing("o", (), scopes))
        for name, flag in flags.items():
            drop = (
                "raise Bail"
                if name in also
                else f"{site}.drop({name!r}, o[{name!r}], link, {steps(map(repr, path))}, notes)"
            )
            code.add(f"if not {flag} and o.get({name!r}) is not None: {drop}")

    def _condition(self, read: Read, var: str) -> str:
        """Write what must hold for a rule to run."""
        rule, lens = read.turn.rule, self.context.lens
        tests = necessary(read.node, var)
        tests += [f"{word!r} in saw" for word in rule.saw]
        if read.turn.guard is not None:
            tests.append(self._guard(read.turn))
        if rule.knows.get(lens.reader):
            tests.append(f"mem.get({rule.knows[lens.reader]!r}) is not ABSENT")
        if rule.lacks.get(lens.reader):
            tests.append(f"mem.get({rule.lacks[lens.reader]!r}) is ABSENT")
        return " and ".join(tests)

    def _guard(self, turn: Turn) -> str:
        lens = self.context.lens
        return guard_source(self.context.module, turn.rule.when[lens.reader], "v", snake=lens.snake)

    def _rest(self, cluster: Cluster, path: tuple[str, ...]) -> str:
        """Write the call that leaves a cluster to the interpreter."""
        rules = [read.turn.rule for read in cluster.reads]
        if any(getattr(rule, word, None) for rule in rules for word in _REMEMBERED) or any(r.default for r in rules):
            return "raise Bail"
        pieces = any(self.context.lens.layout(name).read.pieces for name in self.rules.layouts)
        if pieces or self.rules.nulls or self.rules.inline or self.held or self._shares(cluster):
            return "raise Bail"
        indexes = tuple(read.index for read in cluster.reads)
        roots = tuple((*path, name) for name in cluster.names)
        made = f"portion({self.rules.name!r}, {self.sort!r}, {indexes!r}, {roots!r})"
        return f"{self.context.module.constant(made)}(v, link, notes, out, mem, saw, defaults)"

    def _shares(self, cluster: Cluster) -> bool:
        """Tell whether the rules exchange values with other rules of the set."""
        names = {name for read in cluster.reads for name in _known_names(read.turn)}
        return bool(names and names & asked_names(self.context.lens))

    # ------------------------------------------------------------------ columns

    def _columns(self, cluster: Cluster, path: tuple[str, ...]) -> Code | None:
        """A list whose items a set translates, beside rules that collect one name of every item."""
        first, *others = cluster.reads
        if len(cluster.names) != 1 or not others or path:
            return None
        child = dict(first.node.fields)[cluster.names[0]]
        held = [_column(dict(read.node.fields)[cluster.names[0]]) for read in others]
        if not (isinstance(child, Each) and isinstance(child.item, Var)) or None in held or self._is_odd(first):
            return None
        code = Code()
        code.add("if type(x) is not list: raise Bail")
        self._items(code, first, child.item, cluster.names[0], frozenset(name for name in held if name))
        for read, name in zip(others, held, strict=True):
            self._column(code, read, str(name))
        return code

    def _items(self, code: Code, read: Read, item: Var, name: str, held: frozenset[str]) -> None:
        conversion = self.context.lens.conversion(str(item.conversion)) if item.conversion else None
        target = _one_leaf(read.turn.write)
        if conversion is None or conversion.sort != "set" or target is None or len(target) != 1:
            raise Unsupported(read.turn.id)
        if read.turn.guard is not None:
            code.add(f"if not {self._guard(read.turn)}: raise Bail")
        call = self.context.set_function(conversion.name, held)
        how = f"((1, {read.index}), ({name!r},), {target!r})"
        code.add(f"how = {how}")
        code.add(f"if {target[0]!r} in out: raise Bail")
        code.add(
            f"out[{target[0]!r}] = [{call}(i, (link, how, n), notes, mem, saw, defaults) for n, i in enumerate(x)]"
        )

    def _column(self, code: Code, read: Read, name: str) -> None:
        target = _one_leaf(read.turn.write)
        if target is None or len(target) != 1 or rule_is_odd(read.turn.rule) not in ([], ["lists"]) or read.turn.gated:
            raise Unsupported(read.turn.id)
        with code.block(f"if any({name!r} in i for i in x):"):
            code.add(f"column = [i.get({name!r}) for i in x]")
            with code.block("if column.count(None) < len(column):"):
                code.add(f"if {target[0]!r} in out: raise Bail")
                code.add(f"out[{target[0]!r}] = column", "notes.append((DEEP, column))")

    # ------------------------------------------------------------------ one rule

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
        thing = Thing(var, tuple(map(repr, path)), self._scopes(cluster, read, path), given=given)
        reading.object(read.node, thing)
        if reading.hollow and not turn.rule.also:
            raise Unsupported(turn.id)
        tests = [*reading.tests, *self._more_tests(read)]
        reading.things = [one for one in reading.things if one is not thing]
        reading.finish()
        code.add(f"if not ({' and '.join(tests)}): {leave}") if tests else None
        code.take(inner)
        if not reading.tests and reading.env and not set(given.values()) & {b.var for b in reading.env.values()}:
            # A rule all of whose names are optional runs where one of them is there.
            code.add(f"if {' and '.join(f'{bind.var} is None' for bind in reading.env.values())}: {leave}")
        for name, known in reading.known:
            sure = known in given.values()
            code.add(f"{'' if sure else f'if {known} is not None: '}mem.values[{name!r}] = {known}")
        self._commit(code, read, reading.env, path)

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
        target = _one_leaf(read.turn.write)
        if target is None or read.turn.gated or path:
            raise Unsupported(read.turn.id)
        if read.turn.guard is not None:
            code.add(f"if not {self._guard(read.turn)}: {leave}")
        call = self.context.set_function(conversion.name)
        value, made = given.get(name) or self.context.module.fresh(), self.context.module.fresh("m")
        how = self.context.module.constant(f"((1, {read.index}), ({name!r},), {target!r})")
        if name not in given:
            code.add(f"{value} = o.get({name!r})", f"if {value} is None: break")
        kind = "dict" if conversion.over == "%" else "list"
        code.add(f"if type({value}) is not {kind}: raise Bail")
        if kind == "list":
            each = f"[{call}(i, (link, {how}, n), notes, mem, saw, defaults) for n, i in enumerate({value})]"
        else:
            each = f"{{n: {call}(i, (link, {how}, n), notes, mem, saw, defaults) for n, i in {value}.items()}}"
        code.add(f"{made} = {each}")
        self._put(code, read.turn, target, made)
        self._report(code, read, (name,))
        return True

    def _scopes(self, cluster: Cluster | None, read: Read, path: tuple[str, ...]) -> Any:
        """Sentences for what a rule does not read, but for what other rules of the cluster might."""
        others = [one for one in cluster.reads if one is not read] if cluster else []
        wanted = [(*path, *place) for one in others for place, _ in places(one.node)]
        scopes: list[Any] = []
        for prefix, drops, rule, place in self.scopes:
            kept = tuple(d for d in drops if not any(_overlap(tuple(map(str, d.path)), want) for want in wanted))
            scopes.append(((*path, *prefix), kept, rule, place))
        return tuple(scopes)

    def _more_tests(self, read: Read) -> list[str]:
        rule, lens = read.turn.rule, self.context.lens
        tests = [f"{word!r} in saw" for word in rule.saw]
        if read.turn.guard is not None:
            tests.append(self._guard(read.turn))
        if rule.knows.get(lens.reader):
            tests.append(f"mem.get({rule.knows[lens.reader]!r}) is not ABSENT")
        if rule.lacks.get(lens.reader):
            tests.append(f"mem.get({rule.lacks[lens.reader]!r}) is ABSENT")
        return tests

    def _commit(self, code: Code, read: Read, env: dict[str, Bind], path: tuple[str, ...]) -> None:
        turn = read.turn
        if turn.gated is not None:
            self._gated(code, read, env)
            return
        full = completed(self.context, code, turn.rule, env)
        claims = [place for place, _ in places(read.node)]
        for name in turn.rule.let if claims else ():
            full[name] = Bind(full[name].var, False, (*path, *claims[0]))
        order = f"(1, {read.index})"
        writing = Writing(self.context, code, turn, full, order)
        self._write(code, turn, writing)
        self._report(code, read, (*path, *claims[0]) if claims else None)
        unwritten(code, turn, full, order)

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
        test = " or ".join(f"same({bind.var}, {literal(word)})" for word in rule.satisfied)
        if turn.gated == "refuse":
            code.add(f"if not ({test}): raise Bail" if test else "raise Bail")
            return
        reason = rule.reason or rule.drop or rule.refuse or "the other dialect cannot say this"
        assert bind.path is not None
        note = _lost((1, read.index), rule.kind or "dropped", steps(bind.path), "None", rule, reason)
        code.add(f"if not ({test}): {note}" if test else note)

    def _report(self, code: Code, read: Read, first: tuple[str, ...] | None) -> None:
        rule = read.turn.rule
        if rule.kind is None:
            return
        target = next((path for path, _ in places(read.turn.write)), None)
        reason = rule.reason or rule.note or "added by default"
        code.add(_lost((1, read.index), rule.kind, repr(first), repr(target), rule, reason))

    # ------------------------------------------------------------------ writing

    def _write(self, code: Code, turn: Turn, writing: Writing) -> None:
        if not isinstance(turn.write, Obj):
            raise Unsupported(turn.id)
        if turn.rule.yields and len(self.leaves[id(turn)]) != 1:
            raise Unsupported(turn.id)
        for path, node in self._roots(turn, turn.write, ()):
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

    def _roots(self, turn: Turn, node: Node, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Node]]:
        """Yield the places a rule writes whole: where no other rule of the set writes inside."""
        if not isinstance(node, Obj) or not node.fields:
            if path:
                yield path, node
            return
        if path and not any(
            _overlap(path, leaf) for key, leaves in self.leaves.items() if key != id(turn) for leaf in leaves
        ):
            yield path, node
            return
        for name, child in node.fields:
            yield from self._roots(turn, child, (*path, name))

    def _put(self, code: Code, turn: Turn, path: tuple[str, ...], source: str) -> None:
        where = "out"
        for depth, step in enumerate(path[:-1], 1):
            into = self.context.module.fresh("o")
            code.add(f"{into} = {where}.get({step!r})")
            if any(leaf == path[:depth] for key, leaves in self.leaves.items() if key != id(turn) for leaf in leaves):
                code.add(f"if {into} is not None: raise Bail")
            code.add(f"if {into} is None: {into} = {where}[{step!r}] = {{}}")
            where = into
        if turn.rule.yields:
            code.add(f"if {path[-1]!r} not in {where}: {where}[{path[-1]!r}] = {source}")
            return
        code.add(f"if {path[-1]!r} in {where}: raise Bail", f"{where}[{path[-1]!r}] = {source}")

    # ------------------------------------------------------------------ rules that read nothing

    def _always(self, read: Read) -> None:
        turn = read.turn
        if rule_is_odd(turn.rule) or turn.rule.unless or turn.gated:
            raise Unsupported(turn.id)
        if turn.rule.yields and self._written_later(read):
            raise Unsupported(turn.id)
        code = Code(0)
        self._commit(code, read, {}, ())
        tests = self._more_tests(read)
        if tests:
            with self.body.block(f"if {' and '.join(tests)}:"):
                self.body.take(code)
        else:
            self.body.take(code)

    def _written_later(self, read: Read) -> bool:
        mine = self.leaves[id(read.turn)]
        later = self.rules.turns[read.index + 1 :]
        return any(_overlap(one, other) for turn in later for other in self.leaves[id(turn)] for one in mine)

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
        made = Writing(self.context, body, turn, {}, f"(2, {read.index})").node(node, ())
        if made is None:
            return
        source = self.context.module.fresh()
        body.add(f"{source} = {made.source}", "at = out")
        for step in path[:-1]:
            body.add(f"if at is not None: at = at.get({step!r})")
            body.add("if at is not None and type(at) is not dict: raise Bail")
        with body.block(f"if {source} is not None and (at is None or {path[-1]!r} not in at):"):
            body.add(
                "at = out",
                *(f"at = at.setdefault({step!r}, {{}})" for step in path[:-1]),
                f"at[{path[-1]!r}] = {source}",
            )
            target = next(place for place, _ in places(turn.write))
            reason = rule.reason or rule.note or "added by default"
            body.add(_lost((2, read.index), rule.kind or "defaulted", "None", repr(target), rule, reason))

    def _default_leaf(self, turn: Turn) -> tuple[tuple[str, ...], Node]:
        path: tuple[str, ...] = ()
        node = turn.write
        while isinstance(node, Obj) and len(node.fields) == 1:
            path, node = (*path, node.fields[0][0]), node.fields[0][1]
        if isinstance(node, Obj) or not path:
            raise Unsupported(turn.id)
        return path, node


# --------------------------------------------------------------------- shared by blocks


def completed(context: Context, code: Code, rule: Rule, env: dict[str, Bind]) -> dict[str, Bind]:
    """Emit what a rule computes: constants, sums, absent values."""
    full = dict(env)
    for name, value in rule.let.items():
        full[name] = Bind(literal(value), False, None)
    for line in rule.sums:
        _solve(context, code, full, line)
    for name, value in rule.absent.items():
        _absent(context, code, full, name, value)
    for line in rule.sums if rule.absent else ():
        _solve(context, code, full, line)
    return full


def _absent(context: Context, code: Code, full: dict[str, Bind], name: str, value: Any) -> None:
    known = full.get(name)
    if known is None:
        full[name] = Bind(literal(value), False, None)
    elif known.optional:
        var = context.module.fresh()
        code.add(f"{var} = {literal(value)} if {known.var} is None else {known.var}")
        full[name] = Bind(var, False, known.path, known.pending, known.coded, known.vague)


def _solve(context: Context, code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    """Emit total = part + rest …, solved for whichever is missing."""
    binds = {name: full[name] for name in line if name in full}
    for name, bind in binds.items():
        if bind.pending is not None:
            raise Unsupported(line[0])
        if bind.path is not None and not bind.coded:
            test = f"{bind.var} is not None and " if bind.optional else ""
            code.add(f"if {test}type({bind.var}) is not int: raise Bail")
            full[name] = replace(bind, coded=True)
    total, first, *rest = line
    others = [binds[name].var for name in rest if name in binds]
    if total in binds and first not in binds:
        _part(context, code, full, (total, first), others)
    elif first in binds or others:
        if total in binds:
            if binds[total].optional or first not in binds or binds[first].optional:
                _either(context, code, full, line)
        else:
            _total(context, code, full, line)


def _part(context: Context, code: Code, full: dict[str, Bind], names: tuple[str, str], others: list[str]) -> None:
    total = full[names[0]]
    var = context.module.fresh()
    rest = "".join(f" - ({other} or 0)" for other in others)
    code.add(f"{var} = None if {total.var} is None else {total.var}{rest}")
    full[names[1]] = Bind(var, total.optional, total.path, coded=True, vague=True)


def _total(context: Context, code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    binds = [full[name] for name in line[1:] if name in full]
    var = context.module.fresh()
    added = " + ".join(f"({bind.var} or 0)" for bind in binds)
    sure = any(not bind.optional for bind in binds)
    tests = " and ".join(f"{bind.var} is None" for bind in binds)
    code.add(f"{var} = {added}" if sure else f"{var} = None if {tests} else {added}")
    full[line[0]] = Bind(var, not sure, binds[0].path, coded=True, vague=True)


def _either(context: Context, code: Code, full: dict[str, Bind], line: tuple[str, ...]) -> None:
    """Emit the general case: the total and its first part may both be missing."""
    total, first, *rest = line
    both = {name: full.get(name) or Bind("None", True, None) for name in (total, first)}
    names = {name: context.module.fresh() for name in (total, first)}
    others = [full[name].var for name in rest if name in full]
    less = "".join(f" - ({other} or 0)" for other in others)
    more = "".join(f" + ({other} or 0)" for other in others)
    code.add(f"{names[total]} = {both[total].var}; {names[first]} = {both[first].var}")
    known = [f"{names[first]} is not None", *(f"{other} is not None" for other in others)]
    with code.block(f"if {names[total]} is None:"):
        code.add(f"if {' or '.join(known)}: {names[total]} = ({names[first]} or 0){more}")
    code.add(f"elif {names[first]} is None: {names[first]} = {names[total]}{less}")
    for name in (total, first):
        full[name] = Bind(names[name], both[name].optional, both[name].path or (), coded=True, vague=True)


def unwritten(code: Code, turn: Turn, env: dict[str, Bind], order: str, more: Iterable[str] = ()) -> None:
    """Emit the loss of what was read and has no place on the other side."""
    rule = turn.rule
    from isogloss.example import variables

    used = {name for variable in variables(turn.write) for name in variable.names} | set(rule.ignores) | set(more)
    for line in rule.sums:
        used |= set(line) if used & set(line) else set()
    used |= {base for _, base, *_ in rule.derive.values()}
    for name in sorted(turn.reads - used):
        bind = env.get(name)
        if bind is None or bind.path is None:
            continue
        tests = [f"{bind.var} is not None"] if bind.optional else []
        if name in rule.absent:
            tests.append(f"not same({literal(rule.absent[name])}, {bind.var})")
        reason = rule.reason or "there is no place for this"
        told = f"{rule.id!r}, {rule.mark.place!r}, {reason!r}"
        note = f"notes.append((LOST, link, {order}, 'dropped', {steps(bind.path)}, None, {told}))"
        code.add(f"if {' and '.join(tests) or 'True'}: {'raise Bail' if bind.vague else note}")


def _lost(order: tuple[int, ...], kind: str, source: str, target: str, rule: Rule, reason: str) -> str:
    told = f"{rule.id!r}, {rule.mark.place!r}, {reason!r}"
    return f"notes.append((LOST, link, {order!r}, {kind!r}, {source}, {target}, {told}))"


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _one_leaf(node: Node) -> tuple[str, ...] | None:
    found = list(places(node))
    return found[0][0] if len(found) == 1 else None


def _column(node: Node) -> str | None:
    if isinstance(node, Each) and isinstance(node.item, Obj) and len(node.item.fields) == 1:
        name, child = node.item.fields[0]
        if isinstance(child, Var) and child.star and child.optional and child.conversion is None:
            return name
    return None


def _known_names(turn: Turn) -> list[str]:
    return [node.name for _, node in _all(turn.read) if isinstance(node, Known)]


def asked_names(lens: Lens) -> set[str]:
    """Name the values of the exchange that some rule of this direction asks for."""
    rules = lens.ruleset
    sets = (rules.documents[lens.name], *rules.sets.values())
    blocks = (block.rule for layout in rules.layouts.values() for block in layout.blocks)
    found: set[str] = set()
    for rule in (*(rule for one in sets for rule in one.rules), *blocks):
        write = rule.sides.get(lens.writer)
        found |= {node.name for _, node in _all(write) if isinstance(node, Known)} if write is not None else set()
        found |= {facts[lens.reader] for facts in (rule.knows, rule.lacks) if lens.reader in facts}
    return found


def _all(node: Node) -> Iterable[tuple[Any, Node]]:
    from isogloss.example import children

    yield (), node
    for child in children(node):
        yield from _all(child)


__all__ = ["Const", "SetCompiler", "completed", "unwritten"]
