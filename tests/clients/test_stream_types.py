"""Every golden stream, and streams drawn at random, as the official clients take them.

The openai client adds deltas up: it wants an index in every item of a list, and doubles texts that are told twice. What
it makes of our events must be what a whole reply would have said. Google's types must take every event of theirs.
"""

import json

import pytest
import suite
from google.genai import types
from hypothesis import given
from laws.folding import fold_gemini, fold_openai
from laws.test_streams import cut_completions, cut_replies, ended_early, from_gemini, from_openai, told
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

#: What is no chat has no sum of its own: its events stand by themselves, and tests/wire has them read by the client.
STREAMS = [case for case in suite.every() if case.phase == "stream" and case.operation == "chat"]
TO_OPENAI = [case for case in STREAMS if case.writer == "openai"]
TO_GEMINI = [case for case in STREAMS if case.writer == "gemini"]
#: Only a whole reply says it, or only the client's own class.
OWN = ("object", "parsed", "parsed_arguments")


def replies(events):
    """Return the events that tell the reply: an error is raised by clients before it is added up."""
    return [event for event in json.loads(json.dumps(events)) if "error" not in event]


def accumulated(events):
    """Have the official client add events up, each parsed strictly."""
    state = ChatCompletionStreamState()
    for event in events:
        state.handle_chunk(ChatCompletionChunk.model_validate(event, strict=True))
    return state.current_completion_snapshot


def settled(value):
    """Leave out what says nothing, and what only one of the two says."""
    if isinstance(value, list):
        return [settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: settled(member) for name, member in value.items() if name not in OWN}
    return {name: member for name, member in found.items() if member not in (None, "", [], {})}


def taken_by_google(event):
    """Google's types take an event; they are older than the tier that its counts tell."""
    event = json.loads(json.dumps(event))
    event.get("usageMetadata", {}).pop("serviceTier", None)
    types.GenerateContentResponse.model_validate(event)


def taken_by_openai(events):
    """The client's sum of a stream is ours."""
    made = accumulated(events)
    if all(choice.finish_reason for choice in made.choices):
        ChatCompletion.model_validate({**made.model_dump(), "object": "chat.completion"})
    ours = fold_openai(events)
    wanted = {choice["index"]: settled(choice["message"]) for choice in ours["choices"]}
    assert {choice.index: settled(choice.message.model_dump()) for choice in made.choices} == wanted
    ends = {choice["index"]: choice.get("finish_reason") for choice in ours["choices"]}
    assert {choice.index: choice.finish_reason for choice in made.choices} == ends
    assert settled(made.usage and made.usage.model_dump()) == settled(ours.get("usage"))


@pytest.mark.parametrize("case", TO_OPENAI, ids=[case.name for case in TO_OPENAI])
def test_the_openai_client_adds_up_a_golden_stream(case):
    events = replies(case.wanted)
    if events:
        taken_by_openai(events)


def in_turn(pieces):
    """Tell whether replies begin in the order of their numbers: else the client takes one for another."""
    begun = list(dict.fromkeys(c.get("index", n) for p in pieces for n, c in enumerate(p.get("candidates", ()))))
    return begun == list(range(len(begun)))


@given(cut_replies.filter(in_turn))
def test_the_openai_client_adds_up_any_stream(pieces):
    events = told(from_gemini(), pieces)
    assert not ended_early(events)
    taken_by_openai(replies(events))


@pytest.mark.parametrize("case", TO_GEMINI, ids=[case.name for case in TO_GEMINI])
def test_googles_types_take_a_golden_stream(case):
    for event in replies(case.wanted):
        taken_by_google(event)


@given(cut_completions)
def test_googles_types_take_any_stream(pieces):
    events = replies(told(from_openai(), pieces))
    for event in events:
        taken_by_google(event)
    taken_by_google(fold_gemini(events))
