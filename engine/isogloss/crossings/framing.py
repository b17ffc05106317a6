"""The documents of a stream, framed for its caller; and what was lost, in its last remark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import reports, sse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isogloss.translator import Exchange
    from isogloss.values import Value


class Framer:
    """Frames documents; `explained` says that the last one carries the account of the exchange."""

    def __init__(self, framing: Mapping[str, Any], dumps: Callable[[Value], bytes], *, explained: bool = False) -> None:
        self._writer = sse.writer(framing)
        self._error = framing.get("error")
        self._dumps = dumps
        self._explained = explained
        self._held: Value = None
        #: Whether no error has been told.
        self.well = True
        self.media = self._writer.media

    def framed(self, documents: list[Value]) -> bytes:
        """Frame some documents."""
        for document in documents:
            if isinstance(document, dict) and self._error in document:
                self.well = False
        if self._explained and documents:
            documents, self._held = self._with_held(documents)
        return b"".join([self._event(document) for document in documents])

    def _event(self, document: Value) -> bytes:
        named = self._writer.named
        name = document.get(named) if named is not None and isinstance(document, dict) else None
        return self._writer.event(self._dumps(document), name if isinstance(name, str) else None)

    def _with_held(self, documents: list[Value]) -> tuple[list[Value], Value]:
        """Keep the last event back: it will carry the account."""
        before = [] if self._held is None else [self._held]
        return [*before, *documents[:-1]], documents[-1]

    def last(self, exchange: Exchange) -> bytes:
        """Frame what stands behind the last document."""
        data = b""
        if isinstance(self._held, dict):
            account = reports.account(exchange, exchange.request)
            data = self._event({**self._held, reports.FIELD: account})
        remark = self._writer.comment(f"{reports.LOSSES}: {reports.line(exchange.losses)}")
        return data + remark + self._writer.end(well=self.well)
