"""What one model's name means for an exchange: its name there, both families, and the lenses they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss import families, library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.families import Match
    from isogloss.lens import Lens
    from isogloss.translator import Translator

    #: What a reply must fit: the rulebook's words for it, rule and place.
    Demand = tuple[Mapping[str, Any], str, str]

_PHASES: Final = ("request", "response", "stream", "error")


class Meaning:
    """What one name means."""

    __slots__ = ("assumed", "fits", "lenses", "matches", "model", "target_model", "told")

    def __init__(self, gloss: Translator, model: str | None) -> None:
        self.model = model
        #: What replies call it: as the caller does, but for prefixes that only say where it is asked for.
        self.told = None if model is None else families.bare(gloss.ruleset.dialects[gloss.target], model)
        self.target_model = gloss.target_model(model)
        self.matches = matches(gloss, model, self.target_model)
        match = self.matches[gloss.target]
        self.assumed = match if match.assumed is not None and match.family is not None else None
        #: Lenses, and what replies must fit, by phase and operation.
        self.lenses: dict[str, dict[str, Lens]] = {phase: {} for phase in _PHASES}
        self.fits: dict[str, dict[str, Demand | None]] = {phase: {} for phase in _PHASES}


def matches(gloss: Translator, model: str | None, target_model: str | None) -> dict[str, Match]:
    """Find the families of a model's two names."""
    names = {gloss.source: model, gloss.target: target_model}
    return {dialect: library.family(gloss.ruleset, dialect, name) for dialect, name in names.items()}
