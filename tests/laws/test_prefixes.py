"""Cutting is safe: what is cached and what is sent with it are the request, in order, each once; calls keep results."""

import copy

import isogloss
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from isogloss import caching
from isogloss.translator import Translator
from laws.cases import NOW, documents

MODELS = ("gemini-1.5-pro", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-3.8-flash", "gemini-4-argon")
MARK = {"type": "ephemeral"}
MOVED = {"systemInstruction", "tools", "toolConfig"}


@pytest.fixture(scope="module")
def gloss(tmp_path_factory):
    """Return a translator for which no request is too small."""
    path = tmp_path_factory.mktemp("rules") / "small.yaml"
    wanted = ("gemini-1.0", "gemini-2.5-flash", "gemini-3-pro")
    lines = [f"  - {{at: /families/{name}/facts/cache_minimum, set: 0, why: all are tried}}" for name in wanted]
    path.write_text("\n".join(["actions:", *lines]))
    return Translator("openai", "gemini", overlays=[path], clock=lambda: NOW, ids=lambda: "f00d")


@st.composite
def marked(draw):
    """Draw a request for a model that caches, with marks on some of its turns."""
    said = draw(documents("chat.request", "openai"))
    turns = said["messages"]
    places = draw(st.sets(st.integers(0, len(turns) - 1), min_size=1)) if turns else set()
    found = [turn | {"cache_control": MARK} if index in places else turn for index, turn in enumerate(turns)]
    return draw(st.sampled_from(MODELS)), {**said, "messages": found}


def bare(gloss, request):
    """Take the marks away, as `opened` does."""
    wish = caching.wished(gloss, "chat", request)
    return request if wish is None else wish.body


def tally(contents, name):
    return sum(name in part for content in contents for part in content.get("parts", ()))


@given(data=st.data())
def test_a_cut_is_the_request_in_two(gloss, data):
    model, request = data.draw(marked())
    before = copy.deepcopy(request)
    try:
        exchange, wish = caching.opened(gloss, "chat", request, model=model)
    except isogloss.IsoglossError as error:
        with pytest.raises(type(error)):
            gloss.exchange("chat", bare(gloss, request), model=model)
        return
    assert request == before
    whole = exchange.request.body
    assert whole == gloss.exchange("chat", bare(gloss, request), model=model).request.body
    if wish is None:
        return
    cut = caching.cut(exchange, wish, whole)
    assert request == before
    if isinstance(cut, str):
        event(f"not cached: {cut[:40]}")
        return
    held, rest = cut.held.get("contents", []), cut.rest["contents"]
    event("cached: turns" if held else "cached: what moves as a whole")
    assert held + rest == whole["contents"]
    assert any(content["role"] == "user" for content in rest) or len(rest) == len(whole["contents"])
    assert {**cut.rest, **cut.held, "contents": whole["contents"]} == whole
    assert MOVED.isdisjoint(cut.rest)
    assert set(cut.held) <= {*MOVED, "contents"}
    if tally(whole["contents"], "functionCall") == tally(whole["contents"], "functionResponse"):
        assert tally(held, "functionCall") == tally(held, "functionResponse")
