"""Reads requests as the API's JSON reader does, by definitions in the form of JSON Schema.

https://protobuf.dev/programming-guides/json/ says what such a reader takes: names in camelCase or with underscores,
null as absence, numbers as strings, enum words or their numbers. Google's also takes enum words in any case and one
message where a list of them belongs. It refuses every name that it does not know.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from isogloss.emulator.errors import Refusal, invalid

Schema = dict[str, Any]

_BYTES: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_KINDS: Final = {"string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false"}
_INT32: Final = 2**31
_ABSENT: Final = object()


def camel(name: str) -> str:
    """Spell a name in camelCase: inline_data is inlineData."""
    return re.sub(r"(?<=.)_([a-z0-9])", lambda found: found[1].upper(), name)


def snake(name: str) -> str:
    """Spell a name with underscores, as errors do."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def read(document: Any, schema: Schema, definitions: Schema) -> Any:
    """Return the document in camelCase, with null left out and enum words in capitals.

    Raises Refusal (400) that names every violation, by field, as in `contents[0].parts[1].inline_data`.
    """
    reader = _Reader(definitions)
    try:
        found = reader.value(schema, document, "", named=False)
    except RecursionError:
        raise invalid("The message is nested too deeply.") from None
    if reader.violations:
        raise _refusal(reader.violations)
    return found


def _refusal(violations: list[tuple[str, str]]) -> Refusal:
    return invalid("\n".join(sentence for _, sentence in violations), violations)


class _Reader:
    def __init__(self, definitions: Schema) -> None:
        self.definitions = definitions
        self.violations: list[tuple[str, str]] = []

    def say(self, path: str, sentence: str) -> Any:
        self.violations.append((path, f"{sentence} at '{path}'." if path else f"{sentence}."))
        return _ABSENT

    def value(self, schema: Schema, value: Any, path: str, *, named: bool) -> Any:
        """Read one value; `named`: its type has a name of its own, so an enum is one of the API's."""
        if "$ref" in schema:
            return self.value(self.definitions[schema["$ref"].rpartition("/")[2]], value, path, named=True)
        if "anyOf" in schema:
            return self.value(_branch(schema["anyOf"], value), value, path, named=named)
        kind = schema.get("type")
        if kind == "object":
            return self.object(schema, value, path)
        if kind == "array":
            return self.list(schema, value, path)
        return value if kind is None else self.scalar(schema, kind, value, path, named)

    # --- objects and lists

    def object(self, schema: Schema, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self.say(path, f"Starting an object on a scalar field: {_show(value)}")
        if "properties" in schema:
            return self.message(schema, value, path)
        values = schema.get("additionalProperties")
        if not isinstance(values, dict):
            return value
        read = {key: self.value(values, item, f"{path}[{key}]", named=False) for key, item in value.items()}
        return {key: item for key, item in read.items() if item is not _ABSENT}

    def message(self, schema: Schema, value: dict[str, Any], path: str) -> Any:
        found: dict[str, Any] = {}
        for key, item in value.items():
            name = self.name(schema, key, path)
            if name is None or item is None:
                continue
            if name in found:
                self.say(path, f'The name "{key}" stands twice')
            read = self.value(schema["properties"][name], item, _join(path, snake(name)), named=False)
            found[name] = item if read is _ABSENT else read
        self.demands(schema, found, path)
        return found

    def name(self, schema: Schema, key: str, path: str) -> str | None:
        for spelling in (key, camel(key)):
            if spelling in schema["properties"]:
                return spelling
        self.say(path, f'Invalid JSON payload: unknown name "{key}"')
        return None

    def demands(self, schema: Schema, found: dict[str, Any], path: str) -> None:
        """Hold what a message says about its fields together: those it needs, and those that exclude each other."""
        for name in schema.get("required", ()):
            if name not in found:
                self.say(_join(path, snake(name)), "A required field is not set")
        union = [rule["required"][0] for rule in schema.get("oneOf", ())]
        given = [name for name in union if name in found]
        if union and len(given) != 1:
            self.say(path, f"Exactly one kind of data must be set, not {', '.join(given) or 'none'},")
        for rule in schema.get("allOf", ()):
            pair = rule["not"]["required"]
            if all(name in found for name in pair):
                self.say(path, f"Only one of {' and '.join(pair)} can be set")

    def list(self, schema: Schema, value: Any, path: str) -> Any:
        items = value if isinstance(value, list) else [value]
        if not isinstance(value, list) and not isinstance(value, dict):
            return self.say(path, f"This is not a list: {_show(value)}")
        if len(items) < schema.get("minItems", 0):
            self.say(path, "A required list must not be empty" if not items else "There are too few items")
        if len(items) > schema.get("maxItems", math.inf):
            self.say(path, f"There are {len(items)} items, and at most {schema['maxItems']} are taken,")
        return [self.item(schema["items"], item, f"{path}[{index}]") for index, item in enumerate(items)]

    def item(self, schema: Schema, value: Any, path: str) -> Any:
        return (
            self.say(path, "An item must not be null")
            if value is None
            else self.value(schema, value, path, named=False)
        )

    # --- scalars

    def scalar(self, schema: Schema, kind: Any, value: Any, path: str, named: bool) -> Any:
        if isinstance(kind, list):  # a 64-bit integer, which may be a string
            return self.number({"type": "integer", "wide": True}, value, path)
        if "enum" in schema:
            return self.enum(schema["enum"], value, path, named)
        if kind in {"integer", "number"}:
            return self.number(schema, value, path)
        wanted = str if kind == "string" else bool
        if not isinstance(value, wanted):
            return self.say(path, f"Invalid value, {_KINDS[kind]} is needed: {_show(value)}")
        return self.string(schema, value, path) if isinstance(value, str) else value

    def string(self, schema: Schema, value: str, path: str) -> Any:
        if schema.get("contentEncoding") == "base64":
            sound = _BYTES.fullmatch(value) and len(value.rstrip("=")) % 4 != 1
            return value if sound else self.say(path, "Base64 decoding failed for bytes")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return self.say(path, f"Invalid value: {_show(value)}")
        if len(value) > schema.get("maxLength", math.inf):
            return self.say(path, f"A string is longer than {schema['maxLength']} characters")
        return value

    def enum(self, words: list[str], value: Any, path: str, named: bool) -> Any:
        if isinstance(value, str) and value in words:
            return value.upper() if value.upper() in words else value
        if isinstance(value, str) and named:
            found = next((word for word in words if word.upper() == value.upper()), None)
            if found is not None:
                return found
        if named and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(words):
            return words[value]
        return self.say(path, f"Invalid value: {_show(value)}")

    def number(self, schema: Schema, value: Any, path: str) -> Any:
        number = _number(value)
        if number is None or (schema["type"] == "integer" and number != int(number)):
            return self.say(path, f"Invalid value, {_KINDS[schema['type']]} is needed: {_show(value)}")
        if schema["type"] == "integer":
            number = int(number)
            if "wide" not in schema and not -_INT32 <= number < _INT32:
                return self.say(path, f"Value out of range: {_show(value)}")
        if not _within(schema, number):
            return self.say(path, f"The value {_show(value)} is out of the supported range")
        return number


def _number(value: Any) -> float | int | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if re.search(r"[.eE]", value) else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _within(schema: Schema, number: float) -> bool:
    above = number > schema.get("exclusiveMinimum", -math.inf)
    return above and schema.get("minimum", -math.inf) <= number <= schema.get("maximum", math.inf)


def _branch(branches: list[Schema], value: Any) -> Schema:
    wanted = "array" if isinstance(value, list) else None
    return next((branch for branch in branches if branch.get("type") == wanted), branches[0])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _show(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004
