"""Which route an operation takes: by the facts of the model's family, on an invented dialect."""

import pytest
import suite
from isogloss import DocumentError, Translator, UnknownName

RULES = r"""
language: 1
columns: [hill, dale]
dialects:
  hill:
    routes:
      - {operation: sing, method: POST, path: /sing, match: /sing, stream: {as: notes}}
      - {operation: sing, method: POST, path: /sting, match: /sting, heard: false}
  dale:
    newest: {text: mute}
    routes:
      - {operation: sing, method: POST, path: "/{model}/sing", match: "/(?P<model>.+)/sing", stream: false, needs: {voice: true}}
      - {operation: sing, method: POST, path: "/{model}/hum", match: "/(?P<model>.+)/hum", needs: {voice: low}}
      - {operation: sing, method: POST, path: "/{model}/rest", match: "/(?P<model>.+)/rest", needs: {voice: false}, refuse: it has no voice, status: 501}
families:
  bird: {dialect: dale, kind: text, match: lark, facts: {voice: true}}
  toad: {dialect: dale, kind: text, match: toad, facts: {voice: low}}
  mute: {dialect: dale, kind: text, match: worm, facts: {voice: false}}
documents:
  sing.request:
    rules:
      - {id: song, hill: {song: $s}, dale: {tune: $s}}
      - {id: as, hill: {as: "@stream"}, dale: {}, oneway: hill}
  sing.response:
    rules:
      - {id: notes, hill: {notes: ["$n* | note"]}, dale: {tones: ["$n*"]}}
  sing.stream:
    extends: sing.response
    stream:
      hill: {each: notes, index: index, ends: end, error: error, status: [error.code]}
      dale: {each: tones, index: index, ends: end, error: error, status: [error.code]}
sets:
  note:
    rules:
      - {id: index, both: index}
      - {id: end, both: end}
"""  # noqa: E501 - a route is one line


@pytest.fixture(scope="module")
def gloss(tmp_path_factory):
    rules = suite.invented(tmp_path_factory.mktemp("routes") / "rules.yaml", RULES)
    return Translator("hill", "dale", ruleset=rules)


def call(gloss, model, **body):
    return gloss.exchange("sing", {"song": "la", **body}, model=model).calls[0]


def test_the_first_route_for_the_family_is_taken(gloss):
    assert call(gloss, "lark").path == "/lark/sing"
    assert call(gloss, "toad").path == "/toad/sing", "low is a voice too, and the first route wins"


def test_a_stream_is_asked_for_by_the_words_of_the_route(gloss):
    asked = call(gloss, "toad", **{"as": "notes"})
    assert (asked.path, asked.stream) == ("/toad/hum", True)
    assert not call(gloss, "toad", **{"as": "song", "stream": True}).stream


def test_who_cannot_is_refused_by_name(gloss):
    with pytest.raises(DocumentError, match="'worm' cannot be asked for sing: it has no voice") as caught:
        call(gloss, "worm")
    assert (caught.value.pointer, caught.value.status) == ("/model", 501)


def test_who_cannot_stream_is_refused_by_name(gloss):
    with pytest.raises(DocumentError, match="'lark' cannot be asked for sing: no route to a stream") as caught:
        call(gloss, "lark", **{"as": "notes"})
    assert caught.value.status == 400


def test_a_model_must_be_named(gloss):
    with pytest.raises(DocumentError, match="names no model"):
        call(gloss, None)


def test_an_operation_must_be_known(gloss):
    with pytest.raises(UnknownName):
        _ = gloss.exchange("dance", {}, model="lark").calls


@pytest.mark.parametrize(("path", "near"), [("/sings", ("POST /sing",)), ("/v1/sng", ("POST /sing",)), ("/dance", ())])
def test_an_unknown_path_is_answered_with_what_ends_alike_and_is_heard(gloss, path, near):
    with pytest.raises(UnknownName) as caught:
        gloss.route("POST", path)
    assert caught.value.near == near
