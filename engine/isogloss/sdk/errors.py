"""What callers of `completion` catch: the openai package's classes where it is installed, else ours of those names."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from isogloss.pointer import find, parse_pointer
from isogloss.sdk.clients import library

if TYPE_CHECKING:
    from isogloss.crossings.doing import Broken
    from isogloss.errors import ValidationError
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
    from isogloss.translator import Reply
    from isogloss.values import Value
else:
    _KNOWN = import_module("isogloss.sdk.exceptions" if find_spec("openai") is None else "openai")
    APIConnectionError = _KNOWN.APIConnectionError
    APIError = _KNOWN.APIError
    APIStatusError = _KNOWN.APIStatusError
    APITimeoutError = _KNOWN.APITimeoutError
    AuthenticationError = _KNOWN.AuthenticationError
    BadRequestError = _KNOWN.BadRequestError
    ConflictError = _KNOWN.ConflictError
    InternalServerError = _KNOWN.InternalServerError
    NotFoundError = _KNOWN.NotFoundError
    PermissionDeniedError = _KNOWN.PermissionDeniedError
    RateLimitError = _KNOWN.RateLimitError
    UnprocessableEntityError = _KNOWN.UnprocessableEntityError

_CLASSES: Final = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
_SERVER: Final = 500
_SHUT_OUT: Final = (401, 403)


class JSONSchemaValidationError(APIError):
    """A reply that does not fit the schema which its request asked to be enforced.

    `raw_response` is the text that the model wrote, `pointer` the place in the reply (RFC 6901), `reason` a sentence.
    """

    def __init__(self, error: ValidationError, request: Any) -> None:
        super().__init__(f"the reply does not fit the schema: {error}", request, body=error.raw)
        self.raw_response = _text(error.raw, error.pointer)
        self.pointer = error.pointer
        self.reason = error.reason


def _text(body: Value, pointer: str) -> str:
    """Return the text that a pointer leads into: what stands behind it is a place in the text's own document."""
    steps = [int(step) if str(step).isdigit() else step for step in parse_pointer(pointer)]
    found = (find(body, tuple(steps[:end])) for end in range(len(steps) + 1))
    return next((value for value in found if isinstance(value, str)), "")


def refused(reply: Reply, url: str, advice: str = "") -> APIStatusError:
    """Make the error of a reply that the server, or we ourselves, refused; `advice` is for who was not let in."""
    http = import_module(library("openai"))
    response = http.Response(reply.status, headers=dict(reply.headers), json=reply.body, request=_request(http, url))
    said = _inner(reply.body)
    usual = InternalServerError if reply.status >= _SERVER else APIStatusError
    message = f"Error code: {reply.status} - {said.get('message', '')}"
    if advice and reply.status in _SHUT_OUT:
        message += f" ({advice})"
    return _CLASSES.get(reply.status, usual)(message, response=response, body=said)


def streamed(document: Any, url: str) -> APIError:
    """Make the error of a stream that ended with one."""
    said = _inner(document)
    return APIError(str(said.get("message", "")), request(url), body=said)


def broken(error: Broken, url: str) -> APIConnectionError:
    """Make the error of a request that got no reply."""
    if error.late:
        return APITimeoutError(request(url))
    return APIConnectionError(message=f"Connection error: {error}", request=request(url))


def request(url: str) -> Any:
    """Make the request that errors show: without headers, since a key stands there."""
    return _request(import_module(library("openai")), url)


def _request(http: Any, url: str) -> Any:
    try:
        return http.Request("POST", url)
    except (http.InvalidURL, UnicodeError):  # https://www.rfc-editor.org/rfc/rfc2606#section-2
        return http.Request("POST", "http://invalid")


def _inner(body: Any) -> dict[str, Any]:
    said = body.get("error") if isinstance(body, dict) else None
    return said if isinstance(said, dict) else {}
