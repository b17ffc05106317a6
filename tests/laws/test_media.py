"""Laws 1, 2, 5, 6 and 8 for images and speech: of OpenAI's requests and of Google's replies, as they are called.

What is not called (Google's requests, OpenAI's replies) is said by the golden cases.
"""

import base64
import copy
import json

import isogloss
import pytest
from hypothesis import given
from hypothesis import strategies as st
from isogloss.values import leaves, same
from laws import strategies as draw
from laws.cases import SCHEMAS, Case, invalid, translated, validator
from laws.faith import Account, steps
from laws.strategies import some

PRIMARY = {"mapped", "normal", "satisfied", "exchange"}
PROMPTS = st.text(min_size=1, max_size=20)
DATA = st.binary(max_size=12).map(base64.b64encode).map(bytes.decode)
URLS = st.builds("data:{};base64,{}".format, st.sampled_from(["image/png", "image/jpeg"]), DATA)
PAINTERS = ["gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image", "imagen-4.0-generate-001"]
SPEAKERS = ["gemini-2.5-flash-preview-tts", "gemini-3.1-flash-tts-preview", "gemini-3.8-flash-tts"]
LOOKS = {
    "n": st.integers(1, 10),
    "size": st.sampled_from(["auto", "1024x1024", "1536x1024", "1x9000", "640x480"]),
    "quality": st.sampled_from(["low", "high", "auto"]),
    "response_format": st.sampled_from(["url", "b64_json"]),
    "output_format": st.sampled_from(["png", "jpeg", "webp"]),
    "output_compression": st.integers(0, 100),
    "background": st.sampled_from(["transparent", "opaque", "auto"]),
    "moderation": st.sampled_from(["low", "auto"]),
    "partial_images": st.integers(0, 3),
    "stream": st.booleans(),
    "user": draw.words,
}
SOURCES = some({"image_url": URLS | st.just("https://example.com/a.png")}) | some({"file_id": st.just("files/abc")})
GIVEN = st.one_of(
    some({"images": st.lists(SOURCES, min_size=1, max_size=3)}), some({"image": URLS | st.lists(URLS, max_size=3)})
)
PICTURES = some({"inlineData": some({"mimeType": st.sampled_from(["image/png", "image/jpeg"]), "data": DATA})})
DRAFTS = PICTURES.map(lambda part: {**part, "thought": True})
TEXTS = some({"text": PROMPTS}, {"thought": st.just(value=True)}, 1)
SOUNDS = some({"inlineData": some({"mimeType": st.just("audio/L16;codec=pcm;rate=24000"), "data": DATA})})
REASONS = st.sampled_from(["STOP", "IMAGE_SAFETY", "NO_IMAGE", "MAX_TOKENS", "OTHER"])


def replies(parts):
    content = some({"parts": st.lists(parts, max_size=3)}, {"role": st.just("model")}, 1)
    more = {"content": content, "finishReason": REASONS, "finishMessage": PROMPTS, "index": st.integers(0, 3)}
    usage = some({}, {"promptTokenCount": draw.counts, "candidatesTokenCount": draw.counts}, 2)
    feedback = some({"blockReason": st.just("SAFETY")})
    told = {"usageMetadata": usage, "promptFeedback": feedback, "responseId": draw.words, "modelVersion": draw.words}
    return some({"candidates": st.lists(some({}, more, 4), max_size=2)}, told, 3)


SPEECH = {
    "voice": st.sampled_from(["Kore", "alloy", "Bob"]) | some({"id": draw.words}),
    "response_format": st.sampled_from(["wav", "pcm", "mp3"]),
    "instructions": PROMPTS,
    "speed": st.floats(0.25, 4),
    "stream_format": st.sampled_from(["sse", "audio"]),
}
DRAWN = {
    ("images.generate.request", "openai"): (some({"prompt": PROMPTS}, LOOKS, 4), PAINTERS),
    ("images.edit.request", "openai"): (
        st.builds(lambda one, other: {**one, **other}, GIVEN, some({"prompt": PROMPTS}, LOOKS, 4)),
        PAINTERS[:3],
    ),
    ("audio.speech.request", "openai"): (some({"input": PROMPTS}, SPEECH, 3), SPEAKERS),
    ("images.generate.response", "gemini"): (replies(PICTURES | DRAFTS | TEXTS), PAINTERS),
    ("images.edit.response", "gemini"): (replies(PICTURES | DRAFTS | TEXTS), PAINTERS),
    ("audio.speech.response", "gemini"): (replies(SOUNDS | TEXTS), SPEAKERS),
}


def drawn(data, phase, source, *, wrong):
    documents, models = DRAWN[phase, source]
    document = data.draw((draw.mutated(documents) | draw.any_json()) if wrong else documents)
    return Case(phase, source, document, data.draw(st.sampled_from([*models, "gemini-3.8-flash"])))


def done(case, **options):
    try:
        return translated(case, **options)
    except isogloss.IsoglossError as error:
        return error


@pytest.mark.parametrize("wrong", [False, True], ids=["valid", "wrong"])
@pytest.mark.parametrize(("phase", "source"), DRAWN)
@given(data=st.data())
def test_total_pure_traced_and_accounted_for(phase, source, wrong, data):
    case = drawn(data, phase, source, wrong=wrong)
    before = copy.deepcopy(case.document)
    fast, traced = done(case), done(case, trace=True)
    assert same(case.document, before), "the input was changed"
    if isinstance(fast, isogloss.IsoglossError) or isinstance(traced, isogloss.IsoglossError):
        assert str(fast) == str(traced)
        return
    assert same(fast.body, traced.body)
    assert set(fast.losses) == set(traced.losses)
    account = Account.of(traced)
    whole = any(not loss.pointer and loss.kind == "dropped" for loss in traced.losses)
    for path, value in leaves(case.document):
        named = whole or account.is_named(steps(path))
        assert named or len(account.disposition(steps(path)) & PRIMARY) == 1, (path, value)


@pytest.mark.parametrize(("phase", "source"), DRAWN)
@given(data=st.data())
def test_what_is_valid_becomes_valid(phase, source, data):
    made = done(drawn(data, phase, source, wrong=False))
    if isinstance(made, isogloss.IsoglossError) or phase == "audio.speech.response":
        return
    if source == "gemini":
        assert not invalid(phase, "openai", made.body)
    elif "contents" in made.body:
        assert not invalid("chat.request", "gemini", made.body)


@pytest.mark.parametrize(
    ("phase", "source"), [side for side in DRAWN if side[1] == "openai" and "speech" not in side[0]]
)
@given(data=st.data())
def test_what_is_drawn_is_valid(phase, source, data):
    document = data.draw(DRAWN[phase, source][0])
    known = json.loads((SCHEMAS / source / f"{phase}.schema.json").read_text("utf-8"))["properties"]
    # A form has its files under another name, and newer models take any size.
    picked = {name: value for name, value in document.items() if name in known and name != "size"}
    assert not [e for e in validator(phase, source).iter_errors(picked) if e.validator != "required"]
