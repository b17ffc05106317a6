"""Examples: JSON values with variables, the two sides of a rule.

stop, 3, null      a constant: read, it must be equal; written, it is itself
$x  $x?            a variable; with ? it may be absent
$x | name          … through a codec, a table, a rule set or a layout
$a $b | name       … one value that a codec splits into two variables
[$x*]              every item of a list, in order; $x holds the list
[{a: $x*, b: 1}]   every item that fits; each starred variable holds its column
[{k: 1, v: $x}, …] one item for each example: the first that fits
{"*": {a: $x}}     a list all of whose items say the same; written, it is said in every item that is there
@name  @name | c   a value that the exchange keeps; through a codec
%name              a named value of the ruleset
=text              the text itself, where it would read as one of the above
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from isogloss.values import Path, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_VARIABLE: Final = re.compile(r"\$([a-z_][a-z0-9_-]*)(\*?)(\??)")
#: A variable in a sentence: {name}.
NAME_TOLD: Final = re.compile(r"\{([a-z_][a-z0-9_-]*)\}")
_CONVERSION: Final = re.compile(r"^(?P<left>[^|]+?)(\s*\|\s*(?P<name>[a-z][a-z0-9_.:-]*[*%]?))?$")


@dataclass(frozen=True)
class Const:
    """A value that stands for itself."""

    value: Value


@dataclass(frozen=True)
class Var:
    """One variable, or several that one codec joins."""

    names: tuple[str, ...]
    conversion: str | None = None
    optional: bool = False
    #: Every item of the list it stands in.
    star: bool = False


@dataclass(frozen=True)
class Known:
    """A value of the exchange; a codec may spell it."""

    name: str
    conversion: str | None = None


@dataclass(frozen=True)
class Obj:
    """An object; names that it does not show are none of its business."""

    fields: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Each:
    """A list whose items all look like this."""

    item: Node


@dataclass(frozen=True)
class All:
    """A list whose items all say the same."""

    item: Node


@dataclass(frozen=True)
class Pick:
    """A list that holds one item like each of these."""

    items: tuple[Node, ...]


Node = Const | Var | Known | Obj | Each | All | Pick

#: The name that stands for every item of a list.
_EVERY: Final = "*"


class ExampleError(ValueError):
    """An example that cannot be read; the loader knows its place."""


def parse(value: Value, named: Mapping[str, Value]) -> Node:
    """Read one side of a rule. `named` holds the ruleset's named values."""
    if isinstance(value, dict) and _EVERY in value:
        return _all(value, named)
    if isinstance(value, dict):
        return Obj(tuple((name, parse(member, named)) for name, member in value.items()))
    if isinstance(value, list):
        return _list([parse(item, named) for item in value])
    return _scalar(value, named) if isinstance(value, str) else Const(value)


def _all(value: Mapping[str, Value], named: Mapping[str, Value]) -> Node:
    if len(value) > 1:
        message = f"{_EVERY!r} is every item of a list, so that no other name stands beside it"
        raise ExampleError(message)
    return All(parse(value[_EVERY], named))


def _list(items: list[Node]) -> Node:
    if len(items) == 1 and any(variable.star for variable in variables(items[0])):
        return Each(items[0])
    return Pick(tuple(items)) if items else Const([])


def _scalar(text: str, named: Mapping[str, Value]) -> Node:
    if text.startswith("="):
        return Const(text[1:])
    if text.startswith("@"):
        name, _, conversion = text[1:].partition("|")
        return Known(name.strip(), conversion.strip() or None)
    if text.startswith("%"):
        return Const(_named(text[1:], named))
    return _variable(text) if text.startswith("$") else Const(text)


def _named(name: str, named: Mapping[str, Value]) -> Value:
    if name not in named:
        message = f"there is no named value %{name}"
        raise ExampleError(message)
    return named[name]


def _variable(text: str) -> Var:
    split = _CONVERSION.match(text)
    words = split["left"].split() if split else []
    found = [_VARIABLE.fullmatch(word) for word in words]
    if split is None or not all(found):
        message = f"{text!r} is no variable; write $name, $name?, $name*, or '$name | conversion'"
        raise ExampleError(message)
    marks = [match for match in found if match is not None]
    return Var(tuple(match[1] for match in marks), split["name"], any(m[3] for m in marks), any(m[2] for m in marks))


def variables(node: Node) -> Iterator[Var]:
    """Yield every variable of an example."""
    if isinstance(node, Var):
        yield node
    for child in children(node):
        yield from variables(child)


def children(node: Node) -> tuple[Node, ...]:
    """Return the examples directly inside one."""
    if isinstance(node, Obj):
        return tuple(child for _, child in node.fields)
    if isinstance(node, Each | All):
        return (node.item,)
    return node.items if isinstance(node, Pick) else ()


def skippable(node: Node) -> bool:
    """Tell whether the place of this example may be absent."""
    if isinstance(node, Var):
        return node.optional
    if isinstance(node, Const):
        return node.value is None
    if isinstance(node, Obj):
        return bool(node.fields) and all(skippable(child) for _, child in node.fields)
    if isinstance(node, Pick):
        return all(may_lack(child) for child in node.items)
    return isinstance(node, Known)


def may_lack(item: Node) -> bool:
    """Tell whether a list may lack the item of an example: all it would bind is optional."""
    found = list(variables(item))
    return skippable(item) or (bool(found) and all(variable.optional for variable in found))


def places(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every constant, variable, list and exchange value with its path."""
    if isinstance(node, Obj) and node.fields:
        for name, child in node.fields:
            yield from places(child, (*path, name))
    else:
        yield path, node


def merged(left: Node, right: Node) -> Node:
    """Lay one object example over another: an attribute over a block."""
    if not (isinstance(left, Obj) and isinstance(right, Obj)):
        return right
    fields = dict(left.fields)
    for name, node in right.fields:
        fields[name] = merged(fields[name], node) if name in fields else node
    return Obj(tuple(fields.items()))


def renamed(node: Node, change: Callable[[Var], Var]) -> Node:
    """Return the example with every variable changed."""
    if isinstance(node, Var):
        return change(node)
    if isinstance(node, Obj):
        return Obj(tuple((name, renamed(child, change)) for name, child in node.fields))
    if isinstance(node, Each | All):
        return type(node)(renamed(node.item, change))
    return Pick(tuple(renamed(item, change) for item in node.items)) if isinstance(node, Pick) else node


def show(node: Node) -> Any:
    """Write an example back as YAML would hold it, for documentation."""
    if isinstance(node, Const):
        return node.value
    if isinstance(node, Known):
        return f"@{node.name} | {node.conversion}" if node.conversion else "@" + node.name
    if isinstance(node, Var):
        return _show_variable(node)
    if isinstance(node, Obj):
        return {name: show(child) for name, child in node.fields}
    if isinstance(node, All):
        return {_EVERY: show(node.item)}
    return [show(child) for child in children(node)]


def _show_variable(node: Var) -> str:
    text = " ".join(f"${name}{'*' * node.star}{'?' * node.optional}" for name in node.names)
    return f"{text} | {node.conversion}" if node.conversion else text
