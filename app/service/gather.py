"""Gathers what concurrent calls bring into sets: while one set is under way, what comes in waits for the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from app.domain.errors import Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_IN_SET = 128
FEW_IN_SET = 24
MOST_SETS = 3

_log = structlog.get_logger()


@dataclass(slots=True)
class _Call(Generic[Result]):
    """Somebody who waits for what becomes of several items, which may be in several sets."""

    results: dict[int, Result | Exception]
    missing: int
    done: asyncio.Future[list[Result | Exception]]

    def put(self, n: int, result: Result | Exception) -> None:
        self.results[n] = result
        self.missing -= 1
        if not self.missing and not self.done.done():  # done: the caller has gone away
            self.done.set_result([self.results[n] for n in range(len(self.results))])


def only(results: Sequence[Result | Exception]) -> Result:
    """The one result there is; raises it where it is an exception."""
    (result,) = results
    if isinstance(result, Exception):
        raise result
    return result


class Gatherer(Generic[Item, Result]):
    """Calls `run_set` with the items that wait: of those of one call all, up to 128; of several calls together no more
    than 24, or 128 where so many wait. Idle, it starts at once.

    One set after the other; further ones beside it, up to three in all, only where they are full. Sets that write to
    one workspace wait for each other in the database, which numbers its events: small ones beside each other would only
    be smaller, and cost a third more. Of full ones one is decided on while another is saved. Were all taken that wait,
    dozens of callers would fall into step, each waiting for the slowest, and nothing to do while their set is saved.

    `run_set` returns a result or an exception for each item, in order. It runs in a task of its own: a caller that goes
    away takes nothing with it. Where it raises as a whole, each item is run by itself, so that one caller's trouble is
    one caller's. While `most_waiting` items wait, the next call is refused with Unavailable.
    """

    def __init__(
        self,
        run_set: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most_waiting: int,
    ) -> None:
        self._run_set = run_set
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, _Call[Result], int]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._starting = False

    async def __call__(self, items: Sequence[Item]) -> list[Result | Exception]:
        """What the sets make of each of `items`, in order."""
        if not items:
            return []
        if len(self._waiting) >= self._most_waiting:
            raise Unavailable("Too many commands are waiting already. Nothing was changed; try again shortly.")
        call: _Call[Result] = _Call({}, len(items), asyncio.get_running_loop().create_future())
        self._waiting.extend((item, call, n) for n, item in enumerate(items))
        self._start()
        return await call.done

    async def drain(self) -> None:
        """Returns when nothing waits or runs."""
        while self._waiting or self._running:
            self._start()
            await asyncio.wait(self._running)

    def _start(self) -> None:
        """Starts a set, if one may start. It takes what waits in the next turn of the loop: whoever else is about to
        call in this one joins it."""
        if not self._starting and self._may_start():
            self._starting = True
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._done)

    def _may_start(self) -> bool:
        if not self._running:
            return bool(self._waiting)
        return len(self._waiting) >= MOST_IN_SET and len(self._running) < MOST_SETS

    def _take(self) -> list[tuple[Item, _Call[Result], int]]:
        """The next set. A call is not cut in two, unless a full set cannot hold it: it would wait for both."""
        most = MOST_IN_SET if len(self._waiting) >= MOST_IN_SET else FEW_IN_SET
        taken: list[tuple[Item, _Call[Result], int]] = []
        while self._waiting and len(taken) < MOST_IN_SET:
            _, call, n = self._waiting[0]
            if taken and n == 0 and len(taken) + call.missing > most:
                break
            taken.append(self._waiting.popleft())
        return taken

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # perhaps before it began
            self._starting = False
        self._running.discard(task)
        self._start()

    async def _run(self) -> None:
        self._starting = False
        taken = self._take()
        self._start()  # a further one beside it, where there is enough for two
        results = await self._results([item for item, _, _ in taken])
        # The next set is on its way before those who waited for this one have their answers made.
        self._running.discard(asyncio.current_task())
        self._start()
        for (_, call, n), result in zip(taken, results, strict=True):
            call.put(n, result)

    async def _results(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return await self._run_set(items)
        except Unavailable as error:
            return [error] * len(items)
        except Exception as error:
            if len(items) == 1:
                return [error]
            _log.exception("set_failed", items=len(items))
            return [result for item in items for result in await self._results([item])]
