"""References in schemas: a dialect may let nothing stand beside one, or nothing but names that begin in its own way.

There a reference with company stands alone in a list of alternatives with one member, which means the same:
`{"$ref": R, "title": T}` is `{"anyOf": [{"$ref": R}], "title": T}`. The words are options, so that this is about the
form and not about one vocabulary:

    refers    the name that refers: $ref
    wrap      the name of the list of alternatives: anyOf
    beside    how names begin that may stand beside a reference: $
    schemas   names under which a schema stands, or a list of them
    named     names under which an object holds schemas by names of the user's own

Everything else in a schema is data, and is not looked into.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isogloss.values import Object, Value

    Options = Mapping[str, Any]
    Work = Callable[[Value], Value]
    Change = Callable[[Object, Options], Object]

NEEDS: Final = frozenset({"refers", "wrap", "beside", "schemas", "named"})


def write(neutral: tuple[Value, ...], options: Options) -> Value:
    """Put every reference that has company into a list of its own; the very same value where there is none."""
    return _walked(neutral[0], options, _apart)


def read(schema: Value, options: Options) -> tuple[Value]:
    """Undo `write`: a lone reference in a list, with company around it, stands beside that."""
    return (_walked(schema, options, _beside),)


def spare(work: Work, options: Options, small: Callable[[bytes], bool], judge: Callable[[list[Value]], None]) -> Work:
    """Have work done only on values that mention a reference; most do not, and their bytes tell it at once.

    `small` is shown each value as marshal writes it, and those that are not are shown to `judge`, which may object.
    """
    clue = options["refers"].encode()

    def run(value: Value) -> Value:
        text = marshal.dumps(value)
        if not small(text):
            judge([value])
        return work(value) if clue in text else value

    return run


def _walked(schema: Value, options: Options, change: Change) -> Value:
    if isinstance(schema, list):
        return _same_or([_walked(one, options, change) for one in schema], schema)
    if not isinstance(schema, dict):
        return schema
    inside = {name: _inside(name, value, options, change) for name, value in schema.items()}
    return change(_same_or(inside, schema), options)


def _inside(name: str, value: Value, options: Options, change: Change) -> Value:
    if name in options["schemas"]:
        return _walked(value, options, change)
    if name in options["named"] and isinstance(value, dict):
        return _same_or({key: _walked(one, options, change) for key, one in value.items()}, value)
    return value


def _same_or(made: Any, given: Any) -> Any:
    """Return what was given where nothing in it has become another thing."""
    pairs = zip(made.values(), given.values(), strict=True) if isinstance(made, dict) else zip(made, given, strict=True)
    return given if all(new is old for new, old in pairs) else made


def _has_company(schema: Object, options: Options, name: str) -> bool:
    return any(other != name and not other.startswith(options["beside"]) for other in schema)


def _apart(schema: Object, options: Options) -> Object:
    refers, wrap = options["refers"], options["wrap"]
    if not isinstance(schema.get(refers), str) or wrap in schema or not _has_company(schema, options, refers):
        return schema
    lone = {wrap: [{refers: schema[refers]}]}
    return lone | {name: value for name, value in schema.items() if name != refers}


def _beside(schema: Object, options: Options) -> Object:
    refers, wrap = options["refers"], options["wrap"]
    match schema.get(wrap):
        case [{**lone}] if lone.keys() == {refers} and isinstance(lone[refers], str):
            company = {name: value for name, value in schema.items() if name != wrap}
            return lone | company if refers not in schema and _has_company(schema, options, wrap) else schema
        case _:
            return schema
