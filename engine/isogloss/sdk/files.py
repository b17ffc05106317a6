"""Files that callers hand in, as data URLs: paths, bytes, open files, and the openai package's (name, content, type).

Only here are local files read, and only media: an image, sound, a film or a document, by the ending of its name.
"""

from __future__ import annotations

import base64
import mimetypes
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from isogloss.errors import DocumentError

#: The most that is read, in bytes: more than what a request may be.
_MOST: Final = 100 * 1024 * 1024
_FILE: Final = "file://"
_HOME: Final = "~/"
_LONGEST: Final = 4096  # characters of a path
_SHOWN: Final = 200  # … and those of it that an error shows
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
#: How files begin that are handed in without a name: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
_HEADS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_RIFF, _WEBP, _MP4 = b"RIFF", b"WEBP", b"ftyp"


def data_url(said: Any, *, reads: bool) -> Any:
    """Return a file as a data URL; what is an address already, or none of the sorts of files, as it is.

    Paths are read where `reads` allows it. Raises DocumentError for what is not there, no media, or too large.
    """
    if isinstance(said, tuple) and len(said) in (2, 3):
        name, content, *media = said
        return _url(_content(content, reads=reads), str(name or ""), media[0] if media else None)
    if isinstance(said, (str, os.PathLike)):
        return _read(os.fspath(said)) if reads else said
    content = _content(said, reads=reads)
    return said if content is None else _url(content, str(getattr(said, "name", "")), None)


def local(said: Any, media: Any) -> str | None:
    """Return a file of this machine as a data URL; None for what is no path of one.

    `media` is the type that its caller says it is; whether it may be read its name decides alone.
    """
    path = _path(said)
    if path is None:
        return None
    found, content = _held(path)
    return _data(media if isinstance(media, str) else found, content)


def _held(path: Path) -> tuple[str, bytes]:
    """Return what a file is, and what it holds: of a link, the name behind it counts."""
    path = path.resolve()
    found = mimetypes.guess_type(path.name)[0]
    if found is None or not found.startswith(_MEDIA):
        raise DocumentError("", f"the file {path.name!r} is {found or 'of an unknown type'}, and only media are read")
    _bounded(path.stat().st_size, path.name)
    return found, path.read_bytes()


def _read(said: str) -> str:
    if said.startswith("data:") or ("://" in said and not said.startswith(_FILE)):
        return said
    found = local(said, None)
    if found is None:
        raise _missing(said)
    return found


def _missing(said: str) -> DocumentError:
    return DocumentError("", f"there is no file {said[:_SHOWN]!r}")


def _path(said: Any) -> Path | None:
    if not isinstance(said, str) or not 0 < len(said) <= _LONGEST or said.startswith("data:"):
        return None
    path = Path(unquote(said.removeprefix(_FILE)) if said.startswith(_FILE) else said)
    try:
        path = path.expanduser() if said.startswith(_HOME) else path
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError):  # a name that is too long, or holds a null; nobody's home
        return None


def _content(said: Any, *, reads: bool) -> bytes | None:
    """Return the bytes of what is handed in; None for what has none."""
    if isinstance(said, (bytes, bytearray, memoryview)):
        return bytes(said)
    if reads and isinstance(said, os.PathLike):
        path = _path(os.fspath(said))
        if path is None:
            raise _missing(os.fspath(said))
        return _held(path)[1]
    read = getattr(said, "read", None)
    if not callable(read):
        return None
    try:
        found = read(_MOST + 1)
    except UnicodeError:
        found = None
    if not isinstance(found, bytes):
        raise DocumentError("", "the file is open as text; open it with mode 'rb'")
    return found


def _url(content: bytes | None, name: str, media: Any) -> str:
    if content is None:
        raise DocumentError("", f"the file {name!r} holds no bytes")
    _bounded(len(content), name)
    found = media or mimetypes.guess_type(name)[0] or _sniffed(content)
    if not isinstance(found, str):
        raise DocumentError("", f"the type of the file {name!r} is not known; hand in (name, bytes, type)")
    return _data(found, content)


def _sniffed(content: bytes) -> str | None:
    if content[:4] == _RIFF and content[8:12] == _WEBP:
        return "image/webp"
    if content[4:8] == _MP4:
        return "video/mp4"
    return next((media for head, media in _HEADS.items() if content.startswith(head)), None)


def _bounded(size: int, name: str) -> None:
    if size > _MOST:
        raise DocumentError("", f"the file {name!r} is larger than {_MOST} bytes", status=413)


def _data(media: str, content: bytes) -> str:
    return f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"
