"""Small films made of nothing but a seed: MP4 files of one picture a second.

https://www.iso.org/standard/83102.html (the boxes), https://mp4ra.org/registered-types/object-types (0x6D is PNG)
"""

from __future__ import annotations

import base64
import struct
from typing import Final

from isogloss.emulator import media
from isogloss.emulator.dice import Dice

#: A turn of nothing, as films lay out their tracks.
_UPRIGHT: Final = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
#: Ticks of a second.
_SCALE: Final = 1000
_PNG: Final = 0x6D


def film(dice: Dice, aspect: str, seconds: int) -> bytes:
    """Return an MP4 file that lasts so many seconds, a few dots wide, in the aspect that was asked for."""
    pictures = [_picture(dice, aspect, second) for second in range(seconds)]
    wide, high = struct.unpack(">II", pictures[0][16:24])
    kind = _box("ftyp", b"isom" + struct.pack(">I", 0x200) + b"isomiso2mp41")
    size = len(kind) + len(_moov(pictures, wide, high, 0)) + 8
    return kind + _moov(pictures, wide, high, size) + _box("mdat", b"".join(pictures))


def _picture(dice: Dice, aspect: str, second: int) -> bytes:
    part = media.picture(Dice(dice.seed, second), aspect)
    return base64.b64decode(part["inlineData"]["data"])


def _box(name: str, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", 8 + len(data)) + name.encode() + data


def _full(name: str, *parts: bytes, flags: int = 0) -> bytes:
    """Return a box with a version, which is 0, and flags."""
    return _box(name, struct.pack(">I", flags), *parts)


def _moov(pictures: list[bytes], wide: int, high: int, start: int) -> bytes:
    """Describe the film; its pictures begin `start` bytes after its head."""
    ticks = len(pictures) * _SCALE
    head = struct.pack(">IIII", 0, 0, _SCALE, ticks) + struct.pack(">IHxx8x", 0x10000, 0x100) + _UPRIGHT
    track = struct.pack(">IIIxxxxI8xhhhxx", 0, 0, 1, ticks, 0, 0, 0) + _UPRIGHT
    return _box(
        "moov",
        _full("mvhd", head, bytes(24), struct.pack(">I", 2)),
        _box(
            "trak",
            _full("tkhd", track, struct.pack(">II", wide << 16, high << 16), flags=3),
            _media(pictures, wide, high, start),
        ),
    )


def _media(pictures: list[bytes], wide: int, high: int, start: int) -> bytes:
    ticks = len(pictures) * _SCALE
    language = struct.pack(">HH", 0x55C4, 0)  # undetermined
    place = _full("dref", struct.pack(">I", 1), _full("url ", flags=1))
    return _box(
        "mdia",
        _full("mdhd", struct.pack(">IIII", 0, 0, _SCALE, ticks), language),
        _full("hdlr", bytes(4), b"vide", bytes(12), b"\0"),
        _box("minf", _full("vmhd", bytes(8), flags=1), _box("dinf", place), _table(pictures, wide, high, start)),
    )


def _table(pictures: list[bytes], wide: int, high: int, start: int) -> bytes:
    """Say what the pictures are, how long each lasts, how large each is, and where they stand: in one chunk."""
    many = len(pictures)
    sizes = struct.pack(f">II{many}I", 0, many, *map(len, pictures))
    return _box(
        "stbl",
        _full("stsd", struct.pack(">I", 1), _entry(wide, high)),
        _full("stts", struct.pack(">III", 1, many, _SCALE)),
        _full("stsc", struct.pack(">IIII", 1, 1, many, 1)),
        _full("stsz", sizes),
        _full("stco", struct.pack(">II", 1, start)),
    )


def _entry(wide: int, high: int) -> bytes:
    decoder = _tagged(4, struct.pack(">BBxxxII", _PNG, 0x11, 0, 0))
    stream = _full("esds", _tagged(3, struct.pack(">HB", 1, 0), decoder, _tagged(6, b"\x02")))
    sight = struct.pack(">HHII4xH", wide, high, 0x480000, 0x480000, 1)
    return _box("mp4v", bytes(6), struct.pack(">H", 1), bytes(16), sight, bytes(32), struct.pack(">Hh", 24, -1), stream)


def _tagged(tag: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">BB", tag, len(data)) + data
