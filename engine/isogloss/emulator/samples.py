"""Values that fit a schema, the API's kind or JSON Schema, and that take up words of the prompt where they can."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator import patterns
from isogloss.emulator.schemas import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.emulator.dice import Dice

Schema = dict[str, Any]

_DEEPEST: Final = 5  # levels below which only what is required is said
_BOTTOM: Final = 40  # levels below which a schema that never ends is left
_LONGEST: Final = 100_000  # characters, and items
_MOST: Final = 20_000  # values, after which nothing more is said
_FORMATS: Final = {
    "date-time": "2026-03-14T09:26:53Z",
    "date": "2026-03-14",
    "time": "09:26:53Z",
    "duration": "PT90M",
    "email": "ada@example.com",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "uuid": "3f2b8c1e-9d4a-4e57-8b60-1f0c2d3e4a5b",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Sampler:
    """Draws values for one schema; `words` are what the prompt offers, taken up in order by free strings."""

    def __init__(self, root: Schema, dice: Dice, words: list[str] | None = None) -> None:
        self.root = root
        self.dice = dice
        self.words = list(words or ())
        self.spare = False
        self.made = 0

    def draw(self, *, spare: bool = False) -> Any:
        """Draw a value; `spare` leaves out what the schema does not require."""
        self.spare = spare
        return self.value(self.root, "", 0)

    def value(self, schema: Schema, path: str, depth: int) -> Any:
        self.made += 1
        if self.made > _MOST:
            return None
        schema = self.settled(schema, path, depth)
        for key in ("const", "example"):
            if key in schema:
                return schema[key]
        if schema.get("enum"):
            return self.dice.pick(path, [word for word in schema["enum"] if word is not None] or [None])
        draw: dict[str, Callable[[Schema, str, int], Any]] = {
            "object": self.object,
            "array": self.array,
            "string": self.string,
            "integer": self.integer,
            "number": self.number,
            "boolean": lambda _, at, __: self.dice.number(at, 0, 1) == 1,
            "null": lambda *_: None,
        }
        return draw.get(_kind(schema), self.string)(schema, path, depth)

    def settled(self, schema: Schema, path: str, depth: int) -> Schema:
        """Follow references, and choose a branch."""
        schema = self.followed(schema)
        if depth > _BOTTOM:
            return {}
        for key in ("anyOf", "oneOf"):
            branches = [one for one in schema.get(key, []) if _kind(one) != "null"] or schema.get(key, [])
            if branches:
                rest = {name: value for name, value in schema.items() if name != key}
                chosen = branches[0] if depth >= _DEEPEST else self.dice.pick(f"{path}/{key}", branches)
                return {**rest, **self.settled(chosen, path, depth + 1)}
        for one in schema.get("allOf", []):
            schema = {**schema, **self.settled(one, path, depth + 1)}
        return schema

    def followed(self, schema: Any) -> Schema:
        """Follow references, a few of them; what is no object (`true`: anything) is a string."""
        for _ in range(_DEEPEST):
            if not isinstance(schema, dict) or "$ref" not in schema:
                break
            schema = resolve(self.root, schema["$ref"])
        return schema if isinstance(schema, dict) else {"type": "string"}

    def object(self, schema: Schema, path: str, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        order = schema.get("propertyOrdering") or list(properties)
        required = schema.get("required", [])
        few = self.spare or depth >= _DEEPEST
        names = [name for name in order if name in properties and (not few or name in required)]
        names += [name for name in required if name in properties and name not in names]
        return {name: self.value(properties[name], f"{path}/{name}", depth + 1) for name in names}

    def array(self, schema: Schema, path: str, depth: int) -> list[Any]:
        fixed = schema.get("prefixItems", [])
        items = schema.get("items", {"type": "string"})
        least = min(_LONGEST, max(int(schema.get("minItems", 0)), len(fixed)))
        most = int(schema.get("maxItems", max(least, 3)))
        count = self.dice.number(path, least or min(most, 1), max(most, least)) if depth < _DEEPEST else least
        return [
            self.value(fixed[index] if index < len(fixed) else items, f"{path}/{index}", depth + 1)
            for index in range(min(count, least + 3))
        ]

    def string(self, schema: Schema, path: str, depth: int) -> str:
        del depth
        if "pattern" in schema:
            return patterns.matching(schema["pattern"], lambda name, most: self.dice.number(path + name, 0, most))
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        text = self.words.pop(0) if self.words else self.dice.pick(path, ["amber", "birch", "cedar", "délta", "ember"])
        least, most = min(_LONGEST, int(schema.get("minLength", 0))), int(schema.get("maxLength", _LONGEST))
        return (text + _LETTERS * (least // len(_LETTERS) + 1))[: max(least, min(most, len(text)))]

    def integer(self, schema: Schema, path: str, depth: int) -> int:
        del depth
        step = int(schema.get("multipleOf", 1)) or 1
        least, most = _range(schema, 1)
        return step * self.dice.number(path, -(-least // step), max(-(-least // step), most // step))

    def number(self, schema: Schema, path: str, depth: int) -> float:
        del depth
        least, most = _bounds(schema)
        low = least if least is not None else (0.0 if most is None or most > 0 else most - 100)
        high = most if most is not None else low + 100
        return round(low + (high - low) * self.dice.number(path, 1, 9) / 10, 6)


def _kind(schema: Any) -> str:
    """Return the type in lower case, guessed from what else is said where it is not given."""
    said = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(said, list):
        said = next((word for word in said if word != "null"), "null")
    if isinstance(said, str):
        return said.lower()
    found = schema if isinstance(schema, dict) else {}
    return "object" if "properties" in found else "array" if "items" in found else "string"


def _bounds(schema: Schema) -> tuple[float | None, float | None]:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    return least, schema.get("maximum", schema.get("exclusiveMaximum"))


def _range(schema: Schema, step: int) -> tuple[int, int]:
    least, most = _bounds(schema)
    low = int(least) if least is not None else (1 if most is None or most >= 1 else int(most) - 99)
    high = int(most) if most is not None else low + 99
    low += step if "exclusiveMinimum" in schema and "minimum" not in schema else 0
    high -= step if "exclusiveMaximum" in schema and "maximum" not in schema else 0
    return low, max(low, high)


def phrases(text: str) -> list[str]:
    """Return what a prompt offers as arguments: what stands in quotes, then names, in order.

    Names are runs of capitalised words that do not open a sentence.
    """
    quoted = re.findall(r"[\"“`]([^\"“”`]{1,60})[\"”`]", text)
    named = re.findall(r"(?<![.!?\n\"“] )(?<!^)\b([A-ZÀ-Þ][\w’-]+(?: [A-ZÀ-Þ][\w’-]+)*)", text)
    return list(dict.fromkeys(quoted + [name for name in named if name != "I"]))
