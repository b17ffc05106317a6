"""Connections that calls share: one pool for blocking calls, one for each event loop.

The first call opens a pool; it is closed with the program, or with the loop: an asynchronous generator that holds it is
closed by `asyncio.run` and its kind (https://docs.python.org/3/library/asyncio-eventloop.html, `shutdown_asyncgens`).
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING, Final

import httpx
from anyio.lowlevel import RunVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
#: The pool of the event loop that runs, and the generator that closes it.
_POOL: Final[RunVar[tuple[httpx.AsyncClient, AsyncGenerator[httpx.AsyncClient]]]] = RunVar("isogloss.pool")


@cache
def pool() -> httpx.Client:
    """Return the pool of blocking calls; threads share it."""
    client = httpx.Client(limits=_LIMITS, follow_redirects=False)
    atexit.register(client.close)
    return client


async def async_pool() -> httpx.AsyncClient:
    """Return the pool of the event loop that runs."""
    try:
        client, _ = _POOL.get()
    except LookupError:
        holder = _held()
        client = await anext(holder)
        _POOL.set((client, holder))
    return client


async def _held() -> AsyncGenerator[httpx.AsyncClient]:
    client = httpx.AsyncClient(limits=_LIMITS, follow_redirects=False)
    try:
        yield client
    finally:
        await client.aclose()
