"""The reply to a request, as a whole: candidates, usage, feedback."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isogloss import source
from isogloss.emulator import calls, grounding, limits, media, tokens, tools, turns
from isogloss.emulator.dice import Dice
from isogloss.emulator.samples import Sampler, phrases

if TYPE_CHECKING:
    from isogloss.emulator.models import Model

Request = dict[str, Any]
Part = dict[str, Any]

_FILE: Final = Path(__file__).with_name("replies.yaml")
_QUOTED: Final = 120  # characters of the prompt that a reply repeats
_CODE: Final = re.compile(r"\b(?:code|calculate|compute|python|run|sum)\b", re.IGNORECASE)


@cache
def sentences() -> dict[str, Any]:
    """Return replies.yaml."""
    return source.read(_FILE, _FILE.name)


@dataclass(frozen=True)
class Setting:
    """What a reply depends on: the request (already read and checked), the model, and a script's wishes."""

    request: Request
    model: Model
    wishes: dict[str, Any]
    dice: Dice

    @property
    def config(self) -> dict[str, Any]:
        """The generationConfig, which may be absent."""
        return self.request.get("generationConfig", {})

    @property
    def modalities(self) -> tuple[str, ...]:
        """What the reply consists of."""
        return tuple(self.config.get("responseModalities") or self.model.modalities)


@dataclass(frozen=True)
class Reply:
    """A reply before it travels: candidates with their signatures, usage without the prompt's part, identity."""

    candidates: list[dict[str, Any]]
    usage: dict[str, Any]
    feedback: dict[str, Any] | None
    identity: dict[str, str]

    def document(self) -> dict[str, Any]:
        """Return the reply to generateContent."""
        head = {"promptFeedback": self.feedback} if self.feedback else {"candidates": self.candidates}
        return {**head, "usageMetadata": self.usage, **self.identity}


def reply(request: Request, model: Model, wishes: dict[str, Any], cached: dict[str, int] | None = None) -> Reply:
    """Answer a request; `cached` counts the tokens of a named cache by modality."""
    setting = Setting(request, model, wishes, Dice(request, model.name, wishes))
    identity = {"modelVersion": model.name, "responseId": setting.dice.word("response", 22)}
    if "block" in wishes:
        feedback = {"blockReason": wishes["block"]}
        return Reply([], limits.usage(setting, [], 0, cached), feedback, identity)
    thought = limits.thinking(setting)
    count = setting.config.get("candidateCount", 1)
    candidates = [_candidate(setting, index, thought) for index in range(count)]
    return Reply(candidates, limits.usage(setting, candidates, thought, cached), None, identity)


def _candidate(setting: Setting, index: int, thought: int) -> dict[str, Any]:
    dice = Dice(setting.dice.seed, index)
    body = _body(setting, dice)
    finish, body = limits.cut(setting, body, thought)
    parts = [*_thoughts(setting, dice, thought), *body]
    finish = setting.wishes.get("finish", finish)
    content = {"parts": _signed(parts, setting, dice), "role": "model"} if parts else {"role": "model"}
    said = {"finishMessage": setting.wishes["finish_message"]} if "finish_message" in setting.wishes else {}
    return {"content": content, "finishReason": finish, **said, "index": index, **_about(setting, dice, parts)}


# --- parts


def _body(setting: Setting, dice: Dice) -> list[Part]:
    wishes = setting.wishes
    if "parts" in wishes:
        return [dict(part) for part in wishes["parts"]]
    called = calls.planned(setting.request, dice, wishes.get("calls"))
    before = [{"text": wishes["text"]}] if "text" in wishes else []
    if called:
        return [*before, *(_call(call, setting, dice, index) for index, call in enumerate(called))]
    return before or _spoken(setting, dice)


def _call(call: dict[str, Any], setting: Setting, dice: Dice, index: int) -> Part:
    identity = {"id": dice.word(f"call {index}", 8)} if setting.model.call_ids else {}
    return {"functionCall": {**identity, **call}}


def _spoken(setting: Setting, dice: Dice) -> list[Part]:
    text = calls.spoken(setting.request)
    if "AUDIO" in setting.modalities:
        return [media.speech(dice, len(text.split()), setting.model.speech)]
    if "IMAGE" in setting.modalities:
        return _pictured(setting, dice)
    if "size" in setting.wishes:
        return [{"text": ("Ångström " * (setting.wishes["size"] // 9 + 1))[: setting.wishes["size"]]}]
    if _runs_code(setting, text):
        return _program()
    return [{"text": _text(setting, dice)}]


def _pictured(setting: Setting, dice: Dice) -> list[Part]:
    said = [{"text": _written(setting, dice, "image")}] if "TEXT" in setting.modalities else []
    return [*said, _drawn(setting, dice)]


def _drawn(setting: Setting, dice: Dice) -> Part:
    return media.picture(dice, setting.config.get("imageConfig", {}).get("aspectRatio", "1:1"))


def _runs_code(setting: Setting, text: str) -> bool:
    return "codeExecution" in tools.builtin(setting.request) and bool(setting.wishes.get("code") or _CODE.search(text))


def _program() -> list[Part]:
    code = sentences()["code"]
    return [
        {"executableCode": {"language": "PYTHON", "code": code["source"]}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": code["output"]}},
        {"text": code["text"]},
    ]


def _text(setting: Setting, dice: Dice) -> str:
    schema = _schema(setting.config)
    if schema is not None:
        return _structured(setting, dice, schema)
    if _results(setting.request):
        return _written(setting, dice, "results")
    if "googleSearch" in tools.builtin(setting.request):
        return " ".join(_grounded(setting))
    return _written(setting, dice, "plain")


def _schema(config: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema that the text must fit: any object, where only JSON is asked for."""
    said: Any = config.get("responseFormat", {})
    forms: list[Any] = said if isinstance(said, list) else [said]
    text = next((form["text"] for form in forms if "text" in form), {})
    given = config.get("responseSchema") or config.get("responseJsonSchema") or text.get("schema")
    mime = config.get("responseMimeType", text.get("mimeType", "")).lower()
    anything = {"type": "object", "properties": {"answer": {"type": "string"}}}
    return given or (anything if "json" in mime else None)


def _structured(setting: Setting, dice: Dice, schema: dict[str, Any]) -> str:
    value = Sampler(schema, dice, phrases(calls.spoken(setting.request))).draw()
    if setting.config.get("responseMimeType") == "text/x.enum":
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _written(setting: Setting, dice: Dice, kind: str) -> str:
    request = setting.request
    turn = sum(1 for content in request["contents"] if turns.role(content) == "user" and not turns.results(content))
    text = calls.spoken(request)
    template: str = dice.pick(kind, sentences()[kind])
    fields = {"{text}": text[:_QUOTED], "{turn}": str(turn), "{media}": _seen(request), "{results}": _results(request)}
    return re.sub(r"\{\w+\}", lambda found: fields.get(found[0], found[0]), template)


def _seen(request: Request) -> str:
    """Say which pictures, sounds and files came with the current turn."""
    content = request["contents"][turns.current(request["contents"])]
    kinds = [
        part[key].get("mimeType", "a file")
        for part in content["parts"]
        for key in ("inlineData", "fileData")
        if key in part
    ]
    return f" with {', '.join(kinds)}" if kinds else ""


def _results(request: Request) -> str:
    """Say what functions gave in the current turn."""
    contents = request["contents"]
    found = [
        part["functionResponse"] for content in contents[turns.current(contents) :] for part in turns.results(content)
    ]
    return "; ".join(f"{one['name']} gave {_told(one['response'])}" for one in found)


def _told(response: dict[str, Any]) -> str:
    values = [response[key] for key in ("output", "result", "error") if key in response]
    value = values[0] if values and len(response) == 1 else response
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- thoughts and signatures


def _thoughts(setting: Setting, dice: Dice, count: int) -> list[Part]:
    if not count or not setting.config.get("thinkingConfig", {}).get("includeThoughts"):
        return []
    text = setting.wishes.get("thought") or _written(setting, dice, "thought")
    drafts = [{**_drawn(setting, Dice(dice.seed, "draft")), "thought": True}] if "IMAGE" in setting.modalities else []
    return [{"text": text, "thought": True}, *drafts]


def _signed(parts: list[Part], setting: Setting, dice: Dice) -> list[Part]:
    """Put signatures where the family puts them.

    Third generation: the first call, or else the last part; images and the first part of image models. Before: the
    first part of any kind, where functions are declared.
    """
    places = _places(parts, setting)
    return [
        {**part, "thoughtSignature": turns.sign(part, f"{dice.seed}/{index}")}
        if index in places and "thoughtSignature" not in part
        else part
        for index, part in enumerate(parts)
    ]


def _places(parts: list[Part], setting: Setting) -> set[int]:
    model = setting.model
    spoken = [index for index, part in enumerate(parts) if not part.get("thought")]
    if not spoken or "parts" in setting.wishes:
        return set()
    if model.image_signatures:
        return {spoken[0], *(index for index in spoken if "inlineData" in parts[index])}
    called = [index for index in spoken if "functionCall" in parts[index]]
    if model.signatures == "demanded":
        return {called[0] if called else spoken[-1]}
    offered = model.signatures == "offered" and tools.declared(setting.request) and limits.thinking(setting)
    return {spoken[0]} if offered else set()


# --- what is said about a candidate


def _about(setting: Setting, dice: Dice, parts: list[Part]) -> dict[str, Any]:
    text = "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))
    found: dict[str, Any] = {}
    used = tools.builtin(setting.request)
    prompt = calls.spoken(setting.request)
    if "googleSearch" in used and text:
        found["groundingMetadata"] = grounding.metadata(
            text, _grounded(setting), sentences()["sources"], prompt[:_QUOTED]
        )
    if "urlContext" in used:
        found["urlContextMetadata"] = grounding.pages(prompt)
    if setting.config.get("responseLogprobs"):
        found |= _logprobs(text, setting.config.get("logprobs", 0), dice)
    return found


def _grounded(setting: Setting) -> list[str]:
    text = calls.spoken(setting.request)[:_QUOTED]
    return [sentence.replace("{text}", text) for sentence in sentences()["grounded"]]


def _logprobs(text: str, most: int, dice: Dice) -> dict[str, Any]:
    words = re.findall(r"\s*\S+", text)
    chosen = [_likely(word, dice.number(f"log {index}", 1, 999)) for index, word in enumerate(words)]
    top = [{"candidates": [one, *(_likely(f" or{rank}", 1000 * rank) for rank in range(1, most))]} for one in chosen]
    total = sum(one["logProbability"] for one in chosen)
    result = {"chosenCandidates": chosen, **({"topCandidates": top} if most else {})}
    return {"avgLogprobs": total / max(1, len(chosen)), "logprobsResult": result}


def _likely(word: str, thousandths: int) -> dict[str, Any]:
    return {"token": word, "tokenId": tokens.document(word) * 1000 + thousandths, "logProbability": -thousandths / 1000}
