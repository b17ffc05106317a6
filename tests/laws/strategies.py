"""Hypothesis strategies that draw documents of both dialects, written by hand so that they are fast and readable.

Every strategy of a dialect draws documents that are valid by the vendor's JSON Schema (`schemas/`), and by what the
vendors demand beyond it: calls are answered directly after the turn that made them, results stand before later text,
ids are unique, token counts add up, byte offsets fall on characters. The few documents that leave the vendor's schema
use a word of our own list of extensions (`schemas/extensions.schema.json`), and `extensions=False` leaves those out.

The ones to use:

    openai_request(), openai_response(), openai_errors()
    gemini_request(), gemini_response(), gemini_errors()
    gemini_models(), openai_models()
    json_schemas(), gemini_schemas()
    any_json(), mutated(document), snake_cased(document)

An object is drawn as its required fields and a handful of its optional ones, not as a coin for each field: documents
stay small, and over a hundred examples every field has been there.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]
Strategy = st.SearchStrategy
Fields = Mapping[str, Strategy[Any]]


# ── composing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def some(required: Fields, optional: Fields | None = None, most: int = 3) -> Strategy[Object]:
    """An object with all the required fields and up to `most` of the optional ones."""
    if not optional or not most:
        return st.fixed_dictionaries(dict(required))
    return _some(required, optional, subset(sorted(optional), most=most))


@st.composite
def _some(draw: st.DrawFn, required: Fields, optional: Fields, chosen: Strategy[list[str]]) -> Object:
    drawn = {name: draw(strategy) for name, strategy in required.items()}
    return drawn | {name: draw(optional[name]) for name in draw(chosen)}


def features(groups: Fields, most: int) -> Strategy[Object]:
    """Fields that stand together (`logprobs` and `top_logprobs`) are one strategy each; up to `most` are merged."""
    return _features(groups, subset(sorted(groups), most=most))


@st.composite
def _features(draw: st.DrawFn, groups: Fields, chosen: Strategy[list[str]]) -> Object:
    merged: Object = {}
    for name in draw(chosen):
        merged |= draw(groups[name])
    return merged


def each(fields: Fields) -> dict[str, Strategy[Object]]:
    """Fields that stand alone, as features."""
    return {name: some({name: strategy}) for name, strategy in fields.items()}


EIGHT = st.integers(0, 7)


@st.composite
def rarely(draw: st.DrawFn, rare: Strategy[Any], common: Strategy[Any]) -> Any:
    """The rare one in one of eight draws."""
    return draw(rare if draw(EIGHT) == 7 else common)


def null_or(strategy: Strategy[Any]) -> Strategy[Any]:
    """A value that the vendor lets be null, and that seldom is."""
    return rarely(st.none(), strategy)


def one(*values: Any) -> Strategy[Any]:
    """One of the values; objects and lists are copied, so that no two documents share any."""
    strategy = st.sampled_from(values)
    return strategy.map(copy.deepcopy) if any(isinstance(value, dict | list) for value in values) else strategy


def listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def few(strategy: Strategy[Any], least: int = 0, most: int = 3) -> Strategy[list[Any]]:
    return st.lists(strategy, min_size=least, max_size=most)


def subset(values: Sequence[str], least: int = 0, most: int = 3) -> Strategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=most)


# ── words, numbers, media ──────────────────────────────────────────────────────────────────────────────────────────

PHRASES = (
    "Say hello in French.",
    "Bonjour !",
    "naïve café",
    "日本の首都は東京です。",
    "👩‍👩‍👧 family",
    "e\u0301 is not é",
    "two\nlines\tand a tab",
    "separators \u2028\u2029\x85 inside",
    '{"looks": "like JSON"}',
    "data:image/png;base64,AAAA is a URL in a text",
    '\\u0041 and a "quote"',
    "null",
    " ",
)
FUNCTIONS = ("get_weather", "search", "set_thermostat", "send_mail", "a", "Lookup-2", "get_current_temperature")
GOOGLE_FUNCTIONS = (*FUNCTIONS[:4], "_private", "files.read", "mcp:list-all", "ns.tool:v2", "x" * 70)
KEYS = ("city", "query", "limit", "unit", "output", "result", "error", "$ref", "content", "parts", "naïve key")
SIGNATURES = ("c2lnbmF0dXJl", "AAECAwQFBgcICQ==", "27OTl/TRJXqUmShG3K+JQMVy", "skip_thought_signature_validator")
URLS = (
    "https://example.com/chart.png",
    "http://example.com/a%20b.jpg?size=1#top",
    "gs://bucket/folder/clip.mp4",
    "https://generativelanguage.googleapis.com/v1beta/files/abc-123",
    "https://www.youtube.com/watch?v=9hE5-98ZeCg",
)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGES = (("image/png", PNG), ("image/jpeg", "/9j/4AAQSkZJRg=="), ("image/webp", "UklGRg=="), ("image/gif", "R0lGODlh"))
SOUNDS = (("audio/wav", "UklGRiQAAABXQVZF"), ("audio/mp3", "SUQzBAAAAAAA"), ("audio/L16;rate=24000", "AAABAAEA"))
FILES = (("application/pdf", "JVBERi0xLjQ="), ("text/plain", "aGVsbG8="), ("video/mp4", "AAAAIGZ0eXA="))

EMPTY: Strategy[Object] = st.builds(dict)
NOTHING: Strategy[list[Any]] = st.builds(list)
words = st.sampled_from(PHRASES) | st.text(max_size=12)
texts = rarely(st.just(""), words)
booleans = st.booleans()
counts = st.integers(0, 5000)
offsets = one("0s", "1.5s", "10s", "3600s", "0.000000001s")
stamps = one("2026-11-22T15:48:00Z", "2026-01-01T00:00:00.123456789Z")
signatures = st.sampled_from(SIGNATURES)


def numbers(low: float, high: float) -> Strategy[float]:
    """Numbers of a range: its ends, whole ones, and any."""
    return one(low, high, int(low), int(high)) | st.floats(low, high, allow_subnormal=False).map(_plain_zero)


def _plain_zero(number: float) -> float:
    return number + 0.0  # -0.0 says nothing that 0.0 does not


scalars = (
    one(None, True, False, 0, 1, -7, 2**53, 3.5, -0.25, 1e-9, "", "20", "metric")
    | st.integers(-1000, 1000)
    | st.sampled_from(PHRASES)
)
keys = st.sampled_from(KEYS) | st.text(min_size=1, max_size=4)
values = scalars | few(scalars) | st.dictionaries(keys, scalars, max_size=2)
objects = st.dictionaries(keys, values | few(st.dictionaries(keys, values, max_size=2), most=2), max_size=3)
string_maps = st.dictionaries(st.sampled_from(("team", "env", "request-id")), st.sampled_from(PHRASES[:4]), max_size=3)


def data_url(mime: str, data: str) -> str:
    return f"data:{mime};base64,{data}"


@cache
def data_urls(kinds: tuple[tuple[str, str], ...]) -> Strategy[str]:
    return st.sampled_from([data_url(*kind) for kind in kinds])


# ── schemas of tools and answers ───────────────────────────────────────────────────────────────────────────────────

PROPERTIES = ("city", "unit", "when", "tags", "nested", "strict", "type", "items", "properties", "näme")
DEFINITIONS: Object = {
    "Place": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}},
    "Node": {
        "type": "object",
        "properties": {"value": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}},
        "required": ["value"],
    },
    "Tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}},
    "Odd": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Even"}]},
    "Even": {"type": "object", "properties": {"one_less": {"$ref": "#/$defs/Odd"}}},
    "Colour": {"type": "string", "enum": ["red", "green"], "description": "A colour."},
}
REFERENCES = tuple(f"#/$defs/{name}" for name in DEFINITIONS)
NOTES: Fields = {"description": words, "title": st.sampled_from(PHRASES[:3])}


@cache
def _flat_schemas() -> Strategy[Object]:
    strings = some(
        {"type": st.just("string")},
        {
            "format": one("date-time", "email", "uri", "enum", "uuid"),
            "minLength": st.integers(0, 3),
            "maxLength": st.integers(3, 99),
            "pattern": one("^[a-z]+$", "\\d{3}"),
            "default": words,
            **NOTES,
        },
        most=2,
    )
    figures = some(
        {"type": one("number", "integer")},
        {
            "minimum": st.integers(-3, 0),
            "maximum": st.integers(1, 9),
            "exclusiveMinimum": st.just(0),
            "multipleOf": one(1, 5),
            "format": one("int32", "double"),
            "default": st.just(1),
            **NOTES,
        },
        most=2,
    )
    return st.one_of(
        strings,
        figures,
        some({"type": one("boolean", "null")}, NOTES, most=1),
        some({"type": st.just("string"), "enum": one(["a", "b"], ["metric"], ["", "x"])}, NOTES, most=1),
        some({"type": one("integer", "number"), "enum": one([1, 2, 3], [0], [10, 20])}, NOTES, most=1),
        some({"enum": one(["a", 1, None], ["only"], [True, False])}),
        some({"const": one("fixed", 7, None, True)}, {"type": st.none()}, most=0),
        some({"type": one(["string", "null"], ["integer", "null"], ["string", "integer"], ["null"])}, NOTES, most=1),
        some({"$ref": st.sampled_from(REFERENCES)}, {**NOTES, "$comment": words}, most=1),
        EMPTY,
        one({"type": "object"}, {"type": "array"}, {"type": "object", "properties": {}}),
    )


@st.composite
def _object_schemas(draw: st.DrawFn, inner: Strategy[Object]) -> Object:
    names = draw(subset(PROPERTIES))
    schema: Object = {"type": "object", "properties": {name: draw(inner) for name in names}}
    if names and draw(booleans):
        schema["required"] = names[: draw(st.integers(1, len(names)))]
    return schema | draw(
        some({}, {"additionalProperties": booleans | inner, "minProperties": one(0, 1), **NOTES}, most=2)
    )


@cache
def _schemas_of(depth: int) -> Strategy[Object]:
    if not depth:
        return _flat_schemas()
    inner = _schemas_of(depth - 1)
    arrays = {"minItems": st.integers(0, 2), "maxItems": st.integers(2, 9), "uniqueItems": booleans, **NOTES}
    return st.one_of(
        inner,
        _object_schemas(inner),
        some({"type": st.just("array"), "items": inner}, arrays, most=2),
        some({"anyOf": st.tuples(inner, one({"type": "null"})).map(list)}, {"default": st.none(), **NOTES}, most=1),
        some({"anyOf": few(inner, 1)}, NOTES, most=1),
        some({"anyOf": st.tuples(some({"$ref": st.sampled_from(REFERENCES)})).map(list)}, NOTES, most=1),
        some({"oneOf": few(inner, 1, 2)}, NOTES, most=1),
        some({"allOf": few(inner, 1, 2)}, NOTES, most=1),
        some({"type": st.just("array"), "prefixItems": few(inner, 1, 2)}),
        some({"type": one(["object", "null"]), "properties": some({"city": inner})}),
        some({"not": inner}, {"patternProperties": some({"^x-": inner}), "examples": few(scalars)}, most=1),
    )


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _definitions(schema: Object) -> Object:
    """The definitions that a schema refers to, and those that they refer to."""
    found: Object = {}
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = copy.deepcopy(DEFINITIONS[name])
            waiting += _references(found[name])
    return found


@st.composite
def json_schemas(draw: st.DrawFn, depth: int = 2) -> Object:
    """A JSON Schema of an object, as tools and answers have it; references resolve, also in circles."""
    schema = draw(_object_schemas(_schemas_of(depth)))
    if definitions := _definitions(schema):
        schema["$defs"] = definitions
    return schema | draw(some({}, {"$schema": st.just("https://json-schema.org/draft/2020-12/schema")}, most=1))


GOOGLE_NOTES: Fields = {**NOTES, "nullable": booleans, "example": scalars, "default": scalars}


@cache
def _flat_gemini_schemas() -> Strategy[Object]:
    lengths = st.integers(0, 9) | st.integers(0, 9).map(str)  # 64-bit integers may be strings on the wire
    return st.one_of(
        some(
            {"type": st.just("STRING")}, {"minLength": lengths, "maxLength": lengths, "pattern": st.just("^a"), **NOTES}
        ),
        some({"type": st.just("STRING"), "enum": one(["a", "b"], ["x"])}, {"format": st.just("enum"), **GOOGLE_NOTES}),
        some({"type": st.just("STRING"), "format": st.just("date-time")}, GOOGLE_NOTES, most=1),
        some({"type": one("NUMBER", "INTEGER")}, {"minimum": one(0, -1.5), "maximum": one(9, 9.5), **GOOGLE_NOTES}),
        some({"type": one("INTEGER")}, {"format": one("int32", "int64"), **GOOGLE_NOTES}, most=2),
        some({"type": one("BOOLEAN", "NULL", "string", "integer")}, GOOGLE_NOTES, most=1),
        some({}, GOOGLE_NOTES, most=1),
    )


@st.composite
def _gemini_object_schemas(draw: st.DrawFn, inner: Strategy[Object]) -> Object:
    names = draw(subset(PROPERTIES, 1))
    schema: Object = {"type": "OBJECT", "properties": {name: draw(inner) for name in names}}
    if draw(booleans):
        schema["required"] = names[:1]
    order = {"propertyOrdering": one(names), "minProperties": st.just("1"), "maxProperties": st.just(9)}
    return schema | draw(some({}, {**order, **GOOGLE_NOTES}, most=2))


@cache
def gemini_schemas(depth: int = 2) -> Strategy[Object]:
    """A schema in Google's own subset, with its type names in capitals (as a rule)."""
    if not depth:
        return _flat_gemini_schemas()
    inner = gemini_schemas(depth - 1)
    arrays = {"minItems": st.just("1"), "maxItems": st.integers(1, 9), **GOOGLE_NOTES}
    return st.one_of(
        _gemini_object_schemas(inner),
        inner,
        some({"type": st.just("ARRAY"), "items": inner}, arrays, most=2),
        some({"anyOf": few(inner, 1)}, GOOGLE_NOTES, most=1),
    )


# ── models ─────────────────────────────────────────────────────────────────────────────────────────────────────────

GEMINI_MODELS: dict[str, tuple[str, ...]] = {
    "1.0": ("gemini-pro", "gemini-pro-vision"),
    "1.5": ("gemini-1.5-pro", "gemini-1.5-pro-latest", "gemini-1.5-flash", "gemini-1.5-flash-8b-001"),
    "2.0": ("gemini-2.0-flash", "gemini-2.0-flash-exp", "gemini-2.0-flash-001", "gemini-2.0-flash-lite-preview-02-05"),
    "2.0 thinking": ("gemini-2.0-flash-thinking-exp-01-21",),
    "2.0 image": ("gemini-2.0-flash-exp-image-generation", "gemini-2.0-flash-preview-image-generation"),
    "2.5": ("gemini-2.5-flash", "gemini-2.5-flash-preview-04-17", "gemini-2.5-flash-preview-09-2025"),
    "2.5 pro": ("gemini-2.5-pro", "gemini-2.5-pro-preview-06-05"),
    "2.5 lite": ("gemini-2.5-flash-lite", "gemini-2.5-flash-lite-preview-09-2025"),
    "tts": ("gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts", "gemini-3.1-flash-tts-preview"),
    "later tts": ("gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts"),
    "image": (
        "gemini-2.5-flash-image",
        "gemini-2.5-flash-image-preview",
        "gemini-3-pro-image",
        "gemini-3.1-flash-image",
    ),
    "later image": ("gemini-nano-banana-2.1", "gemini-3.1-flash-lite-image", "nano-banana-pro-preview"),
    "3": ("gemini-3-pro-preview", "gemini-3-flash-preview"),
    "3.1": ("gemini-3.1-pro-preview", "gemini-3.1-pro-preview-customtools", "gemini-3.1-flash-lite"),
    "3.5": ("gemini-3.5-flash", "gemini-3.5-flash-lite"),
    "3.6 and later": ("gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash"),
    "4": ("gemini-4-argon",),
    "latest": ("gemini-flash-latest", "gemini-flash-lite-latest", "gemini-pro-latest"),
    "gemma": ("gemma-3-27b-it", "gemma-4-31b-it", "gemma-4-26b-a4b-it"),
    "others": ("learnlm-1.5-pro-experimental", "learnlm-2.0-flash-experimental", "gemini-exp-1206"),
    "special": ("gemini-robotics-er-2-preview", "tunedModels/my-model-123", "gemini-3.5-transcribe"),
    "unknown": ("gemini-5-boron", "gemini-3.9-flash", "gemini-12.3-pro", "gemini-2.7-flash-lite", "made-up", "gemini-"),
}
OPENAI_MODELS: dict[str, tuple[str, ...]] = {
    "compatible": ("gpt-4o", "gpt-4o-mini-2024-07-18", "gpt-4.1", "gpt-3.5-turbo", "gpt-4-0613", "chatgpt-4o-latest"),
    "audio": ("gpt-4o-audio-preview", "gpt-4o-search-preview"),
    "o-series": ("o1", "o1-mini", "o3", "o3-mini-2025-01-31", "o4-mini"),
    "gpt-5 and later": ("gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5.2-pro", "gpt-5.6-sol", "gpt-6-astra", "gpt-6.1-sol"),
    "unknown": ("llama-3.3-70b", "qwen/qwen3-32b", "deepseek-reasoner", "ft:gpt-4o-mini:acme::abc", "gpt-9", "o"),
}


def _names(families: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> list[str]:
    return [name for family, names in families.items() if not wanted or family in wanted for name in names]


@st.composite
def gemini_models(draw: st.DrawFn, *families: str) -> str:
    """A model's name, of the families named or of all, sometimes with a prefix that callers write."""
    name = draw(st.sampled_from(_names(GEMINI_MODELS, families)))
    return draw(rarely(one("gemini/", "models/"), st.just(""))) + name


def openai_models(*families: str) -> Strategy[str]:
    """A model's name, of the families named or of all."""
    return st.sampled_from(_names(OPENAI_MODELS, families))


GEMINI_NAMES = gemini_models()


# ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

IDS = ("call_{:024x}", "call_{}", "toolu_01{:04d}", "{:08x}-1111-4222-8333-444455556666", "{}")


@st.composite
def _numberings(draw: st.DrawFn) -> Callable[[], str]:
    """A way to name calls; each use gives an id that has not been given before."""
    style, given = draw(st.sampled_from(IDS)), iter(range(1, 10_000))
    return lambda: style.format(next(given))


@st.composite
def argument_texts(draw: st.DrawFn) -> str:
    """Arguments as JSON text, written as different clients write it; no arguments may be an empty text."""
    arguments = draw(objects)
    style = draw(one({}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"indent": 1}, {"sort_keys": True}))
    return draw(rarely(one("", "{}"), st.just(json.dumps(arguments, **style))))


def _signed(signature: str, form: int) -> Object:
    spoken = {"extra_content": {"google": {"thought_signature": signature}}}
    fields = {"provider_specific_fields": {"thought_signature": signature}}
    return (spoken, fields, spoken | fields)[form]


@st.composite
def _tool_call(draw: st.DrawFn, ident: str, name: str, signed: bool) -> Object:
    call: Object = {"id": ident, "type": "function", "function": {"name": name, "arguments": draw(argument_texts())}}
    return call | (_signed(draw(signatures), draw(st.integers(0, 2))) if signed else {})


# ── OpenAI: messages ───────────────────────────────────────────────────────────────────────────────────────────────

CACHED = some({"cache_control": some({"type": st.just("ephemeral")}, {"ttl": one("3600s", "1.5s")})})
BREAKPOINT = one({"prompt_cache_breakpoint": {"mode": "explicit"}})
DETAILS = ("auto", "low", "medium", "high", "ultra_high")
VIDEO = some({}, {"fps": one(1, 0.5, 24), "start_offset": offsets, "end_offset": offsets}, most=3)


@st.composite
def _marked(draw: st.DrawFn, part: Strategy[Object], extensions: bool) -> Object:
    """A part that seldom carries a mark for a cache."""
    mark = draw(rarely(BREAKPOINT | CACHED if extensions else BREAKPOINT, EMPTY))
    return draw(part) | mark


@cache
def text_parts(extensions: bool) -> Strategy[Object]:
    return _marked(some({"type": st.just("text"), "text": texts}), extensions)


@cache
def media_parts(extensions: bool) -> Strategy[Object]:
    """Images, sound and files, given inline or by address."""
    details = one(*DETAILS, "original") if extensions else one("auto", "low", "high", "original")
    formats = one("wav", "mp3", "ogg", "pcm16") if extensions else one("wav", "mp3")
    image = some({"url": data_urls(IMAGES) | st.sampled_from(URLS[:4])}, {"detail": details}, most=1)
    sound = some({"data": st.sampled_from([data for _, data in SOUNDS]), "format": formats})
    named = {"filename": one("paper.pdf", "clip.mp4", "naïve.txt")}
    more: Fields = {"format": one("application/pdf", "video/mp4"), "detail": one(*DETAILS), "video_metadata": VIDEO}
    inline = some({"file_data": data_urls(FILES + SOUNDS)}, {**named, **more} if extensions else named, most=2)
    known = some(
        {"file_id": one("file-abc123") | st.sampled_from(URLS)}, {**named, **more} if extensions else named, most=2
    )
    return _marked(
        st.one_of(
            some({"type": st.just("image_url"), "image_url": image}),
            some({"type": st.just("input_audio"), "input_audio": sound}),
            some({"type": st.just("file"), "file": inline | known}),
        ),
        extensions,
    )


@cache
def user_parts(extensions: bool) -> Strategy[Object]:
    parts = text_parts(extensions) | media_parts(extensions)
    if not extensions:
        return parts
    video = some({"url": st.sampled_from(URLS[2:])}, {"detail": one(*DETAILS), "video_metadata": VIDEO}, most=2)
    return rarely(some({"type": st.just("video_url"), "video_url": video}), parts)


@cache
def user_messages(extensions: bool) -> Strategy[Object]:
    content = texts | few(user_parts(extensions), 1)
    return some({"role": st.just("user"), "content": content}, {"name": one("ada", "bob_2")}, most=1)


@cache
def system_messages(extensions: bool) -> Strategy[Object]:
    content = texts | few(text_parts(extensions), 1, 2)
    return some({"role": one("system", "developer"), "content": content}, {"name": st.just("rules")}, most=1)


@cache
def _assistant_extras(extensions: bool) -> Fields:
    plain: Fields = {"name": one("helper"), "refusal": st.none()}
    if not extensions:
        return plain
    image = some({"type": st.just("image_url"), "image_url": some({"url": data_urls(IMAGES)})})
    spoken = some({"google": some({"thought_signature": signatures})})
    return {**plain, "reasoning_content": null_or(words), "images": few(image, 1, 2), "extra_content": spoken}


@cache
def assistant_messages(extensions: bool) -> Strategy[Object]:
    """What an assistant may have said without calling anything."""
    role, extras = {"role": st.just("assistant")}, _assistant_extras(extensions)
    refusals = some({"type": st.just("refusal"), "refusal": words})
    return st.one_of(
        some({**role, "content": texts}, extras, most=2),
        some({**role, "content": few(text_parts(extensions) | refusals, 1, 2)}, extras, most=1),
        some({**role, "content": st.none(), "refusal": words}),
        some({**role, "audio": some({"id": st.just("audio_abc123")})}, {"content": st.none()}, most=1),
    )


@cache
def _tool_contents(extensions: bool) -> Strategy[Any]:
    plain = texts | objects.map(json.dumps) | values.map(json.dumps) | argument_texts()
    parts = text_parts(extensions) | media_parts(extensions=True) if extensions else text_parts(extensions)
    return rarely(few(parts, 1, 2), plain)


@cache
def _calling_extras(extensions: bool) -> Strategy[Object]:
    return some({}, {"content": st.none() | texts, **_assistant_extras(extensions)}, most=2)


@st.composite
def _tool_turns(draw: st.DrawFn, new_id: Callable[[], str], names: Sequence[str], extensions: bool) -> list[Object]:
    """One step of a tool loop: one to three calls at once, and the answer to each, in any order."""
    calls: list[Object] = []
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
        signed = extensions and not calls and draw(booleans)
        calls.append(draw(_tool_call(new_id(), name, signed)))
    asked: Object = {"role": "assistant", "tool_calls": calls} | draw(_calling_extras(extensions))
    answered = draw(st.permutations([call["id"] for call in calls]))
    answers = [
        {"role": "tool", "tool_call_id": each_id, "content": draw(_tool_contents(extensions))} for each_id in answered
    ]
    return [asked, *answers]


@st.composite
def _custom_turns(draw: st.DrawFn, new_id: Callable[[], str]) -> list[Object]:
    """A tool that takes free text."""
    ident = new_id()
    call = {"id": ident, "type": "custom", "custom": {"name": "run_code", "input": draw(words)}}
    return [
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": ident, "content": draw(texts)},
    ]


@st.composite
def _function_turns(draw: st.DrawFn, names: Sequence[str]) -> list[Object]:
    """A call in the old form, and its answer."""
    name = draw(st.sampled_from(names))
    call = {"name": name, "arguments": draw(argument_texts())}
    asked = {"role": "assistant", "content": None, "function_call": call}
    return [asked, {"role": "function", "name": name, "content": draw(texts)}]


@st.composite
def openai_history(draw: st.DrawFn, names: Sequence[str] = FUNCTIONS[:3], *, extensions: bool = True) -> list[Object]:
    """A conversation that the vendor takes: every call is answered directly after the turn that made it."""
    new_id = draw(_numberings())
    history = draw(few(system_messages(extensions), 0, 1))
    for kind in draw(_TURNS):
        if kind in SINGLE:
            history.append(draw(SINGLE[kind](extensions)))
        elif kind == "tools":
            history += draw(_tool_turns(new_id, names, extensions))
        else:
            history += draw(_custom_turns(new_id) if kind == "custom" else _function_turns(names))
    return [*history, draw(user_messages(extensions))]


SINGLE = {"user": user_messages, "assistant": assistant_messages, "system": system_messages}
_TURNS = few(rarely(one("system", "custom", "function"), one("user", "user", "assistant", "tools", "tools")), 0, 4)


@st.composite
def _disordered(draw: st.DrawFn, messages: list[Object]) -> list[Object]:
    """The same messages as a client may have mangled them: trimmed, doubled, or in another order."""
    at = draw(st.integers(0, len(messages) - 1))
    way = draw(one("head", "tail", "drop", "double", "shuffle", "last"))
    if way == "shuffle":
        return list(draw(st.permutations(messages)))
    changed = {
        "head": messages[at:],
        "tail": messages[: at + 1],
        "drop": messages[:at] + messages[at + 1 :],
        "double": [*messages[: at + 1], *copy.deepcopy(messages[at:])],
        "last": messages[:-1],
    }[way]
    return changed or messages


# ── OpenAI: requests ───────────────────────────────────────────────────────────────────────────────────────────────

_WEB_LOCATION = some({}, {name: st.sampled_from(PHRASES[:4]) for name in ("city", "country", "region", "timezone")})
_MODERATION = some({"mode": one("score", "block")})
_TEXTS_ONLY = few(some({"type": st.just("text"), "text": texts}), 1, 2)
_VOICES = one("alloy", "verse", "Kore", "Puck")


@cache
def _openai_alone(extensions: bool) -> Fields:
    """Parameters that stand alone, null where the vendor's schema has null."""
    efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] + ["disable"] * extensions
    policy = some({}, {"input": null_or(_MODERATION), "output": null_or(_MODERATION)})
    located = some({"type": st.just("approximate"), "approximate": _WEB_LOCATION})
    return {
        "temperature": null_or(numbers(0, 2)),
        "top_p": null_or(numbers(0, 1)),
        "n": null_or(one(1, 1, 2, 8)),
        "stop": null_or(words | few(words, 1, 5 if extensions else 4)),
        "presence_penalty": null_or(numbers(-2, 2)),
        "frequency_penalty": null_or(numbers(-2, 2)),
        "logit_bias": null_or(st.dictionaries(one("50256", "0"), st.integers(-100, 100), max_size=2)),
        "seed": null_or(one(0, -1, 2**31 - 1, 2**31, -(2**63), 2**63 - 1) | st.integers(0, 99)),
        "reasoning_effort": null_or(st.sampled_from(efforts)),
        "verbosity": null_or(one("low", "medium", "high")),
        "service_tier": null_or(one("auto", "default", "flex", "scale", "priority", "fast")),
        "store": null_or(booleans),
        "metadata": null_or(string_maps),
        "user": words,
        "safety_identifier": null_or(words),
        "prompt_cache_key": null_or(words),
        "prompt_cache_options": some({}, {"mode": one("implicit", "explicit"), "ttl": st.just("30m")}),
        "prompt_cache_retention": null_or(one("in_memory", "24h")),
        "prediction": null_or(some({"type": st.just("content"), "content": texts | _TEXTS_ONLY})),
        "moderation": null_or(some({"model": st.just("omni-moderation-latest")}, {"policy": null_or(policy)})),
        "web_search_options": some(
            {}, {"user_location": null_or(located), "search_context_size": one("low", "medium", "high")}, most=2
        ),
    }


@cache
def response_formats(extensions: bool) -> Strategy[Object]:
    more: Fields = {"description": words, "strict": null_or(booleans)}
    named = some({"name": one("answer", "recipe_list"), "schema": json_schemas()}, more, most=2)
    formats = [
        some({"type": st.just("text")}),
        some({"type": st.just("json_object")}),
        some({"type": st.just("json_schema"), "json_schema": named}),
        some({"type": st.just("json_schema"), "json_schema": some({"name": st.just("free")})}),
    ]
    if extensions:
        raw: Fields = {"type": st.just("json_object"), "response_schema": json_schemas()}
        formats.append(some(raw, {"enforce_validation": booleans}, most=1))
    return st.one_of(formats)


@cache
def _openai_together(extensions: bool) -> dict[str, Strategy[Object]]:
    """Parameters that need each other, or exclude each other."""
    streamed = some({}, {"include_usage": booleans, "include_obfuscation": booleans}, most=2)
    voice = _VOICES | some({"id": st.just("voice_1234")})
    spoken = some({"voice": voice, "format": one("wav", "aac", "mp3", "flac", "opus", "pcm16", "pcm16")})
    modalities = one(["text"], ["text", "audio"], ["image", "text"]) if extensions else one(["text"], ["text", "audio"])
    return {
        "limit": some({"max_tokens": null_or(st.integers(1, 9000))}) | some({"max_completion_tokens": null_or(counts)}),
        "logprobs": some({"logprobs": st.just(value=True), "top_logprobs": null_or(st.integers(0, 20))})
        | some({"logprobs": one(True, False, None)}),
        "stream": some({"stream": st.just(value=True)}, {"stream_options": null_or(streamed)}, most=1)
        | some({"stream": one(False, None)}),
        "audio": some({"modalities": one(["text", "audio"], ["audio"]), "audio": null_or(spoken)}),
        "modalities": some({"modalities": null_or(modalities)}),
        "response_format": some({"response_format": response_formats(extensions)}),
    }


SAME = (
    {"top_p", "topP"},
    {"top_k", "topK", "extra_body"},
    {"n", "candidateCount", "candidate_count"},
    {"max_tokens", "max_completion_tokens", "maxOutputTokens", "max_output_tokens"},
    {"stop", "stopSequences", "stop_sequences"},
    {"presence_penalty", "presencePenalty"},
    {"frequency_penalty", "frequencyPenalty"},
    {"logprobs", "top_logprobs", "responseLogprobs", "response_logprobs"},
    {"modalities", "responseModalities", "response_modalities"},
    {"audio", "speechConfig", "speech_config"},
    {"service_tier", "serviceTier"},
    {"safety_settings", "safetySettings", "extra_body"},
    {"labels", "extra_body"},
    {"tool_choice", "toolConfig", "tool_config"},
    {"continuationToken", "continuation_token"},
    {"cachedContent", "cached_content"},
    {
        "reasoning_effort",
        "thinking",
        "thinking_level",
        "thinkingLevel",
        "thinkingConfig",
        "thinking_config",
        "extra_body",
    },
    {
        *("response_format", "responseFormat", "responseMimeType", "response_mime_type"),
        *("responseSchema", "response_schema", "responseJsonSchema", "response_json_schema"),
    },
)
"""Words that say the same: a request has one of them."""
BOTH_HAVE = {"temperature", "seed", "logprobs", "response_format", "presence_penalty", "frequency_penalty", "top_p"}


def _as_extensions(config: Object, snake: bool) -> Object:
    """Fields of a generation config as callers set them beside OpenAI's parameters."""
    spelt = snake_cased(config) if snake else config
    return {key: value for key, value in spelt.items() if key not in BOTH_HAVE}


@cache
def _openai_extensions() -> Strategy[Object]:
    """What clients say in Google's or Anthropic's words, and we read."""
    thinking = one({"type": "disabled"}, {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 1024})
    dynamic = one(
        {"type": "enabled"}, {"type": "enabled", "budget_tokens": -1}, {"type": "enabled", "budget_tokens": 0}
    )
    thoughts = some({}, {"include_thoughts": booleans, "thinking_budget": counts})
    config = some({}, {"thinking_config": thoughts, "top_k": counts})
    ours = each(
        {
            "thinking": thinking | dynamic,
            "thinking_level": one("low", "HIGH"),
            "thinkingLevel": one("LOW", "medium"),
            "toolConfig": some({"retrievalConfig": _places()}),
            "top_k": st.integers(1, 40),
            "safety_settings": safety_settings(),
            "safetySettings": safety_settings(),
            "labels": string_maps,
            "cachedContent": one("cachedContents/abc"),
            "cached_content": one("cachedContents/abc"),
            "serviceTier": one("flex", "standard"),
            "continuationToken": one("AAECAw=="),
            "continuation_token": one("AAECAw=="),
            "tool_config": some({"function_calling_config": one({"mode": "AUTO"}, {"mode": "VALIDATED"})}),
            "include_server_side_tool_invocations": booleans,
            "extra_body": some(
                {
                    "google": some(
                        {}, {"generation_config": config, "safety_settings": safety_settings(), "labels": string_maps}
                    )
                }
            ),
        }
    )
    theirs = st.builds(_as_extensions, generation_configs(), booleans)
    return theirs | features(ours, 2)


@cache
def _described_functions() -> Strategy[Object]:
    return some({}, {"description": texts, "parameters": json_schemas(), "strict": null_or(booleans)}, most=3)


@st.composite
def _openai_tool(draw: st.DrawFn, name: str) -> Object:
    return {"type": "function", "function": {"name": name, **draw(_described_functions())}}


@cache
def _custom_tools() -> Strategy[Object]:
    grammar = some({"definition": st.just('start: "a"'), "syntax": one("lark", "regex")})
    shape = some({"type": st.just("text")}) | some({"type": st.just("grammar"), "grammar": grammar})
    custom = some({"name": st.just("run_code")}, {"description": words, "format": shape}, most=2)
    return some({"type": st.just("custom"), "custom": custom})


def _tool_choices(names: Sequence[str]) -> Strategy[Any]:
    refs = [{"type": "function", "function": {"name": name}} for name in names]
    allowed = some({"mode": one("auto", "required"), "tools": one(refs)})
    return st.one_of(
        one("none", "auto", "required"),
        one(refs[0]),
        some({"type": st.just("allowed_tools"), "allowed_tools": allowed}),
    )


@cache
def _extension_tools() -> Strategy[Object]:
    """Google's own tools in either spelling, and a function without its wrapping."""
    bare = some({"name": one("bare_tool")}, {"description": words, "parameters": json_schemas(depth=1)}, most=2)
    spelt = st.builds(lambda tool, snake: snake_cased(tool) if snake else tool, built_in_tools(), booleans)
    return spelt | bare | one({"type": "web_search"}, {"type": "web_search_preview"})


@st.composite
def openai_tools(draw: st.DrawFn, names: Sequence[str], *, extensions: bool = True) -> Object:
    """`tools` and what goes with it, or the old `functions`."""
    if draw(EIGHT) == 7:
        functions = [draw(_openai_tool(name))["function"] for name in names]
        choice = one("none", "auto", {"name": names[0]})
        return {"functions": [_without_strict(f) for f in functions]} | draw(
            some({}, {"function_call": choice}, most=1)
        )
    tools = [draw(_openai_tool(name)) for name in names]
    tools += draw(rarely(few(_custom_tools(), 1, 1), NOTHING))
    if extensions:
        tools += draw(rarely(few(_extension_tools(), 1, 2), NOTHING))
    return {"tools": tools} | draw(
        some({}, {"tool_choice": _tool_choices(names), "parallel_tool_calls": booleans}, most=2)
    )


def _without_strict(function: Object) -> Object:
    return {key: value for key, value in function.items() if key != "strict"}


@st.composite
def openai_request(
    draw: st.DrawFn, *, legal: bool = True, extensions: bool = True, models: Strategy[str] | None = None, most: int = 6
) -> Object:
    """A chat request. With `legal=False` its history may be out of order: every message is valid, the whole is not."""
    names = draw(subset(FUNCTIONS, 1))
    messages = draw(openai_history(names, extensions=extensions))
    if not legal:
        messages = draw(_disordered(messages))
    body: Object = {
        "model": draw(models or GEMINI_NAMES),
        "messages": messages,
        **draw(_openai_parameters(extensions, most)),
    }
    if draw(booleans) or any("tool_calls" in message for message in messages):
        body |= draw(openai_tools(names, extensions=extensions))
    return _with_extensions(body, draw(_openai_extensions())) if extensions else body


@cache
def _openai_parameters(extensions: bool, most: int) -> Strategy[Object]:
    return features(each(_openai_alone(extensions)) | _openai_together(extensions), most)


def _with_extensions(body: Object, extensions: Object) -> Object:
    """Say nothing in Google's words that the request says in OpenAI's already."""
    more = {key: v for key, v in extensions.items() if not any(key in same and same & body.keys() for same in SAME)}
    return body | more


# ── OpenAI: replies ────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def openai_usage(draw: st.DrawFn, *, extensions: bool = True) -> Object:
    """Counts that add up: the whole is its halves, and every detail is part of its half."""
    cached, prompt, thought, said = (draw(counts) for _ in range(4))
    usage: Object = {"prompt_tokens": cached + prompt, "completion_tokens": thought + said}
    usage["total_tokens"] = cached + prompt + thought + said
    kinds = ["text_tokens", "audio_tokens", "image_tokens"]
    spread = {"cached_tokens": st.just(cached)} | {
        kind: st.just(prompt) for kind in kinds[: draw(st.integers(0, 3))][-1:]
    }
    details = {"reasoning_tokens": st.just(thought), "text_tokens": st.just(said), "audio_tokens": st.just(0)}
    predicted = {"accepted_prediction_tokens": st.just(0), "rejected_prediction_tokens": st.just(0)}
    optional: Fields = {
        "prompt_tokens_details": some({}, {**spread, "cache_write_tokens": st.just(0)}, most=3),
        "completion_tokens_details": some({}, {**details, **predicted}, most=3),
    }
    extra: Fields = {"cache_read_input_tokens": st.just(cached)} if extensions else {}
    return usage | draw(some({}, {**optional, **extra}, most=3))


def _token(text: str) -> Object:
    return {"token": text, "bytes": list(text.encode())}


@st.composite
def _openai_logprobs(draw: st.DrawFn, text: str) -> Object | None:
    if not text or draw(booleans):
        return None
    tokens = []
    for piece in (text[:3], text[3:6]):
        top = [{**_token(other), "logprob": draw(numbers(-9, 0))} for other in draw(subset(PHRASES[:3], 0, 2))]
        tokens.append({**_token(piece), "logprob": draw(numbers(-9, 0)), "top_logprobs": top})
    return {"content": tokens, "refusal": draw(one(None, []))}


@st.composite
def _annotations(draw: st.DrawFn, text: str) -> list[Object]:
    """Citations of the text, by characters."""
    found = []
    for number in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        cited = {"start_index": start, "end_index": end, "url": f"https://example.com/{number}", "title": draw(words)}
        found.append({"type": "url_citation", "url_citation": cited})
    return found


@st.composite
def _spoken(draw: st.DrawFn) -> Object:
    data = draw(st.sampled_from([data for _, data in SOUNDS]))
    return {"id": "audio_abc123", "expires_at": 1795354472, "data": data, "transcript": draw(texts)}


@cache
def _message_extensions() -> Fields:
    image = some({"type": st.just("image_url"), "image_url": some({"url": data_urls(IMAGES)})})
    images = few(image, 1, 2).map(lambda found: [entry | {"index": i} for i, entry in enumerate(found)])
    return {
        "reasoning_content": null_or(words),
        "images": images,
        "extra_content": some({"google": some({"thought_signature": signatures})}),
        "provider_specific_fields": objects,
    }


@st.composite
def _openai_message(draw: st.DrawFn, kind: str, new_id: Callable[[], str], extensions: bool) -> Object:
    text = draw(texts)
    message: Object = {"role": "assistant", "content": text, "refusal": None}
    if kind == "calls":
        names = draw(st.lists(st.sampled_from(FUNCTIONS), min_size=1, max_size=3))
        signed = [extensions and not i and draw(booleans) for i in range(len(names))]
        message["tool_calls"] = [draw(_tool_call(new_id(), n, s)) for n, s in zip(names, signed, strict=True)]
        message["content"] = draw(one(None, text, ""))
    elif kind == "function":
        message["function_call"] = {"name": draw(st.sampled_from(FUNCTIONS)), "arguments": draw(argument_texts())}
        message["content"] = None
    elif kind == "refusal":
        message |= {"content": None, "refusal": draw(st.sampled_from(PHRASES))}
    elif kind == "audio":
        message |= {"content": draw(one(None, "")), "audio": draw(_spoken())}
    elif kind == "cited":
        message["annotations"] = draw(_annotations(text))
    return message | (draw(some({}, _message_extensions(), most=2)) if extensions else {})


FINISHES = {
    "text": ("stop", "length", "content_filter"),
    "calls": ("tool_calls", "tool_calls", "stop", "length"),
    "function": ("function_call", "stop", "length"),
    "refusal": ("stop", "content_filter"),
    "audio": ("stop", "length"),
    "cited": ("stop",),
}


@st.composite
def _cut_off(draw: st.DrawFn, message: Object) -> None:
    """Let the end of a message cut the arguments of its last call, as a limit of tokens does."""
    call = message["function_call"] if "function_call" in message else message["tool_calls"][-1]["function"]
    call["arguments"] = call["arguments"][: draw(st.integers(0, len(call["arguments"])))]


@st.composite
def _openai_choice(draw: st.DrawFn, index: int, new_id: Callable[[], str], calls: str, extensions: bool) -> Object:
    kind = draw(st.sampled_from(("text", "text", calls, calls, "refusal", "audio", "cited")))
    message = draw(_openai_message(kind, new_id, extensions))
    choice: Object = {"index": index, "message": message, "finish_reason": draw(st.sampled_from(FINISHES[kind]))}
    choice["logprobs"] = draw(_openai_logprobs(message["content"] or ""))
    if choice["finish_reason"] == "length" and kind in ("calls", "function"):
        draw(_cut_off(message))
    native = one("STOP", "MAX_TOKENS", "SAFETY", "OTHER", "MALFORMED_FUNCTION_CALL")
    carried: Fields = {
        "extra_content": some({"google": some({"finish_reason": native})}),
        "provider_specific_fields": some({"native_finish_reason": native}),
    }
    return choice | (draw(rarely(some({}, carried, most=2), EMPTY)) if extensions else {})


@cache
def _moderation_reports() -> Strategy[Object]:
    judged: Object = {"type": "moderation_result", "model": "omni-moderation-latest", "flagged": False}
    judged |= {"categories": {"hate": False}, "category_scores": {"hate": 0.01}, "category_applied_input_types": {}}
    results = one({"type": "moderation_results", "model": "omni-moderation-latest", "results": [judged]})
    failed = one({"type": "error", "code": "timeout", "message": "too slow"})
    return some({"input": results | failed, "output": results | failed})


@cache
def _reply_extensions() -> Fields:
    """What we carry of Google's own words beside the choices: one entry a candidate."""
    return {
        "vertex_ai_url_context_metadata": few(st.none() | url_contexts(), 1, 1),
        "vertex_ai_grounding_metadata": few(st.none() | groundings(PHRASES[2]), 1, 1),
        "vertex_ai_safety_results": few(st.none() | safety_ratings(), 1, 1),
        "vertex_ai_citation_metadata": few(st.none() | citations(PHRASES[2]), 1, 1),
    }


@st.composite
def openai_response(draw: st.DrawFn, *, extensions: bool = True) -> Object:
    """A chat completion: one to three choices, ids unique across them."""
    new_id = draw(_numberings())
    calls = draw(rarely(st.just("function"), st.just("calls")))  # a request has tools, or the old functions
    reply: Object = {
        "id": draw(one("chatcmpl-r2QfaZ3yKc2Z1PIP7d6x4A8", "chatcmpl-1", "gen-abc")),
        "object": "chat.completion",
        "created": draw(one(0, 1795354472)),
        "model": draw(openai_models() | GEMINI_NAMES),
        "choices": [
            draw(_openai_choice(i, new_id, calls, extensions)) for i in range(draw(rarely(one(2, 3), st.just(1))))
        ],
    }
    optional: Fields = {
        "usage": openai_usage(extensions=extensions),
        "service_tier": null_or(one("default", "flex", "priority", "scale")),
        "system_fingerprint": st.just("fp_44709d6fcb"),
        "metadata": null_or(string_maps),
        "moderation": null_or(_moderation_reports()),
    }
    return reply | draw(some({}, {**optional, **(_reply_extensions() if extensions else {})}, most=4))


OPENAI_STATUSES: dict[int, tuple[tuple[str, str | None], ...]] = {
    400: (("invalid_request_error", "context_length_exceeded"), ("invalid_request_error", "unsupported_parameter")),
    401: (("invalid_request_error", "invalid_api_key"),),
    403: (("permission_error", None),),
    404: (("invalid_request_error", "model_not_found"),),
    409: (("conflict_error", None),),
    422: (("invalid_request_error", "invalid_value"),),
    429: (("rate_limit_error", "rate_limit_exceeded"), ("insufficient_quota", "insufficient_quota")),
    500: (("server_error", None),),
    503: (("service_unavailable_error", "slow_down"), ("server_error", "server_is_overloaded")),
}


@st.composite
def openai_errors(draw: st.DrawFn) -> tuple[int, Object]:
    """A status and the document it comes with."""
    status = draw(st.sampled_from(sorted(OPENAI_STATUSES)))
    kind, code = draw(st.sampled_from(OPENAI_STATUSES[status]))
    param = draw(one(None, "messages", "tools[0].function.parameters", "temperature"))
    return status, {"error": {"message": draw(texts), "type": kind, "param": param, "code": code}}


# ── Gemini: parts and contents ─────────────────────────────────────────────────────────────────────────────────────

RESOLUTIONS = (
    "MEDIA_RESOLUTION_LOW",
    "MEDIA_RESOLUTION_MEDIUM",
    "MEDIA_RESOLUTION_HIGH",
    "MEDIA_RESOLUTION_ULTRA_HIGH",
)
CATEGORIES = tuple(
    f"HARM_CATEGORY_{name}"
    for name in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "CIVIC_INTEGRITY")
)
THRESHOLDS = (
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
)


@cache
def _media_notes() -> Fields:
    """What may stand beside media in a part."""
    layers = one(["FRAMES"], ["AUDIO", "TRANSCRIPT"])
    return {
        "mediaResolution": some({"level": st.sampled_from(RESOLUTIONS)}),
        "videoMetadata": some(
            {}, {"fps": one(1, 0.5, 24), "startOffset": offsets, "endOffset": offsets, "contentLayers": layers}
        ),
        "mediaProcessing": one("STATIC", "AGENTIC"),
        "documentMetadata": some(
            {}, {"startPage": st.just(1), "endPage": st.just(3), "contentLayers": one(["PAGE_TEXT"])}
        ),
        "spreadsheetMetadata": some(
            {}, {"sheetIndex": one(0), "visibleCells": one("A1:B2"), "contentLayers": one(["DATA"])}
        ),
        "audioMetadata": some({}, {"startOffset": offsets, "endOffset": offsets}),
        "partMetadata": objects,
    }


def blobs(kinds: Sequence[tuple[str, str]]) -> Strategy[Object]:
    pairs = st.sampled_from([{"mimeType": mime, "data": data} for mime, data in kinds])
    return st.builds(lambda blob, name: blob | name, pairs, some({}, {"displayName": one("a.png", "naïve")}, most=1))


@cache
def gemini_media_parts() -> Strategy[Object]:
    linked = some(
        {"fileUri": st.sampled_from(URLS)}, {"mimeType": one("image/png", "video/mp4"), "displayName": one("x")}
    )
    notes = _media_notes()
    inline = some({"inlineData": blobs(IMAGES + SOUNDS + FILES)}, notes, most=1)
    return inline | some({"fileData": linked}, notes, most=2)


@cache
def gemini_text_parts() -> Strategy[Object]:
    speech = some({}, {"speaker": one("Joe", "Jane"), "style": words}, most=2)
    return some({"text": texts}, {"speechMetadata": speech, "partMetadata": objects}, most=1) | some({"text": texts})


SIGNED: Fields = {"thoughtSignature": signatures}


@cache
def model_parts() -> Strategy[Object]:
    """What a model says besides calling functions."""
    ran = some({"outcome": one("OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED")}, {"output": texts}, most=1)
    code = some({"code": words}, {"language": one("PYTHON", "LANGUAGE_UNSPECIFIED")}, most=1)
    usual = st.one_of(
        some({"text": texts}, SIGNED, most=1),
        some({"text": texts, "thought": st.just(value=True)}, SIGNED, most=1),
        some({"inlineData": blobs(IMAGES)}, SIGNED, most=1),
    )
    unusual = st.one_of(
        some({"executableCode": code}, SIGNED, most=1),
        some({"codeExecutionResult": ran}),
        some({"text": st.just(""), "thoughtSignature": signatures}),
        some({"inlineData": blobs(SOUNDS)}, {"audioTranscription": some({"text": words})}, most=1),
    )
    return rarely(unusual, usual)


@st.composite
def server_parts(draw: st.DrawFn) -> list[Object]:
    """A tool that ran on the server, and what it answered."""
    kind = draw(one("GOOGLE_SEARCH_WEB", "GOOGLE_SEARCH_IMAGE", "URL_CONTEXT", "GOOGLE_MAPS", "FILE_SEARCH"))
    called: Object = {"toolType": kind, "id": "srv-1", "args": draw(objects)}
    answered: Object = {"toolType": kind, "id": "srv-1", "response": draw(objects)}
    return [{"toolCall": called} | draw(some({}, SIGNED, most=1)), {"toolResponse": answered}]


@st.composite
def _function_calls(draw: st.DrawFn, names: Sequence[str], new_id: Callable[[], str] | None) -> list[Object]:
    """One to three calls at once; only the first carries a signature."""
    parts: list[Object] = []
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
        call: Object = {"name": name} | draw(some({}, {"args": objects}, most=1))
        part: Object = {"functionCall": call | ({"id": new_id()} if new_id else {})}
        parts.append(part | (draw(some({}, SIGNED, most=1)) if not parts else {}))
    return parts


@cache
def _response_objects() -> Strategy[Object]:
    return st.one_of(
        some({"output": texts | values}),
        some({"error": words}),
        some({"result": values}),
        objects,
    )


@cache
def _response_extras() -> Strategy[Object]:
    linked = some({"fileUri": st.sampled_from(URLS)}, {"mimeType": one("image/png")}, most=1)
    part = some({"inlineData": blobs(IMAGES + FILES)}) | some({"fileData": linked})
    extras: Fields = {
        "parts": few(part, 1, 2),
        "willContinue": st.just(value=False),
        "scheduling": one("SILENT", "WHEN_IDLE", "INTERRUPT"),
    }
    return rarely(some({}, extras, most=1), EMPTY)


@st.composite
def _function_responses(draw: st.DrawFn, calls: Sequence[Object]) -> list[Object]:
    """The answers: in the order of the calls, or, where ids tell them apart, in any."""
    ordered = draw(st.permutations(calls)) if "id" in calls[0] else calls
    answers = []
    for call in ordered:
        named = {key: call[key] for key in ("id", "name") if key in call}
        answered = named | {"response": draw(_response_objects())} | draw(_response_extras())
        answers.append({"functionResponse": answered})
    return answers


@st.composite
def _gemini_loop(draw: st.DrawFn, names: Sequence[str], new_id: Callable[[], str] | None) -> list[Object]:
    """One step of a tool loop: the calls, and their answers in one turn, before any later text."""
    calls = draw(_function_calls(names, new_id))
    before = draw(few(model_parts(), 0, 1))
    answers = draw(_function_responses([part["functionCall"] for part in calls]))
    after = draw(rarely(few(gemini_text_parts(), 1, 1), NOTHING))
    role = "user" if after else draw(rarely(st.just("function"), st.just("user")))
    return [{"role": "model", "parts": before + calls}, {"role": role, "parts": answers + after}]


@st.composite
def _user_content(draw: st.DrawFn) -> Object:
    parts = [*draw(few(gemini_text_parts() | gemini_media_parts(), 0, 2)), draw(gemini_text_parts())]
    return draw(one({"role": "user"}, {"role": "user"}, {})) | {"parts": parts}


@st.composite
def _model_content(draw: st.DrawFn) -> Object:
    parts = draw(rarely(server_parts(), NOTHING)) + draw(few(model_parts(), 1, 3))
    return {"role": "model", "parts": parts}


@st.composite
def gemini_history(draw: st.DrawFn, names: Sequence[str] = GOOGLE_FUNCTIONS[:3]) -> list[Object]:
    """Contents that the vendor takes: as many answers as calls, directly after them, and text from the user last."""
    new_id = draw(st.none() | _numberings())
    turns: dict[str, Strategy[list[Object]]] = {
        "user": few(_user_content(), 1, 1),
        "model": few(_model_content(), 1, 1),
        "loop": _gemini_loop(names, new_id),
    }
    kinds = draw(few(st.sampled_from(sorted(turns)), 0, 4))
    begun = draw(few(_user_content(), 0, 1))
    return begun + [content for kind in kinds for content in draw(turns[kind])] + [draw(_user_content())]


# ── Gemini: requests ───────────────────────────────────────────────────────────────────────────────────────────────


@cache
def safety_settings() -> Strategy[list[Object]]:
    """At most one setting a category."""
    chosen = subset(CATEGORIES, 0, 3)
    return st.builds(
        lambda names, threshold: [{"category": name, "threshold": threshold} for name in names],
        chosen,
        st.sampled_from(THRESHOLDS),
    )


@cache
def thinking_configs() -> Strategy[Object]:
    """A budget or a level, never both."""
    thoughts: Fields = {"includeThoughts": booleans}
    return st.one_of(
        some({}, thoughts, most=1),
        some({"thinkingBudget": one(-1, 0, 1, 128, 512, 1024, 2048, 4096, 8192, 24576, 32768)}, thoughts, most=1),
        some({"thinkingLevel": one("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH", "low", "high")}, thoughts, most=1),
    )


@cache
def speech_configs() -> Strategy[Object]:
    voices = st.one_of(
        some({"prebuiltVoiceConfig": some({"voiceName": one("Kore", "Puck", "Zephyr")})}),
        some({"voice": one("Kore", "voice_abc")}),
        some({"replicatedVoiceConfig": some({"mimeType": one("audio/wav"), "voiceSampleAudio": one("UklGRg==")})}),
    )
    speakers = st.tuples(
        some({"speaker": st.just("Joe"), "voiceConfig": voices}),
        some({"speaker": st.just("Jane"), "voiceConfig": voices}),
    )
    several = some({"speakerVoiceConfigs": speakers.map(list)})
    language: Fields = {"languageCode": one("en-US", "de-DE")}
    return some({"voiceConfig": voices}, language, most=1) | some(
        {"multiSpeakerVoiceConfig": several}, language, most=1
    )


@cache
def image_configs() -> Strategy[Object]:
    return some(
        {}, {"aspectRatio": one("1:1", "16:9", "9:16", "21:9"), "imageSize": one("512", "1K", "2K", "4K")}, most=2
    )


@cache
def _answer_shapes() -> Strategy[Object]:
    """The form of the answer: a MIME type, and one schema at most."""
    json_type = {"responseMimeType": st.just("application/json")}
    words_only = some({"type": st.just("STRING"), "enum": one(["yes", "no"])})
    return st.one_of(
        some(json_type),
        some({**json_type, "responseSchema": gemini_schemas()}),
        some({**json_type, "responseJsonSchema": json_schemas()}),
        some({"responseMimeType": st.just("text/plain")}),
        some({"responseMimeType": st.just("text/x.enum"), "responseSchema": words_only}),
    )


@cache
def _response_formats() -> Strategy[Any]:
    mime = {"mimeType": one("application/json")}
    ratio = {"aspectRatio": one("ASPECT_RATIO_ONE_BY_ONE", "ASPECT_RATIO_SIXTEEN_BY_NINE")}
    kinds = st.one_of(
        some({"text": some(mime, {"schema": json_schemas(depth=1)}, most=1)}),
        some({"image": some(ratio, {"imageSize": one("IMAGE_SIZE_ONE_K"), "delivery": one("INLINE")}, most=2)}),
        some(
            {"audio": some({"mimeType": one("audio/wav")}, {"sampleRate": one(24000), "bitRate": one(64000)}, most=2)}
        ),
        some(
            {"video": some(ratio, {"duration": one("8s"), "resolution": one("720p"), "delivery": one("URI")}, most=2)}
        ),
    )
    return kinds | few(kinds, 1, 2)


@cache
def _transcriptions() -> Strategy[Object]:
    optional: Fields = {
        "languageCodes": one(["en"], ["de", "fr"]),
        "languageAuto": EMPTY,
        "languageHints": some({"languageCodes": one(["en"])}),
        "customVocabulary": one(["isogloss"]),
        "adaptationPhrases": one(["line on a map"]),
        "wordTimestamp": booleans,
        "diarization": booleans,
        "mode": one("VERBATIM", "SMART"),
        "sourceText": words,
    }
    return some({}, optional, most=3)


@cache
def generation_configs() -> Strategy[Object]:
    alone: Fields = {
        "temperature": numbers(0, 2),
        "topP": numbers(0, 1),
        "topK": st.integers(1, 40),
        "candidateCount": one(1, 1, 2, 8),
        "maxOutputTokens": st.integers(1, 65536),
        "stopSequences": few(words, 0, 5),
        "responseModalities": one(["TEXT"], ["TEXT", "IMAGE"], ["AUDIO"], ["IMAGE"], ["VIDEO"]),
        "presencePenalty": numbers(-2, 2),
        "frequencyPenalty": numbers(-2, 2),
        "seed": one(0, -1, 2**31 - 1, -(2**31)),
        "mediaResolution": st.sampled_from(("MEDIA_RESOLUTION_UNSPECIFIED", *RESOLUTIONS[:3])),
        "speechConfig": speech_configs(),
        "imageConfig": image_configs(),
        "thinkingConfig": thinking_configs(),
        "enableEnhancedCivicAnswers": booleans,
        "responseFormat": _response_formats(),
        "audioTranscriptionConfig": _transcriptions(),
        "translationConfig": some({}, {"targetLanguageCode": one("de"), "echoTargetLanguage": booleans}, most=2),
    }
    together = {
        "answer": _answer_shapes(),
        "logprobs": some({"responseLogprobs": st.just(value=True)}, {"logprobs": st.integers(0, 20)}, most=1)
        | some({"responseLogprobs": st.just(value=False)}),
    }
    return features({**each(alone), **together}, 7)


@cache
def built_in_tools() -> Strategy[Object]:
    """Tools that the server runs, one to an entry."""
    searched = some({}, {"searchTypes": one({"webSearch": {}}, {"imageSearch": {}}), "timeRangeFilter": _intervals()})
    dynamic = some({}, {"mode": one("MODE_DYNAMIC", "MODE_UNSPECIFIED"), "dynamicThreshold": numbers(0, 1)})
    files = some({"fileSearchStoreNames": one(["fileSearchStores/a"])}, {"topK": one(3), "metadataFilter": one("a=1")})
    computer: Fields = {
        "environment": one("ENVIRONMENT_BROWSER", "ENVIRONMENT_MOBILE", "ENVIRONMENT_DESKTOP"),
        "excludedPredefinedFunctions": one(["drag_and_drop"]),
        "enablePromptInjectionDetection": booleans,
        "disabledSafetyPolicies": one(["FINANCIAL_TRANSACTIONS"]),
    }
    return st.one_of(
        some({"googleSearch": searched}),
        some({"googleSearchRetrieval": some({}, {"dynamicRetrievalConfig": dynamic}, most=1)}),
        one({"codeExecution": {}}, {"urlContext": {}}),
        some({"fileSearch": files}),
        some({"googleMaps": some({}, {"enableWidget": booleans}, most=1)}),
        some({"computerUse": some({}, computer, most=3)}),
    )


@cache
def _intervals() -> Strategy[Object]:
    return some({"startTime": stamps, "endTime": stamps})


@cache
def _mcp_servers() -> Strategy[Object]:
    optional: Fields = {
        "headers": string_maps,
        "timeout": offsets,
        "sseReadTimeout": offsets,
        "terminateOnClose": booleans,
    }
    transport = some({"url": one("https://example.com/mcp")}, optional, most=2)
    return some({"mcpServers": few(some({"name": one("files"), "streamableHttpTransport": transport}), 1, 1)})


@cache
def _declared() -> Strategy[Object]:
    """What a declaration says beside the name."""
    inputs = st.one_of(
        EMPTY,
        some({"parameters": _gemini_object_schemas(gemini_schemas(1))}),
        some({"parametersJsonSchema": json_schemas()}),
    )
    outputs = some({"response": gemini_schemas(1)}) | some({"responseJsonSchema": json_schemas(depth=1)})
    described = some({}, {"description": texts, "behavior": one("BLOCKING", "NON_BLOCKING")}, most=2)
    return st.builds(lambda *parts: parts[0] | parts[1] | parts[2], described, inputs, rarely(outputs, EMPTY))


@st.composite
def gemini_tools(draw: st.DrawFn, names: Sequence[str]) -> Object:
    """`tools` and `toolConfig`; functions beside tools of the server say that they mean it."""
    kind = draw(one("functions", "functions", "server", "both"))
    tools: list[Object] = []
    config: Object = draw(rarely(some({}, {"retrievalConfig": _places()}, most=1), EMPTY))
    if kind != "server":
        tools.append({"functionDeclarations": [{"name": name, **draw(_declared())} for name in names]})
        config |= draw(some({}, {"functionCallingConfig": _calling(names)}, most=1))
    if kind != "functions":
        tools += draw(few(rarely(_mcp_servers(), built_in_tools()), 1, 2))
    if kind == "both":
        config["includeServerSideToolInvocations"] = True
    return {"tools": tools} | ({"toolConfig": config} if config else {})


def _calling(names: Sequence[str]) -> Strategy[Object]:
    return st.one_of(
        some({"mode": one("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED")}),
        some({"mode": one("ANY", "VALIDATED"), "allowedFunctionNames": one(list(names[:1]), list(names))}),
    )


@cache
def _places() -> Strategy[Object]:
    point = some({"latitude": numbers(-90, 90), "longitude": numbers(-180, 180)})
    return some({"latLng": point}, {"languageCode": one("en", "pt-BR")}, most=1)


@st.composite
def gemini_request(draw: st.DrawFn, *, most: int = 5) -> Object:
    """A request to generate content; the model is named in the address, not here."""
    names = draw(subset(GOOGLE_FUNCTIONS, 1))
    contents = draw(gemini_history(names))
    body: Object = {"contents": contents, **draw(_gemini_fields(most))}
    if draw(EIGHT) == 7:  # what is in the cache must not be said again
        body.pop("systemInstruction", None)
        return body | {"cachedContent": "cachedContents/abc123"}
    called = any("functionCall" in part for content in contents for part in content["parts"])
    return body | (draw(gemini_tools(names)) if called or draw(booleans) else {})


@cache
def _gemini_fields(most: int) -> Strategy[Object]:
    instruction = some({"parts": few(gemini_text_parts(), 1, 2)}, {"role": one("user", "system")}, most=1)
    fields: Fields = {
        "systemInstruction": instruction,
        "safetySettings": safety_settings(),
        "serviceTier": one("unspecified", "standard", "flex", "priority"),
        "store": booleans,
        "labels": string_maps,
        "continuationToken": one("AAECAw=="),
        "model": one("models/gemini-2.5-flash"),
    }
    config = some({"generationConfig": generation_configs()})
    return st.builds(lambda some_fields, drawn: some_fields | drawn, some({}, fields, most), config | EMPTY)


# ── Gemini: replies ────────────────────────────────────────────────────────────────────────────────────────────────

FINISHED = listed(
    "FINISH_REASON_UNSPECIFIED STOP MAX_TOKENS SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII "
    "MALFORMED_FUNCTION_CALL IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_OTHER NO_IMAGE IMAGE_RECITATION "
    "UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE MALFORMED_RESPONSE ESCALATION "
    "PUP_LIMITED_DISABLED CONTINUATION MODEL_ARMOR"
)
BLOCKED = ("BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY")
MODALITIES = ("TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT")


@st.composite
def _by_modality(draw: st.DrawFn, total: int) -> list[Object]:
    """A count as its parts."""
    first, *rest = draw(subset(MODALITIES, 1, 2))
    part = draw(st.integers(0, total)) if rest else total
    counted = [{"modality": first, "tokenCount": part}]
    return counted + [{"modality": name, "tokenCount": total - part} for name in rest]


@st.composite
def gemini_usage(draw: st.DrawFn) -> Object:
    """Counts that add up: the prompt holds what was cached, the total is all that was read, thought and said."""
    cached, fresh, thought, said, looked_up = (draw(counts) for _ in range(5))
    usage: Object = {"promptTokenCount": cached + fresh, "candidatesTokenCount": said}
    usage |= {"cachedContentTokenCount": cached} if draw(booleans) else {}
    usage |= {"thoughtsTokenCount": thought} if draw(booleans) else {}
    usage |= {"toolUsePromptTokenCount": looked_up} if draw(st.integers(0, 3)) == 3 else {}
    counted = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount")
    usage["totalTokenCount"] = sum(usage.get(name, 0) for name in counted)
    if draw(st.integers(0, 3)) == 3:  # some endpoints count the thoughts here already
        usage["candidatesTokenCount"] += usage.get("thoughtsTokenCount", 0)
    optional: Fields = {
        "promptTokensDetails": _by_modality(cached + fresh),
        "candidatesTokensDetails": _by_modality(said),
        "serviceTier": one("standard", "flex", "priority"),
        "trafficType": one("ON_DEMAND", "PROVISIONED_THROUGHPUT"),
    }
    if "cachedContentTokenCount" in usage:
        optional["cacheTokensDetails"] = _by_modality(cached)
    if "toolUsePromptTokenCount" in usage:
        optional["toolUsePromptTokensDetails"] = _by_modality(looked_up)
    return usage | draw(some({}, optional, most=3))


@cache
def safety_ratings() -> Strategy[list[Object]]:
    names = subset(CATEGORIES, 0, 4)
    levels = one("NEGLIGIBLE", "LOW", "MEDIUM", "HIGH")
    return st.builds(
        lambda chosen, level, blocked: [{"category": name, "probability": level, **blocked} for name in chosen],
        names,
        levels,
        some({}, {"blocked": booleans}, most=1),
    )


@cache
def url_contexts() -> Strategy[Object]:
    status = one("SUCCESS", "ERROR", "PAYWALL", "UNSAFE").map(lambda word: f"URL_RETRIEVAL_STATUS_{word}")
    return some(
        {"urlMetadata": few(some({"retrievedUrl": st.sampled_from(URLS[:2]), "urlRetrievalStatus": status}), 1, 2)}
    )


@cache
def _grounding_chunks() -> Strategy[Object]:
    page = {"uri": st.sampled_from(URLS[:2]), "title": words}
    image = {"sourceUri": one(URLS[0]), "imageUri": one(URLS[1])}
    note = some({"key": one("year")}, {"numericValue": one(2026, 0.5), "stringValue": words}, most=1)
    tags = some({"key": one("tags"), "stringListValue": some({"values": one(["a", "b"])})})
    found: Fields = {
        "text": words,
        "fileSearchStore": one("fileSearchStores/a"),
        "pageNumber": one(3),
        "mediaId": one("m1"),
        "customMetadata": few(note | tags, 1, 2),
    }
    said = some({"review": words}, {"title": words, "authorAttribution": some({"displayName": one("Ada")})}, most=2)
    place: Fields = {
        "text": words,
        "placeId": one("places/abc"),
        "placeAnswerSources": some({"reviewSnippets": few(said, 1, 1)}, {"flagContentUri": one(URLS[0])}, most=1),
        "route": some({"distanceMeters": one(1200), "duration": offsets, "encodedPolyline": one("_p~iF")}),
    }
    usual = some({"web": some(page)})
    unusual = st.one_of(
        some({"image": some(image, {"title": words, "domain": one("example.com")}, most=1)}),
        some({"retrievedContext": some(page, found, most=2)}),
        some({"maps": some(page, place, most=2)}),
    )
    return rarely(unusual, usual)


@st.composite
def _segments(draw: st.DrawFn, text: str, part: int) -> Object:
    """A piece of a part's text, by bytes, as Google counts; zeros may be left out, as proto-JSON does."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    segment: Object = {"endIndex": len(text[:end].encode()), "text": text[start:end]}
    begun = len(text[:start].encode())
    if begun or draw(booleans):
        segment["startIndex"] = begun
    if part or draw(st.integers(0, 3)) == 3:
        segment["partIndex"] = part
    return segment


@st.composite
def groundings(draw: st.DrawFn, text: str, part: int = 0) -> Object:
    """Sources, and which of them support which bytes of the text."""
    chunks = draw(few(_grounding_chunks(), 1))
    supports = []
    for _ in range(draw(st.integers(0, 2))):
        indices = draw(st.lists(st.integers(0, len(chunks) - 1), min_size=1, max_size=2, unique=True))
        support = {"segment": draw(_segments(text, part)), "groundingChunkIndices": indices}
        scores = {"confidenceScores": one([0.75] * len(indices)), "renderedParts": one([0])}
        supports.append(support | draw(some({}, scores, most=1)))
    optional: Fields = {
        "webSearchQueries": few(words, 1, 2),
        "imageSearchQueries": few(words, 1, 1),
        "searchEntryPoint": some({"renderedContent": one("<div>search</div>")}, {"sdkBlob": one("e30=")}, most=1),
        "retrievalMetadata": some({}, {"googleSearchDynamicRetrievalScore": numbers(0, 1)}, most=1),
        "googleMapsWidgetContextToken": one("widget-token"),
    }
    return {"groundingChunks": chunks, "groundingSupports": supports} | draw(some({}, optional, most=2))


@st.composite
def citations(draw: st.DrawFn, text: str) -> Object:
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    source: Object = {"startIndex": len(text[:start].encode()), "endIndex": len(text[:end].encode())}
    optional: Fields = {"uri": st.sampled_from(URLS[:2]), "license": one("mit", "")}
    return {"citationSources": [source | draw(some({}, optional, most=2))]}


@st.composite
def _gemini_logprobs(draw: st.DrawFn, text: str) -> Object:
    chosen, top = [], []
    for number, piece in enumerate((text[:3], text[3:6])):
        token = {"token": piece, "tokenId": number, "logProbability": draw(numbers(-9, 0))}
        chosen.append(token)
        top.append({"candidates": [dict(token), {"token": "x", "tokenId": 99, "logProbability": -9.5}]})
    optional: Fields = {"topCandidates": one(top), "logProbabilitySum": numbers(-20, 0)}
    return {"chosenCandidates": chosen} | draw(some({}, optional, most=2))


@st.composite
def _reply_parts(draw: st.DrawFn, kind: str, new_id: Callable[[], str] | None) -> list[Object]:
    """The parts of a candidate of some kind; text that metadata speaks of stands first."""
    if kind == "calls":
        thoughts = draw(few(some({"text": words, "thought": st.just(value=True)}), 0, 1))
        said = draw(few(some({"text": texts}), 0, 1))
        return thoughts + said + draw(_function_calls(GOOGLE_FUNCTIONS, new_id))
    if kind == "media":
        return [
            draw(some({"inlineData": blobs(IMAGES) | blobs(SOUNDS)}, SIGNED, most=1)),
            *draw(few(model_parts(), 0, 2)),
        ]
    if kind == "server":
        return [*draw(server_parts()), {"text": draw(texts)}]
    if kind == "thoughts":
        return [{"text": draw(words), "thought": True}, {"text": draw(texts)} | draw(some({}, SIGNED, most=1))]
    return [{"text": draw(texts)}, *draw(few(model_parts(), 0, 2))]


@st.composite
def gemini_candidates(draw: st.DrawFn, index: int = 0) -> Object:
    """One candidate: said, called, drawn, or nothing at all."""
    kind = draw(one("text", "text", "thoughts", "calls", "calls", "media", "server", "empty"))
    candidate: Object = {"index": index} if index or draw(booleans) else {}
    text = ""
    if kind != "empty":
        parts = draw(_reply_parts(kind, draw(st.none() | _numberings())))
        candidate["content"] = draw(rarely(st.just({}), st.just({"role": "model"}))) | {"parts": parts}
        text = parts[0].get("text", "")
    elif draw(booleans):
        candidate["content"] = {"role": "model"}
    candidate["finishReason"] = draw(rarely(st.sampled_from(FINISHED), one("STOP", "STOP", "MAX_TOKENS", "SAFETY")))
    optional: Fields = {
        "finishMessage": words,
        "safetyRatings": safety_ratings(),
        "citationMetadata": citations(text),
        "tokenCount": counts,
        "avgLogprobs": numbers(-5, 0),
        "logprobsResult": _gemini_logprobs(text),
        "groundingMetadata": groundings(text),
        "urlContextMetadata": url_contexts(),
        "continuationToken": one("AAECAw=="),
    }
    return candidate | draw(some({}, optional, most=2))


@st.composite
def gemini_response(draw: st.DrawFn) -> Object:
    """A generated reply, or a prompt that was blocked."""
    optional: Fields = {
        "usageMetadata": gemini_usage(),
        "modelVersion": GEMINI_NAMES,
        "responseId": one("r2QfaZ3yKc2Z1PIP7d6x4A8", "abc-_1"),
        "modelStatus": some(
            {"modelStage": one("STABLE", "PREVIEW", "DEPRECATED", "RETIRED")},
            {"message": words, "retirementTime": stamps},
        ),
    }
    reply = draw(some({}, optional, most=4))
    ratings: Fields = {"safetyRatings": safety_ratings()}
    if draw(st.integers(0, 9)) == 9:
        return reply | {"promptFeedback": draw(some({"blockReason": st.sampled_from(BLOCKED)}, ratings, most=1))}
    number = draw(rarely(one(2, 3), st.just(1)))
    reply["candidates"] = [draw(gemini_candidates(index)) for index in range(number)]
    return reply | draw(rarely(some({"promptFeedback": some(ratings)}), EMPTY))


GEMINI_STATUSES: dict[int, tuple[str, ...]] = {
    400: ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"),
    401: ("UNAUTHENTICATED",),
    403: ("PERMISSION_DENIED",),
    404: ("NOT_FOUND",),
    409: ("ABORTED", "ALREADY_EXISTS"),
    429: ("RESOURCE_EXHAUSTED",),
    499: ("CANCELLED",),
    500: ("INTERNAL", "UNKNOWN", "DATA_LOSS"),
    501: ("UNIMPLEMENTED",),
    503: ("UNAVAILABLE",),
    504: ("DEADLINE_EXCEEDED",),
}


def _detail(kind: str, required: Fields) -> Strategy[Object]:
    return some({"@type": st.just(f"type.googleapis.com/google.rpc.{kind}"), **required})


@cache
def _error_details() -> Strategy[Object]:
    violation = some({"field": one("contents[0].parts", "generation_config.thinking_config"), "description": words})
    quota = some({"quotaMetric": one("generate_requests"), "quotaId": one("PerDay"), "quotaValue": one("50", 50)})
    link = some({"url": st.sampled_from(URLS[:2]), "description": words})
    reason = one("API_KEY_INVALID", "RATE_LIMIT_EXCEEDED", "SERVICE_DISABLED")
    return st.one_of(
        _detail("ErrorInfo", {"reason": reason, "domain": one("googleapis.com"), "metadata": string_maps}),
        _detail("BadRequest", {"fieldViolations": few(violation, 1, 2)}),
        _detail("RetryInfo", {"retryDelay": one("34s", "0.5s", "34.074824224s")}),
        _detail("QuotaFailure", {"violations": few(quota, 1, 2)}),
        _detail("Help", {"links": few(link, 1, 1)}),
        _detail("LocalizedMessage", {"locale": one("en-US"), "message": words}),
        _detail("DebugInfo", {"detail": words}),
    )


@st.composite
def gemini_errors(draw: st.DrawFn) -> tuple[int, Object]:
    """A status and the document it comes with."""
    status = draw(st.sampled_from(sorted(GEMINI_STATUSES)))
    error = {"code": status, "message": draw(texts), "status": draw(st.sampled_from(GEMINI_STATUSES[status]))}
    return status, {"error": error | draw(some({}, {"details": few(_error_details(), 0, 2)}, most=1))}


# ── anything at all ────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = listed(
    "model messages role content tool_calls tools function name arguments id type parameters choices message usage "
    "finish_reason error code contents parts text functionCall functionResponse args response inlineData data "
    "mimeType systemInstruction generationConfig candidates finishReason usageMetadata status user assistant tool "
    "string object properties items $ref anyOf extra_content google thoughtSignature"
)


@cache
def odd_scalars() -> Strategy[Any]:
    strange = one(-0.0, 1e308, 5e-324, 2**63, -(2**70), "\ud800", "\x00", "a" * 300, "[]", "data:;base64,", "\ufeff")
    return st.one_of(scalars, st.sampled_from(WORDS), strange, st.integers(), st.text(max_size=8))


@cache
def odd_keys() -> Strategy[str]:
    return st.sampled_from(WORDS) | one("", "/", "~", "a/b~c", "0", "-", "\ud800", "__class__") | st.text(max_size=5)


@st.composite
def _deep(draw: st.DrawFn) -> Any:
    """A value far inside lists and objects, on either side of any sensible limit."""
    value, key = draw(odd_scalars()), draw(odd_keys())
    shape = draw(one("lists", "objects", "both"))
    for level in range(draw(st.integers(20, 260))):
        listed = shape == "lists" or (shape == "both" and level % 2)
        value = [value] if listed else {key: value}
    return value


@cache
def any_json() -> Strategy[Any]:
    """Any JSON value: wild, shallow or deep, with the dialects' own words as keys."""
    wild = st.recursive(
        odd_scalars(),
        lambda inner: few(inner, 0, 4) | st.dictionaries(odd_keys(), inner, max_size=4),
        max_leaves=10,
    )
    return rarely(_deep(), wild)


def _slots(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    if isinstance(document, dict | list):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from _slots(document[key])


def _add(container: Any, value: Any, key: str) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)


@st.composite
def mutated(draw: st.DrawFn, document: Any) -> Any:
    """A copy of a document (or of one drawn) with one to three things wrong: a type, a missing or an unknown key."""
    changed = copy.deepcopy(draw(document) if isinstance(document, st.SearchStrategy) else document)
    for _ in range(draw(st.integers(1, 3))):
        slots = list(_slots(changed))
        if not slots:
            return draw(any_json())
        container, key = slots[draw(st.integers(0, len(slots) - 1))]
        _mutate(draw, container, key)
    return changed


def _mutate(draw: st.DrawFn, container: Any, key: Any) -> None:
    way = draw(one("replace", "drop", "add", "wrap", "repeat"))
    if way == "replace":
        container[key] = draw(rarely(any_json(), odd_scalars() | one([], {}, [None], {"type": []})))
    elif way == "drop":
        del container[key]
    elif way == "wrap":
        container[key] = draw(one([container[key]], {"value": container[key]}, [[container[key]]]))
    elif way == "repeat":
        _add(container, copy.deepcopy(container[key]), draw(odd_keys()))
    else:
        _add(container, draw(odd_scalars() | one([], {})), draw(odd_keys()))


# ── the other spelling ─────────────────────────────────────────────────────────────────────────────────────────────

OPAQUE = {
    "args",
    "response",
    "partMetadata",
    "labels",
    "metadata",
    "parametersJsonSchema",
    "responseJsonSchema",
    "headers",
}
NAMED = {"properties"}  # the keys below are the caller's names, the values are schemas again
VALUES = {"default", "example"}


def snake_cased(document: Any) -> Any:
    """A Gemini document with underscores in its names, which the API reads as well; what callers name stays."""
    if isinstance(document, list):
        return [snake_cased(item) for item in document]
    if not isinstance(document, dict):
        return document
    return {_snake(key): _snake_value(key, value) for key, value in document.items()}


def _snake_value(key: str, value: Any) -> Any:
    if key in VALUES or (key in OPAQUE and not _is_schema(key, value)):
        return value
    if key in NAMED:
        return {name: snake_cased(inner) for name, inner in value.items()}
    return snake_cased(value)


def _is_schema(key: str, value: Any) -> bool:
    """`response` is data in a result and a schema in a declaration."""
    return (
        key == "response" and isinstance(value, dict) and isinstance(value.get("type"), str) and value["type"].isupper()
    )


def _snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isascii() and letter.isupper() else letter for letter in key)
