"""Law 7: folding the translated stream is translating the folded stream, however a reply is cut."""

import json
from copy import deepcopy
from typing import Any

import isogloss
from hypothesis import given
from hypothesis import strategies as st
from laws import strategies as draw
from laws.cases import NOW
from laws.folding import cut_gemini, cut_openai, fold_gemini, fold_openai, settled

Object = dict[str, Any]
ASKED: Object = {
    "messages": [{"role": "user", "content": "x"}],
    "stream": True,
    "stream_options": {"include_usage": True},
}


def exchange(source: str, target: str, body: Object, **options: Any) -> isogloss.Exchange:
    gloss = isogloss.Translator(source, target, ids=lambda: "f00d", clock=lambda: NOW, **options)
    return gloss.exchange("chat", body, model="gemini-2.5-flash" if target == "gemini" else "gpt-4.1", stream=True)


def from_gemini(**more: Any) -> isogloss.Exchange:
    return exchange("openai", "gemini", {**ASKED, **more})


def from_openai() -> isogloss.Exchange:
    return exchange("gemini", "openai", {"contents": [{"parts": [{"text": "x"}]}]})


def told(asked: isogloss.Exchange, pieces: list[Object]) -> list[Object]:
    """Every event of a stream; what goes in is not changed."""
    before, stream = deepcopy(pieces), asked.stream()
    events = [event for piece in pieces for event in stream.feed(piece)] + stream.close()
    assert pieces == before
    return events


def ended_early(events: list[Object]) -> bool:
    return "error" in events[-1]


cut_replies = draw.gemini_response().flatmap(cut_gemini)
cut_completions = draw.openai_response(extensions=False).flatmap(cut_openai)


@given(cut_replies)
def test_the_fold_of_a_translated_gemini_stream(pieces):
    whole = fold_gemini(pieces)
    events = told(from_gemini(), pieces)
    assert not ended_early(events), events[-1]
    assert settled(fold_openai(events)) == settled(from_gemini().response(whole).body), json.dumps(pieces)


@given(cut_completions)
def test_the_fold_of_a_translated_openai_stream(pieces):
    whole = fold_openai(pieces)
    whole["object"] = "chat.completion"
    try:
        wanted = from_openai().response(whole).body
    except isogloss.DocumentError:
        assert ended_early(told(from_openai(), pieces))
        return
    events = told(from_openai(), pieces)
    assert not ended_early(events), events[-1]
    assert fold_gemini(events) == fold_gemini([wanted]), json.dumps(pieces)


def by_kind(reply: Object) -> Object:
    """Sort parts by their kind: a stream keeps the order in which they came, a whole reply that of its places."""
    reply = deepcopy(reply)
    for candidate in reply.get("candidates", ()):
        parts = candidate.get("content", {}).get("parts", [])
        parts.sort(key=lambda part: ("text" in part, "thought" in part, *sorted(part.keys() - {"thoughtSignature"})))
    return fold_gemini([reply])


@given(cut_replies)
def test_a_stream_that_comes_home(pieces):
    """There and back by streams is there and back by whole replies."""
    there = told(from_gemini(), pieces)
    home = told(from_openai(), there)
    assert not ended_early(home), home[-1]
    folded = from_gemini().response(fold_gemini(pieces)).body
    wanted = from_openai().response(folded).body
    assert by_kind(fold_gemini(home)) == by_kind(wanted), json.dumps(pieces)


@given(cut_replies, st.data())
def test_a_stream_that_breaks_off_ends_with_an_error(pieces, data):
    """Whatever is left away from the end, no reason is invented why the reply ended."""
    finishes = [n for n, piece in enumerate(pieces) if any("finishReason" in c for c in piece.get("candidates", ()))]
    first = min(finishes, default=0)
    events = told(from_gemini(), pieces[: data.draw(st.integers(0, first))])
    blocked = any("promptFeedback" in piece for piece in pieces)
    assert blocked or ended_early(events)
    assert not [c for e in events if "choices" in e for c in e["choices"] if c["finish_reason"] and not blocked]


@given(draw.any_json())
def test_a_piece_may_be_anything(piece):
    for asked in (from_gemini(), from_openai()):
        stream = asked.stream()
        for event in (*stream.feed(piece), *stream.feed(piece), *stream.close()):
            json.dumps(event)
        assert stream.ended
