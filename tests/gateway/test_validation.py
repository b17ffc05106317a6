"""Replies held against the request's schema, over the wire: 422, never a 5xx, and the text is not lost."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gateway.stage import between, events, reply, said, stream

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def fitting(schema):
    return {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}, "enforce_validation": True}


def candidate(text, **more):
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, **more}]}


async def play(asked, send, _):
    text = json.loads(asked["body"])["contents"][0]["parts"][0]["text"]
    if "stream" in asked["path"]:
        await stream(send, events([candidate(text[:5]), candidate(text[5:], finishReason="STOP")], end=b""))
    else:
        await reply(send, 200, candidate(text, finishReason="STOP"))


@pytest.fixture(scope="module")
def stage():
    with between(play, front=["openai"], limits={"validation": 3}) as made:
        yield made


def ask(stage, text, schema=SCHEMA, **more):
    body = said(text, response_format=fitting(schema), **more)
    return httpx.post(stage[0] + "/v1/chat/completions", json=body, timeout=30)


def test_a_reply_that_fits(stage):
    assert ask(stage, '{"n": 5}').json()["choices"][0]["message"]["content"] == '{"n": 5}'


@pytest.mark.parametrize("text", ['{"n": "five"}', "{}", "no JSON"])
def test_a_reply_that_does_not_fit(stage, text):
    found = ask(stage, text)
    error = found.json()["error"]
    assert (found.status_code, error["type"], found.headers["x-should-retry"]) == (
        422,
        "response_validation_error",
        "false",
    )
    assert error["isogloss"]["pointer"].startswith("/choices/0/message/content")
    assert error["isogloss"]["raw"]["choices"][0]["message"]["content"] == text


def told(found):
    return [json.loads(line[6:]) for line in found.text.splitlines() if line.startswith("data: {")]


def test_a_stream_that_fits(stage):
    found = ask(stage, '{"n": 5}', stream=True)
    assert not [event for event in told(found) if "error" in event]
    assert "data: [DONE]" in found.text


def test_in_a_stream_the_text_flows_and_the_error_comes_last(stage):
    found = ask(stage, '{"n": "five"}', stream=True)
    *before, last = told(found)
    assert found.status_code == 200
    assert "".join(e["choices"][0]["delta"].get("content", "") for e in before) == '{"n": "five"}'
    assert last["error"]["type"] == "response_validation_error"
    assert "data: [DONE]" not in found.text


def test_a_pattern_that_never_ends_harms_nobody(stage):
    evil = {"type": "object", "properties": {"n": {"type": "string", "pattern": "^(a+)+$"}}}
    began = time.monotonic()
    with httpx.Client(timeout=30) as client:
        import concurrent.futures

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            slow = pool.submit(ask, stage, json.dumps({"n": "a" * 40 + "!"}), evil)
            time.sleep(0.5)
            asked = time.monotonic()
            assert client.post(stage[0] + "/v1/chat/completions", json=said("Hello")).status_code == 200
            assert time.monotonic() - asked < 1.5
            assert slow.result().status_code == 422
    assert time.monotonic() - began < 10
    assert ask(stage, '{"n": 5}').status_code == 200


def test_nobody_waits_for_ever_for_a_verdict():
    evil = {"type": "object", "properties": {"n": {"type": "string", "pattern": "^(a+)+$"}}}
    with (
        between(play, front=["openai"], limits={"validation": 3, "validation_wait": 0.5}) as stage,
        ThreadPoolExecutor(1) as pool,
    ):
        slow = pool.submit(ask, stage, json.dumps({"n": "a" * 40 + "!"}), evil)
        time.sleep(1)
        error = ask(stage, '{"n": 5}').json()["error"]
        assert (error["type"], "no turn" in error["message"]) == ("response_validation_error", True)
        assert error["isogloss"]["raw"]["choices"][0]["message"]["content"] == '{"n": 5}'
        assert "within 3 seconds" in slow.result().json()["error"]["message"]


def test_a_caller_who_leaves_takes_no_verdict_of_anothers(stage):
    evil = {"type": "object", "properties": {"n": {"type": "string", "pattern": "^(a+)+$"}}}
    body = said(json.dumps({"n": "a" * 26 + "!"}), response_format=fitting(evil))
    assert ask(stage, '{"n": 5}').status_code == 200  # the process stands
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(stage[0] + "/v1/chat/completions", json=body, timeout=0.5)
    assert [ask(stage, '{"n": 5}').status_code for _ in range(3)] == [200, 200, 200]
    assert ask(stage, "{}").status_code == 422


@pytest.mark.parametrize("schema", [{"type": "lst"}, {"properties": {"n": {"pattern": "("}}}])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_schema_that_is_none_is_refused_before_anything_is_paid_for(stage, schema, streamed):
    stage[1].seen.clear()
    found = ask(stage, '{"n": 5}', schema, stream=streamed)
    assert (found.status_code, "the schema to enforce" in found.json()["error"]["message"]) == (400, True)
    assert stage[1].seen == []


def test_nothing_is_fetched_for_a_schema(stage):
    found = ask(stage, '{"n": 5}', {"$ref": "http://127.0.0.1:1/schema.json"})
    assert found.status_code == 400
