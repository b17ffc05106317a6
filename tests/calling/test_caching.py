"""Context caching from Python: by `completion`, and by official clients with a transport of ours."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import isogloss
import pytest
from isogloss import acompletion, completion
from openai import AsyncOpenAI, OpenAI
from servers import KEY

FLASH, ARGON = "gemini/gemini-2.5-flash", "gemini/gemini-4-argon"
MAKE, ASK = "/v1beta/cachedContents", "/v1beta/models/gemini-2.5-flash:generateContent"
NUMBERS = count()


@pytest.fixture
def messages():
    """Return the page's turns, with an agreement that nobody else has: functions share what they have cached."""
    marked = {"cache_control": {"type": "ephemeral"}}
    agreement = f"Agreement {next(NUMBERS)}. " + "Here is the full text of a complex legal agreement" * 400
    question = "What are the key terms and conditions in this agreement?"
    return [
        {"role": "system", "content": [{"type": "text", "text": agreement, **marked}]},
        {"role": "user", "content": [{"type": "text", "text": question, **marked}]},
    ]


@pytest.fixture
def paths(gemini):
    return lambda: [request["path"] for request in gemini.requests()]


def test_the_pages_sample(messages, paths):
    used = [completion(model=FLASH, messages=messages).usage for _ in range(2)]
    assert used[0].prompt_tokens_details == used[1].prompt_tokens_details
    size = used[1].prompt_tokens_details.cached_tokens
    assert size > 5000
    assert [(one.cache_creation_input_tokens, one.cache_read_input_tokens) for one in used] == [(size, 0), (0, size)]
    assert paths() == [MAKE, ASK, ASK]


def test_an_older_model_of_the_page(messages, gemini):
    replies = [completion(model="gemini/gemini-1.5-pro", messages=messages) for _ in range(2)]
    assert [reply.usage.cache_read_input_tokens > 5000 for reply in replies] == [False, True]
    assert [request["path"] == MAKE for request in gemini.requests()] == [True, False, False]


def test_streams(messages, paths):
    for made in (True, False):
        chunks = list(completion(FLASH, messages, stream=True, stream_options={"include_usage": True}))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        used = chunks[-1].usage
        size = used.prompt_tokens_details.cached_tokens
        assert size > 5000
        assert (used.cache_creation_input_tokens, used.cache_read_input_tokens) == ((size, 0) if made else (0, size))
    assert paths() == [MAKE, *[ASK.replace(":g", ":streamG")] * 2]


def test_coroutines_at_once_make_one_cache(messages, paths):
    async def main():
        return await asyncio.gather(*(acompletion(FLASH, messages) for _ in range(8)))

    used = [reply.usage for reply in asyncio.run(main())]
    assert all(one.prompt_tokens_details.cached_tokens > 5000 for one in used)
    assert sum(one.cache_creation_input_tokens > 0 for one in used) == 1
    assert sorted(paths()) == [MAKE] + [ASK] * 8


def test_threads_at_once_make_one_cache(messages, paths):
    gate = threading.Barrier(8)

    def ask(_):
        gate.wait()
        return completion(FLASH, messages)

    with ThreadPoolExecutor(8) as pool:
        used = [reply.usage for reply in pool.map(ask, range(8))]
    assert sum(one.cache_creation_input_tokens > 5000 for one in used) == 1
    assert sum(one.cache_read_input_tokens > 5000 for one in used) == 7
    assert sorted(paths()) == [MAKE] + [ASK] * 8


def test_a_longer_life_is_not_shortened(messages, gemini, paths):
    for ttl in ("60s", "30s", "1h", None, "5m"):
        messages[0]["content"][0]["cache_control"] = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
        assert completion(FLASH, messages).losses == ()
    assert paths() == [MAKE, ASK, ASK, MAKE, ASK, ASK, ASK]
    assert [one["body"]["ttl"] for one in gemini.requests() if one["path"] == MAKE] == ["60s", "3600s"]


def test_another_key_never_finds_it(messages, paths):
    for key in ("one", "two", "one"):
        completion(FLASH, messages, api_key=key)
    assert paths() == [MAKE, ASK, MAKE, ASK, ASK]


@pytest.mark.usefixtures("gemini")
def test_the_ledger_has_the_marks(messages):
    for _ in range(2):
        reply = completion(FLASH, messages, explain=True)
        marks = [step.pointer for step in reply.ledger if step.rule == "prefixes.chat"]
        assert marks == [f"/messages/{at}/content/0/cache_control" for at in (0, 1)]
        assert reply.losses == ()


def test_what_is_not_cached_is_said(messages, paths):
    reply = completion(ARGON, messages)
    assert [(loss.kind, loss.pointer) for loss in reply.losses if loss.rule == "prefixes.chat"] == [
        ("dropped", f"/messages/{at}/content/0/cache_control") for at in (0, 1)
    ]
    assert "no explicit caches" in reply.losses[0].reason
    assert paths() == ["/v1beta/models/gemini-4-argon:generateContent"]


@pytest.mark.usefixtures("gemini")
def test_what_callers_say_stays_as_it_is(messages):
    before = json.dumps(messages)
    completion(FLASH, messages)
    assert json.dumps(messages) == before


def test_the_official_client(messages, gemini, paths):
    with OpenAI(api_key=KEY, http_client=isogloss.http_client(api_base=gemini.url), max_retries=0) as client:
        for stream in (False, False, True):
            raw = client.chat.completions.with_raw_response.create(
                model="gemini-2.5-flash", messages=messages, stream=stream
            )
            assert raw.headers["x-isogloss-losses"] == "0"
            found = raw.parse()
            if stream:
                assert "".join(chunk.choices[0].delta.content or "" for chunk in found if chunk.choices)
            else:
                assert found.usage.prompt_tokens_details.cached_tokens > 5000
    assert paths() == [MAKE, ASK, ASK, ASK.replace(":g", ":streamG")]


def test_the_official_client_for_coroutines(messages, gemini, paths):
    async def main():
        transport = isogloss.async_http_client(api_base=gemini.url)
        async with AsyncOpenAI(api_key=KEY, http_client=transport, max_retries=0) as client:
            asked = [client.chat.completions.create(model="gemini-2.5-flash", messages=messages) for _ in range(6)]
            return await asyncio.gather(*asked)

    assert all(done.usage.prompt_tokens_details.cached_tokens > 5000 for done in asyncio.run(main()))
    assert sorted(paths()) == [MAKE] + [ASK] * 6


def test_one_that_was_deleted_is_made_again(messages, gemini, paths):
    completion(FLASH, messages)
    name = gemini.requests()[-1]["body"]["cachedContent"]
    with gemini.client() as other:
        other.delete(f"/v1beta/{name}").raise_for_status()
    gemini.forget()
    assert completion(FLASH, messages).usage.cache_creation_input_tokens > 5000
    assert paths() == [ASK, MAKE, ASK]


def test_translations_alone_cache_nothing():
    """Whoever sends nothing makes no caches: the mark is lost, and said to be."""
    mark = {"cache_control": {"type": "ephemeral"}}
    done = isogloss.translate(
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", **mark}]}]},
        "chat.request",
        source="openai",
        target="gemini",
        model="gemini-2.5-flash",
    )
    assert [loss.pointer for loss in done.losses] == ["/messages/0/content/0/cache_control"]
