"""One call of a Python function: any operation, in OpenAI's words, answered by Gemini.

A thin layer: the translation is `Translator`'s, the network is `transports`'; what stands here is what all functions
share of what a Python caller says and gets.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import httpx

from isogloss import cache_index, caching, failures
from isogloss.addresses import Reach
from isogloss.crossings import blobs, servers
from isogloss.crossings.asking import Flow
from isogloss.crossings.crossing import Crossing, Pieces, Terms
from isogloss.crossings.doing import Broken
from isogloss.crossings.steps import steps
from isogloss.errors import IsoglossError, ValidationError
from isogloss.failures import Bearer, Failure
from isogloss.sdk import messages, pools, replies, verbose
from isogloss.sdk.content import Content
from isogloss.sdk.pieces import AsyncChunks, Chunks, achunks, chunks
from isogloss.translator import Reply as Refusal
from isogloss.translator import Translator
from isogloss.transports.driving import AsyncLine, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isogloss.sdk.replies import Reply

    Object = dict[str, Any]
    Written = Callable[[Object, bool], Object]

_FRONT, _BACK = "openai", "gemini"
#: Seconds; a model may think for minutes.
_TIMEOUT: Final = 600.0
_RETRIES: Final = 2
#: The most bytes of a film that are held.
_MOST: Final = 1024 * 1024 * 1024
#: LiteLLM's other names for the same.
_ALIASES: Final = {
    "base_url": "api_base",
    "num_retries": "max_retries",
    "request_timeout": "timeout",
    "headers": "extra_headers",
}
#: What rules read in the `extra_body` of the official client's users: Google's name for its own words.
_NESTED: Final = "google"


@dataclass(frozen=True, slots=True)
class Options:
    """What a call says about itself, not about what is asked for; empty texts count as not given, as in environments.

    `timeout` are seconds for each step on the network, or an httpx.Timeout.
    """

    api_key: str | None = field(default=None, repr=False)
    api_base: str | None = None
    timeout: float | str | httpx.Timeout | None = _TIMEOUT
    max_retries: int = _RETRIES
    #: Sent along, as the official client does; they may hold keys.
    extra_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    explain: bool = False
    read_files: bool = True
    profile: str | None = None
    allow_addresses: Sequence[str] = ()
    #: LiteLLM's word for who is asked, which elsewhere stands before the model's name.
    custom_llm_provider: str = _BACK

    def __post_init__(self) -> None:
        for name in ("api_key", "api_base", "profile"):
            if not isinstance(getattr(self, name), str | None):  # its value may be a key, and is not shown
                raise TypeError(f"{name} is a text, not {type(getattr(self, name)).__name__}")
        if self.custom_llm_provider != _BACK:
            raise ValueError(f"only {_BACK} is asked here, not {self.custom_llm_provider!r}")
        retries: Any = self.max_retries
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise ValueError(f"max_retries is a number from 0, not {retries!r}")
        headers: Any = self.extra_headers
        if not isinstance(headers, dict) or not all(isinstance(text, str) for pair in headers.items() for text in pair):
            raise TypeError("extra_headers are texts by name")
        _ = self.seconds

    @property
    def seconds(self) -> dict[str, Any]:
        """How long each step on the network may take; raise ValueError for what says no time."""
        said: Any = self.timeout
        if isinstance(said, (httpx.Timeout, tuple)) or said is None:
            return httpx.Timeout(said).as_dict()
        try:
            seconds = float("nan") if isinstance(said, bool) else float(said)
        except (TypeError, ValueError):
            seconds = 0.0
        if not seconds > 0:
            raise ValueError(f"timeout is a number of seconds above 0, or an httpx.Timeout, not {said!r}")
        return httpx.Timeout(seconds).as_dict()


_OPTIONS: Final = frozenset(one.name for one in fields(Options))


def _parted(said: Mapping[str, Any]) -> tuple[Options, Object]:
    """Tell apart what a call says about itself; what is None is not said."""
    named = {_ALIASES.get(name, name): value for name, value in said.items() if value is not None}
    patience = named.pop("stream_timeout", None)
    if patience is not None and named.get("stream") is True:
        named["timeout"] = patience
    own = {name: value for name, value in named.items() if name in _OPTIONS}
    return Options(**own), _laid({name: value for name, value in named.items() if name not in own})


def _laid(body: Object) -> Object:
    """Lay `extra_body` over the request, as the official client does; Google's words in it stay where rules read."""
    extra = body.get("extra_body")
    if not isinstance(extra, dict):
        return body
    rest = {name: value for name, value in body.items() if name != "extra_body"}
    nested = {"extra_body": {_NESTED: extra[_NESTED]}} if _NESTED in extra else {}
    return {**rest, **nested, **{name: value for name, value in extra.items() if name != _NESTED}}


@lru_cache(maxsize=16)
def _gloss(profile: str | None, explain: bool) -> Translator:
    return Translator(_FRONT, _BACK, profile=profile, trace=explain, enforce=False)


@cache
def _caches(_: int) -> cache_index.Memory:
    """Return the index of caches that calls share; a forked process has its own."""
    return cache_index.Memory()


class Asked:
    """One call: what it says, translated, and where it goes.

    `written` makes the request's document of what is said; its flag tells whether local files may be read for it.
    """

    def __init__(self, operation: str, said: Mapping[str, Any], written: Written = messages.plainly) -> None:
        self.options, body = _parted(said)
        self._operation = operation
        self._gloss = _gloss(self.options.profile, self.options.explain)
        self._bearer = Bearer(self._gloss.ruleset)
        dialect = self._gloss.ruleset.dialects[_BACK]
        self._url = dialect.raw["base"]
        with self.errors():
            given = {"key": self.options.api_key or None, "base": self.options.api_base or None}
            server = servers.server(dialect, **given, environment=os.environ)
            self._url = server.base
            # An address of one's own may need no key: what it says is heard first.
            names = " or ".join(dialect.raw["auth"]["environment"])
            self._advice = "" if server.key else f"no key was sent: give one, or set {names}"
            self.crossing = self._crossing(body, server, written)
        self._url = server.address(self.crossing.calls[0], {})
        #: Where a reply of bytes stands in its document.
        self._bytes = _bytes(self._gloss, operation)
        #: What the HTTP library is told beside the request.
        self.extensions = {"timeout": self.options.seconds, verbose.HIDE: server.hide}

    def _crossing(self, said: Object, server: servers.Server, written: Written) -> Crossing:
        reach = Reach(self.options.allow_addresses)
        terms = Terms(reach=reach, retries=self.options.max_retries, caches=_caches(os.getpid()))
        try:
            body = written(said, self.options.read_files)
            exchange, wish = caching.opened(self._gloss, self._operation, body)
            return Crossing(exchange, server, terms, wish=wish, more=self.options.extra_headers)
        except IsoglossError as error:
            raise failures.of_request(error) from None

    @property
    def losses(self) -> tuple[Any, ...]:
        """What was lost so far."""
        return self.crossing.exchange.losses

    @property
    def ledger(self) -> tuple[Any, ...] | None:
        """What became of every value of the request; None without `explain=True`."""
        return self.crossing.exchange.request.ledger

    def errors(self) -> _Errors:
        """Return what turns errors into the caller's."""
        return _Errors(self._bearer, self._url)

    def answered(self, found: Any) -> Reply | Content:
        """Return a reply, or raise the error that the server gave."""
        if isinstance(found, Refusal):
            from isogloss.sdk import errors

            raise errors.refused(found, self._url, self._advice)
        ledger = None if found.ledger is None else (*(self.ledger or ()), *found.ledger)
        if self._bytes:
            return Content(*blobs.body(self._bytes, found.body), self.losses, ledger)
        return replies.reply(found.body, self._operation, self.losses, ledger, made=self.crossing.made)

    def content(self, flow: Flow, data: bytes) -> Content:
        """Return a reply of bytes that were handed on as they came."""
        return Content(data, flow.arrived.media, self.losses, self.ledger)

    def piece(self, document: Any) -> Reply:
        """Return a piece of a stream, or raise the error that it ends with."""
        if isinstance(document, dict) and "error" in document:
            from isogloss.sdk import errors

            raise errors.streamed(document, self._url)
        return replies.reply(document, self._operation, self.losses, made=self.crossing.made)


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


def _bytes(gloss: Translator, operation: str) -> Mapping[str, Any]:
    """Tell where the bytes of an operation's reply stand in its document; empty where a reply is its document."""
    routes = gloss.ruleset.dialects[_FRONT].routes
    found = next((entry for entry in routes if entry["operation"] == operation and "bytes" in entry), {})
    return {} if found.get("bytes", {}).get("stream") else found.get("bytes", {})


def ask(asked: Asked) -> Any:
    """Ask: gives a `Reply`, `Chunks` of one, or `Content`."""
    line = Line(pools.pool(), asked.extensions)
    with asked.errors():
        found = line.run(steps(asked.crossing))
        if isinstance(found, Pieces):
            return Chunks(chunks(asked, line, found), asked)
        if isinstance(found, Flow):
            return asked.content(found, _gathered(line))
        return asked.answered(found)


async def ask_async(asked: Asked) -> Any:
    """Ask from a coroutine: gives a `Reply`, `AsyncChunks` of one, or `Content`."""
    line = AsyncLine(await pools.async_pool(), asked.extensions)
    with asked.errors():
        found = await line.run(steps(asked.crossing))
        if isinstance(found, Flow):
            return asked.content(found, await _agathered(line))
        if not isinstance(found, Pieces):
            return asked.answered(found)
        body = achunks(asked, line, found)
        await anext(body)
        return AsyncChunks(body, asked)


def _gathered(line: Line) -> bytes:
    data = bytearray()
    try:
        for chunk in line.chunks():
            data += _bounded(chunk, data)
    finally:
        line.close()
    return bytes(data)


async def _agathered(line: AsyncLine) -> bytes:
    data = bytearray()
    try:
        async for chunk in line.chunks():
            data += _bounded(chunk, data)
    finally:
        await line.close()
    return bytes(data)


def _bounded(chunk: bytes, data: bytearray) -> bytes:
    if len(data) + len(chunk) > _MOST:
        raise Failure(502, f"the upstream's reply is larger than {_MOST} bytes")
    return chunk
