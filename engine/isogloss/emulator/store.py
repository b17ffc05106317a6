"""What outlives a request: a record of requests, caches, files, and how often a script has run."""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from isogloss.emulator.errors import Refusal

if TYPE_CHECKING:
    from isogloss.emulator.models import Catalogue
    from isogloss.emulator.scripts import Book
    from isogloss.emulator.videos import Job

KEPT: Final = 200  # requests that the record holds
_LONGEST: Final = 256 * 1024  # bytes of a body that is kept
_MOST: Final = 1000  # caches or files at a time
#: Headers that say who calls, and are not kept.
SECRET: Final = frozenset({"x-goog-api-key", "authorization", "cookie", "proxy-authorization"})
REDACTED: Final = "***"

Entry = dict[str, Any]


@dataclass
class Record:
    """The last requests, with keys taken out."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))
    total: int = 0

    def open(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Entry:
        """Enter a request; whoever answers it adds `status`, `ended` and `pieces`."""
        self.total += 1
        entry: Entry = {
            "number": self.total,
            "method": method,
            "path": path,
            "query": {name: REDACTED if name == "key" else value for name, value in query.items()},
            "headers": {name: REDACTED if name in SECRET else value for name, value in headers.items()},
            "body": _shown(body),
        }
        self.entries.append(entry)
        return entry

    def last(self, count: int) -> list[Entry]:
        """Return the last `count` entries, the oldest first."""
        return list(self.entries)[-count:] if count > 0 else []


def _shown(body: bytes) -> Any:
    if len(body) > _LONGEST:
        return f"{len(body)} bytes"
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


@dataclass
class Shelf:
    """Resources of one kind, by name: caches, or files."""

    kind: str
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def add(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Give a resource its name and keep it."""
        if len(self.held) >= _MOST:
            raise Refusal("RESOURCE_EXHAUSTED", f"There are {_MOST} {self.kind} already; delete some.")
        self.made += 1
        name = f"{self.kind}/emulated{self.made:06d}"
        self.held[name] = {"name": name, **entry}
        return self.held[name]

    def find(self, name: str) -> dict[str, Any]:
        """Return a resource; one that is missing or has expired is forbidden, as the API has it."""
        found = self.held.get(name)
        if found is None or _expired(found):
            self.held.pop(name, None)
            raise Refusal("PERMISSION_DENIED", f"{name} is not there, or may not be read with this key.")
        return found

    def all(self) -> list[dict[str, Any]]:
        """Return what has not expired, in the order of making."""
        return [one for one in self.held.values() if not _expired(one)]


def _expired(entry: dict[str, Any]) -> bool:
    end = entry.get("expireTime") or entry.get("expirationTime")  # of a cache, of a file
    return end is not None and read_time(end) <= now()


def now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)


def time(value: dt.datetime) -> str:
    """Write a time as the API does."""
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_time(text: str) -> dt.datetime:
    """Read a time; raises Refusal (400) for what is none."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise Refusal("INVALID_ARGUMENT", f"This is no time: {text}") from None


@dataclass
class State:
    """Everything that an emulator knows besides the request at hand."""

    book: Book
    catalogue: Catalogue
    pace: float
    record: Record = field(default_factory=Record)
    caches: Shelf = field(default_factory=lambda: Shelf("cachedContents"))
    files: Shelf = field(default_factory=lambda: Shelf("files"))
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Videos in the making by the last step of their name, and those that were made by the name of their file.
    jobs: dict[str, Job] = field(default_factory=dict["str", "Job"])
    films: dict[str, bytes] = field(default_factory=dict[str, bytes])
    runs: Counter[str] = field(default_factory=Counter)
