"""A parameter of the wrong type is refused, named by a loss, or handed over as it is: never changed without a word.

Tried over every parameter of the OpenAI schema. What is handed over is for the API to refuse, and it does: its reader
knows the type of every field.
"""

import json
from pathlib import Path

import isogloss
import pytest
from isogloss.values import leaves, same
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
EXTENSIONS = json.loads((SCHEMAS / "extensions.schema.json").read_text("utf-8"))
VALID = Draft202012Validator({**EXTENSIONS, "$ref": "#/$defs/chat.request"})
PARAMETERS = sorted(json.loads((SCHEMAS / "openai" / "chat.request.schema.json").read_text("utf-8"))["properties"])
VALUES = [{"a": 1}, {}, ["a"], [1], [], "text", 5, -1.5, True]
MODELS = ["gemini-2.5-flash", "gemini-3-pro-preview", "gemini-3.8-flash", "gemini-2.0-flash", "gemma-3-27b-it"]
TURN = {"role": "user", "content": "x"}


def request(name, value, model):
    return {"model": model, "messages": [TURN], name: value}


def wrong():
    """Every parameter with values that its schema refuses; a list that is too short has the right type."""
    for name in PARAMETERS:
        for value in VALUES:
            if any(error.validator != "minItems" for error in VALID.iter_errors(request(name, value, MODELS[0]))):
                yield name, value


def translated(document):
    """What becomes of a request, or why it is refused; a model that is none is missed when a call is made."""
    exchange = isogloss.Translator("openai", "gemini", trace=True).exchange
    try:
        opened = exchange("chat", document)
        assert opened.calls
    except isogloss.DocumentError as error:
        return None, error
    return opened.request, None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "value"), list(wrong()), ids=str)
def test_a_wrong_type_is_never_passed_over(name, value, model):
    done, refusal = translated(request(name, value, model))
    if done is None:
        assert (refusal.status, refusal.pointer.startswith(f"/{name}")) == (400, True)
        return
    named = [loss for loss in done.losses if loss.pointer.startswith(f"/{name}")]
    handed = [inner for path, inner in leaves(done.body) if path[0] != "contents"]
    whole = [value, *(inner for _, inner in leaves(value))]
    assert named or any(same(inner, given) for inner in handed for given in whole)


def test_there_is_much_to_try():
    assert len(list(wrong())) > 150
