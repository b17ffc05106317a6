"""`embedding` and `aembedding`."""

from __future__ import annotations

from typing import Any

from isogloss.sdk.calls import Asked, ask, ask_async


def embedding(model: str, input: Any, **parameters: Any) -> Any:  # noqa: A002 - the API's own name
    """Turn texts into vectors: a `Reply` whose `data` holds an `embedding` for each, in order.

    `parameters` are OpenAI's (`dimensions`, `encoding_format`), Gemini's own (`task_type`, `title`), and those about
    the call itself: see `completion`.
    """
    return ask(Asked("embeddings", {"model": model, "input": input, **parameters}))


async def aembedding(model: str, input: Any, **parameters: Any) -> Any:  # noqa: A002 - the API's own name
    """Turn texts into vectors; see `embedding`."""
    return await ask_async(Asked("embeddings", {"model": model, "input": input, **parameters}))
