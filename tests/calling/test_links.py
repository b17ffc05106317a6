"""What requests link to is fetched where the model does not do it, by blocking calls, coroutines and transports."""

import asyncio
import base64
from contextlib import contextmanager

import isogloss
import openai
import pytest
from gateway.stage import Program, reply, running
from isogloss import acompletion, completion
from openai import OpenAI
from page import PNG

NEAR = ["127.0.0.0/8"]


async def play(seen, send, _):
    path = seen["path"]
    if path == "/moved.png":
        await reply(send, 302, headers=[(b"location", b"/landmark3.png")])
    elif path == "/round.png":
        await reply(send, 302, headers=[(b"location", b"/round.png")])
    elif path == "/page":
        await reply(send, body=b"<html>", media="application/x-sh")
    elif path == "/large.png":
        await reply(send, body=bytes(20 * 1024 * 1024 + 1), media="image/png")
    else:
        await reply(send, 200 if path.endswith("3.png") else 404, body=PNG, media="image/png")


@contextmanager
def site():
    program = Program(play)
    with running(program) as url:
        yield url, program


def image(url):
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


def by_completion(url):
    return completion("gemini/gemini-pro-vision", image(url), allow_addresses=NEAR)


def by_acompletion(url):
    return asyncio.run(acompletion("gemini/gemini-pro-vision", image(url), allow_addresses=NEAR))


def by_transport(url):
    with OpenAI(http_client=isogloss.http_client(allow_addresses=NEAR), api_key="k", max_retries=0) as client:
        return client.chat.completions.create(model="gemini-pro-vision", messages=image(url))


ways = pytest.mark.parametrize("ask", [by_completion, by_acompletion, by_transport])


@ways
@pytest.mark.parametrize("name", ["landmark3.png", "moved.png"])
def test_fetched(asked, ask, name):
    with site() as (url, program):
        assert "image/png" in ask(f"{url}/{name}").choices[0].message.content
        assert url == f"http://{program.last['headers']['host']}"
    assert "x-goog-api-key" not in program.last["headers"]
    data = {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}
    assert asked()[0]["contents"][0]["parts"] == [{"inlineData": data}]


@ways
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing.png?signature=secret", "answers with status 404"),
        ("round.png", "leads on more than 3 times"),
        ("page", "which is not taken"),
        ("large.png", "is larger than"),
    ],
)
def test_refused(gemini, ask, name, reason):
    with site() as (url, _), pytest.raises(openai.BadRequestError, match=reason) as failed:
        ask(f"{url}/{name}")
    assert "secret" not in str(failed.value)
    assert gemini.requests() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_what_is_not_public_is_not_reached(gemini, host):
    with site() as (url, program):
        port = url.rpartition(":")[2]
        with pytest.raises(openai.BadRequestError, match="may not be reached"):
            completion("gemini/gemini-pro-vision", image(f"http://{host}:{port}/landmark3.png"))
        assert program.seen == []
    assert gemini.requests() == []


@ways
@pytest.mark.parametrize("host", ["storage...", "a..b", "a" * 70 + ".example", "ü" * 70 + ".example", "a\0b.example"])
def test_hosts_that_can_have_no_address(gemini, ask, host):
    with pytest.raises(openai.BadRequestError, match="has a name nobody knows"):
        ask(f"https://{host}/x.png")
    assert gemini.requests() == []


def test_models_that_fetch_by_themselves_are_given_the_address(asked):
    completion("gemini/gemini-3-pro-preview", image("https://example.com/chart.png"))
    assert asked()[0]["contents"][0]["parts"][0]["fileData"]["fileUri"] == "https://example.com/chart.png"
