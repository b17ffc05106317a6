"""The application on a socket: in the foreground, in several processes, or in a thread for programs and tests."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.config import LOGGING_CONFIG
from uvicorn.supervisors import Multiprocess

from isogloss import sockets
from isogloss.gateway import app
from isogloss.gateway.connections import Connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from isogloss.gateway.settings import Settings

#: Seconds that requests have to come to their end when the server stops.
_GRACE: Final = 10


def run(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` gets the address, as http://host:port. Port 0 takes a free one.

    Raises OSError where the address is taken.
    """
    with sockets.bound(settings.host, settings.port) as bound:
        config = _config(settings, grace=_GRACE, log_config=_logging())
        announce(sockets.address(bound))
        if settings.workers > 1:
            Multiprocess(config, sockets=[bound]).run()
        else:
            with suppress(KeyboardInterrupt):  # uvicorn raises it again once everything is closed
                uvicorn.Server(config).run(sockets=[bound])


def background(settings: Settings) -> AbstractContextManager[str]:
    """Serve in a thread for as long as the context lasts; yields the address."""
    server = uvicorn.Server(_config(settings, grace=1, log_config=None))
    return sockets.background(server, settings.host, settings.port)


def _logging() -> dict[str, Any]:
    """Write a line for each request beside what uvicorn writes: method, path, status, time; no query, no key."""
    usual: dict[str, Any] = LOGGING_CONFIG
    ours = {app.LOG.name: {"handlers": ["default"], "level": "INFO", "propagate": False}}
    return {**usual, "loggers": {**usual["loggers"], **ours}}


def _config(settings: Settings, grace: int, log_config: dict[str, Any] | None) -> uvicorn.Config:
    return uvicorn.Config(
        functools.partial(app.create, settings),
        factory=True,
        http=functools.partial(Connection, settings.limits),  # pyright: ignore[reportArgumentType] - it makes them
        workers=settings.workers,
        log_config=log_config,
        log_level="warning",
        access_log=False,  # it would write queries down, and keys stand in them
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=grace,
        lifespan="on",
        ws="none",
    )
