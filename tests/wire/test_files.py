"""Files by official clients through gateways to the emulator: openai in front, google-genai in the reverse."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import openai
import pytest
from google import genai
from google.genai import errors, types
from servers import KEY

TEXT = b"The Danube is the longest river of Austria.\n" * 100
#: A gateway of its own, since its memory is looked at: the most that it had in use since it was last asked, in KiB.
GATEWAY = """
import sys, threading, time
from isogloss.gateway import server, settings
most = [0]
def watch():
    while True:
        with open("/proc/self/status") as status:
            most[0] = max(most[0], next(int(line.split()[1]) for line in status if line.startswith("VmRSS")))
        time.sleep(0.005)
threading.Thread(target=watch, daemon=True).start()
with server.background(settings.decide({"port": 0, "front": ["openai"], "upstream": sys.argv[1]}, {})) as url:
    print(url, flush=True)
    while sys.stdin.readline():
        print(most[0], flush=True)
        most[0] = 0
"""


def test_a_file_and_what_becomes_of_it(front):
    with front.openai() as client:
        made = client.files.create(file=("rivers.txt", TEXT), purpose="vision")
        assert (made.filename, made.bytes, made.purpose, made.status) == (
            "rivers.txt",
            len(TEXT),
            "vision",
            "processed",
        )
        assert client.files.retrieve(made.id).bytes == len(TEXT)
        assert made.id in [one.id for one in client.files.list()]
        part = {"type": "file", "file": {"file_id": made.id}}
        front.asked()
        client.chat.completions.create(model="gemini-2.5-flash", messages=[{"role": "user", "content": [part]}])
        (asked,) = front.asked()
        address = asked["contents"][0]["parts"][0]["fileData"]["fileUri"]
        assert address == f"https://generativelanguage.googleapis.com/v1beta/{made.id}"
        with pytest.raises(openai.BadRequestError, match="only files that were generated"):
            client.files.content(made.id)
        deleted = client.files.delete(made.id)
        assert (deleted.id, deleted.deleted) == (made.id, True)
        with pytest.raises(openai.PermissionDeniedError):
            client.files.retrieve(made.id)


def test_more_files_than_a_page_holds(front):
    with front.openai() as client:
        made = [client.files.create(file=(f"{n}.txt", b"x"), purpose="user_data") for n in range(12)]
        assert {one.id for one in made} <= {one.id for one in client.files.list()}
        for one in made:
            client.files.delete(one.id)


def test_the_other_way_round(front, reverse):
    with front.openai() as client:
        made = client.files.create(file=("rivers.txt", TEXT, "text/plain"), purpose="user_data")
    options = types.HttpOptions(base_url=reverse.url, timeout=20_000)
    with genai.Client(api_key=KEY, http_options=options) as client:
        file = client.files.get(name=made.id)
        assert (file.name, file.display_name, file.size_bytes) == (made.id, "rivers.txt", len(TEXT))
        assert (file.state, file.mime_type) == (types.FileState.ACTIVE, "text/plain")
        assert file.name in [one.name for one in client.files.list()]
        with pytest.raises(errors.APIError) as refused:
            client.files.upload(file=io.BytesIO(TEXT), config=types.UploadFileConfig(mime_type="text/plain"))
        assert refused.value.code == 501
        client.files.delete(name=made.id)
        with pytest.raises(errors.ClientError):
            client.files.get(name=made.id)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
def test_a_large_file_is_not_held(emulator, tmp_path):
    """The memory of the gateway does not grow by what goes through it."""
    size = 20 * 1024 * 1024
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(1024) * (size // 1024))
    run = [sys.executable, "-c", GATEWAY, emulator.url]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as gateway:
        url = gateway.stdout.readline().strip()

        def peak():
            gateway.stdin.write("\n")
            return int(gateway.stdout.readline())

        with openai.OpenAI(api_key=KEY, base_url=url + "/v1", max_retries=0, timeout=60) as client:
            client.files.delete(client.files.create(file=("small.txt", TEXT), purpose="user_data").id)
            peak()
            time.sleep(0.1)
            before = peak()
            made = client.files.create(file=path, purpose="user_data")
            assert made.bytes == size
            grown = peak() - before
            client.files.delete(made.id)
        gateway.stdin.close()
    assert grown < 6 * 1024, f"{grown} KiB"
