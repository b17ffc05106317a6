"""A document that takes several calls: it is cut into shares by rule, and their replies are laid together again.

Each share is a document of its own with its part of one list. What is said about a share's places is said again about
the caller's document (`Share.whole`), so that whoever reads it need not know of shares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

from isogloss.errors import DocumentError, LossError
from isogloss.guard import snake_case
from isogloss.limits import check_size
from isogloss.pointer import find, parse_pointer, pointer
from isogloss.running import Translation
from isogloss.values import ABSENT, is_vector, same, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from isogloss.errors import IsoglossError
    from isogloss.lens import Lens
    from isogloss.loss import Loss
    from isogloss.rule import Apart, Join
    from isogloss.values import Path, Value


@dataclass(frozen=True, slots=True)
class Share:
    """One call's part of a document: the list at `at`, from its item number `start` on."""

    body: Value
    at: Path = ()
    start: int = 0

    def there(self, place: str) -> str:
        """Turn a JSON Pointer into this share into one into the whole document."""
        steps, depth = parse_pointer(place), len(self.at)
        inside = len(steps) > depth and steps[:depth] == self.at and steps[depth].isdecimal()
        if not self.start or not inside:
            return place
        return pointer((*self.at, int(steps[depth]) + self.start, *steps[depth + 1 :]))

    def whole(self, losses: Iterable[Loss]) -> tuple[Loss, ...]:
        """Say losses of a share about the whole document."""
        return tuple(replace(loss, pointer=self.there(loss.pointer)) for loss in losses)

    def written(self, losses: Iterable[Loss]) -> tuple[Loss, ...]:
        """Say where losses of a share's reply are in the whole reply."""
        return tuple(
            loss if loss.target_pointer is None else replace(loss, target_pointer=self.there(loss.target_pointer))
            for loss in losses
        )

    def blame(self, error: DocumentError | LossError) -> IsoglossError:
        """Return an error of a share as one of the whole document."""
        if isinstance(error, LossError):
            return LossError(self.whole(error.losses))
        error.pointer = self.there(error.pointer)
        return error


def cut(lens: Lens, body: Value, limits: Mapping[str, int]) -> tuple[Share, ...]:
    """Cut a document as its rules say; one that takes one call is one share, as it is.

    Raises DocumentError for a list that is longer than the rules allow, and where what each share says beside it holds
    more values than the limit allows for all.
    """
    apart = lens.apart
    found = ABSENT if apart is None else find(body, apart.at)
    if apart is None or not isinstance(found, list) or is_vector(found):
        return (Share(body),)
    if len(found) > apart.limit:
        raise refusal(lens, f"at most {apart.limit} can be asked for at once, and these are {len(found)}")
    starts = list(_starts(apart, found, snake=lens.snake))
    if len(starts) <= 1:
        return (Share(body),)
    check_size(_with(body, apart.at, []), {**limits, "nodes": limits["nodes"] // len(starts)})
    ends = [*starts[1:], len(found)]
    pairs = zip(starts, ends, strict=True)
    return tuple(Share(_with(body, apart.at, found[start:end]), apart.at, start) for start, end in pairs)


def refusal(lens: Lens, reason: str) -> DocumentError:
    """Make the error of a list that cannot be cut, or not here."""
    document = lens.ruleset.documents[lens.name]
    assert lens.apart is not None
    return DocumentError(pointer(lens.apart.at), reason, rule=document.name, place=document.mark.place)


def _starts(apart: Apart, items: list[Value], *, snake: bool) -> Iterator[int]:
    """Yield the numbers of the items with which shares begin: where one is full, or an item says otherwise."""
    if not apart.alike:
        yield from range(0, len(items), apart.most)
        return
    start, said = -apart.most, ()
    for index, item in enumerate(items):
        says = tuple(_word(item, path, snake=snake) for path in apart.alike)
        if index - start == apart.most or not all(map(_alike, says, said)):
            yield index
            start, said = index, says


def _word(item: Value, path: Path, *, snake: bool) -> Value:
    found = find(item, path)
    return find(item, tuple(map(snake_case, path))) if found is ABSENT and snake else found


def _alike(one: Value, other: Value) -> bool:
    """Tell whether two items say the same word; what is no word is its rule's to judge."""
    return isinstance(one, dict | list) or isinstance(other, dict | list) or same(one, other)


def _with(value: Any, path: Path, part: Value) -> Value:
    return {**value, path[0]: _with(value[path[0]], path[1:], part)} if path else part


# --------------------------------------------------------------------- replies


def joined(join: Join, replies: Sequence[Translation]) -> Translation:
    """Lay the replies of all shares together: lists one after the other, numbers added; else the first one's word.

    Raises DocumentError where a list is none.
    """
    bodies = [reply.body for reply in replies]
    whole, losses = bodies[0], [reply.losses for reply in replies]
    for path in join.lists:
        lists = [_list(find(body, path), path) for body in bodies]
        starts = [0, *accumulate(map(len, lists))]
        losses = [Share(None, path, start).written(lost) for start, lost in zip(starts, losses, strict=False)]
        whole = _put(whole, path, _numbered([item for items in lists for item in items], join.number))
    for path in join.adds:
        counts = [found for body in bodies if (found := find(body, path)) is not ABSENT]
        whole = _put(whole, path, added(counts)) if counts else whole
    ledgers = [reply.ledger for reply in replies if reply.ledger is not None]
    account = tuple(step for ledger in ledgers for step in ledger) if ledgers else None
    return Translation(whole, tuple(dict.fromkeys(chain(*losses))), account, replies[0].ruleset)


def _list(found: Value, path: Path) -> list[Value]:
    if found is not ABSENT and not isinstance(found, list):
        raise DocumentError(pointer(path), f"a list must stand here, not {type_name(found)}", rule="joins")
    return [] if found is ABSENT else found


def _numbered(items: list[Value], number: str | None) -> list[Value]:
    if number is None:
        return items
    return [{**item, number: index} if isinstance(item, dict) else item for index, item in enumerate(items)]


def _put(value: Value, path: Path, member: Value) -> Value:
    if not path:
        return member
    held: dict[Any, Value] = value if isinstance(value, dict) else {}
    return {**held, path[0]: _put(held.get(path[0]), path[1:], member)}


def added(counts: Sequence[Value]) -> Value:
    """Add up numbers: those in objects name by name, those in lists item by item that is called the same."""
    if all(isinstance(count, dict) for count in counts):
        names = dict.fromkeys(name for count in counts for name in count)
        return {name: added([count[name] for count in counts if name in count]) for name in names}
    if all(isinstance(count, list) for count in counts):
        alike: dict[Any, list[Value]] = {}
        for item in chain(*counts):
            alike.setdefault(_called(item), []).append(item)
        return [added(items) for items in alike.values()]
    numbers = all(isinstance(count, int | float) and not isinstance(count, bool) for count in counts)
    return sum(counts) if numbers else counts[0]


def _called(item: Value) -> Any:
    """Return what an item of counts is called by: all that it says in words."""
    words = item.items() if isinstance(item, dict) else [("", item)]
    return tuple((name, word) for name, word in words if isinstance(word, str))
