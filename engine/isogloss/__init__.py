"""Translation between API dialects, as data that runs both ways.

The words of this package:

dialect     one API's JSON vocabulary
operation   what is asked for in either dialect: chat, embeddings …
phase       one document of an exchange: request, response, stream, error
rule        one entry of a rule file: this here is that there
lens        a rule made to run: forward, and flipped
codec       a named pair of pure functions for one value
table       rows pairing the words of two dialects; a lossy cell is marked in the table
guard       the condition under which a rule holds (`when:`)
family      models that share capabilities, found by an ordered list of anchored patterns
profile     a named overlay of rules: a surface, or a convention
prefix      what a request begins with, where it can be cached: by a call of its own, and named from then on
loss        what one dialect said and the other cannot: pointer, rule, file:line, kind, reason
ledger      the account of one translation: every leaf of the input, and what became of it
complement  what an exchange must remember so that the way back is faithful
ruleset     all rules of one version with overlays applied: loaded, checked, immutable, hashed
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.crossings.relay import Relay
    from isogloss.errors import DocumentError, IsoglossError, LossError, RuleError, UnknownName, ValidationError
    from isogloss.failures import refusal
    from isogloss.loss import Loss, Step
    from isogloss.sdk.clients import async_http_client, http_client
    from isogloss.sdk.completions import acompletion, atext_completion, completion, text_completion
    from isogloss.sdk.embeddings import aembedding, embedding
    from isogloss.sdk.errors import JSONSchemaValidationError
    from isogloss.sdk.exceptions import (
        APIConnectionError,
        APIError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        InternalServerError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        UnprocessableEntityError,
    )
    from isogloss.sdk.images import aimage_edit, aimage_generation, image_edit, image_generation
    from isogloss.sdk.speech import aspeech, speech
    from isogloss.sdk.videos import (
        avideo_content,
        avideo_generation,
        avideo_status,
        video_content,
        video_generation,
        video_status,
    )
    from isogloss.stateless import translate
    from isogloss.translator import Call, Exchange, Reply, Route, Translation, Translator

__version__ = "0.1.0"

#: Yours to set: `isogloss.set_verbose = True` logs the raw call of each completion, its key taken out. It is read at
#: each call, and nothing in the package ever sets it.
set_verbose = False

_HOMES = {
    "crossings.relay": ("Relay",),
    "errors": ("DocumentError", "IsoglossError", "LossError", "RuleError", "UnknownName", "ValidationError"),
    "failures": ("refusal",),
    "loss": ("Loss", "Step"),
    "sdk.clients": ("async_http_client", "http_client"),
    "sdk.completions": ("acompletion", "atext_completion", "completion", "text_completion"),
    "sdk.embeddings": ("aembedding", "embedding"),
    "sdk.errors": (
        *("APIConnectionError", "APIError", "APIStatusError", "APITimeoutError", "AuthenticationError"),
        *("BadRequestError", "ConflictError", "InternalServerError", "JSONSchemaValidationError", "NotFoundError"),
        *("PermissionDeniedError", "RateLimitError", "UnprocessableEntityError"),
    ),
    "sdk.images": ("aimage_edit", "aimage_generation", "image_edit", "image_generation"),
    "sdk.speech": ("aspeech", "speech"),
    "sdk.videos": (
        *("avideo_content", "avideo_generation", "avideo_status"),
        *("video_content", "video_generation", "video_status"),
    ),
    "stateless": ("translate",),
    "translator": ("Call", "Exchange", "Reply", "Route", "Translation", "Translator"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "Call",
    "ConflictError",
    "DocumentError",
    "Exchange",
    "InternalServerError",
    "IsoglossError",
    "JSONSchemaValidationError",
    "Loss",
    "LossError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "Relay",
    "Reply",
    "Route",
    "RuleError",
    "Step",
    "Translation",
    "Translator",
    "UnknownName",
    "UnprocessableEntityError",
    "ValidationError",
    "__version__",
    "acompletion",
    "aembedding",
    "aimage_edit",
    "aimage_generation",
    "aspeech",
    "async_http_client",
    "atext_completion",
    "avideo_content",
    "avideo_generation",
    "avideo_status",
    "completion",
    "embedding",
    "http_client",
    "image_edit",
    "image_generation",
    "refusal",
    "set_verbose",
    "speech",
    "text_completion",
    "translate",
    "video_content",
    "video_generation",
    "video_status",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing the package costs nothing."""
    if name not in _HOME:
        message = f"module 'isogloss' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"isogloss.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
