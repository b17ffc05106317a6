"""What the API demands of the schemas inside a request: of its own kind, and of JSON Schema.

https://ai.google.dev/api/caching#Schema, https://ai.google.dev/gemini-api/docs/structured-output
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jsonschema

from isogloss.emulator.errors import Refusal, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMATS: Final = frozenset({"enum", "date-time"})
_DEEPEST: Final = 100
#: What stands under these names is data, whatever it looks like.
_DATA: Final = frozenset({"const", "default", "enum", "example", "examples"})
_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})


def check(schema: dict[str, Any], where: str, *, whole: bool = False) -> None:
    """Hold a Schema to its rules; `whole`: it describes the reply, whose objects must not have empty properties.

    Raises Refusal (400) that names the field.
    """
    for place, one in _nested(schema, where):
        for sentence in _faults(one, whole=whole):
            raise _refused(place, sentence)


def _refused(place: str, sentence: str) -> Refusal:
    return invalid(f"{place}: {sentence}", [(place, sentence)])


def _nested(schema: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield where, schema
    for name, one in schema.get("properties", {}).items():
        yield from _nested(one, f"{where}.properties[{name}]")
    for index, one in enumerate(schema.get("anyOf", [])):
        yield from _nested(one, f"{where}.any_of[{index}]")
    if "items" in schema:
        yield from _nested(schema["items"], f"{where}.items")


def _faults(schema: dict[str, Any], *, whole: bool) -> Iterator[str]:
    kind = schema.get("type", "TYPE_UNSPECIFIED")
    if kind == "TYPE_UNSPECIFIED" and "anyOf" not in schema:
        yield "a schema must say its type"
    if kind == "ARRAY" and "items" not in schema:
        yield "items is missing, and an array needs it"
    if whole and kind == "OBJECT" and schema.get("properties") == {}:
        yield "properties must not be empty for an object"
    unknown = [name for name in schema.get("required", []) if name not in schema.get("properties", {})]
    if unknown:
        yield f"required names properties that are not defined: {', '.join(unknown)}"
    yield from _string_faults(schema, kind)


def _string_faults(schema: dict[str, Any], kind: str) -> Iterator[str]:
    if "enum" in schema and kind != "STRING":
        yield "enum is only allowed for a string"
    if "" in schema.get("enum", []):
        yield "an enum must not hold an empty string"
    if kind == "STRING" and schema.get("format", "enum") not in _FORMATS:
        yield f"of the formats only {' and '.join(sorted(_FORMATS))} are supported for a string"


def check_json(schema: Any, where: str) -> None:
    """Hold a JSON Schema to what the API says: references that resolve, alone in their node."""
    if not isinstance(schema, dict):
        raise _refused(where, "a JSON schema is an object")
    _sound(schema, where)
    for node in _nodes(schema, 0, where):
        target = node.get("$ref")
        if not isinstance(target, str):
            continue
        if any(not name.startswith("$") for name in node):
            raise _refused(where, f"beside a $ref only names that start with $ may stand, at {target}")
        if resolve(schema, target) is None:
            raise _refused(where, f"the reference {target} leads nowhere")
    if _endless(schema, schema, frozenset()):
        raise _refused(where, "a schema may hold itself only through properties that are not required")


def _sound(schema: dict[str, Any], where: str) -> None:
    """Refuse what is no JSON Schema; types may be in capitals."""
    for error in jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA).iter_errors(schema):
        if "type" not in error.absolute_path:
            path = "/".join(map(str, error.absolute_path))
            raise _refused(where, f"this is no JSON schema, at /{path}: {error.message}")


def _endless(root: dict[str, Any], node: Any, seen: frozenset[str]) -> bool:
    """Tell whether a value that fits would never end."""
    if not isinstance(node, dict):
        return False
    target = node.get("$ref")
    if isinstance(target, str):
        return target in seen or _endless(root, resolve(root, target), seen | {target})
    properties = node.get("properties", {})
    return any(_endless(root, properties[name], seen) for name in node.get("required", ()) if name in properties)


def _nodes(value: Any, depth: int, where: str, *, named: bool = False) -> Iterator[dict[str, Any]]:
    """Yield every schema in a value; `named`: it holds schemas by names of the user's own."""
    if depth > _DEEPEST:
        raise _refused(where, "the schema is nested too deeply")
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, depth + 1, where)
    if not isinstance(value, dict):
        return
    if not named:
        yield value
    for name, item in value.items():
        if named or name not in _DATA:
            yield from _nodes(item, depth + 1, where, named=not named and name in _NAMED)


def resolve(root: dict[str, Any], target: str) -> Any:
    """Follow a reference inside `root`; None where it leads nowhere."""
    if target == "#":
        return root
    found: Any = root
    for token in target.removeprefix("#/").split("/"):
        name = token.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found if target.startswith("#/") else None
