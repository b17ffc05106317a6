"""The steps that are done on the network, and what may become of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isogloss.crossings.crossing import Outgoing


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; gives Arrived, throws Broken."""

    request: Outgoing


@dataclass(frozen=True, slots=True)
class Read:
    """Read the body of the reply, at most so many bytes of it; gives bytes, throws Broken."""

    most: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for some seconds."""

    seconds: float


class Broken(Exception):  # noqa: N818 - what happened to a request, not a mistake of the program
    """A request that got no reply: `arrived` tells whether the server may have seen it."""

    def __init__(self, error: Exception, *, arrived: bool, late: bool) -> None:
        super().__init__(type(error).__name__)
        self.error = error
        self.arrived = arrived
        self.late = late


@dataclass(frozen=True, slots=True)
class Look:
    """Look a name up; gives its addresses as numbers, none where nobody knows it."""

    host: str
    port: int


Step = Send | Read | Wait | Look
