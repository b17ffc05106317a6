"""The bytes of streams, where clients in the wild are particular about them."""

import json

import pytest
from servers import KEY
from wire.chain import gateway

FLASH = "gemini-2.5-flash"
GENERATE = f"/v1beta/models/{FLASH}:streamGenerateContent"


def asked(text, **more):
    return {"model": FLASH, "messages": [{"role": "user", "content": text}], "stream": True, **more}


def contents(text):
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


@pytest.fixture(scope="module")
def client(front):
    with front.raw() as client:
        yield client


@pytest.fixture(scope="module")
def gemini(reverse):
    with reverse.raw(headers={"x-goog-api-key": KEY}) as client:
        client.headers.pop("authorization")
        yield client


def framed(data):
    """Return the blocks of a stream of events, each without its blank line."""
    *blocks, end = data.split(b"\n\n")
    assert end == b""
    return blocks


def test_events_of_openai(client):
    reply = client.post("/v1/chat/completions", json=asked("Hi", stream_options={"include_usage": True}))
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert b"\r" not in reply.content
    *events, remark, done = framed(reply.content)
    assert done == b"data: [DONE]"
    assert remark.startswith(b": x-isogloss-losses: ")
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events)
    chunks = [json.loads(event.removeprefix(b"data: ")) for event in events]
    assert [chunk["choices"] == [] for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    first, last = chunks[0]["choices"][0], chunks[-2]["choices"][0]
    assert list(chunks[0]) == ["id", "object", "created", "model", "choices"]
    assert (first["delta"]["role"], first["finish_reason"]) == ("assistant", None)
    assert (last["delta"], last["finish_reason"]) == ({}, "stop")


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\n", "\r\n", "\n\ndata: {}\n\n"])
def test_signs_that_some_take_for_the_end_of_a_line(client, front, sign):
    """https://github.com/BerriAI/litellm/pull/30602"""
    said = f"before{sign}after"
    reply = client.post("/v1/chat/completions", json=asked(f"[[say {said}]]"))
    events = [json.loads(event[6:]) for event in framed(reply.content)[:-2]]
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events) == said
    with front.openai() as openai:
        stream = openai.chat.completions.create(**asked(f"[[say {said}]]"))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == said


def test_no_mark_of_the_end_follows_an_error(client):
    reply = client.post("/v1/chat/completions", json=asked("Hi [[fail 2]]"))
    *_, error, remark = framed(reply.content)
    assert json.loads(error.removeprefix(b"data: "))["error"]["message"] == "The model is overloaded."
    assert remark.startswith(b": x-isogloss-losses: ")
    assert b"[DONE]" not in reply.content
    assert b'"finish_reason":"' not in reply.content


def test_a_whole_reply(client):
    reply = client.post("/v1/chat/completions", json={**asked("Hi"), "stream": False})
    assert reply.headers["content-type"] == "application/json"
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert reply.json()["object"] == "chat.completion"


def test_events_of_gemini(gemini):
    reply = gemini.post(GENERATE, params={"alt": "sse"}, json=contents("Hi"))
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = framed(reply.content)
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events)
    pieces = [json.loads(event.removeprefix(b"data: ")) for event in events]
    assert [piece["candidates"][0].get("finishReason") for piece in pieces] == [None] * (len(pieces) - 1) + ["STOP"]
    assert all(piece["candidates"][0]["content"]["parts"] for piece in pieces)
    assert pieces[-1]["usageMetadata"]["totalTokenCount"] > 0


def test_an_array_of_gemini(gemini):
    """Without alt=sse the stream is one JSON array that grows: the same pieces."""
    reply = gemini.post(GENERATE, json=contents("Hi"))
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.content.startswith(b"[{")
    assert reply.content.endswith(b"}]")
    events = framed(gemini.post(GENERATE, params={"alt": "sse"}, json=contents("Hi")).content)
    told = [json.loads(event.removeprefix(b"data: ")) for event in events]
    assert [named(piece) for piece in reply.json()] == [named(piece) for piece in told]


def named(piece):
    """Leave out what differs from reply to reply: the text is cut anew each time."""
    return sorted(piece), piece["candidates"][0].get("finishReason"), piece["modelVersion"]


def test_an_array_is_closed_after_an_error(gemini):
    reply = gemini.post(GENERATE, json=contents("Hi [[fail 2]]"))
    *pieces, error = reply.json()
    assert pieces
    assert error["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize("query", [{"alt": "sse"}, {}])
def test_one_dialect_on_both_sides_is_not_touched(emulator, query):
    with (
        gateway(emulator, front=["gemini"], back="gemini") as same,
        same.raw(headers={"x-goog-api-key": KEY}) as through,
        emulator.client() as direct,
    ):
        through.headers.pop("authorization")
        replies = [one.post(GENERATE, params=query, json=contents("Hi")) for one in (through, direct)]
    assert replies[0].content == replies[1].content
    assert replies[0].headers["content-type"] == replies[1].headers["content-type"]
