"""What is refused or goes wrong, said in the caller's dialect; and what never happens, whoever asks."""

import asyncio
import json
import socket
import threading
import time
from contextlib import suppress

import httpx
import pytest
from gateway.stage import between, events, gateway, reply, said, settled, stream

JSON = {"content-type": "application/json"}


def candidate(text="Hello", **more):
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}], **more}


X = b'data: {"candidates": [{"content": {"parts": [{"text": "x"}]}}]}\n\n'
OVERLOADED = {"error": {"code": 503, "status": "UNAVAILABLE", "message": "overloaded"}}


def invalid(headers):
    return {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": json.dumps(headers)}}


#: What the program behind does when the prompt begins with a word; `rest` is what follows.
PLAYS = {
    "garbage": lambda send, _, __: reply(send, 200, b"<html>oops", media="text/html"),
    "list": lambda send, _, __: reply(send, 200, [1, 2]),
    "page": lambda send, rest, _: reply(send, int(rest), b"<html>bad gateway</html>", media="text/html"),
    "echo": lambda send, _, headers: reply(send, 400, invalid(headers)),
    "redirect": lambda send, rest, _: reply(send, 307, b"", headers=[(b"location", rest.encode())]),
    "large": lambda send, _, __: reply(send, 200, candidate("x" * 3_000_000)),
    "hang": lambda _, __, ___: asyncio.sleep(30),
    "drip": lambda send, _, __: stream(send, [X] * 500, pause=0.05),
    "stall": lambda send, _, __: stream(send, [X] * 2, pause=10),
    "cut": lambda send, _, __: stream(send, [X, b'data: {"cand']),
    "unfinished": lambda send, _, __: stream(send, [X]),
    "midway": lambda send, _, __: stream(send, [X, *events([OVERLOADED], end=b"")]),
    "array": lambda send, _, __: stream(send, [json.dumps([candidate()]).encode()], media="application/json"),
}


async def play(asked, send, _):
    """Do what the prompt says."""
    turns = json.loads(asked["body"] or b"{}").get("contents") or [{"parts": [{"text": ""}]}]
    word, _, rest = turns[-1]["parts"][-1].get("text", "").partition(" ")
    if word in PLAYS:
        await PLAYS[word](send, rest, asked["headers"])
    else:
        await reply(send, 200, candidate(usageMetadata={"promptTokenCount": 1, "totalTokenCount": 1}))


LIMITS = {"request": 1_000_000, "response": 2_000_000, "first_byte": 1, "idle": 1, "connect": 1}


@pytest.fixture(scope="module")
def stage():
    with between(play, {"GEMINI_API_KEY": "operators-secret"}, front=["openai", "gemini"], limits=LIMITS) as made:
        yield made


def chat(stage, text, path="/v1/chat/completions", **more):
    return httpx.post(
        stage[0] + path, json=said(text, **more), headers={"authorization": "Bearer callers-secret"}, timeout=20
    )


def error(reply):
    """Hold an error to the form that official clients read."""
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"]
    found = reply.json()["error"]
    assert {"message", "type", "param", "code"} <= set(found)
    assert found["message"]
    return reply.status_code, found["type"], found["code"]


# ---------------------------------------------------------------- requests that are wrong


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"", JSON, 400),
        (b"[]", JSON, 400),
        (b'"a"', JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"NaN", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"a":' * 300 + b"1" + b"}" * 300, JSON, 400),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {}, 415),
        (b"{}", {**JSON, "content-encoding": "gzip"}, 415),
        (b'{"messages": []}', JSON, 400),
        (b'{"model": "", "messages": [{"role": "user", "content": "a"}]}', JSON, 400),
        (
            b'{"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "' + b"x" * 1_100_000 + b'"}]}',
            JSON,
            413,
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_requests(stage, body, headers, status):
    before = len(stage[1].seen)
    reply = httpx.post(stage[0] + "/v1/chat/completions", content=body, headers=headers)
    assert error(reply)[:2] == (status, "invalid_request_error")
    assert reply.headers["x-should-retry"] == "false"
    assert len(stage[1].seen) == before


def test_the_place_of_what_is_wrong(stage):
    body = said("a", stop=["."] * 6)
    reply = httpx.post(stage[0] + "/v1/chat/completions", json=body)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "stop")


def test_a_body_without_a_length_is_bounded_too(stage):
    def endless():
        for _ in range(3000):
            yield b'{"model": "' + b"x" * 1000

    reply = httpx.post(stage[0] + "/v1/chat/completions", content=endless(), headers=JSON)
    assert error(reply)[0] == 413


def test_half_an_emoji_goes_through(stage):
    body = b'{"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "a \\ud83d"}]}'
    assert httpx.post(stage[0] + "/v1/chat/completions", content=body, headers=JSON).status_code == 200
    assert json.loads(stage[1].last["body"])["contents"][0]["parts"] == [{"text": "a \ud83d"}]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/v1/nothing", 404),
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/models/x", 405),
        ("GET", "/", 404),
    ],
)
def test_unknown_routes(stage, method, path, status):
    assert error(httpx.request(method, stage[0] + path))[0] == status


@pytest.mark.parametrize(
    "path", ["/gemini/../admin", "/gemini/%2e%2e/admin", "/gemini/a/%252e%252e/b", "/gemini/..%5cadmin"]
)
def test_no_path_leads_out_of_the_api(stage, path):
    before = len(stage[1].seen)
    host, port = stage[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        assert b" 400 " in line.recv(65536).split(b"\r\n")[0]
    assert len(stage[1].seen) == before


# ---------------------------------------------------------------- upstreams that are wrong


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("garbage", 502),
        ("list", 502),
        ("page 502", 502),
        ("page 504", 504),
        ("redirect http://127.0.0.1:1/", 502),
        ("large", 502),
        ("hang", 504),
    ],
)
@pytest.mark.parametrize("more", [{}, {"stream": True}], ids=["whole", "stream"])
def test_wrong_upstreams(stage, text, status, more):
    reply = chat(stage, text, **more)
    if reply.headers["content-type"].startswith("text/event-stream"):
        told = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
        assert (len(told), "error" in told[-1], "[DONE]" in reply.text) == (1, True, False) or text == "large"
    else:
        assert error(reply)[0] == status


def test_only_what_cannot_harm_is_tried_again():
    """A server that hangs up on every second connection: a GET comes again, a POST may have arrived."""
    came = []

    def serve(listener):
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            came.append(line.recv(65536).split()[0].decode())
            if len(came) % 2 == 0:
                line.sendall(
                    b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{"models":[]}'
                )
            line.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        with gateway(front=["openai"], upstream=f"http://127.0.0.1:{listener.getsockname()[1]}") as url:
            assert httpx.get(url + "/v1/models").json() == {"object": "list", "data": []}
            assert came == ["GET", "GET"]
            assert error(httpx.post(url + "/v1/chat/completions", json=said("a")))[0] == 502
            assert came == ["GET", "GET", "POST"]


def test_an_upstream_that_is_not_there():
    with gateway(front=["openai"], upstream="http://127.0.0.1:1") as url:
        reply = httpx.post(url + "/v1/chat/completions", json=said("a"), headers={"authorization": "Bearer k"})
        assert error(reply)[:2] == (502, "server_error")
        assert "127.0.0.1" not in reply.text


@pytest.mark.parametrize("text", ["cut", "unfinished", "midway", "stall"])
def test_a_stream_that_breaks_is_an_error_and_no_end(stage, text):
    lines = chat(stage, text, stream=True).text.splitlines()
    told = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert "error" in told[-1]
    assert "data: [DONE]" not in lines
    assert not [choice for event in told for choice in event.get("choices", ()) if choice.get("finish_reason")]


def test_an_upstream_that_answers_a_stream_with_an_array(stage):
    lines = chat(stage, "array", stream=True).text.splitlines()
    assert "data: [DONE]" in lines


# ---------------------------------------------------------------- keys


def test_the_operators_key_goes_up_and_the_callers_does_not(stage):
    chat(stage, "Hello")
    sent = stage[1].last["headers"]
    assert sent["x-goog-api-key"] == "operators-secret"
    assert "callers-secret" not in json.dumps(stage[1].last, default=str)


def test_keys_that_an_upstream_repeats_are_hidden(stage):
    for path, body in (
        ("/v1/chat/completions", said("echo")),
        ("/gemini/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": "echo"}]}]}),
    ):
        reply = httpx.post(stage[0] + path, json=body, headers={"x-goog-api-key": "callers-secret"})
        assert reply.status_code == 400
        assert "[key]" in reply.text
        assert "secret" not in reply.text


def test_a_key_in_the_query_is_taken_out(stage):
    httpx.post(
        stage[0] + "/gemini/v1beta/models/m:generateContent?a=b%20c&key=callers-secret&alt=json", json={"contents": []}
    )
    assert stage[1].last["query"] == "a=b%20c&alt=json"
    assert stage[1].last["headers"]["x-goog-api-key"] == "operators-secret"


def test_keys_of_the_gateway():
    environment = {"ISOGLOSS_KEYS": "team-one, team-two"}
    with between(play, environment, front=["openai", "gemini"]) as (url, program):
        for headers, status in (
            ({}, 401),
            ({"authorization": "Bearer wrong"}, 401),
            ({"authorization": "Bearer team-one"}, 200),
            ({"x-goog-api-key": "team-two"}, 200),
        ):
            reply = httpx.post(url + "/v1/chat/completions", json=said("Hello"), headers=headers)
            assert reply.status_code == status
            if status == 401:
                assert error(reply) == (401, "authentication_error", "invalid_api_key")
            through = httpx.get(url + "/gemini/v1beta/models", headers=headers)
            assert (through.status_code == 401) is (status == 401)
        assert len(program.seen) == 4
        assert "team-" not in json.dumps(program.seen, default=str)


def test_a_callers_own_key_is_passed_on():
    with between(play, front=["openai"]) as (url, program):
        httpx.post(url + "/v1/chat/completions", json=said("Hello"), headers={"authorization": "Bearer mine"})
        assert program.last["headers"]["x-goog-api-key"] == "mine"
        assert "authorization" not in program.last["headers"]


def test_no_key_in_the_log(stage, caplog):
    with caplog.at_level("DEBUG"):
        httpx.get(
            stage[0] + "/gemini/v1beta/models?key=callers-secret", headers={"authorization": "Bearer callers-secret"}
        )
        chat(stage, "echo")
        chat(stage, "garbage")
    assert "/gemini/v1beta/models" in caplog.text
    gateways = [record for record in caplog.records if record.name.startswith("isogloss")]
    assert gateways
    assert "secret" not in "\n".join(record.getMessage() for record in gateways)


# ---------------------------------------------------------------- browsers, connections, headers


def test_only_known_names_on_this_machine(stage):
    def status(**headers):
        return httpx.post(stage[0] + "/v1/chat/completions", json=said("Hello"), headers=headers).status_code

    assert status(host="evil.example") == 421
    assert status(host="localhost:4000") == 200
    assert status(origin="https://evil.example") == 403
    assert status(origin="http://localhost:3000") == 200


def test_no_cross_origin_headers(stage):
    reply = httpx.options(
        stage[0] + "/v1/chat/completions",
        headers={"origin": "http://localhost:3000", "access-control-request-method": "POST"},
    )
    assert reply.status_code >= 400
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_headers_of_a_connection_stay_there(stage):
    headers = {
        "connection": "keep-alive, x-private",
        "x-private": "1",
        "te": "trailers",
        "cookie": "a=b",
        "x-client": "kept",
        "x-isogloss-explain": "1",
    }
    httpx.get(stage[0] + "/gemini/v1beta/models", headers=headers)
    sent = stage[1].last["headers"]
    assert sent["x-client"] == "kept"
    assert not {"x-private", "te", "cookie", "x-isogloss-explain"} & set(sent)


def test_a_redirect_is_not_followed_when_passing_through(stage):
    before = len(stage[1].seen)
    reply = httpx.post(
        stage[0] + "/gemini/v1beta/models/m:generateContent",
        json={"contents": [{"parts": [{"text": f"redirect {stage[0]}/x"}]}]},
    )
    assert reply.status_code == 307
    assert len(stage[1].seen) == before + 1


# ---------------------------------------------------------------- callers who leave, and too many of them


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/gemini/v1beta/models/m:streamGenerateContent"])
@pytest.mark.parametrize("text", ["drip", "hang"])
def test_a_caller_who_leaves_ends_what_was_asked_upstream(stage, text, path):
    gone = len(stage[1].left)
    body = said(text, stream=True) if "chat" in path else {"contents": [{"parts": [{"text": text}]}]}
    with suppress(httpx.ReadTimeout), httpx.stream("POST", stage[0] + path, json=body, timeout=0.5) as reply:
        next(reply.iter_bytes())
    assert settled(lambda: len(stage[1].left) > gone, 3)


def test_too_many_at_once():
    with between(play, front=["openai"], limits={"requests": 2, "requests_per_key": 1, "retry_after": 7}) as (url, _):

        def opened(key):
            return httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=5)

        with (
            opened("a") as one,
            opened("b") as two,
            opened("c") as three,
            one.stream("POST", "/v1/chat/completions", json=said("drip", stream=True)) as first,
        ):
            held = [first.iter_bytes()]  # a generator that is let go closes its reply
            next(held[0])
            again = one.post("/v1/chat/completions", json=said("Hello"))
            assert (error(again)[0], again.headers["retry-after"]) == (429, "7")
            assert "x-should-retry" not in again.headers
            with two.stream("POST", "/v1/chat/completions", json=said("drip", stream=True)) as second:
                held.append(second.iter_bytes())
                next(held[1])
                assert error(three.post("/v1/chat/completions", json=said("Hello")))[0] == 503
        assert settled(lambda: httpx.post(url + "/v1/chat/completions", json=said("Hello")).status_code == 200)


def test_a_slow_reader_holds_the_upstream_back():
    """Of 200 MB the program behind can send only what fits into buffers, as long as nobody reads."""
    sent = 0

    async def flood(_, send, __):
        nonlocal sent
        chunk = b'data: {"candidates": [{"content": {"parts": [{"text": "' + b"x" * 100_000 + b'"}]}}]}\n\n'
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for _ in range(2000):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += len(chunk)

    with (
        between(flood, front=["openai"]) as (url, _),
        httpx.stream("POST", url + "/v1/chat/completions", json=said("a", stream=True)) as reply,
    ):
        held = reply.iter_raw()
        next(held)
        time.sleep(1)
        first = sent
        time.sleep(1)
        assert sent == first
        assert sent < 60_000_000


# ---------------------------------------------------------------- strict, schemas


def test_strict_refuses_what_would_be_lost():
    with between(play, front=["openai"], strict=True) as (url, program):
        reply = httpx.post(url + "/v1/chat/completions", json=said("Hello", user="me", logit_bias={"1": 1}))
        assert error(reply)[0] == 400
        told = reply.json()["error"]["isogloss"]["losses"]
        assert {loss["pointer"] for loss in told} == {"/logit_bias", "/user"}
        assert not program.seen
        assert httpx.post(url + "/v1/chat/completions", json=said("Hello")).status_code == 200
