"""What an operator decides: the file, the flags, the environment; and what must not be served."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from click.testing import CliRunner
from gateway.stage import PLAIN, Program, between, gateway, reply, running, said
from isogloss import IsoglossError, RuleError
from isogloss.cli import program
from isogloss.gateway import settings


def decide(said=None, **environment):
    return settings.decide(said or {}, environment)


def test_with_nothing_said():
    made = decide()
    (upstream,) = made.upstreams
    assert (made.fronts, upstream.dialect, made.host, made.port) == (("openai",), "gemini", "127.0.0.1", 4000)
    assert upstream.url == "https://generativelanguage.googleapis.com"


def test_the_first_variable_that_is_set_holds_the_key():
    assert decide(GEMINI_API_KEY="a", GOOGLE_API_KEY="b").upstreams[0].key == "a"
    assert decide(GEMINI_API_KEY="", GOOGLE_API_KEY="b").upstreams[0].key == "b"
    assert decide().upstreams[0].key is None


def test_no_key_is_shown_by_what_is_printed():
    made = decide(GEMINI_API_KEY="operators-secret", ISOGLOSS_KEYS="callers-secret")
    assert "secret" not in repr(made)


def test_the_operators_key_is_not_lent_to_a_network():
    with pytest.raises(RuleError, match="--open"):
        decide({"host": "0.0.0.0"}, GEMINI_API_KEY="a")  # noqa: S104 - that is what is refused
    for host in ("0.0.0.0", "::", "192.168.0.7", "example.com"):  # noqa: S104 - the same
        assert decide({"host": host, "open": True}, GEMINI_API_KEY="a").open
        assert decide({"host": host}, GEMINI_API_KEY="a", ISOGLOSS_KEYS="b").keys == ("b",)
        assert decide({"host": host}).upstreams[0].key is None
    for host in ("127.0.0.1", "127.8.0.1", "::1", "localhost"):
        assert decide({"host": host}, GEMINI_API_KEY="a").loopback


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"front": ["opnai"]}, "did you mean 'openai'"),
        ({"back": "gemni"}, "did you mean 'gemini'"),
        ({"upstream": "ftp://x"}, "no base address"),
        ({"upstream": "http://user:pw@x"}, "no base address"),
        ({"upstream": "127.0.0.1:80"}, "no base address"),
        ({"allow_addresses": ["10.0.0.0/33"]}, "no network"),
        ({"keys": {"environment": ["NOT_SET"]}}, "NOT_SET"),
        ({"upstreams": {"a": {"dialect": "gemini", "key": {"environment": "NOT_SET"}}}}, "NOT_SET"),
        ({"models": {"a": {"upstream": "none", "model": "b"}}}, "no upstream 'none'"),
        ({"profile": "none"}, "no profile"),
    ],
)
def test_what_cannot_be_served(said, reason):
    with pytest.raises(IsoglossError, match=re.escape(reason)):
        decide(said)


FILE = """
front: [openai, gemini]
upstreams:
  google: {dialect: gemini, key: {environment: MY_KEY}}
  local: {dialect: openai, url: "URL", key: {pass: true}}
models:
  small: {upstream: local, model: "llama3:8b"}
  gpt-4o: gemini-2.5-pro
limits: {requests: 7, idle: 2.5}
"""


def test_a_file(tmp_path, monkeypatch):
    path = tmp_path / "isogloss.yaml"
    path.write_text(FILE.replace("URL", "http://127.0.0.1:8000/v1/"), encoding="utf-8")
    made = settings.decide(settings.read(path), {"MY_KEY": "k"}, path)
    assert [(one.name, one.url, one.key) for one in made.upstreams] == [
        ("google", "https://generativelanguage.googleapis.com", "k"),
        ("local", "http://127.0.0.1:8000/v1", None),
    ]
    assert (made.limits.requests, made.limits.idle) == (7, 2.5)
    monkeypatch.setenv("MY_KEY", "the-secret")
    done = CliRunner().invoke(program, ["serve", "--check", "--config", str(path)])
    assert (done.exit_code, "secret" in done.output, "gemini" in done.output) == (0, False, True)
    monkeypatch.delenv("MY_KEY")
    assert CliRunner().invoke(program, ["serve", "--check", "--config", str(path)]).exit_code == 1


def test_everything_wrong_in_a_file_is_said_with_its_place(tmp_path):
    path = tmp_path / "isogloss.yaml"
    path.write_text("front: openai\nlimits:\n  requests: 0\nkeys: [plain-key]\nport: 70000\n", encoding="utf-8")
    done = CliRunner().invoke(program, ["serve", "--check", "--config", str(path)])
    assert done.exit_code == 1
    for place in ("isogloss.yaml:1", "isogloss.yaml:3", "isogloss.yaml:4", "isogloss.yaml:5"):
        assert place in done.output


async def local(asked, send, _):
    model = json.loads(asked["body"] or b"{}").get("model", "none")
    await reply(send, 200, {**PLAIN, "model": model})


async def google(asked, send, _):
    await reply(send, 200, {"candidates": [{"content": {"parts": [{"text": asked["path"]}]}, "finishReason": "STOP"}]})


def test_aliases_lead_to_upstreams():
    with running(Program(local)) as one, running(two := Program(google)) as other:
        words = {
            "front": ["openai", "gemini"],
            "upstreams": {
                "google": {"dialect": "gemini", "url": other},
                "local": {"dialect": "openai", "url": one + "/v1"},
            },
            "models": {"small": {"upstream": "local", "model": "llama3:8b"}, "gpt-4o": "gemini-2.5-pro"},
        }
        with gateway(**words) as url:

            def ask(model):
                return httpx.post(url + "/v1/chat/completions", json=said("Hello", model=model)).json()

            assert ask("small")["model"] == "llama3:8b"
            assert ask("gpt-4o")["choices"][0]["message"]["content"] == "/v1beta/models/gemini-2.5-pro:generateContent"
            assert ask("gemini-2.5-flash")["choices"][0]["message"]["content"].endswith(
                "gemini-2.5-flash:generateContent"
            )
            body = {"contents": [{"parts": [{"text": "Hello"}]}]}
            found = httpx.post(url + "/v1beta/models/gpt-4o:generateContent", json=body, params={"key": "k"}).json()
            assert found["candidates"][0]["content"]["parts"][0]["text"].endswith("gemini-2.5-pro:generateContent")
            found = httpx.post(url + "/v1beta/models/small:generateContent", json=body, params={"key": "k"}).json()
            assert (found["modelVersion"], found["candidates"][0]["content"]["parts"]) == (
                "llama3:8b",
                [{"text": "Hello"}],
            )
        assert len(two.seen) == 3


@pytest.mark.parametrize(
    ("base", "path"),
    [("", "/v1/chat/completions"), ("/v1", "/v1/chat/completions"), ("/api/v4", "/api/v4/chat/completions")],
)
def test_a_base_address_with_a_path_stands_for_the_root(base, path):
    program = Program(local)
    with running(program) as behind, gateway(front=["gemini"], back="openai", upstream=behind + base) as url:
        body = {"contents": [{"parts": [{"text": "Hello"}]}]}
        httpx.post(url + "/v1beta/models/m:generateContent", json=body)
        assert program.last["path"] == path


def test_one_dialect_in_front_and_behind_is_the_same_bytes():
    with between(local, front=["openai"], back="openai") as (url, behind):
        raw = b'{ "model": "m",  "messages": [], "future_field": 1 }'
        headers = {"content-type": "application/json", "authorization": "Bearer mine"}
        found = httpx.post(url + "/chat/completions?a=1", content=raw, headers=headers)
        assert found.json()["model"] == "m"
        assert (behind.last["body"], behind.last["path"], behind.last["query"]) == (raw, "/v1/chat/completions", "a=1")
        assert behind.last["headers"]["authorization"] == "Bearer mine"
        httpx.post(url + "/v1/embeddings", content=b"{}", headers=headers)
        assert behind.last["path"] == "/v1/embeddings"


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize("workers", [1, 2])
def test_the_command_serves_and_ends(workers):
    command = [
        sys.executable,
        "-m",
        "isogloss",
        "serve",
        "--upstream",
        "emulator",
        "--port",
        "0",
        "--front",
        "openai,gemini",
    ]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        url = next(line.split()[2] for line in process.stdout if line.startswith("listening on"))
        assert ready(url)
        body = said("Hello")
        found = httpx.post(url + "/v1/chat/completions", json=body, headers={"authorization": "Bearer k"}, timeout=20)
        assert found.json()["object"] == "chat.completion"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130, -2)
        process.stdout.close()


def ready(url):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            return httpx.get(url + "/healthz").json()["status"] == "ok"
        except httpx.TransportError:
            time.sleep(0.1)
    return False


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = CliRunner().invoke(program, ["serve", "--port", str(taken.getsockname()[1])])
        assert done.exit_code == 1
        assert "in use" in done.output
