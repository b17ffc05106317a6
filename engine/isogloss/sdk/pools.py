"""Connections that calls share: one pool for blocking calls, one for each event loop.

The first call opens a pool; it is closed with the program, or with the loop: an asynchronous generator that holds it is
closed by `asyncio.run` and its kind (https://docs.python.org/3/library/asyncio-eventloop.html, `shutdown_asyncgens`).
"""

from __future__ import annotations

import atexit
import os
from functools import cache
from typing import TYPE_CHECKING, Final

import httpx
from anyio.lowlevel import RunVar, RunvarToken

from isogloss.sdk import verbose

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    _Held = tuple[httpx.AsyncClient, AsyncGenerator[httpx.AsyncClient]]

_LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
#: The pool of the event loop that runs, and the generator that closes it.
_POOL: Final[RunVar[_Held]] = RunVar("isogloss.pool")


def pool() -> httpx.Client:
    """Return the pool of blocking calls; threads share it, a forked process has its own."""
    return _opened(os.getpid())


@cache
def _opened(_: int) -> httpx.Client:
    client = httpx.Client(limits=_LIMITS, follow_redirects=False, event_hooks={"request": [verbose.log]})
    atexit.register(client.close)
    return client


async def async_pool() -> httpx.AsyncClient:
    """Return the pool of the event loop that runs."""
    try:
        client, _ = _POOL.get()
    except LookupError:
        tokens: list[RunvarToken[_Held]] = []
        holder = _held(tokens)
        client = await anext(holder)
        tokens.append(_POOL.set((client, holder)))
    return client


async def _held(tokens: list[RunvarToken[_Held]]) -> AsyncGenerator[httpx.AsyncClient]:
    """Hold a pool; what is closed is forgotten, or it would keep its loop in memory."""
    hooks = {"request": [verbose.log_async]}
    client = httpx.AsyncClient(limits=_LIMITS, follow_redirects=False, event_hooks=hooks)
    try:
        yield client
    finally:
        await client.aclose()
        for token in tokens:
            _POOL.reset(token)
