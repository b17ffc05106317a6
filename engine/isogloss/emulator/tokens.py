"""Counts of tokens: about four bytes of text each, and what pictures and sounds cost.

https://ai.google.dev/gemini-api/docs/tokens
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isogloss.emulator.models import Model

Part = dict[str, Any]

_BYTES_EACH: Final = 4
_IMAGE: Final = 258
_MEDIA: Final = {"image": ("IMAGE", _IMAGE), "audio": ("AUDIO", 32), "video": ("VIDEO", 263)}
_DOCUMENT: Final = ("DOCUMENT", _IMAGE)
#: Tokens of a picture by resolution, from the third generation on.
_RESOLVED: Final = {
    "MEDIA_RESOLUTION_LOW": 280,
    "MEDIA_RESOLUTION_MEDIUM": 560,
    "MEDIA_RESOLUTION_HIGH": 1120,
    "MEDIA_RESOLUTION_ULTRA_HIGH": 2240,
}
_RESOLVING: Final = 3.0


def text(value: str) -> int:
    """Return the tokens of a text: at least one, if it has any character."""
    return -(-len(value.encode()) // _BYTES_EACH)


def document(value: Any) -> int:
    """Return the tokens of a JSON document."""
    return text(json.dumps(value, ensure_ascii=False))


def part(value: Part, model: Model | None = None) -> tuple[str, int]:
    """Return modality and tokens of one part."""
    if "text" in value:
        return "TEXT", text(value["text"])
    for key in ("inlineData", "fileData"):
        if key in value:
            return _media(value, value[key], model)
    return "TEXT", sum(document(value[key]) for key in value if key not in {"thoughtSignature", "thought"})


def _media(value: Part, media: dict[str, Any], model: Model | None) -> tuple[str, int]:
    kind = media.get("mimeType", "").partition("/")[0]
    if kind == "text":
        data = base64.b64decode(media.get("data", "") + "==", altchars=b"-_" if "-" in media.get("data", "") else None)
        return "TEXT", -(-len(data) // _BYTES_EACH)
    modality, count = _MEDIA.get(kind, _DOCUMENT)
    level = value.get("mediaResolution", {}).get("level")
    if model is not None and model.generation >= _RESOLVING and modality == "IMAGE":
        count = _RESOLVED.get(level or "", _RESOLVED["MEDIA_RESOLUTION_HIGH"])
    return modality, count


def contents(values: Iterable[dict[str, Any]], model: Model | None = None) -> dict[str, int]:
    """Return the tokens of turns by modality."""
    found: dict[str, int] = {}
    for content in values:
        for one in content.get("parts", []):
            modality, count = part(one, model)
            found[modality] = found.get(modality, 0) + count
    return found


def prompt(request: dict[str, Any], model: Model | None = None) -> dict[str, int]:
    """Return the tokens of a request by modality: turns, system instruction and tools."""
    turns = [*request.get("contents", []), *filter(None, [request.get("systemInstruction")])]
    found = contents(turns, model)
    if request.get("tools"):
        found["TEXT"] = found.get("TEXT", 0) + document(request["tools"])
    return found


def details(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return counts as the API lists them."""
    return [{"modality": modality, "tokenCount": count} for modality, count in sorted(counts.items()) if count]
