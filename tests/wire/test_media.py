"""Images and speech by the official openai client, unmodified, through the gateway to the offline Gemini."""

import base64
import io
import struct
import wave
import zlib

import openai
import pytest
from servers import emulated
from wire.chain import gateway

IMAGE = "gemini-3.1-flash-image"
TTS = "gemini-2.5-flash-preview-tts"
NEWEST_TTS = "gemini-3.8-flash-tts"


def png(wide=4, high=4):
    """A picture of one colour."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\x20\x60\xa0" * wide for _ in range(high))
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def client(front):
    with front.openai() as client:
        yield client


def size(image):
    return struct.unpack(">II", base64.b64decode(image.b64_json)[16:24])


# ---------------------------------------------------------------------------------------------- images


@pytest.mark.parametrize("model", [IMAGE, "gemini-2.5-flash-image", "gemini-3-pro-image", "nano-banana"])
def test_an_image(client, front, model):
    reply = client.images.generate(model=model, prompt="a cat", size="1536x1024")
    assert len(reply.data) == 1
    wide, high = size(reply.data[0])
    assert wide > high
    assert reply.output_format == "png"
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens
    (asked,) = front.asked()
    assert asked["generationConfig"]["imageConfig"]["aspectRatio"] == "3:2"


def test_losses_are_told(client):
    raw = client.images.with_raw_response.generate(model=IMAGE, prompt="a cat", quality="high")
    assert "images.generate.request.quality" in raw.headers["x-isogloss-losses"]


def test_drafts_of_an_image(client):
    events = list(client.images.generate(model=IMAGE, prompt="a cat", stream=True, partial_images=2))
    *drafts, last = events
    assert last.type == "image_generation.completed"
    assert base64.b64decode(last.b64_json).startswith(b"\x89PNG")
    assert last.usage.total_tokens > 0
    assert [draft.type for draft in drafts] == ["image_generation.partial_image"] * len(drafts)
    assert [draft.partial_image_index for draft in drafts] == list(range(len(drafts))) != []


def test_events_of_images_have_names(front):
    body = {"model": IMAGE, "prompt": "a cat", "stream": True}
    with front.raw() as raw:
        lines = raw.post("/v1/images/generations", json=body).text.split("\n")
    assert "event: image_generation.completed" in lines
    assert "data: [DONE]" not in lines


def test_an_edit(client, front):
    reply = client.images.edit(model=IMAGE, prompt="add a hat", image=("cat.png", png(), "image/png"), size="1024x1024")
    assert size(reply.data[0])[0] == size(reply.data[0])[1]
    (asked,) = front.asked()
    picture, text = asked["contents"][0]["parts"]
    assert base64.b64decode(picture["inlineData"]["data"]) == png()
    assert text == {"text": "add a hat"}


def test_an_edit_of_several(client, front):
    files = [("a.png", png(2, 2), "image/png"), ("b.png", png(3, 3), "image/png")]
    client.images.edit(model=IMAGE, prompt="join them", image=files, n=1)
    (asked,) = front.asked()
    *pictures, _ = asked["contents"][0]["parts"]
    assert [base64.b64decode(one["inlineData"]["data"]) for one in pictures] == [png(2, 2), png(3, 3)]


def test_an_edit_streams(client):
    events = client.images.edit(model=IMAGE, prompt="add a hat", image=("cat.png", png(), "image/png"), stream=True)
    assert [event.type for event in events][-1] == "image_edit.completed"


def test_an_edit_as_json(front):
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    body = {"model": IMAGE, "prompt": "add a hat", "images": [{"image_url": url}]}
    with front.raw() as raw:
        reply = raw.post("/v1/images/edits", json=body)
    assert reply.status_code == 200
    assert reply.json()["data"][0]["b64_json"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"model": "gemini-3.8-flash"}, "'gemini-3.8-flash' cannot be asked for images.generate"),
        ({"model": "imagen-4.0-generate-001"}, "has shut Imagen down"),
        ({"n": 0}, "a whole number from 1 to 10"),
        ({"n": 11}, "a whole number from 1 to 10"),
        ({"n": "2"}, "a whole number from 1 to 10"),
        ({"n": 1.5}, "a whole number from 1 to 10"),
        ({"n": 2, "stream": True}, "a stream answers one of these only"),
        ({"n": 3, "prompt": "a cat [[refuse IMAGE_SAFETY]]"}, "filtered: IMAGE_SAFETY"),
        ({"prompt": "a cat [[block PROHIBITED_CONTENT]]"}, "blocked: PROHIBITED_CONTENT"),
        ({"size": "huge"}, "a width and a height"),
        ({"prompt": ["a cat"]}, "prompt is a text"),
        ({"prompt": "a cat [[refuse IMAGE_SAFETY]]"}, "filtered: IMAGE_SAFETY"),
    ],
)
def test_what_cannot_be_made_is_refused(client, words, sentence):
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(**{"model": IMAGE, "prompt": "a cat", **words})
    assert caught.value.status_code in (400, 404)
    assert sentence in caught.value.body["message"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"mask": ("mask.png", png(), "image/png")}, "takes no mask"),
        ({"image": ("cat.png", b"this is no picture", "image/png")}, "Unable to process input image"),
        ({"model": "gemini-3.8-flash"}, "images.edit"),
    ],
)
def test_what_cannot_be_edited_is_refused(client, words, sentence):
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.edit(**{"model": IMAGE, "prompt": "a hat", "image": ("cat.png", png(), "image/png"), **words})
    assert sentence in caught.value.body["message"]


def test_imagen_where_it_is_left(emulator):
    with gateway(emulator, front=["openai"], back="gemini", profile="retired") as running, running.openai() as client:
        reply = client.images.generate(model="imagen-4.0-generate-001", prompt="a cat", n=2, size="1024x1024")
        assert [base64.b64decode(one.b64_json)[:4] for one in reply.data] == [b"\x89PNG"] * 2
        (asked,) = running.asked()
        assert asked["parameters"] == {"sampleCount": 2, "aspectRatio": "1:1", "sampleImageSize": "1K"}


def test_images_that_are_filtered(emulator):
    with gateway(emulator, front=["openai"], back="gemini", profile="retired") as running, running.openai() as client:
        words = {"model": "imagen-4.0-generate-001", "n": 2}
        reply = client.images.with_raw_response.generate(**words, prompt="a cat [[finish unsafe]]")
        assert len(reply.parse().data) == 1
        assert "filtered" in reply.headers["x-isogloss-losses"]
        with pytest.raises(openai.BadRequestError, match="all were filtered: unsafe"):
            client.images.generate(**words, prompt="a cat [[refuse unsafe]]")


def test_several_images_are_drawn_one_by_one(client, front):
    one = client.images.generate(model=IMAGE, prompt="a cat")
    front.asked()
    raw = client.images.with_raw_response.generate(model=IMAGE, prompt="a cat", n=4, quality="high")
    reply = raw.parse()
    assert [image.b64_json for image in reply.data] == [one.data[0].b64_json] * 4
    assert reply.usage.total_tokens == 4 * one.usage.total_tokens
    assert reply.usage.output_tokens_details.image_tokens == 4 * one.usage.output_tokens_details.image_tokens
    assert raw.headers["x-isogloss-losses"].count("images.generate.request.quality") == 1
    first, *others = front.asked()
    assert others == [first] * 3


def test_several_images_of_one_seed_differ(client, front):
    words = {"model": IMAGE, "prompt": "a cat", "n": 10, "extra_body": {"seed": 7}}
    raw = client.images.with_raw_response.generate(**words)
    images = [image.b64_json for image in raw.parse().data]
    assert len(set(images)) == 10
    assert sorted(body["generationConfig"]["seed"] for body in front.asked()) == list(range(7, 17))
    assert "images.generate.request" in raw.headers["x-isogloss-losses"].split()
    assert [image.b64_json for image in client.images.generate(**words).data] == images
    assert client.images.generate(**{**words, "n": 1}).data[0].b64_json == images[0]


def test_several_edits_of_a_form(client, front):
    reply = client.images.edit(model=IMAGE, prompt="add a hat", image=("cat.png", png(), "image/png"), n=2)
    assert len(reply.data) == 2
    first, second = front.asked()
    assert base64.b64decode(first["contents"][0]["parts"][0]["inlineData"]["data"]) == png()
    assert first == second


SHY = """
scripts:
  - name: shy
    title: filters the first of equal requests
    times: 1
    do: {answer: {finish: IMAGE_SAFETY, parts: [], finish_message: It may hurt.}}
"""


@pytest.fixture(scope="module")
def shy(tmp_path_factory):
    path = tmp_path_factory.mktemp("scripts") / "shy.yaml"
    path.write_text(SHY)
    with emulated(path) as running, gateway(running, front=["openai"], back="gemini") as front:
        yield front


def test_one_of_several_images_is_filtered(shy):
    with shy.openai() as client:
        raw = client.images.with_raw_response.generate(model=IMAGE, prompt="a cat [[shy]]", n=4)
    reply = raw.parse()
    assert len(reply.data) == 3
    assert "images.generate.response.filtered" in raw.headers["x-isogloss-losses"]
    with shy.raw(headers={"x-isogloss-explain": "1"}) as client:
        told = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a dog [[shy]]", "n": 3}).json()
    (loss,) = [loss for loss in told["isogloss"]["losses"] if loss["rule"] == "images.generate.response.filtered"]
    assert (loss["kind"], loss["pointer"]) == ("dropped", "/candidates/0/finishReason")
    assert loss["reason"].startswith("1 of 3 replies left out")
    assert "filtered: IMAGE_SAFETY It may hurt." in loss["reason"]


def test_an_error_of_one_image_is_the_error_of_all(client):
    with pytest.raises(openai.InternalServerError, match="overloaded"):
        client.images.generate(model=IMAGE, prompt="a cat [[tired]] of being drawn", n=3)


def test_images_in_a_chat(client):
    reply = client.chat.completions.create(
        model="gemini-2.5-flash-image",
        messages=[{"role": "user", "content": "Draw a cat"}],
        modalities=["image", "text"],
    )
    (image,) = reply.choices[0].message.images
    assert image["image_url"]["url"].startswith("data:image/png;base64,")


# ---------------------------------------------------------------------------------------------- speech


def heard(data):
    with wave.open(io.BytesIO(data)) as sound:
        return sound.getframerate(), sound.getsampwidth(), sound.getnchannels(), sound.readframes(sound.getnframes())


@pytest.mark.parametrize("model", [TTS, NEWEST_TTS])
def test_speech_is_a_file_where_nothing_is_said(client, model):
    reply = client.audio.speech.create(model=model, voice="Kore", input="Hello there")
    assert heard(reply.content)[:3] == (24_000, 2, 1)
    assert reply.response.headers["content-type"] == "audio/wav"
    assert "audio.speech.request.format-default" in reply.response.headers["x-isogloss-losses"]


@pytest.mark.parametrize("model", [TTS, NEWEST_TTS])
def test_speech_as_samples_and_as_a_file_is_the_same(client, model):
    words = {"model": model, "voice": "alloy", "input": "Hello there"}
    samples = client.audio.speech.create(**words, response_format="pcm")
    file = client.audio.speech.create(**words, response_format="wav")
    assert samples.response.headers["content-type"] == "audio/pcm"
    assert heard(file.content)[3] == samples.content != b""


def test_speech_is_read_as_it_comes(client):
    speech = client.audio.speech.with_streaming_response
    with speech.create(model=TTS, voice="Kore", input="Hello", response_format="pcm") as reply:
        streamed = b"".join(reply.iter_bytes())
    assert streamed == client.audio.speech.create(model=TTS, voice="Kore", input="Hello", response_format="pcm").content


@pytest.mark.parametrize("model", ["gemini-3.1-flash-tts-preview", NEWEST_TTS])
def test_speech_in_events(front, model):
    import json

    words = {"model": model, "voice": "Kore", "input": "Hello there, how are you today?", "response_format": "pcm"}
    with front.raw() as raw:
        whole = raw.post("/v1/audio/speech", json=words).content
        told = raw.post("/v1/audio/speech", json={**words, "stream_format": "sse"}).text
    events = [json.loads(line[6:]) for line in told.split("\n") if line.startswith("data: ")]
    *deltas, done = events
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == whole
    assert done["type"] == "speech.audio.done"
    assert done["usage"]["total_tokens"] > 0


def test_instructions_go_beside_the_text(client, front):
    client.audio.speech.create(model=NEWEST_TTS, voice="Kore", input="Hello", instructions="Whisper.")
    (asked,) = front.asked()
    assert asked["contents"][0]["parts"] == [{"text": "Hello", "speechMetadata": {"style": "Whisper."}}]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"voice": "Bob"}, "'Bob' is not one of Zephyr"),
        ({"response_format": "mp3"}, "response_format is wav or pcm"),
        ({"model": "gemini-3.8-flash"}, "'gemini-3.8-flash' cannot be asked for audio.speech"),
        ({"stream_format": "sse"}, "does not stream"),
        ({"input": 3}, "input is a text"),
    ],
)
def test_what_cannot_be_spoken_is_refused(client, words, sentence):
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.speech.create(**{"model": TTS, "voice": "Kore", "input": "Hello", **words})
    assert sentence in caught.value.body["message"]
