"""The official google-genai client talks to the emulator, over a real socket, as users have it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

MODELS = ["gemini-2.5-flash", "gemini-3-pro-preview", "gemini-3.8-flash", "gemini-4-argon"]


@contextmanager
def talking(emulator, key="k", **options):
    with genai.Client(api_key=key, http_options=types.HttpOptions(base_url=emulator.url, **options)) as client:
        yield client


@pytest.fixture
def client(emulator):
    with talking(emulator) as client:
        yield client


def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


@pytest.mark.parametrize("model", MODELS)
def test_whole_and_streamed_replies_are_the_same(client, model):
    whole = client.models.generate_content(model=model, contents="Grüß Gott")
    pieces = list(client.models.generate_content_stream(model=model, contents="Grüß Gott"))
    assert len(pieces) > 3
    assert "".join(piece.text or "" for piece in pieces) == whole.text
    assert pieces[-1].usage_metadata == whole.usage_metadata


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_every_version(emulator, version):
    with talking(emulator, api_version=version) as client:
        assert client.models.generate_content(model=MODELS[0], contents="Hi").text


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_that_calls_functions_by_itself(client, model):
    chat = client.chats.create(model=model, config=types.GenerateContentConfig(tools=[get_weather]))
    both = chat.send_message("What is the weather in Vienna and Graz?").text
    assert "sunny in Vienna" in both
    assert "sunny in Graz" in both
    assert "sunny in Linz" in chat.send_message("And the weather in Linz?").text


@pytest.mark.parametrize("model", MODELS)
def test_a_streaming_chat_keeps_its_history(client, model):
    chat = client.chats.create(model=model)
    for turn, prompt in enumerate(["One", "Two", "Three"], 1):
        said = "".join(piece.text or "" for piece in chat.send_message_stream(prompt))
        assert f"turn {turn}" in said
        assert prompt in said


# With aiohttp beside it, google-genai makes a class of aiohttp's session, which aiohttp discourages.
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
@pytest.mark.anyio
async def test_the_client_of_coroutines(emulator, anyio_backend):
    assert anyio_backend == "asyncio"
    with talking(emulator) as client:
        async with client.aio as waiting:
            stream = await waiting.models.generate_content_stream(model=MODELS[0], contents="Grüß Gott")
            pieces = [piece async for piece in stream]
    assert "Grüß Gott" in "".join(piece.text or "" for piece in pieces)


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Person(BaseModel):
    name: str
    age: int
    friends: list[str]


def test_replies_are_parsed_by_their_schema(client):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=list[Person])
    found = client.models.generate_content(model=MODELS[0], contents="Friends of Ada", config=config).parsed
    assert all(isinstance(one, Person) for one in found)
    assert found


def test_counting_embedding_and_models(client):
    assert client.models.count_tokens(model=MODELS[0], contents="Hello there").total_tokens == 3
    config = types.EmbedContentConfig(output_dimensionality=64)
    for model in ("gemini-embedding-001", "gemini-embedding-2"):
        found = client.models.embed_content(model=model, contents=["a cat"], config=config).embeddings
        assert [len(one.values) for one in found] == [64]
    listed = [model.name for model in client.models.list(config={"page_size": 5})]
    assert f"models/{MODELS[0]}" in listed
    assert client.models.get(model=MODELS[0]).output_token_limit == 65536


def test_pictures_and_sounds(client):
    config = types.GenerateContentConfig(image_config=types.ImageConfig(aspect_ratio="3:2"))
    found = client.models.generate_content(model="gemini-3-pro-image", contents="A cat", config=config)
    assert found.parts[1].as_image().image_bytes.startswith(b"\x89PNG")
    voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
    config = types.GenerateContentConfig(
        response_modalities=["AUDIO"], speech_config=types.SpeechConfig(voice_config=voice)
    )
    found = client.models.generate_content(model="gemini-2.5-flash-preview-tts", contents="Hello", config=config)
    assert found.parts[0].inline_data.mime_type.startswith("audio/L16")
    assert found.usage_metadata.candidates_tokens_details[0].modality == "AUDIO"


def test_caches_from_making_to_deleting(client):
    config = types.CreateCachedContentConfig(contents=["word " * 3000], system_instruction="Be brief.", ttl="60s")
    cache = client.caches.create(model=MODELS[0], config=config)
    asked = types.GenerateContentConfig(cached_content=cache.name)
    usage = client.models.generate_content(model=MODELS[0], contents="Hi", config=asked).usage_metadata
    assert usage.cached_content_token_count == cache.usage_metadata.total_token_count
    later = client.caches.update(name=cache.name, config=types.UpdateCachedContentConfig(ttl="600s"))
    assert later.expire_time > cache.expire_time
    assert cache.name in [one.name for one in client.caches.list()]
    client.caches.delete(name=cache.name)
    with pytest.raises(errors.ClientError, match="PERMISSION_DENIED"):
        client.caches.get(name=cache.name)


def test_files_from_sending_to_deleting(client, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello", encoding="utf-8")
    file = client.files.upload(file=path)
    assert (file.size_bytes, file.mime_type, file.state.name) == (5, "text/plain", "ACTIVE")
    assert "text/plain" in client.models.generate_content(model=MODELS[0], contents=[file, "What is it?"]).text
    assert file.name in [one.name for one in client.files.list()]
    client.files.delete(name=file.name)
    with pytest.raises(errors.ClientError, match="PERMISSION_DENIED"):
        client.files.get(name=file.name)


def test_errors_have_their_class(client):
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODELS[0], contents="[[quota]]")
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    with pytest.raises(errors.ServerError, match="502"):
        client.models.generate_content(model=MODELS[0], contents="[[html]]")
    with pytest.raises(errors.ServerError, match="UNAVAILABLE"):
        list(client.models.generate_content_stream(model=MODELS[0], contents="[[fail 1]]"))
    with pytest.raises(errors.ClientError, match="NOT_FOUND"):
        client.models.generate_content(model="gemini-none", contents="Hi")


def test_a_client_that_tries_again(emulator):
    again = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.01)
    with talking(emulator, retry_options=again) as client:
        found = client.models.generate_content(model=MODELS[0], contents="Patience [[tired]]")
    assert "Patience" in found.text


def test_a_key_that_is_refused(emulator):
    with talking(emulator, key="invalid") as client, pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODELS[0], contents="Hi")
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
