"""The rulebook itself has no mistakes, and decides every property of both schemas."""

import json

import isogloss
import pytest
from isogloss import bookshelf, checker, coverage, shelves, source

VERSION = shelves.versions()[-1]
HEAD = {"language": 1, "columns": ["hill", "dale"], "dialects": {"hill": {}, "dale": {}}}


@pytest.fixture(scope="session")
def report():
    return checker.check(VERSION)


@pytest.mark.parametrize("profile", [None, *shelves.profiles(VERSION)])
def test_the_rulebook_has_no_mistakes(profile):
    assert not list(map(str, checker.check(VERSION, profile).problems))


@pytest.mark.parametrize("path", shelves.rule_files(VERSION), ids=bookshelf.name_of)
def test_every_rule_file_fits_the_schema_that_editors_use(path):
    tree = source.read(path, path.name)
    assert not [f"{error.json_path}: {error.message}" for error in checker.form_errors(tree, "rule-file")]


def test_every_property_of_both_schemas_is_decided(report):
    measured = coverage.coverage(report.ruleset, report.tree)
    assert {(one.dialect, one.document) for one in measured} >= {
        (dialect, f"chat.{phase}") for dialect in ("openai", "gemini") for phase in ("request", "response", "error")
    }
    assert not [str(problem) for one in measured for problem in one.problems]


@pytest.mark.parametrize(
    ("overlay", "place", "words"),
    [
        ("blocks: {turns: {bell: {openai: {a: 1}, gemini: {b: 1}, opens: {book: calls}}}}", 64, "'key' and"),
        (
            "documents: {chat.request: {rules: [{id: x, openai: {a: $v}, gemini: {b: $v}, when: {openai: x =}}]}}",
            93,
            "JMESPath",
        ),
        ("documents: 3", 12, "named entries"),
    ],
)
def test_an_overlay_that_cannot_be_loaded_is_a_rule_error(tmp_path, overlay, place, words):
    path = tmp_path / "overlay.yaml"
    path.write_text(overlay)
    with pytest.raises(isogloss.RuleError) as caught:
        isogloss.Translator("openai", "gemini", overlays=[path])
    assert any(problem.mark.column == place and words in problem.message for problem in caught.value.problems)


# --- how coverage is measured ---


def measured(tmp_path, monkeypatch, schema, rules, document="walk.request"):
    """Measure a toy schema of hill against toy rules."""
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    (tmp_path / "rules.yaml").write_text(json.dumps({**HEAD, **rules}))
    there = {("hill", document): tmp_path / "schema.json"}
    monkeypatch.setattr(coverage, "schema_file", lambda *asked: there.get(asked))
    found = checker.check_files([tmp_path / "rules.yaml"])
    assert found.ruleset is not None, "\n".join(map(str, found.problems))
    [one] = coverage.coverage(found.ruleset, found.tree)
    return one


def walk(*rules, **more):
    named = [{"id": f"rule-{index}", **rule} for index, rule in enumerate(rules)]
    return {"documents": {"walk.request": {"rules": named, **more}}}


def walk_of(stream, *rules):
    named = [{"id": f"rule-{index}", **rule} for index, rule in enumerate(rules)]
    return {"walk.stream": {"rules": named, "stream": stream, "drops": {"hill": {"of": "nobody is told"}}}}


TREE = {"properties": {"kind": {"type": "string"}, "size": {"properties": {"height": {}, "width": {}}}}}


def test_what_a_rule_reads_is_decided(tmp_path, monkeypatch):
    one = measured(tmp_path, monkeypatch, TREE, walk({"hill": {"size": {"height": "$h"}}, "dale": {"h": "$h"}}))
    assert str(one) == "hill walk.request 2/4"
    assert one.open == ("kind", "size.width")
    assert "size.width of hill is decided by nothing" in str(one.problems[1])


def test_a_variable_takes_all_below_it(tmp_path, monkeypatch):
    one = measured(tmp_path, monkeypatch, TREE, walk({"hill": {"size": "$s"}, "dale": {"s": "$s"}}))
    assert one.open == ("kind",)


def test_the_other_direction_decides_nothing(tmp_path, monkeypatch):
    rule = {"hill": {"size": "$s"}, "dale": {"s": "$s"}, "oneway": "dale"}
    assert measured(tmp_path, monkeypatch, TREE, walk(rule)).total == 4
    assert len(measured(tmp_path, monkeypatch, TREE, walk(rule)).open) == 4


def test_a_reason_for_a_whole_counts_only_where_nothing_reads_some_of_it(tmp_path, monkeypatch):
    drops = {"hill": {"kind": "there are no kinds", "size": "there are no sizes"}}
    assert not measured(tmp_path, monkeypatch, TREE, walk(drops=drops)).open
    read = {"hill": {"size": {"height": "$h"}}, "dale": {"h": "$h"}}
    assert measured(tmp_path, monkeypatch, TREE, walk(read, drops=drops)).open == ("size.width",)


def test_a_block_that_is_lost_whole_decides_nothing_in_it(tmp_path, monkeypatch):
    blocks = {
        "torn": {"hill": "$t", "when": {"hill": "!kind"}, "drop": "it is torn"},
        "note": {"hill": {"kind": "$k"}, "dale": {"k": "$k"}},
    }
    side = {"group": "said", "slots": [{"at": "bits", "form": "items"}]}
    laid = {"blocks": {"bits": blocks}, "layouts": {"walk": {"blocks": "bits", "hill": side, "dale": side}}}
    schema = {"properties": {"said": {"properties": {"bits": {"items": TREE}}}}}
    one = measured(tmp_path, monkeypatch, schema, {**walk(layouts=["walk"]), **laid})
    assert one.open == ("said.bits[*].size", "said.bits[*].size.height", "said.bits[*].size.width")


def test_a_listed_reason_decides_and_must_be_needed(tmp_path, monkeypatch):
    rules = walk({"hill": {"size": "$s"}, "dale": {"s": "$s"}})
    listed = {"kind": "nobody asks for it", "size.width": "nobody asks for it", "shape": "nobody asks for it"}
    one = measured(tmp_path, monkeypatch, TREE, {**rules, "coverage": {"walk.request": {"hill": listed}}})
    assert not one.open
    assert one.stale == ("size.width", "shape")
    assert all("needs no reason" in str(problem) for problem in one.problems)


def test_of_events_it_counts_what_is_written(tmp_path, monkeypatch):
    """Nothing reads them: a rule decides that writes an item of a list, or what stands beside it; a reason does not."""
    names = {name: {"type": "string"} for name in ("at", "by", "to", "of")}
    schema = {"anyOf": [{"properties": {"kind": {"enum": ["step"]}, **names}}]}
    item = {"hill": {"steps": [{"kind": "step", "by": "$b"}]}, "dale": {"steps": [{"by": "$b"}]}, "oneway": "dale"}
    beside = {"hill": {"at": "@now"}, "dale": {}, "oneway": "dale"}
    read = {"hill": {"to": "$t"}, "dale": {"to": "$t"}, "oneway": "hill"}
    stream = {"hill": {"events": ["steps"]}, "dale": {"each": "steps", "index": "index", "ends": "end"}}
    rules = {"documents": {"walk.response": {"rules": []}, **walk_of(stream, item, beside, read)}}
    assert measured(tmp_path, monkeypatch, schema, rules, "walk.stream").open == ("to", "of")


def test_a_rule_set_is_followed_into_itself(tmp_path, monkeypatch):
    schema = {
        "properties": {"tree": {"$ref": "#/$defs/tree"}},
        "$defs": {"tree": {"properties": {"age": {}, "name": {}, "twigs": {"items": {"$ref": "#/$defs/tree"}}}}},
    }
    rules = walk({"hill": {"tree": "$t | tree"}, "dale": {"tree": "$t"}})
    sets = {"tree": {"rules": [{"id": "name", "both": "name"}, {"id": "twigs", "both": "twigs", "each": "tree"}]}}
    assert measured(tmp_path, monkeypatch, schema, {**rules, "sets": sets}).open == ("tree.age",)


def test_examples_of_other_constants_read_nothing(tmp_path, monkeypatch):
    oak, elm = ({"kind": {"enum": [kind]}, f"{kind}s": {}} for kind in ("oak", "elm"))
    schema = {"properties": {"tree": {"oneOf": [{"properties": oak}, {"properties": elm}]}}}
    rule = {"hill": {"tree": {"kind": "oak", "oaks": "$n", "elms": "$m?"}}, "dale": {"oaks": "$n", "elms": "$m?"}}
    assert measured(tmp_path, monkeypatch, schema, walk(rule)).open == ("tree.elms",)


def test_a_word_that_no_row_holds(tmp_path, monkeypatch):
    schema = {"properties": {"size": {"enum": ["small", "large", None]}}}
    rules = walk({"hill": {"size": "$s | size"}, "dale": {"width": "$s"}})
    one = measured(tmp_path, monkeypatch, schema, {**rules, "tables": {"size": {"rows": [["small", 1]]}}})
    assert one.unspoken == ("size: large",)
    assert "large is a word of hill" in str(one.problems[0])


TALK = {
    "blocks": {
        "bits": {
            "word": {"hill": {"word": "$t"}, "dale": {"say": "$t"}},
            "other": {"hill": "$o", "dale": {"other": "$o"}},
        }
    },
    "layouts": {
        "talk": {
            "blocks": "bits",
            "hill": {"groups": "turns", "slots": [{"at": "bits", "form": "items", "holds": "any"}]},
            "dale": {"groups": "steps", "slots": [{"at": "bits", "form": "items", "holds": "any"}]},
        }
    },
}


def test_a_catch_all_answers_for_its_own_alternatives_only(tmp_path, monkeypatch):
    names = ("word", "song", "tune")
    bit = {"properties": {name: {} for name in names}, "oneOf": [{"required": ["word"]}, {"required": ["song"]}]}
    turn = {"properties": {"bits": {"items": bit}, "mood": {}}}
    schema = {"properties": {"turns": {"items": turn}}}
    one = measured(tmp_path, monkeypatch, schema, {**walk(layouts=["talk"]), **TALK})
    assert one.open == ("turns[*].bits[*].tune", "turns[*].mood")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"\xff\xfe\x00", "this is not UTF-8"),
        (b"documents:\n  chat.request:\n    rules: [7]\n", "must be an object"),
        (b"documents:\n  chat.request:\n    rules: [null]\n", "must be an object"),
    ],
)
def test_a_file_that_is_no_rules_at_all_is_a_problem_with_a_place(written, said, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_bytes(written)
    (problem,) = checker.check(overlays=[path]).problems
    assert said in problem.message
    assert problem.mark.file.endswith("odd.yaml")
