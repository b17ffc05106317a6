"""The chain of servers, one for the session; and what the tests of this folder need is there, or says why not."""

import pytest
from packages import SDKS, needing

pytest.register_assert_rewrite("wire.chain")

FRAMEWORKS = {"langchain_openai": "langchain-openai", "pydantic_ai": "pydantic-ai-slim"}
pytest_pycollect_makemodule = needing({**SDKS, **FRAMEWORKS})


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
