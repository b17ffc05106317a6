"""What strangers and servers may send to keep the gateway busy, to confuse it, or to learn what is not theirs."""

import gc
import gzip
import json
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

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
    elif text == "many at once":
        await stream(send, events([{"candidates": [{"index": n} for n in range(50_000)]}]))
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


def test_a_long_conversation_takes_no_longer(client):
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"turn {n}"} for n in range(50_001)]
    began = time.monotonic()
    assert client.post("/v1/chat/completions", json=said("", messages=turns)).status_code == 200
    assert time.monotonic() - began < 5  # message by message, by the interpreter, it takes twice as long on any machine


def test_others_are_answered_while_a_large_document_is_out_of_the_ordinary(client, stage):
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"turn {n}", "x": n} for n in range(10_001)]
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=stage[0], timeout=10) as other:
        slow = pool.submit(client.post, "/v1/chat/completions", json=said("", messages=turns))
        waits = []
        while not slow.done():
            began = time.monotonic()
            assert other.get("/healthz").status_code == 200
            waits.append(time.monotonic() - began)
        assert slow.result().status_code == 200
    assert len(waits) > 5
    assert max(waits) < sum(waits) / 2


def test_no_stream_tells_many_replies_side_by_side(client):
    began = time.monotonic()
    assert "more than 256 replies" in chat(client, "many at once", stream=True).text
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("line", [b"data\n", b"data:\n", b"{\n"])
def test_empty_lines_of_an_event_are_bounded_too(line):
    reader, began = sse.EventReader(limit=100_000), time.monotonic()
    with pytest.raises(sse.FramingError):
        read(reader, line * 1000, 100)
    assert time.monotonic() - began < 2


def read(reader, data, times):
    for _ in range(times):
        reader.feed(data)


def test_many_calls_take_no_longer_each():
    made = [{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": "{}"}} for n in range(50_000)]
    going = Translator("gemini", "openai").exchange("chat", {"contents": []}, model="m", stream=True).stream()
    began = time.monotonic()
    going.feed({"id": "s", "choices": [{"index": 0, "delta": {"tool_calls": made}, "finish_reason": None}]})
    assert time.monotonic() - began < 10


def test_names_of_models_are_not_kept_however_long_they_are():
    translator = Translator("openai", "gemini")
    translator.exchange("chat", said("x"))
    tracemalloc.start()
    try:
        for number in range(20):
            translator.exchange("chat", said("x", model=f"m{number}" + "x" * 500_000))
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------- what confuses


def test_what_came_before_garbage_is_told(client):
    found = chat(client, "half", stream=True)
    assert "Hello" in found.text
    assert '"error"' in found.text
    assert "[DONE]" not in found.text


def test_an_error_too_deep_to_be_read_keeps_its_status(client):
    found = chat(client, "deep error")
    assert found.status_code == 400
    assert found.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1E+400"])
def test_numbers_without_end_are_no_json(client, number):
    arguments = f'{{"n": {number}}}'
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    turns = [*said("x")["messages"], {"role": "assistant", "tool_calls": [call]}]
    assert client.post("/v1/chat/completions", json={**said("x"), "messages": turns}).status_code == 400
    body = json.dumps(said("x", temperature=0.5)).replace("0.5", number)
    found = client.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert found.status_code == 400
    assert chat(client, "a picture in letters: 3e123").status_code == 200


def test_a_reply_with_a_number_without_end(client):
    assert chat(client, "vast").status_code == 502


def test_a_model_that_is_no_text(client):
    body = json.dumps(said("x", model="gemini-\ud800"))
    found = client.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert (found.status_code, found.json()["error"]["param"]) == (400, "model")


@pytest.mark.parametrize("origin", ["http://[", "http://[::2", "null", "http://localhost.evil.example"])
def test_origins_that_are_none(client, origin):
    assert chat(client, "x", {"origin": origin}).status_code == 403


def test_no_path_writes_lines_of_its_own_into_the_log(client, caplog):
    with caplog.at_level("DEBUG"):
        client.get("/v1/models/a%0dINFO:%20forged%1b[31m")
    gateways = [record for record in caplog.records if record.name.startswith("isogloss")]
    told = [record.getMessage() for record in gateways if "forged" in record.getMessage()]
    assert told
    assert all(line.isprintable() for line in told)


# ---------------------------------------------------------------- what is not theirs


def test_keys_of_the_gateway_go_upstream_nowhere(client, stage):
    headers = {
        "cookie": "a=gateway-key",
        "x-api-key": "gateway-key",
        "x-forwarded-authorization": "Bearer gateway-key",
        "referer": "http://localhost/?key=gateway%2Dkey",
        "x-kept": "yes",
    }
    query = "key=gateway-key&%6bey=gateway-key&access_token=gateway-key&b=gateway%2Dkey&kept=yes"
    found = client.post(f"/gemini/v1beta/models/x:foo?{query}", json={}, headers=headers)
    assert found.status_code != 401
    told = stage[1].last
    assert "gateway" not in str(told)
    assert told["query"] == "kept=yes"
    assert told["headers"]["x-kept"] == "yes"


@pytest.mark.parametrize("path", ["/gemini/v1beta/models/x:generateContent", "/v1/chat/completions"])
def test_keys_in_packed_errors_are_hidden(client, path):
    body = {**said("packed error"), "contents": [{"role": "user", "parts": [{"text": "packed error"}]}]}
    found = client.post(path, json=body if "gemini" in path else said("packed error"))
    assert found.status_code == 400
    assert "[key]" in found.text
    assert "operator-key" not in found.text + str(found.headers)
