"""Where requests give media by address, and requests that hold the media instead. Fetches nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from isogloss.failures import Failure
from isogloss.pointer import dotted, every, find, put
from isogloss.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isogloss.translator import Exchange
    from isogloss.values import Path, Value

#: Types that say nothing.
_BLANK: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True)
class File:
    """What stood behind an address."""

    media: str
    data: str


def refused(address: str, reason: str) -> Failure:
    """Say what is wrong with an address, without its query: there may be a signature in it."""
    return Failure(400, f"the file at {address.partition('?')[0][:200]} {reason}")


def agreed(header: str, said: str, types: tuple[str, ...] | list[str], address: str) -> str:
    """Return a file's type: the server's, else the request's; both must be of one sort, and one that is taken."""
    found = header.partition(";")[0].strip().lower()
    media = said if found in _BLANK else found
    if said and media.partition("/")[0] != said.partition("/")[0]:
        raise refused(address, f"is {media}, not {said}")
    if types and not any(media.startswith(one) for one in types):
        raise refused(address, f"is {media or 'of no type'}, which is not taken")
    return media


def takes_addresses(exchange: Exchange, spec: Mapping[str, Any]) -> bool:
    """Tell whether the model fetches by itself."""
    family = exchange.plan.matches[exchange.gloss.target].family
    return family is not None and "needs" in spec and family.facts.get(spec["needs"]) is True


def places(body: Value, spec: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the places of what links to the web and is not the API's own."""
    at = dotted(spec["linked"]["address"])
    own = tuple(spec.get("own", ()))
    for pattern in spec["at"]:
        for path in every(body, dotted(pattern)):
            address = find(body, (*path, *at))
            web = isinstance(address, str) and address.lower().startswith(("http://", "https://"))
            if web and not address.startswith(own):
                yield path


def held_in(place: Value, file: File, spec: Mapping[str, Any]) -> Value:
    """Return a part that holds its file instead of an address."""
    linked, held = spec["linked"], spec["held"]
    made = {name: value for name, value in place.items() if name != dotted(linked["address"])[0]}
    title = find(place, dotted(linked["title"])) if "title" in linked else ABSENT
    made = put(put(made, dotted(held["type"]), file.media), dotted(held["data"]), file.data)
    return made if title is ABSENT or "title" not in held else put(made, dotted(held["title"]), title)
