"""Guards compiled: a condition becomes one expression over the object it is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from isogloss import guard
from isogloss.compiler_code import literal

if TYPE_CHECKING:
    from isogloss.compiler_code import Module

Tree = dict[str, Any]

_SORTS: Final = {"string": "str", "array": "list", "object": "dict"}
_SIGNS: Final = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


@dataclass(frozen=True, slots=True)
class Asked:
    """Source of a part of a guard, and whether it is True or False already."""

    source: str
    sure: bool = False

    @property
    def truth(self) -> str:
        """Source of its truth."""
        return self.source if self.sure else f"truth({self.source})"


def guard_source(module: Module, text: str, var: str, *, snake: bool) -> str:
    """Write a guard about a variable as an expression."""
    return _Guard(module).ask(guard.parsed(text, snake=snake), var).truth


class _Guard:
    def __init__(self, module: Module) -> None:
        self.module = module

    def ask(self, tree: Tree, var: str) -> Asked:
        return getattr(self, f"_{tree['type']}")(tree, var)

    def _current(self, _: Tree, var: str) -> Asked:
        return Asked(var)

    def _literal(self, tree: Tree, _: str) -> Asked:
        return Asked(literal(tree["value"]))

    def _field(self, tree: Tree, var: str) -> Asked:
        return self._inside(var, "dict", f"{{}}.get({tree['value']!r})")

    def _spelled(self, tree: Tree, var: str) -> Asked:
        name, snake = tree["value"]
        return self._inside(var, "dict", f"{{0}}.get({name!r}, {{0}}.get({snake!r}))")

    def _index(self, tree: Tree, var: str) -> Asked:
        at = tree["value"]
        return self._inside(var, "list", f"({{0}}[{at}] if -len({{0}}) <= {at} < len({{0}}) else None)")

    def _inside(self, var: str, sort: str, taken: str) -> Asked:
        name = var if var.isidentifier() else self.module.fresh("q")
        value = var if var.isidentifier() else f"{name} := {var}"
        return Asked(f"({taken.format(name)} if isinstance({value}, {sort}) else None)")

    def _subexpression(self, tree: Tree, var: str) -> Asked:
        for child in tree["children"]:
            found = self.ask(child, var)
            var = found.source
        return Asked(var)

    _index_expression = _subexpression

    def _comparator(self, tree: Tree, var: str) -> Asked:
        left, right = tree["children"]
        if tree["value"] in ("eq", "ne"):
            equal = self._equal(left, right, var)
            return Asked(equal if tree["value"] == "eq" else f"(not {equal})", sure=True)
        one, other = self.module.fresh("q"), self.module.fresh("q")
        ask = f"numbers({one} := {self.ask(left, var).source}, {other} := {self.ask(right, var).source})"
        return Asked(f"({ask} and {one} {_SIGNS[tree['value']]} {other})", sure=True)

    def _equal(self, left: Tree, right: Tree, var: str) -> str:
        word = right["value"] if right["type"] == "literal" else None
        if left["type"] == "function_expression" and left["value"] == "type" and word in _SORTS:
            return f"isinstance({self.ask(left['children'][0], var).source}, {_SORTS[word]})"
        if isinstance(word, str):
            return f"({self.ask(left, var).source} == {word!r})"
        return f"same({self.ask(left, var).source}, {self.ask(right, var).source})"

    def _and_expression(self, tree: Tree, var: str) -> Asked:
        left, right = (self.ask(child, var).truth for child in tree["children"])
        return Asked(f"({left} and {right})", sure=True)

    def _or_expression(self, tree: Tree, var: str) -> Asked:
        left, right = (self.ask(child, var).truth for child in tree["children"])
        return Asked(f"({left} or {right})", sure=True)

    def _not_expression(self, tree: Tree, var: str) -> Asked:
        return Asked(f"(not {self.ask(tree['children'][0], var).truth})", sure=True)

    def _function_expression(self, tree: Tree, var: str) -> Asked:
        arguments = ", ".join(self.ask(child, var).source for child in tree["children"])
        return Asked(f"asked[{tree['value']!r}]({arguments})", sure=tree["value"] in ("contains", "starts_with"))
