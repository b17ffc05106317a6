"""A loaded ruleset on disk, so that a warm start reads no YAML.

It lies beside the package's own byte code, is trusted as that is, and is known by the bytes of every rule file and of
the modules that read them. Where it cannot be written, nothing is lost but time.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import pickle  # what is loaded here was written here, beside the byte code that is trusted as much
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from isogloss import guard, shelves
from isogloss.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isogloss.rule import Ruleset

_FOLDER: Final = Path(__file__).parent / "__pycache__"
#: The modules that decide what a rule file becomes.
_READERS: Final = (
    *("rule", "loader", "sides", "heirs", "tellings", "stages", "prefixes", "entries", "example"),
    *("bookshelf", "source", "guard", "cache"),
)

#: What a ruleset has most in.
_LARGE: Final = ("documents", "sets", "layouts", "tables")


def ruleset(version: str, profile: str | None, overlays: tuple[Path, ...]) -> Ruleset:
    """Load a ruleset from disk, or from its rule files and keep it for the next start."""
    if overlays:
        return _read(version, profile, overlays)[0]
    name = f"rules-{version}-{profile or 'plain'}-{sys.implementation.cache_tag}"
    path = _FOLDER / f"{name}-{_key(_files(version, profile))}.pickle"
    found = _load(path)
    if found is None:
        found = _read(version, profile, ())
        _keep(path, name, (_shelved(found[0]), found[1]))
    guard.know(found[1])
    return found[0]


def _read(version: str, profile: str | None, overlays: tuple[Path, ...]) -> tuple[Ruleset, dict[str, Any]]:
    from isogloss import loader  # YAML is only read when it must be

    try:
        rules = loader.load(version, profile, overlays)
        return rules, guard.trees(rules)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        from isogloss import checker  # the loader trusts the form of what it reads; the checker says what is wrong

        problems = checker.check(version, profile, overlays).problems
        if not problems:
            raise
    raise RuleError(problems)


def _files(version: str, profile: str | None) -> list[Path]:
    laid = [shelves.profile_file(version, profile)] if profile is not None else []
    return [*shelves.rule_files(version), *laid]


def _key(files: list[Path]) -> str:
    readers = [Path(__file__).with_name(f"{name}.py") for name in _READERS]
    stamps = [f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in readers if path.exists()]
    told = "\0".join([*stamps, *map(str, files), shelves.digest(files)])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


class _Shelf(Mapping[str, Any]):
    """Entries that are read when somebody asks for them: most programs need a few of all."""

    def __init__(self, kept: dict[str, bytes]) -> None:
        self._kept = kept
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = pickle.loads(self._kept[name])  # noqa: S301 - see above
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def _shelved(rules: Ruleset) -> Ruleset:
    """Return a ruleset whose largest mappings lie apart, entry by entry."""
    entries = {large: getattr(rules, large).items() for large in _LARGE}
    laid = {large: _Shelf({name: _dumped(one) for name, one in held}) for large, held in entries.items()}
    return replace(rules, **laid)


def _dumped(value: Any) -> bytes:
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def _load(path: Path) -> Any:
    collects = gc.isenabled()
    gc.disable()  # every object lives on: looking for others takes as long as reading them
    try:
        return pickle.loads(path.read_bytes())  # noqa: S301 - see above
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the rule files are right
        return None
    finally:
        if collects:
            gc.enable()


def _keep(path: Path, name: str, found: Any) -> None:
    """Write beside and move into place: a reader never sees half a file. What it replaces goes."""
    import tempfile  # only a first start writes

    with contextlib.suppress(OSError):
        _FOLDER.mkdir(exist_ok=True)
        for old in _FOLDER.glob(f"{name}-*.pickle"):
            old.unlink(missing_ok=True)
        handle, part = tempfile.mkstemp(dir=_FOLDER)
        with os.fdopen(handle, "wb") as file:
            file.write(_dumped(found))
        Path(part).replace(path)
