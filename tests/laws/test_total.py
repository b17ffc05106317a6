"""Law 1: whatever comes in, a translation or an IsoglossError comes out, and nothing else.

For any JSON value, any valid document with mistakes in it, any model's name. A DocumentError says where (a pointer
that leads to a value of the document, or to a name that is missing there) and which rule refuses (`limits` where it
is the size). What is deeper than the limit is refused, what is only long is not.
"""

import json

import isogloss
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from isogloss.pointer import parse_pointer
from isogloss.values import DEPTH_LIMIT
from laws import faith
from laws import strategies as draw
from laws.cases import NOW, OTHER, PHASES, SIDES, Case, cases, mangled, too_deep, translated


def outcome(case: Case) -> isogloss.Translation | isogloss.IsoglossError:
    """Translate; an IsoglossError is an outcome, anything else fails the law."""
    try:
        return translated(case)
    except isogloss.IsoglossError as error:
        return error


def check(case: Case) -> None:
    done = outcome(case)
    assert not too_deep(case.document) or isinstance(done, isogloss.DocumentError)
    if isinstance(done, isogloss.DocumentError):
        path = parse_pointer(done.pointer)
        assert done.rule
        assert done.reason
        assert 400 <= done.status < 500
        assert not path or faith.at(case.document, path[:-1]) is not faith.NOWHERE


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_any_value_is_translated_or_refused(phase, source, data):
    case = data.draw(mangled(phase, source))
    check(case)
    event(f"{phase} from {source}: {type(outcome(case)).__name__}")


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_what_is_translated_is_json(phase, source, data):
    done = outcome(data.draw(mangled(phase, source) | cases(phase, source)))
    if isinstance(done, isogloss.Translation):
        json.dumps(done.body)
        assert all(isinstance(loss, isogloss.Loss) and str(loss) for loss in done.losses)


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(model=st.text() | st.none())
def test_any_name_is_some_model(phase, source, model):
    check(Case(phase, source, {}, model))


def nested(levels: int, shape: str) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value] if shape == "list" else {shape: value}
    return value


@pytest.mark.parametrize("shape", ["list", "properties", "anything"])
@pytest.mark.parametrize(("phase", "source"), SIDES)
def test_what_is_too_deep_is_refused(phase, source, shape):
    for document in (nested(DEPTH_LIMIT + 1, shape), nested(5000, shape)):
        done = outcome(Case(phase, source, document, None))
        assert isinstance(done, isogloss.DocumentError)
        assert "deep" in done.reason


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemini-2.5-flash"])
@pytest.mark.parametrize(("levels", "outcomes"), [(50, isogloss.Translation), (95, object)])
def test_a_deep_schema_is_translated(model, levels, outcomes):
    """Halfway to the limit it is; nearer to it Python's own stack may end first, which is a DocumentError as well."""
    schema: dict[str, object] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"inner": schema}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    request = {"messages": [{"role": "user", "content": "x"}], "tools": tools}
    assert isinstance(outcome(Case("chat.request", "openai", request, model)), outcomes)


LONG = {
    "messages": [{"role": "user", "content": "x"}] * 5000,
    "contents": [{"role": "user", "parts": [{"text": "x"}]}] * 5000,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}] * 2000,
    "candidates": [{"content": {"parts": [{"text": "x"}] * 10}, "finishReason": "STOP"}] * 500,
}


@pytest.mark.parametrize("source", OTHER)
@pytest.mark.parametrize("phase", PHASES[:2])
def test_what_is_only_long_is_translated(phase, source):
    done = outcome(Case(phase, source, LONG, "gemini-2.5-flash" if source == "openai" else "gpt-4o"))
    assert isinstance(done, isogloss.Translation)


@pytest.mark.parametrize(("phase", "source"), SIDES)
def test_halves_of_letters_are_text(phase, source):
    half = "\ud800"
    message = {"role": "user", "content": half, half: half}
    call = {"id": half, "type": "function", "function": {"name": half, "arguments": json.dumps({half: half})}}
    document = {
        "id": half,
        "messages": [message, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": half}],
        "contents": [{"parts": [{"text": half, half: half}]}],
        "choices": [{"message": {"content": half, "tool_calls": [call]}, "finish_reason": half}],
        "candidates": [{"content": {"parts": [{"text": half}, {"functionCall": {"name": half}}]}}],
        "body": {"error": {"message": half}},
        "status": 400,
        half: half,
    }
    check(Case(phase, source, document, half))


@given(document=draw.any_json(), phase=st.sampled_from(PHASES), source=st.sampled_from(sorted(OTHER)))
def test_an_exchange_is_total_too(document, phase, source):
    gloss = isogloss.Translator(source, OTHER[source], ids=lambda: "f00d", clock=lambda: NOW)
    try:
        exchange = gloss.exchange("chat", {} if phase != "chat.request" else document, model="m")
        exchange.response(document) if phase == "chat.response" else exchange.error(400, document)
    except isogloss.IsoglossError as error:
        event(type(error).__name__)
