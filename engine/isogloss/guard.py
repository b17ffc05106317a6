"""Guards: the part of JMESPath that asks yes or no, compiled to plain functions.

Paths, literals, comparisons, `&&`, `||`, `!`, and the functions contains, starts_with, type, types, keys, length,
floor and is_json.
Nothing else: a guard is a condition, not a program. No JMESPath interpreter runs when documents are translated (it
costs 4-50 µs a search; these cost well under one).
"""

from __future__ import annotations

import contextlib
import math
import operator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs import CodecError, parse_json
from isogloss.values import same, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isogloss.rule import Ruleset
    from isogloss.values import Value

    Guard = Callable[[Value], Value]

_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class GuardError(ValueError):
    """A guard that is not JMESPath, or more of it than guards may use."""


#: Guards that were parsed when their ruleset was first loaded.
_TREES: Final[dict[str, Any]] = {}


def parse(text: str) -> Any:
    """Parse a guard to JMESPath's tree; raises GuardError."""
    import jmespath
    from jmespath.exceptions import ParseError

    try:
        return jmespath.compile(text).parsed
    except ParseError as error:
        message = f"this guard is no JMESPath: {str(error).splitlines()[0]}"
        raise GuardError(message) from None


def trees(rules: Ruleset) -> dict[str, Any]:
    """Parse every guard of a ruleset, so that a warm start needs no parser."""
    sets = [*rules.documents.values(), *rules.sets.values()]
    found = [rule for one in sets for rule in one.rules]
    blocks = [block for layout in rules.layouts.values() for block in layout.blocks]
    asked = {text for rule in (*found, *(block.rule for block in blocks)) for text in rule.when.values()}
    asked |= {text for block in blocks for text in block.around.values()}
    with contextlib.suppress(GuardError):  # the checker says what is wrong with a guard
        return {text: parse(text) for text in asked}
    return {}


def know(parsed: dict[str, Any]) -> None:
    """Take over guards that were parsed before; what a text means never changes."""
    _TREES.update(parsed)


@lru_cache(maxsize=4096)
def compile_guard(text: str, *, snake: bool = False) -> Guard:
    """Compile a guard; it takes the object that its rule stands in and returns true or false.

    With `snake`, names are found in lowerCamelCase and in snake_case.
    """
    found = _node(parsed(text, snake=snake))
    return lambda value: truth(found(value))


def parsed(text: str, *, snake: bool = False) -> dict[str, Any]:
    """Return a guard's tree, parsed if need be."""
    tree = _TREES.get(text) or parse(text)
    return _both_spellings(tree) if snake else tree


def paths(text: str) -> list[tuple[str, ...]]:
    """List the places that a guard asks about, as far as they are names."""
    return list(_paths(parsed(text)))


def _paths(tree: Any) -> Iterator[tuple[str, ...]]:
    names: list[str] = []
    while tree["type"] in ("subexpression", "index_expression"):
        steps = tree["children"]
        names = [step["value"] for step in steps[1:] if step["type"] == "field"] + names
        tree = steps[0]
    if tree["type"] == "field":
        yield (tree["value"], *names)
    elif tree["type"] == "current":
        yield tuple(names)
    for child in tree.get("children", ()):
        yield from _paths(child)


def truth(value: Value) -> bool:
    """JMESPath's truth: null, false, and whatever is empty are false; 0 is true."""
    return not (value is None or value is False or value in ("", [], {}))


def _node(tree: dict[str, Any]) -> Guard:
    build = _NODES.get(tree["type"])
    if build is None:
        message = f"guards have no {tree['type'].replace('_', ' ')}"
        raise GuardError(message)
    return build(tree)


def _field(tree: dict[str, Any]) -> Guard:
    name = tree["value"]
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _both_spellings(tree: Any) -> Any:
    """Look each name up in its other spelling too: a.b is (a.b || a.b_in_snake_case)."""
    if not isinstance(tree, dict):
        return tree
    spelled = {**tree, "children": [_both_spellings(child) for child in tree.get("children", [])]}
    name = tree.get("value")
    if tree["type"] != "field" or name is None or snake_case(name) == name:
        return spelled
    return {"type": "spelled", "value": (name, snake_case(name)), "children": []}


def snake_case(name: str) -> str:
    """Spell a lowerCamelCase name in snake_case."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def _spelled(tree: dict[str, Any]) -> Guard:
    name, snake = tree["value"]
    return lambda value: value.get(name, value.get(snake)) if isinstance(value, dict) else None


def _index(tree: dict[str, Any]) -> Guard:
    at = tree["value"]
    return lambda value: value[at] if isinstance(value, list) and -len(value) <= at < len(value) else None


def _sub(tree: dict[str, Any]) -> Guard:
    if tree["children"][0]["type"] == "not_expression":
        message = "here ! takes the first name alone; !(a.b) asks whether a.b is not there"
        raise GuardError(message)
    first, *rest = [_node(child) for child in tree["children"]]

    def run(value: Value) -> Value:
        value = first(value)
        for step in rest:
            value = step(value)
        return value

    return run


def _compare(tree: dict[str, Any]) -> Guard:
    left, right = (_node(child) for child in tree["children"])
    word = tree["value"]
    if word in ("eq", "ne"):
        return lambda value: same(left(value), right(value)) is (word == "eq")
    order = _ORDER[word]
    return lambda value: numbers(left(value), right(value)) and order(left(value), right(value))


def numbers(*values: Value) -> bool:
    """Tell whether all values are numbers."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _and(tree: dict[str, Any]) -> Guard:
    left, right = (_node(child) for child in tree["children"])
    return lambda value: truth(left(value)) and truth(right(value))


def _or(tree: dict[str, Any]) -> Guard:
    left, right = (_node(child) for child in tree["children"])
    return lambda value: truth(left(value)) or truth(right(value))


def _not(tree: dict[str, Any]) -> Guard:
    inner = _node(tree["children"][0])
    return lambda value: not truth(inner(value))


def _call(tree: dict[str, Any]) -> Guard:
    run = FUNCTIONS.get(tree["value"])
    if run is None:
        message = f"guards have no function {tree['value']}(); they have {', '.join(FUNCTIONS)}"
        raise GuardError(message)
    arguments = [_node(child) for child in tree["children"]]
    return lambda value: run(*(argument(value) for argument in arguments))


def _contains(where: Value, what: Value) -> bool:
    if isinstance(where, str):
        return isinstance(what, str) and what in where
    return isinstance(where, list) and any(same(item, what) for item in where)


def _starts_with(text: Value, head: Value) -> bool:
    return isinstance(text, str) and isinstance(head, str) and text.startswith(head)


def _length(value: Value) -> int | None:
    return len(value) if isinstance(value, str | list | dict) else None


def _floor(value: Value) -> int | None:
    return math.floor(value) if numbers(value) and math.isfinite(value) else None


def _keys(value: Value) -> list[Value] | None:
    return list(value) if isinstance(value, dict) else None


def _types(value: Value) -> list[Value] | None:
    """Return the types of a list's items, each once, in the order of the alphabet."""
    return sorted({type_name(item) for item in value}) if isinstance(value, list) else None


def _is_json(value: Value) -> bool:
    """Tell whether a value is a text, and that text whole JSON."""
    if not isinstance(value, str):
        return False
    try:
        parse_json(value)
    except CodecError:
        return False
    return True


#: What guards may call, by name.
FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "contains": _contains,
    "starts_with": _starts_with,
    "type": type_name,
    "types": _types,
    "keys": _keys,
    "length": _length,
    "floor": _floor,
    "is_json": _is_json,
}
_NODES: Final[dict[str, Callable[[dict[str, Any]], Guard]]] = {
    "field": _field,
    "spelled": _spelled,
    "index": _index,
    "subexpression": _sub,
    "index_expression": _sub,
    "comparator": _compare,
    "and_expression": _and,
    "or_expression": _or,
    "not_expression": _not,
    "function_expression": _call,
    "literal": lambda tree: lambda _: tree["value"],
    "current": lambda _: lambda value: value,
}
