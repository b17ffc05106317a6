"""What was lost on the way: in headers, in a stream's last comment, and in full on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isogloss import explain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from isogloss.loss import Loss
    from isogloss.translator import Exchange, Translation
    from isogloss.values import Object

LOSSES: Final = "x-isogloss-losses"
RULESET: Final = "x-isogloss-ruleset"
EXPLAIN: Final = "x-isogloss-explain"
#: Where the full account stands in a reply.
FIELD: Final = "isogloss"

_MOST: Final = 1024


def line(losses: Iterable[Loss]) -> str:
    """Say how many losses there are, and by which rules, in at most 1 KB: `3 chat.request.user chat.request.stop`."""
    known = list(losses)
    text = str(len(known))
    for rule in dict.fromkeys(loss.rule for loss in known):
        if len(text) + 1 + len(rule) > _MOST:
            return text
        text += f" {rule}"
    return text if text.isascii() and text.isprintable() else str(len(known))


def account(exchange: Exchange, *done: Translation) -> Object:
    """Return losses and ledger of an exchange."""
    ledger: list[Any] = []
    for one in done:
        ledger += explain.report(one)["ledger"] or ()
    return {"ruleset": str(exchange.gloss.ruleset), "losses": _losses(exchange.losses), "ledger": ledger}


def _losses(losses: Iterable[Loss]) -> list[Object]:
    return [{name: getattr(loss, name) for name in loss.__dataclass_fields__} for loss in losses]
