"""Replies of bytes: sound, films."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterator

    from isogloss.loss import Loss, Step


class Content(bytes):
    """The bytes, with the methods of the openai package's binary replies, of which LiteLLM's are.

    https://github.com/openai/openai-python/blob/main/src/openai/_legacy_response.py (HttpxBinaryResponseContent)
    """

    #: Its media type.
    media: str
    #: What was lost or added on the way, and what became of every value (with `explain=True`).
    losses: tuple[Loss, ...]
    ledger: tuple[Step, ...] | None

    def __new__(
        cls, data: bytes, media: str, losses: tuple[Loss, ...] = (), ledger: tuple[Step, ...] | None = None
    ) -> Self:
        made = super().__new__(cls, data)
        made.media, made.losses, made.ledger = media, losses, ledger
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (bytes(self), self.media, self.losses, self.ledger)

    def __repr__(self) -> str:
        return f"Content({len(self)} bytes of {self.media})"

    __str__ = __repr__  # who prints it wants no film on the screen

    @property
    def content(self) -> bytes:
        """All of it."""
        return self

    def read(self) -> bytes:
        """Return all of it."""
        return self

    async def aread(self) -> bytes:
        """Return all of it."""
        return self

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Give it in pieces of at most so many bytes, or at once."""
        step = chunk_size or max(len(self), 1)
        return (self[start : start + step] for start in range(0, len(self), step))

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Give it in pieces."""
        for chunk in self.iter_bytes(chunk_size):
            yield chunk

    def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write it into a file."""
        Path(file).write_bytes(self)

    def stream_to_file(self, file: str | os.PathLike[str], *, chunk_size: int | None = None) -> None:
        """Write it into a file; it has come already, so pieces are of no use."""
        del chunk_size
        self.write_to_file(file)

    async def astream_to_file(self, file: str | os.PathLike[str], *, chunk_size: int | None = None) -> None:
        """Write it into a file."""
        self.stream_to_file(file, chunk_size=chunk_size)
