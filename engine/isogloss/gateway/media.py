"""What requests give by address, fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isogloss.translator import Exchange
    from isogloss.values import Value


class Fetcher:
    """Fetches media for families that take no addresses."""

    async def inlined(self, body: Value, exchange: Exchange) -> Value:
        """Return the request with the media in it."""
        return body
