"""What the laws ask of images and speech beside their documents: edits that come as forms, and streams.

Law 7 as far as there is something to fold. Only Google's streams are read: OpenAI's events are written, and no route
leads to a server of its dialect that would tell them. A stream of images tells its drafts, which a whole reply drops,
and says `auto` of what a whole reply leaves out; a stream of speech tells why it ends and what it costs, which bytes do
not. All else is the same. Google counts in every piece, so that the event of an image has its counts.
"""

import base64
import copy
import json
from typing import Any

import isogloss
import pytest
from hypothesis import given
from hypothesis import strategies as st
from isogloss.values import leaves, same
from laws import media
from laws import strategies as draw
from laws.cases import NOW, Case, invalid, translated
from laws.faith import Account, steps
from laws.folding import cut_gemini, fold_gemini

Object = dict[str, Any]
PRIMARY = {"mapped", "normal", "satisfied", "exchange"}
IMAGES = ["images.generate", "images.edit"]


# ── forms ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def done(case: Case, **options: Any) -> isogloss.Translation | isogloss.IsoglossError:
    try:
        return translated(case, **options)
    except isogloss.IsoglossError as error:
        return error


@given(document=media.form() | draw.mutated(media.form()), model=st.sampled_from(media.PAINTERS))
def test_a_form_is_total_pure_traced_and_accounted_for(document, model):
    case, before = Case("images.edit.request", "openai", document, model), copy.deepcopy(document)
    fast, traced = done(case), done(case, trace=True)
    assert same(document, before), "the input was changed"
    if isinstance(fast, isogloss.IsoglossError) or isinstance(traced, isogloss.IsoglossError):
        assert str(fast) == str(traced)
        return
    assert same(fast.body, traced.body)
    assert set(fast.losses) == set(traced.losses)
    account = Account.of(traced)
    whole = any(not loss.pointer and loss.kind == "dropped" for loss in traced.losses)
    for path, value in leaves(document):
        named = whole or account.is_named(steps(path))
        assert named or len(account.disposition(steps(path)) & PRIMARY) == 1, (path, value)


@given(document=media.form(), model=st.sampled_from(media.PAINTERS))
def test_a_form_becomes_a_valid_request(document, model):
    made = done(Case("images.edit.request", "openai", document, model))
    if isinstance(made, isogloss.Translation):
        assert invalid("images.edit.request", "gemini", made.body) == []


# ── streams ────────────────────────────────────────────────────────────────────────────────────────────────────────


def exchange(operation: str, model: str, *, stream: bool, **more: Any) -> isogloss.Exchange:
    """An exchange that an OpenAI client has opened."""
    gloss = isogloss.Translator("openai", "gemini", ids=lambda: "f00d", clock=lambda: NOW)
    asked = {
        "images.generate": {"prompt": "x"},
        "images.edit": {"prompt": "x", "images": [{"file_id": "files/a"}]},
        "audio.speech": {"input": "x", "voice": "Kore"},
    }
    return gloss.exchange(operation, {**asked[operation], **more}, model=model, stream=stream)


def told(asked: isogloss.Exchange, pieces: list[Object]) -> list[Object]:
    """Every event of a stream; what goes in is not changed."""
    before, stream = copy.deepcopy(pieces), asked.stream()
    events = [event for piece in pieces for event in stream.feed(piece)] + stream.close()
    assert pieces == before
    return events


def lost(asked: isogloss.Exchange, before: int) -> set[tuple[str, str]]:
    return {(loss.kind, loss.reason) for loss in asked.losses[before:]}


def counted(pieces: list[Object], usage: Object) -> list[Object]:
    return [{**piece, "usageMetadata": copy.deepcopy(usage)} for piece in pieces]


def cut(reply: Object) -> st.SearchStrategy[list[Object]]:
    """A reply in pieces, each with the counts of all."""
    usage = reply.pop("usageMetadata", {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3})
    return cut_gemini(reply).map(lambda pieces: counted(pieces, usage))


parts = media.picture() | media.draft() | media.remark()
drawn = media.gemini_reply(parts, most=1).flatmap(cut)
DRAFTS = "only finished images are answered, not the drafts before them"


def folded(events: list[Object]) -> Object:
    """The images of a stream as one reply."""
    whole: Object = {}
    for event in events:
        if event["type"].endswith(".completed"):
            whole.setdefault("data", []).append({"b64_json": event["b64_json"]})
            whole.setdefault("usage", event["usage"])
    return whole


@pytest.mark.parametrize("operation", IMAGES)
@given(pieces=drawn, model=st.sampled_from(media.PAINTERS))
def test_a_stream_of_images_is_the_whole_reply(operation, pieces, model):
    asked, whole = (exchange(operation, model, stream=stream) for stream in (True, False))
    before, after = len(asked.losses), len(whole.losses)
    *images, last = told(asked, pieces)
    try:
        reply = whole.response(fold_gemini(pieces)).body
    except isogloss.DocumentError:
        assert "error" in last
        assert not folded(images)
        return
    events = [*images, last]
    assert [problem for event in events for problem in invalid(f"{operation}.stream", "openai", event)] == []
    assert folded(events) == {"data": reply["data"], "usage": reply["usage"]}, json.dumps(pieces)
    assert lost(asked, before) == {one for one in lost(whole, after) if one[1] != DRAFTS}
    partial = [event for event in events if event["type"].endswith(".partial_image")]
    assert [event["partial_image_index"] for event in partial] == list(range(len(partial)))


@pytest.mark.parametrize("operation", IMAGES)
@given(pieces=drawn, data=st.data())
def test_a_stream_of_images_that_breaks_off_ends_with_an_error(operation, pieces, data):
    first = next(n for n, piece in enumerate(pieces) for one in piece["candidates"] if "finishReason" in one)
    events = told(exchange(operation, media.PAINTERS[2], stream=True), pieces[: data.draw(st.integers(0, first))])
    assert "error" in events[-1]


@st.composite
def speaking(pick: st.DrawFn) -> tuple[str, str, bytes, list[Object], Object]:
    """A model, the form that is asked for, samples, the pieces that they come in, and the whole reply."""
    model, form = pick(st.sampled_from([(media.SPEAKERS[1], "pcm"), *((media.SPEAKERS[2], f) for f in ("pcm", "wav"))]))
    chunks = pick(st.lists(media.SAMPLES, min_size=1, max_size=4))
    first, mime = _first(model, chunks[0])
    sounds = [first, *(base64.b64encode(chunk).decode() for chunk in chunks[1:])]
    pieces = [_said([{"inlineData": {"mimeType": mime, "data": data}}]) for data in sounds]
    end = {"candidates": [{"index": 0, "finishReason": pick(st.sampled_from(["STOP", "MAX_TOKENS"]))}]}
    usage = {"promptTokenCount": pick(media.COUNTS), "candidatesTokenCount": pick(media.COUNTS)}
    usage["totalTokenCount"] = sum(usage.values())
    joined, _ = _first(model, b"".join(chunks))
    whole = {**_said([{"inlineData": {"mimeType": mime, "data": joined}}]), "usageMetadata": usage}
    whole["candidates"][0] |= end["candidates"][0]
    return model, form, b"".join(chunks), [*pieces, {**end, "usageMetadata": usage}], whole


def _first(model: str, samples: bytes) -> tuple[str, str]:
    """What a model says first: the head of a file with some samples, or only these."""
    if model == media.SPEAKERS[2]:
        return media.waved(samples), "audio/wav"
    return base64.b64encode(samples).decode(), "audio/L16;codec=pcm;rate=24000"


def _said(parts: list[Object]) -> Object:
    return {"candidates": [{"index": 0, "content": {"role": "model", "parts": parts}}]}


HEAD = 44  # bytes of a file before its samples; how long it is stands there, which a stream cannot know


@given(speaking())
def test_a_stream_of_speech_is_the_whole_reply(drawn):
    model, form, samples, pieces, whole = drawn
    said = exchange("audio.speech", model, stream=False, response_format=form).response(whole).body
    asked = exchange("audio.speech", model, stream=True, response_format=form, stream_format="sse")
    *deltas, end = told(asked, pieces)
    assert [problem for event in (*deltas, end) for problem in invalid("audio.speech.stream", "openai", event)] == []
    heard = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    reply = base64.b64decode(said["audio"])
    head = HEAD if form == "wav" else 0
    assert heard[head:] == reply[head:] == samples
    assert end["usage"]["total_tokens"] == whole["usageMetadata"]["totalTokenCount"]


@given(speaking(), st.data())
def test_a_stream_of_speech_that_breaks_off_ends_with_an_error(drawn, data):
    model, form, _, pieces, _ = drawn
    asked = exchange("audio.speech", model, stream=True, response_format=form, stream_format="sse")
    events = told(asked, pieces[: data.draw(st.integers(0, len(pieces) - 1))])
    assert "error" in events[-1]


@given(images=draw.mutated(drawn), speech=draw.mutated(speaking().map(lambda one: one[3])))
def test_mistakes_in_a_stream_are_error_events(images, speech):
    """Whatever comes, a stream says it: it never raises, and after its end it is silent."""
    for operation, model, events in (
        ("images.generate", media.PAINTERS[2], images),
        ("audio.speech", media.SPEAKERS[2], speech),
    ):
        stream = exchange(operation, model, stream=True).stream()
        for piece in events if isinstance(events, list) else [events]:
            json.dumps(stream.feed(piece))
        json.dumps(stream.close())
        assert stream.ended
        assert stream.feed({}) == stream.close() == stream.fail("x") == []
