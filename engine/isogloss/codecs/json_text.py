"""JSON in texts, and objects that are texts in another dialect."""

from __future__ import annotations

import json
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

from isogloss.codecs.codec import Codec, CodecError, is_text
from isogloss.values import ABSENT, Value, finite, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.codecs.codec import Options


def _no_constant(word: str) -> Value:
    message = f"{word} is no JSON"
    raise CodecError(message)


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a name stands twice in one object"
        raise CodecError(message)
    return found


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=finite)
_STRICT: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=finite, object_pairs_hook=_unique)
_scan: Final = _STRICT.scan_once  # type: ignore[attr-defined]


def parse_json(text: str) -> Value:
    """Parse JSON text; raises CodecError for what is none."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        message = f"this is no JSON text: {error}"
        raise CodecError(message) from None


def _read_json(value: Value, options: Options) -> tuple[Value]:
    if value.strip() in ("", "null") and "blank" in options:
        return (json.loads(json.dumps(options["blank"])),)
    found = parse_json(value)
    if options.get("holds", type_name(found)) != type_name(found):
        message = f"this JSON text holds {type_name(found)}, and {options['holds']} must stand here"
        raise CodecError(message)
    return (found,)


def _encoder() -> Callable[[Value], str]:
    """Return what writes JSON text; letters beyond ASCII stay letters. The encoder in C is made once, not each time."""
    encoder = json.JSONEncoder(ensure_ascii=False)
    if c_make_encoder is None:
        return encoder.encode
    encode = c_make_encoder(None, encoder.default, encode_basestring, None, ": ", ", ", False, False, True)
    return lambda value: "".join(encode(value, 0))


dump_json: Final = _encoder()


def _write_json(neutral: tuple[Value, ...], _: Options) -> Value:
    return dump_json(neutral[0])


def _object_of(text: str, options: Options) -> Value:
    """Parse text that holds a JSON object which reads back as the same text would."""
    if text[:1] != "{" and text.lstrip()[:1] != "{":
        return ABSENT
    try:
        found = _decoded(text)
    except (ValueError, RecursionError):
        return ABSENT
    if len(found) == 1 and isinstance(found.get(options["key"]), str):
        return ABSENT  # an output that is a text has this form already
    marks = options.get("keep_text")
    return ABSENT if marks and any(mark in text for mark in marks) else found


def _decoded(text: str) -> Value:
    """Parse text as the decoder does, without the two searches for blanks around it where there are none."""
    try:
        found, end = _scan(text, 0)
    except StopIteration:
        return _STRICT.decode(text)
    return found if end == len(text) else _STRICT.decode(text)


def _write_text_or_object(neutral: tuple[Value, ...], options: Options) -> Value:
    found = _object_of(neutral[0], options) if isinstance(neutral[0], str) else neutral[0]
    return {options["key"]: neutral[0]} if found is ABSENT else found


#: Longer texts are not remembered, nor more of them than so many.
_LONG: Final = 4096
_MOST: Final = 1024
_quick: Final = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _spare(work: Callable[..., Value], options: Options, *_: Any) -> Callable[[Value], Value]:
    """Look for names that stand twice, and numbers that are too large, once in each text: histories come again."""
    clean: set[str] = set()
    key = options["key"]

    def run(value: Value) -> Value:
        if type(value) is not str:
            return work(value)
        if value in clean:
            return _quick(value, 0)[0]
        made = work(value)
        if len(value) <= _LONG and made.get(key) is not value and (value[0], value[-1]) == ("{", "}"):
            if len(clean) >= _MOST:
                clean.clear()
            clean.add(value)
        return made

    return run


def _read_text_or_object(value: Value, options: Options) -> tuple[Value]:
    key = options["key"]
    plain = value.keys() == {key} and isinstance(value[key], str)
    return (value[key],) if plain else (dump_json(value),)


CODECS: Final[dict[str, Codec]] = {
    "json-text": Codec(1, is_text, _read_json, _write_json),
    "object-text": Codec(
        1,
        lambda value, _: isinstance(value, dict),
        _read_text_or_object,
        _write_text_or_object,
        frozenset({"key"}),
        spares=_spare,
        texts=True,
    ),
}
