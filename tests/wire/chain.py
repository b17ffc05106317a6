"""Gateways on real sockets, with the offline Gemini behind them: what the tests of this folder talk to.

openai client  →  gateway (front openai, back gemini)  →  emulator
genai client   →  gateway (front gemini, back openai)  →  gateway (front openai, back gemini)  →  emulator
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import openai
from isogloss.gateway import server, settings
from servers import KEY, TLS

if TYPE_CHECKING:
    from collections.abc import Generator

    from servers import Emulated

Json = dict[str, Any]


@dataclass(frozen=True)
class Gateway:
    """A running gateway, and the emulator at the end of the chain."""

    url: str
    emulator: Emulated

    @property
    def api(self) -> str:
        """The base address as openai clients have it."""
        return self.url + "/v1"

    def openai(self, **options: Any) -> openai.OpenAI:
        """Make an official client, as its users do; close it."""
        return openai.OpenAI(**{"api_key": KEY, "base_url": self.api, "max_retries": 0, "timeout": 20, **options})

    def async_openai(self, **options: Any) -> openai.AsyncOpenAI:
        """Make an official client for coroutines; close it."""
        return openai.AsyncOpenAI(**{"api_key": KEY, "base_url": self.api, "max_retries": 0, "timeout": 20, **options})

    def raw(self, **options: Any) -> httpx.Client:
        """Make a plain client, with the key where OpenAI's clients have it."""
        headers = {"authorization": f"Bearer {KEY}", **options.pop("headers", {})}
        return httpx.Client(**{"base_url": self.url, "headers": headers, "timeout": 20, "verify": TLS, **options})

    def asked(self) -> list[Json]:
        """Return the bodies that have reached the end of the chain since it was last asked."""
        requests = self.emulator.requests()
        self.emulator.forget()
        return [request["body"] for request in requests if request["body"] is not None]


@contextmanager
def gateway(emulator: Emulated, url: str | None = None, **said: Any) -> Generator[Gateway]:
    """Run a gateway for as long as the context lasts, by default before the emulator; `said` as in isogloss.yaml."""
    words = {"port": 0, "upstream": url or emulator.url, **said}
    with server.background(settings.decide(words, {})) as address:
        yield Gateway(address, emulator)
