"""Law 8 for the compiler: generated code does what the interpreter does, or leaves the document to it."""

import copy
import functools
import json
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from unittest.mock import patch

import isogloss
import pytest
from hypothesis import given
from hypothesis import strategies as st
from isogloss import compiler, generated, library, shapes
from isogloss.limits import LIMITS
from isogloss.memory import Memory
from isogloss.running import fast, slow
from laws import strategies
from laws.cases import MODELS as GOOGLES
from laws.cases import OPENAI_MODELS, OTHERS, containers, named

RULES = library.ruleset()
CASES = Path(__file__).parents[2] / "tools" / "bench_cases"
GOOGLE = [
    "gemini-1.0-pro",
    "gemini-1.5-flash",
    "gemini-2.0-flash",
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemma-3-27b-it",
]
GOOGLE += [
    "gemini-3-pro-preview",
    "gemini-3-flash",
    "gemini-3.6-flash",
    "gemini-2.5-flash-image",
    "gemini-2.5-flash-preview-tts",
]
OPENAI = ["gpt-4.1", "gpt-5", "o3-mini", "deepseek-chat"]
AFTER = Counter()
#: How often a shape comes before it has code of its own: so often that only general code runs, or once.
NEVER, AT_ONCE = 1_000_000, 1


class Now:
    """A translator's options, standing still."""

    defaults = True
    on_loss = "report"
    trace = False
    limits = LIMITS
    clock = None


def lens_of(phase, reader, models):
    writer = "gemini" if reader == "openai" else "openai"
    matches = {dialect: library.family(RULES, dialect, model) for dialect, model in models.items()}
    return library.lens(RULES, phase if "." in phase else f"chat.{phase}", reader, writer, matches)


def memory(phase, document):
    made = Memory({"model": "the-model", "now": 1_700_000_000})
    if phase.endswith("response") and isinstance(document, dict):
        found = document.get("id", document.get("responseId"))
        made.seed = found if isinstance(found, str) else "made-up"
        made.set("seed", made.seed)
    return made


def outcome(work):
    try:
        done = work()
    except isogloss.IsoglossError as error:
        return type(error), str(error)
    return done


@cache
def code_of(lens, often):
    """A lens as code; how often a shape comes before it has code of its own is only a word to keep two of them."""
    del often
    return compiler.compile_lens(lens)


def by_code(lens, document, phase, often):
    """What generated code gives, or None where it leaves the document to the interpreter."""
    try:
        with patch.object(shapes, "OFTEN", often), patch.object(shapes, "MOST", 1_000_000):
            body, notes = code_of(lens, often)(document, memory(phase, document).values, True, None)
        return body, generated.conclude(notes, document)
    except Exception:  # noqa: BLE001 - as the translator does
        return None


def by_hand(lens, document, phase):
    done = outcome(lambda: slow(lens, document, memory(phase, document), Now(), ()))
    return done if isinstance(done, tuple) else (done.body, done.losses)


def held(phase, reader, models, document):
    """Hold the law for one document; says whether generated code did it."""
    lens = lens_of(phase, reader, models)
    before = copy.deepcopy(document)
    done = [by_code(lens, document, phase, often) for often in (NEVER, AT_ONCE)]
    AFTER[phase, reader, done[0] is not None] += 1
    assert document == before
    for found in done:
        if found is not None:
            assert found == by_hand(lens, document, phase)
            assert json.dumps(found[0]) is not None
    return None not in done


def enveloped(reply):
    """An error with its envelope, as error documents are read."""
    status, body = reply
    return {"status": status, "headers": {}, "body": body}


MODELS = st.fixed_dictionaries({"openai": st.sampled_from(OPENAI), "gemini": st.sampled_from(GOOGLE)})
DRAWN = {
    ("request", "openai"): strategies.openai_request(),
    ("request", "gemini"): strategies.gemini_request(),
    ("response", "openai"): strategies.openai_response(),
    ("response", "gemini"): strategies.gemini_response(),
    ("error", "openai"): strategies.openai_errors().map(enveloped),
    ("error", "gemini"): strategies.gemini_errors().map(enveloped),
}


@pytest.mark.parametrize(("phase", "reader"), DRAWN)
@given(st.data())
def test_code_is_the_interpreter(phase, reader, data):
    held(phase, reader, data.draw(MODELS), data.draw(DRAWN[phase, reader]))


@pytest.mark.parametrize(("phase", "reader"), DRAWN)
@given(st.data())
def test_code_is_the_interpreter_for_what_is_wrong(phase, reader, data):
    held(phase, reader, data.draw(MODELS), data.draw(strategies.mutated(DRAWN[phase, reader])))


@pytest.mark.parametrize(("phase", "reader"), OTHERS)
@given(st.data())
def test_code_is_the_interpreter_beside_chat(phase, reader, data):
    drawn = OTHERS[phase, reader]
    known = {"gemini": named(GOOGLES, phase) or GOOGLE, "openai": named(OPENAI_MODELS, phase) or OPENAI}
    models = {dialect: data.draw(st.sampled_from(names)) for dialect, names in known.items()}
    held(phase, reader, models, data.draw(drawn | strategies.mutated(drawn)))


def places(value, path=()):
    """Every place below the top, with what stands there."""
    for step, member in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, step), member
        if isinstance(member, dict | list):
            yield from places(member, (*path, step))


def changed_at(document, place, change):
    """A copy of a document in which something else stands at a place."""
    made = copy.deepcopy(document)
    *path, last = place
    around = functools.reduce(lambda value, step: value[step], path, made)
    around[last] = change(around[last])
    return made


WRAPPED = {"list": lambda inner: [inner], "object": lambda inner: {"a": inner}}
NESTED = {kind: functools.reduce(lambda inner, _: wrap(inner), range(250), "x") for kind, wrap in WRAPPED.items()}


@pytest.mark.parametrize(("phase", "reader"), [*DRAWN, *OTHERS])
@given(st.data())
def test_what_is_nested_too_deep_is_refused_wherever_it_stands(phase, reader, data):
    google, openai = named(GOOGLES, phase) or GOOGLE, named(OPENAI_MODELS, phase) or OPENAI
    models = {"openai": data.draw(st.sampled_from(openai)), "gemini": data.draw(st.sampled_from(google))}
    drawn = {**DRAWN, **OTHERS}[phase, reader]
    document = data.draw(drawn.filter(lambda one: isinstance(one, dict) and one))
    place = data.draw(st.sampled_from([place for place, _ in places(document)]))
    kind = data.draw(st.sampled_from(sorted(NESTED)))
    changed = changed_at(document, place, lambda _: NESTED[kind])
    lens = lens_of(phase, reader, models)
    found = by_code(lens, changed, phase, AT_ONCE)
    assert found is None or found == by_hand(lens, changed, phase)


EMBEDDED = {
    ("embeddings.request", "openai"): {"model": "m", "input": ["a", "b"], "dimensions": 64, "encoding_format": "float"},
    ("embeddings.response", "gemini"): {
        "embeddings": [{"values": [0.5, 1]}, {"values": [1, 0.5]}],
        "usageMetadata": {"promptTokenCount": 2, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}]},
    },
}


@pytest.mark.parametrize("model", ["gemini-embedding-001", "gemini-embedding-2"])
@pytest.mark.parametrize(("phase", "reader"), EMBEDDED)
def test_ordinary_embeddings_are_done_by_code(phase, reader, model):
    models = {"gemini": model, "openai": "text-embedding-3-small"}
    assert held(phase, reader, models, EMBEDDED[phase, reader])


@pytest.mark.parametrize(
    ("ended", "arguments", "by_code"),
    [
        ("length", '{"x": 1}', True),
        ("length", '{"x": ', False),
        ("length", "", False),
        ("tool_calls", '{"x": 1}', True),
        ("tool_calls", "", True),
    ],
)
def test_only_calls_that_were_cut_off_are_left_to_the_interpreter(ended, arguments, by_code):
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    message = {"role": "assistant", "content": "x", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": ended}
    reply = {"id": "r", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    models = {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"}
    assert held("response", "openai", models, reply) is by_code


_CAT = "data:image/png;base64,iVBORw0KGgo="
EDITED = [
    {"images": [{"image_url": _CAT}, {"image_url": "https://example.com/cat.png"}, {"file_id": "files/abc"}]},
    {"images": [{"image_url": _CAT, "file_id": None}]},
    {"image": [_CAT, _CAT]},
    {"image": _CAT},
]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("document", EDITED)
def test_ordinary_edits_of_images_are_done_by_code(document, first):
    """In any order of names: what is said in every item of a list waits until the list is there."""
    said = {"model": "m", "prompt": "a hat"}
    document = {**said, **document} if first else {**document, **said}
    assert held("images.edit.request", "openai", {"openai": "m", "gemini": "gemini-3.1-flash-image"}, document)


UNUSUAL = [
    {"images": [{"image_url": _CAT, "colour": "red"}]},
    {"images": [{"image_url": "data:image/png;base64"}]},
    {"images": [{"image_url": ""}, {"image_url": "cat.png"}, {"file_id": "file-abc"}, {"file_id": 3}, {}]},
    {"images": [{"file_id": "files/abc", "image_url": _CAT}, {"image_url": {"url": _CAT}}, None, 3, [_CAT], True]},
    {"images": []},
]


@pytest.mark.parametrize("document", [*UNUSUAL, *({"images": [item]} for one in UNUSUAL for item in one["images"])])
def test_unusual_edits_of_images_are_what_the_interpreter_says(document):
    models = {"openai": "m", "gemini": "gemini-3.1-flash-image"}
    held("images.edit.request", "openai", models, {"model": "m", "prompt": "a hat", **document})


ORDINARY = [
    ("request", "openai", "a_request"),
    ("request", "openai", "b_request"),
    ("request", "openai", "c_request"),
    ("request", "gemini", "a_gemini"),
    ("request", "gemini", "b_gemini"),
    ("request", "gemini", "c_gemini"),
    ("response", "gemini", "d_response"),
    ("response", "gemini", "d_response_small"),
    ("response", "openai", "d_openai"),
    ("response", "openai", "d0_openai"),
]


@pytest.mark.parametrize("model", ["gemini-1.5-flash", "gemini-2.5-flash"])
@pytest.mark.parametrize(("phase", "reader", "file"), ORDINARY)
def test_ordinary_documents_are_done_by_code(phase, reader, file, model):
    document = json.loads((CASES / f"{file}.json").read_bytes())
    assert held(phase, reader, {"openai": "gpt-4.1", "gemini": model}, document)


BLANK = [lambda _: {}, dict.fromkeys, lambda value: {**dict.fromkeys(value), "unknown": None}]


@pytest.mark.parametrize(("phase", "reader", "file"), ORDINARY)
@pytest.mark.parametrize("blank", BLANK)
def test_objects_that_say_nothing_are_what_the_interpreter_says(phase, reader, file, blank):
    document = json.loads((CASES / f"{file}.json").read_bytes())
    lens = lens_of(phase, reader, {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"})
    for place in [place for place, value in places(document) if isinstance(value, dict) and len(place) < 8]:
        changed = changed_at(document, place, blank)
        found = by_code(lens, changed, phase, AT_ONCE)
        assert found is None or found == by_hand(lens, changed, phase)


def test_code_loses_no_name_of_what_is_hoisted_silently():
    document = {"contents": [{"parts": [{"text": "x"}]}], "systemInstruction": {"text": "x"}}
    held("request", "gemini", {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"}, document)


DEEP = functools.reduce(lambda inner, _: {"a": inner}, range(250), 1)
DEEPEST = {
    ("request", "openai"): [{name: DEEP} for name in ("prediction", "user", "metadata", "logit_bias", "tool_choice")]
    + [{"stop": [DEEP]}, {"stream_options": DEEP}, {"thinking": {"type": "enabled", "budget_tokens": DEEP}}],
    ("request", "gemini"): [
        {"systemInstruction": {"parts": [{"text": "x"}], "role": DEEP}},
        {"contents": [{"parts": [{"text": DEEP}]}]},
    ],
    ("response", "openai"): [{"created": DEEP}],
    ("response", "gemini"): [
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": DEEP}}]}}]},
        {"promptFeedback": DEEP},
    ],
}
WHOLE = {
    ("request", "openai"): {"messages": [{"role": "user", "content": "x"}]},
    ("request", "gemini"): {"contents": [{"parts": [{"text": "x"}]}]},
    ("response", "openai"): {"choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]},
    ("response", "gemini"): {"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]},
}


@pytest.mark.parametrize(("way", "more"), [(way, more) for way, found in DEEPEST.items() for more in found])
def test_what_is_nested_too_deep_is_left_to_the_interpreter(way, more):
    lens = lens_of(*way, {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"})
    for often in (NEVER, AT_ONCE):
        assert by_code(lens, {**WHOLE[way], **more}, way[0], often) is None
    assert by_code(lens, WHOLE[way], way[0], NEVER) is not None


WRAPS = {
    "member": lambda inner: {"type": "object", "properties": {"a": inner}},
    "item": lambda inner: {"type": "array", "items": inner},
    "either": lambda inner: {"anyOf": [inner, {"type": "string"}]},
}
DECLARED = {
    "openai": (
        {"openai": "gpt-4.1", "gemini": "gemini-1.5-flash"},
        lambda schema: {"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]},
    ),
    "gemini": (
        {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"},
        lambda schema: {"tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]},
    ),
}


@pytest.mark.parametrize("reader", DECLARED)
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(("depth", "fits"), [(3, True), (30, True), (250, False)])
def test_schemas_of_any_depth_are_what_the_interpreter_says_however_often_they_come(reader, wrap, depth, fits):
    models, declared = DECLARED[reader]
    lens = lens_of("request", reader, models)
    schema = functools.reduce(lambda inner, _: WRAPS[wrap](inner), range(depth), {"type": "string"})
    document = {
        **WHOLE["request", reader],
        **declared({"type": "object", "properties": {f"{wrap}{depth}": schema}}),
    }
    wanted = by_hand(lens, document, "request")
    assert (wanted[0] is isogloss.DocumentError) is not fits
    for _ in range(6):  # new, met, known, and built by code of its own
        for often in (NEVER, AT_ONCE):
            found = by_code(lens, document, "request", often)
            assert found == (wanted if fits else None)


@pytest.mark.parametrize("reader", DECLARED)
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("depth", [30, 70, 90])
def test_how_deep_a_document_is_does_not_tell_who_translates_it(reader, wrap, depth):
    """The interpreter goes as deep as code does: for the first document of a lens, and for the ledger of any."""
    models, declared = DECLARED[reader]
    lens = lens_of("request", reader, models)
    schema = functools.reduce(lambda inner, _: WRAPS[wrap](inner), range(depth), {"type": "string"})
    document = {**WHOLE["request", reader], **declared({"type": "object", "properties": {"a": schema}})}
    lens.ran = True
    done = fast(lens, document, memory("request", document).values, Traced())
    wanted = slow(lens, document, memory("request", document), Traced(), ())
    assert done is None or (done.body, done.losses, done.ledger) == (wanted.body, wanted.losses, wanted.ledger)


@pytest.mark.parametrize("reader", DECLARED)
@pytest.mark.parametrize("name", ["enum", "required", "description", "default", "example", "title", "minItems", "x"])
@pytest.mark.parametrize("held_in", [lambda deep: deep, lambda deep: [deep], lambda deep: ["a", deep]])
def test_what_a_new_schema_hands_on_is_not_nested_too_deep(reader, name, held_in):
    models, declared = DECLARED[reader]
    lens = lens_of("request", reader, models)
    for number in range(3):
        node = {"type": "string", name: held_in(DEEP)}
        schema = {"type": "object", "properties": {f"{name}{number}{id(held_in)}": node}}
        document = {**WHOLE["request", reader], **declared(schema)}
        assert [by_code(lens, document, "request", often) for often in (NEVER, AT_ONCE)] == [None, None]


@pytest.mark.parametrize("reader", DECLARED)
def test_a_schema_of_many_objects_is_looked_at_for_its_depth(reader):
    models, declared = DECLARED[reader]
    lens = lens_of("request", reader, models)
    members = {f"wide{number}": {"type": "object", "properties": {"a": {"type": "string"}}} for number in range(300)}
    document = {**WHOLE["request", reader], **declared({"type": "object", "properties": members})}
    for often in (NEVER, AT_ONCE):
        assert by_code(lens, document, "request", often) == by_hand(lens, document, "request")


NODES = [
    {"type": ["string", "null"]},
    {"type": "string", "description": None},
    {"type": 5},
    {"type": "string", "description": ["x"]},
    {"type": "string", "enum": ["a", None]},
    {"type": "string", "enum": ["a", 1]},
    {"type": "string", "enum": "a"},
    {"description": "what", "type": "string"},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": {"a": 1}},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": [["a"]]},
    "string",
    None,
    [],
]


@pytest.mark.parametrize("reader", DECLARED)
@pytest.mark.parametrize("node", NODES)
def test_odd_nodes_among_usual_ones_are_what_the_interpreter_says(reader, node):
    models, declared = DECLARED[reader]
    usual = {"type": "string", "description": "what"}
    for place in ({"odd": node, "usual": usual}, {"usual": usual, "more": usual, "odd": node}):
        schema = {"type": "object", "properties": place, "required": ["usual"]}
        held("request", reader, models, {**WHOLE["request", reader], **declared(schema)})


@pytest.mark.parametrize("first", [None, [], {}, [None]])
@pytest.mark.parametrize(
    ("reader", "tools"),
    [
        ("gemini", [{"googleSearch": {}}]),
        ("gemini", [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f"}]}]),
        ("openai", [{"type": "web_search"}]),
        ("openai", [{"google_search": {}}]),
    ],
)
def test_what_stood_first_in_a_place_does_not_tell_what_may_stand_there(first, reader, tools):
    models = {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"}
    lens = lens_of("request", reader, models)
    work = compiler.compile_lens(lens)  # code of its own, that has seen nothing
    documents = [{**WHOLE["request", reader], "tools": value} for value in (first, tools)]
    with patch.object(shapes, "OFTEN", AT_ONCE):
        for document in documents:
            found = None
            with suppress(Exception):  # it is the interpreter's
                body, notes = work(document, memory("request", document).values, True, None)
                found = body, generated.conclude(notes, document)
            assert found is None or found == by_hand(lens, document, "request")


SAID = [{"role": "user", "content": "x"}]
CALL = {"name": "f", "arguments": "{}"}
CALLED = [
    *SAID,
    {"role": "assistant", "function_call": CALL},
    {"role": "function", "name": "f", "content": "1"},
    {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": CALL}]},
    {"role": "tool", "tool_call_id": "c", "content": "1"},
]
ANSWER = {"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}
ODD = [
    ("request", "gemini", {**WHOLE["request", "gemini"], "generationConfig": {"responseJsonSchema": {}}}),
    ("response", "openai", {"choices": [{**ANSWER, "provider_specific_fields": {"unit": 1}}]}),
    (
        "response",
        "openai",
        {"choices": [{**ANSWER, "provider_specific_fields": {"unit": 1, "native_finish_reason": None}}]},
    ),
    *(
        ("request", "openai", {"messages": SAID, name: None, "thinking": {"type": "enabled", "unit": 1}})
        for name in ("temperature", "logprobs")
    ),
    ("request", "openai", {"messages": SAID, **DECLARED["openai"][1]({"oneOf": [{"format": "a"}]})}),
    ("request", "openai", {"messages": CALLED}),
]


@pytest.mark.parametrize("model", ["gemini-1.5-flash", "gemini-2.5-flash", "gemini-3-pro-preview"])
@pytest.mark.parametrize(("phase", "reader", "document"), ODD)
def test_odd_documents_are_what_the_interpreter_says(phase, reader, document, model):
    held(phase, reader, {"openai": "gpt-4.1", "gemini": model}, document)


def test_losses_of_several_tools_are_told_tool_by_tool():
    models, _ = DECLARED["openai"]
    lens = lens_of("request", "openai", models)
    late = {"a": {"type": "string", "format": "uuid"}, "b": {"oneOf": [{"type": "string"}]}}
    early = {"c": {"description": "any"}, "d": {"type": "array"}}
    tools = [
        {"type": "function", "function": {"name": f"f{n}", "parameters": {"type": "object", "properties": properties}}}
        for n, properties in enumerate([late, early, late])
    ]
    document = {**WHOLE["request", "openai"], "tools": tools}
    wanted = by_hand(lens, document, "request")
    assert [loss.pointer.split("/")[2] for loss in wanted[1]] == ["0", "0", "1", "1", "2", "2"]
    assert by_code(lens, document, "request", AT_ONCE) == wanted


def test_losses_of_what_is_gathered_are_told_by_code():
    schema = {"type": "object", "properties": {"a": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}}
    tools = [{"type": "function", "function": {"name": name, "parameters": schema}} for name in "fg"]
    document = {"messages": [{"role": "user", "content": "x"}], "tools": tools}
    assert held("request", "openai", {"openai": "gpt-4.1", "gemini": "gemini-1.5-flash"}, document)


COUNTS = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


@pytest.mark.parametrize("left_out", COUNTS)
def test_counts_of_which_one_is_absent_are_done_by_code(left_out):
    candidate = {"content": {"role": "model", "parts": [{"text": "x"}]}, "finishReason": "STOP"}
    usage = {name: count for name, count in COUNTS.items() if name != left_out}
    usage["totalTokenCount"] = sum(count for name, count in usage.items() if name != "totalTokenCount")
    document = {"responseId": "r", "modelVersion": "m", "candidates": [candidate], "usageMetadata": usage}
    assert held("response", "gemini", {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"}, document)


@pytest.mark.parametrize("reader", ["openai", "gemini"])
def test_errors_are_done_by_code(reader):
    body = json.loads((CASES / f"error_{reader}.json").read_bytes())
    models = {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"}
    document = enveloped((400, body))
    held("error", reader, models, document)
    assert by_code(lens_of("error", reader, models), document, "error", AT_ONCE) is not None


class Traced(Now):
    """The same, with the ledger."""

    trace = True
    usual = True


@pytest.mark.parametrize(("phase", "reader"), DRAWN)
@given(st.data())
def test_the_ledger_of_code_is_the_interpreters(phase, reader, data):
    lens, document = lens_of(phase, reader, data.draw(MODELS)), data.draw(DRAWN[phase, reader])
    lens.ran = True  # it is worth compiling
    given_away = copy.deepcopy(document)
    done = fast(lens, given_away, memory(phase, document).values, Traced())
    if done is not None:
        for container in [*containers(given_away), *containers(done.body)]:
            container.clear()  # what becomes of a document and of its translation does not reach the account
        wanted = slow(lens, document, memory(phase, document), Traced(), ())
        assert done.losses == wanted.losses
        assert done.ledger == wanted.ledger
        assert done.ledger is done.ledger


@pytest.mark.parametrize(("phase", "reader", "file"), ORDINARY)
def test_ordinary_documents_are_traced_by_code(phase, reader, file):
    document = json.loads((CASES / f"{file}.json").read_bytes())
    lens = lens_of(phase, reader, {"openai": "gpt-4.1", "gemini": "gemini-2.5-flash"})
    lens.ran = True
    done = fast(lens, copy.deepcopy(document), memory(phase, document).values, Traced())
    assert done is not None
    assert done.ledger == slow(lens, document, memory(phase, document), Traced(), ()).ledger


def parsed(document):
    """A document as it comes from outside: none of its texts is one that came before."""
    return json.loads(json.dumps(document))


@pytest.mark.parametrize("reader", ["openai", "gemini"])
@given(st.data())
def test_what_comes_again_is_what_the_interpreter_says(reader, data):
    """Schemas and lists of tools are remembered: then they, and all that is said of them, are what they were."""
    lens = lens_of("request", reader, data.draw(MODELS))
    documents = data.draw(st.lists(DRAWN["request", reader].filter(lambda one: "tools" in one), min_size=1, max_size=2))
    wanted = [by_hand(lens, document, "request") for document in documents]
    for _ in range(7):
        for document, told in zip(documents, wanted, strict=True):
            found = by_code(lens, parsed(document), "request", AT_ONCE)
            assert found in (None, told)


LOST = {"openai": {"if": {}}, "gemini": {}}


@pytest.mark.parametrize("reader", DECLARED)
def test_tools_that_are_known_are_told_of_as_before(reader):
    """Losses name where they are, however often tools have come."""
    models, declared = DECLARED[reader]
    schema = {"type": "object", "properties": {"known": {"type": "string"}}, **LOST[reader]}
    document = {**WHOLE["request", reader], **declared(schema)}
    lens = lens_of("request", reader, models)
    for _ in range(8):
        found = by_code(lens, parsed(document), "request", AT_ONCE)
        assert found == by_hand(lens, document, "request")
        assert [loss.pointer for loss in found[1]] == [f"/tools/0/function/parameters/{word}" for word in LOST[reader]]


def test_tools_that_are_known_count_for_the_rules_that_ask_for_them():
    lens = lens_of("request", "openai", {"openai": "gpt-4.1", "gemini": "gemma-3-27b-it"})
    schema = {"type": "object", "properties": {"known": {"type": "string"}}}
    document = {**WHOLE["request", "openai"], **DECLARED["openai"][1](schema)}
    assert by_hand(lens, document, "request")[0] is isogloss.DocumentError  # it calls no functions
    for _ in range(8):
        assert by_code(lens, parsed(document), "request", AT_ONCE) is None


def test_what_is_too_large_is_refused_however_often_it_comes():
    """Objects that stand in many places are written down once, and count as often as they stand there."""
    models, declared = DECLARED["openai"]
    schema = {"type": "string", "description": "d"}
    for _ in range(18):
        schema = {"type": "object", "properties": {"a": schema, "b": schema}}
    document = {**WHOLE["request", "openai"], **declared(schema)}
    lens = lens_of("request", "openai", models)
    assert [by_code(lens, document, "request", AT_ONCE) for _ in range(3)] == [None] * 3


@pytest.mark.parametrize("spelled", [str.upper, str.lower])
def test_changing_a_result_changes_no_other(spelled):
    tool = {"name": "f", "parameters": {"type": spelled("object"), "properties": {"a": {"type": spelled("string")}}}}
    body = {"contents": [{"parts": [{"text": "x"}]}], "tools": [{"functionDeclarations": [tool]}]}
    gloss = isogloss.Translator("gemini", "openai")
    kept = copy.deepcopy(gloss.exchange("chat", copy.deepcopy(body), model="gpt-4.1").request.body)
    for _ in range(12):  # what comes again is remembered, then built by code of its own
        made = gloss.exchange("chat", copy.deepcopy(body), model="gpt-4.1").request.body
        assert made == kept
        made["tools"][0]["function"]["parameters"]["properties"]["a"]["type"] = "changed"


@pytest.mark.parametrize("reader", ["openai", "gemini"])
@pytest.mark.parametrize("phase", ["request", "response"])
def test_every_set_but_one_is_code(phase, reader):
    """A set that cannot be code takes a hundred times as long, and no translation shows it."""
    models = [{"openai": "gpt-4.1", "gemini": google} for google in GOOGLE]
    models += [{"openai": own, "gemini": "gemini-2.5-flash"} for own in ("gpt-4.1", "gpt-5", "o3", "llama")]
    for names in models:
        made = compiler.Compiler(lens_of(phase, reader, names))
        made.function()
        slow_ones = {name for (name, _), function in made.sets.items() if function in made.plain}
        assert slow_ones <= {"thinking-config"}, names
