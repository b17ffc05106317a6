"""What strangers and servers may send to keep the gateway busy, to confuse it, or to learn what is not theirs."""

import gzip
import json
import time

import httpx
import pytest
from gateway.stage import between, events, reply, said, stream
from isogloss import Translator, sse

KEYS = {"GEMINI_API_KEY": "operator-key", "ISOGLOSS_KEYS": "gateway-key"}


def candidate(*parts, **more):
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}]}


async def play(asked, send, _):
    text = json.loads(asked["body"])["contents"][0]["parts"][0]["text"] if asked["body"] else ""
    if text == "half":
        await stream(send, [events([candidate({"text": "Hello"})], end=b"")[0] + b"data: garbage\n\n"])
    elif text == "deep error":
        await reply(send, 400, b'{"error":' * 500 + b"1" + b"}" * 500)
    elif text == "packed error":
        body = gzip.compress(b'{"error": {"code": 400, "message": "bad key operator-key"}}')
        await reply(send, 400, body, headers=[(b"content-encoding", b"gzip"), (b"x-echo", b"operator-key")])
    elif text == "vast":
        await reply(
            send, 200, b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":1e999}}}]}}]}'
        )
    else:
        await reply(send, 200, candidate({"text": "Hello"}, finishReason="STOP"))


@pytest.fixture(scope="module")
def stage():
    with between(play, KEYS, front=["openai", "gemini"]) as made:
        yield made


@pytest.fixture
def client(stage):
    with httpx.Client(base_url=stage[0], headers={"authorization": "Bearer gateway-key"}, timeout=10) as made:
        yield made


def chat(client, text, headers=(), **more):
    return client.post("/v1/chat/completions", json=said(text, **more), headers=dict(headers))


# ---------------------------------------------------------------- what takes too long, or too much


def open_stream(model="gemini-2.5-flash"):
    body = {"model": model, "messages": [{"role": "user", "content": "x"}], "stream": True}
    return Translator("openai", "gemini").exchange("chat", body).stream()


def test_lists_in_lists_in_a_stream_take_no_longer():
    nested = "x"
    for _ in range(60):
        nested = [nested]
    going, began = open_stream(), time.monotonic()
    for _ in range(5):
        going.feed(candidate({"functionCall": {"name": "f", "args": {"a": nested}}}))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("line", [b"data\n", b"data:\n", b"{\n"])
def test_empty_lines_of_an_event_are_bounded_too(line):
    reader, began = sse.EventReader(limit=100_000), time.monotonic()
    with pytest.raises(sse.FramingError):
        for _ in range(100):
            reader.feed(line * 1000)
    assert time.monotonic() - began < 2
