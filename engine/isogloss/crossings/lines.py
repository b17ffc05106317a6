"""Steps done on a connection: blocking, and for coroutines. What differs between HTTP libraries is left to heirs.

Both say the same thing twice on purpose: what they decide stands in `steps`, what they differ in is `await`.
"""

from __future__ import annotations

import math
import socket
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import anyio

from isogloss.crossings.doing import Broken, Hold, Look, Read, Send, Step, Together, Wait

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Generator, Iterator

    from isogloss.crossings.crossing import Pieces
    from isogloss.crossings.doing import Arrived
    from isogloss.values import Value

    _Work = Generator[Step, Any, Any]


class Line(ABC):
    """A connection for one request. Whoever runs steps closes it, or hands it on with the reply that is to come."""

    def run(self, steps: _Work) -> Any:
        """Do all steps; return what came of them."""
        try:
            step = next(steps)
            while True:
                try:
                    found = self._do(step)
                except Exception as error:  # noqa: BLE001 - whatever it is, the steps decide
                    step = steps.throw(error)
                else:
                    step = steps.send(found)
        except StopIteration as done:
            return done.value
        except BaseException:
            self.close()
            raise

    def _do(self, step: Step) -> Any:
        match step:
            case Send():
                self.close()
                return self.sent(step)
            case Read():
                return self._read(step)
            case Look():
                return self._look(step)
            case Wait():
                return time.sleep(step.seconds)
            case Together():
                return [self.beside().run(work) for work in step.works]
            case Hold():
                return self.hold(step)

    def _look(self, step: Look) -> list[str]:
        try:
            return numbers(socket.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
        except (OSError, ValueError):  # nobody knows it, or it is no name: too long, empty between two dots
            return []

    def _read(self, step: Read) -> bytes:
        data, end = bytearray(), time.monotonic() + (step.within or math.inf)
        for chunk in self.chunks():
            data += chunk
            if time.monotonic() > end:
                raise Broken(TimeoutError(), arrived=True, late=True)
            if len(data) > step.most:
                break
        self.close()
        return bytes(data)

    def told(self, pieces: Pieces) -> Generator[list[Value]]:
        """Give a stream's documents, read by read. The first list is empty: from there on, dropping it closes all."""
        try:
            yield []
            for chunk in self.chunks():
                yield pieces.feed(chunk)
                if pieces.ended:
                    break
            yield pieces.close()
        finally:
            self.close()

    @abstractmethod
    def beside(self) -> Self:
        """Return another connection for a request of its own."""

    @abstractmethod
    def sent(self, step: Send) -> Arrived:
        """Send a request; raise Broken."""

    @abstractmethod
    def chunks(self) -> Iterator[bytes]:
        """Give the body of the reply as it comes; raise Broken."""

    @abstractmethod
    def hold(self, step: Hold) -> None:
        """Hold a reply against a schema; raise ValidationError or Failure."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of steps: coroutines and threads cannot raise StopIteration."""

    value: Any


def advanced(steps: _Work, found: Any) -> Step | Done:
    """Go on with what a step has given."""
    try:
        return steps.send(found)
    except StopIteration as done:
        return Done(done.value)


class AsyncLine(ABC):
    """The same for coroutines."""

    async def run(self, steps: _Work) -> Any:
        """Do all steps; return what came of them."""
        try:
            step = advanced(steps, None)
            while not isinstance(step, Done):
                try:
                    found = await self._do(step)
                except Exception as error:  # noqa: BLE001 - whatever it is, the steps decide
                    step = steps.throw(error)
                else:
                    step = await self.advanced(steps, found)
        except StopIteration as done:
            return done.value
        except BaseException:
            await self.close()
            raise
        else:
            return step.value

    async def advanced(self, steps: _Work, found: Any) -> Step | Done:
        """Go on with what a step has given."""
        return advanced(steps, found)

    async def _do(self, step: Step) -> Any:
        match step:
            case Send():
                await self.close()
                return await self._within(step.within, self.sent(step))
            case Read():
                return await self._within(step.within, self._read(step))
            case Look():
                return await self._look(step)
            case Wait():
                return await anyio.sleep(step.seconds)
            case Together():
                return await self._together(step)
            case Hold():
                return await self.hold(step)

    async def _within(self, seconds: float | None, work: Awaitable[Any]) -> Any:
        if seconds is None:
            return await work
        try:
            with anyio.fail_after(seconds):
                return await work
        except TimeoutError as error:
            raise Broken(error, arrived=True, late=True) from None

    async def _look(self, step: Look) -> list[str]:
        try:
            with anyio.fail_after(step.within):
                return numbers(await anyio.getaddrinfo(step.host, step.port, type=socket.SOCK_STREAM))
        except (OSError, ValueError):  # TimeoutError is an OSError
            return []

    async def _read(self, step: Read) -> bytes:
        data = bytearray()
        async for chunk in self.chunks():
            data += chunk
            if len(data) > step.most:
                break
        await self.close()
        return bytes(data)

    async def _together(self, step: Together) -> list[Any]:
        found: list[Any] = [None] * len(step.works)
        wrong: list[Exception] = []
        limiter = anyio.CapacityLimiter(step.at_once)

        async def one(index: int, work: _Work) -> None:
            async with limiter:
                try:
                    found[index] = await self.beside().run(work)
                except Exception as error:  # noqa: BLE001 - a group would wrap it
                    wrong.append(error)
                    group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for index, work in enumerate(step.works):
                group.start_soon(one, index, work)
        if wrong:
            raise wrong[0]
        return found

    async def told(self, pieces: Pieces) -> AsyncGenerator[list[Value]]:
        """Give a stream's documents, read by read. The first list is empty: from there on, dropping it closes all."""
        try:
            yield []
            async for chunk in self.chunks():
                yield pieces.feed(chunk)
                if pieces.ended:
                    break
            yield pieces.close()
        finally:
            await self.close()

    @abstractmethod
    def beside(self) -> Self:
        """Return another connection for a request of its own."""

    @abstractmethod
    async def sent(self, step: Send) -> Arrived:
        """Send a request; raise Broken."""

    @abstractmethod
    def chunks(self) -> AsyncIterator[bytes]:
        """Give the body of the reply as it comes; raise Broken."""

    @abstractmethod
    async def hold(self, step: Hold) -> None:
        """Hold a reply against a schema; raise ValidationError or Failure."""

    @abstractmethod
    async def close(self) -> None:
        """Give the connection back, even where the caller is being cancelled."""


def numbers(found: Any) -> list[str]:
    """Return the addresses that a name stands for."""
    return list(dict.fromkeys(str(info[4][0]) for info in found))
