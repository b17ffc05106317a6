"""A reply held against the schema that its request asked to be enforced.

Nothing is ever fetched for a `$ref`: the registry is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs import CodecError, parse_json
from isogloss.errors import DocumentError, ValidationError
from isogloss.pointer import dotted, find, pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.values import Path, Value


#: Types as other kinds of schemas spell them.
_CAPITALS: Final = frozenset({"ARRAY", "BOOLEAN", "INTEGER", "NULL", "NUMBER", "OBJECT", "STRING"})
#: What holds values, not schemas.
_VALUES: Final = frozenset({"const", "enum", "default", "example", "examples"})


def enforce(body: Value, spec: Mapping[str, Any], schema: Value, rule: str, place: str) -> None:
    """Raise ValidationError where a text of the reply does not fit the schema, DocumentError where the schema is none.

    `spec` says where the texts are: `each` (a list) and `text` (a place in its items). Before there is a reply, with
    None for it, the schema alone is looked at.
    """
    validator = _validator(schema, (rule, place))
    items = find(body, dotted(spec["each"]))
    for index, item in enumerate(items if isinstance(items, list) else ()):
        text = find(item, dotted(spec["text"]))
        if isinstance(text, str):
            where = (*dotted(spec["each"]), index, *dotted(spec["text"]))
            _hold(body, where, text, validator, (rule, place))


def _hold(body: Value, where: Path, text: str, validator: Any, owner: tuple[str, str]) -> None:
    try:
        value = parse_json(text)
    except CodecError as error:
        raise ValidationError(pointer(where), str(error), raw=body, rule=owner[0], place=owner[1]) from None
    failing = _failing(value, validator, owner)
    if failing is not None:
        path, reason = failing
        raise ValidationError(pointer((*where, *path)), reason, raw=body, rule=owner[0], place=owner[1])


def _validator(schema: Value, owner: tuple[str, str]) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    spelled = _spelled(schema)
    try:
        Draft202012Validator.check_schema(spelled, format_checker=FormatChecker(("regex",)))
    except SchemaError as problem:
        raise _unusable(f"is no JSON Schema: {problem.message}", owner) from None
    return Draft202012Validator(spelled, registry=Registry())  # pyright: ignore[reportUnknownArgumentType]


def _failing(value: Value, validator: Any, owner: tuple[str, str]) -> tuple[Path, str] | None:
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(validator.iter_errors(value))
    except Unresolvable as problem:
        raise _unusable(f"refers elsewhere: {problem}", owner) from None
    return None if error is None else (tuple(error.absolute_path), error.message)


def _unusable(reason: str, owner: tuple[str, str]) -> DocumentError:
    return DocumentError("", f"the schema to enforce {reason}", rule=owner[0], place=owner[1])


def _spelled(schema: Any) -> Any:
    """Return a schema with its types in JSON Schema's spelling: others have capitals, and `nullable` beside a type."""
    if isinstance(schema, list):
        return [_spelled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: member if name in _VALUES else _spelled(member) for name, member in schema.items()}
    kind = made.get("type")
    if isinstance(kind, str) and kind in _CAPITALS:
        made["type"] = [kind.lower(), "null"] if made.get("nullable") is True else kind.lower()
    return made
