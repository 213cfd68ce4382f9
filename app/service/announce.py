"""After the commit: tells the other processes that logs have grown, and arms alarms. Hints only, so they may be lost.

Nobody waits for it. What is to be told is gathered, and told by one loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from redis.exceptions import RedisError

from app import jobs
from app.deps import Deps
from app.feed.channels import publish

MOST_ALARMS = 10_000
PAUSE_SECONDS = 1.0
GATHER_SECONDS = 0.001
"""Lets the responses to the commands be written first."""
REST_SECONDS = 0.005
"""After a message: where commands come fast, several sets share the next. Each costs every process some work."""

_log = structlog.get_logger()


class Announcer:
    """One process's announcements. `run` is to run beside it."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._grown = False
        self._alarms: set[datetime] = set()
        self._armed: set[datetime] = set()
        self._wake = asyncio.Event()

    def announce(self) -> None:
        """A log has grown."""
        self._deps.tail.hint()
        self._grown = True
        self._wake.set()

    def arm(self, wakes: Iterable[tuple[datetime, datetime]]) -> None:
        """When the clock has something to do, each with the time of saying so.

        What lies beyond the planning horizon is left to the planner, and so is all where 10,000 alarms wait already.
        """
        settings = self._deps.settings
        horizon = timedelta(seconds=settings.alarm_horizon)
        for wake_at, now in wakes:
            if wake_at - now <= horizon and len(self._alarms) < MOST_ALARMS:
                self._alarms.add(jobs.alarm_at(wake_at, settings.alarm_tick))
        if self._alarms:
            self._wake.set()

    async def run(self) -> None:
        """Tells what there is to tell, for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            grown, self._grown = self._grown, False
            alarms, self._alarms = self._alarms - self._armed, set()
            try:
                if grown:
                    await publish(self._deps.redis)
                for due_at in sorted(alarms):
                    await jobs.arm(self._deps.redis, due_at)
            except (RedisError, OSError, TimeoutError) as error:
                _log.warning("not_announced", error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self._remember(alarms)
                await asyncio.sleep(REST_SECONDS)

    def _remember(self, alarms: set[datetime]) -> None:
        """What was armed need not be again. Forgotten altogether when it is many: arming twice does no harm."""
        if len(self._armed) > MOST_ALARMS:
            self._armed.clear()
        self._armed |= alarms
