"""A translated reply piece by piece: bytes of the upstream in, bytes for the caller out.

Nothing is gathered: a reader that is slow holds the upstream back, and a caller who hangs up ends its reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isogloss import reports, sse
from isogloss.failures import Failure
from isogloss.gateway import payloads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from isogloss.gateway.judge import Judge
    from isogloss.gateway.settings import Limits
    from isogloss.gateway.upstream import Received
    from isogloss.routes import Call
    from isogloss.translator import Exchange
    from isogloss.values import Value


class Pieces:
    """One stream on its way through."""

    def __init__(
        self, exchange: Exchange, call: Call, framing: Mapping[str, Any], limits: Limits, judge: Judge
    ) -> None:
        self._exchange = exchange
        self._stream = exchange.stream()
        self._behind = call.framing
        self._limits = limits
        self._judge = judge
        self._writer = sse.writer(framing)
        self._error = framing.get("error")
        self._held: Value = None
        #: Whether no error has been told.
        self.well = True
        self.media = self._writer.media

    async def told(self, reply: Received, *, explained: bool) -> AsyncIterator[bytes]:
        """Give the bytes for the caller."""
        try:
            async for documents in self._documents(reply):
                data = self._framed(documents, explained=explained)
                if data:
                    yield data
        except (Failure, sse.FramingError, payloads.PayloadError) as error:
            yield self._framed(self._failed(error), explained=explained)
        yield self._last(explained=explained)

    async def _documents(self, reply: Received) -> AsyncIterator[list[Value]]:
        """Give the caller's events for each read."""
        reader = self._reader(reply)
        stream = self._stream
        async for chunk in reply.chunks():
            told: list[Value] = []
            try:
                for event in reader.feed(chunk):
                    told += stream.feed(payloads.loads(event))
            except payloads.PayloadError:
                yield told  # what came before it in the same bytes
                raise
            if told:
                yield told
            if reader.ended or stream.ended:
                break
        yield [document for event in reader.close() for document in stream.feed(payloads.loads(event))]
        yield stream.close()
        demanded = stream.demanded() if self.well else None
        if demanded is not None:
            await self._judge.hold(*demanded)

    def _reader(self, reply: Received) -> sse.Reader:
        """Read what came, whatever was asked for: servers answer with JSON where they cannot stream."""
        framing = {**self._behind, "form": "array"} if reply.media == "application/json" else self._behind
        return sse.reader(framing, self._limits.event)

    def _failed(self, error: Exception) -> list[Value]:
        if isinstance(error, Failure):
            return self._stream.fail(error.body, error.status)
        return self._stream.fail({"own": {"text": f"the upstream's stream cannot be read: {error}"}})

    def _framed(self, documents: list[Value], *, explained: bool) -> bytes:
        for document in documents:
            if isinstance(document, dict) and self._error in document:
                self.well = False
        if explained and documents:
            documents, self._held = self._with_held(documents)
        return b"".join([self._writer.event(payloads.dumps(document)) for document in documents])

    def _with_held(self, documents: list[Value]) -> tuple[list[Value], Value]:
        """Keep the last event back: it will carry the account."""
        before = [] if self._held is None else [self._held]
        return [*before, *documents[:-1]], documents[-1]

    def _last(self, *, explained: bool) -> bytes:
        """Frame what stands behind the last event."""
        data = b""
        if explained and isinstance(self._held, dict):
            account = reports.account(self._exchange, self._exchange.request)
            data = self._writer.event(payloads.dumps({**self._held, reports.FIELD: account}))
        remark = self._writer.comment(f"{reports.LOSSES}: {reports.line(self._exchange.losses)}")
        return data + remark + self._writer.end(well=self.well)
