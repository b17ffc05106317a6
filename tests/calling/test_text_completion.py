"""`text_completion` and `atext_completion`, against the offline Gemini."""

import asyncio

import isogloss
import openai
import pytest
from openai.types import Completion

FLASH = "gemini/gemini-2.5-flash"


def streamed(text, **asked):
    with isogloss.text_completion(text, FLASH, stream=True, **asked) as chunks:
        return list(chunks)


def streamed_in_a_loop(text, **asked):
    async def chunks():
        return [chunk async for chunk in await isogloss.atext_completion(text, FLASH, stream=True, **asked)]

    return asyncio.run(chunks())


def test_whole(call, asked):
    done = call("text_completion", "Say this is a test", FLASH, temperature=0, user="me")
    assert "Say this is a test" in done.choices[0].text
    assert (done.object, done.choices[0].finish_reason, done.system_fingerprint) == ("text_completion", "stop", None)
    assert done["choices"][0].get("logprobs") is done.choices[0].logprobs is None
    assert done.usage.total_tokens
    assert "/user" in [loss.pointer for loss in done.losses]
    Completion.model_validate(done.to_dict(), strict=True)
    assert asked()[0]["contents"][0]["parts"] == [{"text": "Say this is a test"}]


@pytest.mark.parametrize("way", [streamed, streamed_in_a_loop])
@pytest.mark.usefixtures("gemini")
def test_streamed(way):
    chunks = way("Hello")
    assert len(chunks) > 2
    whole = isogloss.text_completion("Hello", FLASH)
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == whole.choices[0].text
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def test_several_prompts(call, asked):
    done = call("text_completion", ["one", "two"], FLASH)
    assert [(choice.index, word in choice.text) for choice, word in zip(done.choices, ("one", "two"), strict=True)] == [
        (0, True),
        (1, True),
    ]
    assert len(asked()) == 2


def test_echo_of_several_prompts(call):
    done = call("text_completion", ["one: ", "two: "], FLASH, n=2, echo=True)
    plain = call("text_completion", ["one: ", "two: "], FLASH, n=2)
    heads = ("one: ", "one: ", "two: ", "two: ")
    assert [choice.text for choice in done.choices] == [
        head + choice.text for head, choice in zip(heads, plain.choices, strict=True)
    ]
    assert "/echo" not in [loss.pointer for loss in done.losses]


@pytest.mark.parametrize("way", [streamed, streamed_in_a_loop])
@pytest.mark.usefixtures("gemini")
def test_echo_streamed(way):
    text = "".join(chunk.choices[0].text for chunk in way("Hello", echo=True) if chunk.choices)
    assert text == "Hello" + isogloss.text_completion("Hello", FLASH).choices[0].text


def test_what_is_refused(call, gemini):
    with pytest.raises(openai.BadRequestError, match="send the text"):
        call("text_completion", [1, 2], FLASH)
    with pytest.raises(openai.BadRequestError, match="writes what follows"):
        call("text_completion", "Hello", FLASH, suffix="!")
    assert gemini.requests() == []
