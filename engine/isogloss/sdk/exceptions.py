"""The errors of the openai package by the same names, for where it is not installed: same fields, same family tree.

https://github.com/openai/openai-python#handling-errors
"""

from __future__ import annotations

from typing import Any


class OpenAIError(Exception):
    """Whatever goes wrong with a request."""


class APIError(OpenAIError):
    """A request that failed. `body` is the error as the API says it."""

    def __init__(self, message: str, request: Any, *, body: object | None) -> None:
        super().__init__(message)
        self.message = message
        self.request = request
        self.body = body
        said: dict[str, Any] = body if isinstance(body, dict) else {}
        self.code = said.get("code")
        self.param = said.get("param")
        self.type = said.get("type")


class APIConnectionError(APIError):
    """No server could be reached, or it hung up."""

    def __init__(self, *, message: str = "Connection error.", request: Any) -> None:
        super().__init__(message, request, body=None)


class APITimeoutError(APIConnectionError):
    """No answer came in time."""

    def __init__(self, request: Any) -> None:
        super().__init__(message="Request timed out.", request=request)


class APIStatusError(APIError):
    """The server refused: `status_code`, `response`."""

    def __init__(self, message: str, *, response: Any, body: object | None) -> None:
        super().__init__(message, response.request, body=body)
        self.response = response
        self.status_code: int = response.status_code
        self.request_id = response.headers.get("x-request-id")


class BadRequestError(APIStatusError):
    """400."""


class AuthenticationError(APIStatusError):
    """401."""


class PermissionDeniedError(APIStatusError):
    """403."""


class NotFoundError(APIStatusError):
    """404."""


class ConflictError(APIStatusError):
    """409."""


class UnprocessableEntityError(APIStatusError):
    """422."""


class RateLimitError(APIStatusError):
    """429."""


class InternalServerError(APIStatusError):
    """500 and above."""
