"""What a peer was seen to ask for images and speech, and what is asked here: equal, or named with the reason."""

import base64
import json

import pytest
from conformance.observed import HERE, differing, normal_gemini
from isogloss import DocumentError
from isogloss.translator import Translator

CASES = {case["name"]: case for case in map(json.loads, (HERE / "observed_media.jsonl").read_text().splitlines())}
HOST = "https://generativelanguage.googleapis.com"
ASKED = [name for name, case in CASES.items() if name.startswith("image_") and case.get("calls", True)]
SPOKEN = {"speech_pcm": "pcm", "speech_wav": "wav", "speech_None": None}
#: What is done otherwise on purpose: the places, and why.
DIFFERENCES = {
    "image_imagen": ({"/body/parameters/imageSize", "/body/parameters/sampleImageSize"}, "Google's name is another"),
    "image_imagen_filtered": (
        {"/body/parameters/sampleCount"},
        "one is what OpenAI makes unasked, and Imagen makes four",
    ),
    "image_nano_banana": (
        {"/url", "/body/instances", "/body/parameters", "/body/contents", "/body/generationConfig"},
        "it is a Gemini model, which has no predict",
    ),
    "image_edit": (
        {"/body/generationConfig/candidateCount"},
        "one image is what is made anyway",
    ),
    "image_gemini25": (
        {"/body/generationConfig/candidateCount"},
        "the peer asks for two at once, which Google answers with 400; here each is a call",
    ),
}
#: How many calls like the first one are made beside it.
OFTEN = {"image_gemini25": 1}
#: Sizes that are not made there, so that the nearest is asked for; the last one is nearer to 3:2 than to 4:3.
NEAREST = {(size, "gemini-3-pro-image-preview") for size in ("256x256", "512x512", "1280x896")}


def exchange(operation, **body):
    return Translator("openai", "gemini", profile="retired").exchange(operation, body)


def normal(body):
    """Spell names in one way; the order of modalities says nothing, and a lone turn is the user's."""
    found = normal_gemini(json.loads(json.dumps(body)))
    if "contents" in found:
        found["contents"] = [{"parts": one["parts"]} for one in found["contents"]]
        found["generationConfig"]["responseModalities"].sort()
    return found


def ours(name, case):
    if name == "image_edit":
        picture, text = case["body"]["contents"][0]["parts"]
        url = f"data:image/png;base64,{picture['inlineData']['data']}"
        words = {"image": url, "prompt": text["text"], "model": "gemini-2.5-flash-image", "size": "1536x1024", "n": 1}
        return exchange("images.edit", **words)
    model = case["model"].removeprefix("gemini/")
    return exchange("images.generate", model=model, prompt="cat", **case["params"])


@pytest.mark.parametrize("name", ASKED)
def test_image(name):
    case = CASES[name]
    asked = ours(name, case)
    call, *others = asked.calls
    assert [other.body for other in others] == [call.body] * OFTEN.get(name, 0)
    called = case["calls"][0] if "calls" in case else case
    peer = {"url": called["url"], "body": called["body"]}
    found = differing({"url": HOST + call.path, "body": normal(call.body)}, {**peer, "body": normal(peer["body"])})
    assert found.keys() == DIFFERENCES.get(name, (set(), ""))[0], found


TABLE = [(size, model) for size, models in CASES["size_table"]["table"].items() for model in models]


@pytest.mark.parametrize(("size", "model"), [pair for pair in TABLE if "gemini" in pair[1] and pair[0] != "bad"])
def test_size(size, model):
    body = exchange("images.generate", model=model, prompt="cat", size=size).request.body
    config = body["generationConfig"].get("imageConfig", {})
    peer = CASES["size_table"]["table"][size][model] or {}
    assert (config == peer) is ((size, model) not in NEAREST), (config, peer)


@pytest.mark.parametrize("name", SPOKEN)
def test_speech(name):
    case, form = CASES[name], SPOKEN[name]
    words = {"response_format": form} if form else {}
    asked = exchange("audio.speech", model="gemini-2.5-flash-preview-tts", input="hello", voice="Kore", **words)
    spoken = case["calls"][0]["body"]
    spoken["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"] = "Kore"
    assert asked.request.body == spoken, "but for the voice: the peer sends OpenAI's name, which Google does not know"
    blob = {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": base64.b64encode(b"ABCD").decode()}
    reply = {"candidates": [{"content": {"parts": [{"inlineData": blob}]}, "finishReason": "STOP"}]}
    body = asked.response(reply).body
    assert base64.b64decode(body["audio"]).hex() == case["head"]
    assert body["content_type"] == case["ctype"]["content-type"]


def test_speech_in_another_format():
    with pytest.raises(DocumentError, match="wav or pcm"):
        exchange("audio.speech", model="gemini-2.5-flash-preview-tts", input="a", voice="Kore", response_format="mp3")


def test_every_difference_is_of_a_case():
    assert DIFFERENCES.keys() <= CASES.keys()
