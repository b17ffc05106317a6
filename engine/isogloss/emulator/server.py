"""The emulator on a socket: in the foreground for people, in a thread for programs and tests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import uvicorn

from isogloss import sockets

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp


def run(app: ASGIApp, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; port 0 takes a free one. `announce` gets the address, as `http://host:port`.

    Raises OSError where the address is taken.
    """
    with sockets.bound(host, port) as bound:
        announce(sockets.address(bound))
        _server(app).run(sockets=[bound])


def background(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> AbstractContextManager[str]:
    """Serve in a thread for as long as the context lasts; yields the address.

    Raises OSError where the address is taken.
    """
    return sockets.background(_server(app), host, port)


def _server(app: ASGIApp) -> uvicorn.Server:
    settings = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    logging.getLogger("uvicorn.error").addFilter(_unintended)
    return uvicorn.Server(settings)


def _unintended(record: logging.LogRecord) -> bool:
    """Keep what uvicorn says about replies that end too early to itself: scripts cut them on purpose."""
    return "without completing response" not in record.getMessage()
