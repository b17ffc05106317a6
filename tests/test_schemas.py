"""The JSON Schemas of both APIs and of our extensions: well-formed, as strict as the APIs, and made by our tool."""

import json
import os
import re
from copy import deepcopy
from importlib import metadata
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import schemas as tool

FOLDER = Path(__file__).resolve().parent.parent / "schemas"
MADE = [*tool.OPENAI_ROOTS, *tool.GEMINI_ROOTS, "gemini/error", "extensions"]
WORDS_OF_SENTENCES = {
    "description",
    "title",
    "example",
    "examples",
    "default",
    "deprecated",
    "nullable",
    "discriminator",
}


def load(name):
    return json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))


def validator(name):
    """Return the validator of a file, or of an OpenAI chat document with our extensions (`chat.request` …)."""
    if "/" in name:
        return Draft202012Validator(load(name))
    return Draft202012Validator({**load("extensions"), "$ref": f"#/$defs/{name}"})


VALIDATORS = {name: validator(name) for name in [*MADE[:-1], *tool.PHASES]}


def accepts(name, document):
    return VALIDATORS[name].is_valid(document)


# ------------------------------------------------------------------------------------------------------ samples

PIXEL = "data:image/png;base64,iVBORw0KGgo="
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
OPENAI_REQUEST = {
    "model": "gpt-6",
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
                {"type": "image_url", "image_url": {"url": PIXEL, "detail": "original"}},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ],
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}, "strict": True}},
    "reasoning_effort": "xhigh",
    "service_tier": "fast",
    "moderation": {"model": "m", "policy": {"input": {"mode": "block"}, "output": None}},
    "stop": None,
    "top_logprobs": None,
}
OPENAI_USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
OPENAI_RESPONSE = {
    "id": "r1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-6",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "refusal": None, "tool_calls": [CALL]},
            "finish_reason": "tool_calls",
            "logprobs": None,
        }
    ],
    "usage": OPENAI_USAGE,
}
OPENAI_CHUNK = {
    "id": "r1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "gpt-6",
    "choices": [
        {"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}, "finish_reason": None}
    ],
    "usage": None,
}
OPENAI_ERROR = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
GEMINI_REQUEST = {
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "Look."},
                {
                    "inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="},
                    "mediaResolution": {"level": "MEDIA_RESOLUTION_ULTRA_HIGH"},
                },
                {
                    "fileData": {"fileUri": "gs://b/a.mp4", "mimeType": "video/mp4"},
                    "videoMetadata": {"startOffset": "1.5s", "endOffset": "60s", "fps": 24},
                },
            ],
        },
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "skip_thought_signature"}],
        },
        {"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "f", "response": {"output": 1}}}]},
    ],
    "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "f",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {
                            "x": {"type": "array", "items": {"type": "STRING", "minLength": "1"}, "minItems": 1}
                        },
                    },
                },
                {"name": "g", "parametersJsonSchema": {"type": "object", "$defs": {}}},
            ]
        },
        {"googleSearch": {}, "urlContext": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}, "includeServerSideToolInvocations": True},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    "generationConfig": {
        "temperature": 2,
        "topK": 40,
        "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True},
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        "responseFormat": {"text": {"mimeType": "application/json", "schema": {}}},
    },
    "serviceTier": "flex",
    "store": False,
    "labels": {"team": "a"},
}
GEMINI_RESPONSE = {
    "candidates": [
        {
            "content": {"role": "model", "parts": [{"text": "hi"}, {"text": "", "thoughtSignature": "c2ln"}]},
            "finishReason": "STOP",
            "index": 0,
            "citationMetadata": {
                "citationSources": [{"startIndex": 0, "endIndex": 2, "uri": "https://x", "license": ""}]
            },
            "safetyRatings": [{"category": "HARM_CATEGORY_JAILBREAK", "probability": "LOW", "blocked": False}],
            "urlContextMetadata": {
                "urlMetadata": [{"retrievedUrl": "u", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_PAYWALL"}]
            },
        },
        {"finishReason": "MODEL_ARMOR", "index": 1, "content": {"role": "model"}},
    ],
    "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 3, "serviceTier": "flex", "trafficType": "ON_DEMAND"},
    "modelVersion": "gemini-3-pro",
    "responseId": "r1",
}
GEMINI_ERROR = {
    "error": {
        "code": 429,
        "message": "slow down",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}],
    }
}
SAMPLES = {
    "openai/chat.request": OPENAI_REQUEST,
    "openai/chat.response": OPENAI_RESPONSE,
    "openai/chat.stream": OPENAI_CHUNK,
    "openai/error": OPENAI_ERROR,
    "gemini/chat.request": GEMINI_REQUEST,
    "gemini/chat.response": GEMINI_RESPONSE,
    "gemini/error": GEMINI_ERROR,
    "chat.request": OPENAI_REQUEST,
    "chat.response": OPENAI_RESPONSE,
    "chat.stream": OPENAI_CHUNK,
}


def changed(document, pointer, value):
    """Return a copy with one value set; objects on the way are made, and `-` as the last step appends."""
    *steps, last = pointer.strip("/").split("/")
    holder = whole = deepcopy(document)
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
    if isinstance(holder, list):
        holder.append(value)
    else:
        holder[last] = value
    return whole


# -------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("name", MADE)
def test_a_file_is_a_valid_and_complete_schema_of_2020_12(name):
    schema = load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    refs = {each["$ref"] for each in tool.within(schema) if "$ref" in each}
    assert {each.removeprefix("#/$defs/") for each in refs} <= set(schema.get("$defs", {}))


@pytest.mark.parametrize("name", MADE)
def test_a_file_holds_no_sentence_of_a_vendor(name):
    for each in tool.within(load(name)):
        assert not WORDS_OF_SENTENCES & set(each)


@pytest.mark.parametrize("name", [*tool.GEMINI_ROOTS, "gemini/error"])
def test_names_of_google_are_camel_case_only(name):
    names = {key for each in tool.within(load(name)) for key in each.get("properties", {})}
    assert not {key for key in names if "_" in key}


def test_the_request_has_the_37_parameters_of_the_official_client():
    assert len(load("openai/chat.request")["properties"]) == 37


def test_provenance_names_the_sources_that_the_files_name():
    text = (FOLDER / "PROVENANCE.md").read_text("utf-8")
    assert f"google-genai {made_from()} " in text
    assert re.findall(r"OpenAPI document (\S+)", load("openai/error")["$comment"])[0] in text
    assert not re.search(r"/(work|tmp|home)/", text)
    for licence in ("google-genai.Apache-2.0.txt", "openai-openapi.MIT.txt"):
        assert licence in text
        assert (FOLDER / "LICENSES" / licence).stat().st_size > 1000


# ------------------------------------------------------------------------------------------- what is taken and not


@pytest.mark.parametrize("name", SAMPLES)
def test_a_valid_document_is_taken(name):
    VALIDATORS[name].validate(SAMPLES[name])


REFUSED = [
    ("gemini/chat.request", "/generationConfig/temprature", 1),
    ("gemini/chat.request", "/generationConfig/top_p", 1),
    ("gemini/chat.request", "/generationConfig/temperature", 2.5),
    ("gemini/chat.request", "/generationConfig/topP", -0.1),
    ("gemini/chat.request", "/generationConfig/stopSequences", ["a", "b", "c", "d", "e", "f"]),
    ("gemini/chat.request", "/generationConfig/seed", 2**31),
    ("gemini/chat.request", "/generationConfig/mediaResolution", "MEDIA_RESOLUTION_ULTRA_HIGH"),
    ("gemini/chat.request", "/generationConfig/responseModalities", ["SMELL"]),
    ("gemini/chat.request", "/generationConfig/thinkingConfig/thinkingLevel", "ULTRA"),
    ("gemini/chat.request", "/generationConfig/thinkingConfig/thinkingBudget", 1024),
    ("gemini/chat.request", "/generationConfig/routingConfig", {}),
    ("gemini/chat.request", "/generationConfig/imageConfig/personGeneration", "ALLOW_ALL"),
    ("gemini/chat.request", "/generationConfig/responseSchema", {"type": "STRING", "const": "a"}),
    ("gemini/chat.request", "/generationConfig/responseSchema", {"anyOf": [{"items": {"$ref": "#"}}]}),
    ("gemini/chat.request", "/generationConfig/responseSchema", {"type": "INTEGER", "enum": [1]}),
    ("gemini/chat.request", "/safetySettings/0/threshold", "BLOCK_SOME"),
    ("gemini/chat.request", "/safetySettings/0/method", "SEVERITY"),
    ("gemini/chat.request", "/safetySettings/0/category", "HARM_CATEGORY_JAILBREAK"),
    ("gemini/chat.request", "/serviceTier", "fast"),
    ("gemini/chat.request", "/toolConfig/functionCallingConfig/mode", "MAYBE"),
    ("gemini/chat.request", "/tools/-", {"enterpriseWebSearch": {}}),
    ("gemini/chat.request", "/tools/1/googleSearch/excludeDomains", []),
    ("gemini/chat.request", "/tools/0/functionDeclarations/0/parametersJsonSchema", {}),
    ("gemini/chat.request", "/tools/0/functionDeclarations/0/name", "no spaces"),
    ("gemini/chat.request", "/contents", []),
    ("gemini/chat.request", "/contents/-", {"role": "user", "parts": []}),
    ("gemini/chat.request", "/contents/-", {"role": "assistant", "parts": [{"text": "a"}]}),
    ("gemini/chat.request", "/contents/0/parts/-", {}),
    ("gemini/chat.request", "/contents/0/parts/-", {"text": "a", "inlineData": {"mimeType": "a/b", "data": ""}}),
    ("gemini/chat.request", "/contents/0/parts/1/inlineData/data", "not base64!"),
    ("gemini/chat.request", "/contents/0/parts/2/videoMetadata/startOffset", "soon"),
    ("gemini/chat.request", "/contents/0/parts/2/videoMetadata/fps", 0),
    ("gemini/chat.response", "/candidates/0/finishReason", "stop"),
    ("gemini/chat.response", "/candidates/0/citationMetadata", {"citations": []}),
    ("gemini/chat.response", "/candidates/0/finish_reason", "STOP"),
    ("gemini/chat.response", "/usageMetadata/promptTokenCount", "1"),
    ("gemini/chat.response", "/promptFeedback", {"blockReason": "BLOCKED_REASON_UNSPECIFIED"}),
    ("gemini/error", "/error/status", "BAD"),
    ("openai/chat.request", "/reasoning_effort", "disable"),
    ("openai/chat.request", "/temperature", 2.5),
    ("openai/chat.request", "/messages/0/role", "model"),
    ("openai/chat.request", "/messages/-", {"role": "tool", "content": "no id"}),
    ("openai/chat.request", "/messages/1/content/1/image_url/detail", "ultra_high"),
    ("openai/chat.request", "/tools/-", {"googleSearch": {}}),
    ("openai/chat.request", "/stop", ["a", "b", "c", "d", "e"]),
    ("openai/chat.response", "/choices/0/finish_reason", "STOP"),
    ("openai/chat.response", "/usage", {"prompt_tokens": 1}),
    ("openai/chat.stream", "/choices/0/delta/tool_calls/-", {"id": "no index"}),
    ("openai/chat.request", "/messages/1/content/0/prompt_cache_breakpoint/ttl", "1s"),
    ("openai/chat.stream", "/choices/0/delta/audio", {"data": 1}),
    ("openai/error", "/error", {"message": "no", "type": "x"}),
    ("chat.request", "/tools/-", {"gogleSearch": {}}),
    ("chat.request", "/tools/-", {}),
    ("chat.request", "/reasoning_effort", "disabled"),
    ("chat.request", "/thinking", {"budget_tokens": 1024}),
    ("chat.request", "/topK", "many"),
    ("chat.request", "/safety_settings", [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_SOME"}]),
    ("chat.request", "/stop", ["a", "b", "c", "d", "e", "f"]),
    ("chat.request", "/messages/0/cache_control", {"ttl": "60s"}),
    ("chat.request", "/messages/2/reasoning_content", 1),
    ("chat.request", "/messages/1/content/1/image_url/detail", "huge"),
    ("chat.request", "/response_format", {"type": "json_object", "enforce_validation": "yes"}),
    ("chat.response", "/choices/0/message/tool_calls/0/extra_content", {"google": {"thought_signature": 1}}),
    ("chat.response", "/choices/0/message/images", [{"type": "image_url", "image_url": {"url": PIXEL}}]),
    ("chat.response", "/vertex_ai_url_context_metadata", {}),
    ("chat.response", "/vertex_ai_grounding_metadata", [{"web_search_queries": []}]),
    ("chat.stream", "/vertex_ai_grounding_metadata", [{"webSearchQueries": []}]),
    ("chat.stream", "/choices/0/delta/extra_content", {"google": {"signatures": [{"thought_signature": "no index"}]}}),
    ("chat.stream", "/choices/0/delta/reasoning_content", []),
]


@pytest.mark.parametrize(("name", "pointer", "value"), REFUSED)
def test_an_invalid_document_is_refused(name, pointer, value):
    assert not accepts(name, changed(SAMPLES[name], pointer, value))


TAKEN = [
    ("chat.request", "/reasoning_effort", "disable"),
    ("chat.request", "/thinking", {"type": "enabled", "budget_tokens": 1024}),
    ("chat.request", "/topK", 40),
    ("chat.request", "/top_k", 40),
    ("chat.request", "/thinking_level", "low"),
    ("chat.request", "/thinking_config", {"include_thoughts": True, "thinkingLevel": "HIGH"}),
    ("chat.request", "/safety_settings", [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
    ("chat.request", "/tools/-", {"googleSearch": {}}),
    ("chat.request", "/tools/-", {"google_search_retrieval": {"dynamic_retrieval_config": {"dynamic_threshold": 1}}}),
    ("chat.request", "/tools/-", {"name": "f", "description": "d", "parameters": {}}),
    ("chat.request", "/stop", ["a", "b", "c", "d", "e"]),
    ("chat.request", "/modalities", ["text", "image"]),
    ("chat.request", "/response_format", {"type": "json_object", "response_schema": {}, "enforce_validation": True}),
    ("chat.request", "/extra_body", {"google": {"thinking_config": {"thinking_budget": 0}, "cached_content": "c"}}),
    ("chat.request", "/messages/0/cache_control", {"type": "ephemeral", "ttl": "60s"}),
    ("chat.request", "/messages/1/content/0/cache_control", {"type": "ephemeral"}),
    ("chat.request", "/messages/1/content/1/image_url/detail", "ultra_high"),
    (
        "chat.request",
        "/messages/1/content/-",
        {
            "type": "file",
            "file": {"file_id": "gs://b/a", "format": "video/mp4", "detail": "low", "video_metadata": {"fps": 5}},
        },
    ),
    ("chat.request", "/messages/2/reasoning_content", "hm"),
    ("chat.request", "/messages/2/images", [{"index": 0, "type": "image_url", "image_url": {"url": PIXEL}}]),
    ("chat.request", "/messages/2/tool_calls/0/provider_specific_fields", {"thought_signature": "c2ln"}),
    ("chat.request", "/messages/3/content", [{"type": "image_url", "image_url": {"url": PIXEL}}]),
    ("chat.response", "/choices/0/message/images", [{"index": 0, "type": "image_url", "image_url": {"url": PIXEL}}]),
    ("chat.response", "/choices/0/extra_content", {"google": {"finish_reason": "STOP"}}),
    ("chat.response", "/vertex_ai_url_context_metadata", [{"urlMetadata": []}, None]),
    ("chat.response", "/vertex_ai_safety_results", [[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]]),
    ("chat.stream", "/vertex_ai_grounding_metadata", [{"index": 0, "webSearchQueries": []}]),
    ("chat.stream", "/choices/0/delta/audio", {"id": "a", "data": "AAAA"}),
]


@pytest.mark.parametrize(("name", "pointer", "value"), TAKEN)
def test_an_extension_is_taken(name, pointer, value):
    VALIDATORS[name].validate(changed(SAMPLES[name], pointer, value))


# --------------------------------------------------------------------------------------------------- extensions


def test_the_list_of_extensions_is_what_its_own_schema_says():
    file = load("extensions")
    listed = file["$defs"]["Extensions"]["const"]
    Draft202012Validator({**file, "$ref": "#/$defs/Extensions"}).validate(listed)
    places = [(row["document"], row["path"]) for row in listed]
    assert places == sorted(set(places))


def test_every_extension_of_the_contract_is_listed():
    listed = {(row["document"], row["path"]) for row in load("extensions")["$defs"]["Extensions"]["const"]}
    for document, message in tool.MESSAGES.items():
        for path in tool.MESSAGE_EXTENSIONS:
            assert (document, f"{message}.{path}") in listed
    for document in tool.REPLIES:
        for path in tool.CANDIDATE_LISTS:
            assert (document, path) in listed


# -------------------------------------------------------------------------------------------------- regeneration


def made_from():
    return re.findall(r"google-genai (\S+)", load("gemini/error")["$comment"])[0]


@pytest.fixture
def package():
    """Skip where the package is missing or another version; in CI a missing one is a failure."""
    try:
        version = metadata.version("google-genai")
    except metadata.PackageNotFoundError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("google-genai is not installed")
    if version != made_from():
        pytest.skip(f"google-genai {version} is installed; schemas/gemini was made from {made_from()}")


@pytest.mark.usefixtures("package")
def test_the_gemini_half_is_what_the_tool_makes_now():
    assert tool.changed(tool.make(None, "gemini"), FOLDER) == []


@pytest.mark.usefixtures("package")
def test_a_field_that_the_vendor_marks_as_missing_must_be_named(monkeypatch):
    without = {name: fields for name, fields in tool.GEMINI_OMITTED.items() if name != "SafetySetting"}
    monkeypatch.setattr(tool, "GEMINI_OMITTED", without)
    with pytest.raises(SystemExit, match=r"SafetySetting.*method"):
        tool.make(None, "gemini")


@pytest.mark.usefixtures("package")
def test_a_row_for_a_field_that_is_gone_is_an_error(monkeypatch):
    monkeypatch.setattr(tool, "GEMINI_OMITTED", tool.GEMINI_OMITTED | {"Blob": {"color": "no such field"}})
    with pytest.raises(SystemExit, match=r"Blob.*color"):
        tool.make(None, "gemini")


def test_without_the_openapi_document_only_the_gemini_half_is_made():
    with pytest.raises(SystemExit, match="--openai"):
        tool.make(None, "openai")


def test_check_names_the_files_that_differ(tmp_path, capsys):
    source = tmp_path / "openapi.json"
    schema = {
        "type": "object",
        "description": "gone",
        "properties": {"description": {"type": "string", "nullable": True}},
    }
    document = {"info": {"version": "0"}, "components": {"schemas": dict.fromkeys(tool.OPENAI_ROOTS.values(), schema)}}
    source.write_text(json.dumps(document), "utf-8")
    asked = ["--openai", str(source), "--only", "openai", "--out", str(tmp_path)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool, "OPENAI_CORRECTIONS", ())
        assert tool.main([*asked, "--check"]) == 1
        assert tool.main(asked) == 0
        assert tool.main([*asked, "--check"]) == 0
    assert capsys.readouterr().out.count("chat.request") == 2
    written = json.loads((tmp_path / "openai/error.schema.json").read_text("utf-8"))
    assert written["properties"] == {"description": {"anyOf": [{"type": "string"}, {"type": "null"}]}}
    assert "description" not in written


def test_paths_list_every_property_and_stop_where_a_schema_holds_itself():
    listed = tool.paths(load("gemini/chat.request"))
    assert "generationConfig.thinkingConfig.thinkingLevel" in listed
    assert "contents[*].parts[*].functionCall.args" in listed
    assert "generationConfig.responseSchema.items…" in listed
