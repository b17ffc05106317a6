"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE: `quick` (default, the same documents each time), `fresh`, `long`.

And servers on real sockets, started when the first test asks for them: see servers.py.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

# Documents are drawn by hand-written strategies; how long one takes to draw says nothing about the law.
DRAWING = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("quick", max_examples=50, derandomize=True, deadline=None, suppress_health_check=DRAWING)
settings.register_profile("fresh", max_examples=300, deadline=None, print_blob=True, suppress_health_check=DRAWING)
settings.register_profile("long", max_examples=5000, deadline=None, print_blob=True, suppress_health_check=DRAWING)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def emulator():
    """The offline Gemini, one for the session."""
    from servers import emulated

    with emulated() as running:
        yield running
