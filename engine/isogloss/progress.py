"""What a stream has said so far: the registers that outlive a piece, for each of the strands that it carries.

A strand is one of the replies that are told side by side. It holds counts, lengths and flags, never what has been said;
the texts are kept only up to a bound, for positions that are told at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isogloss.values import Path, Value


class Strand:
    """The registers of one reply."""

    __slots__ = ("counts", "key", "lengths", "loose", "said", "saw", "size", "tail", "texts")

    def __init__(self, key: int, *, keeps: bool) -> None:
        #: Which of the replies it is.
        self.key = key
        #: Classes of blocks that have been laid.
        self.saw: set[str] = set()
        #: Words that are said once.
        self.said: set[str] = set()
        #: How many items a list has by now, and how long a running text is.
        self.counts: dict[str, int] = {}
        self.lengths: dict[str, int] = {}
        #: Running texts whose end belongs to a part that carries nothing.
        self.loose: set[str] = set()
        #: The texts of the blocks so far, in fragments, and which kind came last; None where they are not kept.
        self.texts: list[list[str]] | None = [] if keeps else None
        self.tail = ""
        self.size = 0

    def count(self, name: str, more: int = 0) -> int:
        """Return how many there were, and add to them."""
        before = self.counts.get(name, 0)
        self.counts[name] = before + more
        return before

    def lengthen(self, name: str, more: int) -> int:
        """Return how long a text was, and add to it."""
        before = self.lengths.get(name, 0)
        self.lengths[name] = before + more
        return before

    def keep(self, kind: str, text: str, most: int) -> None:
        """Keep what a block says: neighbours of one kind are one block of the whole reply."""
        if self.texts is None:
            return
        self.size += len(text)
        if self.size > most:
            self.texts = None
        elif not kind or kind != self.tail:
            self.texts.append([text])
        elif text:
            self.texts[-1].append(text)
        self.tail = kind

    def pieces(self) -> list[Value]:
        """Return the texts of the blocks, in order; none where there were too many to keep."""
        return ["".join(fragments) for fragments in self.texts or ()]

    def copy(self) -> Strand:
        """Return a strand that goes its own way."""
        other = Strand(self.key, keeps=self.texts is not None)
        other.saw, other.said, other.loose = set(self.saw), set(self.said), set(self.loose)
        other.counts, other.lengths = dict(self.counts), dict(self.lengths)
        other.texts = None if self.texts is None else [list(fragments) for fragments in self.texts]
        other.tail, other.size = self.tail, self.size
        return other

    def mark(self) -> tuple[object, ...]:
        """Return the flags: all that may decide how a piece is told, but for counts and lengths."""
        flags = frozenset(self.saw), frozenset(self.said), frozenset(self.loose)
        return (self.key, *flags, self.tail, self.texts is None)

    def registers(self) -> tuple[object, ...]:
        """Return everything there is, to be compared."""
        return (self.mark(), self.counts, self.lengths, self.pieces(), self.size)


def key_of(value: dict[str, Value], index: str, place: str | int) -> int:
    """Tell which of the replies an object speaks for: the number that it gives, or its place."""
    key = value.get(index)
    if isinstance(key, int) and not isinstance(key, bool):
        return key
    return place if isinstance(place, int) else 0


class Progress:
    """The strands of a stream, and the one that is being told."""

    __slots__ = ("closing", "each", "index", "keeps", "most", "one", "strand", "strands")

    def __init__(self, each: str, index: str, most: int, *, keeps: bool, one: bool = False) -> None:
        #: Where a dialect tells its strands, and the name by which it tells them apart.
        self.each = each
        self.index = index
        #: Whether texts are kept, and how much of each.
        self.keeps = keeps
        self.most = most
        #: The document is one strand as a whole.
        self.one = one
        #: What was held back is told now.
        self.closing = False
        self.strands: dict[int, Strand] = {}
        self.strand = Strand(0, keeps=keeps)

    def enter(self, value: dict[str, Value], path: Path) -> Strand:
        """Go on with a strand; where its number is left out, its place is its number."""
        key = key_of(value, self.index, path[-1] if path else 0)
        if key not in self.strands:
            self.strands[key] = Strand(key, keeps=self.keeps)
        self.strand = self.strands[key]
        return self.strand

    def copy(self) -> Progress:
        """Return registers that go their own way."""
        other = Progress(self.each, self.index, self.most, keeps=self.keeps, one=self.one)
        other.closing = self.closing
        other.strands = {key: strand.copy() for key, strand in self.strands.items()}
        other.strand = other.strands.get(self.strand.key, other.strand)
        return other
