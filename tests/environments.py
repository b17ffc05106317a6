"""Environments of their own, for packages that cannot live beside what other tests need, or are large."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

_HOME = Path(__file__).parents[1] / "build"


def lacking(reason):
    """Skip what cannot be run here; with CI=true, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true and {reason}")
    pytest.skip(reason)


def environment(name: str, *packages: str) -> Path:
    """Make an environment with these packages, once; return its Python."""
    home = _HOME / name
    folder = home / hashlib.sha256(" ".join([sys.version, *packages]).encode()).hexdigest()[:16]
    python = folder / "bin" / "python"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process makes it, the others wait
        if not (folder / "done").exists():
            venv.create(folder, clear=True, with_pip=True)
            done = subprocess.run(
                [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *packages],
                capture_output=True,
                check=False,
            )
            if done.returncode:
                lacking(f"pip cannot install {name}: {done.stderr.decode(errors='replace')[-300:]}")
            (folder / "done").touch()
    return python
