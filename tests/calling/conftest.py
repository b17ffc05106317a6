"""The offline Gemini, as programs find the real one: by the environment. Skipped where openai is not installed."""

import pytest
from packages import SDKS, needing
from servers import KEY

pytest_pycollect_makemodule = needing(SDKS)


@pytest.fixture
def gemini(emulator, monkeypatch):
    """Return the emulator, whose address and key stand in the environment."""
    for name in ("GOOGLE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_BASE", emulator.url)
    emulator.forget()
    return emulator


@pytest.fixture
def asked(gemini):
    """Return what gives the body of the only request that came, or all of them."""

    def bodies():
        return [request["body"] for request in gemini.requests()]

    return bodies
