"""361 pairs seen from a peer: each result equals the peer's, or stands in `differences.yaml` with the reason."""

from collections import Counter
from typing import Any

import pytest
from conformance import observed

REQUESTS = {case["name"]: case for case in observed.cases("requests")}
RESPONSES = {case["name"]: case for case in observed.cases("responses")}
VIDEOS = {case["name"]: case for case in observed.cases("videos")}
TEXTS = {case["name"]: case for case in observed.cases("texts")}
KNOWN = {"requests": REQUESTS, "responses": RESPONSES, "videos": VIDEOS, "texts": TEXTS}
NAMED = {sort: observed.differences(sort) for sort in KNOWN}


def expected(sort: str, name: str) -> dict[str, Any]:
    """Everything that the table says about a case."""
    entries = [entry for group in NAMED[sort] for entry in group["seen"] if name in entry["cases"]]
    return {pointer: sides for entry in entries for pointer, sides in entry["at"].items()}


@pytest.mark.parametrize("name", REQUESTS)
def test_request(name: str):
    ours, peers = observed.our_request(REQUESTS[name]), observed.peer_request(REQUESTS[name])
    assert observed.differing(ours, peers) == expected("requests", name)


@pytest.mark.parametrize("name", RESPONSES)
def test_response(name: str):
    case = RESPONSES[name]
    if "skipped" in case:
        pytest.skip(case["skipped"])
    ours, peers = observed.our_response(case), observed.peer_response(case)
    assert observed.differing(ours, peers) == expected("responses", name)


@pytest.mark.parametrize("name", VIDEOS)
def test_video(name: str):
    ours, peers = observed.our_video(VIDEOS[name]), observed.peer_video(VIDEOS[name])
    assert observed.differing(ours, peers) == expected("videos", name)


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str):
    ours, peers = observed.our_text(TEXTS[name]), observed.peer_text(TEXTS[name])
    assert observed.differing(ours, peers) == expected("texts", name)


@pytest.mark.parametrize("sort", KNOWN)
def test_the_table_names_what_was_seen(sort: str):
    for group in NAMED[sort]:
        assert group["reason"].endswith(".")
        assert group["by"] in ("peer", "us", "open")
        assert {name for entry in group["seen"] for name in entry["cases"]} <= KNOWN[sort].keys(), group["reason"]


@pytest.mark.parametrize("sort", KNOWN)
def test_each_pointer_of_a_case_has_one_reason(sort: str):
    seen = Counter((name, at) for group in NAMED[sort] for e in group["seen"] for name in e["cases"] for at in e["at"])
    assert {pair for pair, times in seen.items() if times > 1} == set()


@pytest.mark.parametrize("group", [g for g in NAMED["requests"] if "equal_with" in g], ids=lambda g: g["equal_with"])
def test_a_profile_closes_what_it_is_for(group: dict[str, Any]):
    for entry in group["seen"]:
        for name in entry["cases"]:
            ours = observed.our_request(REQUESTS[name], group["equal_with"])
            left = observed.differing(ours, observed.peer_request(REQUESTS[name]))
            assert left.keys().isdisjoint(entry["at"]), name


def test_parameters_go_where_the_family_takes_them():
    declared = {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}},
    }
    fields = {}
    for model in ("gemini-1.5-pro", "gemini-2.0-flash", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-4-argon"):
        body = observed.translated(
            {"model": model, "messages": [{"role": "user", "content": "hi"}], "tools": [declared]}
        )
        fields[model] = sorted(body["tools"][0]["functionDeclarations"][0])
    assert fields == {
        "gemini-1.5-pro": ["name", "parameters"],
        "gemini-2.0-flash": ["name", "parameters"],
        "gemini-2.5-flash": ["name", "parametersJsonSchema"],
        "gemini-3-pro-preview": ["name", "parametersJsonSchema"],
        "gemini-4-argon": ["name", "parametersJsonSchema"],
    }
