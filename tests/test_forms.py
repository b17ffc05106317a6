"""Forms: the document that a JSON body would have been, however the bytes are cut; a clear no to everything else."""

import asyncio
import base64
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from isogloss.crossings.forms import Form, whole
from isogloss.failures import Failure
from isogloss.gateway.bodies import Upload

WORDS = {"numbers": ["n", "kept.seconds"], "booleans": ["stream"], "streams": "file"}
MEDIA = "multipart/form-data; boundary=x"


def form(*fields):
    """Write a form as httpx does: of each field its name, and its text or its file."""
    said = [(name, value if isinstance(value, tuple) else (None, value)) for name, value in fields]
    made = httpx.Request("POST", "http://any", files=said)
    return made.headers["content-type"], made.read()


def read(*fields):
    media, data = form(*fields)
    return whole(media, WORDS, data)


@pytest.mark.parametrize(
    ("fields", "document"),
    [
        ([("a", "1"), ("b", "ü")], {"a": "1", "b": "ü"}),
        ([("n", "3"), ("stream", "true")], {"n": 3, "stream": True}),
        ([("n", "1.5e3")], {"n": 1500.0}),
        ([("n", "three"), ("stream", "yes")], {"n": "three", "stream": "yes"}),
        ([("n", "1"), ("n", "2")], {"n": [1, 2]}),
        ([("n[]", "1")], {"n": [1]}),
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a", "1"), ("a", "2"), ("a", "3")], {"a": ["1", "2", "3"]}),
        ([("kept[seconds]", "3600"), ("kept[anchor]", "made")], {"kept": {"seconds": 3600, "anchor": "made"}}),
        ([("a[b][c][]", "1"), ("a[b][c][]", "2")], {"a": {"b": {"c": ["1", "2"]}}}),
        ([("a[][b]", "1"), ("a[][c]", "2"), ("a[][b]", "3")], {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ([("a[][b][c]", "1"), ("a[][b][d]", "2")], {"a": [{"b": {"c": "1", "d": "2"}}]}),
        ([("a[", "1"), ("]b", "2"), ("c[d]e", "3")], {"a[": "1", "]b": "2", "c[d]e": "3"}),
        ([("image", ("a.png", b"\x89PNG"))], {"image": "data:image/png;base64,iVBORw=="}),
        ([("image", ("a", b"\x89PNG", "image/webp"))], {"image": "data:image/webp;base64,iVBORw=="}),
        ([("image", ("a", b""))], {"image": "data:application/octet-stream;base64,"}),
        (
            [("image[]", ("a.png", b"1")), ("image[]", ("b.jpg", b"2"))],
            {"image": ["data:image/png;base64,MQ==", "data:image/jpeg;base64,Mg=="]},
        ),
        ([], {}),
    ],
)
def test_names_and_values(fields, document):
    if fields:
        assert read(*fields) == (document, b"")
    else:
        assert whole(MEDIA, WORDS, b"--x--\r\n") == ({}, b"")


def test_the_file_that_is_sent_on():
    document, file = read(("a", "1"), ("file", ("ü.txt", b"hello\r\n--x")), ("b", "2"))
    assert document == {"a": "1", "b": "2", "file": {"filename": "ü.txt", "content_type": "text/plain", "size": 10}}
    assert file == b"hello\r\n--x"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([("a", "1"), ("a[b]", "2")], "something else of the same name"),
        ([("a[b]", "1"), ("a", "2")], "something else of the same name"),
        ([("a[]", "1"), ("a[b]", "2")], "something else of the same name"),
        ([("a[b]", "1"), ("a[]", "2")], "something else of the same name"),
        ([("a" + "[b]" * 9, "1")], "8 deep"),
        ([("a", "x" * 1_048_577)], "1048576 bytes"),
        ([("a", "1")] * 1001, "1000 texts and files"),
        ([("file", "text")], "one file"),
        ([("file", ("a", b"1")), ("file", ("b", b"2"))], "one file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(fields, words):
    with pytest.raises(Failure) as refused:
        read(*fields)
    assert (refused.value.status, words in refused.value.text) == (400, True), refused.value.text


HEAD = b'--x\r\ncontent-disposition: form-data; name="a"'


@pytest.mark.parametrize(
    ("media", "data", "words"),
    [
        ("multipart/form-data", b"", "no boundary"),
        ("multipart/form-data; boundary=" + "b" * 20_000, b"", "no boundary"),
        (MEDIA, b"", "breaks off"),
        (MEDIA, b"--y\r\n", "boundary"),
        (MEDIA, HEAD, "breaks off"),
        (MEDIA, HEAD + b"\r\n\r\n1", "breaks off"),
        (MEDIA, HEAD + b"\r\n\r\n1\r\n--x\r\n", "breaks off"),
        (MEDIA, b"--x\r\ncontent-type: text/plain\r\n\r\n1\r\n--x--\r\n", "no name"),
        (MEDIA, HEAD + b"\r\n\r\n\xff\r\n--x--\r\n", "no UTF-8"),
        (MEDIA, b'--x\r\ncontent-disposition: form-data; name="\xff"\r\n\r\n1\r\n--x--\r\n', "no UTF-8"),
        (MEDIA, HEAD + b"\r\nx-much: " + b"y" * 20_000 + b"\r\n\r\n1\r\n--x--\r\n", "form"),
        (MEDIA, HEAD + b"\r\na: b" * 50 + b"\r\n\r\n1\r\n--x--\r\n", "form"),
    ],
)
def test_what_is_broken(media, data, words):
    with pytest.raises(Failure) as refused:
        whole(media, WORDS, data)
    assert (refused.value.status, words in refused.value.text) == (400, True), refused.value.text


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b[]", "c[d]", "n", "image"]) | st.text("a[]é", min_size=1, max_size=6),
        st.text(max_size=9) | st.tuples(st.just("f.png"), st.binary(max_size=30)),
    ),
    max_size=5,
)


@given(FIELDS, st.binary(max_size=200), st.lists(st.integers(0, 900), max_size=6))
def test_any_cut_of_the_bytes_gives_the_same(fields, file, cuts):
    media, data = form(*fields, ("file", ("f.bin", file)))
    try:
        wanted = whole(media, WORDS, data)
    except Failure as failure:
        wanted = failure.text
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    said, flow = Form(media, WORDS), b""
    try:
        for start, end in pairwise(edges):
            flow += said.feed(data[start:end])
        said.close()
    except Failure as failure:
        assert failure.text == wanted  # noqa: PT017 - either is right
    else:
        said.document["file"]["size"] = len(flow)
        assert (said.document, flow) == wanted


def test_what_a_form_has_said_so_far_stays_as_it_was():
    media, data = form(("a[b]", "1"), ("file", ("f", b"hello")), ("a[c]", "2"))
    edge = data.index(b"hello") + 2

    async def main():
        async def chunks():
            yield data[:edge]
            yield data[edge:]

        upload = Upload(Form(media, WORDS), chunks())
        await upload.begin()
        first = upload.document()
        file = b"".join([piece async for piece in upload])
        return first, upload.document(), file

    first, last, file = asyncio.run(main())
    assert (first["a"], last["a"], file) == ({"b": "1"}, {"b": "1", "c": "2"}, b"hello")


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda end: HEAD + end))
def test_any_bytes_are_a_form_or_refused(data):
    try:
        document, _ = whole(MEDIA, WORDS, data)
    except Failure as failure:
        assert failure.status == 400  # noqa: PT017 - either is right
    else:
        assert isinstance(document, dict)


@given(st.binary(max_size=60))
def test_a_file_comes_through_as_it_is(data):
    document, _ = read(("image", ("f.png", data)))
    assert base64.b64decode(document["image"].partition(",")[2]) == data
