"""Gemini's clients before a server that speaks OpenAI's dialect."""

import asyncio
import json

import httpx
import pytest
from gateway.stage import PIECES, PLAIN, between, events, reply, stream
from google import genai
from google.genai import errors


async def play(asked, send, _):
    if asked["path"].startswith("/v1/models/"):
        await reply(send, 200, {"id": "local/a:1", "object": "model", "created": 5, "owned_by": "me"})
    elif asked["path"] == "/v1/models":
        await reply(send, 200, {"object": "list", "data": [{"id": "local/a:1", "object": "model"}]})
    elif json.loads(asked["body"]).get("stream"):
        # Every byte by itself, CRLF, and half a character at a time.
        whole = b"".join(events(PIECES, line_end=b"\r\n"))
        await stream(send, [whole[at : at + 1] for at in range(len(whole))])
    elif "error" in asked["body"].decode():
        error = {"message": "slow down", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}
        await reply(send, 429, {"error": error}, headers=[(b"retry-after", b"3")])
    else:
        await reply(send, 200, PLAIN)


@pytest.fixture(scope="module")
def stage():
    with between(play, front=["gemini"], back="openai") as made:
        yield made


@pytest.fixture
def client(stage):
    return genai.Client(api_key="callers-key", http_options={"base_url": stage[0]})


def test_a_reply(client, stage):
    done = client.models.generate_content(model="local/a:1", contents="Hello")
    assert (done.text, done.usage_metadata.prompt_token_count) == ("Hello", 7)
    sent = stage[1].last
    assert (sent["path"], sent["query"]) == ("/v1/chat/completions", "")
    assert sent["headers"]["authorization"] == "Bearer callers-key"
    assert "x-goog-api-key" not in sent["headers"]
    assert json.loads(sent["body"])["model"] == "local/a:1"


def test_a_stream_of_single_bytes(client):
    pieces = list(client.models.generate_content_stream(model="local", contents="Hello"))
    assert "".join(piece.text or "" for piece in pieces) == "Hello\u2028!"
    assert pieces[-1].candidates[0].finish_reason == "STOP"


# Once aiohttp is there, Google's client builds on it, in a way that aiohttp advises against.
@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_async(stage):
    async def ask():
        client = genai.Client(api_key="k", http_options={"base_url": stage[0]})
        async for piece in await client.aio.models.generate_content_stream(model="local", contents="Hello"):
            yield piece.text or ""

    async def all_of_it():
        return [text async for text in ask()]

    assert "".join(asyncio.run(all_of_it())) == "Hello\u2028!"


def test_a_stream_as_an_array(stage):
    path = "/v1beta/models/local:streamGenerateContent"
    body = {"contents": [{"parts": [{"text": "Hello"}]}]}
    raw = httpx.post(stage[0] + path, params={"key": "k"}, json=body)
    assert raw.headers["content-type"].startswith("application/json")
    texts = [
        part.get("text", "") for e in raw.json() for part in e["candidates"][0].get("content", {}).get("parts", [])
    ]
    assert "".join(texts) == "Hello\u2028!"
    assert "key=" not in stage[1].last["query"]
    assert stage[1].last["headers"]["authorization"] == "Bearer k"


def test_models(client):
    (model,) = client.models.list()
    assert (model.name, model.supported_actions) == ("models/local/a:1", ["generateContent", "countTokens"])
    assert client.models.get(model="local%2Fa:1").name == "models/local/a:1"


def test_tokens_are_counted_by_asking_for_one(client, stage):
    assert client.models.count_tokens(model="local", contents="Hello").total_tokens == 7
    assert json.loads(stage[1].last["body"])["max_tokens"] == 1


def test_errors_in_its_dialect(client, stage):
    with pytest.raises(errors.ClientError) as error:
        client.models.generate_content(model="local", contents="error")
    assert (error.value.code, error.value.status) == (429, "RESOURCE_EXHAUSTED")
    raw = httpx.get(stage[0] + "/v1beta/nothing", headers={"x-goog-api-key": "k"})
    assert (raw.status_code, raw.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert raw.headers["x-should-retry"] == "false"
    raw = httpx.post(stage[0] + "/v1/models/local:generateContent", json={"contents": []}, params={"key": "k"})
    assert raw.status_code == 200
    raw = httpx.post(stage[0] + "/v1/models/local:generateContent", json=[], params={"key": "k"})
    assert (raw.status_code, raw.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
