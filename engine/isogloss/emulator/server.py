"""The emulator on a socket: in the foreground for people, in a thread for programs and tests."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import ASGIApp

_PATIENCE: Final = 10.0  # seconds until a server must stand


def run(app: ASGIApp, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; port 0 takes a free one. `announce` gets the address, as `http://host:port`.

    Raises OSError where the address is taken.
    """
    with _bound(host, port) as bound:
        announce(_address(bound))
        _server(app).run(sockets=[bound])


@contextmanager
def background(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Generator[str]:
    """Serve in a thread for as long as the context lasts; yields the address.

    Raises OSError where the address is taken.
    """
    server = _server(app)
    with _bound(host, port) as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            _await(server, thread)
            yield _address(bound)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)


def _await(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + _PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise OSError("the server did not start")
        time.sleep(0.005)


def _server(app: ASGIApp) -> uvicorn.Server:
    settings = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    logging.getLogger("uvicorn.error").addFilter(_unintended)
    return uvicorn.Server(settings)


def _unintended(record: logging.LogRecord) -> bool:
    """Keep what uvicorn says about replies that end too early to itself: scripts cut them on purpose."""
    return "without completing response" not in record.getMessage()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen()  # from here on clients wait instead of being turned away
    except OSError:
        found.close()
        raise
    return found


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
