"""`embedding` and `aembedding`, against the offline Gemini."""

import asyncio
import base64
import struct

import isogloss
import openai
import pytest
from isogloss.sdk import pools
from openai.types import CreateEmbeddingResponse

MODEL = "gemini/gemini-embedding-2"


def test_embeddings(call, asked):
    done = call("embedding", model=MODEL, input=["good morning from litellm", "good night"])
    assert [one.index for one in done.data] == [0, 1]
    assert done["data"][1]["embedding"] == done.data[1].embedding
    assert {type(number) for number in done.data[0].embedding} == {float}
    assert done.usage.prompt_tokens is not None
    assert done.model == "gemini-embedding-2"
    CreateEmbeddingResponse.model_validate(done.to_dict(), strict=True)
    assert done.model_dump() == done.to_dict()
    assert repr(done).startswith("EmbeddingResponse(data=[{")
    assert len(asked()[0]["requests"]) == 2


def test_the_number_of_dimensions_and_the_encoding(call, asked):
    floats = call("embedding", MODEL, "Hello", dimensions=8).data[0].embedding
    packed = call("embedding", MODEL, "Hello", dimensions=8, encoding_format="base64").data[0].embedding
    assert struct.unpack("<8f", base64.b64decode(packed)) == pytest.approx(floats, abs=1e-7)
    assert asked()[0]["requests"][0]["outputDimensionality"] == 8


def test_many_inputs_are_asked_for_in_shares(call, asked):
    texts = [f"text {number}" for number in range(250)]
    done = call("embedding", MODEL, tuple(texts), dimensions=4)
    assert [one.index for one in done.data] == list(range(250))
    assert sorted(len(body["requests"]) for body in asked()) == [50, 100, 100]
    alone = call("embedding", MODEL, texts[123], dimensions=4)
    assert alone.data[0].embedding == done.data[123].embedding


def test_what_is_refused(call, gemini):
    with pytest.raises(openai.BadRequestError, match="send the text"):
        call("embedding", MODEL, [1, 2, 3])
    with pytest.raises(openai.BadRequestError, match="empty list"):
        call("embedding", MODEL, [])
    with pytest.raises(openai.BadRequestError, match="use an embedding model"):
        call("embedding", "gemini/gemini-2.5-flash", "Hello")
    assert gemini.requests() == []


def test_an_error_of_one_share_is_the_error_of_all(call):
    with pytest.raises(openai.RateLimitError):
        call("embedding", MODEL, ["Hello"] * 150 + ["[[error RESOURCE_EXHAUSTED]]"], max_retries=0)


@pytest.mark.usefixtures("gemini")
def test_what_is_cancelled_leaves_nothing_open():
    """Several calls at once: the caller leaves, or one of them takes too long."""
    slow = {"model": MODEL, "input": ["[[delay 2]]"] * 350, "dimensions": 4}

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await isogloss.aembedding(**slow)
        pool = await pools.async_pool()
        assert pool._transport._pool.connections == []  # noqa: SLF001
        with pytest.raises(openai.APITimeoutError):
            await isogloss.aembedding(**slow, timeout=0.2)
        assert pool._transport._pool.connections == []  # noqa: SLF001

    asyncio.run(main())


def test_what_is_lost_is_told(call):
    done = call("embedding", MODEL, "Hello", user="me", stream=True, explain=True)  # vectors do not come in pieces
    assert {"/user", "/stream"} <= {loss.pointer for loss in done.losses}
    assert {"/input", "/user"} <= {step.pointer for step in done.ledger}
