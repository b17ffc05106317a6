"""What paths and queries say stands in the request's document, and the reverse: on an invented dialect."""

import pytest
import suite
from isogloss import DocumentError, Translator

RULES = r"""
language: 1
columns: [hill, dale]
dialects:
  hill:
    routes:
      - {operation: walk.get, method: GET, path: "/walks/{id}", match: "/walks/(?P<id>[^/]+)", query: {unit: "{unit}", plain: "yes"}}
      - {operation: walk.mend, method: POST, path: "/walks/{id}", match: "/walks/(?P<id>[^/]+)"}
  dale:
    routes:
      - {operation: walk.get, method: GET, path: "/d/{name}", match: "/d/(?P<name>paths/[a-z0-9.]+/[a-z0-9.]+)", query: {in: "{in}"}}
      - {operation: walk.mend, method: POST, path: "/d/{name}", match: "/d/(?P<name>paths/.+)"}
documents:
  walk.get.request:
    rules:
      - {id: name, hill: {id: $n}, dale: {name: $n}}
      - {id: unit, hill: {unit: $u}, dale: {in: $u}}
  walk.mend.request:
    rules:
      - {id: name, hill: {id: $n}, dale: {name: $n}}
      - {id: with, hill: {with: $w}, dale: {by: $w}}
"""  # noqa: E501 - a route is one line


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory):
    return suite.invented(tmp_path_factory.mktemp("paths") / "rules.yaml", RULES)


@pytest.fixture(scope="module")
def gloss(ruleset):
    return Translator("hill", "dale", ruleset=ruleset)


def call(gloss, name, **more):
    return gloss.exchange("walk.get", {"id": name, **more}).calls[0]


def test_an_address_is_read_into_the_document(gloss):
    route = gloss.route("GET", "/walks/a b", {"unit": "miles", "plain": "yes", "other": "x"})
    assert route.document(None) == {"id": "a b", "unit": "miles"}


def test_what_a_query_names_may_be_absent_and_what_it_fixes_may_not(gloss):
    assert gloss.route("GET", "/walks/a", {"plain": "yes"}).document(None) == {"id": "a"}
    with pytest.raises(LookupError):
        gloss.route("GET", "/walks/a", {})


def test_a_body_goes_with_what_the_address_says(gloss):
    route = gloss.route("POST", "/walks/a")
    body = {"with": "stones"}
    assert route.document(body) == {"with": "stones", "id": "a"}
    assert body == {"with": "stones"}, "what came is not changed"
    assert route.document({"id": "a"}) == {"id": "a"}
    with pytest.raises(DocumentError, match="says otherwise") as caught:
        route.document({"id": "b"})
    assert caught.value.pointer == "/id"


def test_what_is_no_object_is_left_to_the_rules(gloss):
    document = gloss.route("POST", "/walks/a").document([1])
    with pytest.raises(DocumentError, match="an object must stand here"):
        gloss.exchange("walk.mend", document)


def test_the_document_is_written_into_the_address(gloss):
    made = call(gloss, "paths/x/1", unit="miles")
    assert (made.method, made.path, dict(made.query), made.body) == ("GET", "/d/paths/x/1", {"in": "miles"}, None)


def test_numbers_and_switches_are_words_in_a_query(gloss):
    assert dict(call(gloss, "paths/x/1", unit=3).query) == {"in": "3"}
    assert dict(call(gloss, "paths/x/1", unit=False).query) == {"in": "false"}
    with pytest.raises(DocumentError, match="words and numbers"):
        call(gloss, "paths/x/1", unit=["m"])


def test_what_stands_in_the_address_stands_in_no_body(gloss):
    made = gloss.exchange("walk.mend", {"id": "paths/x", "with": "stones"}).calls[0]
    assert (made.path, made.body) == ("/d/paths/x", {"by": "stones"})


@pytest.mark.parametrize(
    "name",
    [
        "paths/x", "paths/x/1/2", "paths/x/..", "paths/../1", "paths/x/.", "other/x/1", "/d/paths/x/1", "paths//1",
        "paths/x/1?in=y", "paths/x/1#a", "paths/x/1\n", "paths/x/%2e%2e", "paths\\x\\1",
        "https://elsewhere/paths/x/1", "@host/paths/x/1",
    ],
)  # fmt: skip
def test_no_name_leads_elsewhere(gloss, name):
    with pytest.raises(DocumentError, match="nothing of this name") as caught:
        call(gloss, name)
    assert (caught.value.pointer, caught.value.status) == ("/name", 404)


@pytest.mark.parametrize("name", [None, "", 3, ["paths/x/1"], {}])
def test_a_name_is_a_text(gloss, name):
    with pytest.raises(DocumentError, match="says no name"):
        call(gloss, name)


def test_letters_of_addresses_are_escaped(gloss):
    made = gloss.exchange("walk.mend", {"id": "paths/a b?c%2F#ä"}).calls[0]
    assert made.path == "/d/paths/a%20b%3Fc%252F%23%C3%A4"
    with pytest.raises(DocumentError, match="no Unicode"):
        _ = gloss.exchange("walk.mend", {"id": "paths/\ud800"}).calls
