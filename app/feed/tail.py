"""Follows the logs of all workspaces that have subscribers, with one read for all of them.

It reads on every hint, after every reconnection, and once a second in any case: Redis only makes it sooner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress

import structlog
from redis.asyncio import Redis

from app.domain.errors import Unavailable
from app.domain.event import LoggedEvent
from app.feed.channels import hints
from app.feed.hub import Hub

BATCH_EVENTS = 250
LOOK_SECONDS = 1.0

ReadFollowed = Callable[[Mapping[str, int], int], Awaitable[Sequence[LoggedEvent]]]

_log = structlog.get_logger()


class Tail:
    """Feeds `hub` from the log that `read` reads."""

    def __init__(self, hub: Hub, *, read: ReadFollowed) -> None:
        self._hub = hub
        self._read = read
        self._hinted = asyncio.Event()
        self._needed = asyncio.Event()
        hub.on_follow = self._begin

    def hint(self) -> None:
        """A log has grown: look now, if anybody follows one."""
        if self._hub.followed:
            self._hinted.set()

    def _begin(self) -> None:
        self._hinted.set()
        self._needed.set()

    async def listen(self, redis: Redis) -> None:
        """Takes hints from other processes, for ever, from when somebody first follows a log."""
        await self._needed.wait()
        async with aclosing(hints(redis)) as heard:
            async for _ in heard:
                self.hint()

    async def follow(self) -> None:
        """Reads and hands out, for ever; a database that is away is waited for."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._hinted.wait()
            self._hinted.clear()
            try:
                await self._catch_up()
            except Unavailable as error:
                _log.warning("tail_waits", error=error.message)
                await asyncio.sleep(LOOK_SECONDS)

    async def _catch_up(self) -> None:
        while positions := self._hub.positions:
            events = await self._read(positions, BATCH_EVENTS)
            await self._hub.hand_out(events)
            # Positions that stay where they are would be read again and again without a pause.
            if len(events) < BATCH_EVENTS or self._hub.positions == positions:
                return
