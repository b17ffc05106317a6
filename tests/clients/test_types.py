"""Every recorded reply, translated, parses strictly in the official SDKs' types: there, back, and there again."""

import json
import warnings

import pytest
from conformance.observed import cases
from google.genai import types
from isogloss import Translator
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
    RECORDED = [case for case in cases("responses") if "gemini" in case and genuine(case)]


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
