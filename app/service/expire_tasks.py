"""The clock. Alarm, planner and sweep all end here, on the same path as a reviewer's answer."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app import jobs
from app.domain.task import Transition
from app.domain.waking import wake_task
from app.service.by_clock import change_all
from app.service.commands import Commands
from app.service.gather import MOST_IN_SET
from app.store.tasks import Lease, Read

LEASE_SECONDS = 2.0
MOST_LEASED = 4 * MOST_IN_SET  # so that while one set is written the next is decided on


async def expire_tasks(commands: Commands) -> int:
    """Does what the clock has to do: deadlines, claims that ran out, reminders; how many steps.

    Workers share a storm by leases, which only save double work: what makes each step happen once is the version.
    Raises Unavailable.
    """
    due = await _lease(commands)
    # In a storm two halves take turns: while one waits for the database the other is decided on.
    other = await _lease(commands) if len(due.tasks) == MOST_LEASED else Lease(None, [])
    return sum(await asyncio.gather(_expire(commands, due), _expire(commands, other)))


async def _lease(commands: Commands, done: UUID | None = None) -> Lease:
    return await commands.deps.tasks.lease_due(most=MOST_LEASED, seconds=LEASE_SECONDS, done=done)


async def _expire(commands: Commands, due: Lease) -> int:
    """Has these decided on, and whatever else is due, until nothing is; how many steps."""
    steps = 0
    moved: set[UUID] = set()  # by us, or by who was faster

    def wake(read: Read) -> Transition | None:
        step = wake_task(read.task, now=read.now, workplace=read.workplace)
        if step or not read.task.is_due(read.now):
            moved.add(read.task.id)
        return step

    while due.tasks:
        failed = await change_all(commands, due.tasks, wake)
        steps += len(due.tasks) - len(failed)
        if len(failed) == len(due.tasks):  # nothing moves: not now, and not with what is due next
            raise failed[0]
        # What did not move is not to come again at once: it is left to its lease.
        due = await _lease(commands, due.id if not failed and moved.issuperset(due.tasks) else None)
        moved.clear()
    return steps


async def plan_alarms(commands: Commands) -> int:
    """Arms an alarm for each moment within the planning horizon at which the clock has something to do; how many.

    Raises Unavailable, redis.RedisError.
    """
    settings = commands.deps.settings
    due = await commands.deps.tasks.list_wakes(tick=settings.alarm_tick, within=settings.alarm_horizon)
    for due_at in due:
        await jobs.arm(commands.deps.redis, due_at)
    return len(due)
