"""What a peer was seen to do, and how its documents are laid beside ours.

The peer is litellm 1.106.2, run offline against a mock transport. Each line of `observed_requests.jsonl` is an OpenAI
request and the Gemini body it became (or the error it met); each line of `observed_responses.jsonl` a Gemini reply and
the OpenAI object it became, or the pieces of a streamed one and the events they became, which are compared as their
sum; each line of `observed_videos.jsonl` one or the other, of videos, and of `observed_texts.jsonl` of embeddings and
text completions. Facts only: nothing of the peer's code or prose is here.
"""

import json
from pathlib import Path
from typing import Any

import yaml
from isogloss import DocumentError, Translator
from isogloss.pointer import pointer
from isogloss.values import same
from laws.folding import fold_openai

HERE = Path(__file__).parent
CLOCK = 1795354944

#: What clocks and dice make.
_MADE = ("created", "expires_at")
#: What one side always writes where it has nothing to say.
_IDLE = {
    "images": [],
    "thinking_blocks": [],
    "vertex_ai_grounding_metadata": [],
    "vertex_ai_url_context_metadata": [],
    "vertex_ai_safety_results": [],
    "vertex_ai_safety_ratings": [],
    "vertex_ai_citation_metadata": [],
    "prompt_tokens_details": {},
    "completion_tokens_details": {},
    "logprobs": None,
    "finish_reason": None,
    "refusal": None,
}
#: JSON Schema says them in small letters, Google's Schema object in capitals; its parser reads both.
_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")


def cases(name: str) -> list[dict[str, Any]]:
    """Read the observed pairs of one sort."""
    return [json.loads(line) for line in (HERE / f"observed_{name}.jsonl").read_text().splitlines()]


def differences(name: str) -> list[dict[str, Any]]:
    """Read the named differences of one sort."""
    return yaml.safe_load((HERE / "differences.yaml").read_text())[name] or []


# --------------------------------------------------------------------- ours


def translated(request: dict[str, Any], profile: str | None = None) -> dict[str, Any]:
    """Translate a request as a gateway does."""
    gloss = Translator("openai", "gemini", profile=profile, clock=lambda: CLOCK, ids=lambda: "new")
    return gloss.exchange("chat", request).request.body


def our_request(case: dict[str, Any], profile: str | None = None) -> dict[str, Any]:
    """Translate an observed request; a refusal says where, why, and with which status."""
    try:
        return normal_gemini(translated({"model": case["model"], **case["request"]}, profile))
    except DocumentError as error:
        return refused(error)


def refused(error: DocumentError) -> dict[str, Any]:
    """Show a refusal."""
    return {"refused": {"pointer": error.pointer, "reason": error.reason, "status": error.status}}


def our_response(case: dict[str, Any]) -> dict[str, Any]:
    """Translate an observed reply, or an observed error reply."""
    gloss = Translator("openai", "gemini", clock=lambda: CLOCK, ids=lambda: "new")
    asked = {"messages": [{"role": "user", "content": "hi"}], "model": case["model"], **case.get("params", {})}
    if "groundingMetadata" in json.dumps(case.get("stream", [])):
        # Nobody answers with sources who was not asked to search; what was recorded was made up so.
        asked["web_search_options"] = {}
    exchange = gloss.exchange("chat", asked)
    if "stream" in case:
        stream = exchange.stream()
        return summed([event for piece in case["stream"] for event in stream.feed(piece)] + stream.close())
    if "status" in case:
        reply = exchange.error(case["status"], case["gemini"])
        return {"status": reply.status}
    try:
        body = exchange.response(case["gemini"], headers=case.get("headers")).body
    except DocumentError as error:
        return refused(error)
    found = normal_openai(body)
    return {name: at(found, name) for name in case["shows"]} if "shows" in case else found


def peer_request(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the peer made of a request."""
    return {"refused": case["error"]} if "error" in case else normal_gemini(case["gemini"])


def peer_response(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the peer made of a reply."""
    if "stream" in case:
        return summed([*case["openai"], *([{"error": case["error"]}] if "error" in case else [])])
    if "status" in case:
        return {"status": case["error"]["status"]}
    if "error" in case:
        return {"refused": case["error"]}
    if "shows" in case:
        return {name: at(case["openai"], name) for name in case["shows"]}
    return normal_openai(case["openai"])


def summed(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up the events of a stream; an error says only that the stream ended with one."""
    told = [numbered(event) for event in events if "error" not in event]
    found = normal_openai(fold_openai(told)) if told else {}
    return {**found, "failed": True} if len(told) < len(events) else found


def numbered(event: dict[str, Any]) -> dict[str, Any]:
    """Number what the peer does not: its citations."""
    event = json.loads(json.dumps(event))
    for choice in event["choices"]:
        for number, item in enumerate(choice["delta"].get("annotations") or ()):
            item.setdefault("index", number)
    return event


# --------------------------------------------------------------------- normal forms


def normal_gemini(value: Any) -> Any:
    """Spell names and words in one way: Google's parser reads snake_case too, and enums in any case."""
    if isinstance(value, list):
        return [normal_gemini(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {camel(name): normal_gemini(member) for name, member in value.items()}
    if isinstance(found.get("thinkingLevel"), str):
        found["thinkingLevel"] = found["thinkingLevel"].upper()
    if found.get("type") in _TYPES:
        found["type"] = found["type"].lower()
    if "name" in found and "parametersJsonSchema" in found:
        # Two fields for one thing; test_parameters_go_where_the_family_takes_them looks at which.
        found["parameters"] = found.pop("parametersJsonSchema")
    return found


def camel(name: str) -> str:
    """Spell a name in lowerCamelCase."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest) if head else name


def normal_openai(value: Any, name: str = "") -> Any:
    """Leave out what is made by clock or dice, and what says nothing that is not said beside it."""
    if isinstance(value, list):
        return [normal_openai(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: normal_openai(member, key) for key, member in value.items() if key not in _MADE}
    found = {key: minted(key, member) for key, member in found.items() if _IDLE.get(key, ...) != member}
    if name == "tool_calls":
        found.pop("index", None)
    if name == "image_url" and found.get("detail") == "auto":
        del found["detail"]
    return found if name != "choices" else _native(found)


def _native(choice: dict[str, Any]) -> dict[str, Any]:
    """We write Google's own finish reason in two places, the peer in one."""
    native = choice.get("provider_specific_fields", {}).get("native_finish_reason")
    if choice.get("extra_content") == {"google": {"finish_reason": native}}:
        del choice["extra_content"]
    return choice


def minted(name: str, value: Any) -> Any:
    """Hide an id that either side has made."""
    made = isinstance(value, str) and value.startswith(("call_", "chatcmpl-"))
    return "made" if name == "id" and made else value


def at(value: Any, name: str) -> Any:
    """Return what stands at a pointer, null where nothing does."""
    for step in name.strip("/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value.get(step) if isinstance(value, dict) else None
    return value


# --------------------------------------------------------------------- comparing


def differing(ours: Any, peers: Any, path: tuple[Any, ...] = ()) -> dict[str, dict[str, Any]]:
    """List every place where two documents differ, with what each says; a side that says nothing is left out."""
    if not path and ("refused" in ours) is not ("refused" in peers):
        return {"": {"ours": ours, "peer": peers}}
    if not path and "refused" in ours:
        ours, peers = ({"status": side["refused"]["status"]} for side in (ours, peers))
    if isinstance(ours, dict) and isinstance(peers, dict):
        return _members(ours, peers, path)
    if isinstance(ours, list) and isinstance(peers, list) and len(ours) == len(peers):
        found: dict[str, dict[str, Any]] = {}
        for index, (left, right) in enumerate(zip(ours, peers, strict=True)):
            found |= differing(left, right, (*path, index))
        return found
    return {} if same(ours, peers) else {pointer(path): {"ours": ours, "peer": peers}}


def _members(ours: dict[str, Any], peers: dict[str, Any], path: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in [*ours, *(name for name in peers if name not in ours)]:
        here = (*path, name)
        if name not in peers:
            found[pointer(here)] = {"ours": ours[name]}
        elif name not in ours:
            found[pointer(here)] = {"peer": peers[name]}
        else:
            found |= differing(ours[name], peers[name], here)
    return found


# --------------------------------------------------------------------- videos

_VEO = "veo-3.1-generate-preview"
_VIDEOS = "https://generativelanguage.googleapis.com"


def our_video(case: dict[str, Any]) -> dict[str, Any]:
    """Ask for a video, look at its job, or read an operation, as the peer was seen to do."""
    gloss = Translator("openai", "gemini", profile="retired", clock=lambda: CLOCK)
    asked = gloss.exchange("videos.create", {"model": _VEO, "prompt": "cat", **case.get("params", {})})
    if "body" in case:
        return {"body": asked.request.body, "url": _VIDEOS + asked.calls[0].path}
    operation = {"name": f"models/{_VEO}/operations/abc"}
    job = asked.response(operation).body
    if "url" in case:
        return {"url": _VIDEOS + gloss.exchange("videos.get", {"id": job["id"]}).calls[0].path}
    if "gemini" not in case:
        return _job(job)
    return _job(gloss.exchange("videos.get", {"id": job["id"]}).response(case["gemini"]).body)


def peer_video(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the peer made of it."""
    if "body" in case:
        return {"body": case["body"], "url": case["url"]}
    if "url" in case:
        return {"url": case["url"][0]}
    return {"refused": {"status": case["error"]["status"]}} if case["obj"] is None else _job(case["obj"])


def _job(job: dict[str, Any]) -> dict[str, Any]:
    """Leave out the id, which both pack in ways of their own, and what the operation does not say."""
    return {name: job[name] for name in ("object", "model", "status", "usage", "error") if job.get(name) is not None}


# --------------------------------------------------------------------- embeddings and legacy completions

#: What the peer was answered with: a vector for each content, and a short text.
_VECTOR = {"values": [0.1, 0.2]}
_TEXT = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
    "modelVersion": "gemini-x-001",
    "responseId": "resp123",
}


def our_text(case: dict[str, Any]) -> dict[str, Any]:
    """Ask for embeddings or a text completion, and read the answer."""
    gloss = Translator("openai", "gemini", clock=lambda: CLOCK)
    try:
        asked = gloss.exchange(case["operation"], case["request"])
    except DocumentError as error:
        return refused(error)
    body = asked.request.body
    reply = _TEXT if case["operation"] == "completions" else {"embeddings": [_VECTOR for _ in body["requests"]]}
    return {"body": normal_gemini(body), "response": _said(asked.response(reply).body)}


def peer_text(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the peer made of it."""
    if "error" in case:
        return {"refused": case["error"]}
    return {"body": normal_gemini(case["body"]), "response": _said(case["response"])}


def _said(value: Any) -> Any:
    """Leave out what says nothing, and what clocks make."""
    if isinstance(value, list):
        return [_said(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _said(member) for name, member in value.items() if name not in _MADE and member not in (None, {}, [])}
