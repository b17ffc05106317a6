"""What one model's name means for an exchange: its name there, both families, and the lenses they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import library

if TYPE_CHECKING:
    from isogloss.families import Match
    from isogloss.lens import Lens
    from isogloss.translator import Translator


class Meaning:
    """What one name means."""

    __slots__ = ("assumed", "fits", "lenses", "matches", "model", "target_model")

    def __init__(self, gloss: Translator, model: str | None) -> None:
        self.model = model
        self.target_model = gloss.target_model(model)
        self.matches = matches(gloss, model, self.target_model)
        match = self.matches[gloss.target]
        self.assumed = match if match.assumed is not None and match.family is not None else None
        #: Lenses, and what replies must fit, by operation and phase.
        self.lenses: dict[tuple[str, str], Lens] = {}
        self.fits: dict[tuple[str, str], tuple[Any, str, str] | None] = {}


def matches(gloss: Translator, model: str | None, target_model: str | None) -> dict[str, Match]:
    """Find the families of a model's two names."""
    names = {gloss.source: model, gloss.target: target_model}
    return {dialect: library.family(gloss.ruleset, dialect, name) for dialect, name in names.items()}
