"""What callers hand in, as plain JSON values: replies of ours, models of pydantic, tuples; and local files, read.

Only here are files read, and only media: a path is taken for one where a file of that name is there, and its ending
says that it is an image, sound, a film or a document.
"""

from __future__ import annotations

import base64
import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isogloss.errors import DocumentError
from isogloss.pointer import pointer

Object = dict[str, Any]

#: The most that is read, in bytes: more than what a request may be.
_MOST: Final = 100 * 1024 * 1024
_LONGEST: Final = 4096  # characters of a path
_MEDIA: Final = (
    "image/",
    "audio/",
    "video/",
    "application/pdf",
    "text/plain",
    "text/csv",
    "text/html",
    "text/markdown",
)


def plain(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """Return a value as plain JSON values; raise DocumentError where there is something else in it."""
    if value is None or isinstance(value, (str, int, float)):
        return value
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
    body = plain(said)
    turns = body.get("messages") if files else None
    return body if not isinstance(turns, list) else {**body, "messages": [_message(one) for one in turns]}


def _message(message: Any) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    return {**message, "content": [_part(part) for part in message["content"]]}


def _part(part: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image_url":
        return {**part, "image_url": _image(part.get("image_url"))}
    if kind == "file" and isinstance(part.get("file"), dict):
        return {**part, "file": _file(part["file"])}
    return part


def _image(image: Any) -> Any:
    if isinstance(image, str):
        return _data_url(image, None) or image
    if not isinstance(image, dict):
        return image
    found = _data_url(image.get("url"), image.get("format"))
    return image if found is None else {**image, "url": found}


def _file(file: Object) -> Object:
    for name in ("file_id", "file_data"):
        found = _data_url(file.get(name), file.get("format"))
        if found is not None:
            rest = {key: value for key, value in file.items() if key not in ("file_id", "file_data")}
            return {"filename": Path(file[name]).name, **rest, "file_data": found}
    return file


def _data_url(said: Any, media: Any) -> str | None:
    """Return a file as a data URL; None for what is no local file."""
    path = _path(said)
    if path is None:
        return None
    found = media if isinstance(media, str) else mimetypes.guess_type(path.name)[0]
    if found is None or not found.startswith(_MEDIA):
        raise DocumentError("", f"the file {path.name!r} is {found or 'of an unknown type'}, and only media are read")
    if path.stat().st_size > _MOST:
        raise DocumentError("", f"the file {path.name!r} is larger than {_MOST} bytes", status=413)
    return f"data:{found};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _path(said: Any) -> Path | None:
    if not isinstance(said, str) or not 0 < len(said) <= _LONGEST or said.startswith("data:"):
        return None
    path = Path(said.removeprefix("file://"))
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):  # a name that is too long, or holds a null
        return None
