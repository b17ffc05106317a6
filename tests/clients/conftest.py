"""Without the official SDKs these tests are skipped, with the reason; with CI=true their absence is a failure."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.register_assert_rewrite("clients.behind")

SDKS = {"openai": "openai", "google.genai": "google-genai"}


def missing() -> list[str]:
    """Name the SDKs that are not installed."""
    return [package for module, package in SDKS.items() if not _found(module)]


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
