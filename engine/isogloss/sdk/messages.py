"""What callers hand in, as plain JSON values: replies of ours, models of pydantic, tuples; and local files, read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isogloss.errors import DocumentError
from isogloss.pointer import pointer
from isogloss.sdk.files import local

Object = dict[str, Any]

#: Deeper than any request may be.
_DEEPEST: Final = 210
#: How nothing but a path begins.
_PATHS: Final = ("/", "./", "../", "~/", "file://")


def plain(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """Return a value as plain JSON values; raise DocumentError where there is something else in it."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if len(path) > _DEEPEST:
        raise DocumentError(pointer(path[:_DEEPEST]), "the value is nested too deep, or holds itself")
    if isinstance(value, Mapping):
        return {str(name): plain(member, (*path, str(name))) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return plain(dump(mode="json", exclude_none=True), path)
    raise DocumentError(pointer(path), f"{type(value).__name__} is no JSON value")


def plainly(said: Object, files: bool) -> Object:  # noqa: ARG001 - one of those that may read files
    """Return a request that has no files as a document."""
    return plain(said)


def chat(said: Object, files: bool) -> Object:
    """Return a chat's request as a document, with its local files in it where they may be read."""
    body = plain({**said, **_format(said.get("response_format"))})
    turns = body.get("messages") if files else None
    return body if not isinstance(turns, list) else {**body, "messages": [_message(one) for one in turns]}


def _format(said: Any) -> Object:
    """Return what a class of pydantic stands for, as the openai package and LiteLLM have it: a schema to answer by."""
    schema = getattr(said, "model_json_schema", None)
    if not isinstance(said, type) or not callable(schema):
        return {}
    return {"response_format": {"type": "json_schema", "json_schema": {"name": said.__name__, "schema": schema()}}}


def _message(message: Any) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_part(part) for part in message["content"]]}


def _part(part: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("image_url", "video_url"):
        return {**part, kind: _linked(part.get(kind))}
    if kind == "file" and isinstance(part.get("file"), dict):
        return {**part, "file": _file(part["file"])}
    return part


def _linked(media: Any) -> Any:
    if isinstance(media, str):
        return _read(media, None) or media
    if not isinstance(media, dict):
        return media
    found = _read(media.get("url"), media.get("format"))
    return media if found is None else {**media, "url": found}


def _file(file: Object) -> Object:
    for name in ("file_id", "file_data"):
        found = _read(file.get(name), file.get("format"))
        if found is not None:
            rest = {key: value for key, value in file.items() if key not in ("file_id", "file_data")}
            return {"filename": Path(file[name]).name, **rest, "file_data": found}
    return file


def _read(said: Any, media: Any) -> str | None:
    """Return a local file as a data URL; None for what is none. What can be nothing but a path must be one."""
    found = local(said, media)
    if found is None and isinstance(said, str) and said.startswith(_PATHS):
        raise DocumentError("", f"there is no file {said[:200]!r}")
    return found
