"""Rulesets and lenses that have been made already: each is made once, and never changed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from isogloss import cache, families, shelves
from isogloss.lens import Lens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from isogloss.families import Match
    from isogloss.rule import Ruleset

    Fast = Callable[..., Any]


@lru_cache(maxsize=64)
def ruleset(version: str | None = None, profile: str | None = None, overlays: tuple[str, ...] = ()) -> Ruleset:
    """Load a ruleset, or return the one that was loaded."""
    return cache.ruleset(version or shelves.versions()[-1], profile, tuple(Path(path) for path in overlays))


_LENSES: dict[tuple[int, str, str, str, str | None, str | None], tuple[Ruleset, Lens]] = {}


def lens(rules: Ruleset, document: str, reader: str, writer: str, matches: Mapping[str, Match]) -> Lens:
    """Turn a ruleset for one document, direction and pair of families, or return what was turned."""
    key = (id(rules), document, reader, writer, _id(matches.get(reader)), _id(matches.get(writer)))
    found = _LENSES.get(key)
    if found is None or found[0] is not rules:
        found = _LENSES[key] = (rules, Lens(rules, document, reader, writer, matches))
    return found[1]


def compiled(lens: Lens) -> Fast | None:
    """Return a lens as generated code, or None where it cannot be compiled, or runs for the first time.

    Compiling costs more than a first run does; a program that translates one document should not wait for it.
    """
    if not lens.ran:
        lens.ran = True
        return None
    if lens.fast is None:
        from isogloss import compiler

        lens.fast = (compiler.compile_lens(lens),)
    return lens.fast[0]


def _id(match: Match | None) -> str | None:
    return match.family.id if match is not None and match.family is not None else None


_FAMILIES: dict[tuple[int, str, str | None], tuple[Ruleset, Match]] = {}


def family(rules: Ruleset, dialect: str, model: str | None) -> Match:
    """Find a model's family."""
    key = (id(rules), dialect, model)
    found = _FAMILIES.get(key)
    if found is None or found[0] is not rules:
        if len(_FAMILIES) > 10_000:  # noqa: PLR2004 - names come from strangers: the memory of them is bounded
            _FAMILIES.clear()
        found = (rules, families.resolve(rules, dialect, model))
        if len(model or "") <= families.LONGEST:
            _FAMILIES[key] = found
    return found[1]
