"""embedContent, batchEmbedContents: unit vectors that lie close together for texts that share words."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from isogloss.emulator import calling, forms, tokens
from isogloss.emulator.errors import Refusal, invalid

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from isogloss.emulator.calling import Call
    from isogloss.emulator.models import Model

_WIDEST: Final = 3072
_TITLED: Final = "RETRIEVAL_DOCUMENT"
_MANY: Final = 0.2  # generation of the first model that takes more than text, and says what it used


async def embed(call: Call, model: Model) -> ASGIApp:
    """Embed one content."""
    call.admit()
    request = forms.read(call.document(), "embedContent")
    await call.conduct("embedContent", model.name, _text(request))
    vector = _embedded(request, model)
    return calling.answered({"embedding": vector, **_usage([request], model)})


async def embed_many(call: Call, model: Model) -> ASGIApp:
    """Embed several contents; each request names the model again."""
    call.admit()
    requests = forms.read(call.document(), "batchEmbedContents")["requests"]
    await call.conduct("batchEmbedContents", model.name, " ".join(map(_text, requests)))
    for index, one in enumerate(requests):
        _same(call, one, model, index)
    return calling.answered({"embeddings": [_embedded(one, model) for one in requests], **_usage(requests, model)})


def _same(call: Call, request: dict[str, Any], model: Model, index: int) -> None:
    where = f"requests[{index}].model"
    if "model" not in request:
        raise invalid("Each request of a batch names the model.", [(where, "A required field is not set.")])
    if not request["model"].startswith("models/") or call.state.catalogue.find(request["model"], call.version) != model:
        raise invalid(f"The model of a batch's requests is the one in the path, models/{model.name}.", [(where, "")])


def _text(request: dict[str, Any]) -> str:
    return " ".join(part["text"] for part in request["content"]["parts"] if "text" in part)


def _embedded(request: dict[str, Any], model: Model) -> dict[str, Any]:
    config = {**request, **request.get("embedContentConfig", {})}
    if "title" in config and config.get("taskType") != _TITLED:
        raise invalid(f"A title is only taken with the task type {_TITLED}.")
    size = config.get("outputDimensionality", _WIDEST)
    if size > _WIDEST:
        raise invalid(f"output_dimensionality is {size}; at most {_WIDEST} are given.")
    return {"values": _vector(_words(request, model), size, config.get("taskType", ""))}


def _words(request: dict[str, Any], model: Model) -> list[str]:
    parts = request["content"]["parts"]
    other = [part for part in parts if "text" not in part]
    if other and model.generation < _MANY:
        raise invalid(f"models/{model.name} embeds text only.")
    words = re.findall(r"\w+", _text(request).lower()) + [json.dumps(part, sort_keys=True) for part in other]
    if not _text(request).strip() and not other:
        raise invalid("The content to embed is empty.")
    if sum(tokens.contents([request["content"]]).values()) > model.input:
        raise Refusal("INVALID_ARGUMENT", f"The content is longer than the {model.input} tokens of {model.name}.")
    return words


def _vector(words: list[str], size: int, task: str) -> list[float]:
    """Add up a vector for each word, a small one for the task, and make the sum as long as 1."""
    total = [0.05 * value for value in _axis(f"task {task}", size)]
    for word in words:
        total = [one + two for one, two in zip(total, _axis(word, size), strict=True)]
    length = math.hypot(*total)
    return [round(value / length, 8) for value in total]


def _axis(word: str, size: int) -> list[float]:
    data = hashlib.shake_128(word.encode()).digest(2 * size)
    return [int.from_bytes(data[place : place + 2]) / 32768 - 1 for place in range(0, 2 * size, 2)]


def _usage(requests: list[dict[str, Any]], model: Model) -> dict[str, Any]:
    """Return what was used, which the first model does not say."""
    if model.generation < _MANY:
        return {}
    counts = tokens.contents([one["content"] for one in requests], model)
    total = sum(counts.values())
    return {"usageMetadata": {"promptTokenCount": total, "promptTokensDetails": tokens.details(counts)}}
