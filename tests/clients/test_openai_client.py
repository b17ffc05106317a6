"""What the user of the openai client sees when Gemini answers."""

import asyncio
import base64
import json
from typing import Literal

import httpx2
import openai
import pytest
from clients.behind import Answer, GeminiBehind
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 4, "totalTokenCount": 14}
HELLO = [{"role": "user", "content": "Hello"}]
PRO = "gemini-3-pro-preview"
FLASH = "gemini-2.5-flash"
PIXEL = "iVBORw0KGgo="


def candidate(*parts, finish="STOP", index=0, **more):
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, "index": index, **more}


def gemini(*candidates, **more):
    said = {"usageMetadata": USAGE, "modelVersion": FLASH, "responseId": "r1"}
    return {"candidates": list(candidates), **said, **more}


def said(*parts, **more):
    return gemini(candidate(*parts, **more))


def ask(reply, messages=HELLO, model=FLASH, **asked):
    behind = GeminiBehind(reply)
    return behind.client().chat.completions.create(model=model, messages=messages, **asked), behind


# ------------------------------------------------------------------------------------------------------- replies


def test_a_text():
    completion, behind = ask(said({"text": "Good "}, {"text": "day"}))
    (choice,) = completion.choices
    assert (choice.message.role, choice.message.content, choice.message.refusal) == ("assistant", "Good day", None)
    assert (choice.finish_reason, choice.index, choice.logprobs) == ("stop", 0, None)
    assert (completion.id, completion.model, completion.object) == ("r1", FLASH, "chat.completion")
    assert behind.losses == set()


def test_an_async_client():
    behind = GeminiBehind(said({"text": "Good day"}))

    async def talk():
        http = openai.DefaultAsyncHttpxClient(transport=httpx2.MockTransport(behind))
        async with openai.AsyncOpenAI(api_key="k", base_url="https://isogloss.test/v1", http_client=http) as client:
            return await client.chat.completions.create(model=FLASH, messages=HELLO)

    assert asyncio.run(talk()).choices[0].message.content == "Good day"


def test_the_raw_reply_carries_what_was_translated():
    behind = GeminiBehind(said({"text": "Good day"}))
    raw = behind.client().chat.completions.with_raw_response.create(model=FLASH, messages=HELLO)
    assert json.loads(raw.text) == behind.replies[0]
    assert raw.parse() == ChatCompletion.model_validate(behind.replies[0])


def test_thoughts_are_reasoning_content():
    completion, _ = ask(said({"text": "I greet.", "thought": True}, {"text": "Good day"}))
    message = completion.choices[0].message
    assert message.content == "Good day"
    assert message.model_extra["reasoning_content"] == "I greet."


def test_thoughts_alone_leave_content_empty_not_null():
    completion, _ = ask(said({"text": "Hm.", "thought": True}, finish="MAX_TOKENS"))
    assert completion.choices[0].message.content == ""
    assert completion.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("native", "word"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("CONTINUATION", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("LANGUAGE", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter"),
        ("IMAGE_RECITATION", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        ("ESCALATION", "content_filter"),
        ("PUP_LIMITED_DISABLED", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "stop"),
        ("UNEXPECTED_TOOL_CALL", "stop"),
        ("OTHER", "stop"),
        ("FINISH_REASON_UNSPECIFIED", "stop"),
    ],
)
def test_finish_reasons(native, word):
    completion, _ = ask(said({"text": "so far"}, finish=native))
    (choice,) = completion.choices
    assert (choice.finish_reason, choice.message.content) == (word, "so far")
    assert choice.model_extra["provider_specific_fields"]["native_finish_reason"] == native
    assert choice.model_extra["extra_content"]["google"]["finish_reason"] == native


@pytest.mark.filterwarnings("ignore:BRAND_NEW is not a valid FinishReason:UserWarning")  # the SDK behind says so
def test_an_unknown_finish_reason_is_kept_beside():
    completion, behind = ask(said({"text": "so far"}, finish="BRAND_NEW"))
    (choice,) = completion.choices
    assert choice.finish_reason == "stop"
    assert choice.model_extra["provider_specific_fields"]["native_finish_reason"] == "BRAND_NEW"
    assert ("approximated", "/candidates/0/finishReason") in behind.losses


def test_usage_reconciles():
    usage = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 60,
        "toolUsePromptTokenCount": 7,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 157,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 90}, {"modality": "IMAGE", "tokenCount": 10}],
        "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 20}],
    }
    completion, _ = ask(gemini(candidate({"text": "x"}), usageMetadata=usage))
    counted = completion.usage
    assert (counted.prompt_tokens, counted.completion_tokens, counted.total_tokens) == (107, 50, 157)
    assert counted.prompt_tokens_details.cached_tokens == 60
    assert counted.prompt_tokens_details.text_tokens == 90
    assert counted.prompt_tokens_details.image_tokens == 10
    assert counted.completion_tokens_details.reasoning_tokens == 30
    assert counted.completion_tokens_details.text_tokens == 20


def test_several_choices():
    reply = gemini(candidate({"text": "one"}), candidate({"text": "two"}, index=1, finish="MAX_TOKENS"))
    completion, behind = ask(reply, n=2)
    assert behind.sent[0]["generationConfig"] == {"candidateCount": 2}
    found = [(choice.index, choice.message.content, choice.finish_reason) for choice in completion.choices]
    assert found == [(0, "one", "stop"), (1, "two", "length")]


def test_several_choices_where_the_family_answers_with_one():
    behind = GeminiBehind()
    with pytest.raises(openai.BadRequestError, match="one candidate only") as refused:
        behind.client().chat.completions.create(model=PRO, messages=HELLO, n=2)
    assert refused.value.param == "/n"


def test_a_blocked_prompt():
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}]
    feedback = {"blockReason": "SAFETY", "safetyRatings": ratings}
    reply = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}}
    completion, _ = ask({**reply, "modelVersion": FLASH, "responseId": "r1"})
    (choice,) = completion.choices
    assert choice.finish_reason == "content_filter"
    assert not choice.message.content
    assert choice.model_extra["extra_content"]["google"]["prompt_feedback"] == feedback
    assert completion.usage.prompt_tokens == 4


def test_logprobs():
    chosen = [{"token": "Good", "tokenId": 7, "logProbability": -0.1}]
    top = [{"candidates": [{"token": "Good", "logProbability": -0.1}, {"token": "Bad", "logProbability": -2.5}]}]
    result = {"chosenCandidates": chosen, "topCandidates": top}
    completion, behind = ask(said({"text": "Good"}, logprobsResult=result), logprobs=True, top_logprobs=2)
    assert behind.sent[0]["generationConfig"] == {"responseLogprobs": True, "logprobs": 2}
    (token,) = completion.choices[0].logprobs.content
    assert (token.token, token.logprob) == ("Good", -0.1)
    assert [(other.token, other.logprob) for other in token.top_logprobs] == [("Good", -0.1), ("Bad", -2.5)]


def test_logprobs_of_the_chosen_tokens_alone():
    result = {"chosenCandidates": [{"token": "Good", "logProbability": -0.1}]}
    completion, _ = ask(said({"text": "Good"}, logprobsResult=result), logprobs=True)
    (token,) = completion.choices[0].logprobs.content
    assert (token.token, token.logprob, token.top_logprobs) == ("Good", -0.1, [])


def grounded(text, *segments):
    chunks = [{"web": {"uri": "https://a.example", "title": "A"}}, {"web": {"uri": "https://b.example"}}]
    supports = [
        {"segment": {"startIndex": start, "endIndex": end, "text": piece}, "groundingChunkIndices": list(sources)}
        for start, end, piece, sources in segments
    ]
    metadata = {"groundingChunks": chunks, "groundingSupports": supports, "webSearchQueries": ["q"]}
    return said({"text": text}, groundingMetadata=metadata)


def test_annotations_count_letters_not_bytes():
    text = "Grüße 🌍 aus Köln. Und aus Wien."
    first = "Grüße 🌍 aus Köln."
    end = len(first.encode())
    reply = grounded(text, (0, end, first, [0]), (end + 1, len(text.encode()), "Und aus Wien.", [0, 1]))
    completion, _ = ask(reply, tools=[{"googleSearch": {}}])
    message = completion.choices[0].message
    cited = [annotation.url_citation for annotation in message.annotations]
    assert [text[c.start_index : c.end_index] for c in cited] == [first, "Und aus Wien.", "Und aus Wien."]
    assert [c.url for c in cited] == ["https://a.example", "https://a.example", "https://b.example"]
    assert cited[0].title == "A"
    assert isinstance(cited[2].title, str)
    assert {annotation.type for annotation in message.annotations} == {"url_citation"}


# --------------------------------------------------------------------------------------------------------- tools

TEMPERATURE = {
    "type": "function",
    "function": {
        "name": "temperature",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def called(city, signature=None, **more):
    part = {"functionCall": {"name": "temperature", "args": {"city": city}, **more}}
    return {**part, "thoughtSignature": signature} if signature else part


def test_tool_calls_are_unique_and_typed():
    completion, _ = ask(said(called("Oslo"), called("Oslo")), tools=[TEMPERATURE])
    (choice,) = completion.choices
    first, second = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert first.id != second.id
    assert max(len(first.id), len(second.id)) <= 64
    assert (first.type, first.function.name, json.loads(first.function.arguments)) == (
        "function",
        "temperature",
        {"city": "Oslo"},
    )


def test_a_truncated_call_stays_truncated():
    completion, _ = ask(said(called("Oslo"), finish="MAX_TOKENS"), tools=[TEMPERATURE])
    assert completion.choices[0].finish_reason == "length"


def test_a_call_without_arguments():
    completion, _ = ask(said({"functionCall": {"name": "temperature"}}), tools=[TEMPERATURE])
    assert completion.choices[0].message.tool_calls[0].function.arguments == "{}"


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("none", {"mode": "NONE"}),
        ("auto", {"mode": "AUTO"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "temperature"}},
            {"mode": "ANY", "allowedFunctionNames": ["temperature"]},
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
                {"type": "function", "function": {"name": "temperature"}},
            ]}},
            {"mode": "ANY", "allowedFunctionNames": ["temperature"]},
        ),
    ],
)  # fmt: skip
def test_tool_choice(choice, config):
    _, behind = ask(said({"text": "x"}), tools=[TEMPERATURE], tool_choice=choice)
    assert behind.sent[0]["toolConfig"] == {"functionCallingConfig": config}


def test_integer_enums_come_back_as_integers():
    parameters = {"type": "object", "properties": {"level": {"type": "integer", "enum": [1, 2, 3]}}}
    tool = {"type": "function", "function": {"name": "heat", "parameters": parameters}}
    reply = said({"functionCall": {"name": "heat", "args": {"level": "2"}}})
    completion, behind = ask(reply, model="gemini-2.0-flash", tools=[tool])
    (declared,) = behind.sent[0]["tools"][0]["functionDeclarations"]
    assert declared["parameters"]["properties"]["level"] == {"type": "STRING", "enum": ["1", "2", "3"]}
    assert json.loads(completion.choices[0].message.tool_calls[0].function.arguments) == {"level": 2}


def test_names_that_gemini_refuses_are_renamed_and_come_back():
    tool = {"type": "function", "function": {"name": "3d-render", "parameters": {"type": "object"}}}
    behind = GeminiBehind()
    _, probe = ask(said({"text": "x"}), tools=[tool])
    written = probe.sent[0]["tools"][0]["functionDeclarations"][0]["name"]
    assert written != "3d-render"
    behind = GeminiBehind(said({"functionCall": {"name": written, "args": {}}}), said({"text": "done"}))
    chat = behind.client().chat.completions
    message = chat.create(model=FLASH, messages=HELLO, tools=[tool]).choices[0].message
    assert message.tool_calls[0].function.name == "3d-render"
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "ok"}
    chat.create(model=FLASH, messages=[*HELLO, message, result], tools=[tool])
    _, call, answer = behind.sent[1]["contents"]
    assert call["parts"][0]["functionCall"]["name"] == written
    assert answer["parts"][0]["functionResponse"]["name"] == written


def test_builtin_and_functions_where_the_family_takes_both():
    _, behind = ask(said({"text": "x"}), model=PRO, tools=[TEMPERATURE, {"googleSearch": {}}])
    assert behind.sent[0]["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert {next(iter(tool)) for tool in behind.sent[0]["tools"]} == {"functionDeclarations", "googleSearch"}


def test_builtin_and_functions_where_the_family_takes_one():
    behind = GeminiBehind()
    with pytest.raises(openai.BadRequestError, match="either functions or built-in tools"):
        behind.client().chat.completions.create(model=FLASH, messages=HELLO, tools=[TEMPERATURE, {"googleSearch": {}}])
    assert behind.sent == []


def test_legacy_functions():
    behind = GeminiBehind(said(called("Oslo")), said({"text": "8 °C"}))
    chat = behind.client().chat.completions
    functions = [TEMPERATURE["function"]]
    first = chat.create(model=FLASH, messages=HELLO, functions=functions, function_call="auto").choices[0]
    assert first.finish_reason == "function_call"
    assert first.message.tool_calls is None
    assert first.message.function_call.name == "temperature"
    assert json.loads(first.message.function_call.arguments) == {"city": "Oslo"}
    result = {"role": "function", "name": "temperature", "content": "8"}
    second = chat.create(model=FLASH, messages=[*HELLO, first.message, result], functions=functions)
    assert second.choices[0].message.content == "8 °C"
    _, call, answer = behind.sent[1]["contents"]
    assert call["parts"][0]["functionCall"]["args"] == {"city": "Oslo"}
    assert answer["parts"][0]["functionResponse"]["name"] == "temperature"


def test_pydantic_tools():
    class Temperature(BaseModel):
        """The temperature in a city."""

        city: str
        unit: Literal["C", "F"]

    tool = openai.pydantic_function_tool(Temperature, name="temperature")
    reply = said({"functionCall": {"name": "temperature", "args": {"city": "Oslo", "unit": "C"}}})
    behind = GeminiBehind(reply)
    completion = behind.client().chat.completions.parse(model=FLASH, messages=HELLO, tools=[tool])
    (call,) = completion.choices[0].message.tool_calls
    assert call.function.parsed_arguments == Temperature(city="Oslo", unit="C")
    (declared,) = behind.sent[0]["tools"][0]["functionDeclarations"]
    assert declared["parametersJsonSchema"]["properties"]["unit"]["enum"] == ["C", "F"]


# ---------------------------------------------------------------------------------------------- thought signatures


def history_after(reply, *more, model=PRO, **asked):
    """Append the message object to the history, as users do, and return what Gemini then gets."""
    behind = GeminiBehind(reply, said({"text": "next"}))
    chat = behind.client().chat.completions
    message = chat.create(model=model, messages=HELLO, **asked).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"{n}"} for n, call in enumerate(message.tool_calls or ())
    ]
    chat.create(model=model, messages=[*HELLO, message, *results, *more], **asked)
    return behind.sent[1]["contents"]


def plain(part):
    """Leave out the ids that were made."""
    call = {name: value for name, value in part.get("functionCall", {}).items() if name != "id"}
    return {**part, "functionCall": call} if call else part


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([called("Oslo", "Y2FsbA==")], id="call"),
        pytest.param([called("Oslo", "Y2FsbA=="), called("Rome")], id="first of parallel calls"),
        pytest.param([called("Oslo", "b25l"), called("Rome", "dHdv")], id="each call"),
        pytest.param([{"text": "I look."}, called("Oslo", "Y2FsbA==")], id="call after text"),
        pytest.param([{"text": "Hm.", "thought": True}, called("Oslo", "Y2FsbA==")], id="call after thought"),
        pytest.param([{"text": "Day", "thoughtSignature": "dGV4dA=="}], id="text"),
        pytest.param([{"text": "Day"}, {"text": "", "thoughtSignature": "ZW1wdHk="}], id="empty text at the end"),
        pytest.param(
            [{"text": "A", "thoughtSignature": "YQ=="}, {"text": "B", "thoughtSignature": "Yg=="}], id="texts"
        ),
        pytest.param([{"text": "A"}, {"text": "B", "thoughtSignature": "Yg=="}], id="second text"),
        pytest.param(
            [{"text": "Hm.", "thought": True, "thoughtSignature": "aG0="}, {"text": "Day", "thoughtSignature": "ZGF5"}],
            id="thought and text",
        ),
        pytest.param(
            [{"text": "See:"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}, "thoughtSignature": "aW1n"}],
            id="image",
        ),
        pytest.param(
            [{"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "Y29kZQ=="}], id="code"
        ),
    ],
)
def test_a_signature_returns_to_its_part(parts):
    tools = [TEMPERATURE] if any("functionCall" in part for part in parts) else openai.omit
    more = [] if tools is not openai.omit else HELLO
    contents = history_after(said(*parts), *more, tools=tools)
    assert contents[1]["role"] == "model"
    assert [plain(part) for part in contents[1]["parts"]] == parts


def test_results_answer_their_calls_in_one_turn():
    contents = history_after(said(called("Oslo", "Y2FsbA=="), called("Rome")), tools=[TEMPERATURE])
    _, model, user = contents
    calls = [part["functionCall"]["id"] for part in model["parts"]]
    assert user["role"] == "user"
    assert [part["functionResponse"]["id"] for part in user["parts"]] == calls
    assert [part["functionResponse"]["response"] for part in user["parts"]] == [{"output": "0"}, {"output": "1"}]


def test_google_s_own_ids_come_back():
    contents = history_after(said(called("Oslo", "Y2FsbA==", id="google-1")), tools=[TEMPERATURE])
    assert contents[1]["parts"][0]["functionCall"]["id"] == "google-1"
    assert contents[2]["parts"][0]["functionResponse"]["id"] == "google-1"


def test_a_foreign_call_gets_the_documented_sentinel():
    call = {"id": "c1", "type": "function", "function": {"name": "temperature", "arguments": '{"city": "Oslo"}'}}
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "8"},
    ]
    _, behind = ask(said({"text": "8 °C"}), messages, model=PRO, tools=[TEMPERATURE])
    part = behind.sent[0]["contents"][1]["parts"][0]
    signature = part["thoughtSignature"]
    assert signature in (
        "skip_thought_signature_validator",
        base64.b64encode(b"skip_thought_signature_validator").decode(),
    )
    assert "defaulted" in {kind for kind, pointer in behind.losses if "tool_calls" in pointer}


# ------------------------------------------------------------------------------------------------ structured output


class Step(BaseModel):
    explanation: str
    output: float


class Solution(BaseModel):
    steps: list[Step]
    answer: int | None
    level: Literal["easy", "hard"]


SOLVED = {"steps": [{"explanation": "add", "output": 4.0}], "answer": 4, "level": "easy"}


@pytest.mark.parametrize("model", ["gemini-2.0-flash", FLASH, PRO, "gemini-3.8-flash"])
def test_parse_into_a_pydantic_model(model):
    behind = GeminiBehind(said({"text": json.dumps(SOLVED)}))
    completion = behind.client().chat.completions.parse(model=model, messages=HELLO, response_format=Solution)
    assert completion.choices[0].message.parsed == Solution.model_validate(SOLVED)
    config = behind.sent[0]["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    schema = config.get("responseJsonSchema") or config["responseSchema"]
    assert set(schema["properties"]) == {"steps", "answer", "level"}
    assert not any(kind == "dropped" and "enum" in pointer for kind, pointer in behind.losses)


def test_a_truncated_structure_raises_as_with_openai():
    behind = GeminiBehind(said({"text": '{"steps": ['}, finish="MAX_TOKENS"))
    with pytest.raises(openai.LengthFinishReasonError):
        behind.client().chat.completions.parse(model=FLASH, messages=HELLO, response_format=Solution)


def test_a_filtered_structure_raises_as_with_openai():
    behind = GeminiBehind(said({"text": "{"}, finish="SAFETY"))
    with pytest.raises(openai.ContentFilterFinishReasonError):
        behind.client().chat.completions.parse(model=FLASH, messages=HELLO, response_format=Solution)


# --------------------------------------------------------------------------------------------------------- media


def test_images_there_and_back():
    reply = said({"text": "A cat:"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}})
    contents = history_after(reply, *HELLO, model="gemini-2.5-flash-image", modalities=["text", "image"])
    assert contents[1]["parts"] == reply["candidates"][0]["content"]["parts"]


def test_every_sort_of_part():
    content = [
        {"type": "text", "text": "What is all this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image_url", "image_url": {"url": "gs://bucket/cat.webp"}},
        {"type": "input_audio", "input_audio": {"format": "wav", "data": "UklGRg=="}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERg==", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_id": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
    ]
    _, behind = ask(said({"text": "x"}), [{"role": "user", "content": content}], model=PRO)
    assert behind.sent[0]["contents"][0]["parts"] == [
        {"text": "What is all this?"},
        {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
        {"fileData": {"fileUri": "gs://bucket/cat.webp", "mimeType": "image/webp"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERg==", "displayName": "a.pdf"}},
        {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
    ]


def test_speech():
    inline = {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AAEAAQ=="}
    audio = {"voice": "Kore", "format": "pcm16"}
    reply = said({"inlineData": inline})
    completion, _ = ask(reply, model="gemini-2.5-flash-preview-tts", modalities=["audio"], audio=audio)
    spoken = completion.choices[0].message.audio
    assert (base64.b64decode(spoken.data), spoken.transcript) == (b"\x00\x01\x00\x01", "")
    assert completion.choices[0].message.content == ""


def test_parameters_of_the_sdk():
    behind = GeminiBehind(said({"text": "x"}))
    behind.client().chat.completions.create(
        model="gemini-2.0-flash",  # penalties are 400 from 2.5 on
        messages=[{"role": "developer", "content": "Be brief."}, *HELLO],
        temperature=0,
        top_p=0.5,
        max_completion_tokens=9,
        stop=["a", "b"],
        seed=0,
        presence_penalty=0.25,
        frequency_penalty=-0.5,
        parallel_tool_calls=True,
        service_tier="flex",
        store=False,
    )
    assert behind.sent[0] == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
        "generationConfig": {
            "temperature": 0,
            "topP": 0.5,
            "maxOutputTokens": 9,
            "stopSequences": ["a", "b"],
            "seed": 0,
            "presencePenalty": 0.25,
            "frequencyPenalty": -0.5,
        },
        "serviceTier": "flex",
        "store": False,
    }
    assert behind.losses == set()


def test_google_s_extra_body():
    thinking = {"thinking_level": "low", "include_thoughts": True}
    extra = {"extra_body": {"google": {"thinking_config": thinking, "cached_content": "cachedContents/1"}}}
    _, behind = ask(said({"text": "x"}), model=PRO, extra_body=extra)
    config = behind.sent[0]["generationConfig"]["thinkingConfig"]
    assert {name: str(value).upper() for name, value in config.items()} == {
        "thinkingLevel": "LOW",
        "includeThoughts": "TRUE",
    }
    assert behind.sent[0]["cachedContent"] == "cachedContents/1"


# -------------------------------------------------------------------------------------------------------- errors


def google_error(status, word, message, *details):
    return Answer({"error": {"code": status, "message": message, "status": word, "details": list(details)}}, status)


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
FIELD = {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    "fieldViolations": [{"field": "contents", "description": "contents is not specified"}],
}


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (google_error(400, "INVALID_ARGUMENT", "Invalid value", FIELD), openai.BadRequestError, "invalid_value"),
        (google_error(400, "FAILED_PRECONDITION", "Not here"), openai.BadRequestError, "failed_precondition"),
        (google_error(400, "INVALID_ARGUMENT", "API key expired"), openai.AuthenticationError, "invalid_api_key"),
        (google_error(401, "UNAUTHENTICATED", "Who?"), openai.AuthenticationError, "invalid_api_key"),
        (google_error(403, "PERMISSION_DENIED", "No"), openai.PermissionDeniedError, "permission_denied"),
        (google_error(404, "NOT_FOUND", "models/x is not found"), openai.NotFoundError, "model_not_found"),
        (google_error(409, "ABORTED", "Aborted"), openai.ConflictError, "aborted"),
        (google_error(429, "RESOURCE_EXHAUSTED", "Quota", RETRY), openai.RateLimitError, "rate_limit_exceeded"),
        (google_error(500, "INTERNAL", "Oops"), openai.InternalServerError, "server_error"),
        (google_error(503, "UNAVAILABLE", "Overloaded"), openai.InternalServerError, "server_is_overloaded"),
        (google_error(504, "DEADLINE_EXCEEDED", "Late"), openai.InternalServerError, "timeout"),
    ],
)
def test_errors(answer, error, code):
    with pytest.raises(error, match=answer.body["error"]["message"]) as raised:
        ask(answer)
    assert raised.value.code == code
    assert set(raised.value.body) >= {"message", "type", "param", "code"}


def test_a_rate_limit_says_when_to_come_back():
    with pytest.raises(openai.RateLimitError) as raised:
        ask(google_error(429, "RESOURCE_EXHAUSTED", "Quota", RETRY))
    assert raised.value.response.headers["retry-after"] == "34"
    assert raised.value.type == "rate_limit_error"


def test_the_client_retries_after_the_time_google_names():
    behind = GeminiBehind(
        google_error(429, "RESOURCE_EXHAUSTED", "Quota", {**RETRY, "retryDelay": "0.01s"}), said({"text": "x"})
    )
    completion = behind.client(max_retries=1).chat.completions.create(model=FLASH, messages=HELLO)
    assert completion.choices[0].message.content == "x"
    assert len(behind.sent) == 2


def test_a_bad_field_is_named():
    with pytest.raises(openai.BadRequestError) as raised:
        ask(google_error(400, "INVALID_ARGUMENT", "Invalid value", FIELD))
    assert raised.value.param == "messages"


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "", [{"error": {"code": 502, "message": "bad gw"}}]])
def test_an_error_of_another_form(body):
    with pytest.raises(openai.InternalServerError) as raised:
        ask(Answer(body, 502))
    assert raised.value.status_code == 502
    assert raised.value.body["message"]


def test_our_refusal_names_the_place():
    behind = GeminiBehind()
    tool = {"type": "custom", "custom": {"name": "grep"}}
    with pytest.raises(openai.BadRequestError, match="declare a function instead") as raised:
        behind.client().chat.completions.create(model=FLASH, messages=HELLO, tools=[TEMPERATURE, tool])
    assert raised.value.param == "/tools/1"
    assert behind.sent == []
