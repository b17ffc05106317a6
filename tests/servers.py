"""Servers on real sockets, for tests: the emulator, and what came to it.

A test takes the fixture `emulator` (one for the session, so `forget()` before looking at `requests()`) or makes one of
its own with `emulated(scripts)`.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from isogloss.emulator import app, server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

KEY = "emulated-key"
TLS = ssl.create_default_context()  # made once: each client would take 30 ms to make its own


@dataclass(frozen=True)
class Emulated:
    """A running emulator."""

    url: str

    def client(self, **settings: Any) -> httpx.Client:
        """Return a client with a key, whose addresses start at the emulator's."""
        return httpx.Client(base_url=self.url, headers={"x-goog-api-key": KEY}, timeout=10, verify=TLS, **settings)

    def requests(self, last: int = 100) -> list[dict[str, Any]]:
        """Return what came, the oldest first, with keys taken out."""
        with self.client() as client:
            return client.get("/emulator/requests", params={"last": last}).json()["requests"]

    def forget(self) -> None:
        """Empty the record."""
        with self.client() as client:
            client.delete("/emulator/requests").raise_for_status()


@contextmanager
def emulated(*scripts: Path, pace: float = 0) -> Generator[Emulated]:
    """Run an emulator for as long as the context lasts."""
    with server.background(app.create(scripts, pace=pace)) as url:
        yield Emulated(url)
