"""Plans, several calls and replies of bytes on the wire, by rules of an operation that no API has."""

import asyncio
import base64
import json

import httpx
import pytest
from gateway.stage import between, reply
from servers import KEY

RULES = """
dialects:
  openai:
    routes:
      - {operation: walk, method: POST, path: /v1/walk, match: /v1/walk, bytes: {data: sound, type: kind}}
  gemini:
    routes:
      - {operation: walk, method: POST, path: /v1beta/walk, match: /v1beta/walk, headers: {x-pace: "{pace}"}}
      - {operation: walk.rest, method: POST, path: /v1beta/rest, match: /v1beta/rest, heard: false}
documents:
  walk.request:
    rules:
      - {id: far, openai: {far: $f}, gemini: {far: $f}}
      - {id: pace, openai: {pace: $p}, gemini: {pace: $p}}
      - {id: map, openai: {}, gemini: {map: "@map"}, oneway: openai, knows: {openai: map}}
  walk.response:
    rules:
      - {id: sound, openai: {sound: $s}, gemini: {sound: $s}}
      - {id: kind, openai: {kind: $k}, gemini: {kind: $k}}
      - {id: map, openai: {}, gemini: {map: $m}, oneway: gemini, ignores: [m]}
  walk.rest.request:
    rules:
      - {id: where, openai: {far: $f}, gemini: {at: $f}}
    drops: {openai: {pace: nobody rests at a pace}}
plans:
  walk:
    gemini:
      - {call: walk.rest, keep: {map: {at: maps.0.name, refuse: there is no map, status: 404}}}
      - {call: walk}
"""
DATA = base64.b64encode(b"\x00tap tap").decode()


async def play(asked, send, program):
    if asked["path"].endswith("/rest"):
        maps = {} if program.bare else {"maps": [{"name": "m1"}]}
        await reply(send, program.status, maps if program.status == 200 else {"error": {"code": 503, "message": "no"}})
    else:
        await reply(send, 200, {"sound": DATA, "kind": "audio/wav"})


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "walk.yaml"
    path.write_text(RULES)
    return str(path)


@pytest.fixture
def stage(rules):
    with between(play, {"GEMINI_API_KEY": KEY}, front=["openai", "gemini"], overlays=[rules]) as (url, program):
        program.bare, program.status = False, 200
        yield url, program


def walk(stage, **said):
    return httpx.post(stage[0] + "/v1/walk", json=said, timeout=10, trust_env=False)


def asked(stage):
    return [(one["path"], json.loads(one["body"])) for one in stage[1].seen]


def test_what_one_stage_keeps_the_next_one_says(stage):
    found = walk(stage, far=3)
    assert (found.status_code, found.content, found.headers["content-type"]) == (200, b"\x00tap tap", "audio/wav")
    assert asked(stage) == [("/v1beta/rest", {"at": 3}), ("/v1beta/walk", {"far": 3, "map": "m1"})]
    assert found.headers["x-isogloss-losses"] == "0"


@pytest.mark.parametrize(
    ("bare", "told", "status", "words"),
    [(True, 200, 404, "there is no map"), (False, 503, 503, "no"), (False, 302, 502, "redirect")],
)
def test_a_stage_that_fails_ends_the_plan(stage, bare, told, status, words):
    stage[1].bare, stage[1].status = bare, told
    found = walk(stage, far=3)
    assert (found.status_code, words in found.json()["error"]["message"]) == (status, True)
    assert [path for path, _ in asked(stage)] == ["/v1beta/rest"]


def test_names_stand_in_headers_and_nothing_else_does(stage):
    assert walk(stage, far=3, pace="slow").status_code == 200
    assert stage[1].last["headers"]["x-pace"] == "slow"
    assert asked(stage)[-1] == ("/v1beta/walk", {"far": 3, "map": "m1"})
    stage[1].seen.clear()
    assert walk(stage, far=3, pace="slow\r\nx-other: 1").status_code == 400
    assert [one for one in stage[1].seen if "x-pace" in one["headers"]] == []


def test_a_reply_of_bytes_must_hold_some(rules):
    async def odd(_, send, __):
        await reply(send, 200, {"maps": [{"name": "m1"}], "sound": "no base64!", "kind": "audio/wav"})

    with between(odd, {"GEMINI_API_KEY": KEY}, front=["openai"], overlays=[rules]) as stage:
        found = walk(stage, far=1)
        assert (found.status_code, "holds no bytes" in found.json()["error"]["message"]) == (502, True)


def test_bytes_of_a_server_behind_are_an_object_in_front(rules):
    async def sound(_, send, program):
        await reply(send, program.status, b"\x00tap tap", media="audio/wav; rate=1")

    words = {"front": ["gemini"], "back": "openai", "overlays": [rules], "limits": {"response": 100}}
    with between(sound, {"OPENAI_API_KEY": KEY}, **words) as (url, program):
        program.status = 200
        found = httpx.post(url + "/v1beta/walk", json={"far": 1})
        assert (found.status_code, found.json()) == (200, {"sound": DATA, "kind": "audio/wav"})
        assert program.last["headers"]["accept"] == "*/*"
        program.status = 404
        found = httpx.post(url + "/v1beta/walk", json={"far": 1})
        assert (found.status_code, found.json()["error"]["status"]) == (404, "NOT_FOUND")


# ---------------------------------------------------------------- several calls


class Counting:
    """A server of embeddings that counts how many calls are under way at once."""

    def __init__(self, wrong=None):
        self.now = self.most = 0
        self.wrong = wrong

    async def __call__(self, asked, send, _):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.1)
        self.now -= 1
        texts = [one["content"]["parts"][0]["text"] for one in json.loads(asked["body"])["requests"]]
        if self.wrong in texts:
            await reply(send, 429, {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}})
        else:
            await reply(send, 200, {"embeddings": [{"values": [float(text)]} for text in texts]})


def embed(url, count):
    said = {"model": "gemini-embedding-001", "input": [str(n) for n in range(count)], "encoding_format": "float"}
    return httpx.post(url + "/v1/embeddings", json=said, timeout=20, trust_env=False)


def test_calls_are_made_beside_each_other_and_their_replies_stay_in_order():
    server = Counting()
    with between(server, {"GEMINI_API_KEY": KEY}, front=["openai"]) as (url, program):
        found = embed(url, 1050).json()
        assert [(one["index"], one["embedding"]) for one in found["data"]] == [(n, [float(n)]) for n in range(1050)]
        assert (len(program.seen), 1 < server.most <= 4) == (11, True)


def test_the_first_error_ends_all():
    server = Counting(wrong="150")
    with between(server, {"GEMINI_API_KEY": KEY}, front=["openai"]) as (url, program):
        found = embed(url, 2000)
        assert (found.status_code, found.json()["error"]["message"]) == (429, "slow down")
        assert len(program.seen) < 20
