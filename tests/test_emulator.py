"""The emulator: what it takes and refuses, what it answers, and what scripts make of it.

Requests that are taken or refused stand in emulator/*.yaml.
"""

from __future__ import annotations

import base64
import json
import re
import signal
import struct
import subprocess
import sys
import threading
import zlib
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
import jsonschema
import pytest
import suite
from isogloss import resources, source
from isogloss.emulator import forms, models, samples, settings, turns
from isogloss.emulator.dice import Dice
from isogloss.emulator.errors import Refusal
from isogloss.errors import RuleError
from servers import KEY, TLS, emulated

FLASH = "gemini-2.5-flash"
PRO = "gemini-3-pro-preview"
CASES = Path(__file__).parent / "emulator"
WEATHER = {
    "functionDeclarations": [
        {
            "name": "get_weather",
            "parameters": {
                "type": "OBJECT",
                "properties": {
                    "city": {"type": "STRING"},
                    "unit": {"type": "STRING", "enum": ["celsius", "fahrenheit"]},
                    "days": {"type": "INTEGER", "minimum": 1, "maximum": 7},
                },
                "required": ["city", "unit", "days"],
            },
        }
    ]
}
REPLY = jsonschema.Draft202012Validator(
    json.loads((resources.folder("schemas") / "gemini" / "chat.response.schema.json").read_text(encoding="utf-8"))
)


def user(*parts):
    return {"role": "user", "parts": [{"text": part} if isinstance(part, str) else part for part in parts]}


def post(emulator, body, *, model=FLASH, method="generateContent", version="v1beta", headers=(), **query):
    with emulator.client() as client:
        path = f"/{version}/models/{model}:{method}"
        return client.post(path, json=body, params=query, headers=dict(headers))


def answer(emulator, prompt, *, model=FLASH, **body):
    """Return the only candidate of a reply, which must be valid."""
    contents = [user(prompt)] if isinstance(prompt, str) else prompt
    reply = post(emulator, {"contents": contents, **body}, model=model)
    assert reply.status_code == 200, reply.text
    REPLY.validate(reply.json())
    (candidate,) = reply.json()["candidates"]
    return candidate


def events(reply):
    assert reply.headers["content-type"] == "text/event-stream"
    return [json.loads(line.removeprefix("data: ")) for line in reply.text.split("\r\n\r\n") if line]


def stream(emulator, prompt, *, model=FLASH, **body):
    """Return the pieces of a stream, each of them valid."""
    contents = [user(prompt)] if isinstance(prompt, str) else prompt
    reply = post(emulator, {"contents": contents, **body}, model=model, method="streamGenerateContent", alt="sse")
    assert reply.status_code == 200, reply.text
    found = events(reply)
    for document in found:
        REPLY.validate(document)
    return found


def parts(documents):
    return [part for one in documents for part in one["candidates"][0]["content"].get("parts", [])]


def texts(found, *, thought=False):
    return "".join(part["text"] for part in found if "text" in part and part.get("thought", False) is thought)


# --- what is taken, and what is refused


def cases():
    for path in sorted(CASES.glob("*.yaml")):
        file = source.read(path, path.name)
        for case in file.get("cases", ()):
            model = case.get("model", file["model"])
            yield pytest.param(model, case, id=f"{file['title']}-{case['id']}")


@pytest.mark.parametrize(("model", "case"), list(cases()))
def test_requests_are_taken_or_refused(emulator, model, case):
    reply = post(emulator, {"contents": [user("Hi")], **suite.plain(case["request"])}, model=model)
    if "refuse" not in case:
        assert reply.status_code == 200, reply.text
        REPLY.validate(reply.json())
        return
    field, sentence = case["refuse"]
    error = reply.json()["error"]
    status = case.get("status", "INVALID_ARGUMENT")
    assert (error["status"], error["code"], reply.status_code) == (status, *(reply.status_code,) * 2)
    assert reply.status_code == (400 if status == "INVALID_ARGUMENT" else 403)
    violations = [one for detail in error.get("details", ()) for one in detail["fieldViolations"]]
    assert sentence in "\n".join([error["message"], *(one["description"] for one in violations)])
    if field:
        assert field in [one["field"] for one in violations]


def test_every_violation_is_named(emulator):
    error = post(emulator, {"foo": 1, "contents": [{"bar": 2, "parts": []}]}).json()["error"]
    assert [one["field"] for one in error["details"][0]["fieldViolations"]] == ["", "contents[0]", "contents[0].parts"]


def golden():
    """Yield the requests that golden cases have translated for this API, with their models."""
    for case in suite.every():
        if (
            (case.operation, case.phase, case.writer) == ("chat", "request", "gemini")
            and case.wanted
            and not case.error
        ):
            yield case, (case.model or case.given.get("model") or FLASH).removeprefix("gemini/")


def test_golden_requests_are_taken():
    """What the translator writes, the emulator takes; what it does not stands in unfit.yaml, with the reason."""
    unfit = source.read(CASES / "unfit.yaml", "unfit.yaml")["unfit"]
    catalogue = models.catalogue()
    refused = {}
    tried = 0
    for case, name in golden():
        try:
            model = catalogue.find(name)
        except Refusal:
            continue  # the rulebook has opinions on names that do not exist
        tried += 1
        try:
            request = forms.read(case.wanted, "generateContent")
            settings.check(request, model)
            turns.check(request["contents"], model)
        except Refusal as error:
            refused[case.name] = f"{case.place}: {error.message}"
    assert tried > 500
    assert {name: refused[name] for name in refused.keys() - unfit.keys()} == {}
    assert not unfit.keys() - refused.keys(), "taken after all, or gone: strike it from unfit.yaml"


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b'{"contents": NaN}'])
def test_what_is_no_request(emulator, body):
    with emulator.client() as client:
        reply = client.post(f"/v1/models/{FLASH}:generateContent", content=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_form_is_no_request(emulator):
    with emulator.client() as client:
        reply = client.post(f"/v1/models/{FLASH}:generateContent", data={"contents": "Hi"})
    assert "application/x-www-form-urlencoded" in reply.json()["error"]["message"]


# --- who calls, and what there is


@pytest.mark.parametrize(
    ("headers", "query", "code", "status", "reason"),
    [
        ({}, {}, 403, "PERMISSION_DENIED", None),
        ({"x-goog-api-key": "invalid-key"}, {}, 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        ({}, {"key": "invalid"}, 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        ({"authorization": "Bearer k"}, {}, 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        (
            {"authorization": "Bearer k", "x-goog-api-key": "k"},
            {},
            401,
            "UNAUTHENTICATED",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        ),
    ],
)
def test_callers_must_be_known(emulator, headers, query, code, status, reason):
    url = f"{emulator.url}/v1beta/models/{FLASH}:generateContent"
    reply = httpx.post(url, json={"contents": [user("Hi")]}, headers=headers, params=query)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["status"]) == (code, code, status)
    assert [one["reason"] for one in error.get("details", [])] == ([reason] if reason else [])


def test_a_key_may_stand_in_the_query(emulator):
    url = f"{emulator.url}/v1beta/models/{FLASH}:generateContent"
    assert httpx.post(url, json={"contents": [user("Hi")]}, params={"key": "k"}).status_code == 200


def test_an_access_token_is_an_identity(emulator):
    url = f"{emulator.url}/v1beta/models/{FLASH}:generateContent"
    headers = {"authorization": "Bearer ya29.a0"}
    assert httpx.post(url, json={"contents": [user("Hi")]}, headers=headers, verify=TLS).status_code == 200


def test_an_unknown_query_name(emulator):
    reply = post(emulator, {"contents": [user("Hi")]}, foo="1")
    assert (reply.status_code, 'unknown name "foo"' in reply.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize(
    ("model", "method", "version"),
    [
        ("gemini-9-flash", "generateContent", "v1beta"),
        ("gpt-5", "generateContent", "v1"),
        ("gemini-flash-latest", "generateContent", "v1"),
        ("gemini-embedding-001", "generateContent", "v1beta"),
        (FLASH, "embedContent", "v1beta"),
        (FLASH, "generateNothing", "v1beta"),
    ],
)
def test_models_and_methods_that_are_not_there(emulator, model, method, version):
    reply = post(emulator, {"contents": [user("Hi")]}, model=model, method=method, version=version)
    assert (reply.status_code, reply.json()["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_every_version_answers(emulator, version):
    assert post(emulator, {"contents": [user("Hi")]}, version=version).status_code == 200


def test_an_unknown_address_is_a_page(emulator):
    with emulator.client() as client:
        for path in ("/v2/models", "/v1beta/openai/chat/completions", "/"):
            reply = client.get(path)
            assert (reply.status_code, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_models_come_in_pages(emulator):
    with emulator.client() as client:
        whole = client.get("/v1beta/models", params={"pageSize": 1000}).json()["models"]
        found, query = [], {"pageSize": 7}
        while True:
            page = client.get("/v1beta/models", params=query).json()
            found += page["models"]
            if "nextPageToken" not in page:
                break
            assert len(page["models"]) == 7
            query["pageToken"] = page["nextPageToken"]
        one = client.get(f"/v1beta/models/{FLASH}").json()
        stable = client.get("/v1/models", params={"pageSize": 1000}).json()["models"]
    assert found == whole
    assert one in whole
    assert one["inputTokenLimit"] == 1048576
    assert {entry["name"] for entry in whole} - {entry["name"] for entry in stable} == {
        "models/gemini-flash-latest",
        "models/gemini-flash-lite-latest",
        "models/gemini-pro-latest",
    }


# --- replies


def test_a_reply_depends_on_the_request_alone(emulator):
    body = {"contents": [user("Hello")], "generationConfig": {"topP": 0.5}}
    other = {"contents": [{"parts": {"text": "Hello"}, "role": "user"}], "generation_config": {"top_p": "0.5"}}
    one, two, three = (post(emulator, one).json() for one in (body, body, other))
    assert one == two == three
    assert one["responseId"] != post(emulator, {"contents": [user("Hello!")]}).json()["responseId"]
    assert "Hello" in one["candidates"][0]["content"]["parts"][0]["text"]


def test_several_candidates_differ_and_end_on_their_own(emulator):
    body = {"contents": [user("Hello")], "generationConfig": {"candidateCount": 3}}
    whole = post(emulator, body).json()
    assert [one["index"] for one in whole["candidates"]] == [0, 1, 2]
    pieces = events(post(emulator, body, method="streamGenerateContent", alt="sse"))
    ends = [place for place, one in enumerate(pieces) if "finishReason" in one["candidates"][0]]
    assert len(ends) == 3
    for index, candidate in enumerate(whole["candidates"]):
        own = [one for one in pieces if one["candidates"][0]["index"] == index]
        assert texts(parts(own)) == texts(candidate["content"]["parts"])


@pytest.mark.parametrize("model", [FLASH, PRO, "gemini-4-argon"])
def test_usage_adds_up(emulator, model):
    tools = [{"googleSearch": {}}]
    usage = post(emulator, {"contents": [user("Hello")], "tools": tools}, model=model).json()["usageMetadata"]
    kinds = ("promptTokenCount", "candidatesTokenCount", "toolUsePromptTokenCount", "thoughtsTokenCount")
    assert all(usage[kind] > 0 for kind in kinds)
    assert usage["totalTokenCount"] == sum(usage[kind] for kind in kinds)
    assert sum(one["tokenCount"] for one in usage["promptTokensDetails"]) == usage["promptTokenCount"]


def test_thinking_that_is_off_costs_nothing(emulator):
    config = {"thinkingConfig": {"thinkingBudget": 0}}
    reply = post(emulator, {"contents": [user("Hello")], "generationConfig": config}).json()
    assert "thoughtsTokenCount" not in reply["usageMetadata"]


def test_thoughts_are_shown_on_request_only(emulator):
    config = {"thinkingConfig": {"includeThoughts": True}}
    shown = answer(emulator, "Hello", generationConfig=config)["content"]["parts"]
    assert shown[0]["thought"] is True
    assert "Hello" in shown[0]["text"]
    assert not any(part.get("thought") for part in answer(emulator, "Hello")["content"]["parts"])


def test_the_most_tokens_count_thoughts_too(emulator):
    """A model that thinks up all it may say says nothing: a well-known trap."""
    silent = answer(emulator, "Hello", model=PRO, generationConfig={"maxOutputTokens": 50})
    assert (silent["finishReason"], silent["content"]) == ("MAX_TOKENS", {"role": "model"})
    short = answer(emulator, "Hello", model=PRO, generationConfig={"maxOutputTokens": 100})
    assert short["finishReason"] == "MAX_TOKENS"
    assert 0 < len(texts(short["content"]["parts"]).encode()) <= 16


def test_a_stop_sequence_ends_the_text(emulator):
    whole = texts(answer(emulator, "Hello")["content"]["parts"])
    word = whole.split()[3]
    config = {"stopSequences": ["never there", word]}
    cut = answer(emulator, "Hello", generationConfig=config)
    assert cut["finishReason"] == "STOP"
    assert word not in texts(cut["content"]["parts"])


def test_pictures_and_files_cost_tokens_by_modality(emulator):
    png = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    pdf = {"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.com/a.pdf"}}
    usage = post(emulator, {"contents": [user("Look", png, pdf)]}).json()["usageMetadata"]
    assert {one["modality"] for one in usage["promptTokensDetails"]} == {"TEXT", "IMAGE", "DOCUMENT"}


# --- functions


def loop(emulator, prompt, model, tools, streamed=False):
    """Run a tool conversation to its end; return all turns and the last text."""
    contents = [user(prompt)]
    for _ in range(5):
        if streamed:
            said = [
                part for part in parts(stream(emulator, contents, model=model, tools=tools)) if part != {"text": ""}
            ]
        else:
            said = answer(emulator, contents, model=model, tools=tools)["content"]["parts"]
        contents.append({"role": "model", "parts": said})
        called = [part["functionCall"] for part in said if "functionCall" in part]
        if not called:
            return contents, texts(said)
        results = [{"functionResponse": {**one, "response": {"output": f"{one['name']} done"}}} for one in called]
        for result in results:
            del result["functionResponse"]["args"]
        contents.append(user(*results))
    raise AssertionError("the conversation does not end")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", [FLASH, PRO, "gemini-3.8-flash", "gemini-4-argon"])
def test_a_tool_conversation(emulator, model, streamed):
    contents, text = loop(emulator, "What is the weather in Paris and Rome?", model, [WEATHER], streamed)
    called = [part["functionCall"] for part in contents[1]["parts"] if "functionCall" in part]
    assert [one["args"]["city"] for one in called] == ["Paris", "Rome"]
    assert all(one["args"]["unit"] in {"celsius", "fahrenheit"} and 1 <= one["args"]["days"] <= 7 for one in called)
    assert "get_weather done" in text
    signed = [part for part in contents[1]["parts"] if "thoughtSignature" in part]
    assert len(signed) == 1
    assert ("id" in called[0]) is (model != FLASH)


def test_steps_one_after_the_other(emulator):
    tools = [{"functionDeclarations": [{"name": "check_flight"}, {"name": "book_taxi"}]}]
    contents, _ = loop(emulator, "Check the flight, then book a taxi.", PRO, tools)
    names = [part["functionCall"]["name"] for turn in contents for part in turn["parts"] if "functionCall" in part]
    assert names == ["check_flight", "book_taxi"]
    assert all("thoughtSignature" in contents[index]["parts"][0] for index in (1, 3))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("If it is too hot in London, set the thermostat.", [["get_temperature"], ["set_thermostat_temperature"]]),
        ("Set the thermostat if it is too hot.", [["set_thermostat_temperature"]]),
        (
            "If flights are late, book a taxi, then set the thermostat.",
            [["find_flights"], ["book_taxi"], ["set_thermostat_temperature"]],
        ),
        ("If the temperature falls, say so.", [["get_temperature"], ["set_thermostat_temperature"]]),
        ("If in doubt, say no.", []),
    ],
)
def test_under_a_condition_what_looks_comes_before_what_acts(emulator, text, steps):
    names = ("set_thermostat_temperature", "get_temperature", "book_taxi", "find_flights")
    contents, _ = loop(emulator, text, PRO, [{"functionDeclarations": [{"name": name} for name in names]}])
    said = [[part["functionCall"]["name"] for part in turn["parts"] if "functionCall" in part] for turn in contents]
    assert [step for step in said if step] == steps


@pytest.mark.parametrize(
    ("config", "calls"),
    [
        ({}, []),
        ({"mode": "ANY"}, ["get_weather"]),
        ({"mode": "ANY", "allowedFunctionNames": ["other"]}, ["other"]),
        ({"mode": "NONE"}, []),
    ],
)
def test_modes_of_function_calling(emulator, config, calls):
    tools = [{"functionDeclarations": [*WEATHER["functionDeclarations"], {"name": "other"}]}]
    said = answer(emulator, "Hello", tools=tools, toolConfig={"functionCallingConfig": config})["content"]["parts"]
    assert [part["functionCall"]["name"] for part in said if "functionCall" in part] == calls


def test_none_means_none(emulator):
    config = {"functionCallingConfig": {"mode": "NONE"}}
    said = answer(emulator, "get_weather now", tools=[WEATHER], toolConfig=config)["content"]["parts"]
    assert [part for part in said if "functionCall" in part] == []


def signed_call(emulator):
    (part,) = answer(emulator, "The weather in Paris?", model=PRO, tools=[WEATHER])["content"]["parts"]
    return part


def after(call, **changes):
    answered = {"functionResponse": {"name": "get_weather", "response": {"output": 1}}}
    return [user("The weather in Paris?"), {"role": "model", "parts": [{**call, **changes}]}, user(answered)]


def test_a_signature_comes_back_in_its_part(emulator):
    call = signed_call(emulator)
    assert answer(emulator, after(call), model=PRO, tools=[WEATHER])["finishReason"] == "STOP"
    signature = base64.b64decode(call["thoughtSignature"])
    moved = {"functionCall": {**call["functionCall"], "args": {"city": "Rome"}}}
    doubled = {"thoughtSignature": base64.b64encode(signature * 2).decode()}
    cut = {"thoughtSignature": base64.b64encode(signature[:-3]).decode()}
    for changes in (moved, doubled, cut):
        reply = post(emulator, {"contents": after(call, **changes), "tools": [WEATHER]}, model=PRO)
        assert "corrupted" in reply.json()["error"]["message"]


def test_a_signature_may_come_back_in_the_other_alphabet(emulator):
    call = signed_call(emulator)
    signature = call["thoughtSignature"].replace("+", "-").replace("/", "_").rstrip("=")
    assert answer(emulator, after(call, thoughtSignature=signature), model=PRO)["finishReason"] == "STOP"


# --- structured output

SCHEMAS = [
    {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}}},
    {"type": "array", "items": {"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "minItems": 2, "maxItems": 4},
    {"enum": ["red", "green"], "type": "string"},
    {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    {
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
        "$ref": "#/$defs/Node",
    },
    {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+(x|yz)?$"},
    {"type": "string", "minLength": 30, "maxLength": 31},
    {"type": "integer", "minimum": -5, "maximum": -3},
    {"type": "integer", "multipleOf": 7, "minimum": 1, "maximum": 100},
    {"type": "array", "prefixItems": [{"type": "string"}, {"const": 3}], "items": {"type": "boolean"}},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "string", "format": "date"}}}], "required": ["a"]},
    {"type": "object", "properties": {"a": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}, "required": ["a"]},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_replies_fit_their_schema(emulator, schema):
    for prompt in ("Ada", "Bob and Eve", "x"):
        config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
        (part,) = answer(emulator, prompt, generationConfig=config)["content"]["parts"]
        jsonschema.validate(json.loads(part["text"]), schema)


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_samples_fit_whatever_the_dice_say(schema):
    for seed in range(50):
        for spare in (True, False):
            jsonschema.validate(samples.Sampler(schema, Dice(seed), ["Zürich"]).draw(spare=spare), schema)


def test_properties_come_in_their_order(emulator):
    properties = {name: {"type": "STRING"} for name in "abc"}
    schema = {"type": "OBJECT", "properties": properties, "propertyOrdering": ["c", "a", "b"]}
    config = {"responseMimeType": "application/json", "responseSchema": schema}
    (part,) = answer(emulator, "Hi", generationConfig=config)["content"]["parts"]
    assert [*json.loads(part["text"])] == ["c", "a", "b"]


def test_an_enum_is_bare_text(emulator):
    config = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["yes", "no"]}}
    (part,) = answer(emulator, "Hi", generationConfig=config)["content"]["parts"]
    assert part["text"] in {"yes", "no"}


# --- media, sources, code, probabilities


def dimensions(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, seen = 8, {}
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        body = png[place + 4 : place + 8 + length]
        assert struct.unpack(">I", png[place + 8 + length : place + 12 + length]) == (zlib.crc32(body),)
        seen[body[:4]] = body[4:]
        place += 12 + length
    wide, high = struct.unpack(">II", seen[b"IHDR"][:8])
    assert len(zlib.decompress(seen[b"IDAT"])) == high * (1 + 3 * wide)
    return wide, high


@pytest.mark.parametrize("model", ["gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image"])
def test_pictures_are_pictures(emulator, model):
    config = {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "16:9"}}
    text, image = answer(emulator, "A cat", model=model, generationConfig=config)["content"]["parts"]
    assert "A cat" in text["text"]
    wide, high = dimensions(base64.b64decode(image["inlineData"]["data"]))
    assert wide * 9 == high * 16
    assert ("thoughtSignature" in image) is (model != "gemini-2.5-flash-image")


def test_a_picture_alone(emulator):
    config = {"responseModalities": ["IMAGE"]}
    (image,) = answer(emulator, "A cat", model="gemini-2.5-flash-image", generationConfig=config)["content"]["parts"]
    assert dimensions(base64.b64decode(image["inlineData"]["data"])) == (8, 8)


def test_speech_is_sound(emulator):
    config = {"responseModalities": ["AUDIO"]}
    raw, wav = (
        answer(emulator, "Say hello to Ada", model=model, generationConfig=config)["content"]["parts"][0]["inlineData"]
        for model in ("gemini-2.5-flash-preview-tts", "gemini-3.8-flash-tts")
    )
    assert raw["mimeType"] == "audio/L16;codec=pcm;rate=24000"
    sound = base64.b64decode(raw["data"])
    assert len(sound) == 4 * 2400 * 2
    assert max(struct.unpack(f"<{len(sound) // 2}h", sound)) > 7000
    assert wav["mimeType"] == "audio/wav"
    assert base64.b64decode(wav["data"])[:4] == b"RIFF"


def test_speech_of_old_does_not_stream(emulator):
    body = {"contents": [user("Hi")], "generationConfig": {"responseModalities": ["AUDIO"]}}
    reply = post(emulator, body, model="gemini-2.5-flash-preview-tts", method="streamGenerateContent", alt="sse")
    assert (reply.status_code, "does not stream" in reply.text) == (400, True)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_sources_count_bytes(emulator, streamed):
    tools = [{"googleSearch": {}}]
    if streamed:
        pieces = stream(emulator, "Wer gründete Zürich?", tools=tools)
        candidate = {**pieces[-1]["candidates"][0], "content": {"parts": parts(pieces)}}
    else:
        candidate = answer(emulator, "Wer gründete Zürich?", tools=tools)
    text = texts(candidate["content"]["parts"])
    supports = candidate["groundingMetadata"]["groundingSupports"]
    assert len(supports) == 2
    for one in supports:
        segment = one["segment"]
        cut = text.encode()[segment.get("startIndex", 0) : segment["endIndex"]].decode()
        assert cut == segment["text"]
    assert "startIndex" not in supports[0]["segment"]
    assert text[supports[1]["segment"]["startIndex"] :] != supports[1]["segment"]["text"], "bytes are not characters"


def test_pages_that_were_read(emulator):
    found = answer(emulator, "Compare https://example.com/a and https://example.com/b.", tools=[{"urlContext": {}}])
    urls = [one["retrievedUrl"] for one in found["urlContextMetadata"]["urlMetadata"]]
    assert urls == ["https://example.com/a", "https://example.com/b"]


def test_code_runs_when_asked(emulator):
    tools = [{"codeExecution": {}}]
    kinds = [key for part in answer(emulator, "Calculate it.", tools=tools)["content"]["parts"] for key in part]
    assert kinds == ["executableCode", "codeExecutionResult", "text"]
    assert [*answer(emulator, "Hello", tools=tools)["content"]["parts"][0]] == ["text"]


def test_probabilities_of_words(emulator):
    found = answer(emulator, "Hello", generationConfig={"responseLogprobs": True, "logprobs": 3})
    chosen = found["logprobsResult"]["chosenCandidates"]
    assert "".join(one["token"] for one in chosen) == texts(found["content"]["parts"])
    assert all(len(one["candidates"]) == 3 for one in found["logprobsResult"]["topCandidates"])
    mean = sum(one["logProbability"] for one in chosen) / len(chosen)
    assert found["avgLogprobs"] == pytest.approx(mean)


# --- streams


@pytest.mark.parametrize("model", [FLASH, PRO])
def test_a_stream_adds_up_to_the_reply(emulator, model):
    config = {"thinkingConfig": {"includeThoughts": True}}
    pieces = stream(emulator, "Grüße aus Köln", model=model, generationConfig=config)
    whole = post(emulator, {"contents": [user("Grüße aus Köln")], "generationConfig": config}, model=model).json()
    said = whole["candidates"][0]["content"]["parts"]
    assert len(pieces) > 5
    for thought in (True, False):
        assert texts(parts(pieces), thought=thought) == texts(said, thought=thought)
    assert pieces[-1]["usageMetadata"] == whole["usageMetadata"]
    assert {one["responseId"] for one in pieces} == {whole["responseId"]}
    totals = [one["usageMetadata"]["totalTokenCount"] for one in pieces]
    assert totals == sorted(totals)
    assert [one for one in pieces if "finishReason" in one["candidates"][0]] == pieces[-1:]
    order = [part.get("thought", False) for part in parts(pieces)]
    assert order == sorted(order, reverse=True), "thoughts come first"


def test_the_signature_of_a_text_comes_in_an_empty_text(emulator):
    pieces = parts(stream(emulator, "Hello", model=PRO))
    assert pieces[-1]["text"] == ""
    assert [part for part in pieces if "thoughtSignature" in part] == pieces[-1:]


def test_text_is_cut_inside_words(emulator):
    found = [part["text"] for part in parts(stream(emulator, "Grüße aus Köln"))]
    inside = [one for one, two in pairwise(found) if re.search(r"\w$", one) and re.match(r"\w", two)]
    assert inside


def test_a_stream_may_be_an_array(emulator):
    body = {"contents": [user("Hello")]}
    reply = post(emulator, body, method="streamGenerateContent")
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.json() == events(post(emulator, body, method="streamGenerateContent", alt="sse"))


def test_bytes_of_a_letter_travel_apart(emulator):
    """What travels is cut inside letters of several bytes, so that a client that decodes piece by piece shows it."""
    with (
        emulator.client() as client,
        client.stream(
            "POST",
            f"/v1beta/models/{FLASH}:streamGenerateContent?alt=sse",
            json={"contents": [user("[[pace 0.03]] [[say “ééééé”]]")]},
        ) as reply,
    ):
        raw = list(reply.iter_raw())
    assert "ééééé" in b"".join(raw).decode()
    with pytest.raises(UnicodeDecodeError):
        [data.decode() for data in raw]


# --- counting, embedding


def test_tokens_are_counted(emulator):
    contents = [user("Hello there, how are you?")]
    one = post(emulator, {"contents": contents}, method="countTokens").json()
    request = {"model": f"models/{FLASH}", "contents": contents, "systemInstruction": user("Be brief, please.")}
    two = post(emulator, {"generateContentRequest": request}, method="countTokens").json()
    assert 0 < one["totalTokens"] < two["totalTokens"]
    assert one["totalTokens"] == post(emulator, {"contents": contents}).json()["usageMetadata"]["promptTokenCount"]
    both = post(emulator, {"contents": contents, "generateContentRequest": request}, method="countTokens")
    assert both.status_code == 400
    assert post(emulator, {}, method="countTokens").status_code == 400


def embed(emulator, text, **more):
    body = {"content": {"parts": [{"text": text}]}, **more}
    return post(emulator, body, model="gemini-embedding-001", method="embedContent")


def product(one, two):
    return sum(a * b for a, b in zip(one, two, strict=True))


def test_embeddings_are_unit_vectors_that_know_their_words(emulator):
    size = {"outputDimensionality": 256}
    cat, cats, tax = (
        embed(emulator, text, **size).json()["embedding"]["values"]
        for text in ("the small cat sleeps", "the small cat plays", "income tax law")
    )
    assert [len(cat), product(cat, cat)] == [256, pytest.approx(1, abs=1e-5)]
    assert product(cat, cats) > 0.5 > abs(product(cat, tax)) + 0.2
    assert len(embed(emulator, "x").json()["embedding"]["values"]) == 3072


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("", {}),
        ("x", {"outputDimensionality": 0}),
        ("x", {"outputDimensionality": 3073}),
        ("x", {"taskType": "QUERY"}),
        ("x", {"title": "a"}),
        ("x", {"dimensions": 5}),
        ("word " * 5000, {}),
    ],
)
def test_embeddings_that_are_refused(emulator, text, more):
    assert embed(emulator, text, **more).status_code == 400


def test_embeddings_in_a_batch(emulator):
    one = {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a cat"}]}, "outputDimensionality": 8}
    where = {"model": "gemini-embedding-001", "method": "batchEmbedContents"}
    found = post(emulator, {"requests": [one, one]}, **where).json()["embeddings"]
    assert found == [embed(emulator, "a cat", outputDimensionality=8).json()["embedding"]] * 2
    for wrong in ({**one, "model": "models/gemini-embedding-2"}, {**one, "model": "gemini-embedding-001"}):
        assert post(emulator, {"requests": [wrong]}, **where).status_code == 400
    assert post(emulator, {"requests": []}, **where).status_code == 400


# --- caches


@pytest.fixture
def cache(emulator):
    body = {"model": f"models/{FLASH}", "contents": [user("word " * 2000)], "tools": [WEATHER], "ttl": "60s"}
    with emulator.client() as client:
        made = client.post("/v1beta/cachedContents", json=body)
        assert made.status_code == 200, made.text
        yield made.json()
        client.delete(f"/v1beta/{made.json()['name']}")


def test_cached_tokens_are_counted(emulator, cache):
    body = {"contents": [user("The weather in Paris?")], "cachedContent": cache["name"]}
    reply = post(emulator, body).json()
    usage = reply["usageMetadata"]
    assert usage["cachedContentTokenCount"] == cache["usageMetadata"]["totalTokenCount"]
    assert usage["promptTokenCount"] > usage["cachedContentTokenCount"]
    assert reply["candidates"][0]["content"]["parts"][0]["functionCall"]["name"] == "get_weather"


def test_a_cache_fixes_tools_and_model(emulator, cache):
    body = {"contents": [user("Hi")], "cachedContent": cache["name"]}
    assert "must not say tools" in post(emulator, {**body, "tools": [WEATHER]}).json()["error"]["message"]
    assert "was made for" in post(emulator, body, model="gemini-2.5-pro").json()["error"]["message"]


def test_a_cache_ends(emulator, cache):
    with emulator.client() as client:
        path = f"/v1beta/{cache['name']}"
        longer = client.patch(path, params={"updateMask": "ttl"}, json={"ttl": "600s"}).json()
        assert longer["expireTime"] > cache["expireTime"]
        assert client.patch(path, params={"updateMask": "tools"}, json={}).status_code == 400
        assert cache["name"] in [one["name"] for one in client.get("/v1beta/cachedContents").json()["cachedContents"]]
        client.patch(path, json={"expireTime": "2020-01-01T00:00:00Z"})
        assert client.get(path).status_code == 403
        assert post(emulator, {"contents": [user("Hi")], "cachedContent": cache["name"]}).status_code == 403


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"contents": [user("short")]}, "at least 2048"),
        ({"model": "models/gemini-4-argon"}, "does not support"),
        ({"ttl": "60s", "expireTime": "2030-01-01T00:00:00Z"}, "Only one of"),
        ({"ttl": "1h"}, "Invalid value"),
        ({"ttl": "0s"}, "must be positive"),
        ({"ttl": "999999999999s"}, "beyond all calendars"),
        ({"expireTime": "0001-01-01T00:00:00+23:00"}, "beyond all calendars"),
    ],
)
def test_caches_that_are_refused(emulator, change, sentence):
    body = {"model": f"models/{FLASH}", "contents": [user("word " * 2000)], **change}
    with emulator.client() as client:
        reply = client.post("/v1beta/cachedContents", json=body)
    assert (reply.status_code, sentence in reply.json()["error"]["message"]) == (400, True)


# --- scripts


@pytest.mark.parametrize(
    ("status", "code"),
    [("RESOURCE_EXHAUSTED", 429), ("UNAVAILABLE", 503), ("INTERNAL", 500), ("DEADLINE_EXCEEDED", 504)],
)
@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent", "countTokens"])
def test_an_error_by_its_name(emulator, status, code, method):
    reply = post(emulator, {"contents": [user(f"[[error {status}]]")]}, method=method)
    assert (reply.status_code, reply.json()["error"]["status"]) == (code, status)


def test_a_script_by_header(emulator):
    reply = post(emulator, {"contents": [user("Hi")]}, headers={"x-emulator": "finish SAFETY, say Ouch"})
    (candidate,) = reply.json()["candidates"]
    assert (candidate["finishReason"], candidate["content"]["parts"][0]["text"]) == ("SAFETY", "Ouch")


def test_a_script_hides_no_mistake(emulator):
    assert post(emulator, {"contents": [user("[[say Hi]]")], "n": 1}).status_code == 400
    assert post(emulator, {"contents": [user("[[error UNAVAILABLE]]")], "n": 1}).status_code == 400


def test_a_quota_says_when_to_come_back(emulator):
    error = post(emulator, {"contents": [user("[[quota]]")]}).json()["error"]
    assert error["details"][1] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}


def test_who_tries_again_gets_an_answer(emulator):
    body = {"contents": [user("Once more [[tired]]")]}
    assert [post(emulator, body).status_code for _ in range(4)] == [503, 503, 200, 200]
    assert post(emulator, {"contents": [user("Another [[tired]]")]}).status_code == 503


def test_bodies_that_are_no_reply(emulator):
    page, garbage, silence = (
        post(emulator, {"contents": [user(f"[[{name}]]")]}) for name in ("html", "garbage", "silence")
    )
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html; charset=UTF-8")
    assert (garbage.status_code, silence.status_code, silence.content) == (200, 200, b"")
    with pytest.raises(json.JSONDecodeError):
        garbage.json()


def test_a_blocked_prompt(emulator):
    for found in (
        post(emulator, {"contents": [user("[[block PROHIBITED_CONTENT]]")]}).json(),
        *stream(emulator, "[[block PROHIBITED_CONTENT]]"),
    ):
        REPLY.validate(found)
        assert found["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
        assert "candidates" not in found
        assert found["usageMetadata"]["promptTokenCount"] == found["usageMetadata"]["totalTokenCount"]


def finish_reasons():
    return REPLY.schema["$defs"]["FinishReason"]["enum"]


@pytest.mark.parametrize("word", finish_reasons())
def test_every_finish_reason(emulator, word):
    assert answer(emulator, f"[[finish {word}]]")["finishReason"] == word
    refused = answer(emulator, f"[[refuse {word}]]")
    assert (refused["finishReason"], refused["content"]) == (word, {"role": "model"})
    assert stream(emulator, f"[[finish {word}]]")[-1]["candidates"][0]["finishReason"] == word


def test_an_error_in_mid_stream(emulator):
    body = {"contents": [user("[[fail 2]] Hello there")]}
    found = events(post(emulator, body, method="streamGenerateContent", alt="sse"))
    assert ["candidates" in one for one in found] == [True, True, False]
    assert found[-1]["error"]["status"] == "UNAVAILABLE"
    assert post(emulator, body, method="streamGenerateContent").json() == found


@pytest.mark.parametrize("count", [0, 2])
def test_a_stream_that_is_cut(emulator, count):
    emulator.forget()
    received: list[bytes] = []
    body = {"contents": [user(f"[[cut {count}]]")]}
    with (
        emulator.client() as client,
        client.stream("POST", f"/v1/models/{FLASH}:streamGenerateContent?alt=sse", json=body) as reply,
    ):
        assert reply.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(reply.iter_raw())
    assert b"".join(received).count(b"data: ") == count
    assert emulator.requests()[-1]["ended"] == "cut"


def test_a_reply_that_is_cut(emulator):
    with pytest.raises(httpx.RemoteProtocolError):
        post(emulator, {"contents": [user("[[cut 1]]")]})


def test_a_long_reply(emulator):
    whole = answer(emulator, "[[size 300000]]")
    assert len(whole["content"]["parts"][0]["text"]) == 300000
    pieces = stream(emulator, "[[size 300000]]")
    assert len(texts(parts(pieces))) == 300000


def test_a_client_that_leaves_is_noticed(emulator):
    emulator.forget()
    with (
        emulator.client() as client,
        client.stream(
            "POST", f"/v1/models/{FLASH}:streamGenerateContent?alt=sse", json={"contents": [user("[[pace 0.05]] Hi")]}
        ) as reply,
    ):
        next(reply.iter_raw())
    for _ in range(100):
        (entry,) = emulator.requests()
        if "ended" in entry:
            break
    assert (entry["ended"], entry["pieces"] < 8) == ("left", True)


SCRIPT = """
models:
  gemini-9-neon: {like: gemini-3.8-flash, title: Neon, generation: 9.0, levels: [LOW]}
scripts:
  - name: exact
    when: {model: gemini-9-.*, text: magic, header: {X-Test: "1"}, method: generateContent}
    do: {reply: {candidates: [], modelVersion: exact}}
  - name: pieces
    do: {chunks: [{modelVersion: one}, {modelVersion: two}]}
  - name: say
    do: {answer: {calls: [{name: f, args: {a: 1}}], text: First this.}}
  - name: first
    when: {text: in two steps, step: 0}
    do: {answer: {calls: [{name: f, args: {step: 1}}]}}
  - name: second
    when: {text: in two steps, step: 1}
    do: {answer: {calls: [{name: g, args: {step: 2}}]}}
  - name: banned
    when: {key: banned}
    do: {error: {status: PERMISSION_DENIED, code: 403, message: "No.", headers: {x-why: banned}}}
"""


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    file = tmp_path_factory.mktemp("scripts") / "script.yaml"
    file.write_text(SCRIPT, encoding="utf-8")
    with emulated(file) as running:
        yield running


def test_scripts_of_ones_own(scripted):
    body = {"contents": [user("Some magic")]}
    given = {"model": "gemini-9-neon", "headers": {"x-test": "1"}}
    assert post(scripted, body, **given).json() == {"candidates": [], "modelVersion": "exact"}
    assert "gemini-9-neon" in post(scripted, body, model="gemini-9-neon").json()["modelVersion"]
    pieces = post(scripted, {"contents": [user("[[pieces]]")]}, method="streamGenerateContent", alt="sse")
    assert events(pieces) == [{"modelVersion": "one"}, {"modelVersion": "two"}]
    text, call = answer(scripted, "[[say]]")["content"]["parts"]
    assert (text, call) == ({"text": "First this."}, {"functionCall": {"name": "f", "args": {"a": 1}}})
    banned = post(scripted, body, headers={"x-goog-api-key": "banned"})
    assert (banned.status_code, banned.headers["x-why"]) == (403, "banned")


def test_scripts_by_step(scripted):
    contents = [user("Do it in two steps")]
    called = []
    for _ in range(3):
        reply = post(scripted, {"contents": contents}).json()["candidates"][0]["content"]
        calls = [part["functionCall"] for part in reply["parts"] if "functionCall" in part]
        called.append([call["name"] for call in calls])
        results = [{"functionResponse": {"name": call["name"], "response": {}}} for call in calls]
        contents += [reply, {"role": "user", "parts": results}]
    assert called == [["f"], ["g"], []]


def test_a_model_of_ones_own(scripted):
    config = {"thinkingConfig": {"thinkingLevel": "MEDIUM"}}
    reply = post(scripted, {"contents": [user("Hi")], "generationConfig": config}, model="gemini-9-neon")
    assert "MEDIUM is not supported" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("scripts:\n  - name: a\n    do: {finish: STOP}\n", 3, "finish"),
        ("scripts:\n  - name: A b\n    do: {delay: 1}\n", 2, "A b"),
        ("scripts:\n  - name: a\n    do: {delay: -1}\n", 3, "-1"),
        ("scripts:\n  - {name: a, name: b, do: {delay: 1}}\n", 2, "stands twice"),
        ("script: []\n", 1, "script"),
    ],
)
def test_mistakes_in_scripts_have_a_place(tmp_path, text, line, sentence):
    file = tmp_path / "script.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError) as caught, emulated(file):
        pass
    (problem,) = caught.value.problems
    assert problem.mark.line == line
    assert sentence in problem.message


def test_the_emulator_says_what_can_be_asked_of_it(emulator):
    found = httpx.get(f"{emulator.url}/emulator").json()
    assert {"error", "finish", "cut", "tired"} <= {one["name"] for one in found["scripts"]}
    assert FLASH in found["models"]


# --- the record


def test_the_record_keeps_no_key(emulator):
    emulator.forget()
    post(emulator, {"contents": [user("Hello")]}, key=KEY, headers={"cookie": KEY})
    (entry,) = emulator.requests()
    assert (entry["method"], entry["path"]) == ("POST", f"/v1beta/models/{FLASH}:generateContent")
    assert (entry["body"], entry["status"]) == ({"contents": [user("Hello")]}, 200)
    assert KEY not in json.dumps(entry)


def test_the_record_is_bounded(emulator):
    emulator.forget()
    with emulator.client() as client:
        for _ in range(210):
            client.get("/v1/models/none")
        client.post(f"/v1/models/{FLASH}:generateContent", json={"contents": [user("x" * 300_000)]})
    found = emulator.requests(last=1000)
    assert len(found) == 200
    assert re.fullmatch(r"3\d{5} bytes", found[-1]["body"])
    assert len(emulator.requests(last=3)) == 3


# --- the command


@contextmanager
def started(*options):
    command = [sys.executable, "-m", "isogloss", "emulator", "--port", "0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes) as process:
        timer = threading.Timer(20, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def test_the_command_serves_on_a_free_port_until_interrupted(tmp_path):
    file = tmp_path / "script.yaml"
    file.write_text(SCRIPT, encoding="utf-8")
    with started("--script", str(file), "--pace", "0") as process:
        address = re.search(r"http://127\.0\.0\.1:[1-9][0-9]*", process.stdout.readline())[0]
        url = f"{address}/v1beta/models/gemini-9-neon:generateContent?key=k"
        reply = httpx.post(url, json={"contents": [user("Hi")]}, verify=TLS)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert reply.status_code == 200
    assert (process.returncode, out, err) == (0, "", "")


def test_the_command_says_what_is_wrong(tmp_path, emulator):
    taken = emulator.url.rpartition(":")[2]
    with started("--port", taken) as process:
        assert "in use" in process.communicate(timeout=10)[1]
    assert process.returncode == 1
    file = tmp_path / "script.yaml"
    file.write_text("scripts: [{name: a}]\n", encoding="utf-8")
    with started("--script", str(file)) as process:
        assert f"{file}:1:11" in process.communicate(timeout=10)[1]
    assert process.returncode == 1


@pytest.mark.parametrize("library", ["starlette", "orjson", "uvicorn"])
def test_the_command_names_what_is_missing(library):
    code = "import sys; sys.modules[sys.argv.pop()] = None; from isogloss.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "emulator", library], check=False, capture_output=True, text=True, timeout=20
    )
    assert run.returncode == 1
    assert f"{library} is not installed; install it with: pip install 'isogloss[gateway]'" in run.stderr
