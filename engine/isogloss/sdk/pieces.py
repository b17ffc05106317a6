"""A reply piece by piece, as Python callers hear it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Self

from isogloss.transports.driving import held

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from isogloss.crossings.crossing import Pieces
    from isogloss.sdk.calls import Asked
    from isogloss.sdk.replies import Reply
    from isogloss.transports.driving import AsyncLine, Line


def chunks(asked: Asked, line: Line, pieces: Pieces) -> Generator[Any]:
    """Give the pieces; before the first one None, see `Line.told`."""
    documents = line.told(pieces)
    next(documents)
    try:
        yield None
        with asked.errors():
            for some in documents:
                for document in some:
                    yield asked.piece(document)
            _hold(pieces)
    finally:
        documents.close()


async def achunks(asked: Asked, line: AsyncLine, pieces: Pieces) -> AsyncGenerator[Any]:
    """Give the pieces; before the first one None."""
    documents = line.told(pieces)
    await anext(documents)
    try:
        yield None
        with asked.errors():
            async for some in documents:
                for document in some:
                    yield asked.piece(document)
            _hold(pieces)
    finally:
        await documents.aclose()


def _hold(pieces: Pieces) -> None:
    """Hold the whole reply against the schema that the call asked for."""
    demand = pieces.demanded()
    if demand is not None:
        held(demand)


class _Streamed:
    """What both kinds of streams tell besides their pieces."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    @property
    def losses(self) -> tuple[Any, ...]:
        """What was lost or added so far."""
        return self._asked.losses

    @property
    def ledger(self) -> tuple[Any, ...] | None:
        """What became of every value of the request; None without `explain=True`."""
        return self._asked.ledger


class Chunks(_Streamed, Iterator[Any]):
    """A reply piece by piece. Close it, use it in a `with`, or drop it: each gives the connection back."""

    def __init__(self, body: Generator[Any], asked: Asked) -> None:
        super().__init__(asked)
        self._body = body
        next(body)

    def __next__(self) -> Reply:
        return next(self._body)

    def close(self) -> None:
        """Hear no more of it."""
        self._body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncChunks(_Streamed, AsyncIterator[Any]):
    """The same for coroutines."""

    def __init__(self, body: AsyncGenerator[Any], asked: Asked) -> None:
        super().__init__(asked)
        self._body = body

    async def __anext__(self) -> Reply:
        return await anext(self._body)

    async def aclose(self) -> None:
        """Hear no more of it."""
        await self._body.aclose()

    close = aclose  # as the openai package's streams have it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
