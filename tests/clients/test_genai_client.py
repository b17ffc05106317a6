"""What the user of the google-genai client sees when OpenAI answers."""

import asyncio
import json

import pytest
from clients.behind import Answer, GeminiBehind, OpenAIBehind
from google.genai import errors, types
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

GPT = "gpt-4.1"
USAGE = {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}
PIXEL = b"\x89PNG\r\n\x1a\n"


def choice(content=None, finish="stop", index=0, **more):
    message = {"role": "assistant", "content": content, "refusal": None, **more}
    return {"index": index, "message": message, "finish_reason": finish, "logprobs": None}


def openai_reply(*choices, **more):
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1764000000, "model": "gpt-4.1-2025-04-14"}
    return {**head, "choices": list(choices), "usage": USAGE, **more}


def said(content=None, finish="stop", **more):
    return openai_reply(choice(content, finish, **more))


def call(name, key="call_1", **arguments):
    return {"id": key, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def ask(reply, contents="Hello", model=GPT, **config):
    behind = OpenAIBehind(reply)
    done = behind.client().models.generate_content(model=model, contents=contents, config=config or None)
    return done, behind


# ------------------------------------------------------------------------------------------------------- replies


def test_a_text():
    response, behind = ask(said("Good day"))
    assert response.text == "Good day"
    assert behind.sent == [{"model": GPT, "messages": [{"role": "user", "content": "Hello"}]}]
    assert behind.paths == ["/v1/chat/completions"]
    (candidate,) = response.candidates
    assert (candidate.finish_reason, candidate.index) == (types.FinishReason.STOP, 0)
    assert candidate.content.role == "model"
    assert (response.response_id, response.model_version) == ("chatcmpl-1", "gpt-4.1-2025-04-14")
    assert behind.losses == set()


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_every_version_of_the_address(version):
    behind = OpenAIBehind(said("Good day"))
    client = behind.client(api_version=version)
    assert client.models.generate_content(model=GPT, contents="Hello").text == "Good day"


def test_an_async_client():
    behind = OpenAIBehind(said("Good day"))
    response = asyncio.run(behind.client().aio.models.generate_content(model=GPT, contents="Hello"))
    assert response.text == "Good day"


def test_usage_reconciles():
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 0},
    }
    response, _ = ask({**said("x"), "usage": usage})
    counted = response.usage_metadata
    assert (counted.prompt_token_count, counted.cached_content_token_count) == (100, 60)
    assert (counted.candidates_token_count, counted.thoughts_token_count) == (20, 30)
    assert counted.total_token_count == 150


@pytest.mark.parametrize(
    ("word", "native"),
    [("stop", "STOP"), ("length", "MAX_TOKENS"), ("content_filter", "SAFETY")],
)
def test_finish_reasons(word, native):
    response, _ = ask(said("so far", word))
    assert response.candidates[0].finish_reason.name == native
    assert response.text == "so far"


def test_thoughts_are_parts_of_their_own():
    response, _ = ask(said("Good day", reasoning_content="I greet."))
    thought, text = response.candidates[0].content.parts
    assert (thought.text, thought.thought) == ("I greet.", True)
    assert (text.text, text.thought) == ("Good day", None)
    assert response.text == "Good day"


def test_a_refusal_is_said():
    response, _ = ask(said(None, refusal="I will not."))
    assert response.text == "I will not."


def test_several_candidates():
    reply = openai_reply(choice("one"), choice("two", "length", index=1))
    response, behind = ask(reply, candidate_count=2)
    assert behind.sent[0]["n"] == 2
    found = [(item.index, item.content.parts[0].text, item.finish_reason.name) for item in response.candidates]
    assert found == [(0, "one", "STOP"), (1, "two", "MAX_TOKENS")]


def test_logprobs():
    top = [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}, {"token": "Ho", "logprob": -2.0, "bytes": None}]
    tokens = {"content": [{**top[0], "top_logprobs": top}], "refusal": None}
    reply = openai_reply({**choice("Hi"), "logprobs": tokens})
    response, behind = ask(reply, response_logprobs=True, logprobs=2)
    assert (behind.sent[0]["logprobs"], behind.sent[0]["top_logprobs"]) == (True, 2)
    result = response.candidates[0].logprobs_result
    assert [(token.token, token.log_probability) for token in result.chosen_candidates] == [("Hi", -0.1)]
    assert [token.token for token in result.top_candidates[0].candidates] == ["Hi", "Ho"]


def test_annotations_are_grounding():
    text = "Grüße aus Köln."
    cited = {"start_index": 0, "end_index": len(text), "url": "https://a.example", "title": "A"}
    response, _ = ask(said(text, annotations=[{"type": "url_citation", "url_citation": cited}]))
    metadata = response.candidates[0].grounding_metadata
    assert metadata.grounding_chunks[0].web.uri == "https://a.example"
    (support,) = metadata.grounding_supports
    assert support.segment.end_index == len(text.encode())
    assert support.grounding_chunk_indices == [0]


# ------------------------------------------------------------------------------------------------------- requests


def test_a_config():
    _, behind = ask(
        said("x"),
        system_instruction="Be brief.",
        temperature=0.0,
        top_p=0.5,
        max_output_tokens=9,
        stop_sequences=["a", "b"],
        seed=0,
        presence_penalty=0.25,
        frequency_penalty=-0.5,
    )
    assert behind.sent[0] == {
        "model": GPT,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 9,
        "stop": ["a", "b"],
        "seed": 0,
        "presence_penalty": 0.25,
        "frequency_penalty": -0.5,
    }
    assert behind.losses == set()


def test_a_reasoning_model():
    thinking = {"thinking_level": "LOW"}
    config = {
        "system_instruction": "Be brief.",
        "temperature": 0.0,
        "max_output_tokens": 9,
        "thinking_config": thinking,
    }
    _, behind = ask(said("x"), model="gpt-5", **config)
    assert behind.sent[0] == {
        "model": "gpt-5",
        "messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "max_completion_tokens": 9,
        "reasoning_effort": "low",
    }
    assert ("dropped", "/generationConfig/temperature") in behind.losses


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        ({"thinking_budget": 0}, "minimal"),  # this model cannot leave it
        ({"thinking_budget": 512}, "minimal"),
        ({"thinking_budget": 1024}, "low"),
        ({"thinking_budget": 2048}, "medium"),
        ({"thinking_budget": 8192}, "high"),
        ({"thinking_level": "MINIMAL"}, "minimal"),
        ({"thinking_level": "HIGH", "include_thoughts": True}, "high"),
        ({"thinking_budget": -1}, None),
    ],
)
def test_thinking(thinking, effort):
    _, behind = ask(said("x"), model="gpt-5", thinking_config=thinking)
    assert behind.sent[0].get("reasoning_effort") == effort


def test_what_has_no_word_is_reported():
    settings = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    _, behind = ask(said("x"), top_k=3, safety_settings=settings)
    assert behind.sent[0] == {"model": GPT, "messages": [{"role": "user", "content": "Hello"}]}
    assert {kind for kind, _ in behind.losses} == {"dropped"}
    assert {pointer.split("/")[1] for _, pointer in behind.losses} == {"generationConfig", "safetySettings"}


def test_media():
    contents = [
        "What is all this?",
        types.Part.from_bytes(data=PIXEL, mime_type="image/png"),
        types.Part.from_uri(file_uri="https://example.com/cat.webp", mime_type="image/webp"),
        types.Part.from_bytes(data=b"RIFF", mime_type="audio/wav"),
        types.Part.from_bytes(data=b"%PDF", mime_type="application/pdf"),
    ]
    _, behind = ask(said("x"), contents)
    text, image, link, audio, file = behind.sent[0]["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is all this?"}
    assert image == {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    assert link["image_url"]["url"] == "https://example.com/cat.webp"
    assert audio == {"type": "input_audio", "input_audio": {"format": "wav", "data": "UklGRg=="}}
    assert file["file"]["file_data"] == "data:application/pdf;base64,JVBERg=="


def test_bytes_in_google_s_letters():
    """The SDK writes base64 with - and _; a data URL has + and /."""
    data = bytes(range(248, 256)) * 3
    _, behind = ask(said("x"), [types.Part.from_bytes(data=data, mime_type="image/png")])
    (image,) = behind.sent[0]["messages"][0]["content"]
    assert "-" not in image["image_url"]["url"].partition(",")[2]
    assert "_" not in image["image_url"]["url"].partition(",")[2]


def test_media_without_a_word_is_refused():
    with pytest.raises(errors.ClientError, match="takes no video"):
        ask(said("x"), [types.Part.from_bytes(data=b"mp4", mime_type="video/mp4")])


# --------------------------------------------------------------------------------------------------------- tools


def temperature(city: str, unit: str = "C") -> dict:
    """Tell the temperature in a city."""
    return {"city": city, "value": 8, "unit": unit}


DECLARED = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="temperature",
            description="Tell the temperature.",
            parameters_json_schema={"type": "object", "properties": {"city": {"type": "string"}}},
        )
    ]
)


def test_function_calls():
    reply = said(None, "tool_calls", tool_calls=[call("temperature", city="Oslo"), call("temperature", "call_2")])
    response, behind = ask(reply, tools=[DECLARED])
    assert behind.sent[0]["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "temperature",
                "description": "Tell the temperature.",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
            },
        }
    ]
    first, second = response.function_calls
    assert (first.id, first.name, first.args) == ("call_1", "temperature", {"city": "Oslo"})
    assert (second.id, second.args) == ("call_2", {})
    assert response.candidates[0].finish_reason == types.FinishReason.STOP


def test_declarations_in_google_s_own_schema():
    schema = types.Schema(
        type=types.Type.OBJECT,
        properties={
            "city": types.Schema(type=types.Type.STRING, nullable=True),
            "days": types.Schema(type=types.Type.ARRAY, items=types.Schema(type=types.Type.INTEGER), max_items=7),
        },
        required=["city"],
    )
    declared = types.FunctionDeclaration(name="forecast", parameters=schema)
    _, behind = ask(said("x"), tools=[types.Tool(function_declarations=[declared])])
    parameters = behind.sent[0]["tools"][0]["function"]["parameters"]
    assert parameters["type"] == "object"
    assert set(parameters["properties"]["city"]["type"]) == {"string", "null"}
    days = parameters["properties"]["days"]
    assert (days["type"], days["items"], int(days["maxItems"])) == ("array", {"type": "integer"}, 7)


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "NONE"}, "none"),
        ({"mode": "AUTO"}, "auto"),
        ({"mode": "ANY"}, "required"),
        (
            {"mode": "ANY", "allowed_function_names": ["temperature"]},
            {"type": "function", "function": {"name": "temperature"}},
        ),
    ],
)
def test_tool_choice(config, choice):
    _, behind = ask(said("x"), tools=[DECLARED], tool_config={"function_calling_config": config})
    assert behind.sent[0]["tool_choice"] == choice


def test_tool_choice_among_several():
    allowed = {"mode": "ANY", "allowed_function_names": ["temperature", "forecast"]}
    _, behind = ask(said("x"), tools=[DECLARED], tool_config={"function_calling_config": allowed})
    tools = [{"type": "function", "function": {"name": name}} for name in ("temperature", "forecast")]
    assert behind.sent[0]["tool_choice"] == {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": tools},
    }


def test_automatic_function_calling():
    """The SDK calls the Python function itself and sends the result."""
    behind = OpenAIBehind(
        said(None, "tool_calls", tool_calls=[call("temperature", city="Oslo")]), said("8 degrees in Oslo")
    )
    response = behind.client().models.generate_content(
        model=GPT, contents="How warm is Oslo?", config={"tools": [temperature]}
    )
    assert response.text == "8 degrees in Oslo"
    (function,) = behind.sent[0]["tools"]
    assert function["function"]["name"] == "temperature"
    assert function["function"]["description"] == "Tell the temperature in a city."
    assert function["function"]["parameters"]["properties"]["city"] == {"type": "string"}
    _, called, result = behind.sent[1]["messages"]
    assert [tool_call["id"] for tool_call in called["tool_calls"]] == ["call_1"]
    assert json.loads(called["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}
    assert (result["role"], result["tool_call_id"]) == ("tool", "call_1")
    assert json.loads(result["content"])["result"]["value"] == 8
    assert [content.role for content in response.automatic_function_calling_history] == ["user", "model", "user"]


def test_a_chat_keeps_its_history():
    behind = OpenAIBehind(said("Good day", reasoning_content="I greet."), said("You said Hello."))
    chat = behind.client().chats.create(model="deepseek-chat", config={"system_instruction": "Be brief."})
    assert chat.send_message("Hello").text == "Good day"
    assert chat.send_message("What did I say?").text == "You said Hello."
    assert [(message["role"], message["content"]) for message in behind.sent[1]["messages"]] == [
        ("system", "Be brief."),
        ("user", "Hello"),
        ("assistant", "Good day"),
        ("user", "What did I say?"),
    ]
    assert behind.sent[1]["messages"][2]["reasoning_content"] == "I greet."
    assert [content.role for content in chat.get_history()] == ["user", "model", "user", "model"]


def test_a_chat_with_functions():
    behind = OpenAIBehind(
        said(None, "tool_calls", tool_calls=[call("temperature", city="Oslo"), call("temperature", "c2", city="Rome")]),
        said("8 degrees in both"),
        said("Yes"),
    )
    chat = behind.client().chats.create(model=GPT, config={"tools": [temperature]})
    assert chat.send_message("How warm are Oslo and Rome?").text == "8 degrees in both"
    assert chat.send_message("Really?").text == "Yes"
    roles = [message["role"] for message in behind.sent[2]["messages"]]
    assert roles == ["user", "assistant", "tool", "tool", "assistant", "user"]
    assert [message["tool_call_id"] for message in behind.sent[2]["messages"][2:4]] == ["call_1", "c2"]


def test_calls_without_ids_are_paired_by_order():
    contents = [
        types.Content(role="user", parts=[types.Part(text="Oslo and Rome?")]),
        types.Content(
            role="model",
            parts=[
                types.Part.from_function_call(name="temperature", args={"city": "Oslo"}),
                types.Part.from_function_call(name="temperature", args={"city": "Rome"}),
            ],
        ),
        types.Content(
            role="user",
            parts=[
                types.Part.from_function_response(name="temperature", response={"output": "8"}),
                types.Part.from_function_response(name="temperature", response={"error": "unknown"}),
            ],
        ),
    ]
    _, behind = ask(said("x"), contents, tools=[DECLARED])
    _, asked, first, second = behind.sent[0]["messages"]
    keys = [tool_call["id"] for tool_call in asked["tool_calls"]]
    assert len(set(keys)) == 2
    assert [first["tool_call_id"], second["tool_call_id"]] == keys
    assert (first["content"], json.loads(second["content"])) == ("8", {"error": "unknown"})


def test_names_that_openai_refuses_are_renamed_and_come_back():
    declared = types.FunctionDeclaration(name="weather.now", parameters_json_schema={"type": "object"})
    tool = types.Tool(function_declarations=[declared])
    _, probe = ask(said("x"), tools=[tool])
    written = probe.sent[0]["tools"][0]["function"]["name"]
    assert "." not in written
    response, _ = ask(said(None, "tool_calls", tool_calls=[call(written)]), tools=[tool])
    assert response.function_calls[0].name == "weather.now"


# ------------------------------------------------------------------------------------------------ structured output


class Recipe(BaseModel):
    name: str
    minutes: int | None


COOKIE = {"name": "Snickerdoodle", "minutes": 20}


def test_response_schema_from_pydantic():
    reply = said(json.dumps([COOKIE]))
    response, behind = ask(reply, response_mime_type="application/json", response_schema=list[Recipe])
    assert response.parsed == [Recipe.model_validate(COOKIE)]
    wanted = behind.sent[0]["response_format"]
    assert wanted["type"] == "json_schema"
    assert wanted["json_schema"]["name"]
    schema = wanted["json_schema"]["schema"]
    assert schema["type"] == "array"
    assert set(schema["items"]["properties"]["minutes"]["type"]) == {"integer", "null"}


def test_response_json_schema():
    schema = Recipe.model_json_schema()
    response, behind = ask(said(json.dumps(COOKIE)), response_mime_type="application/json", response_json_schema=schema)
    assert json.loads(response.text) == COOKIE
    assert behind.sent[0]["response_format"]["json_schema"]["schema"] == schema


def test_json_mode():
    _, behind = ask(said("{}"), response_mime_type="application/json")
    assert behind.sent[0]["response_format"] == {"type": "json_object"}


# -------------------------------------------------------------------------------------------------------- errors


def openai_error(status, code, message="It went wrong", kind="invalid_request_error"):
    return Answer({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        (openai_error(400, "invalid_value"), errors.ClientError, "INVALID_ARGUMENT"),
        (openai_error(400, "context_length_exceeded"), errors.ClientError, "INVALID_ARGUMENT"),
        (openai_error(401, "invalid_api_key"), errors.ClientError, "UNAUTHENTICATED"),
        (openai_error(403, "unsupported_country_region_territory"), errors.ClientError, "PERMISSION_DENIED"),
        (openai_error(404, "model_not_found"), errors.ClientError, "NOT_FOUND"),
        (openai_error(429, "rate_limit_exceeded", kind="rate_limit_error"), errors.ClientError, "RESOURCE_EXHAUSTED"),
        (openai_error(429, "insufficient_quota"), errors.ClientError, "RESOURCE_EXHAUSTED"),
        (openai_error(500, None, kind="server_error"), errors.ServerError, "INTERNAL"),
        (openai_error(503, "server_is_overloaded"), errors.ServerError, "UNAVAILABLE"),
    ],
)
def test_errors(answer, error, word):
    with pytest.raises(error, match="It went wrong") as raised:
        ask(answer)
    assert (raised.value.code, raised.value.status) == (answer.status, word)
    assert raised.value.message == "It went wrong"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        ("", "the server gave no message"),
        ({"detail": "of another server"}, "of another server"),
        ({"error": "in plain text"}, "in plain text"),
    ],
)
def test_an_error_of_another_form(body, message):
    with pytest.raises(errors.ServerError) as raised:
        ask(Answer(body, 502))
    assert (raised.value.code, raised.value.status, raised.value.message) == (502, "UNAVAILABLE", message)


def test_our_refusal_is_a_client_error():
    with pytest.raises(errors.ClientError) as raised:
        ask(said("x"), stop_sequences=["a", "b", "c", "d", "e"])
    assert raised.value.code == 400
    assert "/generationConfig/stopSequences" in raised.value.message


# ------------------------------------------------------------------------------------------------ there and back


def test_a_gemini_client_before_gemini_by_way_of_openai():
    """Two translations in a row: what OpenAI's dialect has no word for still arrives."""
    signed = {"functionCall": {"id": "f1", "name": "temperature", "args": {"city": "Oslo"}}, "thoughtSignature": "c2ln"}
    gemini = {"candidates": [{"content": {"role": "model", "parts": [signed]}, "finishReason": "STOP", "index": 0}]}
    inner = GeminiBehind({**gemini, "responseId": "r", "modelVersion": "m", "usageMetadata": {}})
    asked = {"model": "gemini-3-pro-preview", "messages": [{"role": "user", "content": "Oslo?"}]}
    completion = inner.client().chat.completions.create(**asked)
    response, _ = ask(json.loads(completion.to_json()), tools=[DECLARED])
    (part,) = response.candidates[0].content.parts
    assert part.thought_signature == b"sig"
    assert (part.function_call.id, part.function_call.args) == ("f1", {"city": "Oslo"})
    assert ChatCompletion.model_validate(inner.replies[0], strict=True)
