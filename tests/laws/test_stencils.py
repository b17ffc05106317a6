"""Law 8 for streams: with stencils and without, every event and every loss is the same."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import isogloss
import pytest
import suite
from hypothesis import given
from hypothesis import strategies as st
from laws import strategies as draw
from laws.cases import NOW
from laws.folding import cut_gemini, cut_openai

Object = dict[str, Any]
BENCH = Path(__file__).parents[2] / "tools" / "bench_cases"
TEXTS = st.text(max_size=8) | st.sampled_from(["", "a", "STOP", "model", "é\u2028😀", "x" * 70])


def gloss(source: str, **options: Any) -> isogloss.Translator:
    target = "gemini" if source == "openai" else "openai"
    return isogloss.Translator(source, target, ids=lambda: "f00d", clock=lambda: NOW, **options)


def told(
    translator: isogloss.Translator, pieces: list[Object], *, searches: bool = True
) -> tuple[list[Any], list[Any]]:
    """Every event of a stream, and every loss but for its place: a stencil reports where its first piece lost it."""
    if translator.source == "openai":
        options: Object = {
            "stream_options": {"include_usage": True},
            **({"web_search_options": {}} if searches else {}),
        }
        asked: Object = {"messages": [{"role": "user", "content": "x"}], **options}
        exchange = translator.exchange("chat", asked, model="gemini-2.5-flash", stream=True)
    else:
        tools = {"tools": [{"googleSearch": {}}]} if searches else {}
        asked = {"contents": [{"parts": [{"text": "x"}]}], **tools}
        exchange = translator.exchange("chat", asked, model="gpt-4.1", stream=True)
    stream, before = exchange.stream(), deepcopy(pieces)
    events = [stream.feed(piece) for piece in pieces] + [stream.close()]
    assert pieces == before
    return events, sorted((loss.kind, loss.rule, loss.reason) for loss in exchange.losses)


def retold(draws: st.DataObject, value: Any) -> Any:
    """The same shape with other texts."""
    if isinstance(value, dict):
        return {name: retold(draws, member) for name, member in value.items()}
    if isinstance(value, list):
        return [retold(draws, item) for item in value]
    return draws.draw(TEXTS) if isinstance(value, str) and draws.draw(st.booleans()) else value


def hold(source: str, pieces: list[Object], draws: st.DataObject) -> None:
    quick, slow = gloss(source), gloss(source, trace=True)
    for said in (pieces, pieces, retold(draws, pieces), pieces, retold(draws, pieces)):
        assert told(quick, said) == told(slow, said), json.dumps(said)


@given(draw.gemini_response().flatmap(cut_gemini), st.data())
def test_gemini_streams(pieces, data):
    hold("openai", pieces, data)


@given(draw.openai_response().flatmap(cut_openai), st.data())
def test_openai_streams(pieces, data):
    hold("gemini", pieces, data)


def test_what_most_pieces_look_like_is_cut_out():
    """Of a long stream of text, once it was seen a few times, the interpreter sees the counts only."""
    pieces = json.loads((BENCH / "e_stream.json").read_bytes())
    translator, seen = gloss("openai"), []
    exchange = translator.exchange("chat", {"messages": []}, model="gemini-2.5-flash", stream=True)
    exchange.stencils().lens.stencils.clear()  # what other tests have cut
    for _ in range(6):
        exchange = translator.exchange(
            "chat", {"messages": [{"role": "user", "content": "x"}]}, model="gemini-2.5-flash"
        )
        slow, seen = exchange.piece, []
        exchange.piece = lambda piece, memory, slow=slow, seen=seen: (seen.append(piece), slow(piece, memory))[1]
        stream = exchange.stream()
        sent = [event for piece in pieces for event in stream.feed(piece)] + stream.close()
        assert len(sent) == len(pieces) + 1
    assert seen == []


def test_places_in_a_text_are_those_of_its_own_stream():
    """Where sources stand is told by all that was said: the same piece says something else after another text."""
    quick, slow = gloss("gemini"), gloss("gemini", trace=True)
    place = {"start_index": 0, "end_index": 1, "url": "u", "title": "t"}
    for text in ("\u00e9t\u00e9", "\u00e9t\u00e9", "\u00e9t\u00e9", "ete"):
        deltas = [{"content": text}, {"annotations": [{"index": 0, "type": "url_citation", "url_citation": place}]}]
        choices = [{"delta": delta, "finish_reason": None} for delta in deltas] + [
            {"delta": {}, "finish_reason": "stop"}
        ]
        pieces = [{"id": "r", "model": "m", "choices": [{"index": 0, **choice}]} for choice in choices]
        assert told(quick, pieces) == told(slow, pieces)


def of_gemini(text: str, **more: Any) -> Object:
    return {"candidates": [{"index": 0, "content": {"parts": [{"text": text}]}, **more}]}


def of_openai(delta: Object, **more: Any) -> Object:
    return {"id": "r", "choices": [{"index": 0, "delta": delta, **more}]}


def likely(number: float) -> Object:
    return of_openai({"content": "a"}, logprobs={"content": [{"token": "a", "logprob": number}]})


def second(**more: Any) -> Object:
    """A piece whose first member is none."""
    return {"candidates": [None, {"content": {"parts": [{"text": "a"}]}, "index": None, **more}]}


GEMINIS_END = {"candidates": [{"index": 0, "finishReason": "STOP"}]}
OPENAIS_END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
SEAM = {"signatures": [{"block": "text", "at": 3, "thought_signature": "c2ln"}]}
SIGNED = of_openai({"content": "b", "extra_content": {"google": SEAM}})
BY_TURNS = [{**of_gemini("a"), "modelVersion": "m"}, {**of_gemini("a"), "responseId": "r"}, GEMINIS_END]
UNNAMED = {**of_gemini("a"), "modelVersion": None}
BEGUN = {"candidates": [{}, {"content": {"parts": [{"text": "a"}]}, "index": None}]}
ENDED = {"candidates": [{}, {"content": {"parts": [{"text": "a"}]}, "index": None, "finishReason": "STOP"}]}
HUGE = {"candidates": [{"index": 10**5000, "content": {"parts": [{"text": "a"}]}}]}


@pytest.mark.parametrize(
    ("source", "often", "then"),
    [
        pytest.param("gemini", [*[likely(-3.4e38)] * 3, OPENAIS_END], [likely(-0.5), OPENAIS_END], id="large-number"),
        pytest.param(
            "gemini",
            [of_openai({"content": "aaaaa"}), SIGNED, OPENAIS_END],
            [of_openai({"content": "aa"}), SIGNED, OPENAIS_END],
            id="place-before-the-text",
        ),
        pytest.param("openai", BY_TURNS, BY_TURNS, id="frame-by-turns"),
        pytest.param(
            "openai",
            [UNNAMED, UNNAMED, UNNAMED, GEMINIS_END],
            [UNNAMED, {**UNNAMED, "modelVersion": "m"}, GEMINIS_END],
            id="frame-of-null",
        ),
        pytest.param(
            "openai",
            [second(), second(), second(), second(finishReason="STOP")],
            [second(), second(), second(finishReason="STOP")],
            id="no-member-first",
        ),
        pytest.param("openai", [BEGUN, BEGUN, ENDED, ENDED], [BEGUN, ENDED, GEMINIS_END], id="index-of-null"),
        pytest.param(
            "openai",
            [{"candidates": [{**of_gemini("a")["candidates"][0], "index": 1.0}]}] * 3,
            [{"candidates": [{**of_gemini("a")["candidates"][0], "index": index}]} for index in (1.0, 1)],
            id="index-of-another-type",
        ),
        pytest.param("openai", [HUGE, HUGE, HUGE], [HUGE], id="huge-index"),
    ],
)
@pytest.mark.parametrize("searches", [True, False])
def test_a_piece_is_told_as_if_it_were_the_first(source, often, then, searches):
    quick, slow = gloss(source), gloss(source, trace=True)
    for _ in range(4):
        told(quick, often, searches=searches)
    assert told(quick, then, searches=searches) == told(slow, then, searches=searches)


def test_shapes_of_strangers_are_bounded():
    """Whatever shapes are sent, a few are remembered, and fewer cut."""
    translator = gloss("openai")
    for number in range(400):
        piece = {"candidates": [{"content": {"parts": [{"text": "x"}]}, f"x{number}": "y", "index": 0}]}
        told(translator, [piece, piece, {"candidates": [{"finishReason": "STOP"}]}])
    stencils = translator.exchange("chat", {"messages": []}, model="gemini-2.5-flash", stream=True).stencils()
    assert sum(len(known) for known in stencils.known.values()) <= 64


AROUND = """
language: 1
columns: [hill, dale]
dialects: {hill: {}, dale: {}}
blocks:
  bits:
    loud: {hill: {text: $t}, dale: {say: $t, loud: true}, around: {hill: "mood == 'storm'"}, oneway: hill}
    calm: {hill: {text: $t}, dale: {say: $t}}
layouts:
  walk:
    blocks: bits
    partial: true
    hill: {group: said, slots: [{at: bits, form: items, holds: any}]}
    dale: {group: told, slots: [{at: bits, form: items, holds: any}]}
sets:
  step: {layouts: [walk], rules: [{id: index, both: index}, {id: mood, both: mood}, {id: end, both: end}]}
documents:
  walk.request: {rules: []}
  walk.response: {rules: []}
  walk.stream:
    stream:
      hill: {each: steps, index: index, ends: end, held: [end], error: error, status: [error.status]}
      dale: {each: steps, index: index, ends: end, held: [end], error: error, status: [error.status]}
    rules: [{id: steps, hill: {steps: ["$s* | step"]}, dale: {steps: [$s*]}}]
"""


def test_what_blocks_ask_about_around_them_is_compared(tmp_path):
    """A word that goes over as it is, and is asked for by a block beside it, is part of what a piece looks like."""
    rules = suite.invented(tmp_path / "rules.yaml", AROUND)
    for trace in (False, True):
        stream = isogloss.Translator("dale", "hill", ruleset=rules, trace=trace).exchange("walk", {}).stream()
        for mood, more in [("calm", {})] * 4 + [("storm", {"loud": True})]:
            piece = {"steps": [{"index": 0, "mood": mood, "said": {"bits": [{"text": "ho"}]}}]}
            told = [{"steps": [{"told": {"bits": [{"say": "ho", **more}]}, "index": 0, "mood": mood}]}]
            assert stream.feed(piece) == told
