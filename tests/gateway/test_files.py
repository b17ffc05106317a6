"""Files on their way through: sent on while they come, never held, and nowhere but to the upstream."""

import asyncio
import json
import logging
import socket
import time
from dataclasses import replace

import httpx
import pytest
from gateway.stage import between, reply, settled
from isogloss import library
from isogloss.crossings.servers import Server
from isogloss.failures import Failure
from servers import KEY

KEYS = {"GEMINI_API_KEY": "operator-key"}
FILE = {
    "name": "files/abc",
    "displayName": "a.txt",
    "mimeType": "text/plain",
    "sizeBytes": "5",
    "createTime": "2026-01-02T03:04:05Z",
    "state": "ACTIVE",
}
#: The beginning of a form with one file.
HEAD = b'--y\r\ncontent-disposition: form-data; name="file"; filename="a"'
MEDIA = {"content-type": "multipart/form-data; boundary=y"}
FORM = {"file": ("a.txt", b"hello", "text/plain")}


class Uploads:
    """A server that gives an address to upload to, and answers what comes there."""

    def __init__(self, address="/take?upload_id=1", status=200):
        self.address = address
        self.status = status

    async def __call__(self, asked, send, _):
        if asked["path"].startswith("/upload/"):
            address = self.address
            if address.startswith("/"):
                address = f"http://{asked['headers']['host']}{address}"
            headers = [(b"x-goog-upload-url", address.encode())] if address else []
            await reply(send, media="text/plain", headers=headers)  # as Google answers: with nothing else
        elif asked["path"].endswith(":download"):
            span = asked["headers"].get("range")
            size = (b"content-length", b"2" if span else b"5")
            more = [(b"content-range", b"bytes 0-1/5"), (b"accept-ranges", b"bytes")] if span else []
            status, body = (206, b"he") if span else (200, b"hello")
            await reply(send, status, body, media="video/mp4", headers=[*more, size])
        elif asked["body"] == b"half of it":
            await asyncio.sleep(1)  # whoever has left is noticed meanwhile
        elif self.status == 200:
            await reply(send, 200, {"file": {**FILE, "sizeBytes": str(len(asked["body"]))}})
        else:
            await reply(send, self.status, {"error": {"code": self.status, "message": "no: operator-key"}})


def post(url, **more):
    return httpx.post(url + "/v1/files", timeout=20, trust_env=False, **{"files": FORM, **more})


@pytest.fixture(scope="module")
def stage():
    limits = {"upload": 3_000_000, "request": 1_000_000, "idle": 1}
    with between(Uploads(), KEYS, front=["openai", "gemini"], limits=limits) as made:
        yield made


def test_two_requests_and_one_answer(stage):
    url, program = stage
    program.seen.clear()
    found = post(
        url, data={"purpose": "vision", "expires_after[seconds]": "3600", "expires_after[anchor]": "created_at"}
    )
    assert found.status_code == 200
    file = found.json()
    assert (file["id"], file["object"], file["bytes"], file["filename"]) == ("files/abc", "file", 5, "a.txt")
    assert (file["created_at"], file["status"], file["purpose"]) == (1767323045, "processed", "vision")
    start, sent = program.seen
    assert json.loads(start["body"]) == {"file": {"displayName": "a.txt"}}
    head = {name: value for name, value in start["headers"].items() if name.startswith("x-goog-upload")}
    assert head == {
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-type": "text/plain",
    }
    assert (sent["path"], sent["query"], sent["body"]) == ("/take", "upload_id=1", b"hello")
    assert sent["headers"]["x-goog-upload-command"] == "upload, finalize"
    assert sent["headers"]["x-goog-api-key"] == "operator-key"
    assert found.headers["x-isogloss-losses"] == "1 files.create.request.expires_after"


def test_what_stands_behind_the_file_counts_too(stage):
    parts = [
        ("file", ("a.txt", b"hello", "text/plain")),
        ("purpose", (None, "assistants")),
    ]
    assert post(stage[0], files=parts).json()["purpose"] == "assistants"


def test_without_a_purpose_one_is_assumed(stage):
    found = post(stage[0])
    assert found.json()["purpose"] == "user_data"
    assert found.headers["x-isogloss-losses"] == "1 file.purpose-unknown"


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"files": None, "data": {"purpose": "vision"}}, 415, "multipart/form-data"),
        ({"files": None, "json": {"purpose": "vision"}}, 400, "file must be sent as a file"),
        ({"files": [("file", (None, "hello"))]}, 400, "file must be one file"),
        ({"files": [("file", ("a", b"1")), ("file", ("b", b"2"))]}, 400, "file must be one file"),
        ({"files": [("purpose", (None, "vision"))]}, 400, "file must be sent as a file"),
        (
            {"files": None, "content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=y"}},
            400,
            "form",
        ),
        ({"files": None, "content": b"--x\r\n", "headers": {"content-type": "multipart/form-data"}}, 400, "boundary"),
        ({"files": {"file": ("a", b"x" * 4_000_000)}}, 413, "larger than 3000000 bytes"),
        ({"files": {"other": ("a", b"x" * 2_000_000)}}, 413, "larger than 1000000 bytes"),
        ({"files": {"file": ("a\r\nx: y", b"hello")}}, 200, ""),
    ],
)
def test_forms_that_are_none(stage, more, status, words):
    found = post(stage[0], **more)
    assert (found.status_code, words in found.text) == (status, True), found.text


def test_a_type_that_is_no_header_stays_out_of_headers(stage):
    body = HEAD + b"\r\ncontent-type: a/b\x01\r\n\r\nhi\r\n--y--\r\n"
    found = httpx.post(stage[0] + "/v1/files", content=body, headers=MEDIA)
    assert found.status_code == 400


def test_a_form_that_breaks_off(stage):
    body = HEAD + b"\r\n\r\nhalf of it"
    found = httpx.post(stage[0] + "/v1/files", content=body, headers=MEDIA)
    assert (found.status_code, "breaks off" in found.text) == (400, True)


def slowly(url, *pieces, pause=0.0, end=True):
    """Send a form in pieces over a bare socket; return what comes back, or nothing where the caller leaves."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    head = HEAD + b"\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(
            b"POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n"
            b"content-type: multipart/form-data; boundary=y\r\n\r\n"
        )
        for piece in (head, *pieces, *([b"\r\n--y--\r\n"] if end else [])):
            line.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            time.sleep(pause)
        if not end:
            return b""
        line.sendall(b"0\r\n\r\n")
        found = b""
        while chunk := line.recv(65536):
            found += chunk
        return found


def test_a_file_in_pieces(stage):
    found = slowly(stage[0], b"hel", b"lo", pause=0.05)
    assert b" 200 " in found.split(b"\r\n")[0]
    assert b'"bytes":5' in found


def test_a_sender_who_goes_quiet(stage):
    host, _, port = stage[0].removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(
            b"POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: 1000\r\n"
            b"content-type: multipart/form-data; boundary=y\r\n\r\n" + HEAD + b"\r\n\r\nhalf"
        )
        assert b" 408 " in line.recv(65536)


def test_a_sender_who_hangs_up_ends_the_upload(stage):
    url, program = stage
    program.seen.clear()
    slowly(url, b"half of it", pause=0.05, end=False)
    assert settled(lambda: "/take" in program.left)
    assert post(url).status_code == 200  # and the gateway goes on


# ---------------------------------------------------------------- addresses that the server gives


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:9/steal", "another server"),
        ("https://generativelanguage.googleapis.com/upload", "another server"),
        ("http://user:pw@{host}/take", "another server"),
        ("http://[broken", "another server"),
        ("file:///etc/passwd", "another server"),
        ("", "no address"),
    ],
)
def test_nothing_is_sent_elsewhere(address, words, caplog):
    caplog.set_level(logging.DEBUG)
    plays = Uploads()
    with between(plays, KEYS, front=["openai"]) as (url, program):
        plays.address = address and address.format(host="127.0.0.1")
        found = post(url)
        assert (found.status_code, words in found.json()["error"]["message"]) == (502, True), found.text
        assert [one["path"] for one in program.seen] == ["/upload/v1beta/files"]
    assert "operator-key" not in caplog.text + found.text


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://api.example:8443/take?a=1", "https://api.example:8443/take?a=1&alt=media"),
        ("https://api.example:8443/take?alt=json#part", "https://api.example:8443/take?alt=json"),
        ("https://files.example/take", "https://files.example/take?alt=media"),
        ("https://files.example:443/take", "https://files.example:443/take?alt=media"),
        ("http://files.example/take", None),
        ("https://files.example:444/take", None),
        ("https://files.example.evil/take", None),
        ("https://me@files.example/take", None),
        ("https://api.example/take", None),
        ("http://api.example:8443/take", None),
        ("https://api.example:8443@evil/take", None),
        ("//files.example/take", None),
        ("https://api.example:port/take", None),
        ("", None),
    ],
)
def test_hosts_that_a_dialect_lists(url, asked):
    dialect = library.ruleset().dialects["gemini"]
    listing = replace(dialect, raw={**dialect.raw, "hosts": ["files.example"]})
    server = Server(listing, "https://api.example:8443/v1", "key")
    if asked is not None:
        assert server.elsewhere(url, {"alt": "media"}) == asked
        return
    with pytest.raises(Failure) as refused:
        server.elsewhere(url, {"alt": "media"})
    assert refused.value.status == 502


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_errors_of_the_second_request_are_the_callers(status):
    with between(Uploads(status=status), KEYS, front=["openai"]) as (url, _):
        found = post(url)
        assert found.status_code == status
        assert "operator-key" not in found.text
        assert found.json()["error"]["message"] == "no: [key]"


def test_an_upstream_that_answers_before_all_has_come():
    async def impatient(_, send, __):
        await reply(send, 413, {"error": {"code": 413, "message": "too much"}})

    with between(impatient, KEYS, front=["openai"]) as (url, _):
        assert post(url).status_code == 413


# ---------------------------------------------------------------- what is in a file


def test_content_comes_as_it_is(stage):
    url, program = stage
    found = httpx.get(url + "/v1/files/files/abc/content")
    assert (found.status_code, found.content) == (200, b"hello")
    assert (found.headers["content-type"], found.headers["content-length"]) == ("video/mp4", "5")
    assert (program.last["path"], program.last["query"]) == ("/v1beta/files/abc:download", "alt=media")
    part = httpx.get(url + "/v1/files/files/abc/content", headers={"range": "bytes=0-1"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"he", "bytes 0-1/5")
    assert program.last["headers"]["range"] == "bytes=0-1"


def test_content_is_not_held():
    """Most of a large file waits at the server while nobody reads."""
    sent = []

    async def large(_, send, __):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"video/mp4")]})
        for _ in range(640):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            sent.append(65536)
        await send({"type": "http.response.body", "body": b""})

    with (
        between(large, KEYS, front=["openai"]) as (url, _),
        httpx.stream("GET", url + "/v1/files/files/abc/content") as found,
    ):
        pieces = found.iter_raw(1024)
        next(pieces)
        time.sleep(1)
        assert sum(sent) < 20_000_000


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/steal", "//127.0.0.1:9/steal", "ftp://x/"])
def test_a_file_that_leads_elsewhere_is_not_followed(place):
    async def leading(_, send, __):
        await reply(send, 302, b"", headers=[(b"location", place.encode())])

    with between(leading, KEYS, front=["openai"]) as (url, program):
        found = httpx.get(url + "/v1/files/files/abc/content")
        assert (found.status_code, "another server" in found.text) == (502, True)
        assert len(program.seen) == 1


def test_a_file_that_leads_on_at_home_is_followed_but_not_for_ever():
    async def leading(asked, send, _):
        if asked["path"] == "/download/1":
            await reply(send, 200, b"hello", media="text/plain")
        else:
            to = b"/download/1" if asked["path"].startswith("/v1beta/files/abc") else b"/loop"
            await reply(send, 302, b"", headers=[(b"location", to)])

    with between(leading, KEYS, front=["openai"]) as (url, program):
        assert httpx.get(url + "/v1/files/files/abc/content").content == b"hello"
        assert program.last["headers"]["x-goog-api-key"] == "operator-key"
        assert httpx.get(url + "/v1/files/files/loop/content").status_code == 502
        assert len(program.seen) == 6


@pytest.mark.parametrize("path", ["/v1/files/..", "/v1/files/files/%2e%2e", "/v1/files/a%2Fb", "/v1/files/a%0Ab"])
def test_ids_that_are_none(stage, path):
    stage[1].seen.clear()
    assert httpx.get(stage[0] + path).status_code in (400, 404)
    assert stage[1].seen == []


# ---------------------------------------------------------------- the other way round


def test_googles_uploads_are_refused_where_openai_is_behind():
    async def never(_, send, __):
        await reply(send, 200, {})

    with between(never, {"OPENAI_API_KEY": KEY}, front=["gemini"], back="openai") as (url, program):
        found = httpx.post(url + "/upload/v1beta/files", json={"file": {"displayName": "a"}})
        assert (found.status_code, "two steps" in found.json()["error"]["message"]) == (501, True)
        assert program.seen == []


def test_lists_of_another_server_are_read_to_their_end():
    async def listing(asked, send, _):
        after = asked["query"].partition("after=")[2]
        file = {
            "object": "file",
            "bytes": 1,
            "created_at": 1,
            "filename": "a",
            "purpose": "user_data",
            "status": "processed",
        }
        pages = {"": ["file-1", "file-2"], "file-2": ["file-3"]}
        data = [{**file, "id": name} for name in pages[after]]
        await reply(send, 200, {"object": "list", "data": data, "last_id": data[-1]["id"], "has_more": after == ""})

    with between(listing, {"OPENAI_API_KEY": KEY}, front=["gemini"], back="openai") as (url, _):
        found = httpx.get(url + "/v1beta/files").json()
        assert [file["name"] for file in found["files"]] == ["files/file-1", "files/file-2", "files/file-3"]
        assert found["files"][0]["createTime"] == "1970-01-01T00:00:01Z"
