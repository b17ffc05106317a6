"""Codecs: named pairs of pure functions for one value.

`read` takes a value of the dialect the codec stands on and gives one neutral value for each variable (or ABSENT where a
part is not there); `write` is its inverse. Each keeps the law `read(write(*read(x))) == read(x)`. `fits` tells, by
looking at the head only, whether a value is of the codec's kind; a value that fits and cannot be read is a CodecError.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from isogloss import references
from isogloss.values import ABSENT, Value, finite, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Options = Mapping[str, Any]


class CodecError(ValueError):
    """A value that a codec should know and cannot read."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How one value is written in a dialect. `options` is the named value after the colon in `codec:name`."""

    width: int
    fits: Callable[[Value, Options], bool]
    read: Callable[[Value, Options], tuple[Value, ...]]
    write: Callable[[tuple[Value, ...], Options], Value]
    #: Options without which it cannot work.
    needs: frozenset[str] = frozenset()
    #: Has it done only where it changes something; see `references.spare`.
    spares: Callable[..., Callable[[Value], Value]] | None = None
    #: Cuts what is too long: only what remembers the whole can undo that.
    cuts: bool = False


def _is_text(value: Value, _: Options) -> bool:
    return isinstance(value, str)


# --------------------------------------------------------------------- JSON text


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


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)


def dump_json(value: Value) -> str:
    """Write JSON text; letters beyond ASCII stay letters."""
    return _ENCODER.encode(value)


def _write_json(neutral: tuple[Value, ...], _: Options) -> Value:
    return dump_json(neutral[0])


# --------------------------------------------------------------------- text or object


def _object_of(text: str, options: Options) -> Value:
    """Parse text that holds a JSON object which reads back as the same text would."""
    if text.lstrip()[:1] != "{":
        return ABSENT
    try:
        found = _STRICT.decode(text)
    except (ValueError, RecursionError):
        return ABSENT
    ambiguous = set(found) == {options["key"]} and isinstance(found[options["key"]], str)
    return ABSENT if ambiguous or any(mark in text for mark in options.get("keep_text", ())) else found


def _write_text_or_object(neutral: tuple[Value, ...], options: Options) -> Value:
    found = _object_of(neutral[0], options) if isinstance(neutral[0], str) else neutral[0]
    return {options["key"]: neutral[0]} if found is ABSENT else found


def _read_text_or_object(value: Value, options: Options) -> tuple[Value]:
    key = options["key"]
    plain = value.keys() == {key} and isinstance(value[key], str)
    return (value[key],) if plain else (dump_json(value),)


# --------------------------------------------------------------------- data URLs

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


# --------------------------------------------------------------------- base64

#: Which alphabet a text is in shows within its first letters; the rest of a large one is not searched.
_ALPHABET_HEAD: Final = 512


def _read_base64(value: Value, _: Options) -> tuple[Value]:
    """Turn the URL alphabet of base64 (RFC 4648 §5) into the standard one; most media is in it."""
    head = value[:_ALPHABET_HEAD]
    if "+" in head or "/" in head or ("-" not in head and "_" not in head and len(value) <= _ALPHABET_HEAD):
        return (value,)
    return (value.replace("-", "+").replace("_", "/"),) if "-" in value or "_" in value else (value,)


# --------------------------------------------------------------------- lists, numbers, durations


def _is_one_or_many(value: Value, _: Options) -> bool:
    return isinstance(value, str | list)


def _read_one_or_many(value: Value, _: Options) -> tuple[Value]:
    return (value if isinstance(value, list) else [value],)


def _same(neutral: tuple[Value, ...], _: Options) -> Value:
    return neutral[0]


def _is_words(value: Value, options: Options) -> bool:
    kinds = (str, type(None)) if options.get("nulls") else str
    return isinstance(value, list) and all(isinstance(word, kinds) for word in value)


def _is_number(value: Value, _: Options) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_number(value: Value, _: Options) -> tuple[Value]:
    return (json.dumps(value),)


def _write_number(neutral: tuple[Value, ...], _: Options) -> Value:
    return parse_json(neutral[0])


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


# --------------------------------------------------------------------- names and ids


def _has_suffix(value: Value, options: Options) -> bool:
    return isinstance(value, str) and options["mark"] in value


def _read_suffix(value: Value, options: Options) -> tuple[Value, ...]:
    head, _, tail = value.partition(options["mark"])
    return head, tail


def _write_suffix(neutral: tuple[Value, ...], options: Options) -> Value:
    return options["mark"].join(neutral)


def _write_short(neutral: tuple[Value, ...], options: Options) -> Value:
    text = neutral[0]
    if not isinstance(text, str) or len(text) <= options["most"]:
        return text
    return options["head"] + hashlib.sha256(text.encode()).hexdigest()[:24]


def _read_whole(value: Value, _: Options) -> tuple[Value]:
    return (value,)


_ESCAPE: Final = re.compile(r"_x([0-9A-F]{2,6})_")


#: Unicode ends here, and these are halves of letters, not letters.
_UNICODE_END: Final = 0x110000
_SURROGATES: Final = range(0xD800, 0xE000)


def _letter(point: int) -> str:
    return chr(point) if point < _UNICODE_END and point not in _SURROGATES else ""


def _read_identifier(value: Value, options: Options) -> tuple[Value]:
    """Undo the escapes of letters that this dialect's names cannot hold, and of the escape's own underscore."""
    legal = re.compile(options["letters"])

    def undo(match: re.Match[str]) -> str:
        letter = _letter(int(match[1], 16))
        keep = not letter or (
            letter != "_" and legal.fullmatch(letter) and (match.start() > 0 or options["first"] == "")
        )
        return match[0] if keep else letter

    return (_ESCAPE.sub(undo, value),)


def _write_identifier(neutral: tuple[Value, ...], options: Options) -> Value:
    letters, first = re.compile(options["letters"]), re.compile(options["first"] or ".")
    text, found = str(neutral[0]), []
    for index, letter in enumerate(text):
        legal = letters.fullmatch(letter) and (index or first.fullmatch(letter))
        found.append(f"_x{ord(letter):02X}_" if not legal or _ESCAPE.match(text, index) else letter)
    written = "".join(found) or "_"
    if len(written) <= options["most"]:
        return written
    return written[: options["most"] - 9] + "_" + hashlib.sha256(text.encode()).hexdigest()[:8]


# --------------------------------------------------------------------- file names


def _has_extension(value: Value, _: Options) -> bool:
    return isinstance(value, str) and _extension(value) is not None


def _extension(value: str) -> str | None:
    path = re.split(r"[?#]", value, maxsplit=1)[0].rsplit("/", 1)[-1]
    return path.rsplit(".", 1)[1].lower() if "." in path else None


def _read_extension(value: Value, _: Options) -> tuple[Value]:
    return (_extension(value),)


# --------------------------------------------------------------------- lists that point into lists


def _is_object(value: Value, _: Options) -> bool:
    return isinstance(value, dict)


def _read_spread(value: Value, options: Options) -> tuple[Value]:
    """Lay each entry over every entry of another list that it points to: one row for each pair."""
    pool = _list(value.get(options["of"]))
    rows: list[Value] = []
    for entry in _list(value.get(options["each"])):
        indexes = _list(entry.get(options["through"])) if isinstance(entry, dict) else []
        targets = [pool[index] for index in indexes if isinstance(index, int) and 0 <= index < len(pool)]
        rest = {name: member for name, member in entry.items() if name != options["through"]} if targets else {}
        rows += [{**rest, **target} for target in targets if isinstance(target, dict)]
    return (rows,)


def _write_spread(neutral: tuple[Value, ...], options: Options) -> Value:
    pool: list[Value] = []
    entries: list[Value] = []
    for row in neutral[0]:
        target = {name: row[name] for name in options["pool"] if name in row}
        pool += [target] if target not in pool else []
        rest = {name: member for name, member in row.items() if name not in target}
        entries.append({**rest, options["through"]: [pool.index(target)]})
    return {options["each"]: entries, options["of"]: pool}


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _pieces(options: Options) -> list[str]:
    return [piece for piece in _list(options["text"]) if isinstance(piece, str)]


def _read_span(value: Value, options: Options) -> tuple[Value, Value]:
    """Turn byte offsets into one piece of a text into letter offsets into the whole text."""
    pieces, number = _pieces(options), value.get(options["piece"], 0)
    piece = pieces[number] if isinstance(number, int) and 0 <= number < len(pieces) else ""
    before = sum(map(len, pieces[:number])) if isinstance(number, int) else 0
    ends = (value.get(options["from"], 0), value.get(options["to"], 0))
    return (before + _letters(piece, ends[0]), before + _letters(piece, ends[1]))


def _letters(text: str, offset: Value) -> int:
    size = offset if isinstance(offset, int) else 0
    return len(text.encode("utf-8", "surrogatepass")[:size].decode("utf-8", "ignore"))


def _write_span(neutral: tuple[Value, ...], options: Options) -> Value:
    """Turn letter offsets into the whole text into byte offsets into the piece they stand in."""
    pieces = _pieces(options) or [""]
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in neutral):
        message = "where a span begins and ends is said in whole numbers"
        raise CodecError(message)
    start, end, number = neutral[0], neutral[1], 0
    while number + 1 < len(pieces) and start >= len(pieces[number]):
        start, end, number = start - len(pieces[number]), end - len(pieces[number]), number + 1
    sizes = [len(pieces[number][:at].encode("utf-8", "surrogatepass")) for at in (start, end)]
    found = {options["from"]: sizes[0], options["to"]: sizes[1]}
    return {options["piece"]: number, **found} if number else found


def _read_rooted(value: Value, options: Options) -> tuple[Value]:
    """Complete a short name with the address of the place where such names stand."""
    return (options["root"] + value if value.startswith(options["short"]) else value,)


def _is_below(value: Value, options: Options) -> bool:
    return isinstance(value, str) and value.startswith(options["head"])


def _read_below(value: Value, options: Options) -> tuple[Value]:
    """Take off the place where a name stands."""
    return (value.removeprefix(options["head"]),)


def _write_below(neutral: tuple[Value, ...], options: Options) -> Value:
    return options["head"] + neutral[0] if isinstance(neutral[0], str) else neutral[0]


CODECS: Final[dict[str, Codec]] = {
    "json-text": Codec(1, _is_text, _read_json, _write_json),
    "object-text": Codec(
        1, lambda value, _: isinstance(value, dict), _read_text_or_object, _write_text_or_object, frozenset({"key"})
    ),
    "data-url": Codec(2, _is_data_url, _read_data_url, _write_data_url),
    "base64": Codec(1, _is_text, _read_base64, _same),
    "one-or-many": Codec(1, _is_one_or_many, _read_one_or_many, _same),
    "words": Codec(1, _is_words, lambda value, _: ([word for word in value if word is not None],), _same),
    "number-text": Codec(1, _is_number, _read_number, _write_number),
    "wire-integer": Codec(1, _is_wire_integer, _read_wire_integer, _same),
    "duration": Codec(1, _is_duration, _read_duration, _write_duration),
    "suffix": Codec(2, _has_suffix, _read_suffix, _write_suffix, frozenset({"mark"})),
    "short": Codec(1, _is_text, _read_whole, _write_short, frozenset({"head", "most"})),
    "identifier": Codec(
        1, _is_text, _read_identifier, _write_identifier, frozenset({"first", "letters", "most"}), cuts=True
    ),
    "spread": Codec(1, _is_object, _read_spread, _write_spread, frozenset({"each", "of", "pool", "through"})),
    "span": Codec(2, _is_object, _read_span, _write_span, frozenset({"from", "piece", "text", "to"})),
    "rooted": Codec(1, _is_text, _read_rooted, _same),
    "below": Codec(1, _is_below, _read_below, _write_below, frozenset({"head"})),
    "extension": Codec(1, _has_extension, _read_extension, _same),
    "lone-reference": Codec(1, lambda *_: True, references.read, references.write, references.NEEDS, references.spare),
}


def find(name: str) -> tuple[Codec, str | None] | None:
    """Find a codec by the name a rule gives: 'codec' or 'codec:value'."""
    base, _, options = name.partition(":")
    codec = CODECS.get(base)
    return (codec, options or None) if codec else None
