"""What `isogloss diff` tries, and what it leaves out: it finds every change that trying every document would find."""

import pytest
from isogloss import contrast, library, shelves
from isogloss.bearing import Bearing
from isogloss.cli import sources

VERSION = shelves.versions()[-1]

FAMILY = "/families/gemini-3-pro"
#: What is changed, by what: an overlay's actions and entries.
OVERLAYS = {
    "a row of a family": f"actions: [{{at: {FAMILY}/tables/effort/medium/1/thinkingLevel, set: LOW, why: x}}]",
    "a row of a table": "actions: [{at: /tables/service-tier/rows/flex, remove: true, why: x}]",
    "a fact": "actions: [{at: /families/gemini-3-pro/facts/penalties, set: true, why: x}]",
    "a fact of legal clauses": "actions: [{at: /families/gemini-3-pro/facts/sentinel, set: false, why: x}]",
    "a value": 'actions: [{at: /values/filler, set: "(go on)", why: x}]',
    "a rule": "actions: [{at: /documents/chat.request/rules/user, remove: true, why: x}]",
    "a default": "actions: [{at: /documents/chat.request/rules/temperature-default, remove: true, why: x}]",
    "a rule of a set": "actions: [{at: /sets/thinking-config/rules/thoughts, remove: true, why: x}]",
    "a block": "actions: [{at: /blocks/turns/text/gemini, set: {text: $text, partMetadata: {a: b}}, why: x}]",
    "a block that asks what stands around": "actions: [{at: /blocks/turns/call-cut, remove: true, why: x}]",
}


def found(before, after, family):
    """Every change, for which document and family; a default that applies everywhere is one change."""
    return {
        (one.document, one.reader, str([change.sort() for change in one.changes]))
        for one in contrast.compare(before, after, sources.samples(), family).differences
    }


def overlaid(tmp_path, what):
    path = tmp_path / "mine.yaml"
    path.write_text(OVERLAYS[what])
    return library.ruleset(VERSION, None, ()), library.ruleset(VERSION, None, (str(path),))


@pytest.mark.parametrize("what", OVERLAYS)
def test_every_change_is_found(tmp_path, what):
    before, after = overlaid(tmp_path, what)
    assert found(before, after, "gemini-3-pro")


def test_nothing_is_left_out_that_makes_a_difference(tmp_path, monkeypatch):
    before, after = overlaid(tmp_path, "a fact")
    some = found(before, after, "gemini-3-pro")
    monkeypatch.setattr(Bearing, "clues", lambda *_: None)
    assert found(before, after, "gemini-3-pro") == some
