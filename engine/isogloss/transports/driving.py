"""Steps done by a client of httpx or httpx2: blocking, and for coroutines."""

from __future__ import annotations

import re
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

import anyio

from isogloss.crossings import lines
from isogloss.crossings.doing import Arrived, Broken
from isogloss.errors import DocumentError, ValidationError
from isogloss.failures import Failure, of_request
from isogloss.validation import enforce

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from isogloss.crossings.doing import Hold, Send

#: A client, a request or a reply, of either library.
Http = Any


class _Library:
    """What both kinds of connections know: the client, and what it says to its network."""

    def __init__(self, client: Http, extensions: Mapping[str, Any]) -> None:
        self._client = client
        self._extensions = extensions
        self._http = library(client)
        self._reply: Http = None

    def beside(self) -> Self:
        """Return another connection for a request of its own."""
        return type(self)(self._client, self._extensions)

    def _request(self, step: Send) -> Http:
        said = step.request
        more: dict[str, Any] = dict(self._extensions)
        if said.name is not None:
            more["sni_hostname"] = said.name
        if step.within is not None:
            more["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), step.within)
        return self._http.Request(said.method, said.url, headers=said.headers, content=said.payload, extensions=more)

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Say what happened to a request."""
        http = self._http
        try:
            yield
        except http.TransportError as error:
            error.request = None  # its headers hold the key, and what is raised of it is logged somewhere
            unsent = isinstance(error, (http.ConnectError, http.ConnectTimeout, http.PoolTimeout))
            raise Broken(error, arrived=not unsent, late=isinstance(error, http.TimeoutException)) from None
        except (http.InvalidURL, UnicodeError) as error:  # a host, or a model's name, that fits no address
            raise Failure(400, f"there can be no such address: {error}") from None


class Line(_Library, lines.Line):
    """A connection of a blocking client."""

    def sent(self, step: Send) -> Arrived:
        """Send a request; raise Broken."""
        with self._watched():
            self._reply = self._client.send(self._request(step), stream=True)
        return _arrived(self._reply)

    def chunks(self) -> Generator[bytes]:
        """Give the body of the reply as it comes; raise Broken."""
        with self._watched():
            yield from self._reply.iter_bytes()

    def hold(self, step: Hold) -> None:
        """Hold a reply against a schema."""
        held(step)

    def close(self) -> None:
        """Give the connection back."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.close()


class AsyncLine(_Library, lines.AsyncLine):
    """A connection of a client for coroutines."""

    async def sent(self, step: Send) -> Arrived:
        """Send a request; raise Broken."""
        with self._watched():
            self._reply = await self._client.send(self._request(step), stream=True)
        return _arrived(self._reply)

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Give the body of the reply as it comes; raise Broken."""
        with self._watched():
            async for chunk in self._reply.aiter_bytes():
                yield chunk

    async def hold(self, step: Hold) -> None:
        """Hold a reply against a schema."""
        held(step)

    async def close(self) -> None:
        """Give the connection back, even where the caller is being cancelled."""
        reply, self._reply = self._reply, None
        if reply is not None:
            with anyio.CancelScope(shield=True):
                await reply.aclose()


def library(client: Http) -> Any:
    """Return the library that a client, or one it inherits from, belongs to."""
    homes = [base.__module__.partition(".")[0] for base in type(client).__mro__]
    return import_module(next(name for name in homes if name in ("httpx", "httpx2")))


def _arrived(reply: Http) -> Arrived:
    return Arrived(reply.status_code, {name.lower(): value for name, value in reply.headers.items()})


def held(step: Hold) -> None:
    """Raise ValidationError where a reply does not fit its schema, Failure (400) where the schema is none."""
    try:
        enforce(step.body, step.spec, step.schema, step.rule, step.place)
    except ValidationError:
        raise
    except DocumentError as error:
        raise of_request(error) from None
    except (re.error, RecursionError) as error:
        raise Failure(400, f"the schema to enforce cannot be used: {error}") from None
