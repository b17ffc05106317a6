"""The offline Gemini, as programs find the real one: by the environment. Skipped where openai is not installed."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from servers import KEY


class Unread(pytest.Module):
    """A test file that is not even read, since its imports would fail."""

    def collect(self):
        pytest.skip("needs openai and google-genai: pip install -e '.[dev]'")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if all(find_spec(name) is not None for name in ("openai", "google")):
        return None
    if os.environ.get("CI") == "true":
        pytest.fail("CI=true and openai or google-genai is not installed")
    return Unread.from_parent(parent, path=module_path)


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
