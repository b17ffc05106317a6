"""The steps by which a call is sent through a cache: found again, made where there is none, else the call as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from isogloss import cache_index, caching, routes
from isogloss.cache_index import Entry
from isogloss.crossings.doing import Broken, Read, Send, Wait
from isogloss.errors import LossError
from isogloss.failures import Failure, of_request
from isogloss.pointer import find

if TYPE_CHECKING:
    from collections.abc import Generator

    from isogloss.cache_index import Index
    from isogloss.caching import Cut, Wish
    from isogloss.crossings.crossing import Crossing
    from isogloss.crossings.doing import Arrived, Step
    from isogloss.routes import Call

#: Seconds: the first and the longest pause while somebody else makes the cache, and the most they take together.
_FIRST, _LONGEST, _PATIENCE = 0.02, 0.25, 30.0
#: The most letters that a server's reason has.
_REASON: Final = 300
_REFUSED: Final = 300


@dataclass(frozen=True, slots=True)
class Cached:
    """A call that names a cache."""

    call: Call
    name: str


class Keeper:
    """Looks after the cache of one call: what it holds, where it is found, and whose it is."""

    def __init__(self, crossing: Crossing, call: Call, wish: Wish, cut: Cut, index: Index) -> None:
        self._crossing = crossing
        self._call = call
        self._wish = wish
        self._cut = cut
        self._index = index
        self._life = caching.seconds(wish.life or wish.keeping.makes.lasts)
        server, model = crossing.server, crossing.exchange.target_model
        self._key = cache_index.key(
            cut.digest, model=model, base=server.base, secret=server.key, caller=crossing.caller
        )

    def cached(self) -> Generator[Step, Any, Cached | None]:
        """Give the call that names the cache; None where there is none to be had, which is reported."""
        entry = yield from self._known()
        if entry.state == "free":
            entry = yield from self._made()
        if entry.state != "held":
            self.give_up(entry.word)
            return None
        rest = caching.named(self._cut, self._wish, entry.word).rest
        return Cached(replace(self._call, body=rest), entry.word)

    def give_up(self, reason: str) -> None:
        """Report that the call is sent as it is."""
        _report(self._crossing, self._wish, reason)

    def gone(self, cached: Cached, status: int, data: bytes) -> bool:
        """Tell whether a refusal says that the cache is no longer there, and forget the cache then."""
        text = data.decode("utf-8", "replace")
        found = any(
            status == gone.status and (gone.says is None or re.search(gone.says, text))
            for gone in self._wish.keeping.gone
        )
        if found:
            self._index.forget(self._key, cached.name)
        return found

    # ------------------------------------------------------------------ finding and making

    def _known(self) -> Generator[Step, Any, Entry]:
        """Look the cache up; wait while somebody else makes it."""
        waited, pause = 0.0, _FIRST
        while (entry := self._index.claim(self._key, self._life)).state == "claimed":
            if waited >= _PATIENCE:
                return Entry("refused", "another request has been making this cache for too long")
            yield Wait(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST)
        return entry

    def _made(self) -> Generator[Step, Any, Entry]:
        """Make the cache, and remember what came of it; whoever is stopped on the way leaves it to others."""
        try:
            entry = yield from self._asked()
        except BaseException:
            self._index.forget(self._key)
            raise
        if entry.state == "held":
            self._index.hold(self._key, entry.word, self._life)
        else:
            self._index.refuse(self._key, entry.word)
        return entry

    def _asked(self) -> Generator[Step, Any, Entry]:
        crossing, makes = self._crossing, self._wish.keeping.makes
        model = crossing.exchange.target_model
        body = caching.making(self._cut, self._wish, model)
        call = routes.call(crossing.server.dialect, makes.operation, model, body, stream=False)
        try:
            arrived: Arrived = yield Send(crossing.outgoing(call))
            data: bytes = yield Read(crossing.terms.bounds.error)
        except Broken as broken:
            return Entry("refused", f"no cache could be made: {broken}")
        document = self._document(data)
        if arrived.status >= _REFUSED:
            said = find(document, makes.error)
            reason = f": {said[:_REASON]}" if isinstance(said, str) else ""
            return Entry("refused", f"the server refuses to make this cache with status {arrived.status}{reason}")
        name, tokens = find(document, makes.name), find(document, makes.tokens)
        if not isinstance(name, str):
            return Entry("refused", "the server names no cache")
        crossing.made = tokens if isinstance(tokens, int) else 0
        return Entry("held", name)

    def _document(self, data: bytes) -> Any:
        """Read a reply, without the keys that it repeats; one that cannot be read says nothing."""
        try:
            return self._crossing.terms.json.document(self._crossing.server.hide(data))
        except Failure:
            return {}


def keeper(crossing: Crossing, call: Call) -> Keeper | None:
    """Return who looks after the cache that a call asks for; None where it asks for none, or can have none."""
    wish, index = crossing.wish, crossing.terms.caches
    if wish is None:
        return None
    if index is None:
        _report(crossing, wish, "nobody keeps caches here")
        return None
    cut = caching.cut(crossing.exchange, wish, call.body)
    if isinstance(cut, str):
        _report(crossing, wish, cut)
        return None
    return Keeper(crossing, call, wish, cut, index)


def _report(crossing: Crossing, wish: Wish, reason: str) -> None:
    """Report that nothing is cached; raise Failure where the caller wants no loss."""
    try:
        caching.report(crossing.exchange, wish.lost(reason))
    except LossError as error:
        raise of_request(error) from error
