"""Guards compiled: a condition becomes one expression over the object it is asked about.

Where the names of that object are known, what the condition asks of others is known too, and folded away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isogloss import guard
from isogloss.compiler_code import literal
from isogloss.values import same

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from isogloss.compiler_code import Module
    from isogloss.values import Path

Tree = dict[str, Any]

_SORTS: Final = {"string": "str", "array": "list", "object": "dict", "number": "NUMBERS"}
#: A test that is nothing but the question whether a variable holds an object, a list or a text.
_SIZED: Final = re.compile(r"^isinstance\((\w+), (?:dict|list|str)\)$")
#: Functions that give true or false.
_SURE: Final = ("contains", "starts_with", "is_json")
_SIGNS: Final = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


@dataclass(frozen=True, slots=True)
class Asked:
    """Source of a part of a guard, and whether it is True or False already."""

    source: str
    sure: bool = False
    #: Its value, (value,), where that is known when the code is made.
    known: tuple[Any] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of the object that a guard is about, when the code is made."""

    #: All names that it has, and where they stand.
    names: Mapping[str, str] | None = None
    #: Places in it that have been fetched, and are there; where something stands below one of them, it is an object.
    places: Mapping[Path, str] = field(default_factory=dict["Path", str])
    #: Values of variables that are known.
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Variables that hold what stands at a place, or None.
    fetched: Mapping[Path, str] = field(default_factory=dict["Path", str])
    #: Variables that hold an object.
    objects: Collection[str] = ()


def guard_source(module: Module, text: str, var: str, *, snake: bool, held: Held | None = None) -> str:
    """Write a guard about a variable as an expression."""
    return _Guard(module, var, held or Held()).truth(guard.parsed(text, snake=snake), var).source


def _sort(source: str, word: str) -> str:
    """Write the test of a value's JSON type; true and false are no numbers."""
    return f"type({source}) in NUMBERS" if word == "number" else f"isinstance({source}, {_SORTS[word]})"


def _is_text(asked: Asked) -> bool:
    return asked.known is not None and isinstance(asked.known[0], str)


def _known(value: Any) -> Asked:
    return Asked(literal(value), sure=isinstance(value, bool), known=(value,))


def _step(tree: Tree) -> str | None:
    """Return the name that a part of a guard takes from an object."""
    if tree["type"] == "spelled":
        return tree["value"][0]
    return tree["value"] if tree["type"] == "field" else None


class _Guard:
    def __init__(self, module: Module, var: str, held: Held) -> None:
        self.module = module
        self.var = var
        self.names, self.words, self.fetched = held.names, held.words, held.fetched
        self.places = {path: at for path, at in held.places.items() if path}
        #: Variables that hold an object for certain, and those that hold something with a length.
        self.objects = {at for path, at in held.places.items() if any(path == other[:-1] for other in held.places)}
        self.objects |= set(held.objects)
        self.sized = set[str]()

    def ask(self, tree: Tree, var: str) -> Asked:
        if var == self.var and (_step(tree),) in self.places:
            return Asked(self.places[_step(tree),])
        if var == self.var and tree["type"] == "field" and (tree["value"],) in self.fetched:
            return Asked(self.fetched[tree["value"],])
        return getattr(self, f"_{tree['type']}")(tree, var)

    def truth(self, tree: Tree, var: str) -> Asked:
        """Ask whether something is true: zero is, what is empty is not."""
        asked = self.ask(tree, var)
        if asked.known is not None:
            return _known(guard.truth(asked.known[0]))
        if asked.sure:
            return asked
        name = asked.source if asked.source.isidentifier() else self.module.fresh("q")
        value = name if asked.source.isidentifier() else f"({name} := {asked.source})"
        return Asked(f"(not not {value} or type({name}) in NUMBERS)", sure=True)

    def _current(self, _: Tree, var: str) -> Asked:
        return Asked(var)

    def _literal(self, tree: Tree, _: str) -> Asked:
        return _known(tree["value"])

    def _field(self, tree: Tree, var: str) -> Asked:
        name = tree["value"]
        if var == self.var and self.names is not None:
            return self._named(self.names.get(name))
        return self._inside(var, "dict", f"{{}}.get({name!r})")

    def _named(self, at: str | None) -> Asked:
        if at is None:
            return _known(None)
        return _known(self.words[at]) if at in self.words else Asked(at)

    def _spelled(self, tree: Tree, var: str) -> Asked:
        name, snake = tree["value"]
        if var == self.var and self.names is not None:
            return self._named(next((self.names[one] for one in (name, snake) if one in self.names), None))
        return self._inside(var, "dict", f"{{0}}.get({name!r}, {{0}}.get({snake!r}))")

    def _index(self, tree: Tree, var: str) -> Asked:
        at = tree["value"]
        return self._inside(var, "list", f"({{0}}[{at}] if -len({{0}}) <= {at} < len({{0}}) else None)")

    def _inside(self, var: str, sort: str, taken: str) -> Asked:
        if sort == "dict" and var in self.objects:
            return Asked(taken.format(var))
        name = var if var.isidentifier() else self.module.fresh("q")
        value = var if var.isidentifier() else f"{name} := {var}"
        return Asked(f"({taken.format(name)} if isinstance({value}, {sort}) else None)")

    def _subexpression(self, tree: Tree, var: str) -> Asked:
        found = Asked(var)
        path: Path = ()
        for child in tree["children"]:
            if found.known is not None:
                return _known(None)  # nothing stands below what is not there
            path = (*path, _step(child))
            if path in self.places:
                found = Asked(self.places[path])
            elif path in self.fetched and child["type"] == "field":
                found = Asked(self.fetched[path])
            else:
                found = self.ask(child, found.source)
        return found

    _index_expression = _subexpression

    def _comparator(self, tree: Tree, var: str) -> Asked:
        left, right = tree["children"]
        if tree["value"] in ("eq", "ne"):
            equal = self._equal(left, right, var)
            if equal.known is not None:
                return _known(equal.known[0] is (tree["value"] == "eq"))
            return equal if tree["value"] == "eq" else Asked(f"(not {equal.source})", sure=True)
        if type(right.get("value")) in (int, float) and right["type"] == "literal":
            return self._beyond(left, _SIGNS[tree["value"]], right["value"], var)
        one, other = self.module.fresh("q"), self.module.fresh("q")
        ask = f"numbers({one} := {self.ask(left, var).source}, {other} := {self.ask(right, var).source})"
        return Asked(f"({ask} and {one} {_SIGNS[tree['value']]} {other})", sure=True)

    def _beyond(self, left: Tree, sign: str, bound: float, var: str) -> Asked:
        """Write the comparison of a value, or of a length, with a number."""
        if left["type"] == "function_expression" and left["value"] == "length":
            asked = self.ask(left["children"][0], var)
            if asked.source.isidentifier():
                return self._length(asked.source, f"{sign} {bound}")
        asked = self.ask(left, var)
        if asked.known is not None and type(asked.known[0]) not in (int, float):
            return _known(False)
        name = asked.source if asked.source.isidentifier() else self.module.fresh("q")
        value = name if asked.source.isidentifier() else f"({name} := {asked.source})"
        return Asked(f"(type({value}) in NUMBERS and {name} {sign} {bound})", sure=True)

    def _equal(self, left: Tree, right: Tree, var: str) -> Asked:
        word = right["value"] if right["type"] == "literal" else None
        if left["type"] == "function_expression" and left["value"] == "type" and word in _SORTS:
            asked = self.ask(left["children"][0], var)
            if asked.known is None:
                return Asked(_sort(asked.source, word), sure=True)
        if left["type"] == "function_expression" and left["value"] == "length" and type(right.get("value")) is int:
            asked = self.ask(left["children"][0], var)
            if asked.source.isidentifier():
                return self._length(asked.source, f"== {right['value']}")
        one, other = self.ask(left, var), self.ask(right, var)
        if one.known is not None and other.known is not None:
            return _known(same(one.known[0], other.known[0]))
        if isinstance(word, str):
            return Asked(f"({one.source} == {word!r})", sure=True)
        return Asked(f"same({one.source}, {other.source})", sure=True)

    def _length(self, var: str, compared: str) -> Asked:
        sized = f"len({var}) {compared}"
        return Asked(sized if var in self.sized | self.objects else f"(type({var}) in SIZED and {sized})", sure=True)

    def _joined(self, tree: Tree, var: str, word: str, deciding: bool) -> Asked:
        """Write `and` or `or`: one side may decide alone, or say nothing."""
        before = set(self.sized)
        asked: list[Asked] = []
        for child in tree["children"]:
            asked.append(self.truth(child, var))
            if word == "and":
                self.sized |= set(_SIZED.findall(asked[-1].source))
        self.sized = before
        if any(one.known == (deciding,) for one in asked):
            return _known(deciding)
        open_ones = [one.source for one in asked if one.known is None]
        if not open_ones:
            return _known(not deciding)
        return Asked(f"({f' {word} '.join(open_ones)})", sure=True)

    def _and_expression(self, tree: Tree, var: str) -> Asked:
        return self._joined(tree, var, "and", deciding=False)

    def _or_expression(self, tree: Tree, var: str) -> Asked:
        return self._joined(tree, var, "or", deciding=True)

    def _not_expression(self, tree: Tree, var: str) -> Asked:
        asked = self.truth(tree["children"][0], var)
        return _known(not asked.known[0]) if asked.known is not None else Asked(f"(not {asked.source})", sure=True)

    def _function_expression(self, tree: Tree, var: str) -> Asked:
        arguments = [self.ask(child, var) for child in tree["children"]]
        if all(one.known is not None for one in arguments):
            return _known(guard.FUNCTIONS[tree["value"]](*(one.known[0] for one in arguments if one.known is not None)))
        if tree["value"] == "contains" and arguments[0].source.isidentifier():
            where, what = arguments[0].source, arguments[1]
            if what.known == (None,) or _is_text(what):
                kinds = "(list, str)" if _is_text(what) else "list"
                return Asked(f"(isinstance({where}, {kinds}) and {what.source} in {where})", sure=True)
        if tree["value"] == "starts_with" and arguments[0].source.isidentifier() and _is_text(arguments[1]):
            text, head = arguments[0].source, arguments[1].source
            return Asked(f"(type({text}) is str and {text}.startswith({head}))", sure=True)
        text = ", ".join(one.source for one in arguments)
        return Asked(f"asked[{tree['value']!r}]({text})", sure=tree["value"] in _SURE)
