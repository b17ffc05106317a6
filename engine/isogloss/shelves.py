"""Where the rulebook's files lie: versions, their rule files and profiles, overlays. Nothing is read but bytes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from isogloss import resources
from isogloss.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def versions() -> list[str]:
    """List the versions of the rulebook."""
    return sorted(path.name for path in resources.folder("rules").iterdir() if (path / "ruleset.yaml").exists())


def rule_files(version: str) -> list[Path]:
    """List the rule files of a version, without its profiles."""
    folder = resources.folder("rules") / version
    if not (folder / "ruleset.yaml").exists():
        raise UnknownName("version", version, versions())
    return sorted(path for path in folder.rglob("*.yaml") if path.parent.name != "profiles")


def profiles(version: str) -> list[str]:
    """List the profiles of a version."""
    return sorted(path.stem for path in (resources.folder("rules") / version / "profiles").glob("*.yaml"))


def profile_file(version: str, name: str) -> Path:
    """Find a profile's file."""
    path = resources.folder("rules") / version / "profiles" / f"{name}.yaml"
    if not path.exists():
        raise UnknownName("profile", name, profiles(version))
    return path


def overlay_files(overlays: Iterable[Path]) -> list[Path]:
    """List the files of overlays: each a file, or a folder of files."""
    found: list[Path] = []
    for path in overlays:
        found += sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return found


def digest(files: Iterable[Path]) -> str:
    """Hash the bytes of rule files, to know a cached ruleset by."""
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
