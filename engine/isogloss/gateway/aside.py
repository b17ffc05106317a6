"""Work on large documents, done in threads of its own, so that others are answered meanwhile.

A large document that is out of the ordinary is translated in seconds. Threads take turns every few milliseconds
(`sys.getswitchinterval`); the hop costs a tenth of a millisecond, which small documents do not pay.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Made = TypeVar("_Made")

#: Bytes from which on a document is large.
_LARGE: Final = 64 * 1024
#: Large documents at once: more would only take turns with each other.
_THREADS: Final = 2


class Aside:
    """The threads of one gateway."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "isogloss-large")

    async def do(self, size: int, work: Callable[[], _Made]) -> _Made:
        """Do some work on so many bytes: here, or aside where they are many. Raises what it raises."""
        if size < _LARGE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Take no more work; what is under way comes to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
