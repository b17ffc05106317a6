"""What of a request is cached: the turns that it marks, and the cut between them and the rest. CPU only.

The request is translated as a whole: that is what is sent where nothing can be cached, and where all its losses come
from. The cut is found by translating once more what stands before it: as far as that gives the same groups as the whole
does, they say the same without what follows, so that a call is never parted from its result, nor a turn from what it
was merged with.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from isogloss import library
from isogloss.codecs import CODECS
from isogloss.errors import IsoglossError, LossError
from isogloss.lens import holds
from isogloss.loss import Loss, Step
from isogloss.memory import Memory
from isogloss.pointer import every, find, pointer, put, without
from isogloss.running import run
from isogloss.values import ABSENT, same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from isogloss.prefixes import Asking, Keeping, Prefix, Sign
    from isogloss.rule import Ruleset, Table
    from isogloss.translator import Exchange, Translator
    from isogloss.values import Object, Path, Value

_DURATION: Final = CODECS["duration"]
#: Trials turn by turn, before the turns that are left are halved.
_NEAR: Final = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks to be cached."""

    prefix: Prefix
    keeping: Keeping
    #: The request without its marks, its list of groups, and how many of them are asked for.
    body: Value
    groups: Path
    count: int
    #: Where the marks stood that ask for them.
    places: tuple[Path, ...]
    #: How long the cache shall live: a duration, or None.
    life: str | None
    #: Marks that ask for something else.
    losses: tuple[Loss, ...]

    def lost(self, reason: str) -> tuple[Loss, ...]:
        """Say that nothing is cached, and why."""
        return tuple(_loss(self.prefix, place, reason) for place in self.places)


@dataclass(frozen=True, slots=True)
class Cut:
    """A request in two."""

    #: What goes into the cache, and what it is known by: a digest of all it says.
    held: Object
    digest: str
    #: What is sent with the name of the cache.
    rest: Object
    #: About how many tokens the cache has.
    tokens: int


# --------------------------------------------------------------------- what is asked for


def opened(
    gloss: Translator, operation: str, body: Value, *, model: str | None = None, stream: bool | None = None
) -> tuple[Exchange, Wish | None]:
    """Open an exchange as `Translator.exchange` does, and say what its request asks to be cached, if anything.

    The marks are none of the exchange's: what becomes of them is the caller's to `report`.
    """
    wish = wished(gloss, operation, body)
    exchange = gloss.exchange(operation, body if wish is None else wish.body, model=model, stream=stream)
    if wish is not None:
        report(exchange, wish.losses)
        if exchange.request.ledger is not None:
            steps = _steps(wish, body)
            exchange.request = replace(exchange.request, _account=(*exchange.request.ledger, *steps))
    return exchange, wish if wish is not None and wish.places else None


def _steps(wish: Wish, body: Value) -> Iterator[Step]:
    """Account for the marks: the exchange keeps them, but for those that are lost."""
    rule, place = f"prefixes.{wish.prefix.name}", wish.prefix.mark.place
    for path in wish.places:
        yield Step("exchange", rule, place, pointer(path), None, find(body, path))
    for loss in wish.losses:
        yield Step(loss.kind, rule, place, loss.pointer, None)


def report(exchange: Exchange, losses: tuple[Loss, ...]) -> None:
    """Add to what an exchange has lost; raise LossError where the caller wants no loss."""
    if losses and exchange.gloss.on_loss != "ignore":
        exchange.losses += losses
    if losses and exchange.gloss.on_loss == "refuse":
        raise LossError(losses)


def wished(gloss: Translator, operation: str, body: Value) -> Wish | None:
    """Find what a request asks to be cached; None where it has no marks, or nobody makes caches there."""
    prefix = gloss.ruleset.prefixes.get(operation)
    asking = prefix.asks.get(gloss.source) if prefix else None
    keeping = prefix.keeps.get(gloss.target) if prefix else None
    if prefix is None or asking is None or keeping is None:
        return None
    found = list(_marks(body, asking))
    if not found:
        return None
    marks = [(path, sign) for path, sign in found if _says(find(body, path), sign.says)]
    odd = [_loss(prefix, path, _meant(sign)) for path, sign in found if not _says(find(body, path), sign.says)]
    depth = len(asking.groups)
    count = _end([path[depth] for path, _ in marks])
    first = [(path, sign) for path, sign in marks if path[depth] < count]
    later = [_loss(prefix, path, _LATER) for path, _ in marks if path[depth] >= count]
    life, wrong = _life(gloss, prefix, body, first)
    return Wish(
        prefix=prefix,
        keeping=keeping,
        body=_unmarked(body, [path for path, _ in found]),
        groups=asking.groups,
        count=count,
        places=tuple(path for path, _ in first),
        life=life,
        losses=(*odd, *later, *wrong),
    )


_LATER: Final = "only the first run of marked turns is cached; this one is sent as it is"
_OTHER: Final = "a cache has one time to live; the first one that is given holds"


def _marks(body: Value, asking: Asking) -> Iterator[tuple[Path, Sign]]:
    """Yield every mark, right or wrong, with the sign that stands there, group by group."""
    found = find(body, asking.groups)
    groups: list[Value] = found if isinstance(found, list) else []
    for index, group in enumerate(groups):
        if isinstance(group, dict):
            for sign in asking.marks:
                # Most requests ask for nothing: they should not wait for it.
                if sign.at[0] in group and (len(sign.at) == 1 or isinstance(group[sign.at[0]], dict | list)):
                    for path in every(group, sign.at):
                        if find(group, path) is not None:
                            yield (*asking.groups, index, *path), sign


def _meant(sign: Sign) -> str:
    return f"a mark here says {json.dumps(dict(sign.says))}; this one marks nothing"


def _says(value: Value, words: Mapping[str, Value]) -> bool:
    return isinstance(value, dict) and all(same(value.get(name), word) for name, word in words.items())


def _end(indexes: Sequence[Any]) -> int:
    """Return the index behind the first run of marked groups; 0 where there is none."""
    marked, end = set(indexes), min(indexes, default=0)
    while end in marked:
        end += 1
    return end


def _unmarked(body: Value, places: Sequence[Path]) -> Value:
    for path in places:
        body = without(body, path)
    return body


def _life(
    gloss: Translator, prefix: Prefix, body: Value, marks: Sequence[tuple[Path, Sign]]
) -> tuple[str | None, tuple[Loss, ...]]:
    """Return the first time to live that is one, and what is lost of the others."""
    found: str | None = None
    losses: list[Loss] = []
    for path, sign in marks:
        place = (*path, *sign.life)
        said = find(body, place) if sign.life else ABSENT
        if said is ABSENT or said is None:
            continue
        life = _duration(gloss.ruleset, sign, gloss.source, said)
        if life is None:
            losses.append(_loss(prefix, place, prefix.asks[gloss.source].reason))
        elif found is not None and life != found:
            losses.append(_loss(prefix, place, _OTHER))
        found = found or life
    return found, tuple(losses)


def _duration(ruleset: Ruleset, sign: Sign, source: str, said: Value) -> str | None:
    """Read a time to live: a duration of more than nothing, or a word for one."""
    for name in sign.tables:
        said = _word(ruleset.tables[name], source, said)
    return said if _DURATION.fits(said, {}) and seconds(said) > 0 else None


def _word(table: Table, source: str, said: Value) -> Value:
    """Return the word beside one of a dialect; one without a row stays as it is."""
    side = 0 if table.columns[0] == source else 1
    return next((row.cells[1 - side] for row in table.rows if same(row.cells[side], said)), said)


def seconds(duration: str) -> float:
    """Read a duration."""
    return float(_DURATION.read(duration, {})[0])


def _loss(prefix: Prefix, place: Path, reason: str) -> Loss:
    return Loss("dropped", pointer(place), None, f"prefixes.{prefix.name}", prefix.mark.place, reason)


# --------------------------------------------------------------------- the cut


def cut(exchange: Exchange, wish: Wish, body: Value) -> Cut | str:
    """Cut a translated request in two; or say, in a sentence for the user, why it is sent as a whole.

    `body` is the request as it would be sent: what stands in for linked media may have been put into it.
    """
    keeping = wish.keeping
    family = exchange.plan.matches[exchange.gloss.target].family
    if not holds(family, keeping.needs):
        return keeping.reason
    if find(body, keeping.named) is not ABSENT:
        return "the request names a cache itself; what it marks is sent beside that"
    groups: list[Value] = find(body, keeping.groups)
    count = _common(exchange, wish)
    held: Object = {name: body[name] for name in keeping.moves if name in body}
    if count:
        held = put(held, keeping.groups, groups[:count])
    if not held:
        return "the last turn is never cached, and nothing else is marked that can be parted from what follows"
    tokens = _tokens(held, keeping)
    least: Any = family.facts.get(keeping.least, 0) if family is not None and keeping.least else 0
    if tokens < least:
        return f"what is marked has about {tokens} tokens; this model caches {least} or more"
    rest: Any = {name: member for name, member in body.items() if name not in keeping.moves}
    return Cut(held, _digest(held), put(rest, keeping.groups, groups[count:]), tokens)


def _common(exchange: Exchange, wish: Wish) -> int:
    """Return how many groups can be cached: they say the same with and without what follows, and the last ones stay."""
    groups: list[Value] = find(exchange.request.body, wish.keeping.groups)
    most = _stays(groups, wish.keeping)
    found, good, bad, near = 0, 0, wish.count + 1, _NEAR
    while good + 1 < bad:
        # Most often a turn or two are too many; where it is a long run of results, one by one would take too long.
        count, near = bad - 1 if near else (good + bad) // 2, max(near - 1, 0)
        trial = _trial(exchange, wish, count)
        alike = most + 1 if trial is None else _alike(groups, trial)
        if alike <= most:
            found, good = alike, count
        else:
            bad = count
    return found


def _stays(groups: list[Value], keeping: Keeping) -> int:
    """Return the index of the last group that is never cached; all after it stay too."""
    for index in range(len(groups) - 1, -1, -1):
        if _says(groups[index], keeping.stays):
            return index
    return 0


def _trial(exchange: Exchange, wish: Wish, count: int) -> list[Value] | None:
    """Translate the request as if it ended after so many groups; return what it gives, None where it makes no sense."""
    shorter = put(wish.body, wish.groups, find(wish.body, wish.groups)[:count])
    gloss = exchange.gloss
    lens = library.lens(
        gloss.ruleset, f"{exchange.operation}.request", gloss.source, gloss.target, exchange.plan.matches
    )
    memory = Memory(exchange.beginning(), gloss.clock)
    try:
        found = find(run(lens, shorter, memory, gloss).body, wish.keeping.groups)
    except IsoglossError:
        return None
    return found if isinstance(found, list) else []


def _alike(groups: list[Value], others: list[Value]) -> int:
    count = 0
    while count < min(len(groups), len(others)) and same(groups[count], others[count]):
        count += 1
    return count


def _tokens(value: Value, keeping: Keeping) -> int:
    """Estimate tokens: of text by its bytes; what media count for does not depend on what they hold."""
    size = tokens = 0
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            tokens += sum(keeping.objects[name].of(one[name]) for name in one if name in keeping.objects)
            size += sum(len(name) for name in one)
            left += [member for name, member in one.items() if name not in keeping.objects]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, str):
            size += len(one) if one.isascii() else len(one.encode("utf-8", "replace"))
    return tokens + size // keeping.bytes


def _digest(value: Value) -> str:
    """Name a document by all it says; large media are read where they are, not written out once more."""
    digest = hashlib.sha256()
    _feed(digest.update, value)
    return digest.hexdigest()


def _feed(update: Callable[[bytes], None], value: Value) -> None:
    """Say each value with its kind and its length, so that no two documents say the same."""
    if isinstance(value, dict):
        update(b"{%d" % len(value))
        for name in sorted(value):
            _feed(update, name)
            _feed(update, value[name])
    elif isinstance(value, list):
        update(b"[%d" % len(value))
        for item in value:
            _feed(update, item)
    else:
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()
        update(b"%c%d:" % (b'"' if isinstance(value, str) else b"#", len(data)))
        update(data)


# --------------------------------------------------------------------- the calls


def making(cut: Cut, wish: Wish, model: str | None) -> Object:
    """Return the document that makes the cache."""
    known: dict[str, str | None] = {"model": model, "digest": cut.digest, "life": wish.life}
    return {**_filled(wish.keeping.makes.says, known), **cut.held}


def _filled(says: Mapping[str, str], known: Mapping[str, str | None]) -> Object:
    """Fill in what is known; leave out what speaks of something that is not."""
    given = {name: value for name, value in known.items() if value is not None}
    unknown = ["{" + name + "}" for name in known if name not in given]
    return {name: text.format_map(given) for name, text in says.items() if not any(word in text for word in unknown)}


def named(cut: Cut, wish: Wish, name: str) -> Cut:
    """Return the cut with the cache's name in the rest."""
    return replace(cut, rest=put(cut.rest, wish.keeping.named, name))
