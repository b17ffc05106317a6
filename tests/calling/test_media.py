"""Images and videos by Python functions, against the offline Gemini: what is handed in, and what comes back."""

import asyncio
import base64
import copy
import io
import pickle

import isogloss.sdk.content
import openai
import pytest
from openai.types import ImagesResponse, Video
from page import PNG

PAINTER = "gemini/gemini-2.5-flash-image"
VEO = "gemini/veo-3.1-generate-preview"
INLINE = {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}


# ------------------------------------------------------------------------------------------------ images


def test_an_image_is_drawn(call, asked):
    done = call("image_generation", "A cat", PAINTER, size="1536x1024", user="me", explain=True)
    assert base64.b64decode(done.data[0].b64_json).startswith(b"\x89PNG")
    assert done["data"][0]["url"] is done.data[0].revised_prompt is None
    assert done.usage.input_tokens_details.text_tokens == 2
    assert {"/user"} <= {loss.pointer for loss in done.losses}
    assert {"/prompt", "/size"} <= {step.pointer for step in done.ledger}
    ImagesResponse.model_validate(done.to_dict(), strict=True)
    assert asked()[0]["generationConfig"]["imageConfig"]["aspectRatio"] == "3:2"


def test_several_images_are_drawn_one_by_one(call, asked):
    done = call("image_generation", "A cat", PAINTER, n=3, seed=5, explain=True)
    assert len({image.b64_json for image in done.data}) == 3
    assert [loss.kind for loss in done.losses if loss.pointer == "/seed"] == ["assumed"]
    assert sorted(body["generationConfig"]["seed"] for body in asked()) == [5, 6, 7]
    assert len(call("image_edit", PNG, "Give it a hat", PAINTER, n=2).data) == 2
    with pytest.raises(openai.BadRequestError, match="a whole number from 1 to 10"):
        call("image_generation", "A cat", PAINTER, n=11)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.usefixtures("gemini")
def test_an_image_is_drawn_in_pieces(asynchronous):
    async def heard():
        return [event async for event in await isogloss.aimage_generation("A cat", PAINTER, stream=True)]

    events = asyncio.run(heard()) if asynchronous else list(isogloss.image_generation("A cat", PAINTER, stream=True))
    assert events[-1].type == "image_generation.completed"
    assert base64.b64decode(events[-1].b64_json).startswith(b"\x89PNG")
    assert events[-1].partial_image_index is None
    assert events[-1].usage.output_tokens


DATA_URL = f"data:image/png;base64,{INLINE['data']}"
#: All sorts of files, of one that lies at a path.
SORTS = {
    "bytes": lambda _: PNG,
    "path": str,
    "Path": lambda path: path,
    "address of a path": lambda path: path.as_uri(),
    "data URL": lambda _: DATA_URL,
    "open file": lambda path: io.BytesIO(path.read_bytes()),
    "name and bytes": lambda path: (path.name, PNG),
    "name, bytes and type": lambda _: ("landmark3", PNG, "image/png"),
    "name and open file": lambda _: (None, io.BytesIO(PNG)),
    "list": lambda path: [path],
}


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "landmark3.png"
    path.write_bytes(PNG)
    return path


@pytest.mark.parametrize("sort", SORTS.values(), ids=SORTS)
def test_an_image_is_edited(call, asked, picture, sort):
    done = call("image_edit", sort(picture), "Give it a hat", PAINTER)
    assert done.data[0].b64_json
    parts = asked()[0]["contents"][0]["parts"]
    assert [part["inlineData"] for part in parts if "inlineData" in part] == [INLINE]
    assert {"text": "Give it a hat"} in parts


def test_open_files_are_closed_by_those_who_opened_them(call, asked, picture):
    with picture.open("rb") as file:
        call("image_edit", [file, PNG], "Put them together", PAINTER)
        assert not file.closed
    assert sum("inlineData" in part for part in asked()[0]["contents"][0]["parts"]) == 2


def test_sorts_of_images_are_known_without_a_name(call, asked):
    heads = {b"\xff\xd8\xff\xe0": "jpeg", b"RIFF\0\0\0\0WEBPVP8 ": "webp"}
    call("image_edit", list(heads), "Put them together", PAINTER, max_retries=0)
    sent = [part["inlineData"]["mimeType"] for part in asked()[0]["contents"][0]["parts"] if "inlineData" in part]
    assert sent == [f"image/{kind}" for kind in heads.values()]


class Nothing:
    """Something that is no file."""


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("nowhere.png", "no file 'nowhere.png'"),
        (b"nonsense", r"hand in \(name, bytes, type\)"),
        ((None, "text"), "holds no bytes"),
        ([Nothing()], "Nothing is no JSON value"),
        (io.StringIO("text"), "open it with mode 'rb'"),
        (5, "an image is"),
        ([], "an edit needs an image"),
    ],
)
def test_what_is_no_image_is_named(call, gemini, image, words):
    with pytest.raises(openai.BadRequestError, match=words):
        call("image_edit", image, "Give it a hat", PAINTER)
    assert gemini.requests() == []


def test_a_file_that_is_open_as_text(call, gemini, picture):
    with picture.open(encoding="utf-8") as file, pytest.raises(openai.BadRequestError, match="mode 'rb'"):
        call("image_edit", file, "Give it a hat", PAINTER)
    assert gemini.requests() == []


def test_files_are_left_alone_for_strangers(call, gemini, picture, tmp_path):
    secret = tmp_path / "id_rsa"
    secret.write_text("secret", encoding="utf-8")
    with pytest.raises(openai.BadRequestError, match="only media are read"):
        call("image_edit", str(secret), "Give it a hat", PAINTER)
    for said in (str(picture), picture, ("a.png", picture)):
        with pytest.raises(openai.BadRequestError):
            call("image_edit", said, "Give it a hat", PAINTER, read_files=False)
    assert gemini.requests() == []


def test_a_mask_is_refused(call, gemini, picture):
    with pytest.raises(openai.BadRequestError, match="takes no mask"):
        call("image_edit", picture, "Give it a hat", PAINTER, mask=picture)
    assert gemini.requests() == []


def test_a_text_model_draws_nothing(call):
    with pytest.raises(openai.BadRequestError, match="the model"):
        call("image_generation", "A cat", "gemini/gemini-2.5-flash")


# ------------------------------------------------------------------------------------------------ videos


def done_job(call, **more):
    """Ask for a video, and look at it until it is done."""
    job = call("video_generation", "A cat in the rain", VEO, profile="retired", **more)
    seen = [job]
    while seen[-1].status in ("queued", "in_progress"):
        assert len(seen) < 10
        seen.append(call("video_status", job.id, custom_llm_provider="gemini", profile="retired"))
    return job, seen


def test_a_video_is_made_looked_at_and_fetched(call, asked, picture, tmp_path):
    job, seen = done_job(call, seconds="8", size="1280x720", input_reference=picture)
    Video.model_validate(job.to_dict(), strict=True)
    assert (seen[-1].status, seen[-1].progress, seen[-1].error) == ("completed", 100, None)
    assert {one.id for one in seen} == {job.id}
    instance = asked()[0]["instances"][0]
    assert instance["image"] == {"bytesBase64Encoded": INLINE["data"], "mimeType": "image/png"}
    film = call("video_content", job.id, profile="retired")
    assert isinstance(film, bytes)
    assert film[4:8] == b"ftyp"
    assert film.media == "video/mp4"
    film.stream_to_file(tmp_path / "cat.mp4")
    assert (tmp_path / "cat.mp4").read_bytes() == film


def test_jobs_that_are_nowhere(call):
    for name in ("video_status", "video_content"):
        with pytest.raises(openai.NotFoundError):
            call(name, "video_nowhere", profile="retired")


def test_videos_that_are_shut_down_say_so(call, gemini):
    with pytest.raises(openai.NotFoundError, match="has shut Veo down"):
        call("video_generation", "A cat", VEO)
    with pytest.raises(ValueError, match="only gemini is asked here"):
        call("video_generation", "A cat", VEO, custom_llm_provider="openai")
    assert gemini.requests() == []


# ------------------------------------------------------------------------------------------------ bytes


def test_content_is_read_in_many_ways(tmp_path):
    made = isogloss.sdk.content.Content(b"0123456789", "audio/wav")
    assert made == made.content == made.read() == asyncio.run(made.aread()) == b"".join(made.iter_bytes(3))
    assert [len(chunk) for chunk in made.iter_bytes(4)] == [4, 4, 2]
    assert list(isogloss.sdk.content.Content(b"", "audio/wav").iter_bytes()) == []

    async def written():
        await made.astream_to_file(tmp_path / "a.wav", chunk_size=2)
        return [chunk async for chunk in made.aiter_bytes()]

    assert asyncio.run(written()) == [b"0123456789"]
    made.write_to_file(tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes() == made
    for twin in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301 - our own
        assert (twin, twin.media, twin.losses) == (made, "audio/wav", ())
    assert str(made) == repr(made) == "Content(10 bytes of audio/wav)"
