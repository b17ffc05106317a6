"""isogloss inside other programs: a budget for what strangers send, and rules of their own for each tenant."""

import gc
import json
import subprocess
import sys
import weakref

import isogloss
import pytest
from isogloss import library

HELLO = {"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "Hello"}]}


def exchange(body, **options):
    return isogloss.Translator("openai", "gemini", **options).exchange("chat", body)


@pytest.mark.parametrize("schema", [{"type": "lst"}, {"pattern": "("}, {"required": "a"}])
def test_a_schema_to_enforce_is_looked_at_before_anything_is_asked(schema):
    form = {"type": "json_object", "response_schema": schema, "enforce_validation": True}
    with pytest.raises(isogloss.DocumentError, match="the schema to enforce"):
        exchange({**HELLO, "response_format": form})
    assert exchange({**HELLO, "response_format": form}, enforce=False)


def nested(depth):
    return {"type": "object", "properties": {"a": nested(depth - 1)}} if depth else {"type": "string"}


OWED = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
LIST = {"candidates": [{"content": {"parts": [{"text": "[1]"}]}, "finishReason": "STOP"}]}


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "a-model-that-no-family-knows"])
@pytest.mark.parametrize("limits", [{}, {"depth": 50}])
def test_a_reply_is_held_against_its_schema_whoever_translates_the_request(model, limits):
    form = {"type": "json_object", "response_schema": OWED, "enforce_validation": True}
    gloss = isogloss.Translator("openai", "gemini", limits=limits)
    for odd in ({}, {"user": nested(20)}, {}):  # by code, or by the interpreter
        asked = gloss.exchange("chat", {**HELLO, "response_format": form, **odd}, model=model)
        assert asked.demand() is not None
        with pytest.raises(isogloss.ValidationError):
            asked.response(LIST)


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "a-model-that-no-family-knows"])
def test_an_error_names_the_callers_place_whoever_translates_the_request(model):
    details = [
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "contents[0].parts"}]}
    ]
    error = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no", "details": details}}
    gloss = isogloss.Translator("openai", "gemini")
    for odd in ({}, {"metadata": nested(80)}, {}):
        assert (
            gloss.exchange("chat", {**HELLO, **odd}, model=model).error(400, error).body["error"]["param"] == "messages"
        )


def test_the_clock_is_asked_in_what_is_left_to_the_interpreter():
    gloss = isogloss.Translator("openai", "gemini", clock=lambda: 1_700_000_000)
    for _ in range(3):
        made = gloss.exchange("files.create", {"purpose": "user_data", "file": {"filename": "a.txt"}})
        assert made.response({"file": {"name": "files/a"}}).body["created_at"] == 1_700_000_000


@pytest.mark.parametrize("odd", [{}, {"user": nested(80)}])
def test_what_becomes_of_a_document_does_not_reach_its_account(odd):
    gloss = isogloss.Translator("openai", "gemini", trace=True)
    for _ in range(3):
        body = {**HELLO, **odd, "stop": ["a"]}
        done = gloss.exchange("chat", body).request
        body["stop"].clear()
        done.body["generationConfig"]["stopSequences"].clear()
        told = next(step for step in done.ledger if step.pointer == "/stop")
        assert (told.value, told.target_value) == (["a"], ["a"])


# ------------------------------------------------------------------------------------------------ a budget


def with_schema(depth):
    function = {"name": "f", "parameters": nested(depth)}
    return {**HELLO, "tools": [{"type": "function", "function": function}]}


@pytest.mark.parametrize("times", [1, 3])  # by the interpreter first, by generated code then
@pytest.mark.parametrize(
    ("limits", "fits", "too_much", "status"),
    [
        ({"depth": 30}, with_schema(5), with_schema(20), 400),
        ({"nodes": 50}, HELLO, {**HELLO, "messages": HELLO["messages"] * 20}, 413),
        ({"bytes": 100}, HELLO, {**HELLO, "messages": [{"role": "user", "content": "x" * 100}]}, 413),
        ({"bytes": 100}, HELLO, {**HELLO, "messages": [{"role": "user", "content": "€" * 20}]}, 413),
        ({"bytes": 100}, HELLO, {**HELLO, "metadata": {"x" * 100: 1}}, 413),
        ({"bytes": 100}, HELLO, {**HELLO, "user": "\ud83d" * 40}, 413),
    ],
)
def test_budgets(limits, fits, too_much, status, times):
    for _ in range(times):
        assert exchange(fits, limits=limits).calls[0].body["contents"]
        with pytest.raises(isogloss.DocumentError) as refused:
            exchange(too_much, limits=limits)
        assert (refused.value.status, refused.value.rule) == (status, "limits")


@pytest.mark.parametrize("most", ["a", -1, 0, 1.5, True, None])
@pytest.mark.parametrize("name", ["depth", "nodes", "bytes", "held"])
def test_budgets_are_numbers(name, most):
    with pytest.raises(ValueError, match=f"the limit {name} is a number from 1"):
        isogloss.Translator("openai", "gemini", limits={name: most})


def test_a_budget_is_exact():
    size = sum(map(len, ("model", "gemini-2.5-flash", "messages", "role", "user", "content", "Hello")))
    assert exchange(HELLO, limits={"bytes": size})
    with pytest.raises(isogloss.DocumentError, match="more text"):
        exchange(HELLO, limits={"bytes": size - 1})


def test_a_budget_holds_for_every_piece_of_a_stream():
    def piece(text):
        return {"candidates": [{"content": {"parts": [{"text": text}]}, "index": 0}], "responseId": "r1"}

    for _ in range(3):  # pieces of one shape are told by stencils after a while
        stream = exchange({**HELLO, "stream": True}, limits={"bytes": 500}).stream()
        assert all(stream.feed(piece("a"))[0]["choices"] for _ in range(20))
        (failed,) = stream.feed(piece("a" * 1000))
        assert "more text than the limit allows" in json.dumps(failed["error"])
        assert stream.ended


def test_wrong_limits_are_named():
    with pytest.raises(isogloss.UnknownName, match="byts"):
        isogloss.Translator("openai", "gemini", limits={"byts": 1})


# ------------------------------------------------------------------------------------------------ tenants


def overlay(folder, number):
    path = folder / f"{number}.yaml"
    path.write_text(
        f"""
families:
  gemini-9-neon:
    extends: gemini-3-pro
    match: "gemini-9-neon(?:-.*)?"
    generation: 9.0
    tables:
      effort:
        - [low, {{thinkingLevel: LOW, includeThoughts: true}}, {{reason: "tenant {number}"}}]
        - [high, {{thinkingLevel: LOW, includeThoughts: true}}, clamp, {{reason: "tenant {number}"}}]
"""
    )
    return str(path)


def test_each_tenant_has_rules_of_its_own(tmp_path):
    asked = {**HELLO, "model": "gemini-9-neon", "reasoning_effort": "high"}
    tenants = [isogloss.Translator("openai", "gemini", overlays=[overlay(tmp_path, n)]) for n in range(3)]
    losses = [gloss.exchange("chat", asked).losses for gloss in (*tenants, *tenants)]
    clamped = [[loss.reason for loss in told if loss.kind == "clamped"] for told in losses]
    assert clamped == [[f"tenant {n}"] for n in (0, 1, 2, 0, 1, 2)]
    (assumed,) = {loss.kind for loss in exchange({**HELLO, "model": "gemini-9-neon"}).losses}
    assert assumed == "assumed"


def test_a_translator_of_known_rules_loads_nothing(tmp_path, monkeypatch):
    path = overlay(tmp_path, 0)
    first = isogloss.Translator("openai", "gemini", overlays=[path])
    monkeypatch.setattr(library.cache, "ruleset", None)
    assert isogloss.Translator("openai", "gemini", overlays=[path]).ruleset is first.ruleset


def made_of(folder, monkeypatch, *, most):
    """Translate by five rulesets in turn where so many are remembered; return which are still there."""
    monkeypatch.setattr(library, "ruleset", library.ruleset.__wrapped__)
    monkeypatch.setattr(library, "_MOST", most)
    monkeypatch.setattr(library, "_MADE", {})
    rules = []
    for number in range(5):
        gloss = isogloss.Translator("openai", "gemini", overlays=[overlay(folder, number)])
        assert gloss.exchange("chat", HELLO).calls
        rules.append(weakref.ref(gloss.ruleset))
        del gloss
    gc.collect()
    return [one() is not None for one in rules]


def test_rules_that_nobody_uses_any_more_are_forgotten(tmp_path, monkeypatch):
    assert made_of(tmp_path, monkeypatch, most=2) == [False, False, False, True, True]


def test_rules_are_remembered(tmp_path, monkeypatch):
    assert made_of(tmp_path, monkeypatch, most=8) == [True] * 5


LAST = """
import functools, threading, isogloss

def last():
    threading.main_thread().join()
    schema = functools.reduce(lambda inner, _: {"type": "object", "properties": {"a": inner}}, range(40), {})
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    body = {"messages": [{"role": "user", "content": "x"}], "tools": [tool]}
    gloss = isogloss.Translator("openai", "gemini", trace=True)
    print(len(gloss.exchange("chat", body, model="gemini-1.5-flash").request.ledger) > 40)

threading.Thread(target=last).start()
"""


def test_deep_documents_are_translated_while_python_ends():
    """Where it goes on in another thread, and no more of a pool's may be had."""
    done = subprocess.run([sys.executable, "-c", LAST], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True\n"
