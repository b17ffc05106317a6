"""More of Python's stack: a thread has a thousand calls, so what goes deeper goes on in another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from isogloss.values import Value


def in_thread(work: Callable[..., Value]) -> Callable[..., Value]:
    """Return what does some work in a thread of its own, and waits for it."""
    from concurrent.futures import Future  # few documents are so deep
    from threading import Thread

    def run(*given: Any) -> Value:
        done: Future[Value] = Future()
        try:
            Thread(target=_do, args=(done, work, given)).start()
        except RuntimeError:  # there may be no more threads, or Python is about to end
            return work(*given)
        return done.result()

    return run


def _do(done: Future[Value], work: Callable[..., Value], given: tuple[Any, ...]) -> None:
    try:
        done.set_result(work(*given))
    except BaseException as error:  # noqa: BLE001 - it is raised where the work was asked for
        done.set_exception(error)
