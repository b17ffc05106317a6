"""What takes several calls, how their replies become one, and how long a reply must be: as the rulebook says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.values import Path, Value


@dataclass(frozen=True)
class Apart:
    """A list that is asked for in several calls: in shares of at most so many items, each of which says so and so."""

    at: Path
    most: int
    #: The longest list that is taken at all.
    limit: int
    #: Words of the items that are said once for all of a call there: where one says otherwise, a share begins.
    alike: tuple[Path, ...]
    #: Facts that the family of a written dialect must have; else it is one call: {dialect: {fact: value}}.
    needs: Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True)
class Times:
    """A number of things that are asked for one by one: so many calls that say the same, each of them for one."""

    at: Path
    limit: int
    #: Numbers that each call says one higher than the one before, so that not all replies are equal.
    rises: tuple[Path, ...]
    needs: Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True)
class Join:
    """How the replies of several calls become one: lists follow each other, numbers are added."""

    lists: tuple[Path, ...]
    #: The name under which items carry their place in the list.
    number: str | None
    adds: tuple[Path, ...]


@dataclass(frozen=True)
class Answers:
    """A reply that has as many items as its request: those at all places together, in the request's order."""

    #: Where the items of the request stand; what is no list there is one.
    each: Path
    at: tuple[Path, ...]
    #: The name under which the items of the reply carry their place.
    number: str | None
