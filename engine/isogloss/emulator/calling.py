"""A call on its way through the emulator: what came, who calls, what scripts make of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response

from isogloss.emulator.dice import Dice
from isogloss.emulator.errors import Refusal, invalid, reason
from isogloss.emulator.scripts import Occasion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from isogloss.emulator.scripts import Script
    from isogloss.emulator.store import Entry, State

JSON: Final = "application/json; charset=UTF-8"
#: Query parameters that every method takes: https://cloud.google.com/apis/docs/system-parameters
_QUERY: Final = frozenset({"key", "alt", "$alt", "fields", "prettyPrint", "quotaUser", "callback", "access_token"})
#: How an access token of Google's begins, which is an identity too.
_OAUTH: Final = "Bearer ya29."
#: Keys that begin so are refused.
BAD_KEY: Final = "invalid"


class Outcome(Exception):  # noqa: N818 - a script's reply, from wherever it is noticed
    """A reply that a script gives in place of the emulator's."""

    def __init__(self, response: ASGIApp) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True)
class Call:
    """One request: its parts, the state it meets, and its entry in the record."""

    request: Request
    state: State
    body: bytes
    entry: Entry

    @property
    def version(self) -> str:
        """The version of the API, as it stands in the path."""
        return self.request.url.path.removeprefix("/upload").split("/")[1]

    @property
    def key(self) -> str:
        """The caller's key, or an empty string."""
        return self.request.headers.get("x-goog-api-key") or self.request.query_params.get("key", "")

    def document(self) -> Any:
        """Return the body as JSON; raises Refusal (400)."""
        kind = self.request.headers.get("content-type", "application/json").partition(";")[0].strip()
        if kind != "application/json":
            raise invalid(f"The content type {kind} is not supported; send application/json.")
        try:
            return orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError as error:
            raise invalid(f"Invalid JSON payload received: {error}") from None

    def admit(self, *query: str) -> None:
        """Check key and query names; `query` names those of the method. Raises Refusal."""
        self._identify()
        unknown = [name for name in self.request.query_params if name not in _QUERY and name not in query]
        if unknown:
            sentence = f'Invalid JSON payload: unknown name "{unknown[0]}". Cannot bind the query parameter.'
            raise invalid(sentence, [(unknown[0], sentence)])

    def _identify(self) -> None:
        bearer = self.request.headers.get("authorization")
        if bearer is not None and bearer.startswith(_OAUTH):
            return
        if bearer is not None:
            sentence = "The credentials in Authorization are no OAuth access token; keys go into x-goog-api-key."
            raise Refusal("UNAUTHENTICATED", sentence, details=[reason("ACCESS_TOKEN_TYPE_UNSUPPORTED")])
        if not self.key:
            raise Refusal("PERMISSION_DENIED", "Callers must have an identity; send a key in x-goog-api-key.")
        if self.key.startswith(BAD_KEY):
            sentence = "This API key is not valid."
            raise Refusal("INVALID_ARGUMENT", sentence, details=[reason("API_KEY_INVALID")])

    async def conduct(self, method: str, model: str = "", text: str = "", step: int = 0) -> dict[str, Any]:
        """Do what scripts say about this call, and return what is left for the method to do.

        Raises Outcome or Refusal where a script replies by itself.
        """
        occasion = Occasion(method, model, text, self.request.headers, self.key, step)
        do: dict[str, Any] = {"answer": {}}
        for script, acts in self.state.book.called(occasion):
            if self._due(script):
                do = {**acts, **do, "answer": {**acts.get("answer", {}), **do.get("answer", {})}}
        await asyncio.sleep(do.get("delay", 0))
        if "raw" in do:
            raise Outcome(_raw(do["raw"]))
        if "error" in do:
            raise refusal(do["error"])
        return do

    def _due(self, script: Script) -> bool:
        """Count the runs of a script that runs a few times only, for each request on its own."""
        if script.times is None:
            return True
        name = Dice(script.name, self.request.url.path, self.body.decode(errors="replace")).seed
        self.state.runs[name] += 1
        return self.state.runs[name] <= script.times


def refusal(error: dict[str, Any]) -> Refusal:
    """Return the refusal that a script describes."""
    found = Refusal(error["status"], error["message"], details=error.get("details", ()), code=error.get("code"))
    found.headers.update(error.get("headers", {}))
    return found


def _raw(raw: dict[str, Any]) -> Response:
    headers = {**raw.get("headers", {}), "content-type": raw.get("type", "text/plain")}
    return Response(raw["text"].encode(), raw["status"], headers=headers)


def answered(document: Any, headers: dict[str, str] | None = None) -> Response:
    """Return a document as a reply."""
    return Response(orjson.dumps(document, option=orjson.OPT_INDENT_2), media_type=JSON, headers=headers)


def refused(error: Refusal) -> Response:
    """Return a refusal as a reply."""
    return Response(orjson.dumps(error.body(), option=orjson.OPT_INDENT_2), error.code, error.headers, JSON)


def endpoint(method: Callable[[Call], Awaitable[ASGIApp]]) -> Callable[[Request], Awaitable[ASGIApp]]:
    """Make a route of a method: record the call, run it, and turn refusals into replies."""

    async def run(request: Request) -> ASGIApp:
        state: State = request.app.state.emulator
        body = await request.body()
        query, headers = dict(request.query_params), dict(request.headers)
        call = Call(request, state, body, state.record.open(request.method, request.url.path, query, headers, body))
        response = await _tried(method, call)
        call.entry.update(status=getattr(response, "status_code", 200))
        return response

    return run


async def _tried(method: Callable[[Call], Awaitable[ASGIApp]], call: Call) -> ASGIApp:
    try:
        return await method(call)
    except Refusal as error:
        return refused(error)
    except Outcome as outcome:
        return outcome.response
