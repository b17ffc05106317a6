"""A reply in pieces, and how the pieces travel.

Text is cut where it hurts: inside words, and beside letters of several bytes. Thoughts come first, calls whole, the
signature of a text in an empty text at the end, the finish reason last, and running totals with every piece.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from isogloss.emulator import limits
from isogloss.emulator.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

    from isogloss.emulator.answers import Reply

Part = dict[str, Any]
Chunk = dict[str, Any]

_SHORTEST, _LONGEST = 5, 17  # characters of a piece
_MANY: Final = 4096  # a text longer than this comes in longer pieces
_SOUND: Final = 24_000  # bytes of sound in a piece: half a second


def chunks(reply: Reply) -> list[Chunk]:
    """Return the replies of a stream, whose sum is `reply`."""
    if reply.feedback is not None:
        return [reply.document()]
    queues = [list(_pieces(candidate, reply.identity["responseId"])) for candidate in reply.candidates]
    turns = max(map(len, queues))
    pieces = [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)]
    return _counted(pieces, reply)


def _pieces(candidate: dict[str, Any], seed: str) -> Iterator[dict[str, Any]]:
    """Yield one candidate piece by piece; what is said about all of it comes with the last."""
    index = candidate["index"]
    parts = [piece for part in candidate["content"].get("parts", []) for piece in _cut(part, Dice(seed, index))]
    late = {key: value for key, value in candidate.items() if key not in {"content", "index"}}
    if not parts or ("functionCall" in parts[-1] and Dice(seed, index).number("late", 0, 1)):
        parts.append({"text": ""})  # a stream of calls ends with the last call, or a piece later
    for part in parts[:-1]:
        yield {"content": {"parts": [part], "role": "model"}, "index": index}
    yield {"content": {"parts": [parts[-1]], "role": "model"}, **late, "index": index}


def _cut(part: Part, dice: Dice) -> Iterator[Part]:
    if "text" in part:
        yield from _text(part, dice)
    elif part.get("inlineData", {}).get("mimeType", "").startswith("audio/L16"):
        yield from _sound(part)
    else:
        yield part


def _text(part: Part, dice: Dice) -> Iterator[Part]:
    text = part["text"]
    signature = {key: part[key] for key in ("thoughtSignature",) if key in part}
    rest = {key: value for key, value in part.items() if key not in {"text", "thoughtSignature"}}
    longer = max(1, len(text) // _MANY)
    start = 0
    while start < len(text):
        size = dice.number(f"{start}", _SHORTEST, _LONGEST) * longer
        yield {"text": text[start : start + size], **rest}
        start += size
    if signature or not text:
        yield {"text": "", **rest, **signature}


def _sound(part: Part) -> Iterator[Part]:
    data = base64.b64decode(part["inlineData"]["data"])
    for start in range(0, len(data), _SOUND):
        piece = base64.b64encode(data[start : start + _SOUND]).decode()
        yield {"inlineData": {**part["inlineData"], "data": piece}}


def _counted(pieces: list[dict[str, Any]], reply: Reply) -> list[Chunk]:
    said: list[Part] = []
    found: list[Chunk] = []
    for piece in pieces:
        said += piece["content"]["parts"]
        found.append({"candidates": [piece], "usageMetadata": _running(reply.usage, said), **reply.identity})
    found[-1]["usageMetadata"] = reply.usage
    return found


def _running(usage: dict[str, Any], said: list[Part]) -> dict[str, Any]:
    """Return the totals so far: what was said up to here, and everything that came before it."""
    spent = min(sum(limits.spent(said).values()), usage.get("candidatesTokenCount", 0))
    before = usage["totalTokenCount"] - usage.get("candidatesTokenCount", 0)
    rest = {
        key: value for key, value in usage.items() if key not in {"candidatesTokenCount", "candidatesTokensDetails"}
    }
    return {**rest, **({"candidatesTokenCount": spent} if spent else {}), "totalTokenCount": before + spent}


# --- on the wire


def event(document: Any) -> bytes:
    """Return one server-sent event, as the API ends its lines."""
    return b"data: " + orjson.dumps(document) + b"\r\n\r\n"


def written(document: Any) -> bytes:
    """Return a document as it travels on its own."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def halves(data: bytes) -> tuple[bytes, ...]:
    """Cut an event in two inside a letter of several bytes; those without any stay whole."""
    inside = [place for place, byte in enumerate(data) if byte & 0xC0 == 0x80]  # noqa: PLR2004 - a byte that goes on
    return (data[: inside[0]], data[inside[0] :]) if inside else (data,)


def frames(documents: list[Any], form: str) -> list[bytes]:
    """Return what travels for each document: events (`sse`), or a JSON array piece by piece (`json`)."""
    if form == "sse":
        return [event(document) for document in documents]
    pieces = [(b",\r\n" if index else b"[") + written(document) for index, document in enumerate(documents)]
    return [*pieces, b"]"] if pieces else [b"[]"]


@dataclass
class Stream:
    """A reply that travels in pieces, as an application of its own.

    `cut`: the connection ends after so many pieces, with nothing said. `entry` learns how it went: `pieces`, and
    `ended`, which is complete, cut, or left (by the client).
    """

    pieces: list[bytes]
    kind: str
    entry: dict[str, Any]
    pace: float = 0
    cut: int | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, then piece after piece, until the client has gone."""
        del scope
        head = {"content-type": self.kind, **self.headers}
        encoded = [(name.encode(), value.encode()) for name, value in head.items()]
        await send({"type": "http.response.start", "status": 200, "headers": encoded})
        gone = asyncio.create_task(_gone(receive))
        try:
            self.entry["ended"] = await self._send(send, gone)
        finally:
            gone.cancel()
        if self.entry["ended"] == "complete":
            await send({"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, gone: asyncio.Task[None]) -> str:
        for index, piece in enumerate(self.pieces):
            if index == self.cut:
                return await self._dropped(send)
            if index:
                await asyncio.wait({gone}, timeout=self.pace)
            if gone.done():
                return "left"
            for half in halves(piece):
                await send({"type": "http.response.body", "body": half, "more_body": True})
                await asyncio.sleep(0)
            self.entry["pieces"] = index + 1
        return "complete"

    async def _dropped(self, send: Send) -> str:
        """Say nothing more: the server closes the connection of an application that returns before it is done."""
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        return "cut"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
