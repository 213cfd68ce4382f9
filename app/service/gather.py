"""Gathers concurrent calls into sets: while one set is under way, the calls that come in wait for the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from app.domain.errors import Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_IN_SET = 256

_log = structlog.get_logger()


class Gatherer(Generic[Item, Result]):
    """Calls `run_set` with the items that wait, at most 256 at a time, `lanes` sets at once; idle, it starts at once.

    Sets that write to one workspace wait for each other in the database, which numbers its events: there a second lane
    makes them smaller and costs a third more. It helps where a set is long, to decide on one while another is saved.

    `run_set` returns a result or an exception for each item, in order. It runs in a task of its own: a caller that goes
    away takes nothing with it. Where it raises as a whole, each item is run by itself, so that one caller's trouble is
    one caller's. At most `most_waiting` items wait; the next is refused with Unavailable.
    """

    def __init__(
        self,
        run_set: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most_waiting: int,
        lanes: int = 1,
    ) -> None:
        self._run_set = run_set
        self._most_waiting = most_waiting
        self._lanes = lanes
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._starting = False

    async def __call__(self, item: Item) -> Result:
        """What the set makes of `item`; raises what it made an exception of."""
        if len(self._waiting) >= self._most_waiting:
            raise Unavailable("Too many commands wait already. Nothing was changed; try again shortly.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        self._start_soon()
        return await future

    async def drain(self) -> None:
        """Returns when nothing waits or runs."""
        while self._waiting or self._running:
            self._start()
            await asyncio.wait(self._running)

    def _start_soon(self) -> None:
        # Not at once: whoever else is about to call in this turn of the loop joins the same set.
        if not self._starting and len(self._running) < self._lanes:
            self._starting = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._starting = False
        while self._waiting and len(self._running) < self._lanes:
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_SET))]
            task = asyncio.create_task(self._run(taken))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._waiting:
            self._start_soon()

    async def _run(self, taken: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        results = await self._results([item for item, _ in taken])
        for (_, future), result in zip(taken, results, strict=True):
            if future.done():  # the caller has gone away
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

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
