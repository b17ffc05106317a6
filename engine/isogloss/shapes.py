"""Objects of one shape: generated code is made anew for the names that come again and again.

Most objects of an API hold the same few names in the same order. Code that knows them need not ask for all the names
that might be there. A shape is a tuple of names that rules know, so that strangers cannot fill the memory with theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isogloss.values import Value

    Work = Callable[..., Value]
    #: Makes the code of a shape: its names, those that are null, and the word that is known to stand under a name.
    Make = Callable[[tuple[str, ...], frozenset[str], Mapping[str, str]], "Made"]

#: How often a shape comes before code is made for it, how many shapes of one set have code, how many are counted.
OFTEN: Final = 4
MOST: Final = 128
COUNTED: Final = 1000
_LOCK: Final = Lock()


@dataclass(frozen=True, slots=True)
class Made:
    """The code of a shape: its own, or that of several with its word, and that of an object or a list of these."""

    own: Work | None = None
    sort: Work | None = None
    members: Work | None = None
    each: Work | None = None


class Shapes(dict[tuple[Any, ...], "Work"]):
    """The functions of one rule set: by the names of an object, the one that knows them, else the general one.

    Where most rules look at one name, what stands there is the first part of the shape: a word that a table knows, or
    None for all others.
    """

    def __init__(
        self, general: Work, names: frozenset[str], lead: str | None, words: frozenset[str], make: Make
    ) -> None:
        super().__init__()
        self.general = general
        self.names = names
        self.lead = lead
        self.words = words
        self.make = make
        self.seen: dict[tuple[Any, ...], int] = {}
        #: The functions of several shapes with one word, and that of several shapes where there are no words.
        self.sorts = Sorts(self)
        self.several: Work = self._look_up

    def of(self, value: dict[str, Value]) -> Work:
        """Find the function for an object."""
        return self.several if self.lead is None else self.sorts[said(value, self.lead)]

    def _look_up(self, value: dict[str, Value], *rest: Any) -> Value:
        return self[tuple(value)](value, *rest)

    def __missing__(self, shape: tuple[Any, ...]) -> Work:
        """Return the general function, or one that makes the shape's own at its first call."""
        word, names = (None, shape) if self.lead is None else (shape[0], shape[1:])
        if word is not None and word not in self.words:
            return self[None, *names]
        if len(self) >= MOST or not self.names.issuperset(names):
            return self.general
        if len(self.seen) >= COUNTED:
            self.seen.clear()
        count = self.seen[shape] = self.seen.get(shape, 0) + 1
        return partial(self._first, shape, names, word) if count >= OFTEN else self.general

    def _first(
        self, shape: tuple[Any, ...], names: tuple[str, ...], word: str | None, value: dict[str, Value], *rest: Any
    ) -> Value:
        """Make the code of a shape; what is null in the first object is expected to be null in others."""
        nulls = frozenset(name for name, member in value.items() if member is None)
        with _LOCK:
            if shape not in self:
                known = {} if word is None or self.lead is None else {self.lead: word}
                self._take(shape, word, self.make(names, nulls, known))
        return self.of(value)(value, *rest)

    def _take(self, shape: tuple[Any, ...], word: str | None, made: Made) -> None:
        """Use the code of a shape; what the code of several does not take of it is the general function's."""
        self[shape] = made.own or self.general
        self.sorts.members = made.members or self.sorts.members
        self.sorts.each = made.each or self.sorts.each
        if made.sort is not None and self.lead is None:
            self.several = made.sort
        elif made.sort is not None:
            self.sorts[word] = made.sort


class Sorts(dict["str | None", "Work"]):
    """The functions of one rule set by the word that objects begin with: each knows the shapes that have come often."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self.shapes = shapes
        #: The functions of an object and of a list of such objects.
        self.members: Work = self._members
        self.each: Work = self._each

    def _members(self, value: dict[str, Any], link: Any, how: Any, *rest: Any) -> Value:
        lead = self.shapes.lead or ""
        return {name: self[said(member, lead)](member, (link, how, name), *rest) for name, member in value.items()}

    def _each(self, value: list[Any], link: Any, how: Any, *rest: Any) -> Value:
        lead = self.shapes.lead or ""
        return [self[said(item, lead)](item, (link, how, index), *rest) for index, item in enumerate(value)]

    def __missing__(self, word: str | None) -> Work:
        """Return what looks a shape up, as long as none has come often."""
        if word is not None and word not in self.shapes.words:
            return self[None]
        work = self[word] = partial(self._look_up, word)
        return work

    def _look_up(self, word: str | None, value: dict[str, Value], *rest: Any) -> Value:
        return self.shapes[word, *value](value, *rest)


def said(value: dict[str, Value], lead: str) -> str | None:
    """Return the word that an object says under a name; generated code does the same where it stands."""
    word = value.get(lead)
    return word if type(word) is str else None
