"""Laws 3 and 4: what goes there comes back, and then it stays.

Faithful: every leaf that no loss names comes back, up to the normal forms that `laws/faith.py` lists. Requests and
errors go and come back without memory. Replies have their exchange: a Gemini reply is translated by the exchange that
asked for it; an OpenAI reply comes back through one that asked with `functions` where the reply answers in their
deprecated form, which the Gemini document alone cannot know, or through one that asked for samples where it is samples:
a Gemini model answers the same to whoever asks for a file of them.

Settled: where the way back reports nothing at all, what it returns is translated to the same document again. For every
document a later round changes something only where its way back has reported a loss, and the third changes nothing.
(The design says: nothing from the second round on. A budget in Google's own words for a family of levels needs one
more: it is clamped, then its `includeThoughts` has no word in OpenAI's effort, and that is said.) A rule may refuse a
returned document only where a loss has been reported before. What is left out of the first sentence, with the reason:
- Call ids are names. Families that take none get none, and the way back makes new ones: documents are compared up to
  renaming ids.
- Media in a tool's result, for a family that takes none there: they stand beside the result (a loss of the way there)
  and come back as a user's message, which is another turn.
- Sources of a reply whose thoughts or code stand after its text: they come back before it, which is a normal form, and
  the sources say by number which part they speak of.
- Gemini's words for a schema and for thinking as a caller of OpenAI's dialect writes them (OWN): they come back as
  `response_format` and `reasoning_effort`, which say a little more when they go over again.
- Lists whose items' schema could not be said at all: `items: {}` is written, and read as a list of objects.
"""

import json

import isogloss
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from isogloss.loss import REFUSED
from isogloss.values import same
from laws.cases import NOW, OTHER, SIDES, Case, cases, translated
from laws.faith import unfaithful
from laws.found import FOUND

ANSWERS = {"candidates", "choices"}
OWN = {"responseschema", "thinkingconfig", "thinkinglevel", "extrabody"}


def forth(case: Case, body: object) -> isogloss.Translation:
    """There: from the case's dialect to the other."""
    if (case.phase, case.source) == ("chat.response", "gemini"):
        return exchange({}).response(body)
    return translated(Case(case.phase, case.source, body, case.model), trace=True)


def back(case: Case, body: object) -> isogloss.Translation:
    """Home again."""
    if (case.phase, case.source) == ("chat.response", "openai"):
        legacy = '"function_call": {' in json.dumps(case.document["choices"])
        return exchange({"functions": [{"name": "search"}]} if legacy else {}).response(body)
    if (case.phase, case.source) == ("audio.speech.response", "openai"):
        return spoken(case.document["content_type"].removeprefix("audio/"), case.model).response(body)
    return translated(Case(case.phase, OTHER[case.source], body, case.model), trace=True)


def exchange(more: dict[str, object]) -> isogloss.Exchange:
    """An exchange that an OpenAI client has opened."""
    gloss = isogloss.Translator("openai", "gemini", trace=True, ids=lambda: "f00d", clock=lambda: NOW)
    request = {"messages": [{"role": "user", "content": "x"}], **more}
    return gloss.exchange("chat", request, model="gemini-2.5-flash")


def spoken(form: str, model: str | None) -> isogloss.Exchange:
    """An exchange in which an OpenAI client has asked for speech in some form."""
    gloss = isogloss.Translator("openai", "gemini", trace=True, ids=lambda: "f00d", clock=lambda: NOW)
    request = {"input": "x", "voice": "Kore", **({"response_format": form} if form in ("wav", "pcm") else {})}
    return gloss.exchange("audio.speech", request, model=model)


def round_trip(case: Case) -> tuple[isogloss.Translation, isogloss.Translation, isogloss.Translation] | None:
    """There, back, and there again; None where a rule refuses on the way."""
    try:
        there = forth(case, case.document)
    except isogloss.DocumentError as error:
        event(f"refused by {error.rule}")
        return None
    try:
        home = back(case, there.body)
    except isogloss.DocumentError as error:
        event(f"refused on the way back by {error.rule}")
        return None
    try:
        return there, home, forth(case, home.body)
    except isogloss.DocumentError as error:
        event(f"refused in the second round by {error.rule}")
        assert any(loss.kind in REFUSED for loss in there.losses + home.losses)
        return None


def comes_back(case: Case) -> None:
    """Hold a document to the first law."""
    trip = round_trip(case)
    if trip is not None:
        there, home, again = trip
        assert unfaithful(case.document, there, home, again.body) == []


def settles(case: Case) -> None:
    """Hold a document to the second law."""
    trip = round_trip(case)
    if trip is None:
        return
    there, home, again = trip
    if not home.losses and not left_out(case, there, home):
        event("the way back reports nothing")
        assert alike(again.body, there.body)
    home = back(case, again.body)
    third = forth(case, home.body)
    assert home.losses or alike(third.body, again.body)
    assert alike(forth(case, back(case, third.body).body).body, third.body)


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_what_goes_there_comes_back(phase, source, data):
    comes_back(data.draw(cases(phase, source)))


@pytest.mark.parametrize(("phase", "source"), SIDES)
@given(data=st.data())
def test_the_second_round_changes_nothing(phase, source, data):
    settles(data.draw(cases(phase, source)))


@given(case=st.sampled_from(FOUND))
def test_documents_that_the_laws_have_failed_on(case):
    comes_back(case)
    settles(case)


def left_out(case: Case, there: isogloss.Translation, home: isogloss.Translation) -> bool:
    """Whether the document is one of those that the docstring lists."""
    beside = any("beside the result" in loss.reason for loss in there.losses)
    carried = case.source == "openai" and any(key.lower().replace("_", "") in OWN for key in case.document)
    return beside or carried or '"items": {}' in json.dumps(there.body) or renumbered(case.document, home.body)


def renumbered(document: object, returned: object) -> bool:
    """Whether a reply names its parts by number, and they stand in another order now."""
    if not (isinstance(document, dict) and isinstance(returned, dict) and "groundingSupports" in json.dumps(document)):
        return False
    before, after = (found.get("candidates", ()) for found in (document, returned))
    return any(forms(one) != forms(other) for one, other in zip(before, after, strict=False))


def forms(candidate: dict[str, dict[str, list[dict[str, object]]]]) -> list[list[str]]:
    """What each part of a candidate is."""
    return [sorted(part) for part in candidate.get("content", {}).get("parts", ())]


def alike(left: object, right: object) -> bool:
    """Whether two documents are the same, up to renaming call ids."""
    return same(renamed(left, {}), renamed(right, {}))


def renamed(value: object, names: dict[object, str]) -> object:
    """Number call ids in the order in which they stand; each of several answers has its own."""
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    made = {
        name: [renamed(answer, {}) for answer in inner]
        if name in ANSWERS and isinstance(inner, list)
        else renamed(inner, names)
        for name, inner in value.items()
    }
    places = [made, made.get("functionCall"), made.get("functionResponse")]
    for place, name in [(place, name) for place in places for name in ("id", "tool_call_id")]:
        known = place is made and name == "id" and made.get("type") != "function"
        if isinstance(place, dict) and name in place and not known:
            place[name] = names.setdefault(place[name], f"id {len(names)}")
    return made
