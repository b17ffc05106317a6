"""The other half of the hand-written limit: Gemini requests to OpenAI, OpenAI replies to Gemini.

In the style of ``hand.py``: no validation, no losses, one model family. It is here to be timed: keep its speed.
"""

import json
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]

BUD = [(0, "none"), (512, "minimal"), (1024, "low"), (8192, "medium"), (24576, "high")]
FIN = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
CFG = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxOutputTokens": "max_completion_tokens",
    "candidateCount": "n",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "stopSequences": "stop",
}


def schema(s: Any) -> Any:
    """A schema with its type names in lower case."""
    if isinstance(s, dict):
        return {
            k: (
                v.lower()
                if k == "type" and isinstance(v, str)
                else {n: schema(p) for n, p in v.items()}
                if k == "properties"
                else schema(v)
            )
            for k, v in s.items()
        }
    return [schema(x) for x in s] if isinstance(s, list) else s


def parts_in(
    parts: Iterable[Object], role: str, msgs: list[Object], pend: list[tuple[str, str]], cnt: list[int]
) -> None:
    """Add the messages that a content's parts make."""
    c: list[Object] = []
    th: list[str] = []
    tc: list[Object] = []
    for p in parts:
        if "text" in p:
            if p.get("thought"):
                th.append(p["text"])
            else:
                c.append({"type": "text", "text": p["text"]})
        elif "functionCall" in p:
            f = p["functionCall"]
            i = f.get("id")
            if i is None:
                cnt[0] += 1
                i = f"call_{cnt[0]}"
            pend.append((i, f["name"]))
            t: Object = {
                "id": i,
                "type": "function",
                "function": {"name": f["name"], "arguments": json.dumps(f.get("args") or {}, ensure_ascii=False)},
            }
            if "thoughtSignature" in p:
                t["extra_content"] = {"google": {"thought_signature": p["thoughtSignature"]}}
            tc.append(t)
        elif "functionResponse" in p:
            f = p["functionResponse"]
            i = f.get("id")
            for n, (a, b) in enumerate(pend):
                if (i and a == i) or (not i and b == f["name"]):
                    i = a
                    del pend[n]
                    break
            r = f["response"]
            msgs.append(
                {
                    "role": "tool",
                    "tool_call_id": i,
                    "content": r["output"]
                    if list(r) == ["output"] and isinstance(r["output"], str)
                    else json.dumps(r, ensure_ascii=False),
                }
            )
        elif "inlineData" in p:
            d = p["inlineData"]
            c.append({"type": "image_url", "image_url": {"url": "data:" + d["mimeType"] + ";base64," + d["data"]}})
        elif "fileData" in p:
            c.append({"type": "image_url", "image_url": {"url": p["fileData"]["fileUri"]}})
    if not (c or th or tc):
        return
    m: Object = {"role": role}
    if th:
        m["reasoning_content"] = "".join(th)
    m["content"] = c[0]["text"] if len(c) == 1 and c[0]["type"] == "text" else c or None
    if tc:
        m["tool_calls"] = tc
    msgs.append(m)


def request(g: Object) -> Object:
    """A Gemini request as an OpenAI chat request."""
    msgs: list[Object] = []
    pend: list[tuple[str, str]] = []
    cnt = [0]
    if "systemInstruction" in g:
        parts_in(g["systemInstruction"]["parts"], "system", msgs, pend, cnt)
    for c in g["contents"]:
        parts_in(c.get("parts") or (), "assistant" if c.get("role") == "model" else "user", msgs, pend, cnt)
    out: Object = {"messages": msgs}
    cfg = g.get("generationConfig") or {}
    for k, v in cfg.items():
        if k in CFG:
            out[CFG[k]] = v
    t = cfg.get("thinkingConfig")
    if t and "thinkingBudget" in t:
        out["reasoning_effort"] = next((w for b, w in BUD if b >= t["thinkingBudget"]), "high")
    if "responseSchema" in cfg:
        out["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema(cfg["responseSchema"])}}
    elif cfg.get("responseMimeType") == "application/json":
        out["response_format"] = {"type": "json_object"}
    fs = [f for t in g.get("tools") or () for f in t.get("functionDeclarations") or ()]
    if fs:
        out["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": f["name"],
                    "description": f.get("description", ""),
                    "parameters": schema(f["parameters"]),
                },
            }
            for f in fs
        ]
    tc = (g.get("toolConfig") or {}).get("functionCallingConfig")
    if tc:
        out["tool_choice"] = (
            {"type": "function", "function": {"name": tc["allowedFunctionNames"][0]}}
            if tc.get("allowedFunctionNames")
            else {"AUTO": "auto", "NONE": "none", "ANY": "required"}[tc["mode"]]
        )
    return out


def response(o: Object) -> Object:
    """An OpenAI chat completion as a Gemini reply."""
    cands: list[Object] = []
    for c in o["choices"]:
        m: Object = c["message"]
        parts: list[Object] = []
        if m.get("reasoning_content"):
            parts.append({"text": m["reasoning_content"], "thought": True})
        if m.get("content") is not None:
            parts.append({"text": m["content"]})
        for t in m.get("tool_calls") or ():
            p: Object = {
                "functionCall": {
                    "id": t["id"],
                    "name": t["function"]["name"],
                    "args": json.loads(t["function"]["arguments"] or "{}"),
                }
            }
            e = t.get("extra_content")
            if e:
                p["thoughtSignature"] = e["google"]["thought_signature"]
            parts.append(p)
        cands.append(
            {
                "index": c["index"],
                "content": {"role": "model", "parts": parts},
                "finishReason": FIN.get(c["finish_reason"], "STOP"),
            }
        )
    out: Object = {"candidates": cands, "responseId": o["id"], "modelVersion": o["model"]}
    u = o.get("usage")
    if u:
        r = u.get("completion_tokens_details", {}).get("reasoning_tokens", 0)
        out["usageMetadata"] = {
            "promptTokenCount": u["prompt_tokens"],
            "candidatesTokenCount": u["completion_tokens"] - r,
            "totalTokenCount": u["total_tokens"],
            "thoughtsTokenCount": r,
            "cachedContentTokenCount": u.get("prompt_tokens_details", {}).get("cached_tokens", 0),
        }
    return out


class Stream:
    """A streamed OpenAI reply as Gemini chunks; calls are put together until the end."""

    def __init__(self) -> None:
        """Begin."""
        self.calls: dict[int, Object] = {}
        self.finish: str | None = None
        self.usage: Object = {}
        self.id = self.model = ""

    def feed(self, ch: Object) -> list[Object]:
        """One chunk."""
        self.id, self.model = ch["id"], ch["model"]
        if ch.get("usage"):
            self.usage = ch["usage"]
        out: list[Object] = []
        for c in ch["choices"]:
            d: Object = c["delta"]
            parts: list[Object] = []
            if d.get("reasoning_content"):
                parts.append({"text": d["reasoning_content"], "thought": True})
            if d.get("content"):
                parts.append({"text": d["content"]})
            for t in d.get("tool_calls") or ():
                known = self.calls.setdefault(t["index"], {"id": t.get("id"), "name": "", "arguments": ""})
                known["name"] += t["function"].get("name") or ""
                known["arguments"] += t["function"].get("arguments") or ""
            self.finish = c.get("finish_reason") or self.finish
            if parts:
                out.append(self.chunk([{"index": c["index"], "content": {"role": "model", "parts": parts}}]))
        return out

    def chunk(self, candidates: list[Object]) -> Object:
        """The frame of a chunk."""
        return {"candidates": candidates, "responseId": self.id, "modelVersion": self.model}

    def end(self) -> list[Object]:
        """The calls, why it ended, the counts."""
        last: Object = {"index": 0, "finishReason": FIN.get(self.finish or "", "STOP")}
        if self.calls:
            calls = [{**c, "args": json.loads(c.pop("arguments") or "{}")} for c in self.calls.values()]
            last["content"] = {"role": "model", "parts": [{"functionCall": call} for call in calls]}
        u = self.usage
        counts = {
            "promptTokenCount": u.get("prompt_tokens", 0),
            "candidatesTokenCount": u.get("completion_tokens", 0),
            "totalTokenCount": u.get("total_tokens", 0),
        }
        return [{**self.chunk([last]), "usageMetadata": counts}]


ERROR_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


def error(status: int, doc: Object) -> tuple[int, Object]:
    """An OpenAI error document as a Gemini one, with the status it goes out under."""
    message = doc["error"]["message"]
    return status, {"error": {"code": status, "message": message, "status": ERROR_STATUS.get(status, "INTERNAL")}}
