"""Where caches that were made are found again: by what they hold, for the one caller who had them made.

The interface is four questions about a key. The index here is one process's own: bounded, forgetful, safe for threads.
Whoever runs several processes can put a shared store behind the same interface.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds: how much earlier than its server a cache is forgotten, at most and as a share of its life; how long it is
#: remembered that one could not be made; how long somebody may take to make one.
_MARGIN, _SHARE, _REFUSED, _CLAIMED = 30.0, 0.1, 60.0, 120.0
_MOST: Final = 10_000

State = Literal["held", "refused", "claimed", "free"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a key."""

    #: There is a cache, there can be none, somebody is making it; or (free) nothing is known, and whoever asked is to
    #: make it: for everybody else it is claimed from then on.
    state: State
    #: The name of a cache that is there, the reason why none can be.
    word: str = ""
    #: The seconds of life that a cache was given.
    life: float = field(default=0.0, compare=False)

    def lives(self, life: float) -> bool:
        """Tell whether this is an answer for who wants a cache with so long a life."""
        return self.state != "held" or self.life >= life


class Index(Protocol):
    """Finds caches by key. What it is told may be forgotten at any time."""

    def claim(self, key: str, life: float = 0.0) -> Entry:
        """Say what is known of a key; where nothing is, claim it for the one who asks.

        A cache that was given less than `life` seconds counts as nothing: another one is to be made in its place.
        """
        ...

    def hold(self, key: str, name: str, lasts: float) -> None:
        """Remember a cache that will live for so many seconds from now on."""
        ...

    def refuse(self, key: str, reason: str) -> None:
        """Remember for a while that there can be no such cache."""
        ...

    def forget(self, key: str, name: str = "") -> None:
        """Forget a claim, or a cache of this name."""
        ...


class Memory:
    """An index in this process's memory; `clock` gives seconds, `most` bounds the keys that are remembered."""

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        #: Entries with the time at which they end; the oldest stands first.
        self._entries: OrderedDict[str, tuple[Entry, float]] = OrderedDict()

    def claim(self, key: str, life: float = 0.0) -> Entry:
        """Say what is known of a key; where nothing is that was given so long a life, claim it for the one who asks."""
        with self._lock:
            entry, end = self._entries.get(key, (Entry("free"), 0.0))
            if end > self._clock() and entry.lives(life):
                self._entries.move_to_end(key)
                return entry
            self._put(key, Entry("claimed"), _CLAIMED)
            return Entry("free")

    def hold(self, key: str, name: str, lasts: float) -> None:
        """Remember a cache; it is forgotten a little before it ends, so that a request on its way still finds it.

        Its life is counted from the claim: the server may have begun it then.
        """
        with self._lock:
            entry, end = self._entries.get(key, (Entry("free"), 0.0))
            since = self._clock() - (end - _CLAIMED) if entry.state == "claimed" else 0.0
            self._put(key, Entry("held", name, lasts), lasts - since - min(_MARGIN, lasts * _SHARE))

    def refuse(self, key: str, reason: str) -> None:
        """Remember for a while that there can be no such cache."""
        with self._lock:
            self._put(key, Entry("refused", reason), _REFUSED)

    def forget(self, key: str, name: str = "") -> None:
        """Forget a claim, or a cache of this name: another one may have been made in the meantime."""
        with self._lock:
            entry, _ = self._entries.get(key, (Entry("free"), 0.0))
            if entry == (Entry("held", name) if name else Entry("claimed")):
                del self._entries[key]

    def _put(self, key: str, entry: Entry, lasts: float) -> None:
        self._entries[key] = (entry, self._clock() + lasts)
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)


def key(digest: str, *, model: str | None, base: str, secret: str | None, caller: str | None) -> str:
    """Name a cache by what it holds and whose it is, without telling any of it.

    `base` is the server's address, `secret` the key it is asked with, `caller` the one that the caller has shown.
    """
    return hashlib.sha256(json.dumps([digest, model, base, secret, caller]).encode()).hexdigest()
