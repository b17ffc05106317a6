"""`speech` and `aspeech`."""

from __future__ import annotations

from typing import Any

from isogloss.sdk.calls import Asked, ask, ask_async


def speech(model: str, input: str, voice: Any = None, **parameters: Any) -> Any:  # noqa: A002 - the API's own name
    """Speak a text: `Content`, which is bytes, of a kind that `response_format` asks for.

    `parameters` are OpenAI's (`instructions` …), and those about the call itself: see `completion`.
    """
    return ask(Asked("audio.speech", {"model": model, "input": input, "voice": voice, **parameters}))


async def aspeech(model: str, input: str, voice: Any = None, **parameters: Any) -> Any:  # noqa: A002
    """Speak a text; see `speech`."""
    return await ask_async(Asked("audio.speech", {"model": model, "input": input, "voice": voice, **parameters}))
