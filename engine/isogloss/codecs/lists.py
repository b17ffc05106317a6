"""Lists that point into lists."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, is_object, same
from isogloss.values import Value

if TYPE_CHECKING:
    from isogloss.codecs.codec import Options


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
    """Turn byte offsets into one piece of a text into letter offsets into the whole text; what is quoted wins."""
    pieces, number = _pieces(options), value.get(options["piece"], 0)
    piece = pieces[number] if isinstance(number, int) and 0 <= number < len(pieces) else ""
    before = sum(map(len, pieces[:number])) if isinstance(number, int) else 0
    ends = (value.get(options["from"], 0), value.get(options["to"], 0))
    span = (before + _letters(piece, ends[0]), before + _letters(piece, ends[1]))
    return _quoted("".join(pieces), span, value.get(options.get("quote", "")))


def _quoted(text: str, span: tuple[int, int], quote: Value) -> tuple[int, int]:
    """Return the place of a quotation that is nearest to where it is said to stand; that place, where it is nowhere."""
    if not isinstance(quote, str) or not quote or text[slice(*span)] == quote:
        return span
    places = [found.start() for found in re.finditer(re.escape(quote), text)]
    nearest = min(places, key=lambda place: abs(place - span[0]), default=None)
    return span if nearest is None else (nearest, nearest + len(quote))


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


def _are_entries(value: Value, options: Options) -> bool:
    if not isinstance(value, list):
        return False
    keys = [item.get(options["key"]) for item in value if isinstance(item, dict)]
    return len(set(filter(_is_word, keys))) == len(value)


def _is_word(value: Value) -> bool:
    return isinstance(value, str)


def _read_entries(value: Value, options: Options) -> tuple[Value]:
    """Turn a list of pairs into an object; what else an item says is left behind."""
    return ({item[options["key"]]: item.get(options["value"]) for item in value},)


def _write_entries(neutral: tuple[Value, ...], options: Options) -> Value:
    if not isinstance(neutral[0], dict):
        message = "an object must stand here"
        raise CodecError(message)
    return [{options["key"]: key, options["value"]: value} for key, value in neutral[0].items()]


def _read_offsets(value: Value, options: Options) -> tuple[Value]:
    """Tell of each item of a list where its text begins in the texts of all, and of what came before."""
    texts = [item.get(options["text"]) if isinstance(item, dict) else None for item in value]
    sizes, start = [len(text) if isinstance(text, str) else 0 for text in texts], options.get("start", 0)
    return (list(accumulate(sizes[:-1], initial=start if isinstance(start, int) else 0))[: len(sizes)],)


CODECS: Final[dict[str, Codec]] = {
    "entries": Codec(1, _are_entries, _read_entries, _write_entries, frozenset({"key", "value"})),
    "offsets": Codec(1, lambda value, _: isinstance(value, list), _read_offsets, same, frozenset({"text"})),
    "spread": Codec(1, is_object, _read_spread, _write_spread, frozenset({"each", "of", "pool", "through"})),
    "span": Codec(2, is_object, _read_span, _write_span, frozenset({"from", "piece", "text", "to"})),
}
