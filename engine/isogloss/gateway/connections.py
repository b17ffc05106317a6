"""Connections of callers, as uvicorn keeps them, with bounds that it lacks.

A request's head is so large at the most and comes within so much time; a caller who does not read is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from isogloss.gateway.settings import Limits

#: There is no telling whose dialect is spoken before the head has come.
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nx-should-retry: false\r\nconnection: close\r\n\r\n"
)


class Connection(HttpToolsProtocol):
    """One connection. What one read of the socket brings may come on top of the bound."""

    def __init__(self, limits: Limits, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._head = 0
        self._coming: asyncio.TimerHandle | None = None
        self._going: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------ the head of a request

    def connection_made(self, transport: Any) -> None:
        """Wait for a request."""
        super().connection_made(transport)
        self._begin()

    def on_message_begin(self) -> None:
        """Wait for a head."""
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._end()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        super().data_received(data)
        if self._coming is not None:
            self._head += len(data)
            if self._head > self._limits.headers and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def _begin(self) -> None:
        self._end()
        self._head = 0
        self._coming = self.loop.call_later(self._limits.idle, self.transport.abort)

    def _end(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None

    # ------------------------------------------------------------------ a caller who does not read

    def pause_writing(self) -> None:
        """Look from time to time whether the caller reads at all."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Look no longer."""
        super().resume_writing()
        self._unwatch()

    def timeout_keep_alive_handler(self) -> None:
        """Leave; what is still to be read then is given up."""
        super().timeout_keep_alive_handler()
        self._watch()

    def _watch(self) -> None:
        self._unwatch()
        left = self.transport.get_write_buffer_size()
        self._going = self.loop.call_later(self._limits.idle, self._look, left)

    def _look(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._watch()
        else:
            self.transport.abort()

    def _unwatch(self) -> None:
        if self._going is not None:
            self._going.cancel()
            self._going = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._end()
        self._unwatch()
        super().connection_lost(exc)
