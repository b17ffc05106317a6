"""The README tells the truth: its Python runs, its files work, its commands end well, its models are what it says."""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import isogloss
import pytest
from click.testing import CliRunner
from isogloss import bookshelf, codecs, library, source
from isogloss.cli import program

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<code>.*?)```\n", re.DOTALL)
BLOCKS = [match.groupdict() for match in BLOCK.finditer(TEXT)]
REPLY = {
    "candidates": [{"content": {"parts": [{"text": "Donau, Inn, Mur."}], "role": "model"}, "finishReason": "STOP"}]
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder that holds the files which the README shows."""
    for block in BLOCKS:
        if (block["note"] or "").startswith("file: "):
            path = tmp_path / block["note"].removeprefix("file: ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(block["code"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def played(emulator, *replies):
    """Run all Python blocks in order, with the offline Gemini, and these replies where HTTP is asked for plainly.

    Those that are files are left to tests/calling.

    Returns what they print.
    """
    waiting = list(replies)
    known: dict[str, object] = {}
    told = io.StringIO()
    with contextlib.redirect_stdout(told), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEMINI_API_KEY", "key")
        patch.setenv("GEMINI_API_BASE", emulator.url)
        patch.setattr(httpx, "request", lambda *_, **__: waiting.pop(0))
        for block in BLOCKS:
            if block["language"] == "python" and not (block["note"] or "").startswith("file: "):
                exec(compile(block["code"], "README.md", "exec"), known)  # noqa: S102 - it is our own page
    return told.getvalue()


@pytest.mark.usefixtures("folder")
def test_python_runs(emulator):
    told = played(emulator, httpx.Response(200, json=REPLY))
    assert "Donau, Inn, Mur." in told
    assert (
        told.count("On “Hello”: this is an emulated answer") == 2
    )  # streamed by `completion`, and to an OpenAI client


@pytest.mark.usefixtures("folder")
def test_python_runs_into_an_error(emulator):
    wrong = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid."}}
    assert "401 API key not valid." in played(emulator, httpx.Response(400, json=wrong))


@pytest.mark.usefixtures("folder")
def test_commands_end_well():
    lines = [line for block in BLOCKS if block["language"] == "console" for line in block["code"].splitlines()]
    commands = [line.removeprefix("$ isogloss ") for line in lines if line.startswith("$ isogloss ")]
    assert commands
    for command in commands:
        assert CliRunner().invoke(program, shlex.split(command)).exit_code == 0, command


@pytest.mark.usefixtures("folder")
def test_what_it_serves_can_be_served():
    lines = [line for block in BLOCKS if block["language"] == "sh" for line in block["code"].splitlines()]
    commands = [line.partition("#")[0].removeprefix("isogloss ") for line in lines if line.startswith("isogloss serve")]
    assert commands
    for command in commands:
        done = CliRunner().invoke(program, [*shlex.split(command), "--check"])
        assert done.exit_code == 0, done.output


def test_the_gateway_answers_as_shown(tmp_path):
    """Offline and without a key, from the same command and the same call of curl."""
    shown = next(block["code"] for block in BLOCKS if "curl http://127.0.0.1:4000" in block["code"])
    path, body = re.search(r"curl http://127.0.0.1:4000(\S+) .*?-d '(.*?)'", shown, re.DOTALL).groups()
    headers = re.search(r"`(x-isogloss-losses): ([^`]*)`", TEXT)
    keyless = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_API_BASE"))}
    command = [sys.executable, "-m", "isogloss", "serve", "--upstream", "emulator", "--port", "0"]
    environment = {**keyless, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as gateway:
        address = next(line.split()[2] for line in gateway.stdout if line.startswith("listening on"))
        done = httpx.post(address + path, json=json.loads(body), timeout=30)
        gateway.terminate()
    assert done.status_code == 200, done.text
    assert done.headers[headers[1]] == headers[2]
    assert "this is an emulated answer" in done.json()["choices"][0]["message"]["content"]


def test_the_demo_prints_what_is_shown():
    """Up to line numbers and the width of columns."""

    def plain(text):
        return re.sub(r"\.yaml:\d+", ".yaml", " ".join(text.split()))

    told = plain(CliRunner().invoke(program, ["demo"]).stdout)
    shown = next(block["code"] for block in BLOCKS if block["language"] == "text")
    for line in shown.splitlines():
        assert plain(line).rstrip("─") in told


def test_models_belong_to_the_families_it_names():
    ruleset = library.ruleset()
    table = TEXT.partition("<!-- families:begin -->")[2].partition("<!-- families:end -->")[0]
    rows = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    assert rows
    for models, family, *_ in rows:
        dialect = "openai" if family.startswith("openai") else "gemini"
        for model in re.findall(r"`([^`]+)`", models):
            found = library.family(ruleset, dialect, model)
            assert (model, found.family and found.family.id, found.assumed) == (model, family, None)


def test_make_has_the_targets_it_names():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z]+)`", TEXT)) <= set(targets)


def test_files_that_it_links_to_are_there():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_yaml_of_the_language_page_is_what_the_rulebook_says():
    yaml = "\n".join(block["code"] for block in BLOCKS if block["language"] == "yaml")
    shown = re.findall(r"^- \{?id: ([\w-]+)", yaml, re.MULTILINE)
    known = {rule.id.rpartition(".")[2] for rule in library.ruleset().documents["chat.request"].rules}
    assert shown
    assert set(shown) <= known


# --- the page of the rule language ---

LANGUAGE = (ROOT / "rules" / "README.md").read_text(encoding="utf-8")
PAGES = [block["code"] for block in map(re.Match.groupdict, BLOCK.finditer(LANGUAGE)) if block["language"] == "yaml"]
UNSETTLED = {"before"}  # the schema has the word, the bookshelf replaces the item: not to be relied on yet
SORTS = ("rule", "block", "table", "set", "slot", "side", "layout", "family", "action", "legal", "drop", "prefix_side")


@pytest.mark.parametrize("code", PAGES, ids=lambda code: code.partition("\n")[0])
def test_examples_of_the_language_are_strict_yaml(code):
    source.parse(code, "rules/README.md")


def test_its_overlay_can_be_laid(tmp_path):
    path = tmp_path / "overlay.yaml"
    path.write_text(next(code for code in PAGES if code.startswith("actions:")), encoding="utf-8")
    done = isogloss.translate(
        {"reasoning_effort": "low"},
        "chat.request",
        source="openai",
        target="gemini",
        model="gemini-2.5-flash",
        overlays=[path],
    )
    assert done.body["generationConfig"]["thinkingConfig"]["thinkingBudget"] == 512
    assert done.body["contents"][0]["parts"] == [{"text": "(go on)"}]


@pytest.mark.parametrize("sort", SORTS)
def test_every_word_of_the_language_is_explained(sort):
    schema = json.loads((ROOT / "schemas" / "rule-file.schema.json").read_text(encoding="utf-8"))
    words = {*schema["$defs"][sort].get("properties", {})} - {"openai", "gemini"} - UNSETTLED
    assert not {word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", LANGUAGE)}


def test_every_codec_and_section_is_named():
    named = set(re.findall(r"`([a-z0-9-]+)`", LANGUAGE))
    assert set(codecs.CODECS) <= named
    assert set(bookshelf.SECTIONS) <= named
