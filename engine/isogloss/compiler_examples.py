"""Examples compiled: reading one becomes tests and bindings, writing one becomes an expression."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from isogloss.compiler_code import Code, Module, Unsupported, literal, plain, steps
from isogloss.example import Const, Each, Known, Node, Obj, Pick, Var, may_lack, skippable, variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isogloss.lens import Conversion, Lens, Turn
    from isogloss.rule import Drop


@dataclass(frozen=True, slots=True)
class Bind:
    """A variable that was read."""

    var: str
    #: Whether it may be None: not there.
    optional: bool
    path: tuple[str, ...] | None
    pending: Conversion | None = None
    #: A codec made it: it stands nowhere in the document.
    coded: bool = False
    #: Where exactly it stood is not known when the code is made.
    vague: bool = False


@dataclass(slots=True)
class Thing:
    """An object that code looks into."""

    var: str
    path: tuple[str, ...]
    #: Sentences that hold here: (steps from where they are given, drops, owner's id and place).
    scopes: tuple[tuple[tuple[str, ...], tuple[Drop, ...], str, str], ...]
    #: Names that are read: each with the test that it is there, or '' where it must be.
    keys: dict[str, str] = field(default_factory=dict[str, str])
    #: Members that have been fetched already.
    given: dict[str, str] = field(default_factory=dict[str, str])

    def below(self, name: str, var: str) -> Thing:
        """Return the object under a name."""
        scopes = tuple(((*prefix, name), drops, rule, place) for prefix, drops, rule, place in self.scopes)
        return Thing(var, (*self.path, repr(name)), scopes)


@dataclass(slots=True)
class Context:
    """What compiling one lens needs everywhere."""

    lens: Lens
    module: Module
    #: Emits the function of a rule set and returns its name.
    set_function: Any

    def options(self, conversion: Conversion) -> str:
        """Write a codec's options as source."""
        options = plain(dict(conversion.options))
        if any(isinstance(value, str) and value.startswith("@") for value in options.values()):
            raise Unsupported(conversion.name)
        return repr(options)

    def check_pending(self, conversion: Conversion | None) -> None:
        """Refuse to compile words that are objects: the table reads a part of them only."""
        if conversion is None or conversion.sort != "table":
            return
        table = self.lens.ruleset.tables[conversion.name]
        side = 0 if self.lens.reader == table.columns[0] else 1
        if any(isinstance(row.cells[side], dict | list) for row in self.lens.rows(conversion.name)):
            raise Unsupported(conversion.name)

    def codec(self, sort: str, conversion: Conversion) -> str:
        """Name one way of a codec."""
        if conversion.over:
            raise Unsupported(conversion.name)
        return self.module.constant(f"{sort}({_base(conversion)!r}, {self.options(conversion)})")

    def site(self, thing: Thing) -> str:
        """Name the account of an object's other names."""
        scopes = tuple(
            (prefix, tuple(map(_drop, drops)), rule, place) for prefix, drops, rule, place in thing.scopes if drops
        )
        nulls = self.lens.nulls_absent
        return self.module.constant(f"Site(frozenset({sorted(thing.keys)!r}), {scopes!r}, nulls={nulls})")

    def more(self, code: Code, thing: Thing) -> None:
        """Go on only where an object holds more than has been read."""
        sure = sum(1 for test in thing.keys.values() if not test)
        tests = [f"({test})" for test in thing.keys.values() if test]
        code.add(f"if len({thing.var}) > {' + '.join([str(sure), *tests])}:")
        code.depth += 1

    def count(self, code: Code, thing: Thing) -> None:
        """Emit the test that nothing is in an object but what is read."""
        sure = sum(1 for test in thing.keys.values() if not test)
        tests = [f"({test})" for test in thing.keys.values() if test]
        if not sure:
            code.add(f"if not {thing.var}: raise Bail")
        with code.block(f"if len({thing.var}) != {' + '.join([str(sure), *tests])}:"):
            code.add(f"{self.site(thing)}.extra({thing.var}, link, {steps(thing.path)}, notes)")
        if not sure and tests:
            code.add(f"elif not {thing.var}: raise Bail")

    def fits(self, conversion: Conversion, var: str) -> str:
        """Write a codec's test."""
        if _base(conversion) in ("json-text", "identifier", "short"):
            return f"isinstance({var}, str)"
        return f"{self.codec('fitter', conversion)}({var})"

    def read(self, conversion: Conversion, var: str) -> str:
        """Write what reads a value by a codec."""
        if _base(conversion) == "json-text":
            options, source = conversion.options, f"loads({var})"
            if "blank" in options:
                source = f"{source} if {var}.strip() else {literal(options['blank'])}"
            return f"held({source}, {options['holds']!r})" if "holds" in options else source
        return f"{self.codec('reader', conversion)}({var})"

    def write(self, conversion: Conversion, *values: str) -> str:
        """Write what writes values by a codec."""
        if _base(conversion) == "json-text":
            return f"dumps({values[0]})"
        return f"{self.codec('writer', conversion)}({', '.join(values)})"


def _base(conversion: Conversion) -> str:
    return conversion.name.partition(":")[0]


def _drop(drop: Drop) -> tuple[Any, ...]:
    path = tuple(map(str, drop.path))
    place = drop.mark.place if drop.mark else ""
    return path, drop.reason, plain(list(drop.satisfied)), drop.refuse, drop.normal, place


# --------------------------------------------------------------------- reading


class Reading:
    """Reads one example: tests that must hold for it to fit, then what binds the rest."""

    def __init__(self, context: Context, code: Code) -> None:
        self.context = context
        self.code = code
        self.tests: list[str] = []
        self.env: dict[str, Bind] = {}
        self.known: list[tuple[str, str]] = []
        self.things: list[Thing] = []
        #: Whether an object is only looked at, not read.
        self.hollow = False

    def object(self, node: Obj, thing: Thing, *, sure: bool = True) -> None:
        """Read an object; where it is sure to be there, what must fit becomes a test."""
        self.things.append(thing)
        for name, child in sorted(node.fields, key=lambda pair: not isinstance(pair[1], Const)):
            self._field(name, child, thing, sure=sure)

    def finish(self) -> None:
        """Emit the counts."""
        for thing in self.things:
            self.context.count(self.code, thing)
        self.things = []

    def _need(self, test: str, *, sure: bool) -> None:
        if sure:
            self.tests.append(test)
        else:
            self.code.add(f"if not ({test}): raise Bail")

    def _field(self, name: str, child: Node, thing: Thing, *, sure: bool) -> None:
        if name in thing.keys:
            raise Unsupported(name)
        fetch = thing.given.get(name) or f"{thing.var}.get({name!r})"
        if isinstance(child, Const):
            self._const(name, child, thing, fetch, sure=sure)
        elif skippable(child) or isinstance(child, Pick):
            self._optional(name, child, thing, fetch)
        else:
            self._required(name, child, thing, fetch, sure=sure)

    def _const(self, name: str, child: Const, thing: Thing, fetch: str, *, sure: bool) -> None:
        value = child.value
        thing.keys[name] = ""
        if isinstance(value, str):
            self._need(f"{fetch} == {value!r}", sure=sure)
        elif isinstance(value, bool):
            self._need(f"{fetch} is {value}", sure=sure)
        elif isinstance(value, int | float):
            self._need(f"same({value!r}, {fetch})", sure=sure)
        elif value is None:
            thing.keys[name] = f"{fetch} is not None"
            self._need(f"{fetch} is None", sure=sure)
        else:
            raise Unsupported(name)

    def _required(self, name: str, child: Node, thing: Thing, fetch: str, *, sure: bool) -> None:
        var = self.context.module.fresh()
        thing.keys[name] = ""
        if name in thing.given and isinstance(child, Var) and not child.star:
            self._variable(child, fetch, (*thing.path, repr(name)), sure=sure)
            return
        if isinstance(child, Obj) and not child.fields:
            # Any object that says something: nothing of it is read.
            self._need(f"isinstance({var} := {fetch}, dict) and {var}", sure=sure)
            self.hollow = True
        elif isinstance(child, Obj):
            self._need(f"isinstance({var} := {fetch}, dict)", sure=sure)
            self.object(child, thing.below(name, var), sure=sure)
        elif isinstance(child, Var) and not child.star:
            self._need(f"({var} := {fetch}) is not None", sure=sure)
            self._variable(child, var, (*thing.path, repr(name)), sure=sure)
        else:
            raise Unsupported(name)

    def _variable(self, child: Var, var: str, path: tuple[str, ...], *, sure: bool) -> None:
        conversion = self.context.lens.conversion(child.conversion) if child.conversion else None
        if conversion is None or conversion.codec is None or conversion.over:
            self.context.check_pending(conversion)
            self._bind(child.names[0], Bind(var, False, path, conversion))
            return
        self._need(self.context.fits(conversion, var), sure=sure)
        made = [self.context.module.fresh() for _ in child.names]
        self.code.add(f"{', '.join(made)} = {self.context.read(conversion, var)}")
        for name, part in zip(child.names, made, strict=True):
            self._bind(name, Bind(part, False, path, coded=True))

    def _bind(self, name: str, bind: Bind) -> None:
        known = self.env.get(name)
        if known is None:
            self.env[name] = bind
            return
        # The same variable twice: the places must agree, else the interpreter says which of them wins.
        one, other = known.var, bind.var
        self.code.add(f"if {one} is None: {one} = {other}")
        self.code.add(f"elif {other} is not None and not same({one}, {other}): raise Bail")
        self.env[name] = Bind(one, known.optional and bind.optional, known.path, known.pending, known.coded)

    def _optional(self, name: str, child: Node, thing: Thing, fetch: str) -> None:
        var = thing.given.get(name) or self.context.module.fresh()
        if name not in thing.given:
            self.code.add(f"{var} = {fetch}")
        thing.keys[name] = f"{var} is not None"
        path = (*thing.path, repr(name))
        if isinstance(child, Known):
            self.known.append((child.name, var))
        elif isinstance(child, Obj):
            self._optional_object(child, thing.below(name, var))
        elif isinstance(child, Var) and not child.star:
            self._optional_variable(child, var, path)
        elif isinstance(child, Pick):
            self._pick(child, var, thing, path)
        else:
            raise Unsupported(name)

    def _optional_variable(self, child: Var, var: str, path: tuple[str, ...]) -> None:
        conversion = self.context.lens.conversion(child.conversion) if child.conversion else None
        if conversion is None or conversion.codec is None or conversion.over:
            self.context.check_pending(conversion)
            self._bind(child.names[0], Bind(var, True, path, conversion))
            return
        made = [self.context.module.fresh() for _ in child.names]
        with self.code.block(f"if {var} is None:"):
            self.code.add(f"{' = '.join(made)} = None")
        with self.code.block("else:"):
            self.code.add(f"if not {self.context.fits(conversion, var)}: raise Bail")
            self.code.add(f"{', '.join(made)} = {self.context.read(conversion, var)}")
            self.code.add(f"if {made[0]} is None: raise Bail")
        for name, part in zip(child.names, made, strict=True):
            self._bind(name, Bind(part, True, path, coded=True))

    def _optional_object(self, child: Obj, thing: Thing) -> None:
        inner = Reading(self.context, Code(0))
        inner.things.append(thing)
        for number, (name, node) in enumerate(sorted(child.fields, key=lambda pair: not isinstance(pair[1], Const))):
            if number:
                self.context.more(inner.code, thing)
            inner._field(name, node, thing, sure=False)
        inner.finish()
        inner.code.depth = 0
        names = [bind.var for bind in inner.env.values()]
        if names:
            self.code.add(f"{' = '.join(names)} = None")
        with self.code.block(f"if {thing.var} is not None:"):
            self.code.add(f"if type({thing.var}) is not dict or not {thing.var}: raise Bail")
            self.code.take(inner.code)
        self._take(inner)

    def _take(self, inner: Reading) -> None:
        for name, bind in inner.env.items():
            self._bind(name, Bind(bind.var, True, bind.path, bind.pending, bind.coded))
        self.known += inner.known

    def _pick(self, child: Pick, var: str, thing: Thing, path: tuple[str, ...]) -> None:
        """Read a list with one item like each example, told apart by a word."""
        lead = _lead(child)
        item, number = self.context.module.fresh("i"), self.context.module.fresh("n")
        names = [name for variable in variables(child) for name in variable.names]
        taken = {name: self.context.module.fresh() for name in names}
        if not taken:
            raise Unsupported("list")
        self.code.add(f"{' = '.join(taken.values())} = None")
        with self.code.block(f"if {var} is not None:"):
            self.code.add(f"if type({var}) is not list: raise Bail")
            with self.code.block(f"for {number}, {item} in enumerate({var}):"):
                word = self.context.module.fresh()
                self.code.add(f"{word} = {item}.get({lead!r})")
                head = "if"
                for example in child.items:
                    assert isinstance(example, Obj)
                    self._picked(
                        example, lead, word, Thing(item, (*path, number), _into(thing.scopes, path[-1])), taken, head
                    )
                    head = "elif"
                self.code.add("else: raise Bail")
        for name, made in taken.items():
            self._bind(name, Bind(made, True, path, vague=True))

    def _picked(self, example: Obj, lead: str, word: str, thing: Thing, taken: dict[str, str], head: str) -> None:
        fields = dict(example.fields)
        const = fields.pop(lead)
        assert isinstance(const, Const)
        thing.keys[lead] = ""
        with self.code.block(f"{head} {word} == {const.value!r}:"):
            for name, child in fields.items():
                if not (isinstance(child, Var) and child.optional and not child.star and child.conversion is None):
                    raise Unsupported(name)
                made = taken[child.names[0]]
                self.code.add(f"if {made} is not None: raise Bail")
                self.code.add(f"{made} = {thing.var}.get({name!r})")
                self.code.add(f"if {made} is None: raise Bail")
                thing.keys[name] = ""
            self.context.count(self.code, thing)


def _into(scopes: Any, step: str) -> Any:
    name = step.strip("'")
    return tuple(((*prefix, name, "0"), drops, rule, place) for prefix, drops, rule, place in scopes)


def _lead(child: Pick) -> str:
    """Find the name whose constant tells the items of a list apart."""
    leads = [
        {name: node.value for name, node in item.fields if isinstance(node, Const) and isinstance(node.value, str)}
        for item in child.items
        if isinstance(item, Obj)
    ]
    if len(leads) != len(child.items) or not leads:
        raise Unsupported("list")
    for name in leads[0]:
        words = [lead.get(name) for lead in leads]
        if None not in words and len(set(words)) == len(words):
            return name
    raise Unsupported("list")


def necessary(node: Node, var: str) -> list[str]:
    """Return tests without which an example cannot fit."""
    if not isinstance(node, Obj):
        return []
    found: list[str] = []
    for name, child in node.fields:
        if isinstance(child, Const) and isinstance(child.value, str):
            found.append(f"{var}.get({name!r}) == {child.value!r}")
        elif not skippable(child):
            found += _shape(child, f"{var}.get({name!r})") or [f"{name!r} in {var}"]
    names = sorted(name for name, _ in node.fields)
    return found or (["(" + " or ".join(f"{name!r} in {var}" for name in names) + ")"] if names else [])


def _shape(child: Node, value: str) -> list[str]:
    """Return tests for the sort of value an example shows."""
    if isinstance(child, Obj):
        return [f"isinstance({value}, dict)"]
    if not isinstance(child, Pick | Each):
        return []
    words = [
        f"has_word({value}, {name!r}, {node.value!r})"
        for item in (child.items if isinstance(child, Pick) else ())
        if isinstance(item, Obj)
        for name, node in item.fields
        if isinstance(node, Const) and isinstance(node.value, str)
    ]
    names = [
        f"has_name({value}, {sorted(name for name, _ in item.fields)!r})"
        for item in (child.items if isinstance(child, Pick) else ())
        if isinstance(item, Obj) and not may_lack(item)
    ]
    return [f"isinstance({value}, list)", *words, *names]


# --------------------------------------------------------------------- writing


@dataclass(frozen=True, slots=True)
class Written:
    """Source that makes a value; where it is optional it may make None: nothing is written."""

    source: str
    optional: bool


class Writing:
    """Writes one example."""

    def __init__(self, context: Context, code: Code, turn: Turn, env: dict[str, Bind], order: str) -> None:
        self.context = context
        self.code = code
        self.turn = turn
        self.env = env
        #: Source of where losses stand in the order of losses.
        self.order = order

    def node(self, node: Node, at: tuple[str, ...]) -> Written | None:
        """Write an example; None if there is nothing to write."""
        if isinstance(node, Obj):
            return self._object(node, at)
        if isinstance(node, Const):
            return Written(literal(node.value), False)
        if isinstance(node, Known):
            return self._known(node)
        if isinstance(node, Var) and not node.star:
            return self._variable(node, at)
        if isinstance(node, Pick):
            return self._list(node, at)
        raise Unsupported("list")

    def _known(self, node: Known) -> Written:
        if node.name == "position":
            return Written("(link[2] if link is not None and type(link[2]) is int else mem.get('position'))", False)
        var = self.context.module.fresh()
        self.code.add(f"{var} = mem.get({node.name!r})", f"if {var} is ABSENT: {var} = None")
        return Written(var, True)

    def _object(self, node: Obj, at: tuple[str, ...]) -> Written | None:
        sure: list[str] = []
        maybe: list[tuple[str, str]] = []
        for name, child in node.fields:
            made = self.node(child, (*at, repr(name)))
            if made is None:
                continue
            if made.optional:
                maybe.append((name, made.source))
            else:
                sure.append(f"{name!r}: {made.source}")
        if not sure and not maybe:
            return None if node.fields else Written("{}", False)
        whole = "{" + ", ".join(sure) + "}"
        return self._with(whole, maybe, bool(sure)) if maybe else Written(whole, False)

    def _with(self, whole: str, maybe: list[tuple[str, str]], sure: bool) -> Written:
        var = self.context.module.fresh("d")
        self.code.add(f"{var} = {whole}")
        for name, source in maybe:
            if not source.isidentifier():
                value = self.context.module.fresh()
                self.code.add(f"{value} = {source}")
                source = value  # noqa: PLW2901 - the same value, named
            self.code.add(f"if {source} is not None: {var}[{name!r}] = {source}")
        if not sure:
            self.code.add(f"{var} = {var} or None")
        return Written(var, not sure)

    def _list(self, node: Pick, at: tuple[str, ...]) -> Written | None:
        binds = [self._binds(item) for item in node.items]
        if not any(bind.optional for found in binds for bind in found):
            made = [self.node(item, (*at, "0")) for item in node.items]
            sources = [one.source for one in made if one is not None and not one.optional]
            if len(sources) != len(made):
                raise Unsupported("list")
            return Written("[" + ", ".join(sources) + "]", False) if sources else None
        var = self.context.module.fresh("d")
        tests = dict.fromkeys(f"{bind.var} is not None" for found in binds for bind in found if bind.optional)
        self.code.add(f"{var} = None")
        with self.code.block(f"if {' or '.join(tests)}:" if all(binds) else "if True:"):
            self.code.add(f"{var} = []")
            for item, found in zip(node.items, binds, strict=True):
                self._append(var, item, found, at)
            self.code.add(f"{var} = {var} or None")
        return Written(var, True)

    def _binds(self, item: Node) -> list[Bind]:
        return [self.env[name] for variable in variables(item) for name in variable.names if name in self.env]

    def _append(self, var: str, item: Node, found: list[Bind], at: tuple[str, ...]) -> None:
        """Emit one item: it stands there if one of its variables has a value."""
        tests = [f"{bind.var} is not None" for bind in found if bind.optional]
        whole = self.env
        if len(found) == 1:
            self.env = {
                name: replace(bind, optional=False) if bind is found[0] else bind for name, bind in whole.items()
            }
        with self.code.block(f"if {' or '.join(tests)}:" if tests and len(tests) == len(found) else "if True:"):
            one = self.node(item, (*at, "0"))
            if one is None or one.optional:
                raise Unsupported("list")
            self.code.add(f"{var}.append({one.source})")
        self.env = whole

    def _variable(self, node: Var, at: tuple[str, ...]) -> Written | None:
        binds = [self.env.get(name) for name in node.names]
        found = [bind for bind in binds if bind is not None]
        if len(found) != len(binds) or not self._may_write(node, found):
            return None
        conversion = self.context.lens.conversion(node.conversion) if node.conversion else None
        if len(found) == 1:
            return self._one(found[0], conversion, at)
        if conversion is None or any(bind.optional or bind.pending for bind in found):
            raise Unsupported(node.names[0])
        return Written(self.context.write(conversion, *(bind.var for bind in found)), False)

    def _may_write(self, node: Var, found: list[Bind]) -> bool:
        rule, lens = self.turn.rule, self.context.lens
        for name, bind in zip(node.names, found, strict=True):
            gate = rule.gate.get(lens.writer, {}).get(name)
            if gate is not None and not lens.has(lens.writer, _facts(gate["needs"])):
                if "reason" in gate:
                    self._lose(bind, gate["reason"], gate.get("satisfied", ()))
                return False
            derived = rule.derive.get(name)
            if derived and derived[0] == lens.writer and node.optional:
                raise Unsupported(name)
        return True

    def _lose(self, bind: Bind, reason: str, satisfied: Sequence[str] = ()) -> None:
        if bind.path is None:
            return
        tests = [f"{bind.var} is not None"] if bind.optional else []
        tests += [f"{bind.var} != {word!r}" for word in satisfied]
        with self.code.block(f"if {' and '.join(tests) or True}:"):
            if bind.vague:
                self.code.add("raise Bail")
                return
            rule = self.turn.rule
            told = f"{rule.id!r}, {rule.mark.place!r}, {reason!r}"
            note = f"(LOST, link, {self.order}, 'dropped', {steps(bind.path)}, None, {told})"
            self.code.add(f"notes.append({note})")

    def _one(self, bind: Bind, conversion: Conversion | None, at: tuple[str, ...]) -> Written:
        var = bind.var
        optional = bind.optional
        if bind.pending is not None:
            if conversion is not None:
                raise Unsupported(bind.pending.name)
            return self._converted(bind, bind.pending, at)
        if conversion is None:
            self._deep(bind)
            return Written(var, optional)
        if conversion.codec is None:
            return self._converted(bind, conversion, at)
        source = self.context.write(conversion, var)
        return Written(f"({source} if {var} is not None else None)" if optional else source, optional)

    def _deep(self, bind: Bind) -> None:
        """What goes over as it is may be nested too deep."""
        if bind.path is not None and not bind.coded:
            test = f"{bind.var} is not None and " if bind.optional else ""
            self.code.add(f"if {test}type({bind.var}) in BOXES: notes.append((DEEP, {bind.var}))")

    def _converted(self, bind: Bind, conversion: Conversion, at: tuple[str, ...]) -> Written:
        if conversion.sort == "table" and not conversion.over:
            return self._word(bind, conversion, at)
        if conversion.sort != "set" or bind.coded or bind.path is None or conversion.over:
            raise Unsupported(conversion.name)
        link = f"(link, ({self.order}, {steps(bind.path)}, {steps(at)}), NO)"
        call = f"{self.context.set_function(conversion.name)}({bind.var}, {link}, notes, mem, saw, defaults)"
        return Written(f"({call} if {bind.var} is not None else None)" if bind.optional else call, bind.optional)

    def _word(self, bind: Bind, conversion: Conversion, at: tuple[str, ...]) -> Written:
        table = word_table(self.context, conversion.name)
        var = self.context.module.fresh()
        test = f"if {bind.var} is None: {var} = None" if bind.optional else ""
        if test:
            self.code.add(test)
        with self.code.block("else:" if test else "if True:"):
            where = steps(bind.path or ())
            self.code.add(
                f"{var} = {table}({bind.var}, saw, link, notes, {self.order}, {where}, {steps(at)}, "
                f"{self.turn.rule.id!r})"
            )
        return Written(var, True)


def word_table(context: Context, name: str) -> str:
    """Name the function that finds a table's words."""
    return context.module.constant(f"words(LENS, {name!r})")


def _facts(needs: Any) -> dict[str, Any]:
    return {needs: True} if isinstance(needs, str) else dict(needs)
