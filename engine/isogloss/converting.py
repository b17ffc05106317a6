"""What generated code reads and writes by codecs.

Ordinary values only: whatever is not known for certain raises Bail, and the interpreter asks the codec itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from isogloss import codecs
from isogloss.notes import WORDS, Bail
from isogloss.sizes import shallow, small, walked
from isogloss.values import ABSENT, DEPTH_LIMIT, Value, finite, is_vector

if TYPE_CHECKING:
    from collections.abc import Callable


#: Longer JSON texts are not known again, nor more of them than so many.
_LONGEST: Final = 4096
_TEXTS: Final = 1024
_quick: Final = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_KINDS: Final = {"object": dict, "array": list, "string": str}


def parser(options: Any) -> Callable[[str], Value]:
    """Return what parses JSON text as the codec says; what is not plainly such text is the codec's own to judge.

    Histories come again with every turn: numbers that are too large are looked for once in each text.
    """
    clean: set[str] = set()
    kind, blank = _KINDS.get(options.get("holds")), options.get("blank", ABSENT)

    def run(text: str) -> Value:
        if text in clean:
            return _quick(text, 0)[0]
        if blank is not ABSENT and not text.strip():
            return json.loads(json.dumps(blank))
        value = _parsed(text)
        if kind is not None and type(value) is not kind:
            raise Bail
        if len(text) <= _LONGEST and text[-1] in "}]":
            if len(clean) >= _TEXTS:
                clean.clear()
            clean.add(text)
        return value

    return run


def _bail() -> Any:
    raise Bail


_scan: Final = json.JSONDecoder(parse_constant=lambda _: _bail(), parse_float=finite).scan_once  # type: ignore[attr-defined]


def _parsed(text: str) -> Value:
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise Bail from None
    return value if end == len(text) else codecs.parse_json(text)


def dumps(value: Value) -> str:
    """Write JSON text; bails where the value is nested too deep."""
    return _written(value, codecs.dump_json(value))


def _written(value: Value, text: str) -> str:
    if len(text) > DEPTH_LIMIT and text.count("{") + text.count("[") > _DEEP:
        walked([value])
    return text


#: A text with fewer objects and lists has none that is nested too deep.
_DEEP: Final = DEPTH_LIMIT // 2


def fitter(name: str, options: Any) -> Callable[[Value], bool]:
    """Return a codec's test."""
    fits = codecs.CODECS[name].fits
    return lambda value: fits(value, options)


def taker(name: str, options: Any) -> Callable[[Value], Value]:
    """Return what tells in one call whether a value fits a codec, and what it is; ABSENT where it does not."""
    work = codecs.CODECS[name].at_once
    assert work is not None
    return work(options)


def _plumbed(value: Value) -> None:
    """Bail where what a codec is given might be nested too deep."""
    if type(value) is dict or (type(value) is list and not is_vector(value) and not flat(value)):
        shallow([value])


def flat(value: Value) -> bool:
    """Tell whether a list holds no other lists and no objects."""
    return type(value) is list and _FLAT.issuperset(map(type, value))


#: Lists of nothing but these hold no other lists.
_FLAT: Final = frozenset({str, int, float, bool, type(None)})


def reader(name: str, options: Any) -> Callable[[Value], Any] | Remembering:
    """Return a codec's way from the dialect; one value where it gives one."""
    codec = codecs.CODECS[name]
    read = codec.read
    if codec.width != 1:
        return lambda value: read(value, options)

    def work(value: Value) -> Any:
        if type(value) is not str:
            _plumbed(value)
        return read(value, options)[0]

    if codec.texts:
        return lambda value: _written(value, read(value, options)[0])
    if codec.respells:
        return Remembering(lambda value: _unrespelled(codec, value, options))
    return Remembering(work) if name in WORDS else work


def _unrespelled(codec: codecs.Codec, value: Value, options: Any) -> Value:
    """Read a name; how one was spelled that is written otherwise has to be remembered by the interpreter."""
    name = codec.read(value, options)[0]
    if codec.write((name,), options) != value:
        raise Bail
    return name


def writer(name: str, options: Any) -> Callable[..., Value] | Remembering:
    """Return a codec's way to the dialect; see `reader`."""
    codec = codecs.CODECS[name]
    write = codec.write
    if codec.cuts:
        return Remembering(lambda value: _uncut(codec, value, options))
    if name in WORDS:
        return Remembering(lambda value: write((value,), options))

    def work(*values: Value) -> Value:
        for value in values:
            if type(value) is not str:
                _plumbed(value)
        return write(values, options)

    return work if codec.spares is None else codec.spares(work, options, small, walked)


def _uncut(codec: codecs.Codec, value: Value, options: Any) -> Value:
    """Write a name; one that must be cut has to be remembered, which is the interpreter's to do."""
    written = codec.write((value,), options)
    if codec.read(written, options)[0] != value:
        raise Bail
    return written


_LONG: Final = 200
_WORDS_KEPT: Final = 4096


class Remembering(dict[Value, Value]):
    """What a codec made of short words, which come again and again: remembering[word]."""

    def __init__(self, work: Callable[[Value], Value]) -> None:
        super().__init__()
        self.work = work

    def __missing__(self, value: Value) -> Value:
        """Do the work, and remember it if it is small."""
        made = self.work(value)
        if type(value) is str and len(value) <= _LONG:
            if len(self) >= _WORDS_KEPT:
                self.clear()
            self[value] = made
        return made
