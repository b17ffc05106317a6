"""Choices that depend on the request alone, so that the same request always gets the same reply."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class Dice:
    """A seed, and choices made from it; each choice has a name, so that none depends on another."""

    def __init__(self, *seeds: Any) -> None:
        self.seed = hashlib.sha256(json.dumps(seeds, sort_keys=True, default=str).encode()).hexdigest()

    def number(self, name: str, least: int, most: int) -> int:
        """Return a number from `least` to `most`, both included."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return least + int.from_bytes(digest[:8]) % (most - least + 1)

    def pick(self, name: str, items: Sequence[Any]) -> Any:
        """Return one of the items."""
        return items[self.number(name, 0, len(items) - 1)]

    def word(self, name: str, length: int) -> str:
        """Return letters and digits, at most 52."""
        number = int(hashlib.sha256(f"{self.seed}/{name}".encode()).hexdigest(), 16)
        letters: list[str] = []
        while len(letters) < length:
            number, rest = divmod(number, 36)
            letters.append("0123456789abcdefghijklmnopqrstuvwxyz"[rest])
        return "".join(letters)
