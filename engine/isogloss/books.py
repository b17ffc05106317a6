"""Books: a block that opens an entry, and the one that answers it, know each other by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isogloss.errors import DocumentError
from isogloss.matching import Bound
from isogloss.pointer import pointer
from isogloss.values import ABSENT, type_name

if TYPE_CHECKING:
    from isogloss.blocks import Item
    from isogloss.interpreter import Run
    from isogloss.memory import Book


_NO_KEY = Bound(None)


def _pages(run: Run, name: str) -> tuple[Book, str | None]:
    """Return a book, and what its keys derive from: what stands beside others in a reply has a book of its own."""
    seed, position = run.exchange.seed, run.exchange.get("position")
    if seed is None or not isinstance(position, int) or position == 0:
        return run.exchange.book(name), seed
    return run.exchange.book(f"{name}/{position}"), f"{seed}/{position}"


def book(run: Run, item: Item) -> None:
    """Enter a block into its book, or find the entry it belongs to."""
    use = item.block.block.book
    if use is None:
        return
    pages, seed = _pages(run, use.book)
    key, label = (item.env[name].value if name in item.env else ABSENT for name in (use.key, use.label))
    if key is not ABSENT and not isinstance(key, str):
        run.lose("dropped", item.env[use.key].path, None, f"text must stand here, not {type_name(key)}")
    if use.opens:
        given = key
        if not isinstance(key, str) or key == "" or (key in pages.keys and pages.keys[key].path != item.path):
            key = pages.mint(run.lens.ruleset.values.get("mint", "call_"), seed)
            item.env[use.key] = Bound(key)
        pages.enter(key, label, item.path, given)
        return
    entry = pages.close(key if key != "" else ABSENT, label)
    if entry is None:
        known = isinstance(key, str) and key in pages.given
        reason = "this was answered before" if known else "this answers nothing that stands before it"
        raise DocumentError(pointer(item.path), reason, rule=run.owner.id, place=run.owner.place)
    if item.env.get(use.key, _NO_KEY).value != entry.key:
        item.env[use.key] = Bound(entry.key)
    if entry.label is not ABSENT:
        item.env.setdefault(use.label, Bound(entry.label))
