"""Names and ids."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import TYPE_CHECKING, Final

from isogloss.codecs.codec import Codec, CodecError, is_object, is_text, same, whole
from isogloss.codecs.json_text import parse_json
from isogloss.values import ABSENT, Value

if TYPE_CHECKING:
    from isogloss.codecs.codec import Options


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


def _read_members(value: Value, _: Options) -> tuple[Value]:
    return (list(value),)


def _write_members(neutral: tuple[Value, ...], _: Options) -> Value:
    names = neutral[0]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        message = "names are a list of texts"
        raise CodecError(message)
    return {name: {} for name in names}


_ESCAPE: Final = re.compile(r"_x([0-9A-F]{2,6})_")
#: An escape that a cut has torn: what follows would make another one of it.
_HALF: Final = re.compile(r"_x[0-9A-F]{2,6}$")


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
    head = _HALF.sub("", written[: options["most"] - 9])
    return head + "_" + hashlib.sha256(text.encode()).hexdigest()[:8]


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


def _pattern(options: Options) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(map(re.escape, options["form"].split("{}"))))


def _read_template(value: Value, options: Options) -> tuple[Value, ...]:
    """Read what stands in the holes of a text."""
    found = _pattern(options).fullmatch(value)
    assert found is not None
    return found.groups()


def _write_template(neutral: tuple[Value, ...], options: Options) -> Value:
    written = options["form"].format(*neutral)
    if _pattern(options).fullmatch(written) is None:
        raise CodecError("this must be a text without slashes")
    return written


#: The longest word that is unpacked: it may stand in an address.
_PACKED: Final = 4096


def _unpacked(value: Value, options: Options) -> list[Value] | None:
    """Return what a word holds; None where nobody has packed it."""
    if not isinstance(value, str) or not value.startswith(options["head"]) or len(value) > _PACKED:
        return None
    text = value.removeprefix(options["head"])
    try:
        found = parse_json(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        return None
    whole = isinstance(found, list) and len(found) == options["holds"] and isinstance(found[0], str)
    return found if whole and _packed(found, options) == value else None


def _packed(values: list[Value], options: Options) -> str:
    text = json.dumps(values, separators=(",", ":"))
    return options["head"] + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_packed(value: Value, options: Options) -> tuple[Value, ...]:
    """Unpack values from one word of letters that an address may hold; null is a value that is not there."""
    found = _unpacked(value, options)
    return tuple(ABSENT if one is None else one for one in found or ())


def _write_packed(neutral: tuple[Value, ...], options: Options) -> Value:
    written = _packed([None if one is ABSENT else one for one in neutral], options)
    if _unpacked(written, options) is None:
        raise CodecError("this is too long for one word" if isinstance(neutral[0], str) else "this must be a text")
    return written


def _is_place(value: Value, options: Options) -> bool:
    return isinstance(value, str) and _placed(value, options) is not None


def _placed(value: str, options: Options) -> Value:
    """Return where the caller has said what is named; only an exchange knows that."""
    places = options["places"]
    return places(value) if callable(places) else None


def _read_place(value: Value, options: Options) -> tuple[Value]:
    return (_placed(value, options),)


CODECS: Final[dict[str, Codec]] = {
    "place": Codec(1, _is_place, _read_place, same, frozenset({"places"})),
    "members": Codec(1, is_object, _read_members, _write_members, source="list({})"),
    "suffix": Codec(2, _has_suffix, _read_suffix, _write_suffix, frozenset({"mark"}), clue="mark"),
    "short": Codec(1, is_text, whole, _write_short, frozenset({"head", "most"})),
    "identifier": Codec(
        1,
        is_text,
        _read_identifier,
        _write_identifier,
        frozenset({"first", "letters", "most"}),
        cuts=True,
        respells=True,
    ),
    "rooted": Codec(1, is_text, _read_rooted, same),
    "packed": Codec(
        0,
        lambda value, options: _unpacked(value, options) is not None,
        _read_packed,
        _write_packed,
        frozenset({"head", "holds"}),
    ),
    "template": Codec(
        0,
        lambda value, options: isinstance(value, str) and _pattern(options).fullmatch(value) is not None,
        _read_template,
        _write_template,
        frozenset({"form", "holds"}),
    ),
    "below": Codec(1, _is_below, _read_below, _write_below, frozenset({"head"})),
}
