"""Refusals in the form the API gives them: google.rpc.Status as JSON.

https://google.aip.dev/193
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The HTTP status of each canonical code: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
HTTP: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
DOMAIN: Final = "googleapis.com"
SERVICE: Final = "generativelanguage.googleapis.com"


class Refusal(Exception):  # noqa: N818 - it is what the API answers, not what went wrong here
    """An answer that is an error: HTTP status, canonical status, sentence, details."""

    def __init__(self, status: str, message: str, *, details: Iterable[Any] = (), code: int | None = None) -> None:
        super().__init__(message)
        self.code = code or HTTP.get(status, 500)
        self.status = status
        self.message = message
        self.details = list(details)
        #: Headers of the reply.
        self.headers: dict[str, str] = {}

    def body(self) -> dict[str, Any]:
        """Return the document that travels."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        return {"error": {**error, "details": self.details} if self.details else error}


def invalid(message: str, violations: Iterable[tuple[str, str]] = ()) -> Refusal:
    """Refuse an argument; `violations` are pairs of field (in underscores) and sentence."""
    found = [{"field": field, "description": sentence} for field, sentence in violations]
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": found}] if found else []
    return Refusal("INVALID_ARGUMENT", message, details=details)


def reason(word: str, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the detail that programs read: a word for the reason."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": word,
        "domain": DOMAIN,
        "metadata": {"service": SERVICE, **(metadata or {})},
    }
