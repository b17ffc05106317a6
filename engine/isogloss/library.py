"""Rulesets and lenses that have been made already: each is made once, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from isogloss import cache, families, shelves
from isogloss.lens import Lens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from isogloss.families import Match
    from isogloss.rule import Ruleset

    Fast = Callable[..., Any]


#: The rulesets that are remembered, with what was made of them; with more in turn, each is made anew.
_MOST: Final = 64


@lru_cache(maxsize=_MOST)
def ruleset(version: str | None = None, profile: str | None = None, overlays: tuple[str, ...] = ()) -> Ruleset:
    """Load a ruleset, or return the one that was loaded."""
    return cache.ruleset(version or shelves.versions()[-1], profile, tuple(Path(path) for path in overlays))


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of one ruleset."""

    rules: Ruleset
    lenses: dict[tuple[str, str, str, str | None, str | None], Lens]
    families: dict[tuple[str, str | None], Match]


_MADE: dict[int, _Made] = {}


def _made(rules: Ruleset) -> _Made:
    found = _MADE.get(id(rules))
    if found is None or found.rules is not rules:
        for oldest in list(_MADE)[: max(0, len(_MADE) - _MOST + 1)]:  # other threads may add some
            _MADE.pop(oldest, None)
        found = _MADE[id(rules)] = _Made(rules, {}, {})
    return found


def lens(rules: Ruleset, document: str, reader: str, writer: str, matches: Mapping[str, Match]) -> Lens:
    """Turn a ruleset for one document, direction and pair of families, or return what was turned."""
    lenses = _made(rules).lenses
    key = (document, reader, writer, _id(matches.get(reader)), _id(matches.get(writer)))
    found = lenses.get(key)
    if found is None:
        found = lenses[key] = Lens(rules, document, reader, writer, matches)
    return found


def compiled(lens: Lens) -> Fast | None:
    """Return a lens as generated code, or None where it cannot be compiled, or runs for the first time.

    Compiling costs more than a first run does; a program that translates one document should not wait for it.
    """
    if not lens.ran:
        lens.ran = True
        return None
    if not lens.tried:
        from isogloss import compiler

        lens.tried = True
        lens.work = compiler.compile_lens(lens)
    return lens.work


def _id(match: Match | None) -> str | None:
    return match.family.id if match is not None and match.family is not None else None


def family(rules: Ruleset, dialect: str, model: str | None) -> Match:
    """Find a model's family."""
    known = _made(rules).families
    found = known.get((dialect, model))
    if found is None:
        if len(known) > 10_000:  # noqa: PLR2004 - names come from strangers: the memory of them is bounded
            known.clear()
        found = families.resolve(rules, dialect, model)
        if len(model or "") <= families.LONGEST:
            known[dialect, model] = found
    return found
