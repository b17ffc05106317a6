"""Every recorded document, translated there and back, is what the official SDKs take."""

import json
import warnings

import pytest
from clients.behind import Answer, gemini_accepts, openai_accepts
from conformance.observed import cases
from google.genai import types
from isogloss import DocumentError, Translator
from openai.types.chat import ChatCompletion
from pydantic import ValidationError


def genuine(case):
    """Tell whether Google could have sent it: some recordings hold signatures that are no base64."""
    try:
        types.GenerateContentResponse.model_validate_json(json.dumps(case["gemini"]))
    except ValidationError:
        return False
    return True


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK warns of enum words it does not know
    GENUINE = [case for case in cases("responses") if "gemini" in case and genuine(case)]

#: Without the one that says neither what nor why, which is refused.
RECORDED = [case for case in GENUINE if case["name"] != "no_candidates"]


def asked(case):
    """Make the request that was recorded with it; what is enforced would refuse a reply, and is tried elsewhere."""
    params = {name: value for name, value in case.get("params", {}).items() if name != "response_format"}
    return {"model": case["model"], "messages": [{"role": "user", "content": "hi"}], **params}


@pytest.mark.parametrize("case", RECORDED, ids=[case["name"] for case in RECORDED])
@pytest.mark.filterwarnings("ignore:.* is not a valid:UserWarning")  # so the SDK greets enum words it does not know
def test_a_recorded_reply(case):
    forth = Translator("openai", "gemini", ids=lambda: "new", clock=lambda: 1764000000)
    completion = forth.exchange("chat", asked(case)).response(case["gemini"]).body
    ChatCompletion.model_validate(completion, strict=True)
    back = Translator("gemini", "openai", ids=lambda: "new", clock=lambda: 1764000000)
    hello = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    exchange = back.exchange("chat", hello, model="gpt-4.1")
    reply = exchange.response(completion).body
    types.GenerateContentResponse.model_validate_json(json.dumps(reply))


# ------------------------------------------------------------------------------------------------------- requests

GEMINI_SAYS = Answer(
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
)
MESSAGE = {"role": "assistant", "content": "hi", "refusal": None}
CHOICE = {"index": 0, "message": MESSAGE, "finish_reason": "stop", "logprobs": None}
OPENAI_SAYS = Answer(
    {"id": "c", "object": "chat.completion", "created": 1764000000, "model": "gpt-4.1", "choices": [CHOICE]}
)


def base64_signatures(value):
    """Tell whether all signatures of a recording are base64; some are not, and Google would refuse them."""
    return not any(mark in json.dumps(value) for mark in ('"SIG"', "__SIG==", '"SIG=="', '"S1"'))


ASKED = [case for case in cases("requests") if base64_signatures(case["request"])]


def call_of(gloss, body, **options):
    """Translate a request; None where it is refused (a clear error is an answer too)."""
    try:
        (call,) = gloss.exchange("chat", body, stream=False, **options).calls
    except DocumentError:
        return None
    return call


def there(case):
    """Translate a recorded request."""
    gloss = Translator("openai", "gemini", ids=lambda: "new", clock=lambda: 1764000000)
    return call_of(gloss, {"model": case["model"], **case["request"]})


NAMES = [case["name"] for case in ASKED]


@pytest.mark.parametrize("case", ASKED, ids=NAMES)
def test_a_recorded_request(case):
    call = there(case)
    if call is not None:
        gemini_accepts(call.path, json.loads(json.dumps(call.body)), GEMINI_SAYS)


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5"])
@pytest.mark.parametrize("case", ASKED, ids=NAMES)
def test_a_recorded_request_on_its_way_back(case, model):
    gemini = there(case)
    back = Translator("gemini", "openai", ids=lambda: "new", clock=lambda: 1764000000)
    call = gemini and call_of(back, gemini.body, model=model)
    if call:
        openai_accepts(call.path, json.loads(json.dumps(call.body)), OPENAI_SAYS)


def test_most_recorded_requests_are_translated():
    assert sum(there(case) is not None for case in ASKED) > 0.9 * len(ASKED)
