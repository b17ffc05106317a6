"""Media that is given by address: fetched where the model does not, and never from where a stranger must not reach."""

import asyncio
import base64
import json
import socket
from urllib.parse import unquote

import httpx
import pytest
from gateway.stage import Program, between, gateway, reply, running
from isogloss.addresses import Reach

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
DATA = base64.b64encode(PNG).decode()
OLD = "gemini-2.0-flash"


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104 - it must not be reached
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::808:808", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_addresses(address, permitted):
    assert Reach().permits(address) is permitted


def test_addresses_that_are_allowed():
    reach = Reach(["10.0.0.0/8", "fd00::/8"])
    assert reach.permits("10.1.2.3")
    assert reach.permits("::ffff:10.1.2.3")
    assert reach.permits("fd00::1")
    assert not reach.permits("192.168.0.1")


# ---------------------------------------------------------------- over the wire


async def files(asked, send, _):
    path = asked["path"]
    if path == "/picture":
        await reply(send, 200, PNG, media="image/png")
    elif path == "/untyped":
        await reply(send, 200, PNG, media="application/octet-stream")
    elif path == "/page":
        await reply(send, 200, b"<html>", media="text/html")
    elif path == "/program":
        await reply(send, 200, b"MZ", media="application/x-msdownload")
    elif path == "/half":
        await reply(send, 200, b"x" * 100_000, media="image/png")
    elif path == "/large":
        await reply(send, 200, b"x" * 300_000, media="image/png")
    elif path.startswith("/to/"):
        await reply(send, 302, b"", headers=[(b"location", unquote(asked["query"]).encode())])
    elif path == "/loop":
        await reply(send, 302, b"", headers=[(b"location", b"/loop")])
    else:
        await reply(send, 404, b"no", media="text/plain")


async def model(asked, send, _):
    if asked["method"] == "POST":
        await reply(send, 200, {"candidates": [{"content": {"parts": [{"text": "ok"}]}, "finishReason": "STOP"}]})


@pytest.fixture(scope="module")
def web():
    """Return a web server, on an address that is allowed."""
    program = Program(files)
    with running(program) as url:
        yield url, program


@pytest.fixture(scope="module")
def stage():
    limits = {"media": 200_000, "media_time": 2, "media_files": 3, "media_total": 250_000}
    with between(model, front=["openai"], allow_addresses=["127.0.0.1/32"], limits=limits) as made:
        yield made


def ask(stage, *addresses, name=OLD, **more):
    parts = [{"type": "image_url", "image_url": {"url": address, **more}} for address in addresses]
    body = {"model": name, "messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, *parts]}]}
    return httpx.post(stage[0] + "/v1/chat/completions", json=body, timeout=20, trust_env=False)


def sent(stage):
    return json.loads(stage[1].last["body"])["contents"][0]["parts"][1:]


def test_an_old_model_gets_the_file(stage, web):
    assert ask(stage, web[0] + "/picture?secret=1").status_code == 200
    assert sent(stage) == [{"inlineData": {"mimeType": "image/png", "data": DATA}}]
    headers = web[1].last["headers"]
    assert not {"authorization", "x-goog-api-key", "cookie", "x-isogloss-explain"} & set(headers)


def test_files_are_bounded_together(stage, web):
    half = web[0] + "/half"
    assert ask(stage, half, half).status_code == 200
    found = ask(stage, half, half, half)
    assert found.status_code == 400
    assert "all files of a request may have 250000 bytes" in found.json()["error"]["message"]


def test_a_new_model_gets_the_address(stage, web):
    before = len(web[1].seen)
    assert ask(stage, web[0] + "/picture", name="gemini-2.5-flash").status_code == 200
    assert sent(stage)[0]["fileData"]["fileUri"] == web[0] + "/picture"
    assert len(web[1].seen) == before


def test_the_apis_own_files_stay_where_they_are(stage):
    assert ask(stage, "files/abc").status_code == 200
    assert sent(stage)[0]["fileData"]["fileUri"].endswith("/v1beta/files/abc")


def test_several_files_and_a_redirect(stage, web):
    addresses = [f"{web[0]}/to/?{web[0]}/picture", f"{web[0]}/untyped.png"[:-4]]
    assert ask(stage, *addresses, format="image/png").status_code == 200
    assert [part["inlineData"]["data"] for part in sent(stage)] == [DATA, DATA]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/none", "404"),
        ("/large", "larger"),
        ("/loop", "more than 3"),
        ("/program", "not taken"),
        ("/to/?ftp://127.0.0.1/a", "something else"),
        ("/to/?http://user:pw@127.0.0.1/a", "something else"),
        ("/to/?", "nowhere"),
        ("/to/?http://[::1]:1/", "may not be reached"),
        ("/to/?http://169.254.169.254/latest/meta-data/", "may not be reached"),
        ("/to/?http://127.0.0.2:1/", "may not be reached"),
        ("/to/?http://a..b/", "a name nobody knows"),
        ("/to/?http://" + "%C3%BC" * 70 + ".example/", "a name nobody knows"),
    ],
)
def test_what_is_not_fetched(stage, web, path, reason):
    before = len(stage[1].seen)
    found = ask(stage, web[0] + path)
    assert found.status_code == 400
    assert reason in found.json()["error"]["message"]
    assert found.headers["x-should-retry"] == "false"
    assert len(stage[1].seen) == before


def test_a_page_is_no_picture(stage, web):
    assert "is text/html, not image/png" in ask(stage, web[0] + "/page", format="image/png").json()["error"]["message"]


def test_too_many_files(stage, web):
    assert "3 files" in ask(stage, *[web[0] + "/picture"] * 4).json()["error"]["message"]


def test_nothing_private_without_leave(web, monkeypatch):
    """By number, by name, in any spelling, and whatever proxy the environment names."""
    monkeypatch.setenv("http_proxy", web[0])
    monkeypatch.setenv("HTTP_PROXY", web[0])
    port = web[0].rpartition(":")[2]
    before = len(web[1].seen)
    with gateway(front=["openai"], upstream="http://127.0.0.1:1", limits={"media_time": 3}) as url:
        for host in (
            "127.0.0.1",
            "localhost",
            "2130706433",
            "0x7f.1",
            "127.1",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",  # noqa: S104 - the same
            "[::]",
            socket.gethostname(),
        ):
            found = ask((url,), f"http://{host}:{port}/picture")
            assert (host, found.status_code) == (host, 400)
            assert (
                "may not be reached" in found.json()["error"]["message"]
                or "cannot be fetched" in found.json()["error"]["message"]
            )
    assert len(web[1].seen) == before


def test_a_slow_file():
    async def slow(_, send, __):
        await asyncio.sleep(10)
        await reply(send, 200, PNG, media="image/png")

    with (
        running(Program(slow)) as web,
        gateway(
            front=["openai"], upstream="http://127.0.0.1:1", allow_addresses=["127.0.0.0/8"], limits={"media_time": 0.3}
        ) as url,
    ):
        assert "0.3 seconds" in ask((url,), web + "/picture").json()["error"]["message"]
