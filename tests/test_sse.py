"""The framing of streams: any cut of the bytes gives the same events."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isogloss import sse

DOCUMENTS = st.lists(
    st.dictionaries(
        st.text(max_size=4),
        st.recursive(st.text(max_size=6) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)),
        max_size=3,
    ),
    max_size=4,
)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def read(reader, pieces):
    found = [event for piece in pieces for event in reader.feed(piece)]
    return found + reader.close()


def cut(data, draw):
    """Cut bytes anywhere, into pieces that may be empty."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def written(document):
    return json.dumps(document, ensure_ascii=False).encode("utf-8")


@given(st.data(), DOCUMENTS, LINE_ENDS, st.booleans(), st.booleans(), st.booleans())
def test_any_cut_of_events_gives_the_same(data, documents, line_end, marked, remarks, done):
    lines = [b": ping", b"", b"retry: 5"] if remarks else []
    for document in documents:
        pretty = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") if remarks else written(document)
        lines += [b"event: one", b"id: 7"] if remarks else []
        lines += [b"data:" + (b"" if remarks else b" ") + line for line in pretty.split(b"\n")]
        lines.append(b"")
    lines += [b"data: [DONE]", b"", b'data: {"after": true}', b""] if done else []
    whole = (b"\xef\xbb\xbf" if marked else b"") + b"".join(line + line_end for line in lines)
    reader = sse.EventReader("[DONE]")
    events = read(reader, cut(whole, data.draw))
    assert [json.loads(event) for event in events] == documents
    assert reader.ended is done


@given(st.data(), DOCUMENTS, st.sampled_from([b",", b",\r\n", b" ,\n "]), st.booleans())
def test_any_cut_of_an_array_gives_the_same(data, documents, comma, pretty):
    members = [json.dumps(d, ensure_ascii=pretty, indent=2 if pretty else None).encode() for d in documents]
    whole = b"[" + comma.join(members) + b"]\n"
    reader = sse.ArrayReader()
    assert [json.loads(event) for event in read(reader, cut(whole, data.draw))] == documents
    assert reader.ended


@given(st.data(), DOCUMENTS, st.sampled_from(["sse", "array"]))
def test_what_is_written_is_read(data, documents, form):
    framing = {"form": form, "end": "[DONE]"}
    writer = sse.writer(framing)
    whole = b"".join(writer.event(written(d)) + writer.comment("a\nb\rc") for d in documents) + writer.end(well=True)
    reader = sse.reader(framing)
    assert [json.loads(event) for event in read(reader, cut(whole, data.draw))] == documents
    assert reader.ended


def test_separators_that_are_no_line_ends_stay_inside():
    text = "a\u2028b\u2029c\u0085d\u000be\u000cf"
    reader = sse.EventReader()
    (event,) = reader.feed(b"data: " + json.dumps(text, ensure_ascii=False).encode() + b"\n\n")
    assert json.loads(event) == text


def test_a_last_event_without_its_empty_line_counts():
    assert read(sse.EventReader(), [b'data: {"a": 1}']) == [b'{"a": 1}']


def test_an_error_written_bare_into_the_stream_is_an_event():
    """https://github.com/googleapis/python-genai/issues/1162."""
    bare = b'data: {"a": 1}\r\n\r\n{\n  "error": {\n    "code": 429\n  }\n}\n'
    assert [json.loads(event) for event in read(sse.EventReader(), [bare])] == [{"a": 1}, {"error": {"code": 429}}]


def test_a_lone_object_is_one_element():
    assert read(sse.ArrayReader(), [b'{"error": {"a": "]}', b'\\""}}\n']) == [b'{"error": {"a": "]}\\""}}']


def test_an_array_that_is_written_without_elements():
    assert sse.ArrayWriter().end(well=True) == b"[]"


def test_no_mark_follows_an_error():
    assert sse.EventWriter("[DONE]").end(well=False) == b""


@pytest.mark.parametrize("whole", [b"[{}", b'[{"a": "', b"[{},", b"{"])
def test_an_array_that_is_cut_off_is_no_array(whole):
    with pytest.raises(sse.FramingError, match="middle"):
        read(sse.ArrayReader(), [whole])


@pytest.mark.parametrize("whole", [b"<html>", b"[1, 2]", b"[[]]", b"null"])
def test_what_is_no_array_of_objects_is_refused(whole):
    with pytest.raises(sse.FramingError, match="no JSON array"):
        read(sse.ArrayReader(), [whole])


@pytest.mark.parametrize("reader", [sse.EventReader(None, 1000), sse.ArrayReader(1000)])
def test_events_are_bounded(reader):
    """However the bytes come: a server may send one line for ever."""
    reader.feed(b'data: {"a": "' if isinstance(reader, sse.EventReader) else b'[{"a": "')
    with pytest.raises(sse.FramingError, match="larger than 1000"):
        read(reader, [b"xxxxxxxxxx"] * 200)


def test_many_short_lines_of_one_event_are_bounded():
    reader = sse.EventReader(None, 1000)
    with pytest.raises(sse.FramingError, match="larger than 1000"):
        read(reader, [b"data: xxxxxxxxxx\n"] * 200)


def test_memory_holds_one_event():
    """A stream of any length leaves nothing behind."""
    for reader, event in ((sse.EventReader(), b'data: {"a": 1}\n\n'), (sse.ArrayReader(), b'{"a": 1},')):
        reader.feed(b"" if isinstance(reader, sse.EventReader) else b"[")
        sizes = set()
        for _ in range(1000):
            assert reader.feed(event) == [b'{"a": 1}']
            sizes.add(sum(len(part) for held in vars(reader).values() if isinstance(held, list) for part in held))
        assert sizes == {0}


def test_a_dialect_whose_clients_know_no_comments_gets_none():
    assert sse.writer({"form": "sse"}).comment("a remark") == b": a remark\n\n"
    assert sse.writer({"form": "sse", "comments": False}).comment("a remark") == b""


def test_events_may_have_names():
    writer = sse.writer({"form": "sse", "named": "type", "end": None})
    assert writer.named == "type"
    assert writer.event(b"{}", "image.done") == b"event: image.done\ndata: {}\n\n"
    assert writer.event(b"{}", None) == writer.event(b"{}", "two\nlines") == b"data: {}\n\n", "a name is one line"
    assert writer.end(well=True) == b"", "null takes the dialect's last event away"
