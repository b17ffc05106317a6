"""Videos by the official openai client: through the gateway, from the offline Gemini that still makes them."""

import asyncio
import base64
import io
import json
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import isogloss
import openai
import pytest
from isogloss.gateway import server, settings
from servers import KEY, TLS, emulated
from wire.chain import Gateway, gateway

#: The client warns that OpenAI itself has shut its videos down.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")

VEO = "veo-3.1-generate-preview"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def studio(emulator):
    """A gateway to a server that still has Veo."""
    with gateway(emulator, front=["openai"], back="gemini", profile="retired") as running:
        yield running


@pytest.fixture
def videos(studio):
    with studio.openai() as client:
        yield client.videos


@contextmanager
def only(emulator, **words):
    """A gateway that knows the servers of its configuration only."""
    with server.background(settings.decide({"port": 0, **words}, {})) as address:
        yield Gateway(address, emulator)


def packed(*values):
    text = json.dumps(values, separators=(",", ":"))
    return "video_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_video_from_its_request_to_its_bytes(studio, videos):
    asked = videos.create(model=VEO, prompt="[[polls 2]] a cat", seconds="4", size="1024x1792")
    assert (asked.status, asked.seconds, asked.size, asked.prompt) == ("queued", "4", "1024x1792", "[[polls 2]] a cat")
    (body,) = studio.asked()
    assert body["parameters"] == {"durationSeconds": 4, "aspectRatio": "9:16", "resolution": "1080p"}
    seen = [videos.retrieve(asked.id) for _ in range(3)]
    assert [one.status for one in seen] == ["in_progress", "in_progress", "completed"]
    assert [(one.id, one.created_at, one.seconds, one.model) for one in seen] == [
        (asked.id, asked.created_at, "4", VEO)
    ] * 3
    content = videos.download_content(asked.id)
    assert content.response.headers["content-type"] == "video/mp4"
    assert content.read()[4:8] == b"ftyp"


def test_waiting_for_a_video(videos):
    done = videos.create_and_poll(model=f"gemini/{VEO}", prompt="a dog", poll_interval_ms=10)
    assert (done.status, done.progress, done.seconds, done.size) == ("completed", 100, "8", "1280x720")


def test_several_videos_of_one_job(studio, videos):
    """The content of a job is one video; the job says that there are more, and where."""
    asked = videos.create(model=VEO, prompt="twins", extra_body={"n": 2})
    for _ in range(3):
        raw = videos.with_raw_response.retrieve(asked.id)
    done = raw.parse()
    assert done.status == "completed"
    assert "videos.get.response.several" in raw.headers["x-isogloss-losses"]
    first, second = done.extra_content["google"]["generateVideoResponse"]["generatedSamples"]
    with studio.raw() as client:
        films = [client.get("/gemini" + urlsplit(one["video"]["uri"]).path + "?alt=media") for one in (first, second)]
    assert [film.headers["content-type"] for film in films] == ["video/mp4"] * 2
    assert films[0].content == videos.download_content(asked.id).read() != films[1].content


@pytest.mark.anyio
async def test_the_same_for_coroutines(studio):
    async with studio.async_openai() as client:
        made = [client.videos.create_and_poll(model=VEO, prompt=word, poll_interval_ms=10) for word in ("a", "b")]
        done = await asyncio.gather(*made)
        films = [(await client.videos.download_content(one.id)).read() for one in done]
    assert films[0] != films[1]


@pytest.mark.parametrize(
    "given", [PNG, ("first.png", PNG, "image/png"), io.BytesIO(PNG)], ids=["bytes", "named", "file"]
)
def test_a_first_image_as_a_file(studio, videos, given):
    if not isinstance(given, tuple):
        given = ("first.png", given)
    videos.create(model=VEO, prompt="a cat", input_reference=given, seconds="8")
    (body,) = studio.asked() or [None]
    assert body["instances"][0]["image"] == {
        "bytesBase64Encoded": base64.b64encode(PNG).decode(),
        "mimeType": "image/png",
    }
    assert body["parameters"] == {"durationSeconds": 8}


def test_what_only_google_has(studio, videos):
    extra = {"negativePrompt": "dogs", "extra_body": {"google": {"person_generation": "allow_all"}}}
    videos.create(model=VEO, prompt="a cat", extra_body=extra)
    (body,) = studio.asked()
    assert body["parameters"] == {"negativePrompt": "dogs", "personGeneration": "allow_all"}


@pytest.mark.parametrize(
    ("prompt", "code", "says"),
    [
        ("[[spoil INTERNAL]]", "internal_error", "The script asks"),
        ("[[filter no children]]", "moderation_blocked", "no children"),
        ("[[vanish]]", "moderation_blocked", "filtered"),
    ],
)
def test_what_comes_to_nothing_has_failed(videos, prompt, code, says):
    done = videos.create_and_poll(model=VEO, prompt=prompt, poll_interval_ms=10)
    assert (done.status, done.error.code) == ("failed", code)
    assert says in done.error.message
    with pytest.raises(openai.NotFoundError, match="no video"):
        videos.download_content(done.id)


def test_what_is_not_done_has_no_bytes(videos):
    asked = videos.create(model=VEO, prompt="[[polls 9]] a cat")
    with pytest.raises(openai.NotFoundError, match="no video yet"):
        videos.download_content(asked.id)
    with pytest.raises(openai.BadRequestError, match="thumbnail"):
        videos.download_content(asked.id, variant="thumbnail")


def test_a_part_of_a_film(studio, videos):
    done = videos.create_and_poll(model=VEO, prompt="a part", poll_interval_ms=10)
    with studio.raw() as client:
        whole = client.get(f"/v1/videos/{done.id}/content")
        part = client.get(f"/v1/videos/{done.id}/content", headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, whole.content[4:8])


def test_what_nobody_can_do(videos):
    asked = videos.create(model=VEO, prompt="a cat")
    for do in (videos.list, lambda: videos.delete(asked.id), lambda: videos.remix(asked.id, prompt="a dog")):
        with pytest.raises(openai.APIStatusError, match="Gemini API") as caught:
            do()
        assert caught.value.status_code == 501


def test_a_model_that_is_gone_names_its_successor(front):
    with front.openai() as client, pytest.raises(openai.NotFoundError, match="gemini-omni"):
        client.videos.create(model=VEO, prompt="a cat")
    assert not front.emulator.requests()


@pytest.mark.parametrize(
    ("model", "status", "says"),
    [("gemini-2.5-flash", 400, "it makes no videos"), ("gemini-omni-1.1-flash", 501, "Interactions API only")],
)
def test_a_model_that_cannot_be_asked(videos, model, status, says):
    with pytest.raises(openai.APIStatusError, match=says) as caught:
        videos.create(model=model, prompt="a cat")
    assert caught.value.status_code == status


@pytest.mark.parametrize(
    "name",
    [
        "models/x/operations/../../../files/y", "models/../files/x", "files/abc", "https://example.com/operations/x",
        "//example.com/models/x/operations/y", "models/x/operations/y?key=z", "models/x/operations/y#", "models/x",
        "models/x/operations/%2e%2e", "operations/..", "models/./operations/x", "models\\x\\operations\\y",
        "models/x/operations/y\r\nx-evil: 1", "models/x/operations/y:cancel",
    ],
)  # fmt: skip
def test_an_id_of_a_stranger_leads_nowhere_else(studio, videos, name):
    forged = packed(name, None, None, None, None)
    for do in (videos.retrieve, videos.download_content):
        with pytest.raises(openai.NotFoundError):
            do(forged)
    assert not studio.emulator.requests(), "nothing has been asked upstream"


@pytest.mark.parametrize("name", ["video_123", "abc", packed(1, 2, 3, 4, 5), packed("a"), "video_" + "A" * 9000])
def test_an_id_of_nobody(studio, videos, name):
    with pytest.raises(openai.NotFoundError):
        videos.retrieve(name)
    assert not studio.emulator.requests()


def test_an_id_whose_job_is_not_there(videos):
    with pytest.raises(openai.NotFoundError, match="no operation"):
        videos.retrieve(packed(f"models/{VEO}/operations/nothing", VEO, 1, 8, "1280x720"))


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"prompt": 3}, 400, "prompt is a text"),
        ({}, 400, "needs a prompt"),
        ({"prompt": "a", "seconds": "5"}, 400, "4, 6, 8 or 12"),
        ({"prompt": "a", "seconds": {}}, 400, "4, 6, 8 or 12"),
        ({"prompt": "a", "size": 4}, 400, "1280x720"),
        ({"prompt": "a", "size": "99999999999x1"}, 400, "1280x720"),
        ({"prompt": "a", "input_reference": 3}, 400, "input_reference is"),
        ({"prompt": "a", "input_reference": {"image_url": "http://169.254.169.254/"}}, 400, "no address is fetched"),
        ({"prompt": "a", "input_reference": {"image_url": "data:image/png"}}, 400, "comma"),
        ({"prompt": "a", "resolution": "8k"}, 400, "resolution"),
    ],
)
def test_bad_requests(studio, body, status, says):
    with studio.raw() as client:
        reply = client.post("/v1/videos", json={"model": VEO, **body})
    assert (reply.status_code, reply.json()["error"]["type"]) == (status, "invalid_request_error")
    assert says in reply.json()["error"]["message"]


def test_a_film_is_written_to_a_file(videos, tmp_path):
    done = videos.create_and_poll(model=VEO, prompt="to a file", poll_interval_ms=10)
    path = Path(tmp_path) / "cat.mp4"
    videos.download_content(done.id).write_to_file(path)
    assert path.read_bytes()[4:8] == b"ftyp"


def test_the_address_of_a_film_holds_no_key(videos):
    done = videos.create_and_poll(model=VEO, prompt="a key", poll_interval_ms=10)
    uri = done.model_extra["extra_content"]["google"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    assert "key" not in uri
    assert httpx.get(uri, verify=TLS).status_code == 403


def test_a_job_is_looked_at_where_it_was_asked_for(emulator):
    """Of several servers the id says which: it holds the model as its caller calls it."""
    with emulated() as other:
        upstreams = {
            "first": {"dialect": "gemini", "url": emulator.url},
            "other": {"dialect": "gemini", "url": other.url},
        }
        models = {"films": {"upstream": "other", "model": VEO}}
        words = {"front": ["openai"], "profile": "retired", "upstreams": upstreams, "models": models}
        with only(emulator, **words) as running, running.openai() as client:
            done = client.videos.create_and_poll(model="films", prompt="elsewhere", poll_interval_ms=10)
            film = client.videos.download_content(done.id).read()
        assert not emulator.requests()
        assert len(other.requests()) == 5
    assert (done.status, film[4:8]) == ("completed", b"ftyp")


@pytest.fixture(scope="module")
def theatre(emulator, studio):
    """Gemini's API in front, behind it a server that speaks OpenAI's: the gateway of `studio`."""
    with gateway(emulator, studio.url, front=["gemini"], back="openai") as running:
        yield running


@pytest.mark.parametrize(("prompt", "ending"), [("a cat", "response"), ("[[spoil INTERNAL]] a cat", "error")])
def test_googles_call_of_a_server_that_speaks_openais_dialect(theatre, prompt, ending):
    body = {"instances": [{"prompt": prompt}], "parameters": {"aspectRatio": "9:16", "durationSeconds": 4}}
    with theatre.raw(headers={"x-goog-api-key": KEY}) as client:
        begun = client.post(f"/v1beta/models/{VEO}:predictLongRunning", json=body).json()
        seen = [client.get(f"/v1beta/{begun['name']}").json() for _ in range(2)]
        assert [one["name"] for one in seen] == [begun["name"]] * 2
        assert ["done" in one for one in seen] == [False, True]
        assert ending in seen[1]
        if ending == "response":
            uri = httpx.URL(seen[1]["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"])
            assert client.get(uri.raw_path.decode()).content[4:8] == b"ftyp"


def test_a_client_that_translates_by_itself(emulator):
    """Without a gateway: the official client with a transport of ours."""
    http = isogloss.http_client(api_key=KEY, api_base=emulator.url, profile="retired")
    with openai.OpenAI(api_key=KEY, http_client=http) as client:
        done = client.videos.create_and_poll(
            model=VEO, prompt="a cat", input_reference=("a.png", PNG), poll_interval_ms=10
        )
        assert done.status == "completed"
        assert client.videos.download_content(done.id).read()[4:8] == b"ftyp"
        with client.videos.with_streaming_response.download_content(done.id) as film:
            assert b"".join(film.iter_bytes(100))[4:8] == b"ftyp"
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(packed("models/../files/x", None, None, None, None))
