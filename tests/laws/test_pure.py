"""Law 6: a translation is a function.

What is read is never changed. The same input gives the same output, also from several threads at once and with other
documents in between. What is done with a result, or with its containers, changes no later one.
"""

import contextlib
import copy
import json
from concurrent.futures import ThreadPoolExecutor

import isogloss
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws.cases import OTHER, SIDES, Case, cases, containers, mangled, translated


def said(case: Case) -> str:
    """All that comes out, as text; the names of an object have no order."""
    try:
        done = translated(case, trace=True)
    except isogloss.IsoglossError as error:
        return repr(error)
    return json.dumps(done.body, sort_keys=True) + repr(done.losses) + repr(done.ledger) + done.ruleset


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_the_input_is_never_changed(phase, source, data):
    case = data.draw(cases(phase, source) | mangled(phase, source))
    before = copy.deepcopy(case.document)
    said(case)
    assert case.document == before
    assert json.dumps(case.document) == json.dumps(before)


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_the_same_goes_in_and_the_same_comes_out(phase, source, data):
    case, other = data.draw(cases(phase, source)), data.draw(mangled(phase, source))
    first = said(case)
    said(other)
    assert said(case) == first
    assert said(Case(phase, source, copy.deepcopy(case.document), case.model)) == first


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_what_becomes_of_a_result_changes_no_later_one(phase, source, data):
    case = data.draw(cases(phase, source))
    first = said(case)
    try:
        done = translated(Case(phase, source, copy.deepcopy(case.document), case.model))
    except isogloss.IsoglossError:
        return
    for container in list(containers(done.body)):
        container.clear()
    assert said(case) == first


@pytest.mark.parametrize("source", OTHER)
@given(data=st.data())
def test_a_translator_serves_several_threads(source, data):
    drawn = data.draw(st.lists(cases("chat.request", source), min_size=2, max_size=4))
    alone = [said(case) for case in drawn]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(said, drawn * 3)) == alone * 3


def test_an_exchange_leaves_no_trace_in_the_next():
    gloss = isogloss.Translator("openai", "gemini", ids=lambda: "f00d", clock=lambda: 0)
    request = {"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "x"}]}
    reply = {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}, "finishReason": "STOP"}]}
    first = gloss.exchange("chat", request).response(reply).body
    gloss.exchange("chat", request | {"functions": [{"name": "f"}], "metadata": {"a": "b"}}).response(reply)
    assert gloss.exchange("chat", request).response(reply).body == first


TWICE = [
    {"responseJsonSchema": {"type": "object", "properties": {"b": {"type": "string"}}}},
    {"generationConfig": {"responseJsonSchema": {"type": "object", "properties": {"b": {"type": "string"}}}}},
]


@pytest.mark.parametrize("beside", TWICE)
def test_an_input_that_says_a_thing_twice_is_not_changed(beside):
    """What is laid over the caller's own is laid over a copy of it."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    body = {"messages": [{"role": "user", "content": "x"}], "response_format": asked, **copy.deepcopy(beside)}
    before = copy.deepcopy(body)
    with contextlib.suppress(isogloss.DocumentError):
        _ = isogloss.Translator("openai", "gemini").exchange("chat", body, model="gemini-2.5-flash").request
    assert body == before
