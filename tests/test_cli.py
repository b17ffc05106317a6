"""The command line: exit codes, what goes where, broken input, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from isogloss.cli import program

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "rules" / "1" / "demo"
REQUEST = str(DEMO / "request.json")
MODEL = ("--from", "openai", "--model", "gemini-3-pro-preview")


def run(*arguments, given=None):
    """Run the command line in this process."""
    return CliRunner().invoke(program, arguments, input=given, prog_name="isogloss")


def start(*arguments, given=b"", **environment):
    """Run it as its own program."""
    known = {**os.environ, "PYTHONPATH": str(ROOT / "engine"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "isogloss", *arguments], input=given, capture_output=True, check=False, env=known
    )


def document(**fields):
    return json.dumps({"messages": [{"role": "user", "content": "Hi"}], **fields})


# --- translate ---


def test_the_body_goes_to_standard_output_and_losses_to_standard_error():
    done = start("translate", "chat.request", *MODEL, REQUEST)
    assert done.returncode == 0
    assert json.loads(done.stdout)["generationConfig"]["maxOutputTokens"] == 2000
    assert "dropped /logit_bias: " in done.stderr.decode()
    assert "rules/1/chat/request.yaml:" in done.stderr.decode()
    assert b"\x1b[" not in done.stdout + done.stderr


def test_a_document_is_read_from_standard_input():
    done = start("translate", "chat.request", *MODEL, "-", given=document().encode())
    assert json.loads(done.stdout)["contents"][0]["parts"] == [{"text": "Hi"}]


def test_both_directions():
    body = json.dumps({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]})
    done = run("translate", "chat.request", "--from", "gemini", "--to", "openai", "--model", "gpt-4o", given=body)
    assert json.loads(done.stdout)["messages"] == [{"role": "user", "content": "Hi"}]


def test_refused_losses_give_no_body():
    for flag in (("--on-loss", "refuse"), ("--strict",)):
        done = run("translate", "chat.request", *MODEL, *flag, given=document(logit_bias={"1": 1}))
        assert (done.exit_code, done.stdout) == (1, "")
        assert "refused" in done.stderr
        assert "/logit_bias" in done.stderr


def test_a_default_is_no_reason_to_refuse():
    assert run("translate", "chat.request", *MODEL, "--strict", given=document()).exit_code == 0


def test_ignored_losses_are_not_told():
    done = run("translate", "chat.request", *MODEL, "--on-loss", "ignore", given=document(logit_bias={"1": 1}))
    assert (done.exit_code, done.stderr) == (0, "")


def test_defaults_can_be_left_out():
    done = run("translate", "chat.request", *MODEL, "--no-defaults", given=document())
    assert "generationConfig" not in json.loads(done.stdout)


def test_the_ledger_goes_to_standard_error():
    done = run("translate", "chat.request", *MODEL, "--trace", given=document())
    assert json.loads(done.stdout)
    assert "/messages/0/content" in done.stderr


def test_everything_as_one_object():
    done = run("translate", "chat.request", *MODEL, "--json", "--trace", given=document(logit_bias={"1": 1}))
    found = json.loads(done.stdout)
    assert set(found) == {"body", "losses", "ledger", "ruleset"}
    assert "dropped" in {loss["kind"] for loss in found["losses"]}
    assert "/messages/0/content" in {step["pointer"] for step in found["ledger"]}
    assert done.stderr == ""


def test_letters_of_all_kinds_come_out():
    done = start("translate", "chat.request", *MODEL, given=document(user="x").replace("Hi", "Ü 漢 \\ud83d").encode())
    assert json.loads(done.stdout)["contents"][0]["parts"][0]["text"] == "Ü 漢 \ud83d"


def test_an_overlay_is_heard(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text('families:\n  mine: {extends: gemini-2.5-pro, match: "mine-.*", facts: {sampling: false}}\n')
    arguments = ("translate", "chat.request", "--from", "openai", "--model", "mine-1")
    done = run(*arguments, "--overlay", str(tmp_path), given=document(temperature=0.5))
    assert done.exit_code == 0
    assert "dropped /temperature" in done.stderr


# --- what is wrong is said, without a traceback ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b'{"a": }', "(standard input):1:7: this is not JSON"),
        (b'{\n "a": 1,\n}', ":3:1: this is not JSON"),
        (b"", ":1:1: this is not JSON"),
        (b"\xff\xfe", "this is not UTF-8"),
        (b'{"temperature": NaN}', "NaN is no number"),
        (b'{"temperature": 1e999}', "1e999 is no number"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" * 300 + b"]" * 300, "nested more than 200 deep"),
        (b"[]", "an object must stand here"),
        (b'{"messages": 1}', "/messages: "),
    ],
    ids=["missing", "comma", "empty", "bytes", "nan", "infinite", "bottomless", "deep", "list", "refused"],
)
def test_broken_documents(given, said):
    done = start("translate", "chat.request", *MODEL, given=given)
    assert done.returncode == 1
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("translate", "chat.reqest", *MODEL), "did you mean 'chat.request'"),
        (("translate", "chat.request", "--from", "opena"), "did you mean 'openai'"),
        (("translate", "chat.request", *MODEL, "--to", "gemin"), "did you mean 'gemini'"),
        (("translate", "chat.request", *MODEL, "--profile", "nobody"), "there is no profile 'nobody'"),
        (("translate", "chat.request", *MODEL, "--rules", "99"), "there is no version '99'"),
        (("translate", "chat.request", *MODEL, "--overlay", "nowhere"), "nowhere"),
        (("translate", "chat.request", *MODEL, "nowhere.json"), "nowhere.json: No such file"),
        (("translate", "chat.request"), "--from"),
        (("translate",), "OPERATION.PHASE"),
        (("transalte",), "did you mean 'translate'"),
        (("diff", "1", "2"), "there is no version, profile or overlay '2'"),
        (("diff", "1", "1", "--family", "gemini-3-por"), "did you mean 'gemini-3-pro'"),
        (("docs",), "--out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage(arguments, said):
    done = run(*arguments, given=document())
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_refusal_names_place_and_rule():
    done = run("translate", "chat.request", *MODEL, given=document(stop=["."] * 6))
    assert done.exit_code == 1
    assert "/stop: Gemini takes at most 5 stop sequences" in done.stderr
    assert "chat.request.stop-many rules/1/chat/request.yaml:" in done.stderr


def test_a_reader_who_leaves_early_is_no_error(tmp_path):
    path = tmp_path / "long.json"
    path.write_text(document(user="x").replace("Hi", "x" * 3_000_000))
    command = f"{sys.executable} -m isogloss translate chat.request {' '.join(MODEL)} {path} | head -c 1"
    known = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False, env=known)
    assert done.stdout == b"{"
    assert b"Traceback" not in done.stderr
    assert b"Broken pipe" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said():
    command = f"{sys.executable} -m isogloss demo --documents > /dev/full"
    known = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False, env=known)
    assert done.returncode == 1
    assert b"error: [Errno 28]" in done.stderr
    assert b"Traceback" not in done.stderr


# --- explain, demo ---


def test_explain_names_both_places_and_the_rule():
    done = run("explain", "chat.request", *MODEL, REQUEST)
    assert done.exit_code == 0
    for said in ("/max_completion_tokens", "/generationConfig/maxOutputTokens", "chat.request.max_completion_tokens"):
        assert said in done.stdout
    assert "clamped" in done.stdout


def test_explain_puts_the_account_in_the_order_of_the_document():
    done = run("explain", "chat.request", *MODEL, given=document(top_p=0.5, seed=7))
    places = [done.stdout.index(place) for place in ("/messages/0/role", "/messages/0/content", "/top_p", "/seed")]
    assert places == sorted(places)


def test_the_demo_is_a_conversation(monkeypatch):
    """An official client, the gateway, and the offline API behind it; keys in the environment are left alone."""
    pytest.importorskip("openai")
    monkeypatch.setenv("GEMINI_API_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    done = start("demo")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    for said in ("Turn 1: the client sends", "Turn 2: the client adds", "parametersJsonSchema", "functionResponse"):
        assert said in text
    for line in ('get_weather {"city": "Vienna"}  thought_signature ', 'get_weather {"city": "Linz"}', "tool_calls\n"):
        assert line in text
    assert text.index("functionResponse") < text.index("│hat I foun")
    for kind in ("dropped     /logit_bias", "clamped     /reasoning_effort", "defaulted   →"):
        assert text.count(kind) == 1
    assert "secret" not in text
    assert "\x1b[" not in text
    assert done.stderr == b""


@pytest.mark.parametrize("missing", ["openai", "uvicorn"])
def test_the_demo_says_what_to_install(monkeypatch, missing):
    for name in [
        name for name in sys.modules if name.startswith(("isogloss.sdk", "isogloss.emulator", "isogloss.gateway"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    done = run("demo")
    assert done.exit_code == 1
    assert f"{missing} is not installed; install it with: pip install 'isogloss[demo]'" in done.stderr
    assert "isogloss demo --documents" in done.stderr


def test_the_demo_of_documents_runs_alone():
    done = start("demo", "--documents")
    assert done.returncode == 0
    text = done.stdout.decode()
    for said in ("thoughtSignature", "mediaResolution", "thinkingLevel", "clamped", "reasoning_content"):
        assert said in text
    assert done.stderr == b""


def test_the_demo_tells_every_leaf_if_asked():
    assert "/generationConfig/maxOutputTokens" in run("demo", "--ledger").stdout


# --- check, show, diff ---


def test_check_shows_every_problem_with_its_line(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        'families:\n  mine: {extends: gemini-2.5-por, match: "mine"}\n'
        "actions:\n  - {at: /tables/x, remove: true, why: y}\n"
    )
    done = run("check", str(tmp_path))
    assert done.exit_code == 1
    assert f"{path}:2:19: there is no family 'gemini-2.5-por'; did you mean 'gemini-2.5-pro'" in done.stderr
    assert "/tables/x matches nothing" in done.stderr
    assert "^" in done.stderr


def test_show_says_where_each_fact_comes_from():
    done = run("show", "gemini-3-pro")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["ids", "true", "gemini-2.0"] in [line[:3] for line in lines]
    assert any(line[:2] == ["medium", "{thinkingLevel:"] for line in lines)
    assert "defaults" in done.stdout


def test_show_finds_a_models_family():
    assert run("show", "gemini/gemini-2.5-pro-preview-05-06").stdout.startswith("gemini-2.5-pro\n")
    assert run("show", "gpt-5-mini").stdout.startswith("openai-5\n")


def test_show_says_what_it_assumes():
    done = run("show", "gemini-3-por")
    assert "assumed: " in done.stdout
    assert "did you mean 'gemini-3-pro'" in done.stdout


def test_diff_shows_behaviour(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "actions:\n"
        "  - {at: /families/gemini-3-pro/tables/effort/medium/1/thinkingLevel, set: LOW, why: a test}\n"
        'families:\n  mine: {extends: gemini-3-pro, match: "gemini-77"}\n'
    )
    done = run("diff", "1", f"1+{tmp_path}", "--exit-code", "--family", "gemini-3-pro")
    assert done.exit_code == 1
    assert "{reasoning_effort: medium}" in done.stdout
    assert "- /generationConfig/thinkingConfig/thinkingLevel HIGH" in done.stdout
    assert "+ /generationConfig/thinkingConfig/thinkingLevel LOW" in done.stdout
    assert "model gemini-77: " in done.stdout


def test_a_ruleset_does_what_it_does():
    done = run("diff", "1", "1", "--exit-code")
    assert (done.exit_code, done.stdout) == (0, "no document differs\n")


# --- help ---


@pytest.mark.parametrize("command", ["", *program.commands])
def test_help_ends_with_examples(command):
    done = run(*command.split(), "--help")
    assert done.exit_code == 0
    assert "Examples:\n  # " in done.stdout


def test_the_version_names_the_rules():
    done = run("--version")
    assert done.stdout.startswith("isogloss 0.")
    assert "rules 1." in done.stdout


def test_no_colour_where_it_is_not_wanted():
    assert b"\x1b[" not in start("demo", "--documents", NO_COLOR="1", FORCE_COLOR="").stdout
