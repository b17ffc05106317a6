"""Context caching over the wire: the official client, the gateway, and an emulator that is as strict as Google."""

import asyncio
import json
import threading
from contextlib import contextmanager

import openai
import pytest
from gateway.stage import Program, reply, running
from isogloss.gateway import server, settings
from servers import KEY, emulated
from wire.chain import Gateway, gateway

FLASH, ARGON = "gemini-2.5-flash", "gemini-4-argon"
MARK = {"cache_control": {"type": "ephemeral"}}
MAKE, ASK = "/v1beta/cachedContents", f"/v1beta/models/{FLASH}:generateContent"
#: 51 letters, 400 times: enough for every model.
AGREEMENT = "Here is the full text of a complex legal agreement. " * 400
QUESTION = "What are the key terms and conditions in this agreement?"


def messages(text=AGREEMENT, question=QUESTION, **mark):
    """Return the page's turns: everything is marked."""
    marked = {"cache_control": {"type": "ephemeral", **mark}}
    return [
        {"role": "system", "content": [{"type": "text", "text": text, **marked}]},
        {"role": "user", "content": [{"type": "text", "text": question, **marked}]},
    ]


@contextmanager
def chain(*scripts, **said):
    with emulated(*scripts) as model, gateway(model, **{"front": ["openai"], "back": "gemini", **said}) as made:
        yield made


@contextmanager
def guarded(model, environment):
    """Run a gateway as an environment has it."""
    words = {"port": 0, "upstream": model.url, "front": ["openai"], "back": "gemini"}
    with server.background(settings.decide(words, environment)) as url:
        yield Gateway(url, model)


@pytest.fixture
def fresh():
    """Return a gateway whose caches are nobody else's."""
    with chain() as made:
        yield made


@pytest.fixture
def client(fresh):
    with fresh.openai() as made:
        yield made


def paths(fresh):
    return [request["path"] for request in fresh.emulator.requests()]


def ask(client, said=None, model=FLASH, **more):
    """Ask; return what the reply is, and what its headers say was lost."""
    raw = client.chat.completions.with_raw_response.create(model=model, messages=said or messages(), **more)
    return raw.parse(), raw.headers["x-isogloss-losses"]


def cached(done):
    return done.usage.prompt_tokens_details.cached_tokens


# ---------------------------------------------------------------------------------------- hit and miss


def test_the_second_request_finds_the_cache_of_the_first(fresh, client):
    replies = [ask(client) for _ in range(3)]
    made, *asked = fresh.emulator.requests()
    assert [request["path"] for request in (made, *asked)] == [MAKE, ASK, ASK, ASK]
    body = made["body"]
    assert (body["model"], len(body["displayName"])) == (f"models/{FLASH}", 64)
    assert body["systemInstruction"] == {"parts": [{"text": AGREEMENT}]}
    assert {"ttl", "contents"}.isdisjoint(body)
    contents = [{"role": "user", "parts": [{"text": QUESTION}]}]
    assert [request["body"] for request in asked] == [
        {"contents": contents, "cachedContent": "cachedContents/emulated000001"}
    ] * 3
    for done, losses in replies:
        assert losses == "0"
        assert 5000 < cached(done) < done.usage.prompt_tokens
        assert done.choices[0].message.content


def test_a_request_without_marks_is_sent_as_it_is(fresh, client):
    plain = [{**one, "content": one["content"][0]["text"]} for one in messages()]
    whole, told = ask(client)[0], ask(client, plain)[0]
    assert whole.choices[0].message.content
    assert whole.usage.prompt_tokens == told.usage.prompt_tokens
    assert told.usage.prompt_tokens_details.cached_tokens in (None, 0)
    assert "cachedContent" not in fresh.emulator.requests()[-1]["body"]


def test_streams(fresh, client):
    for _ in range(2):
        chunks = list(
            client.chat.completions.create(
                model=FLASH, messages=messages(), stream=True, stream_options={"include_usage": True}
            )
        )
        assert chunks[-1].usage.prompt_tokens_details.cached_tokens > 5000
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert paths(fresh) == [MAKE, *[ASK.replace(":g", ":streamG")] * 2]


def test_tools_go_into_the_cache(fresh, client):
    function = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    tools = [{"type": "function", "function": function}]
    said = [messages()[0], {"role": "user", "content": "What is the weather in Paris?"}]
    done, losses = ask(client, said, tools=tools, tool_choice="auto")
    assert done.choices[0].message.tool_calls[0].function.name == "get_weather"
    assert losses == "0"
    made, asked = (request["body"] for request in fresh.emulator.requests())
    assert {"tools", "toolConfig", "systemInstruction"} <= set(made)
    assert set(asked) == {"contents", "cachedContent"}
    # The loop goes on: the same tools and the same system turn, so the same cache.
    call = done.choices[0].message.model_dump(exclude_none=True)
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "rain"}
    again, _ = ask(client, [*said, call, result], tools=tools, tool_choice="auto")
    assert cached(again) == cached(done)
    assert paths(fresh).count(MAKE) == 1
    # Another tool, another cache.
    ask(client, said, tools=[{"type": "function", "function": {**function, "description": "d"}}])
    assert paths(fresh).count(MAKE) == 2


@pytest.mark.parametrize(("ttl", "written"), [("3600s", "3600s"), ("1.5s", "1.5s"), ("5m", "300s"), ("1h", "3600s")])
def test_times_to_live(fresh, client, ttl, written):
    assert ask(client, messages(ttl=ttl))[1] == "0"
    assert fresh.emulator.requests()[0]["body"]["ttl"] == written


def test_a_wrong_time_to_live_is_ignored(fresh, client):
    _, losses = ask(client, messages(ttl="60"))
    assert losses == "2 prefixes.chat"
    assert "ttl" not in fresh.emulator.requests()[0]["body"]


def test_many_at_once_make_one_cache(fresh):
    async def main():
        async with fresh.async_openai() as client:
            asked = [client.chat.completions.create(model=FLASH, messages=messages()) for _ in range(12)]
            return await asyncio.gather(*asked)

    assert all(cached(done) > 5000 for done in asyncio.run(main()))
    assert sorted(paths(fresh)) == [MAKE] + [ASK] * 12


# ---------------------------------------------------------------------------------------- when it is gone


def test_one_that_has_expired_is_made_again(fresh, client):
    ask(client, messages(ttl="1s"))
    threading.Event().wait(1.1)
    done, losses = ask(client, messages(ttl="1s"))
    assert (losses, cached(done) > 5000) == ("0", True)
    assert paths(fresh) == [MAKE, ASK] * 2


@pytest.mark.parametrize("stream", [False, True])
def test_one_that_was_deleted_is_made_again(fresh, client, stream):
    ask(client)
    with fresh.emulator.client() as other:
        other.delete("/v1beta/cachedContents/emulated000001").raise_for_status()
    fresh.emulator.forget()
    if stream:
        chunks = client.chat.completions.create(model=FLASH, messages=messages(), stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    else:
        done, losses = ask(client)
        assert (losses, cached(done) > 5000) == ("0", True)
    path = ASK.replace(":g", ":streamG") if stream else ASK
    assert paths(fresh) == [path, MAKE, path]
    assert fresh.emulator.requests()[-1]["body"]["cachedContent"] == "cachedContents/emulated000002"


EXPIRED = {"error": {"code": 400, "message": "Cache content 9 is expired.", "status": "INVALID_ARGUMENT"}}
SPOKEN = {"candidates": [{"content": {"role": "model", "parts": [{"text": "ho"}]}, "finishReason": "STOP"}]}


def test_caches_that_never_last(client_of):
    """Each is gone as soon as it is made: it is made once more, then the request is sent as it is."""

    async def play(request, send, program):
        if request["path"] == MAKE:
            await reply(send, body={"name": f"cachedContents/{len(program.seen)}"})
        elif b"cachedContent" in request["body"]:
            await reply(send, 400, EXPIRED)
        else:
            await reply(send, body=SPOKEN)

    client, program = client_of(play)
    done, losses = ask(client)
    assert done.choices[0].message.content == "ho"
    assert " prefixes.chat " in losses
    bodies = [json.loads(request["body"]) for request in program.seen]
    assert [request["path"] for request in program.seen] == [MAKE, ASK, MAKE, ASK, ASK]
    assert [body.get("cachedContent") for body in bodies[1::2]] == ["cachedContents/1", "cachedContents/3"]
    assert bodies[-1]["systemInstruction"]


@pytest.fixture
def client_of():
    """Return what makes a client of a gateway before a program of one's own."""
    with contextmanager(_clients)() as made:
        yield made


def _clients():
    from contextlib import ExitStack

    with ExitStack() as stack:

        def made(play, **said):
            program = Program(play)
            url = stack.enter_context(running(program))
            front = stack.enter_context(gateway(None, url, front=["openai"], back="gemini", **said))
            return stack.enter_context(front.openai()), program

        yield made


# ---------------------------------------------------------------------------------------- when there is none


FAILING = """
scripts:
  - name: no-caches
    when: {method: cachedContents.create}
    do: {error: {status: RESOURCE_EXHAUSTED, message: Too many caches.}}
"""


def test_a_cache_that_cannot_be_made_is_no_error(tmp_path):
    file = tmp_path / "failing.yaml"
    file.write_text(FAILING, encoding="utf-8")
    with chain(file) as fresh, fresh.openai() as client:
        for _ in range(2):
            raw = client.chat.completions.with_raw_response.create(
                model=FLASH, messages=messages(), extra_headers={"x-isogloss-explain": "1"}
            )
            done = raw.parse()
            losses = [(one["pointer"], one["kind"]) for one in done.isogloss["losses"]]
            assert losses == [(f"/messages/{at}/content/0/cache_control", "dropped") for at in (0, 1)]
            reason = done.isogloss["losses"][0]["reason"]
            assert reason == "the server refuses to make this cache with status 429: Too many caches."
            assert done.choices[0].message.content
        # It is remembered for a while that it cannot be made.
        assert paths(fresh) == [MAKE, ASK, ASK]
        assert fresh.emulator.requests()[-1]["body"]["systemInstruction"]


def test_no_key_stands_in_the_reason(client_of):
    async def play(request, send, _):
        if request["path"] == MAKE:
            message = f"API key {request['headers']['x-goog-api-key']} may not."
            await reply(send, 403, {"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}})
        else:
            await reply(send, body=SPOKEN)

    client, _ = client_of(play)
    raw = client.chat.completions.with_raw_response.create(
        model=FLASH, messages=messages(), extra_headers={"x-isogloss-explain": "1"}
    )
    assert KEY not in raw.text
    assert "with status 403: API key [key] may not." in raw.text


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"name": 7}', b"{}", b"\xff"])
def test_an_answer_that_names_no_cache(client_of, body):
    async def play(request, send, _):
        await (reply(send, body=body) if request["path"] == MAKE else reply(send, body=SPOKEN))

    client, program = client_of(play)
    done, losses = ask(client)
    assert done.choices[0].message.content == "ho"
    assert " prefixes.chat " in losses
    assert "systemInstruction" in json.loads(program.last["body"])


@pytest.mark.parametrize(
    ("model", "text", "words"),
    [(ARGON, AGREEMENT, "no explicit caches"), (FLASH, "short", "this model caches 2048 or more")],
)
def test_what_is_not_cached_is_said(fresh, client, model, text, words):
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=messages(text), extra_headers={"x-isogloss-explain": "1"}
    )
    losses = [one for one in raw.parse().isogloss["losses"] if one["rule"] == "prefixes.chat"]
    assert [words in one["reason"] for one in losses] == [True, True]
    assert "rules/1/caches.yaml:" in losses[0]["place"]
    assert paths(fresh) == [f"/v1beta/models/{model}:generateContent"]


def test_who_wants_no_loss(tmp_path):
    file = tmp_path / "failing.yaml"
    file.write_text(FAILING, encoding="utf-8")
    with chain(strict=True) as fresh, fresh.openai() as client:
        assert ask(client)[1] == "0"
        with pytest.raises(openai.BadRequestError, match="no explicit caches"):
            ask(client, model=ARGON)
    with chain(file, strict=True) as fresh, fresh.openai() as client, pytest.raises(openai.BadRequestError):
        ask(client)


def test_a_cache_of_the_callers_own(fresh, client):
    with fresh.emulator.client() as own:
        body = {"model": f"models/{FLASH}", "systemInstruction": {"parts": [{"text": AGREEMENT}]}}
        name = own.post("/v1beta/cachedContents", json=body).json()["name"]
    fresh.emulator.forget()
    done, losses = ask(client, [{"role": "user", "content": QUESTION}], extra_body={"cached_content": name})
    assert (losses, cached(done) > 5000) == ("0", True)
    assert paths(fresh) == [ASK]


# ---------------------------------------------------------------------------------------- whose it is


def test_another_caller_never_finds_it():
    """One key of the operator's behind, two callers in front: neither finds, nor notices, what is the other's."""
    keys = {"ISOGLOSS_KEYS": "ada,bob", "GEMINI_API_KEY": KEY}
    with emulated() as model, guarded(model, keys) as fresh:
        for caller in ("ada", "bob", "ada", "bob"):
            with fresh.openai(api_key=caller) as client:
                assert cached(ask(client)[0]) > 5000
        asked = [request["body"]["cachedContent"] for request in fresh.emulator.requests() if request["path"] == ASK]
        assert paths(fresh).count(MAKE) == 2
    assert asked == [f"cachedContents/emulated00000{number}" for number in (1, 2, 1, 2)]


def test_another_key_never_finds_it(fresh):
    for key in ("one", "two", "one"):
        with fresh.openai(api_key=key) as client:
            ask(client)
    assert paths(fresh) == [MAKE, ASK, MAKE, ASK, ASK]


def test_another_model_has_its_own(fresh, client):
    for model in (FLASH, "gemini-2.5-pro", FLASH):
        assert ask(client, model=model)[1] == "0"
    assert paths(fresh).count(MAKE) == 2


def test_a_caller_who_hangs_up_leaves_the_cache_to_others(client_of):
    """Whoever was making it is gone: the next one does not wait for a cache that nobody makes."""
    held = threading.Event()

    async def play(request, send, _):
        if request["path"] == MAKE and not held.is_set():
            held.set()
            await asyncio.sleep(30)
        await reply(send, body={"name": "cachedContents/1"} if request["path"] == MAKE else SPOKEN)

    client, program = client_of(play)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.5).chat.completions.create(model=FLASH, messages=messages())
    assert held.is_set()
    _, losses = ask(client.with_options(timeout=10))
    assert "prefixes" not in losses
    assert [request["path"] for request in program.seen] == [MAKE, MAKE, ASK]


def test_curl_as_the_page_has_it(fresh):
    body = {"model": f"gemini/{FLASH}", "messages": messages()}
    with fresh.raw() as curl:
        first, second = (curl.post("/v1/chat/completions", json=body).json()["usage"] for _ in range(2))
    assert first["prompt_tokens_details"]["cached_tokens"] == second["prompt_tokens_details"]["cached_tokens"] > 5000
