"""A server on a socket: bound before it starts, so that its address is known, and run in a thread where asked."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    import uvicorn

_PATIENCE: Final = 15.0  # seconds until a server must stand, or be gone


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises OSError where the address is taken.
    """
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen()  # from here on clients wait instead of being turned away
    except OSError:
        found.close()
        raise
    return found


def address(listening: socket.socket) -> str:
    """Return where a socket is reached: `http://host:port`."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def background(server: uvicorn.Server, host: str, port: int) -> Generator[str]:
    """Serve in a thread for as long as the context lasts; yields the address.

    Raises OSError where the address is taken, or where the server does not start.
    """
    with bound(host, port) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            _await(server, thread)
            yield address(listening)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)


def _await(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + _PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise OSError("the server did not start")
        time.sleep(0.005)
