"""A reply held against the schema that its request asked to be enforced.

Nothing is ever fetched for a `$ref`: the registry is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.codecs import CodecError, parse_json
from isogloss.errors import DocumentError, ValidationError
from isogloss.pointer import dotted, find, pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.values import Path, Value


def enforce(body: Value, spec: Mapping[str, Any], schema: Value, rule: str, place: str) -> None:
    """Raise ValidationError where a text of the reply does not fit the schema.

    `spec` says where the texts are: `each` (a list) and `text` (a place in its items).
    """
    items = find(body, dotted(spec["each"]))
    for index, item in enumerate(items if isinstance(items, list) else ()):
        text = find(item, dotted(spec["text"]))
        if isinstance(text, str):
            where = (*dotted(spec["each"]), index, *dotted(spec["text"]))
            _hold(body, where, text, schema, (rule, place))


def _hold(body: Value, where: Path, text: str, schema: Value, owner: tuple[str, str]) -> None:
    try:
        value = parse_json(text)
    except CodecError as error:
        raise ValidationError(pointer(where), str(error), raw=body, rule=owner[0], place=owner[1]) from None
    failing = _failing(value, schema, owner)
    if failing is not None:
        path, reason = failing
        raise ValidationError(pointer((*where, *path)), reason, raw=body, rule=owner[0], place=owner[1])


def _failing(value: Value, schema: Value, owner: tuple[str, str]) -> tuple[Path, str] | None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, registry=Registry())  # pyright: ignore[reportUnknownArgumentType]
        error = best_match(validator.iter_errors(value))  # pyright: ignore[reportUnknownMemberType]
    except SchemaError as problem:
        raise DocumentError(
            "", f"the schema to enforce is no JSON Schema: {problem.message}", rule=owner[0], place=owner[1]
        ) from None
    except Unresolvable as problem:
        raise DocumentError(
            "", f"the schema to enforce refers elsewhere: {problem}", rule=owner[0], place=owner[1]
        ) from None
    return None if error is None else (tuple(error.absolute_path), error.message)
