"""`video_generation`, `video_status` and `video_content`, and all for coroutines."""

from __future__ import annotations

from typing import Any

from isogloss.sdk import files
from isogloss.sdk.calls import Asked, ask, ask_async
from isogloss.sdk.messages import plain

Object = dict[str, Any]


def video_generation(prompt: str, model: str, **parameters: Any) -> Any:
    """Ask for a video: a `Reply` with the `id` of the job, to look at with `video_status`.

    `parameters` are OpenAI's (`seconds`, `size`, `input_reference`: an open file, bytes, a path, (name, bytes, type) or
    a data URL), Gemini's own, and those about the call itself: see `completion`.
    """
    return ask(_asked(prompt, model, parameters))


async def avideo_generation(prompt: str, model: str, **parameters: Any) -> Any:
    """Ask for a video; see `video_generation`."""
    return await ask_async(_asked(prompt, model, parameters))


def video_status(video_id: str, **parameters: Any) -> Any:
    """Look at a job: a `Reply` with its `status`, its `progress`, and the `error` of one that failed."""
    return ask(Asked("videos.get", {"id": video_id, **parameters}))


async def avideo_status(video_id: str, **parameters: Any) -> Any:
    """Look at a job; see `video_status`."""
    return await ask_async(Asked("videos.get", {"id": video_id, **parameters}))


def video_content(video_id: str, **parameters: Any) -> Any:
    """Fetch the video of a job that is done: `Content`, which is bytes."""
    return ask(Asked("videos.content", {"id": video_id, **parameters}))


async def avideo_content(video_id: str, **parameters: Any) -> Any:
    """Fetch the video of a job; see `video_content`."""
    return await ask_async(Asked("videos.content", {"id": video_id, **parameters}))


def _asked(prompt: str, model: str, parameters: Object) -> Asked:
    return Asked("videos.create", {"prompt": prompt, "model": model, **parameters}, _written)


def _written(said: Object, reads: bool) -> Object:
    if "input_reference" not in said:
        return plain(said)
    return plain({**said, "input_reference": files.data_url(said["input_reference"], reads=reads)})
