"""The emulator's videos: what it takes, how jobs go, and the bytes that come of them."""

import json
import struct

import httpx
import pytest
import suite
from hypothesis import HealthCheck, given, settings
from laws import strategies, videos
from servers import TLS

VEO = "veo-3.1-generate-preview"
IMAGE = {"bytesBase64Encoded": "aWNvbg==", "mimeType": "image/png"}


@pytest.fixture
def client(emulator):
    with emulator.client() as found:
        yield found


def begun(client, prompt="a cat", *, model=VEO, parameters=None, **instance):
    body = {"instances": [{"prompt": prompt, **instance}], **({"parameters": parameters} if parameters else {})}
    return client.post(f"/v1beta/models/{model}:predictLongRunning", json=body)


def looked(client, prompt, looks=2):
    name = begun(client, prompt).json()["name"]
    return [client.get(f"/v1beta/{name}").json() for _ in range(looks)]


def made(done):
    return done["response"]["generateVideoResponse"]


def boxes(data):
    found = {}
    while data:
        size, name = struct.unpack(">I4s", data[:8])
        found[name.decode()] = data[8:size]
        data = data[size:]
    return found


def test_a_job_is_done_after_some_looks(client):
    first, second = looked(client, "a cat")
    assert first == {"name": first["name"]}
    assert first["name"].startswith(f"models/{VEO}/operations/")
    assert second["done"] is True
    samples = made(second)["generatedSamples"]
    assert [":download?alt=media" in one["video"]["uri"] for one in samples] == [True]


def test_a_script_says_after_how_many(client):
    assert ["done" in one for one in looked(client, "[[polls 3]] a cat", 4)] == [False, False, False, True]


def test_an_operation_is_found_without_its_model_too(client):
    name = begun(client).json()["name"].rpartition("/")[2]
    assert client.get(f"/v1beta/operations/{name}").json()["name"].endswith(name)


def test_the_bytes_want_a_key_and_are_a_film(client):
    uri = made(looked(client, "a dog")[1])["generatedSamples"][0]["video"]["uri"]
    assert httpx.get(uri, verify=TLS).status_code == 403
    reply = client.get(uri)
    assert reply.headers["content-type"] == "video/mp4"
    film = boxes(reply.content)
    assert list(film) == ["ftyp", "moov", "mdat"]
    assert film["mdat"].startswith(b"\x89PNG")
    assert struct.unpack(">II", boxes(film["moov"])["mvhd"][12:20]) == (1000, 8000), "eight seconds"
    part = client.get(uri, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_a_job_belongs_to_who_asked_for_it(client):
    name = begun(client).json()["name"]
    assert client.get(f"/v1beta/{name}", headers={"x-goog-api-key": "other"}).status_code == 404
    assert client.get("/v1beta/models/veo-2.0-generate-001/operations/" + name.rpartition("/")[2]).status_code == 404


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("[[spoil INVALID_ARGUMENT]]", {"error": {"code": 3, "message": "The script asks for this error."}}),
        ("[[filter no children]]", {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["no children"]}),
        ("[[vanish]]", {}),
    ],
)
def test_a_job_may_come_to_nothing(client, prompt, wanted):
    done = looked(client, prompt)[1]
    assert done["done"] is True
    assert {"error": done["error"]} == wanted if "error" in done else made(done) == wanted


@pytest.mark.parametrize(
    ("parameters", "instance", "says"),
    [
        ({"durationSeconds": 5}, {}, "durationSeconds"),
        ({"aspectRatio": "1:1"}, {}, "aspect_ratio"),
        ({"resolution": "8k"}, {}, "resolution"),
        ({"sampleCount": 9}, {}, "sample_count"),
        ({"personGeneration": "nobody"}, {}, "person_generation"),
        ({"seed": 3}, {}, 'unknown name "seed"'),
        ({"generateAudio": True}, {}, 'unknown name "generateAudio"'),
        ({"durationSeconds": 4}, {"image": IMAGE, "lastFrame": IMAGE}, "must be 8"),
        ({}, {"lastFrame": IMAGE}, "first one"),
        ({}, {"referenceImages": [{"image": IMAGE}] * 4}, "At most 3"),
        ({}, {"image": {"bytesBase64Encoded": "!", "mimeType": "image/png"}}, "Base64"),
        ({}, {"image": {"bytesBase64Encoded": "", "mimeType": "image/png"}}, "it is empty"),
        ({}, {"image": {"bytesBase64Encoded": "bm8gcGljdHVyZQ==", "mimeType": "image/png"}}, "this is no image/png"),
        ({}, {"image": {**IMAGE, "mimeType": "image/gif"}}, "PNG, JPEG or WebP"),
        ({}, {"image": {"mimeType": "image/png"}}, "bytes_base64_encoded"),
        ({}, {"mask": {}}, 'unknown name "mask"'),
    ],
)
def test_what_it_does_not_take(client, parameters, instance, says):
    reply = begun(client, parameters=parameters, **instance)
    assert reply.status_code == 400
    assert says in reply.json()["error"]["message"]


def test_an_older_model_takes_other_lengths_and_no_resolution(client):
    old = "veo-2.0-generate-001"
    assert begun(client, model=old, parameters={"durationSeconds": 5}).status_code == 200
    assert begun(client, model=old, parameters={"durationSeconds": 4}).status_code == 400
    assert begun(client, model=old, parameters={"resolution": "720p"}).status_code == 400


def test_only_models_of_videos_make_some(client):
    assert begun(client, model="gemini-2.5-flash").status_code == 404
    assert client.post(f"/v1beta/models/{VEO}:generateContent", json={}).status_code == 404


WRITTEN = [
    case
    for case in suite.every()
    if (case.operation, case.phase, case.writer) == ("videos.create", "request", "gemini") and case.error is None
]


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.name)
def test_what_the_rules_write_is_taken(client, case):
    model = case.model if case.model in ("veo-2.0-generate-001", VEO) else VEO
    reply = client.post(f"/v1beta/models/{model}:predictLongRunning", json=case.wanted)
    assert reply.status_code == 200, reply.text


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(strategies.mutated(videos.gemini_request()) | strategies.any_json())
def test_whatever_comes_is_taken_or_refused(client, body):
    assert client.post(f"/v1beta/models/{VEO}:predictLongRunning", content=json.dumps(body)).status_code in (200, 400)
