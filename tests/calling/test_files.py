"""Files by the official clients with a transport of ours, against the emulator."""

import asyncio

import httpx
import isogloss
import openai
import pytest
from gateway.stage import Program, reply, running
from gateway.test_plans import RULES
from gateway.test_plans import play as walk
from servers import KEY

TEXT = b"The Danube is the longest river of Austria.\n" * 100


@pytest.fixture
def client(gemini):
    with openai.OpenAI(api_key=KEY, http_client=isogloss.http_client(api_base=gemini.url), max_retries=0) as made:
        yield made


def test_a_file_and_what_becomes_of_it(client, gemini):
    made = client.files.create(
        file=("rivers.txt", TEXT), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert (made.filename, made.bytes, made.purpose, made.status) == ("rivers.txt", len(TEXT), "user_data", "processed")
    assert made.expires_at - made.created_at == 48 * 3600
    assert client.files.retrieve(made.id) == made
    assert made.id in [one.id for one in client.files.list(limit=1)]
    part = {"type": "file", "file": {"file_id": made.id}}
    gemini.forget()
    client.chat.completions.create(model="gemini-2.5-flash", messages=[{"role": "user", "content": [part]}])
    (asked,) = gemini.requests()
    address = asked["body"]["contents"][0]["parts"][0]["fileData"]["fileUri"]
    assert address == f"https://generativelanguage.googleapis.com/v1beta/{made.id}"
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.PermissionDeniedError):
        client.files.retrieve(made.id)


def test_its_length_is_said(client, gemini):
    client.files.create(file=("rivers.txt", TEXT, "text/markdown"), purpose="user_data")
    start, sent = gemini.requests()
    assert start["headers"]["x-goog-upload-header-content-length"] == str(len(TEXT))
    assert start["headers"]["x-goog-upload-header-content-type"] == "text/markdown"
    assert sent["headers"]["content-length"] == str(len(TEXT))


@pytest.mark.usefixtures("gemini")
def test_coroutines():
    async def main():
        async with openai.AsyncOpenAI(api_key=KEY, http_client=isogloss.async_http_client()) as made:
            file = await made.files.create(file=("rivers.txt", TEXT), purpose="vision")
            assert (await made.files.retrieve(file.id)).bytes == len(TEXT)
            assert file.id in [one.id async for one in made.files.list()]
            assert (await made.files.delete(file.id)).id == file.id

    asyncio.run(main())


def test_a_form_that_is_none(gemini):
    with isogloss.http_client(api_base=gemini.url, api_key=KEY, library="httpx") as client:
        head = {"content-type": "multipart/form-data; boundary=x"}
        found = client.post("http://any/v1/files", content=b"--x\r\nbroken", headers=head)
        assert (found.status_code, "form" in found.json()["error"]["message"]) == (400, True)
        found = client.post("http://any/v1/files", json={"purpose": "vision"})
        assert (found.status_code, "sent as a file" in found.json()["error"]["message"]) == (400, True)


def test_content_comes_as_it_comes():
    sent = []

    async def film(asked, send, _):
        if asked["headers"].get("range"):
            await reply(send, 206, b"xx", media="video/mp4", headers=[(b"content-range", b"bytes 0-1/9")])
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"video/mp4")]})
        for _ in range(640):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            sent.append(65536)
        await send({"type": "http.response.body", "body": b""})

    with (
        running(Program(film)) as url,
        isogloss.http_client(api_base=url, api_key=KEY, library="httpx") as client,
    ):
        found = client.get("http://any/v1/files/files/abc/content", headers={"range": "bytes=0-1"})
        assert (found.status_code, found.content, found.headers["content-range"]) == (206, b"xx", "bytes 0-1/9")
        with client.stream("GET", "http://any/v1/files/files/abc/content") as found:
            pieces = found.iter_bytes(1024)
            assert next(pieces) == b"x" * 1024
            assert sum(sent) < 20_000_000
        assert client._transport._client._transport._pool.connections == []  # noqa: SLF001


def test_replies_of_bytes(tmp_path):
    rules = tmp_path / "walk.yaml"
    rules.write_text(RULES)
    with running(walking := Program(walk)) as url:
        walking.bare, walking.status = False, 200
        said = {"api_base": url, "api_key": KEY, "overlays": [rules], "library": "httpx"}
        with isogloss.http_client(**said) as client:
            found = client.post("http://any/v1/walk", json={"far": 3})
            assert (found.content, found.headers["content-type"]) == (b"\x00tap tap", "audio/wav")
            walking.bare = True
            assert client.post("http://any/v1/walk", json={"far": 3}).status_code == 404


def test_nothing_is_sent_elsewhere():
    async def elsewhere(_, send, __):
        await reply(send, 200, {}, headers=[(b"x-goog-upload-url", b"http://127.0.0.1:9/steal")])

    program = Program(elsewhere)
    with running(program) as url, isogloss.http_client(api_base=url, api_key=KEY, library="httpx") as client:
        found = client.post("http://any/v1/files", files={"file": ("a", b"hello")})
        assert isinstance(found, httpx.Response)
        assert (found.status_code, "another server" in found.json()["error"]["message"]) == (502, True)
        assert len(program.seen) == 1
