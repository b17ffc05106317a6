"""`completion` and `text_completion`, and both for coroutines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.sdk import messages
from isogloss.sdk.calls import Asked, ask, ask_async

if TYPE_CHECKING:
    from collections.abc import Sequence


def completion(model: str, messages: Sequence[Any], *, stream: bool = False, **parameters: Any) -> Any:
    """Complete a chat: a `Reply`, or with `stream=True` an iterator of them, piece by piece.

    `parameters` are OpenAI's, Gemini's own (`safety_settings`, `topK` …), and about the call itself: `api_key` (else
    GEMINI_API_KEY or GOOGLE_API_KEY), `api_base` (else GEMINI_API_BASE), `timeout` (seconds, or an httpx.Timeout),
    `max_retries` (2), `extra_headers`, `extra_body` (laid over the request), `explain` (True: the reply's `ledger` says
    what became of every value), `read_files` (False: local paths in `image_url`, `video_url` and `file` are left alone;
    for requests that come from strangers), `profile`, `allow_addresses` (networks that media may be fetched from beside
    public addresses, for models that fetch nothing).

    Raises the openai package's errors, JSONSchemaValidationError among them.
    """
    return ask(_chat(model, messages, stream, parameters))


async def acompletion(model: str, messages: Sequence[Any], *, stream: bool = False, **parameters: Any) -> Any:
    """Complete a chat; see `completion`. With `stream=True` an asynchronous iterator."""
    return await ask_async(_chat(model, messages, stream, parameters))


def _chat(model: str, said: Sequence[Any], stream: bool, parameters: dict[str, Any]) -> Asked:
    return Asked("chat", {"model": model, "messages": said, **parameters, **_streams(stream)}, messages.chat)


def text_completion(prompt: Any, model: str, *, stream: bool = False, **parameters: Any) -> Any:
    """Go on from a text, or from each of several: a `Reply`, or with `stream=True` an iterator of them.

    `parameters` are OpenAI's, and those about the call itself: see `completion`.
    """
    return ask(_text(model, prompt, stream, parameters))


async def atext_completion(prompt: Any, model: str, *, stream: bool = False, **parameters: Any) -> Any:
    """Go on from a text; see `text_completion`. With `stream=True` an asynchronous iterator."""
    return await ask_async(_text(model, prompt, stream, parameters))


def _text(model: str, prompt: Any, stream: bool, parameters: dict[str, Any]) -> Asked:
    return Asked("completions", {"model": model, "prompt": prompt, **parameters, **_streams(stream)})


def _streams(stream: bool) -> dict[str, Any]:
    return {"stream": True} if stream else {}
