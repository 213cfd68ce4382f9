"""Deadlines have passed. Alarm, planner and sweep all end here, on the same path as a reviewer's answer."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from app import jobs
from app.domain.task import Task, Transition
from app.domain.timeout import expire_task
from app.service.commands import Commands
from app.service.gather import MOST_IN_SET

LEASE_SECONDS = 2.0

_log = structlog.get_logger()


async def expire_tasks(commands: Commands) -> int:
    """Applies the timeout strategy to every task whose deadline has passed; how many. Raises Unavailable.

    Workers share a storm by leases, which only save double work: what makes each expiry happen once is the version.
    """
    expired = 0
    while due := await commands.deps.tasks.lease_due(most=MOST_IN_SET, seconds=LEASE_SECONDS):
        results = await asyncio.gather(*(commands.change(id_, _decide) for id_ in due), return_exceptions=True)
        failed = [error for error in results if isinstance(error, BaseException)]
        expired += len(results) - len(failed)
        if failed:
            _log.error("not_expired", tasks=len(failed), error=repr(failed[0]))
            if len(failed) == len(results):
                raise failed[0]
    return expired


def _decide(task: Task, now: datetime) -> Transition | None:
    return expire_task(task, now=now)


async def plan_alarms(commands: Commands) -> int:
    """Arms an alarm for each deadline within the planning horizon; how many. Raises Unavailable, redis.RedisError."""
    settings = commands.deps.settings
    due = await commands.deps.tasks.list_deadlines(tick=settings.alarm_tick, within=settings.alarm_horizon)
    for due_at in due:
        await jobs.arm(commands.deps.redis, due_at)
    return len(due)
