"""The samples of LiteLLM's page about Gemini, over the wire: https://docs.litellm.ai/docs/providers/gemini

The page's own openai client, word for word but for address and key; the bodies of its other samples as curl sends them
to a proxy; and what the emulator, which is as strict as Google, says to what came of them.
"""

import base64
import json
from contextlib import contextmanager

import httpx
import openai
import pytest
from gateway.stage import Program, reply, running
from openai import OpenAI
from page import (
    CAPITAL,
    EFFORTS,
    ENFORCED_RECIPES,
    FLASH,
    JPEG,
    JSON_RECIPES,
    PRO,
    RECIPES,
    SAFETY_SETTINGS,
    WEATHER,
    get_current_temperature,
    get_weather_declaration,
    set_thermostat_declaration,
)
from servers import KEY
from wire.chain import gateway

MP3 = base64.b64encode(b"ID3 speech_vertex.mp3").decode()


@pytest.fixture
def curl(front):
    """Ask as curl does: the body of a chat completion in, the reply and what Gemini got out."""
    with front.raw() as client:

        def ask(model, messages, **more):
            sent = client.post("/chat/completions", json={"model": model, "messages": messages, **more})
            assert sent.status_code == 200, sent.text
            (body,) = front.asked()
            return sent.json(), body

        yield ask


def message(done):
    return done["choices"][0]["message"]


def user(*content):
    return [{"role": "user", "content": content[0] if isinstance(content[0], str) else list(content)}]


# ---------------------------------------------------------------------------------------- thought signatures


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-pro-preview"])
def test_multi_turn_function_calling_with_thought_signatures(front, model):
    client = OpenAI(api_key="sk-1234", base_url=front.url)
    # Initial request
    messages = [
        {"role": "user", "content": "If it's too hot or too cold in London, set the thermostat to a comfortable level."}
    ]

    response = client.chat.completions.create(
        model=model,
        messages=messages,
        tools=[get_weather_declaration, set_thermostat_declaration],
        reasoning_effort="low",
    )

    # Append the assistant's message (includes thought signatures automatically)
    messages.append(response.choices[0].message)

    # Execute tool calls and append results
    for tool_call in response.choices[0].message.tool_calls:
        if tool_call.function.name == "get_current_temperature":
            result = get_current_temperature(**json.loads(tool_call.function.arguments))
            messages.append({"role": "tool", "content": json.dumps(result), "tool_call_id": tool_call.id})

    # Second request - thought signatures are automatically preserved
    response2 = client.chat.completions.create(
        model=model,
        messages=messages,
        tools=[get_weather_declaration, set_thermostat_declaration],
        reasoning_effort="low",
    )

    print(response2.choices[0].message.content)  # noqa: T201 - word for word

    client.close()
    (following,) = response2.choices[0].message.tool_calls  # what the page leaves to its readers
    assert following.function.name == "set_thermostat_temperature"
    signature = response.choices[0].message.tool_calls[0].provider_specific_fields["thought_signature"]
    first, second = front.asked()
    assert [one["name"] for one in first["tools"][0]["functionDeclarations"]] == [
        "get_current_temperature",
        "set_thermostat_temperature",
    ]
    (call,) = [part for part in second["contents"][1]["parts"] if "functionCall" in part]
    assert call["thoughtSignature"] == signature
    (answered,) = second["contents"][2]["parts"]
    assert answered["functionResponse"]["response"] == {"temperature": 30, "unit": "celsius"}


# ---------------------------------------------------------------------------------------- text, models, thinking


def test_sample_usage(curl):
    done, body = curl("gemini/gemini-pro", user("write code for saying hi from LiteLLM"))
    assert "hi from LiteLLM" in message(done)["content"]
    assert body["contents"][0]["parts"] == [{"text": "write code for saying hi from LiteLLM"}]


@pytest.mark.parametrize(
    "model",
    [
        "gemini-pro",
        "gemini-1.5-pro-latest",
        "gemini-2.0-flash",
        "gemini-2.0-flash-exp",
        "gemini-2.0-flash-lite-preview-02-05",
        "gemini-2.5-flash-preview-09-2025",
        "gemini-2.5-flash-lite-preview-09-2025",
        "gemini-flash-latest",
        "gemini-flash-lite-latest",
    ],
)
@pytest.mark.parametrize("prefix", ["gemini/", ""])
def test_chat_models(curl, model, prefix):
    done, _ = curl(prefix + model, CAPITAL)
    assert done["object"] == "chat.completion"
    assert message(done)["content"]


@pytest.mark.parametrize(("model", "effort", "thinking"), EFFORTS)
def test_reasoning_effort(curl, model, effort, thinking):
    done, body = curl(model, CAPITAL, reasoning_effort=effort)
    assert body["generationConfig"]["thinkingConfig"] == thinking
    assert ("reasoning_content" in message(done)) is thinking["includeThoughts"]
    details = done["usage"].get("completion_tokens_details", {})
    assert bool(details.get("reasoning_tokens")) is (thinking.get("thinkingBudget") != 0)


def test_thinking(curl):
    done, body = curl(FLASH, CAPITAL, thinking={"type": "enabled", "budget_tokens": 1024})
    assert body["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 1024, "includeThoughts": True}
    assert message(done)["reasoning_content"]


def test_temperature_of_gemini_3(curl):
    _, body = curl(PRO, CAPITAL)
    assert body["generationConfig"]["temperature"] == 1.0


# ---------------------------------------------------------------------------------------- speech


@pytest.mark.parametrize(
    ("model", "voice", "messages", "more"),
    [
        ("gemini/gemini-2.5-flash-preview-tts", "Kore", user("Say hello in a friendly voice"), {}),
        (
            "gemini/gemini-2.5-pro-preview-tts",
            "Charon",
            [
                {"role": "system", "content": "You are a helpful assistant that speaks clearly."},
                {"role": "user", "content": "Explain quantum computing in simple terms"},
            ],
            {"temperature": 0.7, "max_tokens": 150},
        ),
    ],
)
def test_text_to_speech(curl, model, voice, messages, more):
    done, body = curl(model, messages, modalities=["audio"], audio={"voice": voice, "format": "pcm16"}, **more)
    assert len(base64.b64decode(message(done)["audio"]["data"])) > 1000
    speech = body["generationConfig"]["speechConfig"]
    assert speech == {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}


def test_speech_is_pcm16_only(front):
    asked = {"modalities": ["audio"], "audio": {"voice": "Kore", "format": "mp3"}}
    with front.openai() as client, pytest.raises(openai.BadRequestError, match="pcm16") as refused:
        client.chat.completions.create(model="gemini/gemini-2.5-flash-preview-tts", messages=CAPITAL, **asked)
    assert refused.value.param == "audio.format"


# ---------------------------------------------------------------------------------------- Gemini's own parameters


def test_response_schema(curl):
    done, body = curl("gemini/gemini-1.5-pro", RECIPES, response_format=JSON_RECIPES)
    assert all("recipe_name" in recipe for recipe in json.loads(message(done)["content"]))
    assert body["generationConfig"]["responseSchema"]["items"]["required"] == ["recipe_name"]


def test_validate_schema(front, curl):
    done, _ = curl("gemini/gemini-1.5-pro", RECIPES, response_format=ENFORCED_RECIPES)
    assert json.loads(message(done)["content"])
    wrong = user('List 5 popular cookie recipes. [[say {"no": "list"}]]')
    with front.openai(max_retries=2) as client, pytest.raises(openai.APIError) as failed:
        client.chat.completions.create(model="gemini/gemini-1.5-pro", messages=wrong, response_format=ENFORCED_RECIPES)
    error = failed.value
    assert (error.status_code, error.type) == (422, "response_validation_error")
    assert error.body["isogloss"]["raw"]["choices"][0]["message"]["content"] == '{"no": "list"}'
    assert len(front.asked()) == 1


def test_generation_config_params(curl):
    _, body = curl("gemini/gemini-1.5-pro", RECIPES, topK=1)
    assert body["generationConfig"] == {"topK": 1}


def test_safety_settings(curl):
    _, body = curl("gemini/gemini-pro", user("write code for saying hi from LiteLLM"), safety_settings=SAFETY_SETTINGS)
    assert body["safetySettings"] == SAFETY_SETTINGS


def test_json_mode(curl):
    done, body = curl("gemini/gemini-1.5-pro", RECIPES, response_format={"type": "json_object"})
    assert json.loads(message(done)["content"])
    assert body["generationConfig"] == {"responseMimeType": "application/json"}


# ---------------------------------------------------------------------------------------- tools


def test_tool_calling(curl):
    asked = user("What's the weather like in Boston today?")
    done, _ = curl("gemini/gemini-1.5-flash", asked, tools=[WEATHER])
    function = message(done)["tool_calls"][0]["function"]
    assert function["name"] == "get_current_weather"
    assert json.loads(function["arguments"])["location"] == "Boston"
    assert done["choices"][0]["finish_reason"] == "tool_calls"


def test_google_search(curl):
    asked = user("What is the weather in San Francisco?")
    done, body = curl("gemini/gemini-2.0-flash", asked, tools=[{"googleSearch": {}}])
    assert body["tools"] == [{"googleSearch": {}}]
    assert message(done)["annotations"]
    assert done["vertex_ai_grounding_metadata"][0]["groundingChunks"]


def test_url_context(front):
    with front.openai() as client:
        response = client.chat.completions.create(
            model="gemini/gemini-2.0-flash",
            messages=user("Summarize this document: https://ai.google.dev/gemini-api/docs/models"),
            tools=[{"urlContext": {}}],
        )
    # Access URL context metadata, word for word:
    url_context_metadata = response.model_extra['vertex_ai_url_context_metadata']  # fmt: skip # noqa: Q000
    urlMetadata = url_context_metadata[0]['urlMetadata'][0]  # fmt: skip # noqa: N806, Q000
    assert urlMetadata["retrievedUrl"] == "https://ai.google.dev/gemini-api/docs/models"
    assert urlMetadata["urlRetrievalStatus"] == "URL_RETRIEVAL_STATUS_SUCCESS"


def test_code_execution(curl):
    asked = user("What is the weather in San Francisco? [[code]]")
    done, body = curl("gemini/gemini-2.0-flash", asked, tools=[{"codeExecution": {}}])
    assert body["tools"] == [{"codeExecution": {}}]
    assert "55" in message(done)["content"]


# ---------------------------------------------------------------------------------------- media


def test_image_resolution_control(curl):
    def image(name, detail):
        return {"type": "image_url", "image_url": {"url": f"https://example.com/{name}.png", "detail": detail}}

    text = {"type": "text", "text": "Analyze this chart"}
    _, body = curl(PRO, user(image("chart", "high"), text, image("icon", "low")))
    chart, _, icon = body["contents"][0]["parts"]
    assert chart["mediaResolution"] == {"level": "MEDIA_RESOLUTION_HIGH"}
    assert icon["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}
    assert chart["fileData"]["fileUri"] == "https://example.com/chart.png"


def test_inline_audio(curl):
    file = {"type": "file", "file": {"file_data": f"data:audio/mp3;base64,{MP3}"}}
    done, body = curl("gemini/gemini-1.5-flash", user({"type": "text", "text": "Please summarize the audio."}, file))
    assert body["contents"][0]["parts"][1] == {"inlineData": {"mimeType": "audio/mp3", "data": MP3}}
    assert "audio/mp3" in message(done)["content"]


def test_video_metadata(curl):
    video = {
        "type": "file",
        "file": {
            "file_id": "https://www.youtube.com/watch?v=9hE5-98ZeCg",
            "format": "video/mp4",
            "detail": "low",
            "video_metadata": {"fps": 5, "start_offset": "10s", "end_offset": "60s"},
        },
    }
    _, body = curl(PRO, user({"type": "text", "text": "Describe it."}, video))
    part = body["contents"][0]["parts"][1]
    assert part["videoMetadata"] == {"fps": 5, "startOffset": "10s", "endOffset": "60s"}
    assert part["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}


@contextmanager
def web(emulator):
    """Serve a picture and a document on this machine, and a gateway that may fetch them."""

    async def play(seen, send, _):
        media = "image/jpeg" if seen["path"].endswith(".jpg") else "application/pdf"
        await reply(send, body=JPEG if media == "image/jpeg" else b"%PDF-1.7", media=media)

    program = Program(play)
    with (
        running(program) as site,
        gateway(emulator, front=["openai"], back="gemini", allow_addresses=["127.0.0.0/8"]) as near,
        near.raw() as client,
    ):
        yield site, client, near


@pytest.mark.parametrize(
    ("model", "text", "kind", "link"),
    [
        ("gemini/gemini-pro-vision", "Describe the image in a few sentences.", "image_url", "landmark3.jpg"),
        ("gemini/gemini-1.5-flash", "Please summarize the file.", "file", "document"),
    ],
)
def test_links_that_old_models_do_not_follow(emulator, model, text, kind, link):
    with web(emulator) as (site, client, near):
        url = f"{site}/{link}"
        media = {"url": url} if kind == "image_url" else {"file_id": url, "format": "application/pdf"}
        asked = {"model": model, "messages": user({"type": "text", "text": text}, {"type": kind, kind: media})}
        done = client.post("/v1/chat/completions", json=asked)
        assert done.status_code == 200, done.text
        (body,) = near.asked()
    assert body["contents"][0]["parts"][1]["inlineData"]["mimeType"] in ("image/jpeg", "application/pdf")


def test_gs_file(curl):
    file = {"file_id": "gs://storage/document.pdf", "format": "application/pdf"}
    asked = user({"type": "text", "text": "Please summarize the file."}, {"type": "file", "file": file})
    _, body = curl("gemini/gemini-1.5-flash", asked)
    uri = {"fileUri": "gs://storage/document.pdf", "mimeType": "application/pdf"}
    assert body["contents"][0]["parts"][1] == {"fileData": uri}


def test_image_generation(curl):
    asked = user("Generate an image of a cat")
    done, body = curl("gemini/gemini-2.0-flash-exp-image-generation", asked, modalities=["image", "text"])
    assert message(done)["content"] is not None
    assert message(done)["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert body["generationConfig"] == {"responseModalities": ["IMAGE", "TEXT"]}


def test_context_caching(front):
    """The page sends it twice: the first request makes the cache, both are answered by it."""
    marked = {"cache_control": {"type": "ephemeral", "ttl": "3600s"}}
    agreement = "Here is the full text of a complex legal agreement" * 400
    question = "What are the key terms and conditions in this agreement?"
    body = {
        "model": "gemini/gemini-1.5-pro",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": agreement, **marked}]},
            {"role": "user", "content": [{"type": "text", "text": question, **marked}]},
        ],
    }
    with front.raw() as client:
        replies = [client.post("/chat/completions", json=body).json() for _ in range(2)]
    made, *asked = front.asked()
    assert (made["model"], made["ttl"]) == ("models/gemini-1.5-pro", "3600s")
    assert made["systemInstruction"] == {"parts": [{"text": agreement}]}
    assert [sorted(one) for one in asked] == [["cachedContent", "contents"]] * 2
    for done in replies:
        assert message(done)["content"]
        assert done["usage"]["prompt_tokens_details"]["cached_tokens"] >= len(agreement) / 4


# ---------------------------------------------------------------------------------------- pass-through


def test_pass_through(front):
    body = {"contents": [{"parts": [{"text": "Please summarize this transcript"}], "role": "user"}]}
    path = "/gemini/v1beta/models/gemini-1.5-flash-001:generateContent"
    kind = {"Content-Type": "application/json"}
    with httpx.Client(base_url=front.url, timeout=10) as client:
        by_query = client.post(path, params={"key": KEY}, content=json.dumps(body), headers=kind)
        by_header = client.post(path, content=json.dumps(body), headers={**kind, "x-goog-api-key": KEY})
        keyless = client.post(path, json=body)
        method = path.replace("generate", "streamGenerate")
        stream = client.post(method, params={"alt": "sse", "key": KEY}, json=body)
    assert by_query.status_code == 200, by_query.text
    assert by_query.json() == by_header.json()
    assert "Please summarize" in by_query.json()["candidates"][0]["content"]["parts"][0]["text"]
    assert keyless.status_code == 403
    assert stream.text.startswith("data: {")
    first, second, *_ = front.emulator.requests()
    assert first["body"] == second["body"] == body
    assert first["path"] == "/v1beta/models/gemini-1.5-flash-001:generateContent"
    assert first["query"] == {}
