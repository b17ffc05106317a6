"""The programs of the README that have isogloss inside: each runs on a socket, and official clients talk to it."""

import asyncio
import json
import os
import re
import subprocess
import threading
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import isogloss.gateway
import openai
import pytest
import uvicorn
from environments import environment
from fastapi import FastAPI
from gateway.stage import Program, running, settled, stream
from isogloss import sockets
from openai import OpenAI
from servers import KEY

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"<!-- file: (\w+)\.py -->\n```python\n(.*?)```", README, re.DOTALL))
GOOGLE = "https://generativelanguage.googleapis.com"
HELLO = [{"role": "user", "content": "Hello"}]
FLASH = "gemini-2.5-flash"


def loaded(folder, name, url):
    """Import a program of the README; another server stands where Google's does."""
    path = folder / f"{name}.py"
    path.write_text(PROGRAMS[name].replace(GOOGLE, url), encoding="utf-8")
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def blocking(folder, url):
    module = loaded(folder, "blocking", url)
    with make_server("127.0.0.1", 0, module.application, Server, Silent) as made:
        threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}/v1"
        made.shutdown()
    module.gemini.close()


@contextmanager
def serving(app):
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="on", timeout_graceful_shutdown=1)
    with sockets.background(uvicorn.Server(config), "127.0.0.1", 0) as url:
        yield url


@contextmanager
def coroutines(folder, url):
    with serving(loaded(folder, "coroutines", url).app) as address:
        yield f"{address}/v1"


@contextmanager
def mounted(folder, url):
    with serving(loaded(folder, "mounted", url).app) as address:
        yield f"{address}/llm/v1"


@pytest.fixture(params=[blocking, coroutines, mounted], ids=lambda program: program.__name__)
def program(request):
    return request.param


@pytest.fixture
def client(program, gemini, tmp_path):
    with program(tmp_path, gemini.url) as base, OpenAI(api_key=KEY, base_url=base, max_retries=0) as made:
        yield made


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


# ------------------------------------------------------------------------------------------------ gateways


def test_whole_and_streamed(client, gemini):
    raw = client.chat.completions.with_raw_response.create(model=FLASH, messages=HELLO, user="me")
    whole = raw.parse().choices[0].message.content
    assert raw.headers["x-isogloss-losses"] == "1 chat.request.user"
    told = list(client.chat.completions.create(model=FLASH, messages=HELLO, stream=True))
    assert text_of(told) == whole
    assert len(told) > 2
    assert [one["path"].rpartition(":")[2] for one in gemini.requests()] == ["generateContent", "streamGenerateContent"]


@pytest.mark.parametrize("streams", [False, True])
def test_errors(client, streams):
    slow = [{"role": "user", "content": "[[error RESOURCE_EXHAUSTED]]"}]
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model=FLASH, messages=slow, stream=streams)
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=FLASH, messages=HELLO, response_format={"type": "poem"}, stream=streams)
    assert refused.value.param == "response_format.type"


def test_a_stream_that_breaks_off(client):
    cut = [{"role": "user", "content": "[[fail 2]] Hello"}]
    with pytest.raises(openai.APIError, match="overloaded"):
        list(client.chat.completions.create(model=FLASH, messages=cut, stream=True))


@pytest.mark.usefixtures("gemini")
def test_a_caller_who_leaves_is_noticed(program, tmp_path):
    """The server behind is told that nobody listens any more."""

    async def play(_, send, __):
        text = {"candidates": [{"content": {"parts": [{"text": "and so on "}]}, "index": 0}]}
        await stream(send, [b"data: " + json.dumps(text).encode() + b"\r\n\r\n"] * 1000, pause=0.01)

    behind = Program(play)
    with running(behind) as url, program(tmp_path, url) as base:
        with OpenAI(api_key=KEY, base_url=base, max_retries=0) as made:
            chunks = made.chat.completions.create(model=FLASH, messages=HELLO, stream=True)
            next(chunks)
            chunks.close()
        assert settled(lambda: behind.left)


# ------------------------------------------------------------------------------------------------ the mounted gateway


def mount(url, **said):
    gateway = isogloss.gateway.application(upstreams={"google": {"dialect": "gemini", "url": url}}, **said)
    app = FastAPI(lifespan=gateway.router.lifespan_context)
    app.mount("/a b", gateway)
    return app


def test_what_is_passed_on_leaves_its_mount_behind(gemini):
    path = f"/v1beta/models/{FLASH}:generateContent"
    with serving(mount(gemini.url, open=True)) as url, httpx.Client(base_url=url, timeout=10) as client:
        for mounted_at in ("/a%20b", "/%61%20b"):
            done = client.post(f"{mounted_at}/gemini{path}", json={"contents": [{"parts": [{"text": "Hello"}]}]})
            assert done.status_code == 200, done.text
        assert client.get("/a%20b/healthz").json()["status"] == "ok"
        assert client.get("/a%20b/v1/nowhere").json()["error"]["message"]
    assert [one["path"] for one in gemini.requests()] == [path, path]


def test_a_mounted_gateway_lends_no_key_unless_it_is_told_to(gemini, monkeypatch):
    with pytest.raises(isogloss.RuleError, match="could use your key"):
        mount(gemini.url)
    monkeypatch.setenv("ISOGLOSS_KEYS", "of-a-caller")
    with serving(mount(gemini.url)) as url:
        asked = {"model": FLASH, "messages": HELLO}
        address = f"{url}/a b/v1/chat/completions"
        assert httpx.post(address, json=asked).status_code == 401
        assert httpx.post(address, json=asked, headers={"authorization": "Bearer of-a-caller"}).status_code == 200


def test_words_that_an_application_does_not_know_are_named():
    with pytest.raises(isogloss.RuleError, match="fronts"):
        isogloss.gateway.application(fronts=["openai"], open=True)


def test_a_gateway_that_is_not_open_says_so():
    async def main():
        transport = httpx.ASGITransport(isogloss.gateway.application(open=True))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            await client.get("/v1/models")

    with pytest.raises(RuntimeError, match="lifespan"):
        asyncio.run(main())


# ------------------------------------------------------------------------------------------------ a relay


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_relay_takes_bytes_however_they_are_cut(size):
    gloss = isogloss.Translator("openai", "gemini", ids=lambda: "id", clock=lambda: 0)
    exchange = gloss.exchange("chat", {"model": FLASH, "messages": HELLO, "stream": True})
    relay = isogloss.Relay(exchange, {"Content-Type": "text/event-stream"})
    piece = {"content": {"parts": [{"text": "Grüß\u2028Gott"}]}, "index": 0, "finishReason": "STOP"}
    data = (
        b"data: " + json.dumps({"candidates": [piece], "responseId": "r1"}, ensure_ascii=False).encode() + b"\r\n\r\n"
    )
    told = b"".join(relay.feed(data[start : start + size]) for start in range(0, len(data), size)) + relay.close()
    assert relay.media.startswith("text/event-stream")
    assert "Grüß\u2028Gott".encode() in told
    assert told.endswith(b"data: [DONE]\n\n")


def test_a_relay_tells_what_goes_wrong():
    gloss = isogloss.Translator("openai", "gemini")
    exchange = gloss.exchange("chat", {"model": FLASH, "messages": HELLO, "stream": True})
    relay = isogloss.Relay(exchange, {"content-type": "text/event-stream"})
    told = relay.feed(b"data: {nonsense\n\n")
    assert relay.ended
    assert b"cannot be read" in told
    assert b"[DONE]" not in told + relay.close()


def test_a_relay_frames_as_its_caller_has_asked():
    gloss = isogloss.Translator("gemini", "openai")
    asked = {"contents": [{"parts": [{"text": "Hello"}]}]}
    exchange = gloss.exchange("chat", asked, model="gpt-5-mini", stream=True)
    path = "/v1beta/models/gpt-5-mini:streamGenerateContent"
    as_events, as_array = [
        isogloss.Relay(exchange, {"content-type": "text/event-stream"}, route)
        for route in (None, gloss.route("POST", path))
    ]
    assert as_events.media.startswith("text/event-stream")
    assert as_array.media.startswith("application/json")


# ------------------------------------------------------------------------------------------------ an answer

FITTING = {"type": "json_object", "response_schema": {"type": "array"}, "enforce_validation": True}
SAID = b'{"candidates": [{"content": {"parts": [{"text": "{}"}]}, "finishReason": "STOP"}]}'


@pytest.mark.parametrize(
    ("more", "status", "data", "wanted", "words"),
    [
        ({}, 200, SAID, 200, "chat.completion"),
        ({}, 429, b'{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}', 429, "slow"),
        ({}, 500, b"<html>", 500, "error"),
        ({}, 200, b"<html>", 502, "no JSON"),
        ({}, 200, b'{"a":' * 300 + b"1" + b"}" * 300, 502, "nested"),
        ({}, 302, b"", 502, "redirect"),
        ({"response_format": FITTING}, 200, SAID, 422, "does not fit the schema"),
    ],
)
def test_an_answer_raises_nothing(more, status, data, wanted, words):
    gloss = isogloss.Translator("openai", "gemini")
    exchange = gloss.exchange("chat", {"model": FLASH, "messages": HELLO, "user": "me", **more})
    answer = isogloss.answer(exchange, status, data, {"Content-Type": "application/json"})
    assert (answer.status, words in json.dumps(answer.body)) == (wanted, True)
    assert ("error" in answer.body) is (wanted != 200)
    assert "/user" in [loss.pointer for loss in answer.losses]
    assert "chat.request.user" in answer.headers["x-isogloss-losses"]


# ------------------------------------------------------------------------------------------------ LiteLLM

ASKED = """
import asyncio, json
exec(open("provider.py").read())
asked = {"model": "isogloss/gemini-2.5-flash", "messages": [{"role": "user", "content": "Hello"}]}

async def streamed():
    return [chunk async for chunk in await litellm.acompletion(**asked, stream=True)]

def text(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

whole = litellm.completion(**asked).choices[0].message.content
assert asyncio.run(litellm.acompletion(**asked)).choices[0].message.content == whole
assert text(litellm.completion(**asked, stream=True)) == text(asyncio.run(streamed())) == whole
try:
    litellm.completion(**{**asked, "messages": [{"role": "user", "content": "[[error RESOURCE_EXHAUSTED]]"}]})
except litellm.RateLimitError:
    print(whole)
"""


#: Later releases were not looked at; it demands versions of openai and httpx of its own.
LITELLM = ["litellm==1.106.2", "pyyaml", "jmespath", "jsonschema", "python-multipart"]


def test_a_provider_of_litellm(gemini, tmp_path):
    (tmp_path / "provider.py").write_text(PROGRAMS["provider"], encoding="utf-8")
    alone = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # it would ask the network for prices
    known = {**os.environ, **alone, "PYTHONPATH": str(Path(isogloss.__file__).parents[1])}
    python = environment("litellm", *LITELLM)
    done = subprocess.run([python, "-c", ASKED], cwd=tmp_path, env=known, capture_output=True, text=True, check=False)
    assert "this is an emulated answer" in done.stdout, done.stderr
    assert len(gemini.requests()) == 4 + 3  # the error was tried again, twice
