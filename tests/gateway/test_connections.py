"""Callers who send heads that never end, or do not read what they have asked for; and addresses of any letters."""

import json
import socket
import time

import httpx
import pytest
from gateway.stage import between, events, gateway, reply, said, settled, stream

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
LARGE = 20_000_000  # more than the system keeps of what nobody reads
PIECE = {"candidates": [{"content": {"parts": [{"text": "x" * 100_000}]}}]}


async def play(asked, send, _):
    text = json.loads(asked["body"])["contents"][0]["parts"][0]["text"]
    if text == "flood":
        await stream(send, events([PIECE] * 500))
    elif text == "garbage":
        await stream(send, events([{"candidates": [{"content": {"parts": [{"text": "Hel"}]}}]}], end=b"data: oops\n\n"))
    else:
        text = "x" * LARGE if text == "large" else "Hello"
        done = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
        await reply(send, 200, {"candidates": [done]})


@pytest.fixture(scope="module")
def stage():
    with between(play, front=["openai", "gemini"], limits={"idle": 1, "requests": 1, "headers": 20_000}) as made:
        yield made


def opened(stage, buffer=None):
    """Open a connection that takes few bytes unread."""
    url = httpx.URL(stage[0])
    made = socket.socket()
    if buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.settimeout(10)
    made.connect((url.host, url.port))
    return made


def asked(text, **more):
    body = json.dumps(said(text, **more)).encode()
    return HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


def hello(stage):
    return httpx.post(stage[0] + "/v1/chat/completions", json=said("Hello"), trust_env=False).status_code


def pushed(connection, line, most):
    """Send until the other side has enough; return how much that was."""
    sent = 0
    try:
        while sent < most:
            connection.sendall(line)
            sent += len(line)
    except OSError:  # a broken pipe, or a reset
        pass
    return sent


def drained(connection):
    """Read to the end, whichever way it comes; return how much that was."""
    got = 0
    try:
        while data := connection.recv(1_000_000):
            got += len(data)
    except ConnectionResetError:
        pass
    return got


# ---------------------------------------------------------------- heads


def test_a_large_head_is_refused_in_the_callers_dialect(stage):
    large = {"x-padding": "x" * 21_000}
    found = httpx.post(stage[0] + "/v1/chat/completions", json=said("Hello"), headers=large)
    assert (found.status_code, found.json()["error"]["type"]) == (431, "invalid_request_error")
    assert "20000 bytes" in found.json()["error"]["message"]
    found = httpx.post(stage[0] + "/v1beta/models/m:generateContent", json={}, headers=large)
    assert (found.status_code, found.json()["error"]["code"]) == (431, 431)
    assert httpx.get(stage[0] + "/v1/models?" + "x" * 21_000).status_code == 431


@pytest.mark.parametrize("line", [b"x-more: " + b"x" * 1000 + b"\r\n", b"x" * 1000], ids=["many", "one"])
def test_a_head_that_never_ends_is_cut(stage, line):
    with opened(stage) as connection:
        connection.sendall(HEAD + (b"" if line.endswith(b"\n") else b"x-more: "))
        assert pushed(connection, line * 20, 50_000_000) < 10_000_000
    assert hello(stage) == 200


def test_a_large_head_that_comes_slowly_is_told_so(stage):
    with opened(stage) as connection:
        connection.sendall(HEAD + b"x-more: ")
        for _ in range(3):
            connection.sendall(b"x" * 10_000)
            time.sleep(0.1)
        assert connection.recv(1000).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("start", [b"", HEAD])
def test_a_head_that_does_not_come_is_not_waited_for(stage, start):
    with opened(stage) as connection:
        connection.sendall(start)
        began = time.monotonic()
        assert drained(connection) == 0
        assert 0.5 < time.monotonic() - began < 4


# ---------------------------------------------------------------- callers who do not read


@pytest.mark.parametrize("more", [{"stream": True}, {}], ids=["stream", "whole"])
def test_a_caller_who_does_not_read_gives_up_the_place(stage, more):
    with opened(stage, 4096) as connection:
        connection.sendall(asked("flood" if more else "large", **more))
        time.sleep(0.5)
        if more:
            assert hello(stage) == 503
        assert settled(lambda: hello(stage) == 200, 8)
        time.sleep(2)
        assert drained(connection) < LARGE


def test_a_caller_who_reads_slowly_gets_everything():
    with between(play, front=["openai"], limits={"idle": 2}) as stage, opened(stage, 65536) as connection:
        connection.sendall(asked("large"))
        got, until = 0, time.monotonic() + 4
        while time.monotonic() < until:
            got += len(connection.recv(30_000))
            time.sleep(0.01)
        assert got < LARGE
        assert got + drained(connection) > LARGE  # it is kept open for a next request, until nobody asks


# ---------------------------------------------------------------- addresses, and gateways in a row


@pytest.mark.parametrize("path", ["/v1/mod%0Aels", "/%0A", "/v1/models%0D%0A", "/healthz/"])
def test_addresses_of_any_letters_are_answered_in_a_dialect(stage, path):
    found = httpx.get(stage[0] + path)
    assert found.status_code == 404
    assert found.json()["error"]["type"] == "invalid_request_error"


def test_a_broken_stream_is_no_failed_server_behind_two_gateways(stage):
    with gateway(front=["gemini"], back="openai", upstream=stage[0]) as url:
        body = {"contents": [{"role": "user", "parts": [{"text": "garbage"}]}]}
        found = httpx.post(url + "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", json=body)
    last = json.loads(found.text.strip().splitlines()[-1].removeprefix("data: "))
    assert (last["error"]["code"], last["error"]["status"]) == (503, "UNAVAILABLE")
