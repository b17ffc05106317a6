"""What the laws have found, one small document each. Golden cases say what is right; these say what went wrong."""

import isogloss
import pytest
from isogloss import library
from isogloss.codecs import CODECS


def translated(document, phase="chat.request", source="openai", model="gemini-2.5-flash", **options):
    """Translate, traced and not, and hold both to the same answer."""
    target = {"openai": "gemini", "gemini": "openai"}[source]
    settled = {"source": source, "target": target, "model": model, "ids": lambda: "f00d", "clock": lambda: 0, **options}
    done = [isogloss.translate(document, f"{phase}", trace=trace, **settled) for trace in (False, False, False, True)]
    assert all(one.body == done[-1].body and one.losses == done[-1].losses for one in done)
    return done[-1]


def lost(done):
    return {(loss.kind, loss.pointer) for loss in done.losses}


def candidate(*parts, **more):
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", **more}


USER = {"role": "user", "content": "x"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_a_word_put_in_hides_nothing_else():
    request = {"messages": [USER], "user": "ada", "cached_content": "c", "thinking": {"type": "disabled"}}
    done = translated(request, model="gemini-2.5-pro")
    assert done.body["cachedContent"] == "c"
    assert {("dropped", "/user"), ("clamped", "/thinking/type")} <= lost(done)


def test_a_candidate_with_calls_does_not_end_its_neighbours_for_them():
    reply = {"candidates": [candidate({"functionCall": {"name": "f"}}), candidate({"text": "x"}, index=1)]}
    done = translated(reply, "chat.response", "gemini")
    assert [choice["finish_reason"] for choice in done.body["choices"]] == ["tool_calls", "stop"]


def test_a_signature_without_its_text_is_lost_and_said_so():
    asked = {"role": "assistant", "tool_calls": [CALL], "extra_content": {"google": {"thought_signature": "c2ln"}}}
    done = translated({"messages": [USER, asked, {"role": "tool", "tool_call_id": "1", "content": "x"}]})
    assert ("dropped", "/messages/1/extra_content/google/thought_signature") in lost(done)


def test_a_system_turn_between_others_is_moved_and_said_so():
    done = translated({"messages": [USER, {"role": "system", "content": "s"}, USER]})
    assert ("approximated", "/messages/1") in lost(done)


def test_every_system_turn_that_leads_the_first_turn_is_named():
    turns = [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, USER]
    done = translated({"messages": turns}, model="gemma-3-27b-it")
    assert {("approximated", "/messages/0"), ("approximated", "/messages/1")} <= lost(done)


def test_a_system_turn_that_says_nothing_leaves_no_instruction():
    done = translated({"messages": [{"role": "system", "content": ""}, USER]})
    assert "systemInstruction" not in done.body


def test_a_name_that_is_too_long_is_a_loss_without_an_exchange_and_comes_back_with_one():
    name = "n" * 70
    request = {"contents": [{"parts": [{"text": "x"}]}], "tools": [{"functionDeclarations": [{"name": name}]}]}
    stateless = translated(request, source="gemini", model="gpt-4o")
    assert ("approximated", "/tools/0/functionDeclarations/0/name") in lost(stateless)
    exchange = isogloss.Translator("gemini", "openai").exchange("chat", request, model="gpt-4o")
    cut = exchange.request.body["tools"][0]["function"]["name"]
    call = {"id": "1", "type": "function", "function": {"name": cut, "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    reply = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    parts = exchange.response(reply).body["candidates"][0]["content"]["parts"]
    assert len(cut) == 64
    assert parts[0]["functionCall"]["name"] == name


def test_a_reply_without_id_gets_one():
    done = translated({"candidates": [candidate({"text": "x"})]}, "chat.response", "gemini")
    assert done.body["id"] == "f00d"


def test_log_probabilities_have_all_their_names():
    chosen = {"chosenCandidates": [{"token": "x", "logProbability": -1}]}
    reply = {"candidates": [candidate({"text": "x"}, logprobsResult=chosen)]}
    done = translated(reply, "chat.response", "gemini")
    token = {"token": "x", "logprob": -1, "bytes": None, "top_logprobs": []}
    assert done.body["choices"][0]["logprobs"] == {"content": [token], "refusal": None}


def test_a_tier_alone_counts_no_tokens():
    reply = {"candidates": [candidate({"text": "x"})], "usageMetadata": {"serviceTier": "flex"}}
    assert "usage" not in translated(reply, "chat.response", "gemini").body


@pytest.mark.parametrize(
    ("values", "kind", "written"),
    [
        ([True, False], "dropped", None),
        (["a", 1, None], "approximated", ["a", "1"]),
        (["a", 1], "approximated", ["a", "1"]),
    ],
)
def test_an_enum_of_other_things_than_text_is_lost_or_written_as_text_and_said_so(values, kind, written):
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"p": {"enum": values}}}}
    done = translated({"messages": [USER], "tools": [{"type": "function", "function": tool}]}, model="gemini-2.0-flash")
    parameters = done.body["tools"][0]["functionDeclarations"][0]["parameters"]
    assert parameters["properties"]["p"].get("enum") == written
    assert (kind, "/tools/0/function/parameters/properties/p/enum") in lost(done)


def test_what_is_carried_is_written_in_the_spelling_of_the_target():
    done = translated({"messages": [USER], "image_config": {"aspect_ratio": "1:1"}})
    assert done.body["generationConfig"]["imageConfig"] == {"aspectRatio": "1:1"}


def test_a_seed_of_64_bits_is_lost_and_said_so():
    done = translated({"messages": [USER], "seed": 2**40})
    assert "seed" not in done.body.get("generationConfig", {})
    assert ("dropped", "/seed") in lost(done)


def test_sources_are_pages_files_and_places():
    chunks = [{"web": {"uri": "w"}}, {"retrievedContext": {"uri": "r"}}, {"maps": {"uri": "m"}}, {"image": {}}]
    supports = [{"segment": {"endIndex": 1}, "groundingChunkIndices": [0, 1, 2, 3]}]
    grounding = {"groundingChunks": chunks, "groundingSupports": supports}
    reply = {"candidates": [candidate({"text": "x"}, groundingMetadata=grounding)]}
    message = translated(reply, "chat.response", "gemini").body["choices"][0]["message"]
    assert [row["url_citation"]["url"] for row in message["annotations"]] == ["w", "r", "m", ""]


def test_no_stop_is_no_list():
    request = {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"stopSequences": []}}
    assert "stop" not in translated(request, source="gemini", model="gpt-4o").body


def test_a_reasoning_model_takes_every_role():
    request = {"contents": [{"role": "user", "parts": [{"text": "x"}]}, {"role": "model", "parts": [{"text": "y"}]}]}
    done = translated(request, source="gemini", model="gpt-5")
    assert [message["role"] for message in done.body["messages"]] == ["user", "assistant"]


def test_a_name_is_not_cut_inside_an_escape():
    """What follows the cut would make another escape of it, and the name would change every time it is read."""
    codec, options = CODECS["identifier"], library.ruleset().values["openai_name"]
    written = codec.write(("00:::::\U00010000\U00010000\U00010000\U0002d000\u0100",), options)
    assert len(written) <= 64
    assert codec.write(codec.read(written, options), options) == written


def test_a_row_of_sources_does_not_say_which_it_had():
    codec, options = CODECS["spread"], {"each": "s", "through": "i", "of": "c", "pool": ["web"]}
    value = {"c": [{"web": 1}, {"web": 2}], "s": [{"i": [1]}]}
    read = codec.read(value, options)
    assert codec.read(codec.write(read, options), options) == read == ([{"web": 2}],)


@pytest.mark.parametrize("order", [["b", "a"], ["a", "b"]])
def test_the_order_of_properties_comes_back_as_the_order_in_which_they_stand(order):
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}, "b": {"type": "INTEGER"}}}
    config = {"responseMimeType": "application/json", "responseSchema": {**schema, "propertyOrdering": order}}
    asked = {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": config}
    there = translated(asked, source="gemini", model="gpt-4o")
    found = there.body["response_format"]["json_schema"]["schema"]
    assert (list(found["properties"]), "propertyOrdering" in found) == (order, False)
    back = translated(there.body, model="gemini-2.0-flash").body["generationConfig"]["responseSchema"]
    assert back["propertyOrdering"] == order


def test_a_type_that_its_address_belies_is_lost_and_said_so():
    linked = {"fileData": {"fileUri": "gs://b/clip.mp4", "mimeType": "image/png"}}
    done = translated({"contents": [{"role": "user", "parts": [linked]}]}, source="gemini", model="o")
    assert done.body["messages"][0]["content"][0]["image_url"] == {"url": "gs://b/clip.mp4"}
    assert ("dropped", "/contents/0/parts/0/fileData/mimeType") in lost(done)


def test_what_was_filtered_is_said_with_its_reason():
    reply = {"predictions": [{"bytesBase64Encoded": "iVBORw0KGgo="}, {"raiFilteredReason": "too fat"}]}
    done = isogloss.translate(reply, "images.generate.response", source="gemini", target="openai", model="gpt-image-1")
    assert [loss.reason for loss in done.losses if loss.pointer] == ["an image was filtered: too fat"]


def test_arguments_with_a_number_that_is_too_large_are_refused_every_time():
    call = {**CALL, "function": {"name": "f", "arguments": '{"a": 1e999}'}}
    request = {"messages": [USER, {"role": "assistant", "tool_calls": [call]}]}
    for _ in range(3):
        with pytest.raises(isogloss.DocumentError, match="too large a number"):
            translated(request)


@pytest.mark.parametrize("text", ['{"a": 1e999}', '{"a": 1, "a": 2}', '{"output": "x"}', ' {"a": 1}', '{"a": 1.5}'])
def test_results_are_read_alike_however_often_they_come(text):
    answered = {"role": "tool", "tool_call_id": "1", "content": text}
    request = {"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}, answered]}
    done = [translated(request).body for _ in range(6)]
    assert all(one == done[0] for one in done)
