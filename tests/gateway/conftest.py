"""Gateways of the session: one to the emulator, open in both dialects."""

import pytest
from gateway.stage import gateway


@pytest.fixture(scope="session")
def forward(emulator):
    """Return the address of a gateway before the emulator, with an operator's key."""
    with gateway({"GEMINI_API_KEY": "operator-key"}, front=["openai", "gemini"], upstream=emulator.url) as url:
        yield url
