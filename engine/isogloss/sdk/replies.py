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
_TOKENS: Final = {
    "usage": (
        *("completion_tokens", "prompt_tokens", "total_tokens", "completion_tokens_details", "prompt_tokens_details"),
        *("cache_creation_input_tokens", "cache_read_input_tokens"),
    ),
    "completion_tokens_details": (
        *("accepted_prediction_tokens", "audio_tokens", "reasoning_tokens", "rejected_prediction_tokens"),
        *("image_tokens", "text_tokens"),
    ),
    "prompt_tokens_details": ("audio_tokens", "cached_tokens", "image_tokens", "text_tokens"),
}
_LOGPROBS: Final = {"logprobs": ("content", "refusal")}
_CALLS: Final = {
    "tool_calls": ("id", "function", "type"),
    "function": _FUNCTION,
    "function_call": _FUNCTION,
    "audio": ("id", "data", "expires_at", "transcript"),
}
_IMAGE_TOKENS: Final = {
    "usage": ("input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details", "total_tokens"),
    "input_tokens_details": ("image_tokens", "text_tokens"),
    "output_tokens_details": ("image_tokens", "text_tokens"),
}
_COMPLETION: Final = ("id", "choices", "created", "model", "object", "service_tier", "system_fingerprint", "usage")
#: The API's own fields for each operation, by the name under which an object stands; `` is the reply itself.
_FIELDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "chat": {
        "": _COMPLETION,
        "choices": ("finish_reason", "index", "logprobs", "message"),
        "message": (
            *("content", "refusal", "role", "annotations", "audio", "function_call", "tool_calls"),
            *("reasoning_content", "images", "provider_specific_fields"),
        ),
        **_CALLS,
        **_LOGPROBS,
        **_TOKENS,
    },
    "chat.piece": {
        "": _COMPLETION,
        "choices": ("finish_reason", "index", "logprobs", "delta"),
        "delta": (
            *("content", "function_call", "refusal", "role", "tool_calls"),
            *("audio", "reasoning_content", "images", "provider_specific_fields"),
        ),
        **_CALLS,
        **_LOGPROBS,
        **_TOKENS,
    },
    "completions": {
        "": tuple(name for name in _COMPLETION if name != "service_tier"),
        "choices": ("finish_reason", "index", "logprobs", "text"),
        "logprobs": ("text_offset", "token_logprobs", "tokens", "top_logprobs"),
        **_TOKENS,
    },
    "embeddings": {
        "": ("data", "model", "object", "usage"),
        "data": ("embedding", "index", "object"),
        "usage": ("prompt_tokens", "total_tokens"),
    },
    "images.generate": {
        "": ("created", "background", "data", "output_format", "quality", "size", "usage"),
        "data": ("b64_json", "revised_prompt", "url"),
        **_IMAGE_TOKENS,
    },
    "images.piece": {
        "": (
            *("b64_json", "background", "created_at", "output_format", "partial_image_index", "quality", "size"),
            *("type", "usage"),
        ),
        **_IMAGE_TOKENS,
    },
    "videos.get": {
        "": (
            *("id", "completed_at", "created_at", "error", "expires_at", "model", "object", "progress", "prompt"),
            *("remixed_from_video_id", "seconds", "size", "status"),
        ),
        "error": ("code", "message"),
    },
}
#: Operations that answer as another one does.
_ALIKE: Final = {"images.edit": "images.generate", "videos.create": "videos.get"}
#: Fields of ours that are read as if they were the API's, and still count as extra.
_EXTRA: Final = frozenset({"reasoning_content", "images", "provider_specific_fields"})
#: What LiteLLM calls replies.
_TITLES: Final = {
    "chat": "ModelResponse",
    "chat.piece": "ModelResponseStream",
    "completions": "TextCompletionResponse",
    "embeddings": "EmbeddingResponse",
    "images.generate": "ImageResponse",
    "videos.get": "VideoObject",
}
_INNER: Final = {"choices": "Choices", "message": "Message", "delta": "Delta", "usage": "Usage"}
#: A chunk's choices have a delta instead of a message.
_PIECE: Final = "chat.completion.chunk"


class Reply(dict[str, Any]):
    """An object of a reply."""

    #: What was lost or added on the way, and what became of every value (with `explain=True`); on whole replies only.
    losses: tuple[Loss, ...]
    ledger: tuple[Step, ...] | None

    def __init__(self, body: Mapping[str, Any], operation: str = "chat", name: str = "") -> None:
        super().__init__({key: _lifted(value, operation, key) for key, value in body.items()})
        self.__dict__["_kind"] = (operation, name)
        self.__dict__["_fields"] = _FIELDS.get(operation, {}).get(name, ())

    def __missing__(self, name: str) -> None:
        if name in self._fields:
            return
        raise KeyError(name)

    def __getattr__(self, name: str) -> Any:
        if name in self or name in self.__dict__.get("_fields", ()):
            return self[name]
        raise AttributeError(f"this {self._title() or 'object'} has no {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def _title(self) -> str | None:
        operation, name = self.__dict__.get("_kind", ("", ""))
        return _INNER.get(name) if name else _TITLES.get(operation)

    def __repr__(self) -> str:
        title = self._title()
        if title is None:
            return super().__repr__()
        inside = ", ".join(f"{name}={self[name]!r}" for name in dict.fromkeys((*self._fields, *self)))
        return f"{title}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        account = {name: self.__dict__[name] for name in ("losses", "ledger") if name in self.__dict__}
        return type(self), (self.to_dict(), *self._kind), account or None

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


def reply(
    body: Mapping[str, Any],
    operation: str = "chat",
    losses: tuple[Loss, ...] = (),
    ledger: tuple[Step, ...] | None = None,
    made: int = 0,
) -> Reply:
    """Make a reply of a document in OpenAI's words, with its account; `made` are tokens of a cache made for it."""
    known = _kind(body, _ALIKE.get(operation, operation))
    counts = "cache_read_input_tokens" in _FIELDS.get(known, {}).get("usage", ())
    found = Reply(_counted(body, made) if counts else body, known)
    found.__dict__["losses"] = losses
    found.__dict__["ledger"] = ledger
    return found


def _kind(body: Mapping[str, Any], operation: str) -> str:
    """Name the fields that a document has: a piece of a stream says by itself that it is one."""
    if operation == "images.generate" and "type" in body:
        return "images.piece"
    return "chat.piece" if body.get("object") == _PIECE else operation


def _counted(body: Mapping[str, Any], made: int) -> Mapping[str, Any]:
    """Count the tokens of the prompt that came from a cache by the names that LiteLLM's page prints too.

    What was put into one for this very reply counts as that, and not as read.

    https://docs.litellm.ai/docs/completion/prompt_caching
    """
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return body
    details = usage.get("prompt_tokens_details") or {}
    read = max(0, (details.get("cached_tokens") or 0) - made)
    counts = {"cache_creation_input_tokens": made, "cache_read_input_tokens": read}
    return {**body, "usage": {**counts, **usage}}


def _lifted(value: Any, operation: str, name: str) -> Any:
    if isinstance(value, dict):
        return Reply(value, operation, name)
    return [_lifted(item, operation, name) for item in value] if _holds(value) else value


def _holds(value: Any) -> bool:
    """Tell whether a value is a list that may hold objects: vectors, which are long, are not walked."""
    return isinstance(value, list) and not (value and isinstance(value[0], float))


def _plain(value: Any) -> Any:
    if isinstance(value, Reply):
        return value.to_dict()
    return [_plain(item) for item in value] if _holds(value) else value


def _full(value: Any, *, exclude_none: bool, exclude_unset: bool) -> Any:
    if _holds(value):
        return [_full(item, exclude_none=exclude_none, exclude_unset=exclude_unset) for item in value]
    if not isinstance(value, Reply):
        return value
    names = value if exclude_unset or exclude_none else dict.fromkeys((*value._fields, *value))
    found = {name: _full(value[name], exclude_none=exclude_none, exclude_unset=exclude_unset) for name in names}
    return {name: member for name, member in found.items() if not exclude_none or member is not None}
