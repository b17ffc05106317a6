"""Numbers, durations, times, lists of words."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, same
from isogloss.codecs.json_text import parse_json
from isogloss.values import ABSENT, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from isogloss.codecs.codec import Options


def _is_one_or_many(value: Value, _: Options) -> bool:
    return isinstance(value, str | list)


def _read_one_or_many(value: Value, _: Options) -> tuple[Value]:
    return (value if isinstance(value, list) else [value],)


def _is_words(value: Value, options: Options) -> bool:
    kinds = (str, type(None)) if options.get("nulls") else (str,)
    return isinstance(value, list) and (
        {*map(type, value)}.issubset(kinds) or all(isinstance(word, kinds) for word in value)
    )


_TEXT: Final = frozenset({str})


def _words(options: Options) -> Callable[[Value], Value]:
    def work(value: Value) -> Value:
        if type(value) is list and _TEXT.issuperset(map(type, value)):
            return value
        return _worded(value) if _is_words(value, options) else ABSENT

    return work


def _worded(value: Value) -> list[Value]:
    return [word for word in value if word is not None]


def _is_number(value: Value, options: Options) -> bool:
    if options.get("others"):
        return isinstance(value, str | int | float)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_number(value: Value, _: Options) -> tuple[Value]:
    return (value if isinstance(value, str) else json.dumps(value),)


def _write_number(neutral: tuple[Value, ...], options: Options) -> Value:
    if not options.get("others"):
        return parse_json(neutral[0])
    try:
        found = parse_json(neutral[0])
    except CodecError:
        return neutral[0]
    return found if isinstance(found, int | float) and json.dumps(found) == neutral[0] else neutral[0]


def _told(value: Value, options: Options) -> tuple[str, list[Value]] | None:
    """Return the text and the values that a text ends with; None where it does not end so."""
    text, mark, tail = value.rpartition(f"({options['head']}") if isinstance(value, str) else ("", "", "")
    if not mark or not tail.endswith(")"):
        return None
    try:
        found = parse_json(f"[{tail[:-1]}]")
    except CodecError:
        return None
    return (text.removesuffix(" "), found) if isinstance(found, list) and found else None


def _is_told(value: Value, options: Options) -> bool:
    return _told(value, options) is not None


def _read_told(value: Value, options: Options) -> tuple[Value, ...]:
    text, found = _told(value, options) or ("", [])
    return (text or ABSENT, found)


def _write_told(neutral: tuple[Value, ...], options: Options) -> Value:
    text, values = "" if neutral[0] is ABSENT else neutral[0], neutral[1]
    if not isinstance(text, str) or not isinstance(values, list) or not values:
        raise CodecError("a list of values must stand here, and beside it a text")
    told = ", ".join(json.dumps(one, ensure_ascii=False) for one in values)
    return f"{text}{' ' if text else ''}({options['head']}{told})"


def _is_wire_integer(value: Value, _: Options) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value) is not None
    )


def _read_wire_integer(value: Value, _: Options) -> tuple[Value]:
    return (int(value),)


_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]{1,9})?)s")


def _is_duration(value: Value, _: Options) -> bool:
    return isinstance(value, str) and _DURATION.fullmatch(value) is not None


def _read_duration(value: Value, _: Options) -> tuple[Value]:
    return (value[:-1],)


def _write_duration(neutral: tuple[Value, ...], _: Options) -> Value:
    return f"{neutral[0]}s"


_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _instant(text: str) -> dt.datetime | None:
    """Read a time; of its fraction only six digits can be kept, and none count."""
    try:
        return dt.datetime.fromisoformat(re.sub(r"\.[0-9]+", "", text).upper())
    except ValueError:
        return None


def _is_instant(value: Value, _: Options) -> bool:
    return isinstance(value, str) and _INSTANT.fullmatch(value) is not None and _instant(value) is not None


def _read_instant(value: Value, _: Options) -> tuple[Value]:
    found = _instant(str(value))
    return (None if found is None else int(found.timestamp()),)


def _write_instant(neutral: tuple[Value, ...], _: Options) -> Value:
    """Write a time; raise CodecError for a number that is none."""
    try:
        found = dt.datetime.fromtimestamp(int(neutral[0]), dt.UTC)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, OverflowError, OSError):
        raise CodecError("this is no time in seconds since 1970") from None
    return found.isoformat().replace("+00:00", "Z")


CODECS: Final[dict[str, Codec]] = {
    "one-or-many": Codec(1, _is_one_or_many, _read_one_or_many, same),
    "words": Codec(1, _is_words, lambda value, _: (_worded(value),), same, at_once=_words),
    "number-text": Codec(1, _is_number, _read_number, _write_number),
    "told": Codec(2, _is_told, _read_told, _write_told, frozenset({"head"})),
    "wire-integer": Codec(1, _is_wire_integer, _read_wire_integer, same),
    "duration": Codec(1, _is_duration, _read_duration, _write_duration),
    # RFC 3339, whole seconds: https://www.rfc-editor.org/rfc/rfc3339
    "instant": Codec(1, _is_instant, _read_instant, _write_instant),
}
