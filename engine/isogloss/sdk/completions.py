"""`completion` and `acompletion`: a chat completion in OpenAI's words, answered by Gemini.

A thin layer: the translation is `Translator`'s, the network is `transports`'; what stands here is what a Python caller
says and gets.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from isogloss import failures
from isogloss.addresses import Reach
from isogloss.crossings import servers
from isogloss.crossings.crossing import Crossing, Pieces, Terms
from isogloss.crossings.doing import Broken
from isogloss.crossings.steps import steps
from isogloss.errors import IsoglossError, ValidationError
from isogloss.failures import Bearer, Failure
from isogloss.sdk import messages, pools, replies
from isogloss.translator import Reply as Refusal
from isogloss.translator import Translator
from isogloss.transports.driving import AsyncLine, Line, held

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from isogloss.crossings.doing import Step
    from isogloss.sdk.replies import Reply

LOG: Final = logging.getLogger("isogloss")

#: Seconds; a model may think for minutes.
_TIMEOUT: Final = 600.0
_RETRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Options:
    """What a call says about itself, not about the completion."""

    api_key: str | None = None
    api_base: str | None = None
    timeout: float | httpx.Timeout | None = _TIMEOUT
    max_retries: int = _RETRIES
    explain: bool = False
    read_files: bool = True
    profile: str | None = None
    allow_addresses: Sequence[str] = ()


def completion(model: str, messages: Sequence[Any], *, stream: bool = False, **parameters: Any) -> Any:
    """Complete a chat: a `Reply`, or with `stream=True` an iterator of them, piece by piece.

    `parameters` are OpenAI's, Gemini's own (`safety_settings`, `topK` …), and about the call itself: `api_key` (else
    GEMINI_API_KEY or GOOGLE_API_KEY), `api_base` (else GEMINI_API_BASE), `timeout` (seconds, or an httpx.Timeout),
    `max_retries` (2), `explain` (True: the reply's `ledger` says what became of every value), `read_files` (False:
    local paths in `image_url` and `file` are left alone; for requests that come from strangers), `profile`,
    `allow_addresses` (networks that media may be fetched from beside public addresses, for models that fetch nothing).

    Raises the openai package's errors, JSONSchemaValidationError among them.
    """
    asked = _Asked(model, messages, stream, parameters)
    line = Line(pools.pool(), asked.extensions)
    with asked.errors():
        found = line.run(asked.steps())
        if isinstance(found, Pieces):
            return Chunks(_chunks(asked, line, found), asked)
        return asked.answered(found)


async def acompletion(model: str, messages: Sequence[Any], *, stream: bool = False, **parameters: Any) -> Any:
    """Complete a chat; see `completion`. With `stream=True` an asynchronous iterator."""
    asked = _Asked(model, messages, stream, parameters)
    line = AsyncLine(await pools.async_pool(), asked.extensions)
    with asked.errors():
        found = await line.run(asked.steps())
        if isinstance(found, Pieces):
            body = _achunks(asked, line, found)
            await anext(body)
            return AsyncChunks(body, asked)
        return asked.answered(found)


class _Errors:
    """Turns what goes wrong into what callers of OpenAI catch."""

    def __init__(self, bearer: Bearer, url: str) -> None:
        self._bearer = bearer
        self._url = url

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None or not isinstance(error, (Broken, Failure, IsoglossError)):
            return
        from isogloss.sdk import errors  # it loads the openai package: only what fails needs that

        if isinstance(error, Broken):
            raise errors.broken(error, self._url) from None
        if isinstance(error, ValidationError):
            raise errors.JSONSchemaValidationError(error, errors.request(self._url)) from None
        failure = error if isinstance(error, Failure) else failures.of_reply(error, None)
        raise errors.refused(self._bearer.say(failure, _FRONT), self._url) from None


_FRONT, _BACK = "openai", "gemini"


@lru_cache(maxsize=16)
def _gloss(profile: str | None, explain: bool) -> Translator:
    return Translator(_FRONT, _BACK, profile=profile, trace=explain, enforce=False)


class _Asked:
    """One call: what it says, translated, and where it goes."""

    def __init__(self, model: str, said: Sequence[Any], stream: bool, parameters: dict[str, Any]) -> None:
        own = {name: parameters.pop(name) for name in list(parameters) if name in Options.__slots__}
        self.options = Options(**own)
        self._gloss = _gloss(self.options.profile, self.options.explain)
        self._bearer = Bearer(self._gloss.ruleset)
        dialect = self._gloss.ruleset.dialects[_BACK]
        self._url = dialect.raw["base"]
        with self.errors():
            body = self._body({"model": model, "messages": said, **parameters, **({"stream": True} if stream else {})})
            server = servers.server(
                dialect, key=self.options.api_key, base=self.options.api_base, environment=os.environ
            )
            self._url = server.base
            self.crossing = self._crossing(body, server)
        self._url = self.crossing.outgoing().url
        _log(self.crossing)

    def _body(self, said: dict[str, Any]) -> dict[str, Any]:
        try:
            body = messages.plain({name: value for name, value in said.items() if value is not None})
            return messages.with_files(body) if self.options.read_files else body
        except IsoglossError as error:
            raise failures.of_request(error) from None

    def _crossing(self, body: dict[str, Any], server: servers.Server) -> Crossing:
        try:
            terms = Terms(reach=Reach(self.options.allow_addresses), retries=self.options.max_retries)
            return Crossing(self._gloss.exchange("chat", body), server, terms)
        except IsoglossError as error:
            raise failures.of_request(error) from None

    def steps(self) -> Generator[Step, Any, Any]:
        """Return what must be done on the network."""
        return steps(self.crossing)

    @property
    def extensions(self) -> dict[str, Any]:
        """How long each step on the network may take."""
        return {"timeout": httpx.Timeout(self.options.timeout).as_dict()}

    @property
    def losses(self) -> tuple[Any, ...]:
        """What was lost so far."""
        return self.crossing.exchange.losses

    def errors(self) -> _Errors:
        """Return what turns errors into the caller's."""
        return _Errors(self._bearer, self._url)

    def answered(self, found: Any) -> Reply:
        """Return a reply, or raise the error that the server gave."""
        if isinstance(found, Refusal):
            from isogloss.sdk import errors

            raise errors.refused(found, self._url)
        ledger = None if found.ledger is None else (*(self.crossing.exchange.request.ledger or ()), *found.ledger)
        return replies.reply(found.body, self.losses, ledger)

    def hold(self, pieces: Pieces) -> None:
        """Hold the whole reply against the schema that the call asked for."""
        demand = pieces.demanded()
        if demand is not None:
            held(demand)

    def piece(self, document: Any) -> Reply:
        """Return a piece of a stream, or raise the error that it ends with."""
        if isinstance(document, dict) and "error" in document:
            from isogloss.sdk import errors

            raise errors.streamed(document, self._url)
        return replies.reply(document, self.losses)


def _chunks(asked: _Asked, line: Line, pieces: Pieces) -> Generator[Any]:
    """Give the pieces; before the first one None, see `Line.told`."""
    documents = line.told(pieces)
    next(documents)
    try:
        yield None
        with asked.errors():
            for some in documents:
                for document in some:
                    yield asked.piece(document)
            asked.hold(pieces)
    finally:
        documents.close()


async def _achunks(asked: _Asked, line: AsyncLine, pieces: Pieces) -> AsyncGenerator[Any]:
    documents = line.told(pieces)
    await anext(documents)
    try:
        yield None
        with asked.errors():
            async for some in documents:
                for document in some:
                    yield asked.piece(document)
            asked.hold(pieces)
    finally:
        await documents.aclose()


class _Streamed:
    """What both kinds of streams tell besides their pieces."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    @property
    def losses(self) -> tuple[Any, ...]:
        """What was lost or added so far."""
        return self._asked.losses

    @property
    def ledger(self) -> tuple[Any, ...] | None:
        """What became of every value of the request; None without `explain=True`."""
        return self._asked.crossing.exchange.request.ledger


class Chunks(_Streamed, Iterator[Any]):
    """A reply piece by piece. Close it, use it in a `with`, or drop it: each gives the connection back."""

    def __init__(self, body: Generator[Any], asked: _Asked) -> None:
        super().__init__(asked)
        self._body = body
        next(body)

    def __next__(self) -> Reply:
        return next(self._body)

    def close(self) -> None:
        """Hear no more of it."""
        self._body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncChunks(_Streamed, AsyncIterator[Any]):
    """The same for coroutines."""

    def __init__(self, body: AsyncGenerator[Any], asked: _Asked) -> None:
        super().__init__(asked)
        self._body = body

    async def __anext__(self) -> Reply:
        return await anext(self._body)

    async def aclose(self) -> None:
        """Hear no more of it."""
        await self._body.aclose()

    close = aclose  # as the openai package's streams have it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _log(crossing: Crossing) -> None:
    """Log the raw call where the user has set `isogloss.set_verbose = True`: the user's word, which nothing here sets.

    Where nobody listens to logs at this level it goes to standard error. The key is never shown.
    """
    if getattr(sys.modules.get("isogloss"), "set_verbose", False) is not True:
        return
    call, server = crossing.outgoing(), crossing.server
    head = "".join(f"\n{name}: {value}" for name, value in call.headers.items())
    text = server.hide(f"{call.method} {call.url}{head}\n\n".encode() + (call.payload or b"")).decode()
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 0, text, (), None)
    heard = LOG.isEnabledFor(logging.INFO) and LOG.hasHandlers()
    (LOG if heard else logging.StreamHandler()).handle(record)
