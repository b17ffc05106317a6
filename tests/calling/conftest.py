"""The offline Gemini, as programs find the real one: by the environment. Skipped where openai is not installed."""

import asyncio
import inspect

import isogloss
import pytest
from isogloss.sdk import completions, replies
from laws.folding import fold_openai
from packages import SDKS, needing
from servers import KEY

pytest_pycollect_makemodule = needing(SDKS)


@pytest.fixture
def gemini(emulator, monkeypatch):
    """Return the emulator, whose address and key stand in the environment."""
    for name in ("GOOGLE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_BASE", emulator.url)
    emulator.forget()
    return emulator


@pytest.fixture
def asked(gemini):
    """Return what gives the body of the only request that came, or all of them."""

    def bodies():
        return [request["body"] for request in gemini.requests()]

    return bodies


# ------------------------------------------------------------------------------------------------ four ways to ask

USAGE = {"include_usage": True}


def folded(chunks):
    """Add a stream up, as clients do."""
    assert len(chunks) > 1
    return replies.reply({**fold_openai([chunk.to_dict() for chunk in chunks]), "object": "chat.completion"})


def streamed(**asked):
    with completions.completion(**asked, stream=True, stream_options=USAGE) as chunks:
        return folded(list(chunks))


def in_a_loop(**asked):
    return asyncio.run(completions.acompletion(**asked))


def streamed_in_a_loop(**asked):
    async def chunks():
        return [chunk async for chunk in await completions.acompletion(**asked, stream=True, stream_options=USAGE)]

    return folded(asyncio.run(chunks()))


@pytest.fixture(params=[completions.completion, in_a_loop, streamed, streamed_in_a_loop], ids=lambda way: way.__name__)
def completion(request):
    """Return `completion`, or what asks in another way and gives the same."""
    return request.param


@pytest.fixture
def streams(completion):
    """Return whether that way is a stream."""
    return completion in (streamed, streamed_in_a_loop)


@pytest.fixture
def litellm(completion, monkeypatch):
    """Return the package, whose `completion` asks in that way."""
    monkeypatch.setattr(isogloss, "completion", completion)
    return isogloss


@pytest.fixture(params=["", "a"], ids=["blocking", "coroutine"])
def call(request, gemini):
    """Ask a function by its name, or its twin for coroutines."""
    del gemini

    def named(name, *given, **asked):
        found = getattr(isogloss, request.param + name)(*given, **asked)
        return asyncio.run(found) if inspect.isawaitable(found) else found

    return named
