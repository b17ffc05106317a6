"""How often references would be followed: counted before any is, since few definitions can stand for many objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss.pointer import find, parse_pointer
from isogloss.values import DEPTH_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isogloss.values import Value


def followed(root: dict[str, Value], spec: Mapping[str, Any]) -> int:
    """Count the references that are followed where each stands for what it leads to; never more than will be."""
    return _Count(root, spec).of(root, 0)


class _Count:
    def __init__(self, root: Value, spec: Mapping[str, Any]) -> None:
        self.root = root
        self.spec = spec
        #: What each reference makes; nothing while it is being counted, as circles are cut.
        self.known: dict[str, int] = {}

    def of(self, value: Value, depth: int) -> int:
        """Count those in a value; what is nested too deep is refused by others."""
        if depth > DEPTH_LIMIT:
            return 0
        if isinstance(value, list):
            return sum(self.of(item, depth + 1) for item in value)
        if not isinstance(value, dict):
            return 0
        members = (member for name, member in value.items() if name not in self.spec["definitions"])
        return self._led(value.get(self.spec["name"]), depth) + sum(self.of(member, depth + 1) for member in members)

    def _led(self, ref: Value, depth: int) -> int:
        if not isinstance(ref, str) or not ref.startswith("#"):
            return 0
        if ref not in self.known:
            self.known[ref] = 0
            target = find(self.root, parse_pointer(ref[1:]))
            self.known[ref] = 1 + self.of(target, depth + 1) if isinstance(target, dict) else 0
        return self.known[ref]
