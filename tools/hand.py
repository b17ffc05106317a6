"""What the bench measures against: a straightforward hand-written translator, OpenAI to Gemini and replies back.

Plain dicts in, plain dicts out; no validation, no warnings, no losses, one model family. It is what a careful
programmer writes in an afternoon, and it is here to be timed, not used: keep its speed as it is. The other half,
Gemini requests and OpenAI replies, is ``hand_back.py``.
"""

import json
import time
import uuid
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]

BUDGET = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576}
FINISH = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MALFORMED_FUNCTION_CALL": "stop",
}
CFG = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "n": "candidateCount",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
DROP = {"$schema", "additionalProperties", "strict", "default"}


SIZES = {"1024x1024": ("1:1", "1K"), "1536x1024": ("3:2", "1K"), "1024x1536": ("2:3", "1K")}


def edit(b: Object) -> Object:
    """An image edit."""
    images = b.get("image") or [one["image_url"] for one in b["images"]]
    parts: list[Object] = []
    for url in images if isinstance(images, list) else [images]:
        head, _, data = url.partition(",")
        parts.append({"inlineData": {"mimeType": head[5:].removesuffix(";base64"), "data": data}})
    parts.append({"text": b["prompt"]})
    config: Object = {"responseModalities": ["TEXT", "IMAGE"]}
    if b.get("size") in SIZES:
        aspect, size = SIZES[b["size"]]
        config["imageConfig"] = {"aspectRatio": aspect, "imageSize": size}
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def schema(s: Any) -> Any:
    """A JSON Schema without the keywords that the target does not know."""
    if isinstance(s, dict):
        return {
            k: (schema(v) if k != "properties" else {n: schema(p) for n, p in v.items()})
            for k, v in s.items()
            if k not in DROP
        }
    return [schema(x) for x in s] if isinstance(s, list) else s


def content_parts(c: Any) -> list[Object]:
    """A message's content as parts."""
    if c is None:
        return []
    if isinstance(c, str):
        return [{"text": c}]
    parts: list[Object] = []
    for p in c:
        t = p["type"]
        if t == "text":
            parts.append({"text": p["text"]})
        elif t == "image_url":
            u = p["image_url"]["url"]
            if u.startswith("data:"):
                head, _, data = u.partition(",")
                parts.append({"inlineData": {"mimeType": head[5:].partition(";")[0], "data": data}})
            else:
                parts.append({"fileData": {"fileUri": u}})
        elif t == "input_audio":
            parts.append(
                {"inlineData": {"mimeType": "audio/" + p["input_audio"]["format"], "data": p["input_audio"]["data"]}}
            )
        else:
            raise ValueError(t)
    return parts


def to_gemini(req: Object, model: str) -> Object:
    """An OpenAI chat request as a Gemini one."""
    contents: list[Object] = []
    system: list[Object] = []
    names: dict[str, str] = {}
    cfg: Object = {}
    for m in req["messages"]:
        role = m["role"]
        if role in ("system", "developer"):
            system += content_parts(m["content"])
            continue
        if role == "tool":
            try:
                r = json.loads(m["content"])
            except ValueError:
                r = m["content"]
            parts, role = (
                [
                    {
                        "functionResponse": {
                            "name": names[m["tool_call_id"]],
                            "response": r if isinstance(r, dict) else {"result": r},
                        }
                    }
                ],
                "user",
            )
        elif role == "assistant":
            parts, role = content_parts(m.get("content")), "model"
            for tc in m.get("tool_calls") or ():
                f = tc["function"]
                names[tc["id"]] = f["name"]
                parts.append({"functionCall": {"name": f["name"], "args": json.loads(f["arguments"] or "{}")}})
        else:
            parts = content_parts(m["content"])
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
    out: Object = {"contents": contents}
    if system:
        out["systemInstruction"] = {"parts": system}
    for k, g in CFG.items():
        v = req.get(k)
        if v is not None:
            cfg[g] = v
    stop = req.get("stop")
    if stop:
        cfg["stopSequences"] = [stop] if isinstance(stop, str) else stop
    eff = req.get("reasoning_effort")
    if eff:
        cfg["thinkingConfig"] = {"thinkingBudget": BUDGET[eff], "includeThoughts": eff != "none"}
    rf = req.get("response_format")
    if rf:
        if rf["type"] != "text":
            cfg["responseMimeType"] = "application/json"
        if rf["type"] == "json_schema":
            cfg["responseSchema"] = schema(rf["json_schema"]["schema"])
    if req.get("tools"):
        out["tools"] = [
            {
                "functionDeclarations": [
                    {"name": f["name"], "description": f.get("description", ""), "parameters": schema(f["parameters"])}
                    for f in (t["function"] for t in req["tools"])
                ]
            }
        ]
    tc = req.get("tool_choice")
    if isinstance(tc, str):
        out["toolConfig"] = {"functionCallingConfig": {"mode": {"auto": "AUTO", "none": "NONE", "required": "ANY"}[tc]}}
    elif tc:
        out["toolConfig"] = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [tc["function"]["name"]]}}
    if cfg:
        out["generationConfig"] = cfg
    return out


def usage(u: Object) -> Object:
    """The token counts of a reply."""
    th = u.get("thoughtsTokenCount", 0)
    return {
        "prompt_tokens": u.get("promptTokenCount", 0),
        "completion_tokens": u.get("candidatesTokenCount", 0) + th,
        "total_tokens": u.get("totalTokenCount", 0),
        "prompt_tokens_details": {"cached_tokens": u.get("cachedContentTokenCount", 0)},
        "completion_tokens_details": {"reasoning_tokens": th},
    }


def parts_out(parts: Iterable[Object], index0: int | None = None) -> Object:
    """A candidate's parts as the fields of a message."""
    text: list[str] = []
    think: list[str] = []
    calls: list[Object] = []
    for p in parts:
        if "text" in p:
            (think if p.get("thought") else text).append(p["text"])
        elif "functionCall" in p:
            fc = p["functionCall"]
            c: Object = {
                "id": fc.get("id") or "call_" + uuid.uuid4().hex[:24],
                "type": "function",
                "function": {"name": fc["name"], "arguments": json.dumps(fc.get("args", {}))},
            }
            if index0 is not None:
                c["index"] = index0 + len(calls)
            if "thoughtSignature" in p:
                c["extra_content"] = {"google": {"thought_signature": p["thoughtSignature"]}}
            calls.append(c)
    m: Object = {}
    if text:
        m["content"] = "".join(text)
    if think:
        m["reasoning_content"] = "".join(think)
    if calls:
        m["tool_calls"] = calls
    return m


def to_openai(resp: Object, model: str) -> Object:
    """A Gemini reply as an OpenAI chat completion."""
    choices: list[Object] = []
    for i, c in enumerate(resp.get("candidates") or ()):
        m: Object = {"role": "assistant", "content": None}
        m.update(parts_out(c.get("content", {}).get("parts") or ()))
        choices.append(
            {
                "index": c.get("index", i),
                "message": m,
                "logprobs": None,
                "finish_reason": "tool_calls" if "tool_calls" in m else FINISH.get(c.get("finishReason"), "stop"),
            }
        )
    out: Object = {
        "id": "chatcmpl-" + resp.get("responseId", ""),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": resp.get("modelVersion", model),
        "choices": choices,
    }
    if "usageMetadata" in resp:
        out["usage"] = usage(resp["usageMetadata"])
    return out


class Stream:
    """A streamed Gemini reply as OpenAI chunks."""

    def __init__(self, model: str) -> None:
        """Begin."""
        self.model, self.created, self.ncalls, self.first = model, int(time.time()), 0, True
        self.usage: Object = {}
        self.id = ""

    def feed(self, ch: Object) -> list[Object]:
        """One chunk."""
        out: list[Object] = []
        self.id = ch.get("responseId") or self.id
        if "usageMetadata" in ch:
            self.usage = ch["usageMetadata"]
        for c in ch.get("candidates") or ():
            d = parts_out(c.get("content", {}).get("parts") or (), self.ncalls)
            self.ncalls += len(d.get("tool_calls", ()))
            if self.first:
                d["role"], self.first = "assistant", False
            fin = c.get("finishReason")
            done = ("tool_calls" if self.ncalls else FINISH.get(fin, "stop")) if fin else None
            choice = {"index": c.get("index", 0), "delta": d, "logprobs": None, "finish_reason": done}
            out.append(self.chunk(ch.get("modelVersion", self.model), [choice]))
        return out

    def chunk(self, model: str, choices: list[Object]) -> Object:
        """The frame of a chunk."""
        kind = "chat.completion.chunk"
        return {"id": self.id, "object": kind, "created": self.created, "model": model, "choices": choices}

    def end(self) -> list[Object]:
        """The counts."""
        return [{**self.chunk(self.model, []), "usage": usage(self.usage)}]


ERROR_TYPE = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def error_to_openai(status: int, doc: Object) -> tuple[int, Object]:
    """A Gemini error document as an OpenAI one, with the status it goes out under."""
    e = doc["error"]
    for d in e.get("details") or ():
        if d.get("reason") == "API_KEY_INVALID":
            status = 401
    kind = ERROR_TYPE.get(status, "server_error")
    return status, {"error": {"message": e["message"], "type": kind, "param": None, "code": e.get("status")}}
