"""Where something stands in the caller's document that an answer names by its place in the translated one.

Whoever is asked names places in its own words, `some_list[0].name`, which the caller has never written. The account of
the request knows what they were made from; it is taken when somebody asks, since most replies name no place.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from isogloss.pointer import parse_pointer, place, pointer
from isogloss.running import steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isogloss.loss import Step
    from isogloss.translator import Exchange

    _Way = tuple[str, ...]

_STEP: Final = re.compile(r"[^.\[\]]+")


class Places:
    """Leads from places of a translated document to those of the caller's."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._pairs: list[tuple[_Way, _Way]] | None = None

    def __call__(self, name: str) -> str | None:
        """Return the caller's name of a place; None where nothing of the caller's stands there."""
        way = _way(_STEP.findall(name))
        found = self._below(way)
        while not found and way:
            way = way[:-1]
            found = next((mine for theirs, mine in self._known() if theirs == way), ())
        return place(pointer(found))

    def _below(self, way: _Way) -> _Way:
        """Return what all that stands at and below a place has in common, as far up as the place is."""
        found = [(len(theirs) - len(way), mine) for theirs, mine in self._known() if theirs[: len(way)] == way]
        ways = [mine[: max(1, len(mine) - depth)] for depth, mine in found]
        return _shared(ways) if ways and way else ()

    def _known(self) -> list[tuple[_Way, _Way]]:
        if self._pairs is None:
            pairs = [(step.target_pointer, step.pointer) for step in self._account()]
            self._pairs = [(_way(parse_pointer(to)), parse_pointer(at)) for to, at in pairs if to and at]
        return self._pairs

    def _account(self) -> tuple[Step, ...]:
        """Return the steps of the request; of several calls nobody knows which one is meant."""
        asked = self._exchange
        lens = asked.opening.request
        if lens is None or asked.shares:
            return ()
        return asked.request.ledger or steps(lens, asked.body, asked.beginning(), asked.gloss)


def _way(steps: Iterable[str]) -> _Way:
    """Return steps as they are compared: names have more than one spelling."""
    return tuple(step.replace("_", "").lower() for step in steps)


def _shared(ways: list[_Way]) -> _Way:
    """Return how all begin: what the first and the last share in the order of words."""
    pairs = zip(min(ways), max(ways), strict=False)
    return tuple(step for step, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
