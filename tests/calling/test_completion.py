"""`completion` and `acompletion` on real sockets: streams, errors, retries, times, keys, files, and what stays open."""

import asyncio
import contextlib
import copy
import gc
import json
import logging
import pickle
import socket
import subprocess
import sys
import threading
import time
import weakref
from contextlib import contextmanager

import httpx
import isogloss
import openai
import pytest
from gateway.stage import Program, reply, running, settled, stream
from isogloss import acompletion, completion
from isogloss.sdk import pools
from pydantic import BaseModel
from servers import KEY

HELLO = [{"role": "user", "content": "Hello"}]
FLASH = "gemini/gemini-2.5-flash"
SECRET = "AIza-secret-of-mine"


def said(text):
    return [{"role": "user", "content": text}]


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def events(*documents):
    return [b"data: " + json.dumps(document).encode() + b"\r\n\r\n" for document in documents]


def piece(text, **more):
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}]}


ANSWER = {**piece("Grüß Gott", finishReason="STOP"), "responseId": "r1", "modelVersion": "gemini-2.5-flash"}


def busy(pool):
    """Count the connections of a pool that somebody uses."""
    return sum(not connection.is_idle() for connection in pool._transport._pool.connections)  # noqa: SLF001


# ------------------------------------------------------------------------------------------------ whole and streamed


@pytest.mark.usefixtures("gemini")
def test_a_stream_says_what_the_whole_says():
    whole = completion(FLASH, HELLO)
    with completion(FLASH, HELLO, stream=True, stream_options={"include_usage": True}) as chunks:
        found = list(chunks)
    assert text_of(found) == whole.choices[0].message.content
    assert found[-1].usage.total_tokens == whole.usage.total_tokens
    assert found[-1].usage.cache_read_input_tokens == 0
    assert [chunk.choices[0].finish_reason for chunk in found if chunk.choices][-1] == "stop"
    for chunk in found:
        openai.types.chat.ChatCompletionChunk.model_validate(chunk.to_dict())
    assert busy(pools.pool()) == 0


@pytest.mark.usefixtures("gemini")
def test_coroutines():
    async def main():
        whole, chunks = await asyncio.gather(acompletion(FLASH, HELLO), acompletion(FLASH, HELLO, stream=True))
        pool = await pools.async_pool()
        told = [chunk async for chunk in chunks]
        assert text_of(told) == whole.choices[0].message.content
        assert busy(pool) == 0
        return pool

    assert asyncio.run(main()).is_closed  # with its loop
    assert asyncio.run(main()).is_closed  # … and the next loop has one of its own


@pytest.mark.usefixtures("gemini")
def test_loops_are_not_kept_in_memory():
    loops = []

    async def main():
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await acompletion(FLASH, HELLO)

    for _ in range(3):
        asyncio.run(main())
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3


@pytest.mark.usefixtures("gemini")
def test_an_asynchronous_stream_in_a_with():
    async def main():
        async with await acompletion(FLASH, said("[[pace 0.05]] Hello"), stream=True) as chunks:
            assert await anext(chunks)
        return busy(await pools.async_pool())

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize("end", ["close", "drop", "unheard"])
@pytest.mark.usefixtures("gemini")
def test_a_stream_that_is_left_gives_its_connection_back(end):
    chunks = completion(FLASH, said("[[pace 0.05]] Hello"), stream=True)
    if end != "unheard":
        assert next(chunks).choices
    assert busy(pools.pool()) == 1
    if end == "close":
        chunks.close()
    del chunks
    gc.collect()
    assert busy(pools.pool()) == 0


def test_the_server_hears_that_a_caller_has_left():
    async def play(_, send, __):
        await stream(send, events(*[piece(f"{number} ") for number in range(500)]), pause=0.01)

    program = Program(play)
    with running(program) as url:
        with completion(FLASH, HELLO, api_base=url, api_key=SECRET, stream=True) as chunks:
            next(chunks)
        assert settled(lambda: program.left)


def test_pieces_come_as_they_are_made():
    go = threading.Event()

    async def play(_, send, __):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        first, last = events(piece("one "), ANSWER)
        await send({"type": "http.response.body", "body": first, "more_body": True})
        await asyncio.to_thread(go.wait, 10)
        await send({"type": "http.response.body", "body": last})

    with running(Program(play)) as url, completion(FLASH, HELLO, api_base=url, stream=True) as chunks:
        assert next(chunks).choices[0].delta.content == "one "
        go.set()
        assert text_of(chunks) == "Grüß Gott"


# ------------------------------------------------------------------------------------------------ errors, retries, time


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        ("UNAUTHENTICATED", openai.AuthenticationError, 1),
        ("PERMISSION_DENIED", openai.PermissionDeniedError, 1),
        ("NOT_FOUND", openai.NotFoundError, 1),
        ("RESOURCE_EXHAUSTED", openai.RateLimitError, 2),
        ("INTERNAL", openai.InternalServerError, 2),
    ],
)
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("streams", [False, True])
def test_errors(gemini, status, kind, tries, asynchronous, streams):
    asked = {"model": FLASH, "messages": said(f"[[error {status}]]"), "max_retries": 1, "stream": streams}
    with pytest.raises(kind) as failed:
        asyncio.run(acompletion(**asked)) if asynchronous else completion(**asked)
    assert failed.value.status_code == failed.value.response.status_code
    assert failed.value.body["message"]
    assert len(gemini.requests()) == tries
    assert KEY not in repr(vars(failed.value)) + repr(failed.value.request.headers.raw)


def test_a_wrong_key(gemini):
    with pytest.raises(openai.AuthenticationError) as failed:
        completion(FLASH, HELLO, api_key="invalid-of-mine", api_base=gemini.url)
    assert "invalid-of-mine" not in str(failed.value)


def test_no_key(monkeypatch):
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(openai.AuthenticationError, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        completion(FLASH, HELLO)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_no_key_for_an_address_of_ones_own(gemini, monkeypatch, asynchronous):
    """It may need none; where it does, what is missing is said."""
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(
        openai.PermissionDeniedError, match="no key was sent: give one, or set GEMINI_API_KEY or GOOGLE"
    ):
        asyncio.run(acompletion(FLASH, HELLO)) if asynchronous else completion(FLASH, HELLO)
    assert "x-goog-api-key" not in gemini.requests()[0]["headers"]
    with pytest.raises(openai.BadRequestError) as failed:
        completion(FLASH, said("[[error INVALID_ARGUMENT]]"), api_key=KEY)
    assert "no key" not in str(failed.value)


def test_a_request_that_cannot_be_translated(gemini):
    with pytest.raises(openai.BadRequestError, match=r"rules/1/chat/request.yaml") as failed:
        completion(FLASH, HELLO, response_format={"type": "poem"})
    assert failed.value.param == "response_format.type"
    with pytest.raises(openai.BadRequestError, match="object is no JSON value"):
        completion(FLASH, [{"role": "user", "content": object()}])
    assert gemini.requests() == []


def test_what_the_server_refuses_is_named_as_the_caller_named_it(gemini):
    with pytest.raises(openai.BadRequestError) as failed:
        completion(FLASH, HELLO, temperature=99)
    assert failed.value.param == "temperature"
    assert [one["status"] for one in gemini.requests()] == [400]


def test_other_names_of_options_are_options(gemini):
    """What LiteLLM calls otherwise is no word of the request: an address least of all."""
    with pytest.raises(openai.APIConnectionError):
        completion(FLASH, HELLO, base_url="http://127.0.0.1:9", num_retries=0)
    assert gemini.requests() == []
    assert completion(FLASH, HELLO, base_url=gemini.url, num_retries=0, timeout="5").losses == ()


def test_empty_options_are_not_given(gemini):
    assert completion(FLASH, HELLO, api_key="", api_base="").choices
    assert len(gemini.requests()) == 1


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[("max_retries", wrong) for wrong in (-1, "2", True)],
        *[("timeout", wrong) for wrong in ("soon", -1, 0, [], True, float("nan"))],
    ],
)
def test_wrong_options_are_named(gemini, name, wrong):
    with pytest.raises(ValueError, match=f"{name} is a number"):
        completion(FLASH, HELLO, **{name: wrong})
    assert gemini.requests() == []


def test_headers_of_ones_own(gemini):
    completion(FLASH, HELLO, extra_headers={"X-Trace": "7", "x-goog-api-key": "stranger", "Content-Type": "text/plain"})
    with pytest.raises(TypeError, match="extra_headers are texts"):
        completion(FLASH, HELLO, extra_headers={"x-trace": 7})
    (request,) = gemini.requests()
    assert (request["headers"]["x-trace"], request["status"]) == ("7", 200)


def test_what_is_laid_over_the_body(asked):
    extra = {"topK": 3, "temperature": 1, "google": {"cached_content": None, "thinking_config": {"thinking_budget": 0}}}
    reply = completion(FLASH, HELLO, temperature=0, extra_body=extra)
    assert reply.losses == ()
    thinking = {"thinkingBudget": 0}
    assert asked()[0]["generationConfig"] == {"temperature": 1, "topK": 3, "thinkingConfig": thinking}


@pytest.mark.parametrize(
    ("name", "stream", "late"),
    [("request_timeout", False, True), ("stream_timeout", False, False), ("stream_timeout", True, True)],
)
@pytest.mark.usefixtures("gemini")
def test_litellms_words_for_patience(name, stream, late):
    asked = {"model": FLASH, "messages": said("[[delay 0.5]] Hello"), "stream": stream, "max_retries": 0, name: 0.1}
    if late:
        with pytest.raises(openai.APITimeoutError):
            completion(**asked)
    else:
        assert completion(**asked).losses == ()


@pytest.mark.parametrize(
    "base",
    [
        *("http://[bad", "http://h:abc", "http://h:99999", "ftp://h", "h", "http://h\n.org", "http://h h"),
        *("http://h?a=b", "http://me:password@h", "http://h#"),
    ],
)
def test_addresses_that_are_none(gemini, base):
    with pytest.raises(openai.BadRequestError, match="base address must be") as refused:
        completion(FLASH, HELLO, api_base=base)
    assert "password" not in str(refused.value) + str(refused.value.request.url)
    assert gemini.requests() == []


def test_names_that_fit_no_address(gemini):
    with pytest.raises(openai.BadRequestError, match="no such address"):
        completion("gemini/" + "x" * 100_000, HELLO)
    with pytest.raises(openai.BadRequestError, match="no such address"):
        completion(FLASH, HELLO, api_base=f"http://{'a' * 300}")
    assert gemini.requests() == []


def test_what_is_no_text_is_no_key(gemini):
    with pytest.raises(TypeError, match="api_key is a text, not bytes") as refused:
        completion(FLASH, HELLO, api_key=SECRET.encode())
    assert SECRET not in str(refused.value)
    assert gemini.requests() == []


def test_what_holds_itself(gemini):
    messages = []
    messages.append(messages)
    with pytest.raises(openai.BadRequestError, match="holds itself"):
        completion(FLASH, messages)
    assert gemini.requests() == []


def test_retry_after_is_honoured():
    async def play(_, send, program):
        if len(program.seen) == 1:
            details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}]
            error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down.", "details": details}
            await reply(send, 429, {"error": error})
        else:
            await reply(send, body=ANSWER)

    program = Program(play)
    with running(program) as url:
        start = time.monotonic()
        assert completion(FLASH, HELLO, api_base=url).choices[0].message.content == "Grüß Gott"
        assert 1.0 <= time.monotonic() - start < 5
    assert len(program.seen) == 2


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    async def play(_, send, __):
        await reply(send, 429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Tomorrow."}}, headers=[(b"retry-after", b"3600")])  # fmt: skip # noqa: E501

    program = Program(play)
    with running(program) as url, pytest.raises(openai.RateLimitError, match="Tomorrow"):
        completion(FLASH, HELLO, api_base=url)
    assert len(program.seen) == 1


@contextmanager
def falling(calls):
    """Run a server that answers some calls only, and hangs up at the others; yields its address, and what came."""
    came = []

    def serve(server):
        for answers in calls:
            with contextlib.suppress(OSError), server.accept()[0] as connection:
                came.append(connection.recv(100_000))
                while b"Hello" not in came[-1]:
                    came[-1] += connection.recv(100_000)
                if answers:
                    body = json.dumps(ANSWER).encode()
                    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
                    connection.sendall(head.encode() + body)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", came
        thread.join(10)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_that_breaks_before_the_reply_is_tried_again(asynchronous, stream):
    """As the official client does."""
    with falling([False, False, True]) as (url, came):
        asked = {"model": FLASH, "messages": HELLO, "api_base": url, "stream": stream}
        if asynchronous:
            text = asyncio.run(whole(asked))
        else:
            found = completion(**asked)
            text = text_of(found) if stream else found.choices[0].message.content
    assert text == "Grüß Gott"
    assert len(came) == 3


async def whole(asked):
    found = await acompletion(**asked)
    return text_of([chunk async for chunk in found]) if asked["stream"] else found.choices[0].message.content


def test_a_connection_that_breaks_too_often():
    with falling([False, False]) as (url, came), pytest.raises(openai.APIConnectionError, match="Connection error"):
        completion(FLASH, HELLO, api_base=url, max_retries=1)
    assert len(came) == 2
    assert busy(pools.pool()) == 0


@pytest.mark.parametrize("asynchronous", [False, True])
def test_timeouts_are_tried_again(asynchronous):
    """As the official client does: who does not want to pay twice says max_retries=0."""

    async def play(_, send, __):
        await asyncio.sleep(1)
        await reply(send, body=ANSWER)

    program = Program(play)
    with running(program) as url:
        asked = {"model": FLASH, "messages": HELLO, "api_base": url, "api_key": SECRET, "timeout": 0.2}
        for tries in (1, 2):
            program.seen.clear()
            asked["max_retries"] = tries - 1
            with pytest.raises(openai.APITimeoutError) as failed:
                asyncio.run(acompletion(**asked)) if asynchronous else completion(**asked)
            assert SECRET not in repr(vars(failed.value)) + repr(failed.value.request.headers.raw)
            assert len(program.seen) == tries
    assert busy(pools.pool()) == 0


def test_a_server_that_is_not_there():
    start = time.monotonic()
    with pytest.raises(openai.APIConnectionError):
        completion(FLASH, HELLO, api_base="http://127.0.0.1:9", max_retries=1)
    assert time.monotonic() - start > 0.3  # it was tried again


@pytest.mark.usefixtures("gemini")
def test_cancelled():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await acompletion(FLASH, said("[[delay 5]] Hello"))
        return busy(await pools.async_pool())

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize(
    ("script", "words"), [("[[cut 2]]", "finished|broke|Connection"), ("[[fail 2]]", "overloaded")]
)
@pytest.mark.usefixtures("gemini")
def test_a_stream_that_breaks_off(script, words):
    chunks = completion(FLASH, said(f"{script} Hello"), stream=True)
    heard = []
    with pytest.raises(openai.APIError, match=words):
        heard += chunks
    assert busy(pools.pool()) == 0


@pytest.mark.parametrize("status", [200, 502, 307])
def test_what_is_no_answer(status):
    async def play(_, send, __):
        headers = [(b"location", b"/elsewhere")] if status == 307 else []
        await reply(send, status, b"<html>Sorry</html>", media="text/html", headers=headers)

    program = Program(play)
    with running(program) as url, pytest.raises(openai.InternalServerError) as failed:
        completion(FLASH, HELLO, api_base=url, max_retries=0)
    assert failed.value.status_code == 502
    assert [one["path"] for one in program.seen] == ["/v1beta/models/gemini-2.5-flash:generateContent"]


# ------------------------------------------------------------------------------------------------ keys


def test_no_key_is_ever_shown(caplog, monkeypatch, capsys):
    async def play(seen, send, _):
        shown = seen["headers"]["x-goog-api-key"]
        await reply(send, 400, {"error": {"code": 400, "message": f"no such key: {shown}"}})

    monkeypatch.setattr(isogloss, "set_verbose", True)
    caplog.set_level(logging.DEBUG)
    program = Program(play)
    with running(program) as url, pytest.raises(openai.APIStatusError) as failed:
        completion(FLASH, said(f"my key is {SECRET}"), api_base=url, api_key=SECRET)
    assert program.last["headers"]["x-goog-api-key"] == SECRET
    assert "no such key: [key]" in str(failed.value)
    assert "my key is [key]" in caplog.text
    told = capsys.readouterr()
    shown = (
        caplog.text + told.out + told.err + str(failed.value) + repr(vars(failed.value)) + failed.value.response.text
    )
    assert SECRET not in shown


def chain(error):
    """Return an error with all that it came from."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__context__
    return found


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("fault", ["refused", "late", "broken"])
def test_what_an_error_came_from_has_no_key(asynchronous, fault):
    async def play(_, send, __):
        await asyncio.sleep(0.4)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})

    with running(Program(play)) as url:
        base, timeout = ("http://127.0.0.1:9" if fault == "refused" else url), (0.2 if fault == "late" else 5)
        asked = {"model": FLASH, "messages": HELLO, "api_base": base, "api_key": SECRET, "timeout": timeout}
        with pytest.raises(openai.APIConnectionError) as failed:
            asyncio.run(acompletion(**asked, max_retries=0)) if asynchronous else completion(**asked, max_retries=0)
    came = chain(failed.value)
    assert any(isinstance(one, httpx.TransportError) for one in came)
    for one in came:
        said = vars(one).get("_request") or vars(one).get("request")
        assert SECRET not in repr(vars(one)) + repr(getattr(said, "headers", httpx.Headers()).raw)


def test_options_do_not_show_the_key():
    from isogloss.sdk.calls import Options

    assert SECRET not in repr(Options(api_key=SECRET))


def test_what_is_sent_again_is_logged_again(gemini, caplog, monkeypatch):
    monkeypatch.setattr(isogloss, "set_verbose", True)
    caplog.set_level(logging.INFO, "isogloss")
    with pytest.raises(openai.InternalServerError):
        completion(FLASH, said("[[error INTERNAL]]"), max_retries=1)
    calls = [record.getMessage() for record in caplog.records if record.name == "isogloss"]
    assert len(calls) == len(gemini.requests()) == 2
    assert all(call.startswith("POST http") and KEY not in call for call in calls)


def test_an_error_in_a_stream_shows_no_key():
    async def play(seen, send, _):
        text = f"no such key: {seen['headers']['x-goog-api-key']}"
        await stream(send, events(piece("Well"), {"error": {"code": 400, "message": text}}))

    with running(Program(play)) as url, pytest.raises(openai.APIError, match=r"no such key: \[key\]") as failed:
        list(completion(FLASH, HELLO, api_base=url, api_key=SECRET, stream=True))
    assert SECRET not in repr(vars(failed.value))


@pytest.mark.usefixtures("gemini")
def test_without_the_users_word_nothing_is_said(capsys):
    completion(FLASH, HELLO)
    assert capsys.readouterr() == ("", "")


def test_the_second_variable(gemini, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    assert completion(FLASH, HELLO, api_base=gemini.url + "/").choices


# ------------------------------------------------------------------------------------------ the account, the reply


@pytest.mark.usefixtures("gemini")
def test_losses_and_ledger():
    done = completion(FLASH, HELLO, user="me", explain=True)
    assert [(loss.kind, loss.pointer) for loss in done.losses] == [("dropped", "/user")]
    assert {"/user", "/messages/0/content"} <= {step.pointer for step in done.ledger}
    assert completion(FLASH, HELLO).ledger is None
    with completion(FLASH, HELLO, user="me", stream=True, explain=True) as chunks:
        list(chunks)
        assert [loss.pointer for loss in chunks.losses] == ["/user"]
        assert "/user" in {step.pointer for step in chunks.ledger}


@pytest.mark.usefixtures("gemini")
def test_reading_a_reply():
    done = completion(FLASH, HELLO, user="me")
    assert done["choices"][0]["message"]["content"] == done.choices[0].message.content
    assert done.get("choices")[0].get("message").get("nothing", 7) == 7
    assert (done.system_fingerprint, done["system_fingerprint"]) == (None, None)
    assert done.usage.prompt_tokens_details.image_tokens is None
    assert "system_fingerprint" not in done
    assert not hasattr(done, "nonsense")
    with pytest.raises(KeyError):
        done["nonsense"]
    assert done.model_dump()["choices"][0]["message"]["tool_calls"] is None
    assert done.model_dump(exclude_unset=True) == done.to_dict() == json.loads(done.to_json())
    assert None not in done.model_dump(exclude_none=True)["choices"][0]["message"].values()
    assert done.json() == json.loads(done.model_dump_json())
    assert done.model_extra == {}
    assert "provider_specific_fields" in done.choices[0].model_extra
    for twin in (copy.deepcopy(done), pickle.loads(pickle.dumps(done))):  # noqa: S301 - our own
        assert twin == done
        assert twin.choices[0].message.role == "assistant"
        assert (twin.losses, twin.ledger) == (done.losses, None)


# ------------------------------------------------------------------------------------------------ what callers hand in


def test_the_caller_keeps_what_it_handed_in(asked):
    messages = ({"role": "user", "content": ({"type": "text", "text": "Hello"},)},)
    before = copy.deepcopy(messages)
    completion(FLASH, messages, stop=None, temperature=0)
    assert messages == before
    assert asked()[0]["generationConfig"] == {"temperature": 0}


def test_files(asked, tmp_path):
    path = tmp_path / "a b.pdf"
    path.write_bytes(b"%PDF-1.7")
    for said_path in (str(path), path, path.as_uri()):
        completion(FLASH, [{"role": "user", "content": [{"type": "file", "file": {"file_id": said_path}}]}])
    data = {"mimeType": "application/pdf", "data": "JVBERi0xLjc="}
    for body in asked():
        part = body["contents"][0]["parts"][0]["inlineData"]
        assert {name: part[name] for name in data} == data


def test_a_film(asked, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"film")
    completion(FLASH, [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": str(path)}}]}])
    assert asked()[0]["contents"][0]["parts"] == [{"inlineData": {"mimeType": "video/mp4", "data": "ZmlsbQ=="}}]


def test_home(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    completion(FLASH, [{"role": "user", "content": [{"type": "file", "file": {"file_id": "~/a.pdf"}}]}])
    part = asked()[0]["contents"][0]["parts"][0]["inlineData"]
    assert (part["mimeType"], part["displayName"]) == ("application/pdf", "a.pdf")


def test_only_media_are_read_and_only_where_it_is_allowed(gemini, tmp_path):
    for name in ("passwd", "id_rsa.pem", "settings.py"):
        path = tmp_path / name
        path.write_text("secret", encoding="utf-8")
        image = [{"type": "image_url", "image_url": {"url": str(path)}}]
        with pytest.raises(openai.BadRequestError, match="only media are read"):
            completion(FLASH, [{"role": "user", "content": image}])
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / "passwd")
    image = [{"type": "image_url", "image_url": {"url": str(link)}}]
    with pytest.raises(openai.BadRequestError, match="only media are read"):
        completion(FLASH, [{"role": "user", "content": image}])
    file = {"file_id": str(tmp_path / "passwd"), "format": "image/png"}  # to say so does not make it an image
    with pytest.raises(openai.BadRequestError, match="only media are read"):
        completion(FLASH, [{"role": "user", "content": [{"type": "file", "file": file}]}])
    picture = tmp_path / "a.png"
    picture.write_bytes(b"PNG")
    image = [{"type": "image_url", "image_url": {"url": str(picture)}}]
    with pytest.raises(openai.BadRequestError):
        completion(FLASH, [{"role": "user", "content": image}], read_files=False)
    assert "UE5H" not in json.dumps(gemini.requests())


@pytest.mark.parametrize("path", ["/nowhere.png", "./nowhere.png", "~/nowhere.png", "file:///nowhere.png"])
def test_a_path_that_leads_nowhere_is_named(gemini, path):
    for part in ({"type": "image_url", "image_url": path}, {"type": "file", "file": {"file_id": path}}):
        with pytest.raises(openai.BadRequestError, match="there is no file"):
            completion(FLASH, [{"role": "user", "content": [part]}])
    assert gemini.requests() == []


def test_a_class_says_what_to_answer(asked):
    class Person(BaseModel):
        name: str
        age: int

    done = completion(FLASH, HELLO, response_format=Person)
    assert Person.model_validate_json(done.choices[0].message.content)
    assert asked()[0]["generationConfig"]["responseMimeType"] == "application/json"


# ------------------------------------------------------------------------------------------------ without openai


def test_errors_without_the_openai_package_and_the_gateways(gemini):
    script = f"""
import sys
for extra in ("openai", "aiohttp", "yarl", "orjson", "starlette", "uvicorn"):
    sys.modules[extra] = None
from importlib import metadata, util
known = util.find_spec
util.find_spec = lambda name, *more: None if name == "openai" else known(name, *more)
listed = metadata.requires
def requires(name):
    if name == "openai":
        raise metadata.PackageNotFoundError(name)
    return listed(name)
metadata.requires = requires
import isogloss
for text, kind in (("[[error NOT_FOUND]]", isogloss.NotFoundError), ("[[fail 1]] x", isogloss.APIError)):
    try:
        list(isogloss.completion("{FLASH}", [dict(role="user", content=text)], stream=True))
    except kind as error:
        print(type(error).__module__, type(error).__name__, error.body["type"])
print(issubclass(isogloss.JSONSchemaValidationError, isogloss.APIError), "httpx2" in sys.modules)
"""
    environment = {"GEMINI_API_KEY": KEY, "GEMINI_API_BASE": gemini.url, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    first, second, last = done.stdout.splitlines()
    assert first == "isogloss.sdk.exceptions NotFoundError invalid_request_error"
    assert second.startswith("isogloss.sdk.exceptions APIError")
    assert last == "True False"


def test_timeout_as_the_http_library_has_it(gemini):
    times = httpx.Timeout(5, connect=1)
    assert completion(FLASH, HELLO, timeout=times, api_base=gemini.url).choices
