"""`image_generation` and `image_edit`, and both for coroutines."""

from __future__ import annotations

from typing import Any

from isogloss.sdk import files
from isogloss.sdk.calls import Asked, ask, ask_async
from isogloss.sdk.messages import plain

Object = dict[str, Any]


def image_generation(prompt: str, model: str, **parameters: Any) -> Any:
    """Draw images: a `Reply` whose `data` holds them as `b64_json`, or with `stream=True` an iterator of its events.

    `parameters` are OpenAI's (`n`, `size` …), and those about the call itself: see `completion`.
    """
    return ask(Asked("images.generate", {"prompt": prompt, "model": model, **parameters}))


async def aimage_generation(prompt: str, model: str, **parameters: Any) -> Any:
    """Draw images; see `image_generation`."""
    return await ask_async(Asked("images.generate", {"prompt": prompt, "model": model, **parameters}))


def image_edit(image: Any, prompt: str, model: str, **parameters: Any) -> Any:
    """Draw images from one that is there, or from a list of them; else see `image_generation`.

    Each is an open file, bytes, a path, (name, bytes, type) as the openai package has it, or a data URL.
    """
    return ask(_edit(image, prompt, model, parameters))


async def aimage_edit(image: Any, prompt: str, model: str, **parameters: Any) -> Any:
    """Draw images from others; see `image_edit`."""
    return await ask_async(_edit(image, prompt, model, parameters))


def _edit(image: Any, prompt: str, model: str, parameters: Object) -> Asked:
    return Asked("images.edit", {"image": image, "prompt": prompt, "model": model, **parameters}, _edited)


def _edited(said: Object, reads: bool) -> Object:
    """Return the request as a document; a lone image counts as a list of one."""
    given = {name: said[name] for name in ("image", "mask") if name in said}
    return plain({**said, **{name: _urls(value, reads=reads) for name, value in given.items()}})


def _urls(value: Any, *, reads: bool) -> Any:
    if isinstance(value, list):
        return [files.data_url(one, reads=reads) for one in value]
    return files.data_url(value, reads=reads)
