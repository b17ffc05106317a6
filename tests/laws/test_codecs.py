"""The law of every codec: what it writes, it reads as the same: read(write(*read(x))) == read(x).

The same, but for three codecs that say what else they do: `object-text` writes an object for the text that stands for
it, so texts are compared as what they parse to; `short` and `identifier` cut what is too long, and write what they have
cut as it is; `extension` only reads.
"""

import base64
import io
import json
import wave
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from isogloss import codecs, library
from isogloss.codecs import CODECS, CodecError
from isogloss.values import same
from laws import strategies as draw

VALUES = library.ruleset().values
TEXTS = st.text(max_size=20) | draw.words
NAMES = st.text(alphabet="aZ0_-.:x5F é€\U0001f600", max_size=12) | TEXTS | st.text(alphabet="_xA5F", max_size=80)
URLS = st.builds(
    "data:{};base64,{}".format,
    st.sampled_from(["image/png", "", "a/b;c=d"]),
    st.binary().map(base64.b64encode).map(bytes.decode),
)
PLAIN_URLS = st.builds("DATA:{},{}".format, st.sampled_from(["text/plain", ""]), st.text(alphabet="a%20Fé", max_size=9))
PIECES = ["naïve 👩‍👧 ", "", "日本", "plain"]


def waves(samples: bytes, rate: int, channels: int) -> str:
    """A WAV file of whole frames, or one that was cut."""
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.setnchannels(channels)
        sound.writeframes(samples[: len(samples) // (2 * channels) * 2 * channels])
    return base64.b64encode(made.getvalue()).decode()


def packed(value: object) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return "video_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@st.composite
def spans(draw: st.DrawFn) -> dict[str, int]:
    """Bytes of a piece, from one to a later one; they may fall inside a letter."""
    number = draw(st.integers(0, len(PIECES) - 1))
    most = len(PIECES[number].encode())
    start = draw(st.integers(0, most))
    names = {"startIndex": start, "endIndex": draw(st.integers(start, most)), "partIndex": number}
    return {name: value for name, value in names.items() if value or draw(st.booleans())}


def rows() -> st.SearchStrategy[dict[str, object]]:
    chunk = st.fixed_dictionaries({"web": st.fixed_dictionaries({"uri": TEXTS, "title": TEXTS})})
    support = st.fixed_dictionaries(
        {"segment": spans(), "groundingChunkIndices": st.lists(st.integers(-1, 4), max_size=3)}
    )
    return st.fixed_dictionaries(
        {"groundingChunks": st.lists(chunk, max_size=4), "groundingSupports": st.lists(support, max_size=3)}
    )


#: What each codec is drawn with, and the options that the rulebook gives it.
DRAWN = {
    "json-text": (draw.argument_texts() | draw.any_json().map(json.dumps) | TEXTS, ["blank_arguments"]),
    "object-text": (draw.objects | st.builds(lambda text: {"output": text}, TEXTS | draw.argument_texts()), ["output"]),
    "data-url": (URLS | PLAIN_URLS, [None]),
    "one-or-many": (TEXTS | st.lists(TEXTS), [None]),
    "words": (st.lists(TEXTS | st.none()), [None, "with_null"]),
    "number-text": (st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS, [None, "mixed"]),
    "told": (st.builds("{} (one of {})".format, TEXTS, st.integers() | TEXTS.map(json.dumps)), ["values_told"]),
    "wire-integer": (st.integers(-(10**18), 10**18) | st.integers(-(10**18), 10**18).map(str), [None]),
    "instant": (st.datetimes().map(lambda one: one.isoformat() + "Z") | draw.offsets | TEXTS, [None]),
    "duration": (draw.offsets | st.builds("{}.{}s".format, st.integers(0, 99), st.integers(0, 10**8)), [None]),
    "members": (st.dictionaries(TEXTS, st.integers()), [None]),
    "entries": (st.lists(st.fixed_dictionaries({"token": TEXTS, "logProbability": draw.offsets})), ["logprobs"]),
    "offsets": (st.lists(st.fixed_dictionaries({"token": TEXTS})), ["tokens"]),
    "vector": (st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False)), [None]),
    "float32": (st.binary().map(base64.b64encode).map(bytes.decode) | TEXTS, [None]),
    "suffix": (st.builds("{}__thought__{}".format, TEXTS, TEXTS), ["signed_id"]),
    "short": (TEXTS | st.text(min_size=60, max_size=90), ["call_id"]),
    "identifier": (NAMES.filter(bool), ["openai_name", "gemini_name"]),
    "spread": (rows(), ["grounding"]),
    "span": (spans(), ["segment"]),
    "base64": (st.binary().map(base64.urlsafe_b64encode).map(bytes.decode) | TEXTS, [None]),
    "wave": (st.builds(waves, st.binary(), st.integers(1, 192_000), st.integers(1, 8)) | TEXTS, [None]),
    "rooted": (TEXTS | TEXTS.map("files/{}".format), ["files"]),
    "below": (TEXTS | TEXTS.map("models/{}".format), ["models"]),
    "packed": (st.tuples(TEXTS, *[st.none() | TEXTS | st.integers()] * 4).map(packed), ["video_id"]),
    "template": (
        st.builds("models/{}/operations/{}".format, TEXTS, TEXTS) | TEXTS.map("models/{}/operations/a".format),
        ["operation"],
    ),
    "place": (st.sampled_from(["a", "a[0].b"]), ["asked"]),
    "lone-reference": (draw.json_schemas() | draw.objects, ["schema_references"]),
    "extension": (st.builds("{}.{}".format, TEXTS, st.sampled_from(["png", "PDF", "x"])), [None]),
}


def options(name: str | None) -> dict[str, object]:
    found = dict(VALUES[name]) if name else {}
    kept = {"@pieces": PIECES, "@places": {"a": "a", "a[0].b": "a"}.get}
    return {key: kept.get(value, value) if isinstance(value, str) else value for key, value in found.items()}


@pytest.mark.parametrize("name", CODECS)
@given(data=st.data())
def test_what_a_codec_writes_it_reads_as_the_same(name, data):
    codec, (values, named) = CODECS[name], DRAWN[name]
    value, chosen = data.draw(values), options(data.draw(st.sampled_from(named)))
    assume(codec.fits(value, chosen))
    try:
        read = codec.read(value, chosen)
    except CodecError:
        return
    assert len(read) == codec.width or (codec.width == 0 and len(read) == chosen["holds"])
    written = codec.write(read, chosen)
    if name in ("extension", "offsets"):  # what they read says less than what they were read from
        return
    assert codec.fits(written, chosen)
    again = codec.read(written, chosen)
    cut = name in ("short", "identifier") and len(read[0]) * 8 >= chosen["most"] and not same(again[0], read[0])
    assert codec.write(again, chosen) == written if cut else same(plain(name, again), plain(name, read))


def plain(name: str, read: tuple[object, ...]) -> list[object]:
    """What was read; the text of an object is that object."""
    try:
        return [json.loads(part) if name == "object-text" and part[:1] == "{" else part for part in read]
    except ValueError:
        return list(read)


@pytest.mark.parametrize("name", CODECS)
@given(value=draw.any_json())
def test_whether_a_value_fits_can_be_asked_of_any(name, value):
    codec, chosen = CODECS[name], options(DRAWN[name][1][0])
    if codec.fits(value, chosen):
        with suppress(CodecError):
            assert len(codec.read(value, chosen)) == codec.width


@given(schema=draw.json_schemas())
def test_a_reference_that_is_written_has_no_company(schema):
    """Nor does anything else change, and a schema without such references is the very same object."""
    chosen = options("schema_references")
    written = CODECS["lone-reference"].write((schema,), chosen)
    assert not companions(written)
    assert (written is schema) == (not companions(schema))
    assert CODECS["lone-reference"].write((written,), chosen) is written
    assert same(CODECS["lone-reference"].read(written, chosen), CODECS["lone-reference"].read(schema, chosen))


def companions(value: object) -> list[str]:
    """What stands beside references and may not: no property of the schemas drawn here is called $ref."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    beside = [name for name in value if not name.startswith("$")] if isinstance(value, dict) and "$ref" in value else []
    return [*beside, *(name for one in inner for name in companions(one))]


@pytest.mark.parametrize("side", ["openai_name", "gemini_name"])
@given(left=NAMES.filter(bool), right=NAMES.filter(bool))
def test_two_names_stay_two_names(side, left, right):
    """A name is written with the letters that the side takes, within its length, and no two become one."""
    codec, chosen = CODECS["identifier"], options(side)
    one, other = codec.write((left,), chosen), codec.write((right,), chosen)
    assert len(one) <= chosen["most"]
    assert (one == other) == (left == right)


@given(name=st.text(alphabet="abcXYZ019_-.: é", min_size=1, max_size=30))
def test_a_name_that_is_short_enough_comes_back(name):
    """Undone by the side that escaped it, or by the rules' way: read there, written here."""
    codec = CODECS["identifier"]
    openai, gemini = options("openai_name"), options("gemini_name")
    written = codec.write((name,), openai)
    assume(len(written) < openai["most"])
    assert codec.read(written, openai) == (name,)
    assert codec.read(codec.write((name,), gemini), gemini) == (name,)


def test_every_codec_is_drawn():
    assert DRAWN.keys() == CODECS.keys()
    assert all(codecs.find(name) for name in CODECS)
