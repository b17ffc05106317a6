"""Law 7: folding the translated stream is translating the folded stream, however a reply is cut."""

import json
import tracemalloc
from copy import deepcopy
from typing import Any

import isogloss
from hypothesis import given
from hypothesis import strategies as st
from laws import strategies as draw
from laws.cases import NOW
from laws.folding import cut_gemini, cut_openai, fold_gemini, fold_openai, one_voice, settled, spoken

Object = dict[str, Any]
ASKED: Object = {
    "messages": [{"role": "user", "content": "x"}],
    "stream": True,
    "stream_options": {"include_usage": True},
    "web_search_options": {},
}


def exchange(source: str, target: str, body: Object, **options: Any) -> isogloss.Exchange:
    gloss = isogloss.Translator(source, target, ids=lambda: "f00d", clock=lambda: NOW, **options)
    return gloss.exchange("chat", body, model="gemini-2.5-flash" if target == "gemini" else "gpt-4.1", stream=True)


def from_gemini(**more: Any) -> isogloss.Exchange:
    return exchange("openai", "gemini", {**ASKED, **more})


def from_openai(**options: Any) -> isogloss.Exchange:
    asked = {"contents": [{"parts": [{"text": "x"}]}], "tools": [{"googleSearch": {}}]}
    return exchange("gemini", "openai", asked, **options)


def told(asked: isogloss.Exchange, pieces: list[Object]) -> list[Object]:
    """Every event of a stream; what goes in is not changed."""
    before, stream = deepcopy(pieces), asked.stream()
    events = [event for piece in pieces for event in stream.feed(piece)] + stream.close()
    assert pieces == before
    return events


def ended_early(events: list[Object]) -> bool:
    return "error" in events[-1]


cut_replies = draw.gemini_response().flatmap(cut_gemini).filter(one_voice)
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
    assert fold_gemini(spoken(events)) == fold_gemini([wanted]), json.dumps(pieces)


def _kind(part: Object) -> tuple[object, ...]:
    media = part.get("inlineData", {}).get("mimeType", "").partition("/")[0]
    return ("text" in part, "thought" in part, sorted(part.keys() - {"thoughtSignature"}), media)


def by_kind(reply: Object) -> Object:
    """Sort parts by their kind: a stream keeps the order in which they came, a whole reply that of its places."""
    reply = deepcopy(reply)
    for candidate in reply.get("candidates", ()):
        parts = candidate.get("content", {}).get("parts", [])
        parts.sort(key=_kind)
    return fold_gemini([reply])


@given(cut_replies)
def test_a_stream_that_comes_home(pieces):
    """There and back by streams is there and back by whole replies."""
    there = told(from_gemini(), pieces)
    home = told(from_openai(), there)
    assert not ended_early(home), home[-1]
    folded = from_gemini().response(fold_gemini(pieces)).body
    wanted = from_openai().response(folded).body
    assert by_kind(fold_gemini(spoken(home))) == by_kind(wanted), json.dumps(pieces)


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


# ------------------------------------------------------------------------------------------------- losses, limits


def lost(asked: isogloss.Exchange, before: int) -> set[tuple[str, str]]:
    """What was lost after the request: which rule says it is another's name in a stream."""
    return {(loss.kind, loss.reason) for loss in asked.losses[before:] if loss.kind not in ("assumed", "defaulted")}


@given(cut_replies)
def test_a_stream_loses_what_its_fold_loses(pieces):
    asked, whole = from_gemini(), from_gemini()
    before = len(asked.losses)
    told(asked, pieces)
    whole.response(fold_gemini(pieces))
    assert lost(asked, before) == lost(whole, before), json.dumps(pieces)


@given(draw.mutated(cut_replies), draw.mutated(cut_completions))
def test_mistakes_in_a_stream_are_error_events(replies, completions):
    """Whatever comes, a stream says it: it never raises, and after its end it is silent."""
    for asked, events in ((from_gemini(), replies), (from_openai(), completions)):
        stream = asked.stream()
        for piece in events if isinstance(events, list) else [events]:
            json.dumps(stream.feed(piece))
        json.dumps(stream.close())
        assert stream.ended
        assert stream.feed({}) == stream.close() == stream.fail("x") == []


def gemini_text(text: str) -> Object:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}], "responseId": "r"}


def test_a_long_text_is_not_kept():
    """However much is said, no more than the limit is kept: ten times the text takes the same memory."""
    peaks = []
    for pieces in (100, 1_000):
        stream = exchange("openai", "gemini", ASKED, limits={"held": 100_000}).stream()
        for _ in range(100):
            stream.feed(gemini_text("x" * 5_000))
        tracemalloc.start()
        for number in range(pieces):
            stream.feed(gemini_text(f"{number:06}" * 800))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        stream.feed({"candidates": [{"index": 0, "finishReason": "STOP"}]})
        assert not ended_early(stream.close())
    assert peaks[1] < 1.5 * peaks[0] + 100_000, peaks


FRAGMENT: Object = {"index": 0, "function": {"arguments": '"' + "x" * 999}}
OPENED: Object = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}


def openai_call(call: Object) -> Object:
    return {"id": "r", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}


def test_arguments_beyond_the_limit_are_an_error():
    stream = from_openai(limits={"held": 100_000}).stream()
    assert stream.feed(openai_call(OPENED)) == []
    events = [event for _ in range(200) for event in stream.feed(openai_call(FRAGMENT))]
    assert [event["error"]["code"] for event in events] == [502]
    assert "limit" in events[0]["error"]["message"]


def test_arguments_told_place_by_place_are_bounded_too():
    stream = exchange("openai", "gemini", ASKED, limits={"held": 100_000}).stream()
    piece = {"jsonPath": "$.a", "stringValue": "x" * 999}
    call = {"name": "f", "partialArgs": [piece], "willContinue": True}
    part = {"candidates": [{"content": {"role": "model", "parts": [{"functionCall": call}]}, "index": 0}]}
    events = [event for _ in range(200) for event in stream.feed(part)]
    assert ended_early(events)
    assert "limit" in events[-1]["error"]["message"]


def test_replies_side_by_side_are_bounded():
    stream = exchange("openai", "gemini", ASKED, limits={"held": 100_000}).stream()
    events = [
        event
        for number in range(200)
        for event in stream.feed({"candidates": [{"index": number, "content": {"parts": [{"text": "x"}]}}]})
    ]
    assert ended_early(events)
    assert len(events) < 150


def nested(depth: int) -> Any:
    deep: Any = {}
    for _ in range(depth):
        deep = {"a": deep}
    return deep


def test_a_piece_that_is_nested_too_deep_is_an_error():
    deep = nested(100_000)
    for asked, piece in (
        (from_gemini(), {"candidates": [{"content": {"parts": [{"functionCall": {"args": deep}}]}}]}),
        (from_openai(), openai_call({**OPENED, "extra": deep})),
    ):
        assert ended_early(asked.stream().feed(piece))


def test_whatever_is_too_much_or_too_deep_is_an_error_event():
    """Where it is met makes no difference: in a stencil, in the first piece, in an error, or at the end."""

    def searched(letters: int) -> Object:
        return {
            "candidates": [
                {"content": {"parts": [{"text": "a"}]}, "groundingMetadata": {"webSearchQueries": ["y" * letters]}}
            ]
        }

    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}", "x": nested(800)}}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    for _ in range(4):
        told(from_gemini(), [searched(1)] * 4)
    for asked, pieces in (
        (from_gemini(), [searched(1), *[searched(3_000_000)] * 3]),
        (exchange("openai", "gemini", ASKED, limits={"held": 999}), [searched(1)]),
        (from_gemini(), [{"error": nested(300)}]),
        (from_gemini(), [{"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishMessage": nested(2_500)}]}]),
        (from_gemini(), [{**gemini_text("a"), "usageMetadata": nested(2_500)}]),
        (from_openai(), [openai_call(call), end]),
    ):
        stream = asked.stream()
        assert ended_early([event for piece in pieces for event in stream.feed(piece)] + stream.close())


def test_words_that_wait_for_the_end_are_bounded():
    """Sources told bit by bit and counts under ever new names add up to the limit; a last word said again does not."""
    stream = exchange("openai", "gemini", ASKED, limits={"held": 100_000}).stream()
    for number in range(5_000):
        usage = {"promptTokenCount": number, "totalTokenCount": number}
        assert not ended_early(stream.feed({"candidates": [{"finishReason": "STOP"}], "usageMetadata": usage}) or [{}])
    for waiting in ({"groundingMetadata": {"groundingChunks": [{"web": {"uri": "x" * 1000}}]}}, {}):
        stream = exchange("openai", "gemini", ASKED, limits={"held": 100_000}).stream()
        events: list[Object] = []
        for number in range(2_000):
            usage = {} if waiting else {f"x{number}": "x" * 1000}
            events += stream.feed({"candidates": [{"index": 0, **waiting}], "usageMetadata": usage})
        assert stream.ended
        assert ended_early(events)


# ── legacy completions ─────────────────────────────────────────────────────────────────────────────────────────────


def folded(events: list[Object]) -> Object:
    """A streamed text completion as one reply: texts are joined, of all else the last word counts."""
    whole: Object = {}
    choices: dict[int, Object] = {}
    for event in events:
        whole |= {name: value for name, value in event.items() if name != "choices"}
        for choice in event["choices"]:
            said = {name: value for name, value in choice.items() if value is not None}
            known = choices.get(choice["index"], {"logprobs": None, "text": ""})
            told = known["logprobs"] or {}
            likely = {name: told.get(name, []) + value for name, value in (choice["logprobs"] or {}).items()} or told
            choices[choice["index"]] = {
                **known,
                **said,
                "text": known["text"] + choice["text"],
                "logprobs": likely or None,
            }
    return {**whole, "choices": [choices[index] for index in sorted(choices)]}


def likely(text: str) -> Object:
    """How likely each letter of a text was; nothing of none."""
    tokens = [{"token": letter, "logProbability": -1.0} for letter in text]
    return {"logprobsResult": {"chosenCandidates": tokens}} if tokens else {}


@given(
    pieces=st.lists(st.tuples(st.integers(0, 1), st.text(max_size=5)), min_size=1, max_size=6),
    ends=st.tuples(st.sampled_from(["STOP", "MAX_TOKENS"]), st.sampled_from(["STOP", "SAFETY"])),
)
def test_a_streamed_text_completion_is_the_whole_one(pieces, ends):
    frame = {"responseId": "r", "modelVersion": "m"}
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
    events = [
        {
            **frame,
            "candidates": [{"index": index, "content": {"role": "model", "parts": [{"text": text}]}, **likely(text)}],
        }
        for index, text in pieces
    ]
    seen = sorted({index for index, _ in pieces})
    last = [{"index": index, "content": {"role": "model"}, "finishReason": ends[index]} for index in seen]
    events.append({**frame, "candidates": last, "usageMetadata": usage})
    texts = {index: "".join(text for one, text in pieces if one == index) for index in seen}
    candidates = [
        {**one, "content": {"role": "model", "parts": [{"text": texts[one["index"]]}]}, **likely(texts[one["index"]])}
        for one in last
    ]
    gloss = isogloss.Translator("openai", "gemini", clock=lambda: NOW, ids=lambda: "made")
    asked = {"prompt": "a", "max_tokens": 9, "stream_options": {"include_usage": True}}
    streamed = gloss.exchange("completions", {**asked, "stream": True}, model="gemini-2.5-flash")
    whole = gloss.exchange("completions", asked, model="gemini-2.5-flash")
    reply = whole.response({**frame, "candidates": candidates, "usageMetadata": usage}).body
    assert folded(told(streamed, events)) == reply
