"""Data URLs, base64 and names of files."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, is_text, same
from isogloss.values import Value

if TYPE_CHECKING:
    from isogloss.codecs.codec import Options


_HEAD: Final = 256


def _is_data_url(value: Value, _: Options) -> bool:
    return isinstance(value, str) and value[:5].lower() == "data:"


def _read_data_url(value: Value, _: Options) -> tuple[Value, Value]:
    comma = value.find(",", 0, _HEAD)
    if comma < 0:
        message = "a data URL has a comma after its media type"
        raise CodecError(message)
    head = value[5:comma]
    if head[-7:].lower() == ";base64":
        return head[:-7] or "text/plain", value[comma + 1 :]
    from urllib.parse import unquote_to_bytes  # few data URLs are not base64

    return head or "text/plain", base64.b64encode(unquote_to_bytes(value[comma + 1 :])).decode()


def _write_data_url(neutral: tuple[Value, ...], _: Options) -> Value:
    mime, data = neutral
    return f"data:{mime};base64,{data}"


#: Which alphabet a text is in shows within its first letters; the rest of a large one is not searched.
_ALPHABET_HEAD: Final = 512


def _read_base64(value: Value, _: Options) -> tuple[Value]:
    """Turn the URL alphabet of base64 (RFC 4648 §5) into the standard one; most media is in it."""
    head = value[:_ALPHABET_HEAD]
    if "+" in head or "/" in head or ("-" not in head and "_" not in head and len(value) <= _ALPHABET_HEAD):
        return (value,)
    return (value.replace("-", "+").replace("_", "/"),) if "-" in value or "_" in value else (value,)


def _has_extension(value: Value, _: Options) -> bool:
    return isinstance(value, str) and _extension(value) is not None


def _extension(value: str) -> str | None:
    path = re.split(r"[?#]", value, maxsplit=1)[0].rsplit("/", 1)[-1]
    return path.rsplit(".", 1)[1].lower() if "." in path else None


def _read_extension(value: Value, _: Options) -> tuple[Value]:
    return (_extension(value),)


CODECS: Final[dict[str, Codec]] = {
    "data-url": Codec(2, _is_data_url, _read_data_url, _write_data_url),
    "base64": Codec(1, is_text, _read_base64, same),
    "extension": Codec(1, _has_extension, _read_extension, same),
}
