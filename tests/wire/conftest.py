"""The chain of servers, one for the session; and what the tests of this folder need is there, or says why not."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.register_assert_rewrite("wire.chain")

NEEDED = {
    "openai": "openai",
    "google.genai": "google-genai",
    "langchain_openai": "langchain-openai",
    "pydantic_ai": "pydantic-ai-slim",
}


def missing() -> list[str]:
    """Name the packages that are not installed."""
    return [package for module, package in NEEDED.items() if not _found(module)]


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class Unread(pytest.Module):
    """A test file that is not even read, since its imports would fail."""

    def collect(self):
        pytest.skip(f"needs {' and '.join(missing())}: pip install -e '.[dev]'")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if not missing():
        return None
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true and {' and '.join(missing())} is not installed")
    return Unread.from_parent(parent, path=module_path)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def front(emulator):
    """OpenAI's API in front, the offline Gemini behind."""
    from wire.chain import gateway

    with gateway(emulator, front=["openai"], back="gemini") as running:
        yield running


@pytest.fixture(scope="session")
def reverse(emulator, front):
    """Gemini's API in front, behind it a server that speaks OpenAI's: the gateway of `front`."""
    from wire.chain import gateway

    with gateway(emulator, front.url, front=["gemini"], back="openai") as running:
        yield running


@pytest.fixture(autouse=True)
def _forgotten(emulator):
    """Start each test with an empty record of requests."""
    emulator.forget()
