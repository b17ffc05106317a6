"""The raw calls, logged where the user has set `isogloss.set_verbose = True`: the user's word, which nothing here sets.

As an event hook of httpx, so that what is sent again, or in several calls, is logged each time, as it is sent:
https://www.python-httpx.org/advanced/event-hooks/
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

LOG: Final = logging.getLogger("isogloss")
#: The extension of a request that takes its key out of bytes.
HIDE: Final = "isogloss.hide"


def log(request: httpx.Request) -> None:
    """Log a request without its key. Where nobody listens to logs at this level it goes to standard error."""
    hide: Callable[[bytes], bytes] | None = request.extensions.get(HIDE)
    if hide is None or getattr(sys.modules.get("isogloss"), "set_verbose", False) is not True:
        return
    head = "".join(f"\n{name}: {value}" for name, value in request.headers.items())
    text = hide(f"{request.method} {request.url}{head}\n\n".encode() + request.content).decode("utf-8", "replace")
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 0, text, (), None)
    heard = LOG.isEnabledFor(logging.INFO) and LOG.hasHandlers()
    (LOG if heard else logging.StreamHandler()).handle(record)


async def log_async(request: httpx.Request) -> None:
    """Log a request of a coroutine."""
    log(request)
