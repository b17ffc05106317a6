"""Documents of images and speech in both dialects, valid by the schemas of both."""

import base64
import wave
from io import BytesIO

from hypothesis import strategies as st
from laws import strategies as draw
from laws.strategies import Object, Strategy, one, rarely, some, words

PAINTERS = ["gemini-2.5-flash-image", "gemini-3-pro-image", "gemini-3.1-flash-image"]
SPEAKERS = ["gemini-2.5-flash-preview-tts", "gemini-3.1-flash-tts-preview", "gemini-3.8-flash-tts"]
#: Google's models by operation; Imagen is asked in words of its own, and edits nothing.
MODELS = {
    "images.generate": [*PAINTERS, "gemini-2.0-flash-exp-image-generation", "imagen-4.0-generate-001"],
    "images.edit": PAINTERS,
    "audio": SPEAKERS,
}
OPENAI_MODELS = {"images": ["gpt-image-1.5", "dall-e-3"], "audio": ["gpt-4o-mini-tts", "tts-1"]}
PROMPTS = st.text(min_size=1, max_size=20)
DATA = st.binary(max_size=12).map(base64.b64encode).map(bytes.decode)
TYPES = one("image/png", "image/jpeg", "image/webp")
URLS = st.builds("data:{};base64,{}".format, TYPES, DATA)
COUNTS = st.integers(0, 2000)


# ── images ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LOOKS = {
    "background": one("transparent", "opaque", "auto"),
    "moderation": one("low", "auto"),
    "n": st.integers(1, 10),
    "output_compression": st.integers(0, 100),
    "output_format": one("png", "jpeg", "webp"),
    "partial_images": st.integers(0, 3),
    "quality": one("low", "medium", "high", "auto"),
    "size": one("auto", "1024x1024", "1536x1024", "1024x1536"),
    "stream": st.booleans(),
    "user": words,
}


def openai_request() -> Strategy[Object]:
    """A prompt, and how the image shall look."""
    more = {
        "quality": one("standard", "hd", "low", "auto"),
        "response_format": one("url", "b64_json"),
        "size": one("auto", "1024x1024", "1792x1024", "1x9000", "640x480", "2752x1536"),
        "style": one("vivid", "natural"),
    }
    return some({"prompt": PROMPTS}, {**LOOKS, **more}, 4)


def openai_edit() -> Strategy[Object]:
    """The same for images that are given."""
    sources = some({"image_url": URLS | one("https://example.com/a.png")}) | some({"file_id": one("files/abc")})
    given = {"images": st.lists(sources, min_size=1, max_size=3), "prompt": PROMPTS}
    return some(given, {**LOOKS, "input_fidelity": one("high", "low")}, 4)


def form() -> Strategy[Object]:
    """An edit as a form says it: its images are files."""
    files = some({"image": URLS | st.lists(URLS, max_size=3)}, {"mask": rarely(URLS, st.none())}, 1)
    return st.builds(lambda one, other: {**one, **other}, files, some({"prompt": PROMPTS}, LOOKS, 4))


TOP = {
    "cachedContent": words,
    "labels": st.just({"team": "a"}),
    "model": one("models/gemini-3-pro-image"),
    "safetySettings": one([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
    "store": st.booleans(),
    "tools": one([{"googleSearch": {}}]),
}
CONFIG = {
    "frequencyPenalty": one(0, 0.5),
    "maxOutputTokens": st.integers(1, 99),
    "responseLogprobs": st.booleans(),
    "seed": st.integers(0, 99),
    "stopSequences": st.lists(PROMPTS, max_size=2),
    "temperature": one(0, 1),
    "thinkingConfig": one({"includeThoughts": True}, {"thinkingBudget": 0}),
}


def asked(parts: Strategy[Object], config: dict[str, Strategy[object]], **more: Strategy[object]) -> Strategy[Object]:
    """What the models are asked that chat: one turn as a rule, and a config."""
    turn = some({"parts": parts.map(lambda part: [part])}, {"role": rarely(one("model"), one("user"))}, 1)
    turns = turn.map(lambda turn: [turn])
    optional = {**TOP, **more, "generationConfig": some({}, {**CONFIG, **config}, 4)}
    return some({"contents": rarely(st.lists(turn, min_size=2, max_size=2), turns)}, optional, 3)


SIZES = some({}, {"aspectRatio": one("1:1", "3:2", "16:9", "1:8"), "imageSize": one("512", "1K", "2K", "4K")}, 2)
DRAWING = {
    "candidateCount": st.integers(1, 3),
    "imageConfig": SIZES,
    "responseModalities": one(["TEXT", "IMAGE"], ["IMAGE"]),
}
SYSTEM = rarely(one({"parts": [{"text": "Draw."}]}), one({"parts": [{"text": ""}]}))


def _predict() -> Strategy[Object]:
    parameters = {
        "aspectRatio": one("1:1", "3:4", "16:9"),
        "guidanceScale": one(1, 7.5),
        "includeRaiReason": st.booleans(),
        "includeSafetyAttributes": st.booleans(),
        "language": one("auto", "en"),
        "outputOptions": some({}, {"compressionQuality": st.integers(0, 100), "mimeType": TYPES}, 2),
        "personGeneration": one("allow_adult", "dont_allow"),
        "safetySetting": words,
        "sampleCount": st.integers(1, 4),
        "sampleImageSize": one("1K", "2K"),
    }
    instances = some({"prompt": PROMPTS}).map(lambda instance: [instance])
    return some({"instances": instances}, {"parameters": some({}, parameters, 5)}, 1)


def gemini_request() -> Strategy[Object]:
    """A prompt for a model that chats, or for Imagen."""
    return asked(some({"text": PROMPTS}), DRAWING, systemInstruction=SYSTEM) | _predict()


def gemini_edit() -> Strategy[Object]:
    """An image for a model that chats."""
    return asked(picture() | some({"text": PROMPTS}), DRAWING)


def picture() -> Strategy[Object]:
    """An image that a reply holds."""
    held = some({"mimeType": TYPES, "data": DATA}, {"displayName": rarely(words, one("a.png"))}, 1)
    return some({"inlineData": held}, {"thoughtSignature": draw.signatures}, 1)


def draft() -> Strategy[Object]:
    """An image that a model thinks of."""
    return picture().map(lambda part: {**part, "thought": True})


def remark() -> Strategy[Object]:
    """What a model says beside what it makes."""
    return some({"text": PROMPTS | st.just("")}, {"thought": st.just(value=True)}, 1)


def odd() -> Strategy[Object]:
    """A part that has no place in such a reply."""
    return one(
        {"functionCall": {"name": "f", "args": {"a": 1}}},
        {"fileData": {"fileUri": "gs://b/a.png", "mimeType": "image/png"}},
        {"executableCode": {"code": "1", "language": "PYTHON"}},
        {"text": "", "partMetadata": {"a": 1}},
    )


REASONS = rarely(one("IMAGE_SAFETY", "SAFETY", "NO_IMAGE", "MAX_TOKENS", "OTHER"), one("STOP"))
DETAILS = st.lists(some({"modality": one("TEXT", "IMAGE"), "tokenCount": COUNTS}), max_size=2, unique_by=str)
BESIDE = {
    "avgLogprobs": one(-0.5),
    "finishMessage": PROMPTS,
    "groundingMetadata": one({"webSearchQueries": ["a"]}),
    "safetyRatings": one([{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]),
    "tokenCount": COUNTS,
}


@st.composite
def usage(pick: st.DrawFn) -> Object:
    """Counts that add up, with or without what they are made of."""
    asked, made, thought = pick(COUNTS), pick(COUNTS), pick(st.none() | COUNTS)
    counts: Object = {"promptTokenCount": asked, "candidatesTokenCount": made}
    counts |= {} if thought is None else {"thoughtsTokenCount": thought}
    counts["totalTokenCount"] = asked + made + (thought or 0)
    if pick(st.booleans()):
        counts["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": asked}]
        counts["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": made}]
    return counts


@st.composite
def gemini_reply(pick: st.DrawFn, parts: Strategy[Object], most: int = 2) -> Object:
    """A reply of the models that chat."""
    candidates: list[Object] = []
    for index in range(pick(st.integers(1, most))):
        content = {"role": "model", "parts": pick(st.lists(parts, min_size=1, max_size=3))}
        said = {"finishReason": pick(REASONS), **pick(rarely(some({}, BESIDE, 2), st.just({})))}
        candidates.append({"index": index, "content": content, **said})
    told = {"usageMetadata": usage(), "responseId": words, "modelVersion": words}
    return {"candidates": candidates, **pick(some({}, told, 3))}


def gemini_response() -> Strategy[Object]:
    """Images among drafts and remarks, or what Imagen predicts, or none and why."""
    parts = picture() | picture() | draft() | remark() | rarely(odd(), remark())
    prediction = some({"bytesBase64Encoded": DATA, "mimeType": TYPES}, {"prompt": PROMPTS}, 1)
    safety = one({"categories": ["Death"], "scores": [0.5]})
    filtered = some({"raiFilteredReason": PROMPTS}, {"safetyAttributes": safety, "contentType": words}, 1)
    predicted = some({"predictions": st.lists(rarely(filtered, prediction), max_size=3)})
    blocked = some({"promptFeedback": some({"blockReason": one("SAFETY", "OTHER")})})
    return gemini_reply(parts) | predicted | rarely(blocked, predicted)


def gemini_edited() -> Strategy[Object]:
    """The same for an edit, which Imagen does not make."""
    return gemini_reply(picture() | picture() | draft() | remark() | rarely(odd(), remark()))


@st.composite
def _openai_usage(pick: st.DrawFn) -> Object:
    text, image, made = pick(COUNTS), pick(COUNTS), pick(COUNTS)
    counts = {"input_tokens": text + image, "output_tokens": made, "total_tokens": text + image + made}
    details = {"output_tokens_details": {"text_tokens": 0, "image_tokens": made}} if pick(st.booleans()) else {}
    return {**counts, "input_tokens_details": {"text_tokens": text, "image_tokens": image}, **details}


def openai_response() -> Strategy[Object]:
    """Images as data or by address."""
    data = some({"b64_json": DATA}, {"revised_prompt": PROMPTS}, 1)
    linked = some({"url": one("https://example.com/a.png")})
    optional = {
        "background": one("transparent", "opaque"),
        "output_format": one("png", "webp", "jpeg"),
        "quality": one("low", "medium", "high"),
        "size": one("1024x1024", "1024x1536", "1536x1024"),
        "usage": _openai_usage(),
    }
    images = st.lists(data, min_size=1, max_size=3) | st.lists(linked, min_size=1, max_size=2)
    return some({"created": st.integers(0, 2_000_000_000), "data": images}, optional, 4)


# ── speech ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SAMPLES = st.binary(max_size=12).map(lambda data: data[: len(data) // 2 * 2])
RAW = one("audio/L16;codec=pcm;rate=24000", "audio/L16;rate=16000", "audio/pcm;rate=24000")


def openai_speech() -> Strategy[Object]:
    """A text and a voice."""
    optional = {
        "instructions": PROMPTS,
        "response_format": rarely(one("mp3"), one("wav", "pcm")),
        "speed": one(0.25, 1, 1.5, 4),
        "stream_format": one("sse", "audio"),
    }
    voice = one("Kore", "alloy", "Bob") | rarely(some({"id": words}), one("Puck"))
    return some({"model": one(*SPEAKERS), "input": PROMPTS, "voice": voice}, optional, 3)


def gemini_speech() -> Strategy[Object]:
    """A text for a model that speaks."""
    part = some({"text": PROMPTS}, {"speechMetadata": some({}, {"style": PROMPTS, "speaker": words}, 2)}, 1)
    named = some({"prebuiltVoiceConfig": some({"voiceName": one("Kore", "Puck", "alloy", "Bob")})})
    own = some({"voice": one("voices/abc")})
    voice = some({}, {"voiceConfig": rarely(own, named), "languageCode": one("de-DE")}, 2)
    config = {"responseModalities": one(["AUDIO"], ["TEXT"]), "speechConfig": voice, "candidateCount": one(1)}
    return asked(part, config, systemInstruction=SYSTEM)


def sound() -> Strategy[Object]:
    """Samples, or a file of them."""
    raw = some({"mimeType": RAW, "data": SAMPLES.map(base64.b64encode).map(bytes.decode)})
    file = some({"mimeType": one("audio/wav"), "data": SAMPLES.map(waved)})
    return some({"inlineData": raw | file}, {"thoughtSignature": draw.signatures}, 1)


def waved(samples: bytes) -> str:
    """Samples as a file, in base64."""
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24000)
        file.writeframes(samples)
    return base64.b64encode(made.getvalue()).decode()


def gemini_spoken() -> Strategy[Object]:
    """A sound, seldom with something beside it."""
    beside = rarely(odd(), sound())
    return gemini_reply(rarely(remark(), beside), most=1) | gemini_reply(sound().map(dict), most=1)


def openai_spoken() -> Strategy[Object]:
    """Bytes, and what they are."""
    file = some({"audio": SAMPLES.map(waved), "content_type": one("audio/wav")})
    raw = some({"audio": SAMPLES.map(base64.b64encode).map(bytes.decode), "content_type": one("audio/pcm")})
    return file | raw | rarely(some({"audio": DATA, "content_type": one("audio/mpeg")}), raw)


DRAWN = {
    ("images.generate.request", "openai"): openai_request(),
    ("images.generate.request", "gemini"): gemini_request(),
    ("images.generate.response", "openai"): openai_response(),
    ("images.generate.response", "gemini"): gemini_response(),
    ("images.edit.request", "openai"): openai_edit(),
    ("images.edit.request", "gemini"): gemini_edit(),
    ("images.edit.response", "openai"): openai_response(),
    ("images.edit.response", "gemini"): gemini_edited(),
    ("audio.speech.request", "openai"): openai_speech(),
    ("audio.speech.request", "gemini"): gemini_speech(),
    ("audio.speech.response", "openai"): openai_spoken(),
    ("audio.speech.response", "gemini"): gemini_spoken(),
}
