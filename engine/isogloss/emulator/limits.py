"""How much a reply may say, and what it costs: thinking, stop sequences, the most tokens, usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator import tokens, tools

if TYPE_CHECKING:
    from isogloss.emulator.answers import Setting

Part = dict[str, Any]

_LEVELS: Final = {"MINIMAL": 4, "LOW": 24, "MEDIUM": 48, "HIGH": 96}
_DYNAMIC: Final = 48
_IMAGE: Final = 1290  # https://ai.google.dev/gemini-api/docs/image-generation
_SECOND: Final = 32  # tokens of a second of sound
_SEARCH: Final = 17


def thinking(setting: Setting) -> int:
    """Return the tokens of thoughts, of each candidate."""
    model = setting.model
    if model.thinking == "none":
        return 0
    config = setting.config.get("thinkingConfig", {})
    wish = config.get("thinkingLevel", config.get("thinkingBudget", model.usual))
    return min(_thought(wish, str(model.usual)), setting.config.get("maxOutputTokens", model.output))


def _thought(wish: str | int, usual: str) -> int:
    if isinstance(wish, str):
        return _LEVELS.get(wish, _LEVELS.get(usual, _DYNAMIC))
    return _DYNAMIC if wish == -1 else min(_DYNAMIC, wish)


def cut(setting: Setting, parts: list[Part], thought: int) -> tuple[str, list[Part]]:
    """Return the finish reason, and the parts up to a stop sequence or the most tokens, thoughts included."""
    parts = [_stopped(part, setting.config.get("stopSequences", [])) for part in parts]
    left = setting.config.get("maxOutputTokens", setting.model.output) - thought
    if "size" in setting.wishes or sum(_cost(part)[1] for part in parts) <= left:
        return "STOP", parts
    return "MAX_TOKENS", _first(parts, left)


def _stopped(part: Part, words: list[str]) -> Part:
    if "text" not in part:
        return part
    ends = [place for word in words if (place := part["text"].find(word)) >= 0]
    return {**part, "text": part["text"][: min(ends)]} if ends else part


def _first(parts: list[Part], left: int) -> list[Part]:
    """Keep as much text as fits; whatever else does not fit is not said at all."""
    kept: list[Part] = []
    for part in parts:
        if left <= 0:
            break
        cost = _cost(part)[1]
        if cost <= left:
            kept.append(part)
        elif "text" in part:
            kept.append({**part, "text": part["text"].encode()[: left * 4].decode(errors="ignore")})
        left -= cost
    return kept


def _cost(part: Part) -> tuple[str, int]:
    kind = part.get("inlineData", {}).get("mimeType", "")
    if kind.startswith("image/"):
        return "IMAGE", _IMAGE
    if kind.startswith("audio/"):
        return "AUDIO", max(1, len(part["inlineData"]["data"]) * 3 // 4 * _SECOND // 48_000)
    return tokens.part(part)


# --- usage


def spent(parts: list[Part]) -> dict[str, int]:
    """Return the tokens of what is said aloud, by modality."""
    found: dict[str, int] = {}
    for part in parts:
        if not part.get("thought"):
            modality, count = _cost(part)
            found[modality] = found.get(modality, 0) + count
    return found


def usage(
    setting: Setting, candidates: list[dict[str, Any]], thought: int, cached: dict[str, int] | None
) -> dict[str, Any]:
    """Return usageMetadata: the total is the sum of prompt (with what is cached), candidates, tools and thoughts."""
    held = cached or {}
    prompt = tokens.prompt(setting.request, setting.model)
    said = spent([part for one in candidates for part in one["content"].get("parts", [])])
    searched = _SEARCH if tools.builtin(setting.request) and candidates else 0
    counts = {
        "promptTokenCount": sum(prompt.values()),
        "candidatesTokenCount": sum(said.values()),
        "toolUsePromptTokenCount": searched,
        "thoughtsTokenCount": thought * len(candidates),
    }
    total = {"totalTokenCount": sum(counts.values())}
    found = {name: count for name, count in counts.items() if count} | total
    return found | _details(prompt, said, searched, held) | _tier(setting)


def _details(prompt: dict[str, int], said: dict[str, int], searched: int, held: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {"promptTokensDetails": tokens.details(prompt)}
    if held:
        found |= {"cachedContentTokenCount": sum(held.values()), "cacheTokensDetails": tokens.details(held)}
    if set(said) - {"TEXT"}:
        found["candidatesTokensDetails"] = tokens.details(said)
    if searched:
        found["toolUsePromptTokensDetails"] = tokens.details({"TEXT": searched})
    return found


def _tier(setting: Setting) -> dict[str, Any]:
    tier = setting.request.get("serviceTier")
    return {"serviceTier": tier} if tier not in {None, "unspecified"} else {}
