"""What generated code calls while it runs: the rare paths, and the account of losses.

Generated code handles ordinary documents. Whatever it does not know for certain raises Bail, and the interpreter, which
is the reference, translates the whole document instead.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from isogloss.loss import Loss
from isogloss.notes import DEEP, INNER, LOST, NO, SWEPT, Bail, Link, Note
from isogloss.pointer import find, pointer
from isogloss.sizes import shallow
from isogloss.values import ABSENT, Path, Value, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from isogloss.loss import Kind

# --------------------------------------------------------------------- losses


def in_order(value: Mapping[str, Value], names: tuple[str, ...]) -> list[tuple[str, Value]]:
    """Give the members of an object: the names first, in their order, since their rules give way to each other."""
    first = [(name, value[name]) for name in names if name in value]
    return first + [(name, member) for name, member in value.items() if name not in names]


def conclude(notes: list[Note], document: Value) -> tuple[Loss, ...]:
    """Turn the notes of a run into its losses, in the order the interpreter gives them."""
    if len(notes) == 1 and notes[0][0] is LOST and notes[0][1] is None:
        return (_only(notes[0], document),)
    lost: list[tuple[Any, Loss]] = []
    swept: list[tuple[Path, Loss]] = []
    deep: list[Value] = []
    for note, links in _unfolded(notes, ()):
        if note[0] is DEEP:
            deep.append(note[1])
        elif note[0] is SWEPT:
            _, _, source, rule, place, reason = note
            path = (*_climbed(links, document)[1], *source)
            swept.append((path, _loss("dropped", path, None, rule, place, reason)))
            _look(document, path, deep)
        else:
            order, before, there = _climbed(links, document)
            lost.append(_lost(note, order, before, there))
            if note[4] is not None:
                _look(document, (*before, *note[4]), deep)
    if deep:
        shallow(deep)
    if len(lost) > 1:
        lost.sort(key=_first)
    if len(swept) > 1:
        swept.sort(key=lambda pair: _position(document, pair[0]))
    return tuple(dict.fromkeys([loss for _, loss in (*lost, *swept)]))


def _only(note: Note, document: Value) -> Loss:
    """Return the loss of a document that has one."""
    _, _, _, kind, source, target, rule, place, reason = note
    if source is not None:
        deep: list[Value] = []
        _look(document, source, deep)
        shallow(deep)
    return _known_loss(kind, source, target, rule, place, reason)


def _look(document: Value, path: Path, deep: list[Value]) -> None:
    """Note what is lost as a whole: nobody has looked how deep it is."""
    value = find(document, path)
    if type(value) is dict or type(value) is list:
        deep.append(value)


def _first(pair: tuple[Any, Loss]) -> Any:
    return pair[0]


def _loss(kind: Kind, source: Path | None, target: Path | None, rule: str, place: str, reason: str) -> Loss:
    where = "" if source is None else pointer(source)
    return Loss(kind, where, None if target is None else pointer(target), rule, place, reason)


#: Losses whose places rules name are lost again and again; places that a document names would fill the memory.
_known_loss: Final = lru_cache(maxsize=1024)(_loss)


def _unfolded(notes: Sequence[Note], links: tuple[Link, ...]) -> Iterable[tuple[Note, tuple[Link, ...]]]:
    """Pair each note with the links that lead to where it was taken."""
    found: list[tuple[Note, tuple[Link, ...]]] = []
    for note in notes:
        if note[0] is INNER:
            found += _unfolded(note[2], (*links, note[1]))
        else:
            found.append((note, links if note[0] is DEEP or note[1] is None else (*links, note[1])))
    return found


def _lost(note: Note, order: Path, before: Path, there: Path) -> tuple[Any, Loss]:
    _, _, mine, kind, source, target, rule, place, reason = note
    where = None if source is None else (*before, *source)
    to = None if target is None else (*there, *target)
    make = _loss if before else _known_loss
    return (*order, *mine), make(kind, where, to, rule, place, reason)


def _climbed(links: tuple[Link, ...], document: Value) -> tuple[Path, Path, Path]:
    """Return order, source and target of a node."""
    if not links:
        return (), (), ()
    order: Path = ()
    source: Path = ()
    target: Path = ()
    for link in links:
        for (rank, here, there), step in _chain(link):
            source, target, order = (*source, *here), (*target, *there), (*order, *rank)
            if step is not NO:
                order = (*order, step if isinstance(step, int) else list(find(document, source)).index(step))
                source, target = (*source, step), (*target, step)
    return order, source, target


def _chain(link: Link) -> list[Any]:
    found: list[Any] = []
    while link is not None:
        parent, how, step = link
        found.append((how, step))
        link = parent
    return found[::-1]


def _position(document: Value, path: Path) -> Path:
    """Say where in a document a place stands, as numbers that can be ordered."""
    found: list[int] = []
    for step in path:
        found.append(step if isinstance(document, list) else list(document).index(step))
        document = document[step]
    return tuple(found)


# --------------------------------------------------------------------- names that nobody reads


#: So many names of strangers are known of one object, none of more letters.
_NAMES: Final = 1000
_LONG: Final = 200


class Site:
    """An object of a document: the names that code reads there, and the sentences for those it does not."""

    __slots__ = ("found", "known", "nulls", "scopes")

    def __init__(self, known: frozenset[str], scopes: tuple[Any, ...], *, nulls: bool) -> None:
        self.known = known
        self.scopes = scopes
        self.nulls = nulls
        self.found: dict[str, Any] = {}

    def extra(self, value: Mapping[str, Value], link: Link, steps: Path, notes: list[Note]) -> None:
        """Account for the names that code does not read; what says nothing but null is lost as a whole."""
        if self.nulls and blank(value):
            raise Bail
        for name, member in value.items():
            if name not in self.known and not (member is None and self.nulls):
                self.drop(name, member, link, steps, notes)

    def drop(self, name: str, value: Value, link: Link, steps: Path, notes: list[Note]) -> None:
        """Account for one name that code does not read; Bail where no sentence is given for it."""
        told = self.found[name] if name in self.found else self._known(name)
        if told is None:
            raise Bail(name, steps)
        satisfied, normal, rule, place, reason = told
        if isinstance(value, dict | list) and not normal and self._below(name):
            raise Bail
        if not normal and not any(same(value, word) for word in satisfied):
            notes.append((SWEPT, link, (*steps, name), rule, place, reason))
        elif isinstance(value, dict | list):
            notes.append((DEEP, value))

    def _known(self, name: str) -> Any:
        """Find the sentence for a name; names come from strangers, so that the memory of them is bounded."""
        told = self._sentence(name)
        if len(self.found) >= _NAMES:
            self.found.clear()
        if len(name) <= _LONG:
            self.found[name] = told
        return told

    def _sentence(self, name: str) -> Any:
        for prefix, drops, rule, place in self.scopes:
            for path, reason, satisfied, refuse, normal, where in drops:
                if len(path) <= len(prefix) + 1 and _fits(path, prefix, name):
                    told = (satisfied, normal, f"{rule}.{'.'.join(path)}", where or place, reason)
                    return None if refuse else told
        return None

    def _below(self, name: str) -> bool:
        """Tell whether a sentence is given for something inside."""
        return any(
            len(drop[0]) > len(prefix) + 1 and _fits(drop[0], prefix, name)
            for prefix, drops, *_ in self.scopes
            for drop in drops
        )


def blank(value: Mapping[str, Value]) -> bool:
    """Tell whether an object says nothing but null."""
    return all(member is None for member in value.values())


def has_name(value: list[Value], names: list[str]) -> bool:
    """Tell whether an item of a list has one of some names."""
    for item in value:  # noqa: SIM110 - any() over a generator takes three times as long for few items
        if type(item) is dict and not item.keys().isdisjoint(names):
            return True
    return False


def has_word(value: list[Value], name: str, word: str) -> bool:
    """Tell whether an item of a list has a word under a name."""
    for item in value:  # noqa: SIM110 - as above
        if type(item) is dict and item.get(name) == word:
            return True
    return False


def _fits(pattern: Path, prefix: Path, name: str) -> bool:
    """Tell whether a pattern begins as a place does: an object in which a name stands; * is any step to the object."""
    around = all("*" in (want, step) or want == step for want, step in zip(pattern, prefix, strict=False))
    return around and (len(pattern) <= len(prefix) or pattern[len(prefix)] in ("*", name))


# --------------------------------------------------------------------- books


def mint(entries: list[Any], keys: Mapping[str, Any], head: str, seed: str | None) -> str:
    """Make a key from the seed and the position, as an exchange's book does."""
    number = len(entries) + 1
    key = f"{head}{number}" if seed is None else head + hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:24]
    while key in keys:
        number += 1
        key = f"{head}{number}"
    return key


def beside(name: str | None, seed: str | None, link: Any) -> str | None:
    """Return a name for what stands beside others in a reply: there keys derive from the position too."""
    position = link[2] if seed is not None and link is not None and type(link[2]) is int else 0
    return f"{name}/{position}" if position else name


def close(entries: list[Any], keys: Mapping[str, Any], key: Value, label: Value) -> Any:
    """Find the entry that a later block belongs to, and close it."""
    if type(key) is str and key:
        entry = keys.get(key)
        entry = entry if entry is not None and entry[2] else None
    else:
        entry = next((e for e in entries if e[2] and (label is None or label == e[1])), None)
    if entry is None or not (key is None or type(key) is str):
        raise Bail
    entry[2] = False
    return entry


# --------------------------------------------------------------------- what has been laid


class Saw(set[str]):
    """Which classes of blocks a run has laid, and its books."""

    books: dict[str, tuple[list[Any], dict[str, Any]]] | None = None
    #: How large the document may be, roughly.
    size = 0
    #: Whether something came that is remembered, and something that is not.
    known = news = False

    def book(self, name: str) -> tuple[list[Any], dict[str, Any]]:
        """Return a book's entries, in order and by key."""
        if self.books is None:
            self.books = {}
        return self.books.setdefault(name, ([], {}))


__all__ = ["ABSENT", "same"]
