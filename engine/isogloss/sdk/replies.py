"""Replies as Python users read them: `reply["choices"]`, `reply.choices[0].message.content`, `reply.get(…)`.

A reply is a dict of plain JSON values all the way down, so that it can be written, compared and sent back; on top of
that its names are attributes. A field of the API that is absent reads as None; any other absent name is an
AttributeError, so that `hasattr` tells the truth.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.loss import Loss, Step

_FUNCTION: Final = ("arguments", "name")
#: The API's own fields, by the name under which an object stands; `_` is the reply itself, `_chunk` a stream's piece.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "_": ("id", "choices", "created", "model", "object", "service_tier", "system_fingerprint", "usage"),
    "choices": ("finish_reason", "index", "logprobs", "message"),
    "message": (
        *("content", "refusal", "role", "annotations", "audio", "function_call", "tool_calls"),
        *("reasoning_content", "images", "provider_specific_fields"),
    ),
    "delta": (
        *("content", "function_call", "refusal", "role", "tool_calls"),
        *("audio", "reasoning_content", "images", "provider_specific_fields"),
    ),
    "tool_calls": ("id", "function", "type"),
    "function": _FUNCTION,
    "function_call": _FUNCTION,
    "audio": ("id", "data", "expires_at", "transcript"),
    "logprobs": ("content", "refusal"),
    "usage": (
        *("completion_tokens", "prompt_tokens", "total_tokens", "completion_tokens_details", "prompt_tokens_details"),
        *("cache_creation_input_tokens", "cache_read_input_tokens"),
    ),
    "completion_tokens_details": (
        "accepted_prediction_tokens",
        "audio_tokens",
        "reasoning_tokens",
        "rejected_prediction_tokens",
    ),
    "prompt_tokens_details": ("audio_tokens", "cached_tokens"),
}
#: Fields of ours that are read as if they were the API's, and still count as extra.
_EXTRA: Final = frozenset({"reasoning_content", "images", "provider_specific_fields"})
_TITLES: Final = {"_": "ModelResponse", "choices": "Choices", "message": "Message", "delta": "Delta", "usage": "Usage"}
#: A chunk's choices have a delta instead of a message.
_PIECE: Final = "chat.completion.chunk"


class Reply(dict[str, Any]):
    """An object of a reply."""

    #: What was lost or added on the way, and what became of every value (with `explain=True`); on whole replies only.
    losses: tuple[Loss, ...]
    ledger: tuple[Step, ...] | None

    def __init__(self, body: Mapping[str, Any], kind: str = "_", *, piece: bool = False) -> None:
        piece = piece or body.get("object") == _PIECE
        super().__init__({name: _lifted(value, name, piece=piece) for name, value in body.items()})
        fields = _FIELDS.get(kind, ())
        if piece and kind == "choices":
            fields = (*(name for name in fields if name != "message"), "delta")
        self.__dict__["_kind"] = kind
        self.__dict__["_fields"] = fields

    def __missing__(self, name: str) -> None:
        if name in self._fields:
            return
        raise KeyError(name)

    def __getattr__(self, name: str) -> Any:
        if name in self or name in self.__dict__.get("_fields", ()):
            return self[name]
        raise AttributeError(f"this {_TITLES.get(self.__dict__.get('_kind', ''), 'object')} has no {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        if self._kind not in _TITLES:
            return super().__repr__()
        inside = ", ".join(f"{name}={self[name]!r}" for name in dict.fromkeys((*self._fields, *self)))
        return f"{_TITLES[self._kind]}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.to_dict(), self._kind)

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields that are not the API's own."""
        known = {name for name in self._fields if name not in _EXTRA}
        return {name: value for name, value in self.items() if name not in known}

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values, as it came."""
        return {name: _plain(value) for name, value in self.items()}

    def model_dump(self, *, exclude_none: bool = False, exclude_unset: bool = False) -> dict[str, Any]:
        """Return it as plain JSON values, with the API's absent fields as None unless one of the two is true."""
        return _full(self, exclude_none=exclude_none, exclude_unset=exclude_unset)

    def json(self) -> dict[str, Any]:
        """Return what `model_dump` does: plain JSON values."""
        return self.model_dump()

    def to_json(self, indent: int | None = 2) -> str:
        """Return it as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def model_dump_json(self, indent: int | None = None, **excluded: bool) -> str:
        """Return what `model_dump` does, as JSON text."""
        return json.dumps(self.model_dump(**excluded), indent=indent, ensure_ascii=False)


def reply(body: Mapping[str, Any], losses: tuple[Loss, ...] = (), ledger: tuple[Step, ...] | None = None) -> Reply:
    """Make a reply of a document in OpenAI's words, with its account."""
    made = Reply(_counted(body))
    made.__dict__["losses"] = losses
    made.__dict__["ledger"] = ledger
    return made


def _counted(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Count the tokens of the prompt that came from a cache by the names that LiteLLM's page prints too.

    https://docs.litellm.ai/docs/completion/prompt_caching
    """
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return body
    details = usage.get("prompt_tokens_details") or {}
    counts = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": details.get("cached_tokens") or 0}
    return {**body, "usage": {**counts, **usage}}


def _lifted(value: Any, kind: str, *, piece: bool) -> Any:
    if isinstance(value, dict):
        return Reply(value, kind, piece=piece)
    if isinstance(value, list):
        return [_lifted(item, kind, piece=piece) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Reply):
        return value.to_dict()
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _full(value: Any, *, exclude_none: bool, exclude_unset: bool) -> Any:
    if isinstance(value, list):
        return [_full(item, exclude_none=exclude_none, exclude_unset=exclude_unset) for item in value]
    if not isinstance(value, Reply):
        return value
    names = value if exclude_unset or exclude_none else dict.fromkeys((*value._fields, *value))
    found = {name: _full(value[name], exclude_none=exclude_none, exclude_unset=exclude_unset) for name in names}
    return {name: member for name, member in found.items() if not exclude_none or member is not None}
