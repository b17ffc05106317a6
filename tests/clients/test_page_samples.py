"""The samples of LiteLLM's page about Gemini (https://docs.litellm.ai/docs/providers/gemini), by a real openai client.

What the page passes to `litellm.completion` beyond the SDK's own parameters goes through `extra_body`, as the SDK has
it: on the wire it is the same.
"""

import base64
import json

import openai
import pytest
from clients.behind import Answer, GeminiBehind
from page import (
    CAPITAL,
    EFFORTS,
    ENFORCED_RECIPES,
    FLASH,
    JSON_RECIPES,
    RECIPES,
    SAFETY_SETTINGS,
    WEATHER,
    get_current_temperature,
    get_weather_declaration,
    set_thermostat_declaration,
)

USAGE = {"promptTokenCount": 42, "candidatesTokenCount": 8, "totalTokenCount": 50}


def candidate(*parts, finish="STOP", **more):
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, "index": 0, **more}


def reply(*candidates, **more):
    usage = {"usageMetadata": USAGE, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    return {"candidates": list(candidates), **usage, **more}


PARIS = reply(candidate({"text": "The capital of France is Paris."}))


def completion(gemini, messages=CAPITAL, **asked):
    """Ask as the page does: what the SDK does not know goes through `extra_body`."""
    behind = GeminiBehind(gemini)
    return behind.client().chat.completions.create(messages=messages, **asked), behind


# ------------------------------------------------------------------------------------------------- basic, models


def test_sample_usage():
    messages = [{"role": "user", "content": "write code for saying hi from LiteLLM"}]
    response, behind = completion(reply(candidate({"text": "print('hi')"})), messages, model="gemini/gemini-pro")
    assert response.choices[0].message.content == "print('hi')"
    assert behind.paths == ["/v1beta/models/gemini-pro:generateContent"]
    assert behind.sent == [{"contents": [{"role": "user", "parts": [{"text": messages[0]["content"]}]}]}]


@pytest.mark.parametrize(
    "model",
    [
        "gemini/gemini-pro",
        "gemini/gemini-1.5-pro-latest",
        "gemini/gemini-2.0-flash",
        "gemini/gemini-2.0-flash-exp",
        "gemini/gemini-2.0-flash-lite-preview-02-05",
        "gemini/gemini-2.5-flash-preview-09-2025",
        "gemini/gemini-2.5-flash-lite-preview-09-2025",
        "gemini/gemini-flash-latest",
        "gemini/gemini-flash-lite-latest",
        "gemini/any-model-on-gemini",
    ],
)
def test_chat_models(model):
    response, behind = completion(PARIS, model=model)
    assert response.choices[0].message.content == "The capital of France is Paris."
    assert behind.paths == [f"/v1beta/models/{model.removeprefix('gemini/')}:generateContent"]


# ------------------------------------------------------------------------------------------------------ thinking


@pytest.mark.parametrize(("model", "effort", "thinking"), EFFORTS)
def test_reasoning_effort(model, effort, thinking):
    _, behind = completion(PARIS, model=model, reasoning_effort=effort)
    assert behind.sent[0]["generationConfig"]["thinkingConfig"] == thinking


def test_gemini_3_gets_the_temperature_it_is_recommended():
    _, behind = completion(PARIS, model="gemini/gemini-3-pro-preview")
    assert behind.sent[0]["generationConfig"] == {"temperature": 1.0}
    assert behind.losses == {("defaulted", "")}


def test_expected_response():
    thought = "The capital of France is Paris. This is a very straightforward factual question."
    gemini = reply(
        candidate({"text": thought, "thought": True}, {"text": "The capital of France is Paris."}),
        usageMetadata={
            "promptTokenCount": 42,
            "candidatesTokenCount": 8,
            "thoughtsTokenCount": 60,
            "totalTokenCount": 110,
        },
    )
    response, _ = completion(gemini, model=FLASH, reasoning_effort="low")
    choice = response.choices[0]
    assert (response.object, response.created, response.id) == ("chat.completion", 1764000000, "r1")
    assert (choice.finish_reason, choice.index) == ("stop", 0)
    assert (choice.message.role, choice.message.content) == ("assistant", "The capital of France is Paris.")
    assert (choice.message.tool_calls, choice.message.function_call) == (None, None)
    assert choice.message.model_extra["reasoning_content"] == thought
    usage = response.usage
    assert (usage.completion_tokens, usage.prompt_tokens, usage.total_tokens) == (68, 42, 110)
    assert usage.completion_tokens_details.reasoning_tokens == 60


def test_thinking():
    thinking = {"type": "enabled", "budget_tokens": 1024}
    _, behind = completion(PARIS, model=FLASH, extra_body={"thinking": thinking})
    assert behind.sent[0]["generationConfig"] == {"thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": True}}
    assert behind.losses == set()


# -------------------------------------------------------------------------------------------------------- speech

PCM = base64.b64encode(b"\x00\x01" * 24).decode()
SPOKEN = reply(candidate({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": PCM}}))


def test_tts_quick_start():
    response, behind = completion(
        SPOKEN,
        [{"role": "user", "content": "Say hello in a friendly voice"}],
        model="gemini/gemini-2.5-flash-preview-tts",
        modalities=["audio"],
        audio={"voice": "Kore", "format": "pcm16"},
    )
    assert behind.sent[0]["generationConfig"] == {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
    }
    message = response.choices[0].message
    assert message.audio.data == PCM
    assert message.audio.id
    assert message.audio.transcript == ""
    assert message.audio.expires_at == response.created  # nothing keeps it: it cannot be pointed to by its id
    assert message.content == ""


def test_tts_advanced_usage():
    system = "You are a helpful assistant that speaks clearly."
    question = "Explain quantum computing in simple terms"
    _, behind = completion(
        SPOKEN,
        [{"role": "system", "content": system}, {"role": "user", "content": question}],
        model="gemini/gemini-2.5-pro-preview-tts",
        modalities=["audio"],
        audio={"voice": "Charon", "format": "pcm16"},
        temperature=0.7,
        max_tokens=150,
    )
    assert behind.sent[0]["contents"] == [{"role": "user", "parts": [{"text": system}, {"text": question}]}]
    assert "systemInstruction" not in behind.sent[0]
    assert behind.sent[0]["generationConfig"] == {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Charon"}}},
        "temperature": 0.7,
        "maxOutputTokens": 150,
    }


def test_tts_speaks_pcm16_only():
    behind = GeminiBehind()
    with pytest.raises(openai.BadRequestError, match="pcm16") as refused:
        behind.client().chat.completions.create(
            model="gemini/gemini-2.5-flash-preview-tts",
            messages=CAPITAL,
            modalities=["audio"],
            audio={"voice": "Kore", "format": "mp3"},
        )
    assert refused.value.param == "/audio/format"
    assert behind.sent == []


# ------------------------------------------------------------------------------------------------ Gemini's own

GEMINI_SCHEMA = {
    "type": "ARRAY",
    "items": {
        "type": "OBJECT",
        "properties": {"recipe_name": {"type": "STRING"}},
        "required": ["recipe_name"],
    },
}
COOKIES = reply(candidate({"text": '[{"recipe_name": "Snickerdoodle"}]'}))


def test_json_mode():
    asked = {"model": "gemini/gemini-1.5-pro", "response_format": {"type": "json_object"}}
    response, behind = completion(COOKIES, RECIPES, **asked)
    assert behind.sent[0]["generationConfig"] == {"responseMimeType": "application/json"}
    assert json.loads(response.choices[0].message.content) == [{"recipe_name": "Snickerdoodle"}]


def test_response_schema():
    response, behind = completion(COOKIES, RECIPES, model="gemini/gemini-1.5-pro", response_format=JSON_RECIPES)
    assert behind.sent[0]["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseSchema": GEMINI_SCHEMA,
    }
    assert json.loads(response.choices[0].message.content) == [{"recipe_name": "Snickerdoodle"}]
    assert behind.losses == set()


def test_validate_schema():
    response, behind = completion(COOKIES, RECIPES, model="gemini/gemini-1.5-pro", response_format=ENFORCED_RECIPES)
    assert behind.sent[0]["generationConfig"]["responseSchema"] == GEMINI_SCHEMA
    assert response.choices[0].message.content == '[{"recipe_name": "Snickerdoodle"}]'


def test_validate_schema_fails():
    unfit = reply(candidate({"text": '[{"name": "Snickerdoodle"}]'}))
    with pytest.raises(openai.APIError, match="'recipe_name' is a required property") as failed:
        completion(unfit, RECIPES, model="gemini/gemini-1.5-pro", response_format=ENFORCED_RECIPES)
    assert failed.value.param == "/choices/0/message/content/0"


def test_generation_config_params():
    _, behind = completion(COOKIES, RECIPES, model="gemini/gemini-1.5-pro", extra_body={"topK": 1})
    assert behind.sent[0]["generationConfig"] == {"topK": 1}
    assert behind.losses == set()


def test_safety_settings():
    _, behind = completion(PARIS, model="gemini/gemini-pro", extra_body={"safety_settings": SAFETY_SETTINGS})
    assert behind.sent[0]["safetySettings"] == SAFETY_SETTINGS
    assert behind.losses == set()


# --------------------------------------------------------------------------------------------------------- tools


def test_tool_calling():
    called = candidate({"functionCall": {"name": "get_current_weather", "args": {"location": "Boston, MA"}}})
    messages = [{"role": "user", "content": "What's the weather like in Boston today?"}]
    response, behind = completion(reply(called), messages, model="gemini/gemini-1.5-flash", tools=[WEATHER])
    (declared,) = behind.sent[0]["tools"][0]["functionDeclarations"]
    assert declared["parameters"]["properties"]["unit"] == {"type": "STRING", "enum": ["celsius", "fahrenheit"]}
    choice = response.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls[0].function.name == "get_current_weather"
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {"location": "Boston, MA"}
    assert choice.message.tool_calls[0].id


@pytest.mark.parametrize("tool", ["googleSearch", "urlContext", "codeExecution"])
def test_builtin_tools(tool):
    messages = [{"role": "user", "content": "What is the weather in San Francisco?"}]
    _, behind = completion(PARIS, messages, model="gemini/gemini-2.0-flash", tools=[{tool: {}}])
    assert behind.sent[0]["tools"] == [{tool: {}}]
    assert behind.losses == set()


def test_google_search_cites_its_sources():
    text = "It is 15 °C in San Francisco."
    grounding = {
        "webSearchQueries": ["weather San Francisco"],
        "groundingChunks": [{"web": {"uri": "https://weather.example/sf", "title": "SF weather"}}],
        "groundingSupports": [
            {
                "segment": {"startIndex": 0, "endIndex": len(text.encode()), "text": text},
                "groundingChunkIndices": [0],
            }
        ],
    }
    gemini = reply(candidate({"text": text}, groundingMetadata=grounding))
    response, _ = completion(gemini, model="gemini/gemini-2.0-flash", tools=[{"googleSearch": {}}])
    (annotation,) = response.choices[0].message.annotations
    cited = annotation.url_citation
    assert (cited.url, cited.title) == ("https://weather.example/sf", "SF weather")
    assert text[cited.start_index : cited.end_index] == text
    assert response.model_extra["vertex_ai_grounding_metadata"] == [grounding]


def test_url_context():
    looked = {"retrievedUrl": "https://ai.google.dev/gemini-api/docs/models"}
    looked["urlRetrievalStatus"] = "URL_RETRIEVAL_STATUS_SUCCESS"
    gemini = reply(candidate({"text": "Models."}, urlContextMetadata={"urlMetadata": [looked]}))
    response, _ = completion(gemini, model="gemini/gemini-2.0-flash", tools=[{"urlContext": {}}])
    # Access URL context metadata, word for word:
    url_context_metadata = response.model_extra['vertex_ai_url_context_metadata']  # fmt: skip # noqa: Q000
    urlMetadata = url_context_metadata[0]['urlMetadata'][0]  # fmt: skip # noqa: N806, Q000
    assert urlMetadata["retrievedUrl"] == looked["retrievedUrl"]
    assert urlMetadata["urlRetrievalStatus"] == "URL_RETRIEVAL_STATUS_SUCCESS"


def test_code_execution_is_kept():
    parts = [
        {"executableCode": {"language": "PYTHON", "code": "print(6 * 7)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n"}},
        {"text": "It is 42."},
    ]
    asked = {"model": "gemini/gemini-2.5-flash", "tools": [{"codeExecution": {}}]}
    behind = GeminiBehind(reply(candidate(*parts)), PARIS)
    spoken = behind.client()
    message = spoken.chat.completions.create(messages=CAPITAL, **asked).choices[0].message
    assert message.content == "It is 42."
    spoken.chat.completions.create(messages=[*CAPITAL, message, *CAPITAL], **asked)
    assert behind.sent[1]["contents"][1] == {"role": "model", "parts": parts}


# ------------------------------------------------------------------------------------------- thought signatures


SIGNED = {
    "functionCall": {"name": "get_current_temperature", "args": {"location": "London"}},
    "thoughtSignature": "CpcBAdHtim9c",
}
ALMOST = "I set it to 20 degrees."


def test_thought_signatures_multi_turn():
    """Hold the page's conversation, word for word; only the transport is ours."""
    behind = GeminiBehind(reply(candidate(SIGNED)), reply(candidate({"text": ALMOST})))
    client = behind.client(base_url="http://localhost:4000")
    messages = [
        {
            "role": "user",
            "content": "If it's too hot or too cold in London, set the thermostat to a comfortable level.",
        }
    ]
    response = client.chat.completions.create(
        model="gemini-2.5-flash",
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
        model="gemini-2.5-flash",
        messages=messages,
        tools=[get_weather_declaration, set_thermostat_declaration],
        reasoning_effort="low",
    )
    assert response2.choices[0].message.content == ALMOST

    (call,) = response.choices[0].message.tool_calls
    assert call.model_extra["provider_specific_fields"] == {"thought_signature": "CpcBAdHtim9c"}
    assert call.model_extra["extra_content"] == {"google": {"thought_signature": "CpcBAdHtim9c"}}
    user, model, result = behind.sent[1]["contents"]
    assert [user["role"], model["role"], result["role"]] == ["user", "model", "user"]
    (part,) = model["parts"]
    assert part["thoughtSignature"] == "CpcBAdHtim9c"
    assert part["functionCall"]["name"] == "get_current_temperature"
    (answered,) = result["parts"]
    assert answered["functionResponse"]["name"] == "get_current_temperature"
    assert answered["functionResponse"]["id"] == part["functionCall"]["id"]
    assert answered["functionResponse"]["response"] == {"temperature": 30, "unit": "celsius"}
    declared = behind.sent[0]["tools"][0]["functionDeclarations"]
    assert [tool["name"] for tool in declared] == ["get_current_temperature", "set_thermostat_temperature"]
    assert declared[1]["parametersJsonSchema"] == set_thermostat_declaration["parameters"]


# --------------------------------------------------------------------------------------------------------- media


def test_image_resolution_control():
    def image(name, detail):
        return {"type": "image_url", "image_url": {"url": f"https://example.com/{name}.png", "detail": detail}}

    content = [image("chart", "high"), {"type": "text", "text": "Analyze this chart"}, image("icon", "low")]
    asked = [{"role": "user", "content": content}]
    _, behind = completion(PARIS, asked, model="gemini/gemini-3-pro-preview")
    chart, text, icon = behind.sent[0]["contents"][0]["parts"]
    assert chart == {
        "fileData": {"fileUri": "https://example.com/chart.png", "mimeType": "image/png"},
        "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"},
    }
    assert text == {"text": "Analyze this chart"}
    assert icon["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}


def test_gemini_pro_vision():
    image_url = "https://storage.googleapis.com/github-repo/img/gemini/intro/landmark3.jpg"
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Describe the image in a few sentences."},
                {"type": "image_url", "image_url": {"url": image_url}},
            ],
        }
    ]
    response, behind = completion(PARIS, messages, model="gemini/gemini-pro-vision")
    assert behind.sent[0]["contents"][0]["parts"][1] == {"fileData": {"fileUri": image_url, "mimeType": "image/jpeg"}}
    assert response.model_dump()["choices"][0]["message"]["content"] == "The capital of France is Paris."


def file_message(text, **file):
    return [{"role": "user", "content": [{"type": "text", "text": text}, {"type": "file", "file": file}]}]


def test_inline_audio():
    encoded = base64.b64encode(b"ID3 audio").decode()
    asked = file_message("Please summarize the audio.", file_data=f"data:audio/mp3;base64,{encoded}")
    _, behind = completion(PARIS, asked, model="gemini/gemini-1.5-flash")
    assert behind.sent[0]["contents"] == [
        {
            "role": "user",
            "parts": [
                {"text": "Please summarize the audio."},
                {"inlineData": {"mimeType": "audio/mp3", "data": encoded}},
            ],
        }
    ]


@pytest.mark.parametrize("address", ["https://storage.googleapis.com/b/doc", "gs://bucket/doc"])
def test_file_by_address(address):
    asked = file_message("Please summarize the file.", file_id=address, format="application/pdf")
    _, behind = completion(PARIS, asked, model="gemini/gemini-1.5-flash")
    (_, linked) = behind.sent[0]["contents"][0]["parts"]
    assert linked == {"fileData": {"fileUri": address, "mimeType": "application/pdf"}}


def test_file_by_address_says_its_type_by_its_name():
    asked = file_message("Please summarize the file.", file_id="gs://bucket/doc.pdf")
    _, behind = completion(PARIS, asked, model="gemini/gemini-1.5-flash")
    (_, linked) = behind.sent[0]["contents"][0]["parts"]
    assert linked == {"fileData": {"fileUri": "gs://bucket/doc.pdf", "mimeType": "application/pdf"}}


def test_context_caching_marks_are_never_sent():
    marked = {"cache_control": {"type": "ephemeral", "ttl": "3600s"}}
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "A legal agreement.", **marked}]},
        {"role": "user", "content": [{"type": "text", "text": "What are its key terms?", **marked}]},
    ]
    _, behind = completion(PARIS, messages, model="gemini/gemini-1.5-pro")
    assert behind.sent[0] == {
        "systemInstruction": {"parts": [{"text": "A legal agreement."}]},
        "contents": [{"role": "user", "parts": [{"text": "What are its key terms?"}]}],
    }
    assert behind.losses == {
        ("dropped", "/messages/0/content/0/cache_control"),
        ("dropped", "/messages/1/content/0/cache_control"),
    }


def test_image_generation():
    cat = base64.b64encode(b"\x89PNG cat").decode()
    gemini = reply(candidate({"text": "Here is a cat."}, {"inlineData": {"mimeType": "image/png", "data": cat}}))
    response, behind = completion(
        gemini,
        [{"role": "user", "content": "Generate an image of a cat"}],
        model="gemini/gemini-2.0-flash-exp-image-generation",
        modalities=["image", "text"],
    )
    assert behind.sent[0]["generationConfig"] == {"responseModalities": ["IMAGE", "TEXT"]}
    message = response.choices[0].message
    assert message.content is not None
    (image,) = message.model_extra["images"]
    assert image["image_url"]["url"] == f"data:image/png;base64,{cat}"
    assert (image["type"], image["index"]) == ("image_url", 0)


def test_image_alone_leaves_content_empty_not_null():
    gemini = reply(candidate({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}))
    response, _ = completion(gemini, model="gemini/gemini-2.0-flash-exp-image-generation", modalities=["image", "text"])
    assert response.choices[0].message.content == ""


# -------------------------------------------------------------------------------------------------------- errors


def test_api_key():
    """A wrong key is what the page's reader meets first."""
    message = "API key not valid. Please pass a valid API key."
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    body = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": details}}
    with pytest.raises(openai.AuthenticationError, match="API key not valid"):
        completion(Answer(body, 400), model="gemini/gemini-pro")
