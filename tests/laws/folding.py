"""Whole replies cut into the pieces of a stream, and pieces folded into whole replies, for both dialects.

Nothing of the engine is used here: what a fold means is written down a second time, as clients do it.
"""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]


# --------------------------------------------------------------------- folding


def fold_gemini(pieces: list[Object]) -> Object:
    """Add up pieces: parts follow each other, neighbouring bare texts are one; of all else the last word counts."""
    whole: Object = {}
    candidates: dict[int, Object] = {}
    for piece in pieces:
        for name, value in piece.items():
            if name != "candidates":
                whole[name] = _over(whole.get(name), value)
        for place, candidate in enumerate(piece.get("candidates", ())):
            _fold_candidate(candidates.setdefault(candidate.get("index", place), {}), candidate)
    if candidates:
        whole["candidates"] = [candidates[index] for index in sorted(candidates)]
    return whole


def spoken(pieces: list[Object]) -> list[Object]:
    """Leave out the empty text of pieces of ours that say nothing else: clients take one without parts for broken."""
    pieces = deepcopy(pieces)
    for piece in pieces:
        for candidate in piece.get("candidates", ()):
            if candidate.get("content", {}).get("parts") == [{"text": ""}]:
                del candidate["content"]["parts"]
    return pieces


def _over(there: Any, value: Any) -> Any:
    return {**there, **value} if isinstance(there, dict) and isinstance(value, dict) else deepcopy(value)


def _fold_candidate(known: Object, candidate: Object) -> None:
    for name, value in candidate.items():
        if name == "content":
            content = known.setdefault("content", {})
            content |= {word: said for word, said in value.items() if word != "parts"}
            for part in value.get("parts", ()):
                _fold_part(content.setdefault("parts", []), part)
        elif name == "logprobsResult":
            _fold_lists(known.setdefault(name, {}), value)
        else:
            known[name] = _over(known.get(name), value)


def _fold_part(parts: list[Object], part: Object) -> None:
    last = parts[-1] if parts else {}
    bare = {"text", "thought"}
    if "text" in part and part.keys() <= bare and last.keys() == part.keys():
        parts[-1] = {**last, "text": last["text"] + part["text"]}
    else:
        parts.append(deepcopy(part))


def _fold_lists(known: Object, value: Object) -> None:
    for name, items in value.items():
        known[name] = [*known.get(name, ()), *items] if isinstance(items, list) else items


def fold_openai(events: list[Object]) -> Object:
    """Add up events: deltas as the official clients do, of all else the last word counts."""
    whole: Object = {}
    choices: dict[int, Object] = {}
    for event in events:
        whole |= {name: value for name, value in event.items() if name != "choices"}
        for choice in event["choices"]:
            known = choices.setdefault(choice["index"], {"message": {}})
            _add(known["message"], choice["delta"])
            for name, value in choice.items():
                if name == "logprobs" and isinstance(value, dict):
                    known[name] = known.get(name) or {}
                    _fold_lists(known[name], value)
                elif name != "delta" and (value is not None or name not in known):
                    known[name] = value
    whole["choices"] = [choices[index] for index in sorted(choices)]
    return whole


def _add(known: Object, delta: Object) -> None:
    for name, value in delta.items():
        there = known.get(name)
        if there is None or name in ("index", "type"):
            known[name] = _listed(value)
        elif isinstance(value, str | int):
            known[name] = there + value
        elif isinstance(value, dict):
            _add(there, value)
        elif isinstance(value, list):
            known[name] = _merged(there, value)


def _listed(value: Any) -> Any:
    if isinstance(value, list):
        return _merged([], value)
    if isinstance(value, dict):
        made: Object = {}
        _add(made, value)
        return made
    return value


def _merged(items: list[Any], more: list[Any]) -> list[Any]:
    """Add items up by their index; what has none is the user's own, and follows."""
    items = list(items)
    for item in more:
        if not isinstance(item, dict) or "index" not in item:
            items.append(item)
            continue
        while len(items) <= item["index"]:
            items.append({})
        _add(items[item["index"]], item)
    return items


def settled(reply: Object) -> Object:
    """Leave out of an OpenAI reply what only a whole reply says, and what only a piece must."""
    reply = deepcopy(reply)
    reply.pop("object", None)
    for choice in reply["choices"]:
        if choice.get("logprobs") is None:
            choice.pop("logprobs", None)
        message = choice["message"]
        for name in [name for name, value in message.items() if value in ("", None, [])]:
            del message[name]
        for call in (*message.get("tool_calls", ()), *message.get("annotations", ())):
            call.pop("index", None)
        _settle_seams(message)
    return reply


def _settle_seams(message: Object) -> None:
    """Order what is said about seams by where they are: a stream tells them as they come."""
    google = message.get("extra_content", {}).get("google", {})
    seams = [{name: value for name, value in seam.items() if name != "index"} for seam in google.get("signatures", ())]
    if seams:
        google["signatures"] = sorted(seams, key=lambda seam: (seam["block"], seam["at"], str(seam)))


def one_voice(pieces: list[Object]) -> bool:
    """Tell whether no reply speaks in two pieces: a stream hands on both, of a whole reply there is one `audio`."""
    for candidate in fold_gemini(pieces).get("candidates", ()):
        parts = candidate.get("content", {}).get("parts", ())
        if sum(part.get("inlineData", {}).get("mimeType", "").startswith("audio/") for part in parts) > 1:
            return False
    return True


# --------------------------------------------------------------------- cutting


@st.composite
def cut_gemini(draw: st.DrawFn, reply: Object) -> list[Object]:
    """Cut a reply into pieces: texts anywhere, candidates side by side, why they ended with the last part or after."""
    frame = {name: reply[name] for name in ("responseId", "modelVersion") if name in reply}
    rest = {name: value for name, value in reply.items() if name not in (*frame, "candidates", "usageMetadata")}
    waiting = [draw(_cut_candidate(candidate)) for candidate in reply.get("candidates", ())]
    pieces: list[Object] = [rest] if rest else []
    while waiting:
        queue = draw(st.sampled_from(waiting))
        pieces.append({"candidates": [queue.pop(0)]})
        waiting = [queue for queue in waiting if queue]
    usage = reply.get("usageMetadata")
    if usage is not None:
        pieces[draw(st.integers(0, len(pieces) - 1))]["usageMetadata"] = usage
        pieces = draw(st.sampled_from([pieces, [*pieces, {"usageMetadata": usage}]]))
    return [deepcopy({**piece, **frame}) for piece in pieces]


@st.composite
def _cut_candidate(draw: st.DrawFn, candidate: Object) -> list[Object]:
    index = {"index": candidate["index"]} if "index" in candidate else {}
    content = candidate.get("content", {})
    parts = [piece for part in content.get("parts", ()) for piece in draw(_cut_part(part))]
    frame = {word: said for word, said in content.items() if word != "parts"}
    pieces = [{**index, "content": {**frame, "parts": [part]}} for part in parts]
    end = {name: value for name, value in candidate.items() if name not in ("content", "index")}
    end.setdefault("finishReason", "STOP")
    if pieces and draw(st.booleans()):
        pieces[-1] |= end
    else:
        pieces.append({**index, **end})
    return pieces


@st.composite
def _cut_part(draw: st.DrawFn, part: Object) -> list[Object]:
    text = part.get("text")
    if not isinstance(text, str) or part.keys() - {"text", "thought", "thoughtSignature"}:
        return [part]
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=2)))
    ends = [*places, len(text)]
    texts = [text[start:end] for start, end in zip([0, *places], ends, strict=True)]
    bare = {name: value for name, value in part.items() if name not in ("text", "thoughtSignature")}
    pieces = [{**bare, "text": fragment} for fragment in texts]
    pieces[-1] = {**part, "text": texts[-1]}
    return pieces


@st.composite
def cut_openai(draw: st.DrawFn, reply: Object) -> list[Object]:
    """Cut a reply into events, as OpenAI does: texts and arguments anywhere, the counts in an event of their own."""
    frame = {name: value for name, value in reply.items() if name not in ("choices", "usage")}
    frame["object"] = "chat.completion.chunk"
    waiting = [draw(_cut_choice(choice)) for choice in reply["choices"]]
    events: list[Object] = []
    while waiting:
        queue = draw(st.sampled_from(waiting))
        events.append({**frame, "choices": [queue.pop(0)]})
        waiting = [queue for queue in waiting if queue]
    if reply.get("usage") is not None:
        events.append({**frame, "choices": [], "usage": reply["usage"]})
    return deepcopy(events)


@st.composite
def _cut_choice(draw: st.DrawFn, choice: Object) -> list[Object]:
    message, index = choice["message"], {"index": choice["index"]}
    deltas: list[Object] = [{"role": "assistant"}]
    for name in ("reasoning_content", "content", "refusal"):
        text = message.get(name)
        deltas += [{name: piece} for piece in draw(_texts(text))] if isinstance(text, str) else []
    for number, call in enumerate(message.get("tool_calls") or ()):
        deltas += [{"tool_calls": [{"index": number, **piece}]} for piece in draw(_cut_call(call))]
    if message.get("function_call") is not None:
        function = message["function_call"]
        head = {**function, "arguments": ""}
        deltas += [{"function_call": piece} for piece in (head, *draw(_fragments(function["arguments"])))]
    rest = {name: value for name, value in message.items() if name not in _CUT and value is not None}
    deltas += [_numbered(rest)] if rest else []
    pieces = [{**index, "delta": delta, "finish_reason": None} for delta in deltas]
    end = {name: value for name, value in choice.items() if name not in ("message", "index")}
    return [*pieces, {**index, "delta": {}, **end}]


_CUT = ("role", "reasoning_content", "content", "refusal", "tool_calls", "function_call")


def _numbered(rest: Object) -> Object:
    return {
        name: [{"index": number, **item} for number, item in enumerate(value)] if isinstance(value, list) else value
        for name, value in rest.items()
    }


@st.composite
def _cut_call(draw: st.DrawFn, call: Object) -> list[Object]:
    function = call["function"]
    head = {**call, "function": {**function, "arguments": ""}}
    return [head, *[{"function": piece} for piece in draw(_fragments(function["arguments"]))]]


@st.composite
def _fragments(draw: st.DrawFn, text: str) -> list[Object]:
    return [{"arguments": piece} for piece in draw(_texts(text))]


@st.composite
def _texts(draw: st.DrawFn, text: str) -> list[str]:
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
