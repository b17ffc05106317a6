"""Documents of videos in both dialects, valid by the schemas of both."""

import base64
import json

from hypothesis import strategies as st
from laws.strategies import EIGHT, Object, Strategy, some, words

SECONDS = st.integers(1_700_000_000, 1_800_000_000)
DATA = st.binary(max_size=9).map(base64.b64encode).map(bytes.decode)
MEDIA = st.sampled_from(["image/png", "image/jpeg", "image/webp"])
PROMPTS = st.text(min_size=1, max_size=20)
NAMES = st.text("abc123", min_size=3, max_size=8)
MODELS = ["veo-3.1-generate-preview", "veo-2.0-generate-001"]
CODES = st.sampled_from(["invalid_argument", "internal_error", "moderation_blocked", "unknown"])


def packed(values: tuple[object, ...]) -> str:
    """The id that isogloss gives to an operation."""
    text = json.dumps(values, separators=(",", ":"))
    return "video_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def image() -> Strategy[Object]:
    return some({"bytesBase64Encoded": DATA, "mimeType": MEDIA})


def openai_request() -> Strategy[Object]:
    """A request for a video, which may begin with an image."""
    address = st.builds("data:{};base64,{}".format, MEDIA, DATA) | st.just("https://example.com/a.png")
    optional = {
        "model": st.sampled_from(MODELS),
        "input_reference": some({"image_url": address}) | some({"file_id": words}),
        "seconds": st.sampled_from(["4", "8", "12"]),
        "size": st.sampled_from(["1280x720", "720x1280", "1792x1024", "1024x1792"]),
    }
    return some({"prompt": PROMPTS}, optional, 4)


def gemini_request() -> Strategy[Object]:
    """The same for Google's call, with all that it takes."""
    reference = some({"image": image()}, {"referenceType": st.sampled_from(["asset", "style"])})
    images = {
        "image": image(),
        "lastFrame": image(),
        "referenceImages": st.lists(reference, max_size=3),
        "video": some({"uri": words}),
    }
    parameters = {
        "aspectRatio": st.sampled_from(["16:9", "9:16"]),
        "durationSeconds": st.integers(4, 8),
        "enhancePrompt": st.booleans(),
        "negativePrompt": PROMPTS,
        "personGeneration": st.sampled_from(["allow_all", "allow_adult", "dont_allow"]),
        "resolution": st.sampled_from(["720p", "1080p", "4k"]),
        "sampleCount": st.integers(1, 4),
    }
    instance = some({"prompt": PROMPTS}, images)
    more = {"parameters": some({}, parameters, 5), "webhookConfig": some({"uris": st.lists(words, max_size=1)})}
    return some({"instances": st.lists(instance, min_size=1, max_size=1)}, more, 2)


def openai_job() -> Strategy[Object]:
    """A job in one of its states, of OpenAI's own or of ours."""
    return st.one_of(
        _job(st.sampled_from(["queued", "in_progress"]), st.integers(0, 99), st.none()),
        _job(st.just("completed"), st.just(100), st.none()),
        _job(st.just("failed"), EIGHT, some({"code": CODES, "message": PROMPTS})),
    )


def _job(status: Strategy[str], progress: Strategy[int], error: Strategy[Object | None]) -> Strategy[Object]:
    name = NAMES.map(f"models/{MODELS[0]}/operations/{{}}".format)
    known = st.tuples(name, st.none() | words, st.none() | SECONDS, st.none() | st.just(8), st.none() | words)
    fields = {
        "id": NAMES.map("video_{}".format) | known.map(packed),
        "object": st.just("video"),
        "model": st.sampled_from([*MODELS, "sora-2"]),
        "status": status,
        "progress": progress,
        "created_at": SECONDS,
        "completed_at": st.none() | SECONDS,
        "expires_at": st.none() | SECONDS,
        "prompt": st.none() | PROMPTS,
        "size": st.sampled_from(["1280x720", "720x1280", "1792x1024", "1024x1792"]),
        "seconds": st.sampled_from(["4", "8", "12"]),
        "remixed_from_video_id": st.none() | words,
        "error": error,
    }
    return some(fields)


def gemini_operation() -> Strategy[Object]:
    """An operation that goes on, has failed, or has made videos or none."""
    name = NAMES.map(f"models/{MODELS[0]}/operations/{{}}".format) | NAMES.map("operations/{}".format)
    sample = some({"video": some({"uri": NAMES.map("https://example.com/files/{}:download?alt=media".format)})})
    reasons = {"raiMediaFilteredCount": EIGHT, "raiMediaFilteredReasons": st.lists(PROMPTS, max_size=2)}
    made = some({}, {"generatedSamples": st.lists(sample, max_size=2), **reasons}, 3)
    response = some({"generateVideoResponse": made}, {"@type": words}, 1)
    error = some({"code": st.integers(1, 17)}, {"message": PROMPTS, "details": st.just([{"reason": "a"}])}, 2)
    going = some({"name": name}, {"done": st.just(value=False), "metadata": st.just({"step": 1})}, 2)
    done = {"name": name, "done": st.just(value=True)}
    return st.one_of(going, some(done, {"response": response}, 1), some({**done, "error": error}))


#: Documents by phase and dialect.
DRAWN = {
    ("videos.create.request", "openai"): openai_request(),
    ("videos.create.request", "gemini"): gemini_request(),
    ("videos.create.response", "openai"): openai_job(),
    ("videos.create.response", "gemini"): gemini_operation(),
    ("videos.get.response", "openai"): openai_job(),
    ("videos.get.response", "gemini"): gemini_operation(),
}
