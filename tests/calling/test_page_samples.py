"""The Python samples of LiteLLM's page about Gemini with one import changed, asked of the offline Gemini.

Each is asked in four ways (see conftest.py): `completion`, `acompletion`, and both as streams.
https://docs.litellm.ai/docs/providers/gemini
"""

import base64
import json
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest
from gateway.stage import Program, reply, running
from isogloss import JSONSchemaValidationError
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from page import (
    CAPITAL,
    EFFORTS,
    PNG,
    RECIPES,
    RESPONSE_SCHEMA,
    SAFETY_SETTINGS,
    WEATHER,
    get_current_temperature,
    get_weather_declaration,
    set_thermostat_declaration,
)

MODELS = [
    "gemini/gemini-pro",
    "gemini/gemini-1.5-pro-latest",
    "gemini/gemini-2.0-flash",
    "gemini/gemini-2.0-flash-exp",
    "gemini/gemini-2.0-flash-lite-preview-02-05",
    "gemini/gemini-2.5-flash-preview-09-2025",
    "gemini/gemini-2.5-flash-lite-preview-09-2025",
    "gemini/gemini-flash-latest",
    "gemini/gemini-flash-lite-latest",
]
SAN_FRANCISCO = [{"role": "user", "content": "What is the weather in San Francisco?"}]


def test_sample_usage(completion, streams, gemini):
    response = completion(
        model="gemini/gemini-pro",
        messages=[{"role": "user", "content": "write code for saying hi from LiteLLM"}],
    )
    assert "saying hi from LiteLLM" in response.choices[0].message.content
    ChatCompletion.model_validate(response.to_dict(), strict=True)
    method = "streamGenerateContent" if streams else "generateContent"
    assert gemini.requests()[0]["path"] == f"/v1beta/models/gemini-pro:{method}"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.usefixtures("gemini")
def test_chat_models(completion, model):
    assert completion(model=model, messages=CAPITAL).choices[0].message.content


@pytest.mark.parametrize(("model", "effort", "thinking"), EFFORTS)
def test_reasoning_effort(completion, asked, model, effort, thinking):
    resp = completion(model=model, messages=CAPITAL, reasoning_effort=effort)
    assert bool(resp.choices[0].message.reasoning_content) is thinking["includeThoughts"]
    (body,) = asked()
    assert body["generationConfig"]["thinkingConfig"] == thinking
    # "Expected Response"
    assert resp.usage.total_tokens
    assert (resp.usage.cache_read_input_tokens, resp.usage.cache_creation_input_tokens) == (0, 0)
    assert (resp.system_fingerprint, resp.choices[0].message.tool_calls) == (None, None)


def test_thinking(litellm, asked):
    response = litellm.completion(
        model="gemini/gemini-2.5-flash-preview-04-17",
        messages=CAPITAL,
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    assert response.choices[0].message.reasoning_content
    assert asked()[0]["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 1024, "includeThoughts": True}


@pytest.mark.parametrize(
    ("model", "voice", "messages", "more"),
    [
        (
            "gemini/gemini-2.5-flash-preview-tts",
            "Kore",
            [{"role": "user", "content": "Say hello in a friendly voice"}],
            {},
        ),
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
def test_text_to_speech(completion, streams, asked, model, voice, messages, more):
    said = {"modalities": ["audio"], "audio": {"voice": voice, "format": "pcm16"}, **more}
    if streams:  # "Streaming support has not been added to TTS models yet", says the page
        with pytest.raises(openai.BadRequestError, match="does not stream speech"):
            completion(model=model, messages=messages, **said)
        return
    response = completion(model=model, messages=messages, **said)
    assert len(base64.b64decode(response.choices[0].message.audio.data)) > 1000
    speech = asked()[0]["generationConfig"]["speechConfig"]
    assert speech == {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}


@pytest.mark.usefixtures("gemini")
def test_response_schema(completion):
    done = completion(
        model="gemini/gemini-1.5-pro",
        messages=RECIPES,
        response_format={"type": "json_object", "response_schema": RESPONSE_SCHEMA},  # 👈 KEY CHANGE
    )
    assert all("recipe_name" in recipe for recipe in json.loads(done.choices[0].message.content))


ENFORCED = {
    "type": "json_object",
    "response_schema": RESPONSE_SCHEMA,
    "enforce_validation": True,  # 👈 KEY CHANGE
}


def test_validate_schema(completion, gemini):
    done = completion(model="gemini/gemini-1.5-pro", messages=RECIPES, response_format=ENFORCED)
    assert json.loads(done.choices[0].message.content)
    gemini.forget()
    wrong = [{"role": "user", "content": 'List 5 popular cookie recipes. [[say {"no": "list"}]]'}]
    with pytest.raises(JSONSchemaValidationError) as failed:
        completion(model="gemini/gemini-1.5-pro", messages=wrong, response_format=ENFORCED)
    assert f"Raw Response: {failed.value.raw_response}" == 'Raw Response: {"no": "list"}'
    assert isinstance(failed.value, openai.APIError)
    assert failed.value.pointer.endswith("/content")
    assert len(gemini.requests()) == 1


@pytest.mark.usefixtures("gemini")
def test_validate_schema_whose_types_are_in_capitals(completion):
    """As Gemini spells them in schemas of its own kind."""
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}, "required": ["a"]}
    asked = {"type": "json_object", "response_schema": schema, "enforce_validation": True}
    for text in ('{"a": "b"}', '{"a": null}'):
        say = [{"role": "user", "content": f"[[say {text}]]"}]
        assert completion(model="gemini/gemini-2.5-flash", messages=say, response_format=asked)
    wrong = [{"role": "user", "content": '[[say {"a": 5}]]'}]
    with pytest.raises(JSONSchemaValidationError):
        completion(model="gemini/gemini-2.5-flash", messages=wrong, response_format=asked)


@pytest.mark.parametrize("schema", [{"type": "lst"}, {"pattern": "("}, {"properties": {"a": {"pattern": "("}}}])
def test_a_schema_that_is_none_is_the_callers_mistake(completion, gemini, schema):
    asked = {"type": "json_object", "response_schema": schema, "enforce_validation": True}
    say = [{"role": "user", "content": '[[say "x"]]'}]
    with pytest.raises(openai.BadRequestError, match="the schema to enforce"):
        completion(model="gemini/gemini-2.5-flash", messages=say, response_format=asked)
    assert gemini.requests() == []


def test_generation_config_params(completion, asked):
    assert completion(model="gemini/gemini-1.5-pro", messages=RECIPES, topK=1).choices[0].message.content
    assert asked()[0]["generationConfig"] == {"topK": 1}


def test_safety_settings(completion, asked):
    response = completion(model="gemini/gemini-pro", messages=CAPITAL, safety_settings=SAFETY_SETTINGS)
    assert response.choices[0].message.content
    assert asked()[0]["safetySettings"] == SAFETY_SETTINGS


@pytest.mark.usefixtures("gemini")
def test_tool_calling(completion, capsys):
    messages = [{"role": "user", "content": "What's the weather like in Boston today?"}]
    response = completion(model="gemini/gemini-1.5-flash", messages=messages, tools=[WEATHER])
    # Add any assertions, here to check response args
    print(response)  # noqa: T201 - word for word
    assert isinstance(response.choices[0].message.tool_calls[0].function.name, str)
    assert isinstance(response.choices[0].message.tool_calls[0].function.arguments, str)
    assert capsys.readouterr().out.startswith("ModelResponse(id='")


@pytest.mark.parametrize("tool", ["googleSearch", "codeExecution"])
def test_search_and_code_execution(completion, asked, tool):
    response = completion(model="gemini/gemini-2.0-flash", messages=SAN_FRANCISCO, tools=[{tool: {}}])
    assert response.choices[0].message.content
    assert asked()[0]["tools"] == [{tool: {}}]


@pytest.mark.usefixtures("gemini")
def test_url_context(completion):
    response = completion(
        model="gemini/gemini-2.0-flash",
        messages=[{"role": "user", "content": "Summarize this document: https://ai.google.dev/gemini-api/docs/models"}],
        tools=[{"urlContext": {}}],
    )
    # Access URL context metadata
    url_context_metadata = response.model_extra["vertex_ai_url_context_metadata"]
    url_metadata = url_context_metadata[0]["urlMetadata"][0]
    assert url_metadata["retrievedUrl"] == "https://ai.google.dev/gemini-api/docs/models"
    assert url_metadata["urlRetrievalStatus"] == "URL_RETRIEVAL_STATUS_SUCCESS"


@pytest.mark.parametrize("model", ["gemini/gemini-2.5-flash", "gemini/gemini-3-pro-preview"])
@pytest.mark.parametrize(
    "appended",
    [
        lambda message: message,
        lambda message: message.model_dump(),
        lambda message: ChatCompletionMessage.model_validate(message.to_dict()),
    ],
    ids=["as it is", "plain values", "official type"],
)
def test_thought_signatures(completion, asked, model, appended):
    messages = [{"role": "user", "content": "What's the weather like in Boston today?"}]
    response = completion(model=model, messages=messages, tools=[WEATHER], reasoning_effort="low")
    call = response.choices[0].message.tool_calls[0]
    messages.append(appended(response.choices[0].message))
    messages.append({"role": "tool", "content": json.dumps({"temperature": 30}), "tool_call_id": call.id})
    again = completion(model=model, messages=messages, tools=[WEATHER], reasoning_effort="low")
    assert again.choices[0].message
    signature = call.provider_specific_fields["thought_signature"]
    said = asked()[1]["contents"][1]["parts"]
    assert [part["thoughtSignature"] for part in said if "functionCall" in part] == [signature]


def test_thought_signatures_over_turns(completion, asked):
    """The page's multi-turn conversation, whose tools are bare declarations; as the page has it: tests/wire."""
    tools = [get_weather_declaration, set_thermostat_declaration]
    text = "If it's too hot or too cold in London, set the thermostat to a comfortable level."
    messages = [{"role": "user", "content": text}]
    response = completion(model="gemini-2.5-flash", messages=messages, tools=tools, reasoning_effort="low")
    # Append the assistant's message (includes thought signatures automatically)
    messages.append(response.choices[0].message)
    # Execute tool calls and append results
    for tool_call in response.choices[0].message.tool_calls:
        if tool_call.function.name == "get_current_temperature":
            result = get_current_temperature(**json.loads(tool_call.function.arguments))
            messages.append({"role": "tool", "content": json.dumps(result), "tool_call_id": tool_call.id})
    # Second request - thought signatures are automatically preserved
    response2 = completion(model="gemini-2.5-flash", messages=messages, tools=tools, reasoning_effort="low")
    assert response2.choices[0].message
    _, call, result = asked()[1]["contents"]
    (said,) = [part for part in call["parts"] if "functionCall" in part]
    signature = response.choices[0].message.tool_calls[0].provider_specific_fields["thought_signature"]
    assert said["thoughtSignature"] == signature
    assert result["parts"][0]["functionResponse"]["response"] == {"temperature": 30, "unit": "celsius"}


@pytest.mark.usefixtures("gemini")
def test_json_mode(completion):
    done = completion(model="gemini/gemini-1.5-pro", messages=RECIPES, response_format={"type": "json_object"})
    assert json.loads(done.choices[0].message.content)


def test_image_resolution_control(completion, asked):
    def image(name, detail):
        return {"type": "image_url", "image_url": {"url": f"https://example.com/{name}.png", "detail": detail}}

    text = {"type": "text", "text": "Analyze this chart"}
    said = [{"role": "user", "content": [image("chart", "high"), text, image("icon", "low")]}]
    assert completion(model="gemini/gemini-3-pro-preview", messages=said).choices[0].message.content
    chart, _, icon = asked()[0]["contents"][0]["parts"]
    assert chart["mediaResolution"] == {"level": "MEDIA_RESOLUTION_HIGH"}
    assert icon["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}


LANDMARK = "https://storage.googleapis.com/github-repo/img/gemini/intro/landmark3.jpg"


def picture(image_url):
    text = {"type": "text", "text": "Describe the image in a few sentences."}
    return [{"role": "user", "content": [text, {"type": "image_url", "image_url": {"url": image_url}}]}]


@contextmanager
def site(media, data):
    """Serve a file on this machine, as other machines would; yields the address of all its paths."""

    async def play(_, send, __):
        await reply(send, body=data, media=media)

    with running(Program(play)) as url:
        yield url


def test_vision_of_an_address(litellm, asked):
    """A model that follows links is sent the link, and one that does not what is there."""
    assert litellm.completion(model="gemini/gemini-3-pro-preview", messages=picture(LANDMARK))
    assert asked()[0]["contents"][0]["parts"][1]["fileData"]["fileUri"] == LANDMARK
    with site("image/png", PNG) as url:
        done = litellm.completion(
            model="gemini/gemini-pro-vision", messages=picture(f"{url}/landmark3.png"), allow_addresses=["127.0.0.0/8"]
        )
    assert done.choices[0].message.content
    data = {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}
    assert asked()[1]["contents"][0]["parts"][1] == {"inlineData": data}


def test_vision_of_a_path(litellm, asked, tmp_path):
    """You can pass here the URL or Path of image directly."""
    (tmp_path / "landmark3.png").write_bytes(PNG)
    image_url = str(tmp_path / "landmark3.png")
    response = litellm.completion(model="gemini/gemini-pro-vision", messages=picture(image_url))
    # Extract the response content
    content = response.get("choices", [{}])[0].get("message", {}).get("content")
    assert "image" in content
    data = {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}
    assert asked()[0]["contents"][0]["parts"][1] == {"inlineData": data}


def test_inline_data(litellm, asked, tmp_path, capsys, monkeypatch):
    (tmp_path / "speech_vertex.mp3").write_bytes(b"ID3 speech")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(litellm, "set_verbose", True)  # 👈 See Raw call
    audio_bytes = Path("speech_vertex.mp3").read_bytes()
    encoded_data = base64.b64encode(audio_bytes).decode("utf-8")
    response = litellm.completion(
        model="gemini/gemini-1.5-flash",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Please summarize the audio."},
                    {
                        "type": "file",
                        "file": {
                            "file_data": f"data:audio/mp3;base64,{encoded_data}",  # 👈 SET MIME_TYPE + DATA
                        },
                    },
                ],
            }
        ],
    )
    assert "audio/mp3" in response.choices[0].message.content
    assert asked()[0]["contents"][0]["parts"][1] == {"inlineData": {"mimeType": "audio/mp3", "data": encoded_data}}
    told = capsys.readouterr().err
    assert encoded_data in told
    assert "/v1beta/models/gemini-1.5-flash:" in told
    assert "x-goog-api-key: [key]" in told


def test_https_file(litellm, asked):
    text = {"type": "text", "text": "Please summarize the file."}
    with site("application/pdf", b"%PDF-1.7") as url:
        file = {"file_id": f"{url}/document", "format": "application/pdf"}
        said = [{"role": "user", "content": [text, {"type": "file", "file": file}]}]
        done = litellm.completion(model="gemini/gemini-1.5-flash", messages=said, allow_addresses=["127.0.0.0/8"])
    assert done.choices[0].message.content
    data = {"mimeType": "application/pdf", "data": "JVBERi0xLjc="}
    assert asked()[0]["contents"][0]["parts"][1] == {"inlineData": data}


def test_gs_file(litellm, asked):
    file = {"file_id": "gs://storage/document.pdf", "format": "application/pdf"}
    said = [{"type": "text", "text": "Please summarize the file."}, {"type": "file", "file": file}]
    assert litellm.completion(model="gemini/gemini-1.5-flash", messages=[{"role": "user", "content": said}])
    uri = {"fileUri": "gs://storage/document.pdf", "mimeType": "application/pdf"}
    assert asked()[0]["contents"][0]["parts"][1] == {"fileData": uri}


def test_image_generation(completion, asked):
    response = completion(
        model="gemini/gemini-2.0-flash-exp-image-generation",
        messages=[{"role": "user", "content": "Generate an image of a cat"}],
        modalities=["image", "text"],
    )
    assert response.choices[0].message.content is not None
    assert response.choices[0].message.images[0].image_url.url.startswith("data:image/png;base64,")
    assert asked()[0]["generationConfig"] == {"responseModalities": ["IMAGE", "TEXT"]}
