"""Pictures and sounds made of nothing but a seed: small, and what they say they are."""

from __future__ import annotations

import array
import base64
import math
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from isogloss.emulator.dice import Dice

RATE: Final = 24_000  # samples a second
_LONGEST: Final = 2.0  # seconds
_LOUD: Final = 8_000


def blob(kind: str, data: bytes) -> dict[str, Any]:
    """Return an inlineData part."""
    return {"inlineData": {"mimeType": kind, "data": base64.b64encode(data).decode()}}


def picture(dice: Dice, aspect: str = "1:1") -> dict[str, Any]:
    """Return a PNG part of two colours, a few dots wide, in the aspect that was asked for."""
    wide, high = (int(number) for number in aspect.split(":"))
    scale = 8 // min(wide, high) or 1
    return blob("image/png", _png(wide * scale, high * scale, _colour(dice, "a"), _colour(dice, "b")))


def _colour(dice: Dice, name: str) -> bytes:
    return bytes(dice.number(f"{name}{index}", 0, 255) for index in range(3))


def _png(wide: int, high: int, one: bytes, two: bytes) -> bytes:
    rows = b"".join(b"\0" + b"".join(one if (x + y) % 2 else two for x in range(wide)) for y in range(high))
    head = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def speech(dice: Dice, words: int, form: str) -> dict[str, Any]:
    """Return a tone, a tenth of a second a word: raw PCM (signed 16 bits, little endian, mono), or a WAV file."""
    sound = _tone(dice.number("pitch", 180, 420), min(_LONGEST, max(1, words) / 10))
    if form == "wav":
        return blob("audio/wav", _wav(sound))
    return blob(f"audio/L16;codec=pcm;rate={RATE}", sound)


def _tone(pitch: int, seconds: float) -> bytes:
    step = 2 * math.pi * pitch / RATE
    samples = array.array("h", (int(_LOUD * math.sin(step * index)) for index in range(int(RATE * seconds))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _wav(sound: bytes) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    data = struct.pack("<4sI", b"data", len(sound)) + sound
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data
