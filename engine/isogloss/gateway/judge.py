"""Replies held against schemas, in a process of its own.

Schemas come from strangers, and a pattern in one can keep a processor busy for ever; Python holds its lock meanwhile,
so no thread will do. The process that takes too long is ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from isogloss.errors import DocumentError, IsoglossError, ValidationError
from isogloss.failures import Failure
from isogloss.gateway import payloads

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from isogloss.values import Value

#: The memory that the process may take, in bytes.
_MEMORY: Final = 1024 * 1024 * 1024


class Judge:
    """Asks the process, which is started when the first reply must be judged."""

    def __init__(self, seconds: float, wait: float) -> None:
        self._seconds = seconds
        self._wait = wait
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def hold(self, body: Value, spec: Any, schema: Value, rule: str, place: str) -> None:
        """Raise Failure where a reply does not fit: 422 where it is wrong, 400 where the schema is.

        What comes too early for a verdict, before there is a reply, gets it later.
        """
        try:
            verdict = await self._judged(body, payloads.dumps({"body": body, "spec": dict(spec), "schema": schema}))
        except Failure:
            if body is None:
                return
            raise
        if verdict:
            raise _failure(verdict, body, rule, place)

    async def _judged(self, body: Value, question: bytes) -> Any:
        async with self._in_turn(body):
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._ask(question)
            except TimeoutError:
                await self.close()
                text = f"the reply cannot be held against the schema within {self._seconds:g} seconds"
                raise Failure(422, text, type="response_validation_error", more={"raw": body}) from None
            except asyncio.CancelledError:
                await self.close()  # its answer is still to come: the next question would get it
                raise
            except (OSError, asyncio.IncompleteReadError):
                await self.close()
                text = "the reply cannot be held against the schema: it takes too much memory"
                raise Failure(422, text, type="response_validation_error", more={"raw": body}) from None

    @asynccontextmanager
    async def _in_turn(self, body: Value) -> AsyncGenerator[None]:
        """Wait for the process; raise Failure where too many wait for it: 422, since the reply has been paid for."""
        try:
            async with asyncio.timeout(self._wait):
                await self._turn.acquire()
        except TimeoutError:
            text = f"the reply was not held against the schema: there was no turn within {self._wait:g} seconds"
            raise Failure(422, text, type="response_validation_error", more={"raw": body}) from None
        try:
            yield
        finally:
            self._turn.release()

    async def _ask(self, question: bytes) -> Any:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                "from isogloss.gateway.judge import main; main()",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1024 * 1024,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(len(question).to_bytes(8, "big") + question)
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(8), "big")
        return json.loads(await process.stdout.readexactly(size))

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _failure(verdict: Any, body: Value, rule: str, place: str) -> Failure:
    from isogloss import failures

    if verdict["fits"] is False:
        return failures.unfit(ValidationError(verdict["pointer"], verdict["reason"], raw=body, rule=rule, place=place))
    return failures.of_request(DocumentError(verdict["pointer"], verdict["reason"], rule=rule, place=place))


# ---------------------------------------------------------------- inside the process


def main() -> None:
    """Answer questions on standard input until it ends: 8 bytes of length, then JSON."""
    _bound()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(8):
        answer = json.dumps(_verdict(json.loads(source.read(int.from_bytes(head, "big"))))).encode()
        target.write(len(answer).to_bytes(8, "big") + answer)
        target.flush()


def _bound() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on every system

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _verdict(question: Any) -> Any:
    from isogloss.validation import enforce

    try:
        enforce(question["body"], question["spec"], question["schema"], "", "")
    except ValidationError as error:
        return {"fits": False, "pointer": error.pointer, "reason": error.reason}
    except DocumentError as error:
        return {"fits": None, "pointer": error.pointer, "reason": error.reason}
    except (IsoglossError, RecursionError) as error:
        return {"fits": None, "pointer": "", "reason": f"the schema cannot be used: {type(error).__name__}"}
    except Exception as error:  # noqa: BLE001 - a pattern that is none, a number that is too large: a schema's author did it
        return {"fits": None, "pointer": "", "reason": f"the schema cannot be used: {error}"}
    return None
