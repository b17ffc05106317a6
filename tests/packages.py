"""Packages that a folder of tests needs: without them its files are not read, and say so; with CI=true that fails."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Collect = Callable[[Path, pytest.Collector], pytest.Module | None]

#: The official SDKs: what is imported, and the package that has it.
SDKS = {"openai": "openai", "google.genai": "google-genai"}


def needing(packages: Mapping[str, str]) -> Collect:
    """Return a folder's `pytest_pycollect_makemodule`: package names by the modules that tests import of them."""

    def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        missing = " and ".join(package for module, package in packages.items() if not _found(module))
        if not missing:
            return None
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true and {missing} is not installed")
        unread = Unread.from_parent(parent, path=module_path)
        unread.missing = missing
        return unread

    return pytest_pycollect_makemodule


class Unread(pytest.Module):
    """A test file that is not even read, since its imports would fail."""

    missing = ""

    def collect(self):
        pytest.skip(f"needs {self.missing}: pip install -e '.[dev]'")


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
