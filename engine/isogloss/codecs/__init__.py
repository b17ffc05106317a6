"""Codecs: named pairs of pure functions for one value.

`read` takes a value of the dialect the codec stands on and gives one neutral value for each variable (or ABSENT where a
part is not there); `write` is its inverse. Each keeps the law `read(write(*read(x))) == read(x)`. `fits` tells, by
looking at the head only, whether a value is of the codec's kind; a value that fits and cannot be read is a CodecError.
"""

from __future__ import annotations

from typing import Final

from isogloss import references
from isogloss.codecs import json_text, lists, media, names, values, vectors
from isogloss.codecs.codec import Codec, CodecError
from isogloss.codecs.json_text import dump_json, parse_json

CODECS: Final[dict[str, Codec]] = {
    **json_text.CODECS,
    **media.CODECS,
    **values.CODECS,
    **names.CODECS,
    **lists.CODECS,
    **vectors.CODECS,
    "lone-reference": Codec(1, lambda *_: True, references.read, references.write, references.NEEDS, references.spare),
}


def find(name: str) -> tuple[Codec, str | None] | None:
    """Find a codec by the name a rule gives: 'codec' or 'codec:value'."""
    base, _, options = name.partition(":")
    codec = CODECS.get(base)
    return (codec, options or None) if codec else None


__all__ = ["CODECS", "Codec", "CodecError", "dump_json", "find", "parse_json"]
