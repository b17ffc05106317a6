"""Official clients with a transport of ours: `OpenAI(http_client=isogloss.http_client())`, and the other way around."""

import asyncio
import gc
import json

import httpx
import httpx2
import isogloss
import openai
import pytest
from gateway.stage import PIECES, PLAIN, Program, events, reply, running, stream
from google import genai
from google.genai import errors, types
from isogloss.sdk import clients
from openai import AsyncOpenAI, OpenAI
from page import PNG
from servers import KEY

HELLO = [{"role": "user", "content": "Hello"}]
FLASH = "gemini-2.5-flash"
RECIPES = {"type": "json_object", "response_schema": {"type": "array"}, "enforce_validation": True}


def connections(client):
    """Return the pool behind a client of ours."""
    return client._transport._client._transport._pool.connections  # noqa: SLF001


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.fixture
def client(gemini):
    with OpenAI(api_key=KEY, http_client=isogloss.http_client(api_base=gemini.url), max_retries=0) as made:
        yield made


def test_whole_and_streamed(client, gemini):
    raw = client.chat.completions.with_raw_response.create(model=FLASH, messages=HELLO, user="me")
    assert raw.headers["x-isogloss-losses"] == "1 chat.request.user"
    whole = raw.parse().choices[0].message.content
    assert text_of(client.chat.completions.create(model=FLASH, messages=HELLO, stream=True)) == whole
    with client.chat.completions.stream(model=FLASH, messages=HELLO) as told:
        assert told.get_final_completion().choices[0].message.content == whole
    assert gemini.requests()[0]["path"] == "/v1beta/models/gemini-2.5-flash:generateContent"


def test_lists_of_models(client):
    assert "gemini-2.5-flash" in [model.id.removeprefix("models/") for model in client.models.list()]


@pytest.mark.usefixtures("gemini")
def test_coroutines():
    async def main():
        async with AsyncOpenAI(api_key=KEY, http_client=isogloss.async_http_client()) as made:
            whole = await made.chat.completions.create(model=FLASH, messages=HELLO)
            chunks = await made.chat.completions.create(model=FLASH, messages=HELLO, stream=True)
            assert text_of([chunk async for chunk in chunks]) == whole.choices[0].message.content
            with pytest.raises(openai.NotFoundError):
                await made.chat.completions.create(model="gemini-9-nowhere", messages=HELLO)
            told = await made.chat.completions.create(
                model=FLASH, messages=[{"role": "user", "content": "[[pace 0.05]]"}], stream=True
            )
            async with told:
                await anext(told)
            pool = connections(made._client)  # noqa: SLF001
            assert all(connection.is_idle() for connection in pool)
        assert connections(made._client) == []  # noqa: SLF001

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("UNAUTHENTICATED", openai.AuthenticationError),
        ("NOT_FOUND", openai.NotFoundError),
        ("RESOURCE_EXHAUSTED", openai.RateLimitError),
        ("INTERNAL", openai.InternalServerError),
    ],
)
def test_errors(client, status, kind):
    with pytest.raises(kind) as failed:
        client.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": f"[[error {status}]]"}])
    assert "x-isogloss-losses" in failed.value.response.headers


def test_requests_that_cannot_be_translated(client, gemini):
    with pytest.raises(openai.BadRequestError) as failed:
        client.chat.completions.create(model=FLASH, messages=HELLO, response_format={"type": "poem"})
    assert failed.value.param == "response_format.type"
    with pytest.raises(openai.NotFoundError, match="there is no route"):
        client.fine_tuning.jobs.list()
    assert gemini.requests() == []


@pytest.mark.parametrize("streams", [False, True])
def test_enforced_schemas(client, streams):
    asked = {"model": FLASH, "messages": [{"role": "user", "content": '[[say {"a": 1}]]'}], "response_format": RECIPES}
    with pytest.raises(openai.APIError, match="does not fit the schema") as failed:
        list(client.chat.completions.create(**asked, stream=streams))
    assert failed.value.type == "response_validation_error"
    assert failed.value.body["isogloss"]["pointer"].startswith("/choices/0/")


def test_the_clients_own_retries(gemini):
    made = OpenAI(api_key=KEY, http_client=isogloss.http_client(api_base=gemini.url), max_retries=1)
    with made, pytest.raises(openai.InternalServerError):
        made.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "[[error UNAVAILABLE]]"}])
    assert len(gemini.requests()) == 2


def test_timeouts(client):
    late = [{"role": "user", "content": "[[delay 2]]"}]
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).chat.completions.create(model=FLASH, messages=late)


@pytest.mark.parametrize("end", ["close", "drop"])
def test_a_stream_that_is_left(client, end):
    chunks = client.chat.completions.create(
        model=FLASH, messages=[{"role": "user", "content": "[[pace 0.05]]"}], stream=True
    )
    next(chunks)
    (connection,) = connections(client._client)  # noqa: SLF001
    assert not connection.is_idle()
    if end == "close":
        chunks.close()
    del chunks
    gc.collect()
    assert all(one.is_idle() for one in connections(client._client))  # noqa: SLF001


def test_a_slow_reader_holds_the_server_back():
    """Nothing is gathered: most of forty megabytes waits at the server while nobody reads."""
    sent = []

    async def play(_, send, __):
        async def counted(message):
            sent.append(len(message.get("body", b"")))
            await send(message)

        piece = {"candidates": [{"content": {"parts": [{"text": "x" * 100_000}]}, "index": 0}]}
        await stream(counted, events([piece] * 400, end=b""))

    with running(Program(play)) as url, OpenAI(api_key=KEY, http_client=isogloss.http_client(api_base=url)) as made:
        chunks = made.chat.completions.create(model=FLASH, messages=HELLO, stream=True)
        next(chunks)
        before = -1
        while before != sum(sent):
            before = sum(sent)
            asyncio.run(asyncio.sleep(0.3))
        assert before < 20_000_000
        chunks.close()


# ------------------------------------------------------------------------------------------------ keys, libraries


def test_a_key_of_another_vendor_stays_at_home(gemini, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    with OpenAI(http_client=isogloss.http_client()) as made:
        assert made.chat.completions.create(model=FLASH, messages=HELLO).choices
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.delenv("GEMINI_API_BASE")
    with OpenAI(http_client=isogloss.http_client()) as made, pytest.raises(openai.AuthenticationError, match="GEMINI"):
        made.chat.completions.create(model=FLASH, messages=HELLO)
    assert "sk-of-openai" not in json.dumps(gemini.requests())


def test_the_library_is_the_one_that_the_sdk_demands(monkeypatch):
    assert (clients.library("openai"), clients.library("gemini")) == ("httpx2", "httpx2")
    with isogloss.http_client() as made:
        assert isinstance(made, httpx2.Client)
    monkeypatch.setattr(clients, "requires", lambda _: ["anyio<5", "httpx<1,>=0.23", 'httpx2; extra == "later"'])
    with isogloss.http_client() as made:
        assert isinstance(made, httpx.Client)


def test_the_older_library(gemini):
    with isogloss.http_client(library="httpx", api_key=KEY, api_base=gemini.url) as made:
        asked = {"model": FLASH, "messages": HELLO, "stream": True}
        with made.stream("POST", "https://api.openai.com/v1/chat/completions", json=asked) as told:
            lines = [line for line in told.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    assert lines[0].startswith('data: {"')


# ------------------------------------------------------------------------------------------------ the other direction


def test_the_other_sdk():
    async def play(seen, send, _):
        if json.loads(seen["body"]).get("stream"):
            await stream(send, events(PIECES))
        elif "wrong" in seen["body"].decode():
            await reply(send, 429, {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}})
        else:
            await reply(send, body=PLAIN)

    program = Program(play)
    with running(program) as url, isogloss.http_client("gemini", "openai", api_base=url + "/v1") as http:
        made = genai.Client(api_key="k", http_options=types.HttpOptions(httpx_client=http))
        assert made.models.generate_content(model="llama3", contents="Hello").text == "Hello"
        assert program.last["path"] == "/v1/chat/completions"
        assert program.last["headers"]["authorization"] == "Bearer k"
        told = made.models.generate_content_stream(model="llama3", contents="Hello")
        assert "".join(chunk.text or "" for chunk in told) == "Hello\u2028!"
        with pytest.raises(errors.ClientError) as failed:
            made.models.generate_content(model="llama3", contents="wrong")
        assert (failed.value.code, failed.value.status) == (429, "RESOURCE_EXHAUSTED")


def test_the_other_sdk_for_coroutines():
    async def play(_, send, __):
        await stream(send, events(PIECES))

    async def main(url):
        async with isogloss.async_http_client("gemini", "openai", api_base=url) as http:
            made = genai.Client(api_key="k", http_options=types.HttpOptions(httpx_async_client=http))
            told = await made.aio.models.generate_content_stream(model="llama3", contents="Hello")
            return "".join([chunk.text or "" async for chunk in told])

    with running(Program(play)) as url:
        assert asyncio.run(main(url)) == "Hello\u2028!"


# ------------------------------------------------------------------------------------------------ every operation


@pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
def test_every_operation_is_asked_for_by_an_official_client(gemini, tmp_path):
    with (
        isogloss.http_client(api_base=gemini.url, profile="retired") as http,
        OpenAI(api_key=KEY, http_client=http, max_retries=0) as made,
    ):
        assert len(made.embeddings.create(model="gemini-embedding-2", input=["a"] * 101, dimensions=4).data) == 101
        assert made.completions.create(model=FLASH, prompt="Hello").choices[0].text
        assert made.images.generate(model="gemini-2.5-flash-image", prompt="A cat").data[0].b64_json
        assert len(made.images.generate(model="gemini-2.5-flash-image", prompt="A cat", n=2).data) == 2
        pictures = [("a.png", PNG), ("b.png", PNG)]
        assert made.images.edit(model="gemini-2.5-flash-image", prompt="A hat", image=pictures).data[0].b64_json
        said = made.audio.speech.create(model="gemini-2.5-flash-preview-tts", input="Hello", voice="alloy")
        assert said.content[:4] == b"RIFF"
        job = made.videos.create(model="veo-3.1-generate-preview", prompt="A cat", input_reference=("a.png", PNG))
        assert made.videos.poll(job.id, poll_interval_ms=10).status == "completed"
        made.videos.download_content(job.id).write_to_file(tmp_path / "cat.mp4")
        assert (tmp_path / "cat.mp4").read_bytes()[4:8] == b"ftyp"
        file = made.files.create(file=("a.pdf", b"%PDF-1.7", "application/pdf"), purpose="user_data")
        assert file.id in [one.id for one in made.files.list()]
        assert made.files.delete(file.id).deleted
        assert made.models.retrieve(FLASH).id == FLASH
