"""Examples compiled for reading: tests that must hold, and what binds the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from isogloss.compiler_code import Code, Unsupported
from isogloss.compiler_examples import Bind, Context, Thing
from isogloss.example import Const, Each, Known, Node, Obj, Pick, Var, may_lack, skippable, variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isogloss.lens import Conversion
    from isogloss.values import Path

#: So many names that an object may hold are looked for together, where it holds more than it must.
_SEVERAL: Final = 2


class Reading:
    """Reads one example: tests that must hold for it to fit, then what binds the rest."""

    def __init__(self, context: Context, code: Code, *, whole: bool = False) -> None:
        self.context = context
        self.code = code
        #: Whether nothing else reads of the objects: then what is left in them is counted early.
        self.whole = whole
        self.tests: list[str] = []
        self.env: dict[str, Bind] = {}
        self.known: list[tuple[str, str]] = []
        #: The objects that are read, and those of them whose names have been counted.
        self.things: list[Thing] = []
        self.counted: list[Thing] = []
        #: Whether an object is only looked at, not read; whether a word that fits is known already.
        self.hollow = self.certain = False

    def object(self, node: Obj, thing: Thing, *, sure: bool = True) -> None:
        """Read an object; where it is sure to be there, what must fit becomes a test."""
        self.things.append(thing)
        fields = sorted(node.fields, key=lambda pair: not isinstance(pair[1], Const))
        rare = [pair for pair in fields if skippable(pair[1]) and pair[0] not in thing.given]
        if not self.whole or len(rare) < _SEVERAL or len(rare) == len(fields):
            rare = []
        for name, child in fields:
            if (name, child) not in rare:
                self._field(name, child, thing, sure=sure)
        if rare:
            self._rarely(rare, thing)

    def _rarely(self, fields: list[tuple[str, Node]], thing: Thing) -> None:
        """Read what an object may hold only where it holds more than it must."""
        outer, self.code, before = self.code, Code(0), self.env.copy()
        asked = self.context.known(thing)
        for name, child in fields:
            self._field(name, child, thing, sure=True)
        self.context.count(self.code, thing)
        self.counted.append(thing)
        names = [bind.var for name, bind in self.env.items() if name not in before or before[name].var != bind.var]
        names += [bind.within for bind in self.env.values() if bind.within]
        if names:
            outer.add(f"{' = '.join(dict.fromkeys(names))} = None")
        with outer.block(f"if len({thing.var}) != {asked}:"):
            outer.take(self.code)
        self.code = outer

    def places(self, thing: Thing) -> dict[Path, str]:
        """Return where in an object the tests have found something, and the variable that holds it."""
        held = {one.path: one.var for one in self.things} | {b.path: b.var for b in self.env.values() if b.is_plain}
        size, tests = len(thing.path), " and ".join(self.tests)
        return {
            tuple(step.strip("'") for step in path[size:]): var
            for path, var in held.items()
            if path and path[:size] == thing.path and (var == thing.var or _is_found(var, tests))
        }

    def finish(self, said: Sequence[str] = ()) -> None:
        """Emit the counts; where nothing is `said` in the first object, what else it holds is lost as a whole."""
        for thing in self.things:
            if not any(thing is counted for counted in self.counted):
                self.context.count(self.code, thing, said if thing is self.things[0] else ())
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
        elif (skippable(child) or isinstance(child, Pick)) and not (
            thing.present and name in thing.given and isinstance(child, Var)
        ):
            self._optional(name, child, thing, fetch)
        else:
            self._required(name, child, thing, fetch, sure=sure)

    def _const(self, name: str, child: Const, thing: Thing, fetch: str, *, sure: bool) -> None:
        value = child.value
        thing.keys[name] = ""
        if name in thing.said and thing.said[name] == value:
            self.certain = True
        elif isinstance(value, str):
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
            self.variable(child, fetch, "" if thing.present else fetch, (*thing.path, repr(name)), sure=sure)
            return
        held = f"{var} := {fetch}"
        if name in thing.inner:
            var = held = fetch
        if isinstance(child, Obj) and not child.fields:
            # Any object: nothing of it is read.
            self._need(f"isinstance({held}, dict)", sure=sure)
            self.code.add(f"if not {var}: raise Bail")
            self.hollow = True
        elif isinstance(child, Obj):
            self._need(f"isinstance({held}, dict)", sure=sure)
            self.object(child, thing.below(name, var), sure=sure)
        elif isinstance(child, Var) and not child.star:
            self.variable(child, var, held, (*thing.path, repr(name)), sure=sure)
        else:
            raise Unsupported(name)

    def variable(self, child: Var, var: str, held: str, path: tuple[str, ...], *, sure: bool = True) -> None:
        """Bind a variable; `held` fetches what it holds, unless that is known to be there."""
        conversion = self.context.lens.conversion(child.conversion) if child.conversion else None
        if conversion is None or conversion.codec is None or conversion.over:
            self.context.check_pending(conversion)
            self._there(held, sure=sure)
            self._bind(child.names[0], Bind(var, False, path, conversion))
            return
        if conversion.codec.at_once is not None:
            self._at_once(child, conversion, held or var, path, sure=sure)
            return
        fits = self.context.fits(conversion, var)
        if held and fits.lstrip("(").startswith(f"isinstance({var}, "):  # nothing is of no sort
            fits = fits.replace(var, held, 1)
        else:
            self._there(held, sure=sure)
        self._need(fits, sure=sure)
        made = [self.context.module.fresh() for _ in child.names]
        self.code.add(f"{', '.join(made)} = {self.context.read(conversion, var)}")
        for name, part in zip(child.names, made, strict=True):
            self._bind(name, Bind(part, False, path, coded=True))

    def _at_once(self, child: Var, conversion: Conversion, held: str, path: tuple[str, ...], *, sure: bool) -> None:
        """Read by a codec that tells in one call whether a value fits, and what it is."""
        made = self.context.module.fresh()
        self._need(f"({made} := {self.context.codec('taker', conversion)}({held})) is not ABSENT", sure=sure)
        self._bind(child.names[0], Bind(made, False, path, coded=True))

    def _there(self, held: str, *, sure: bool) -> None:
        if held:
            self._need(f"({held}) is not None" if " := " in held else f"{held} is not None", sure=sure)

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
        marker, first = self.context.module.fresh("y"), set[str]()
        for number, (name, node) in enumerate(sorted(child.fields, key=lambda pair: not isinstance(pair[1], Const))):
            if number:
                self.context.more(inner.code, thing, marker if number == 1 else None)
            inner._field(name, node, thing, sure=False)
            first = first or set(inner.env)
        inner.finish([bind.var for bind in inner.env.values()])
        inner.code.depth = 0
        later = {name: replace(bind, within=marker) for name, bind in inner.env.items() if name not in first}
        inner.env |= later
        names = [bind.var for bind in inner.env.values()] + ([marker] if later else [])
        if names:
            self.code.add(f"{' = '.join(names)} = None")
        with self.code.block(f"if {thing.var} is not None:"):
            self.code.add(f"if type({thing.var}) is not dict or not {thing.var}: raise Bail")
            self.code.take(inner.code)
        self._take(inner)

    def _take(self, inner: Reading) -> None:
        for name, bind in inner.env.items():
            self._bind(name, replace(bind, optional=True, vague=False, flat=False))
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
            self.code.add(f"if type({var}) is not list or not {var}: raise Bail")
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
            self._bind(name, Bind(made, True, path, vague=True, flat=True))

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
                self.code.add(f"if {made} is None or type({made}) in BOXES: raise Bail")
                thing.keys[name] = ""
            self.context.count(self.code, thing)


def _is_found(var: str, tests: str) -> bool:
    """Tell whether tests have found that something stands where a variable was taken from."""
    return any(sign in tests for sign in (f"{var} := ", f"{var} is not None", f"isinstance({var}, dict)"))


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


def necessary(
    node: Node,
    var: str,
    given: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
    fetched: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
) -> list[str]:
    """Return tests without which an example cannot fit.

    `given` says where all names stand that are there, `words` what is known to stand there, and `fetched` where some of
    the names stand, if they are there. What is `said` under a name fits.
    """
    if not isinstance(node, Obj):
        return []
    found: list[str] = []
    for name, child in node.fields:
        if name in (said or {}) and isinstance(child, Const):
            continue
        value = given[name] if given else (fetched or {}).get(name) or f"{var}.get({name!r})"
        if words and value in words:
            found += [] if may_be(child, words[value]) else ["False"]
            continue
        if isinstance(child, Const) and isinstance(child.value, str):
            found.append(f"{value} == {child.value!r}")
        elif not skippable(child):
            found += _shape(child, value) or ([] if given else [f"{name!r} in {var}"])
    if given:
        return found
    names = sorted(name for name, _ in node.fields)
    return found or (["(" + " or ".join(f"{name!r} in {var}" for name in names) + ")"] if names else [])


def may_be(child: Node, word: str) -> bool:
    """Tell whether a word may stand where an example shows something."""
    return not isinstance(child, Obj | Pick | Each) and (not isinstance(child, Const) or child.value == word)


def _has_word(value: str, name: str, word: str) -> str:
    """Write the test whether an item of a list has a word under a name; most lists have one item."""
    lone = f"{value}[0].get({name!r}) == {word!r}"
    return f"({lone} if len({value}) == 1 else has_word({value}, {name!r}, {word!r}))"


def _shape(child: Node, value: str) -> list[str]:
    """Return tests for the sort of value an example shows."""
    if isinstance(child, Obj):
        return [f"isinstance({value}, dict)"]
    if not isinstance(child, Pick | Each):
        return []
    words = [
        _has_word(value, name, node.value)
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
