"""What a peer was seen to cache, and what is cached here: the call that makes the cache, the request that names it."""

import json

import pytest
from conformance.observed import HERE
from isogloss import caching
from isogloss.pointer import every, find, put
from isogloss.translator import Translator

#: Longer than every model's least; the observed texts stand for one as long.
BIG = "long enough to be cached; " * 1000
NAMED = "cachedContents/new1"
#: What is done otherwise on purpose, and why.
DIFFERENCES = {
    "cache_system_plus_user": "the last turn is sent, not cached: the peer sends a lone space in its stead",
    "cache_noncontinuous": "neighbouring turns stay turns: the peer makes them one",
    "cache_ends_on_assistant": "a run that ends with the assistant's turn is cached: the peer caches none",
    "cache_uncached_prefix_moved": "what stands before is cached too: the peer sends it behind the cache, out of order",
}
CASES = [json.loads(line) for line in (HERE / "observed_caches.jsonl").read_text().splitlines()]


def long(text):
    return json.loads(json.dumps(text).replace("<BIG>", BIG))


def camel(value):
    """Spell the peer's names as Google does."""
    if isinstance(value, dict):
        return {word(name): camel(member) for name, member in value.items() if member is not None}
    return [camel(item) for item in value] if isinstance(value, list) else value


def word(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def theirs(case):
    """Return the peer's calls, without the digest, and the turn that it makes up where there is none."""
    found = []
    for call in case["calls"]:
        body = camel(long(call["body"]))
        body.pop("displayName", None)
        if call["path"].endswith("cachedContents") and body["contents"] == [{"role": "user", "parts": [{"text": "."}]}]:
            del body["contents"]
        found.append(body)
    return found


def ours(case):
    gloss = Translator("openai", "gemini", defaults=False)
    exchange, wish = caching.opened(gloss, "chat", long(case["request"]))
    cut = caching.cut(exchange, wish, exchange.request.body)
    if isinstance(cut, str):
        return [exchange.request.body]
    made = caching.making(cut, wish, exchange.target_model)
    del made["displayName"]
    return [made, caching.named(cut, wish, NAMED).rest]


def told(calls):
    """Leave out how schemas are said: that is compared elsewhere."""
    for call in calls:
        for path in list(every(call, ("tools", "*", "functionDeclarations", "*"))):
            call = put(call, path, {"name": find(call, path)["name"]})  # noqa: PLW2901 - the call in another form
        yield call


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_caches(case):
    same = list(told(ours(case)))[: len(case["calls"])] == list(told(theirs(case)))
    assert same == (case["name"] not in DIFFERENCES)
