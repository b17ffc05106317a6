"""Which family a model's name belongs to.

An ordered list of anchored patterns decides. A name that none of them knows is sorted by kind, then to the highest
known generation of its line that is not above its number, else to the newest of its kind, and that is reported as
assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from isogloss.rule import Dialect, Family, Ruleset


#: The longest name of a model, in letters, that is remembered: names come from strangers.
LONGEST: Final = 256


@dataclass(frozen=True, slots=True)
class Match:
    """A family, and why it was assumed if no pattern knew the name."""

    family: Family | None
    assumed: str | None = None


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def bare(dialect: Dialect, model: str) -> str:
    """Take the prefixes off a model's name."""
    for prefix in dialect.prefixes:
        model = model.removeprefix(prefix)
    return model


def resolve(ruleset: Ruleset, dialect: str, model: str | None) -> Match:
    """Find the family of a model in a dialect; `model` may carry a prefix."""
    families = [family for family in ruleset.families if family.dialect == dialect]
    if not families:
        return Match(None)
    name = bare(ruleset.dialects[dialect], model or "")
    for family in families:
        if family.match and _pattern(family.match).fullmatch(name):
            return Match(family)
    return _assume(ruleset.dialects[dialect], families, name)


def _assume(dialect: Dialect, families: list[Family], name: str) -> Match:
    kind = next((kind for kind, pattern in dialect.raw.get("kinds", ()) if _pattern(pattern).fullmatch(name)), "text")
    found = _of_line(dialect, [family for family in families if family.kind == kind], name)
    if found is None:
        newest = dialect.newest.get(kind)
        found = next((family for family in families if family.id == newest), None)
    told = f"no family knows the model {name!r}; it is taken for {found.id}" if found and name else None
    return Match(found, told)


def _of_line(dialect: Dialect, families: list[Family], name: str) -> Family | None:
    for line, pattern in dialect.raw.get("lines", ()):
        match = _pattern(pattern).fullmatch(name)
        if match:
            number = float(match[1])
            older = [family for family in families if family.line == line and 0 <= family.generation <= number]
            return max(older, key=lambda family: family.generation, default=None)
    return None
