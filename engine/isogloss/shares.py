"""A document that takes several calls: it is cut into shares by rule, and their replies are laid together again.

Each share is a document of its own with its part of one list, or with one of the things that are asked for. What is
said about a share's places is said again about the caller's document (`Share.whole`), so that whoever reads it need not
know of shares.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

from isogloss.apart import Times
from isogloss.errors import DocumentError, LossError
from isogloss.guard import snake_case
from isogloss.limits import check_size
from isogloss.loss import Loss
from isogloss.pointer import find, parse_pointer, pointer
from isogloss.running import Translation
from isogloss.values import ABSENT, is_vector, same, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from isogloss.apart import Answers, Apart, Join
    from isogloss.errors import IsoglossError
    from isogloss.lens import Lens
    from isogloss.values import Path, Value


@dataclass(frozen=True, slots=True)
class Share:
    """One call's part of a document: the list at `at`, from its item number `start` on."""

    body: Value
    at: Path = ()
    start: int = 0
    #: What it says otherwise than the whole document does.
    losses: tuple[Loss, ...] = ()

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

    Raises DocumentError for a list or a number that is larger than the rules allow, and where what each share says
    beside it holds more values than the limit allows for all.
    """
    apart = lens.apart
    if isinstance(apart, Times):
        return _repeated(lens, apart, body, limits)
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
    """Make the error of what cannot be cut, or not here."""
    assert lens.apart is not None
    return _wrong(lens, lens.apart.at, reason)


def _wrong(lens: Lens, path: Path, reason: str) -> DocumentError:
    document = lens.ruleset.documents[lens.name]
    return DocumentError(pointer(path), reason, rule=document.name, place=document.mark.place)


def alike(lens: Lens) -> bool:
    """Tell whether all shares ask for the same, so that any of them can do without the others."""
    return isinstance(lens.apart, Times)


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


def _repeated(lens: Lens, times: Times, body: Value, limits: Mapping[str, int]) -> tuple[Share, ...]:
    """Say a document as often as it asks, each time for one; those that say the same are one value."""
    found = find(body, times.at)
    if found is ABSENT or (found is None and lens.nulls_absent):
        return (Share(body),)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= times.limit:
        raise refusal(lens, f"a whole number from 1 to {times.limit} must stand here")
    if found == 1:
        return (Share(body),)
    check_size(body, {**limits, "nodes": limits["nodes"] // found})
    one = _with(body, times.at, 1)
    rising = [path for path in times.rises if _is_number(find(body, path))]
    losses = tuple(_risen(lens, path) for path in rising)
    return tuple(Share(_raised(one, rising, index), losses=losses) for index in range(found))


def _is_number(found: Value) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)


def _raised(body: Value, paths: Iterable[Path], more: int) -> Value:
    for path in paths:
        body = _with(body, path, find(body, path) + more)
    return body


def _risen(lens: Lens, path: Path) -> Loss:
    document = lens.ruleset.documents[lens.name]
    reason = "each of the calls says one more than the one before, since with one number they would all answer the same"
    return Loss("assumed", pointer(path), None, document.name, document.mark.place, reason)


def _with(value: Any, path: Path, part: Value) -> Value:
    return {**value, path[0]: _with(value[path[0]], path[1:], part)} if path else part


# --------------------------------------------------------------------- replies


def joined(join: Join, replies: Sequence[Translation], more: tuple[Loss, ...] = ()) -> Translation:
    """Lay the replies of all shares together: lists one after the other, numbers added; else the first one's word.

    `more` is lost beside what each reply has lost.

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
    return Translation(whole, tuple(dict.fromkeys(chain(*losses, more))), account, replies[0].ruleset)


def left_out(errors: Sequence[DocumentError], calls: int) -> tuple[Loss, ...]:
    """Say why replies are left out that the others do without."""
    whys = Counter((error.pointer, error.rule, error.place, error.reason) for error in errors)
    return tuple(
        Loss("dropped", where, None, rule, place, f"{count} of {calls} replies left out with all they say: {reason}")
        for (where, rule, place, reason), count in whys.items()
    )


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


# --------------------------------------------------------------------- items


def count(lens: Lens, asked: Value, reply: Value) -> None:
    """Hold a reply against its request: it has as many items, in the same order, where the rules say so.

    Raises DocumentError.
    """
    answers = lens.answers
    wanted = ABSENT if answers is None else find(asked, answers.each)
    if answers is None or wanted is ABSENT:
        return
    there = {path: _items(_word(reply, path, snake=lens.snake)) for path in answers.at}
    most, found = len(_items(wanted)), sum(map(len, there.values()))
    if found != most:
        at = next((path for path, items in there.items() if items), answers.at[0])
        raise _wrong(lens, at, f"there must be {most} item{'s' * (most != 1)}, as was asked for, and not {found}")
    for path, items in there.items():
        _ordered(lens, answers, path, items)


def _items(found: Value) -> list[Value]:
    if isinstance(found, list) and not is_vector(found):
        return found
    return [] if found is ABSENT or found is None else [found]


def _ordered(lens: Lens, answers: Answers, path: Path, items: list[Value]) -> None:
    for index, item in enumerate(items) if answers.number is not None else ():
        said = find(item, (answers.number,))
        if said is not ABSENT and not same(said, index):
            reason = "the items are not in the order in which they were asked for"
            raise _wrong(lens, (*path, index, answers.number), reason)
