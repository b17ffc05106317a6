"""The emulator answers or refuses, whatever comes: never an exception, never a reply that is not valid."""

from __future__ import annotations

import copy
import json

import jsonschema
import orjson
import pytest
import suite
from hypothesis import given
from hypothesis import strategies as st
from isogloss import resources
from isogloss.emulator import answers, forms, models, samples, schemas, settings, streaming, turns
from isogloss.emulator.dice import Dice
from isogloss.emulator.errors import Refusal

REPLY = jsonschema.Draft202012Validator(
    json.loads((resources.folder("schemas") / "gemini" / "chat.response.schema.json").read_text(encoding="utf-8"))
)
CATALOGUE = models.catalogue()
MODELS = [model for model in CATALOGUE.models if "generateContent" in model.methods]
REQUESTS = [
    case.wanted
    for case in suite.every()
    if (case.operation, case.phase, case.writer) == ("chat", "request", "gemini") and case.wanted and not case.error
]
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = (
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.sampled_from(["ANY", "user", "AAAA", "1", "3s"])
)
WORDS = [
    "contents",
    "parts",
    "text",
    "tools",
    "name",
    "type",
    "items",
    "properties",
    "required",
    "enum",
    "anyOf",
    "$ref",
]
NAMES = st.sampled_from(WORDS) | st.text(max_size=4)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


def places(value, path=()):
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def changed(document, path, value):
    """Return the document with another value at `path`."""
    if not path:
        return value
    found = copy.deepcopy(document)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return found


@st.composite
def documents(draw):
    """Draw a golden request in which something stands that does not belong there."""
    document = draw(st.sampled_from(REQUESTS))
    for _ in range(draw(st.integers(0, 2))):
        document = changed(document, draw(st.sampled_from(list(places(document)))), draw(JSON))
        if not isinstance(document, dict):
            break
    return document


def answered(document, model):
    """Answer a request, as a whole and in pieces, all of it valid; or refuse it."""
    refusal = None
    try:
        request = forms.read(document, "generateContent")
        settings.check(request, model)
        turns.check(request["contents"], model)
    except Refusal as error:
        refusal = error
    if refusal is not None:
        assert refusal.code == 400
        assert orjson.loads(orjson.dumps(refusal.body()))["error"]["message"]
        return
    reply = answers.reply(request, model, {})
    REPLY.validate(reply.document())
    for piece in streaming.chunks(reply):
        REPLY.validate(piece)


@given(document=documents(), model=st.sampled_from(MODELS))
def test_golden_requests_with_a_mistake(document, model):
    answered(document, model)


@given(document=JSON, model=st.sampled_from(MODELS))
def test_any_json(document, model):
    answered({"contents": document}, model)
    answered(document, model)


def test_deep_documents():
    deep = "x"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Refusal, match="nested too deeply"):
        forms.read(
            {"contents": {"parts": {"functionCall": {"name": "f", "args": {"a": deep}}}}, "tools": nested()},
            "generateContent",
        )


def nested():
    schema = {"type": "STRING"}
    for _ in range(3000):
        schema = {"type": "ARRAY", "items": schema}
    return [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": schema}}}]}]


@given(schema=st.dictionaries(NAMES, JSON, max_size=4), seed=st.integers())
def test_samples_of_any_schema(schema, seed):
    try:
        schemas.check_json(schema, "schema")
    except Refusal:
        return
    json.dumps(samples.Sampler(schema, Dice(seed)).draw())


ENDLESS = [
    {"$ref": "#"},
    {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}},
]
BOUNDED = [
    {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    {"allOf": [{"$ref": "#"}]},
    {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    {"type": "array", "items": {"$ref": "#"}, "minItems": 2},
    {"type": "string", "minLength": 10**12},
    {"type": "array", "minItems": 10**12},
    {"type": "string", "pattern": "((a{50}){50}){50}"},
]


@pytest.mark.parametrize("schema", ENDLESS, ids=json.dumps)
def test_schemas_that_never_end_are_refused(schema):
    with pytest.raises(Refusal, match="only through properties that are not required"):
        schemas.check_json(schema, "schema")


@pytest.mark.parametrize("schema", BOUNDED, ids=json.dumps)
def test_hostile_schemas_end(schema):
    schemas.check_json(schema, "schema")
    assert len(orjson.dumps(samples.Sampler(schema, Dice(1)).draw())) < 10**7
