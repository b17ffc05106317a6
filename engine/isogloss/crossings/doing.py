"""The steps that are done on the network, what goes out and comes in, and what may become of a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from isogloss.values import Value

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What servers may do to us. Sizes in bytes, times in seconds."""

    response: int = 64 * _MIB
    #: The most of an error that is read.
    error: int = _MIB
    #: One event of a stream.
    event: int = 64 * _MIB
    #: Pages of a list.
    pages: int = 50
    #: Of media that is fetched: each file, all of a request together, how many they are, seconds for each, addresses
    #: that one leads on to.
    media: int = 20 * _MIB
    media_total: int = 64 * _MIB
    media_files: int = 32
    media_time: float = 20
    media_redirects: int = 3
    #: Calls and files that are under way at once, where a driver can do so.
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request for the server behind."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    #: Bytes, or what the driver reads them from.
    payload: Any = field(repr=False)
    #: The name that a certificate must have, where the address is a number.
    name: str | None = None
    #: Whether the server may lead on, to itself.
    led: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """The head of a reply; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]

    @property
    def media(self) -> str:
        """Its media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; gives Arrived, throws Broken. `within` so many seconds, where it says so."""

    request: Outgoing
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Read the body of the reply, and little more of it than `most`; gives bytes, throws Broken."""

    most: int
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Look:
    """Look a name up; gives its addresses as numbers, none where nobody knows it."""

    host: str
    port: int
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Do several works, a few at once where that can be; gives what came of each, throws what the first one raises."""

    works: tuple[Generator[Step, Any, Any], ...]
    at_once: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold a reply against the schema that its request asked for; throws ValidationError or Failure.

    Before there is one, with None for it, the schema alone is looked at.
    """

    body: Value
    spec: Any
    schema: Value
    rule: str
    place: str


Step = Send | Read | Wait | Look | Together | Hold


class Broken(Exception):  # noqa: N818 - what happened to a request, not a mistake of the program
    """A request that got no reply: `arrived` tells whether the server may have seen it."""

    def __init__(self, error: Exception, *, arrived: bool, late: bool) -> None:
        super().__init__(type(error).__name__)
        #: What the driver's callers know: its library's exception, or a Failure.
        self.error = error
        self.arrived = arrived
        self.late = late
