"""Data URLs, base64, sound and names of files."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, is_text, same
from isogloss.values import Value

if TYPE_CHECKING:
    from isogloss.codecs.codec import Options


_HEAD: Final = 256
_SCHEME: Final = "data:"


def _is_data_url(value: Value, options: Options) -> bool:
    """Tell whether a value is a data URL; where `types` are given, of one of these, and with something in it."""
    if not isinstance(value, str) or value[: len(_SCHEME)].lower() != _SCHEME:
        return False
    comma = value.find(",", 0, _HEAD) if "types" in options else -1
    return comma < 0 or (value[5:comma].lower().startswith(tuple(options["types"])) and len(value) > comma + 1)


def _read_data_url(value: Value, options: Options) -> tuple[Value, Value]:
    comma = value.find(",", 0, _HEAD)
    if comma < 0:
        message = "a data URL has a comma after its media type"
        raise CodecError(message)
    head = value[5:comma]
    if head[-7:].lower() == ";base64":
        mime = head[:-7] or "text/plain"
        return options.get(mime, mime), value[comma + 1 :]
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


#: How base64 of a RIFF file begins, which a WAV file is.
_RIFF: Final = "UklGR"
#: Samples of two bytes, as audio/L16 has them.
_WIDTH: Final = 2
_RATE: Final = 24_000


def _is_wave(value: Value, _: Options) -> bool:
    """Tell by its first 36 bytes whether a file is WAV and holds samples of 16 bits: others have more to say first.

    http://soundfile.sapp.org/doc/WaveFormat/
    """
    if not isinstance(value, str) or not value.startswith(_RIFF):
        return False
    try:
        head = base64.b64decode(value[:48], validate=True)
    except ValueError:
        return False
    return head[8:16] == b"WAVEfmt " and head[20:22] == b"\x01\0" and head[34:36] == b"\x10\0"


def _read_wave(value: Value, _: Options) -> tuple[Value, Value]:
    """Take the samples out of a WAV file, and say how many there are in a second."""
    import wave  # few replies are sound

    try:
        with wave.open(io.BytesIO(base64.b64decode(value, validate=True))) as sound:
            rate, channels = sound.getframerate(), sound.getnchannels()
            samples = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError, ValueError) as error:
        message = f"this is no WAV file: {error}"
        raise CodecError(message) from None
    more = "" if channels == 1 else f";channels={channels}"
    return base64.b64encode(samples).decode(), f"audio/L16;codec=pcm;rate={rate}{more}"


def _write_wave(neutral: tuple[Value, ...], _: Options) -> Value:
    """Put samples (signed, 16 bits, little endian) into a WAV file; how many there are in a second says their type."""
    import wave

    data, mime = neutral
    made = io.BytesIO()
    try:
        samples = base64.b64decode(data, validate=True)
        with wave.open(made, "wb") as sound:
            sound.setsampwidth(_WIDTH)
            sound.setframerate(_parameter(mime, "rate", _RATE))
            sound.setnchannels(_parameter(mime, "channels", 1))
            sound.writeframes(samples)
    except (wave.Error, ValueError, TypeError) as error:
        message = f"this is no sound that a WAV file could hold: {error}"
        raise CodecError(message) from None
    return base64.b64encode(made.getvalue()).decode()


def _parameter(mime: Value, name: str, otherwise: int) -> int:
    found = re.search(rf";\s*{name}=([0-9]{{1,6}})", mime) if isinstance(mime, str) else None
    return int(found[1]) if found else otherwise


CODECS: Final[dict[str, Codec]] = {
    "data-url": Codec(2, _is_data_url, _read_data_url, _write_data_url, head=_SCHEME),
    "base64": Codec(1, is_text, _read_base64, same),
    "wave": Codec(2, _is_wave, _read_wave, _write_wave),
    "extension": Codec(1, _has_extension, _read_extension, same),
}
