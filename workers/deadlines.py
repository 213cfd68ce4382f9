"""Deadlines: the alarm and the planner are jobs, hints that may be lost; the sweep behind them needs no Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from arq import Retry
from redis.exceptions import RedisError

from app.domain.errors import Unavailable
from app.service.commands import Commands
from app.service.expire_tasks import expire_tasks, plan_alarms

RETRY_SECONDS = 0.5

_log = structlog.get_logger()


async def expire_due(ctx: dict[str, Any]) -> None:
    """An alarm has gone off: expire what is due."""
    try:
        await expire_tasks(ctx["commands"])
    except Unavailable as error:
        raise Retry(defer=RETRY_SECONDS) from error


async def plan(ctx: dict[str, Any]) -> None:
    """Arms the alarms of the deadlines that have come within the horizon."""
    try:
        await plan_alarms(ctx["commands"])
    except (Unavailable, RedisError) as error:  # the next round plans them, and the sweep stands behind it
        _log.warning("plan_waits", error=repr(error))


async def sweep(work: Callable[[Commands], Awaitable[int]], commands: Commands, every: float) -> None:
    """Does what is due, every `every` seconds, for ever, whatever became of the alarms. `work` says how many steps."""
    while True:
        try:
            if steps := await work(commands):
                _log.info("swept", work=work.__name__, tasks=steps)
        except Unavailable as error:
            _log.warning("sweep_waits", error=error.message)
        await asyncio.sleep(every)
