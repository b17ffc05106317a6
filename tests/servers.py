"""Servers on real sockets, for tests: the emulator, and what came to it.

A test takes the fixture `emulator` (one for the session, so `forget()` before looking at `requests()`) or makes one of
its own with `emulated(scripts)`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from isogloss.emulator import app, server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

KEY = "emulated-key"


@dataclass(frozen=True)
class Emulated:
    """A running emulator."""

    url: str

    def client(self, **settings: Any) -> httpx.Client:
        """Return a client with a key, whose addresses start at the emulator's."""
        return httpx.Client(base_url=self.url, headers={"x-goog-api-key": KEY}, timeout=10, **settings)

    def requests(self, last: int = 100) -> list[dict[str, Any]]:
        """Return what came, the oldest first, with keys taken out."""
        return httpx.get(f"{self.url}/emulator/requests", params={"last": last}).json()["requests"]

    def forget(self) -> None:
        """Empty the record."""
        httpx.delete(f"{self.url}/emulator/requests").raise_for_status()


@contextmanager
def emulated(*scripts: Path, pace: float = 0) -> Generator[Emulated]:
    """Run an emulator for as long as the context lasts."""
    with server.background(app.create(scripts, pace=pace)) as url:
        yield Emulated(url)
