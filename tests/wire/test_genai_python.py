"""The official google-genai client, unmodified, holds its conversations with a server that speaks OpenAI's API.

That server is another gateway with the offline Gemini behind it, so that everything is real: what the client gets has
been translated four times.
"""

import asyncio
import base64

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

# With aiohttp beside it, google-genai makes a class of aiohttp's session, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

FLASH = "gemini-2.5-flash"
#: Insists on the signatures of the current turn.
PRO = "gemini-3-pro-preview"
NEWEST = "gemini-3.8-flash"
MODELS = [FLASH, PRO, NEWEST]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def talking(url, **options):
    return genai.Client(api_key="k", http_options=types.HttpOptions(base_url=url, **options))


@pytest.fixture(scope="module")
def client(reverse):
    with talking(reverse.url) as client:
        yield client


def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


def text(pieces):
    return "".join(piece.text or "" for piece in pieces)


@pytest.mark.parametrize("model", MODELS)
def test_whole_and_streamed_replies_are_the_same(client, model):
    whole = client.models.generate_content(model=model, contents="Grüß Gott")
    pieces = list(client.models.generate_content_stream(model=model, contents="Grüß Gott"))
    assert "Grüß Gott" in whole.text
    assert len(pieces) > 3
    assert text(pieces) == whole.text
    assert [piece.candidates[0].finish_reason for piece in pieces if piece.candidates][-1] == types.FinishReason.STOP
    counted = pieces[-1].usage_metadata
    assert counted.total_token_count == whole.usage_metadata.total_token_count
    assert counted.thoughts_token_count == whole.usage_metadata.thoughts_token_count > 0


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_every_version(reverse, version):
    with talking(reverse.url, api_version=version) as client:
        assert client.models.generate_content(model=FLASH, contents="Hi").text
        assert text(client.models.generate_content_stream(model=FLASH, contents="Hi"))


@pytest.mark.anyio
async def test_coroutines(reverse):
    with talking(reverse.url) as client:
        async with client.aio as waiting:
            whole, stream = await asyncio.gather(
                waiting.models.generate_content(model=FLASH, contents="Grüß Gott"),
                waiting.models.generate_content_stream(model=FLASH, contents="Grüß Gott"),
            )
            assert text([piece async for piece in stream]) == whole.text


@pytest.mark.anyio
async def test_a_chat_of_coroutines(reverse):
    with talking(reverse.url) as client:
        async with client.aio as waiting:
            chat = waiting.chats.create(model=FLASH)
            await chat.send_message("One")
            assert "turn 2" in text([piece async for piece in await chat.send_message_stream("Two")])


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_keeps_its_history(client, model):
    chat = client.chats.create(model=model)
    assert "turn 1" in chat.send_message("One").text
    assert "turn 2" in text(chat.send_message_stream("Two"))
    assert "turn 3" in chat.send_message("Three").text
    assert [content.role for content in chat.get_history(curated=True)].count("user") == 3


@pytest.mark.parametrize("model", MODELS)
def test_functions_are_called_by_themselves(client, model):
    chat = client.chats.create(model=model, config=types.GenerateContentConfig(tools=[get_weather]))
    both = chat.send_message("What is the weather in Vienna and Graz?").text
    assert "sunny in Vienna" in both
    assert "sunny in Graz" in both
    assert "sunny in Linz" in chat.send_message("And the weather in Linz?").text


@pytest.mark.parametrize("model", MODELS)
def test_functions_are_called_by_themselves_in_a_stream(client, model):
    chat = client.chats.create(model=model, config=types.GenerateContentConfig(tools=[get_weather]))
    assert "sunny in Vienna" in text(chat.send_message_stream("What is the weather in Vienna?"))
    assert "sunny in Linz" in text(chat.send_message_stream("And the weather in Linz?"))


DECLARED = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="get_weather",
            description="The weather in a city.",
            parameters=types.Schema(
                type=types.Type.OBJECT,
                properties={"city": types.Schema(type=types.Type.STRING)},
                required=["city"],
            ),
        )
    ]
)


@pytest.mark.parametrize("streamed", [False, True])
def test_functions_called_by_hand(reverse, client, streamed):
    config = types.GenerateContentConfig(tools=[DECLARED])
    contents = [types.Content(role="user", parts=[types.Part(text="What is the weather in Vienna and Graz?")])]
    asked = {"model": PRO, "contents": contents, "config": config}
    if streamed:
        pieces = client.models.generate_content_stream(**asked)
        parts = [part for piece in pieces for part in piece.candidates[0].content.parts or ()]
    else:
        parts = client.models.generate_content(**asked).candidates[0].content.parts
    calls = [part.function_call for part in parts if part.function_call]
    assert [call.args for call in calls] == [{"city": "Vienna"}, {"city": "Graz"}]
    assert [bool(part.thought_signature) for part in parts if part.function_call] == [True, False]
    results = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": "sunny"}))
        for call in calls
    ]
    contents += [types.Content(role="model", parts=parts), types.Content(role="user", parts=results)]
    reverse.asked()
    assert "sunny" in client.models.generate_content(**asked).text
    (body,) = reverse.asked()
    sent = [part for part in body["contents"][1]["parts"] if "functionCall" in part]
    assert [part["functionCall"]["args"] for part in sent] == [{"city": "Vienna"}, {"city": "Graz"}]
    signatures = [part.thought_signature for part in parts if part.function_call]
    assert base64.urlsafe_b64decode(sent[0]["thoughtSignature"]) == signatures[0]


class Person(BaseModel):
    name: str
    age: int
    friends: list[str]


@pytest.mark.parametrize("schema", [Person, list[Person]])
@pytest.mark.parametrize("model", MODELS)
def test_replies_are_parsed_by_their_schema(client, model, schema):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=schema)
    found = client.models.generate_content(model=model, contents="Friends of Ada", config=config).parsed
    people = found if isinstance(found, list) else [found]
    assert people
    assert all(isinstance(one, Person) for one in people)


def test_what_was_asked_reaches_the_end(reverse, client):
    safety = [types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")]
    config = types.GenerateContentConfig(
        system_instruction="Be short.",
        temperature=0.2,
        top_p=0.9,
        max_output_tokens=900,
        stop_sequences=["#"],
        seed=7,
        safety_settings=safety,
        thinking_config=types.ThinkingConfig(thinking_budget=1024, include_thoughts=True),
    )
    contents = ["What is it?", types.Part.from_bytes(data=PIXEL, mime_type="image/png")]
    found = client.models.generate_content(model=FLASH, contents=contents, config=config)
    assert [part for part in found.candidates[0].content.parts if part.thought]
    (body,) = reverse.asked()
    assert body["systemInstruction"] == {"parts": [{"text": "Be short."}]}
    (content,) = body["contents"]
    assert content["parts"][0] == {"text": "What is it?"}
    assert base64.b64decode(content["parts"][1]["inlineData"]["data"]) == PIXEL
    config = body["generationConfig"]
    assert config.pop("thinkingConfig")["includeThoughts"] is True
    assert config == {"temperature": 0.2, "topP": 0.9, "maxOutputTokens": 900, "stopSequences": ["#"], "seed": 7}


def test_several_candidates(client):
    found = client.models.generate_content(
        model=FLASH, contents="Hi", config=types.GenerateContentConfig(candidate_count=2)
    )
    assert [one.index or 0 for one in found.candidates] == [0, 1]


def test_what_is_cut_short_or_filtered_says_so(client):
    config = types.GenerateContentConfig(max_output_tokens=4, thinking_config=types.ThinkingConfig(thinking_budget=0))
    found = client.models.generate_content(model=FLASH, contents="Grüß Gott", config=config)
    assert found.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    found = client.models.generate_content(model=FLASH, contents="Hi [[refuse SAFETY]]")
    assert found.candidates[0].finish_reason == types.FinishReason.SAFETY


def test_models(client):
    listed = [model.name for model in client.models.list(config={"page_size": 5})]
    assert f"models/{FLASH}" in listed
    assert client.models.get(model=FLASH).name == f"models/{FLASH}"
    with pytest.raises(errors.ClientError) as caught:
        client.models.get(model="gemini-77-none")
    assert caught.value.code == 404


def failing(client, said, model=FLASH, **asked):
    with pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model=model, contents=said, **asked)
    return caught.value


@pytest.mark.parametrize(
    ("said", "model", "kind", "code", "status"),
    [
        ("Hi", "gemini-77-none", errors.ClientError, 404, "NOT_FOUND"),
        ("Hi [[quota]]", FLASH, errors.ClientError, 429, "RESOURCE_EXHAUSTED"),
        ("Hi [[error INVALID_ARGUMENT]]", FLASH, errors.ClientError, 400, "INVALID_ARGUMENT"),
        ("Hi [[error PERMISSION_DENIED]]", FLASH, errors.ClientError, 403, "PERMISSION_DENIED"),
        ("Hi [[error INTERNAL]]", FLASH, errors.ServerError, 500, "INTERNAL"),
        ("Hi [[error UNAVAILABLE]]", FLASH, errors.ServerError, 503, "UNAVAILABLE"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_errors_have_their_class(client, said, model, kind, code, status, streamed):
    if streamed:
        with pytest.raises(errors.APIError) as caught:
            list(client.models.generate_content_stream(model=model, contents=said))
        error = caught.value
    else:
        error = failing(client, said, model)
    assert isinstance(error, kind)
    assert error.code == code
    assert error.status == status


def test_a_wrong_key(reverse):
    with genai.Client(api_key="invalid", http_options=types.HttpOptions(base_url=reverse.url)) as client:
        error = failing(client, "Hi")
    assert isinstance(error, errors.ClientError)
    assert error.code in (400, 401)
    assert "not valid" in error.message


def test_garbage_behind_is_a_server_error(client):
    assert failing(client, "Hi [[garbage]]").code == 502
    assert failing(client, "Hi [[html]]").code == 502


@pytest.mark.parametrize("script", ["[[fail 2]]", "[[cut 2]]", "[[garbage]]"])
def test_a_stream_that_breaks_is_an_error_and_never_an_end(client, script):
    told = []
    with pytest.raises(errors.ServerError):
        told.extend(client.models.generate_content_stream(model=FLASH, contents=f"Hi {script}"))
    assert [piece.candidates[0].finish_reason for piece in told if piece.candidates[0].finish_reason] == []


def test_a_client_that_tries_again(reverse):
    again = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.01)
    with talking(reverse.url, retry_options=again) as client:
        found = client.models.generate_content(model=FLASH, contents="Patience, of this client [[tired]]")
    assert "Patience" in found.text


def test_counting(client):
    assert client.models.count_tokens(model=FLASH, contents="Hello there").total_tokens == 3


def test_counting_where_gemini_is_behind(emulator):
    from wire.chain import gateway

    with (
        gateway(emulator, front=["openai", "gemini"], back="gemini") as both,
        talking(both.url) as client,
        both.openai() as other,
    ):
        assert client.models.count_tokens(model=FLASH, contents="Hello there").total_tokens == 3
        said = client.models.generate_content(model=FLASH, contents="Grüß Gott").text
        messages = [{"role": "user", "content": "Grüß Gott"}]
        assert other.chat.completions.create(model=FLASH, messages=messages).choices[0].message.content == said
        assert f"models/{FLASH}" in [model.name for model in client.models.list()]
        assert FLASH in [model.id for model in other.models.list()]
