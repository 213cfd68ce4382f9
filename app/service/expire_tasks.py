"""The clock. Alarm, planner and sweep all end here, on the same path as a reviewer's answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from app import jobs
from app.domain.reassigning import delegate_task
from app.domain.task import Transition
from app.domain.waking import wake_task
from app.service.commands import Change, Commands, Decide
from app.service.gather import MOST_IN_SET
from app.store.directory import Turning
from app.store.tasks import Lease, Read

LEASE_SECONDS = 2.0
MOST_LEASED = 4 * MOST_IN_SET  # so that while one set is written the next is decided on
MOST_TURNING = 100
SETTLE_SECONDS = 15.0
"""Longer than a statement may take: whoever opens a task without knowing of an absence has done so by then."""

_log = structlog.get_logger()


async def expire_tasks(commands: Commands) -> int:
    """Does what the clock has to do: deadlines, claims that ran out, reminders, absences; how many steps.

    Workers share a storm by leases, which only save double work: what makes each step happen once is the version.
    Raises Unavailable.
    """
    due = await _lease(commands)
    # In a storm two halves take turns: while one waits for the database the other is decided on.
    other = await _lease(commands) if len(due.tasks) == MOST_LEASED else Lease(None, [])
    steps = sum(await asyncio.gather(_expire(commands, due), _expire(commands, other)))
    return steps + await _delegate(commands)


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
        failed = await _change_all(commands, due.tasks, wake)
        steps += len(due.tasks) - len(failed)
        if len(failed) == len(due.tasks):  # nothing moves: not now, and not with what is due next
            raise failed[0]
        # What did not move is not to come again at once: it is left to its lease.
        due = await _lease(commands, due.id if not failed and moved.issuperset(due.tasks) else None)
        moved.clear()
    return steps


async def _delegate(commands: Commands) -> int:
    """Hands the tasks of those whose absence has begun over, and gives them back when it has ended.

    Looked at again and again until nobody can still be at work who did not know of it; doing it twice changes nothing.
    One whose tasks could not all be decided on is looked at again as well, and keeps no other from its turn.
    """
    directory = commands.deps.directory
    steps = 0
    after: UUID | None = None
    while turning := await directory.list_turning(after=after, most=MOST_TURNING):
        after = turning[-1].id
        done: list[UUID] = []
        for absence in turning:
            decided, failed = await _delegate_of(commands, absence)
            steps += decided
            if not failed:
                done.append(absence.id)
        await directory.settle(done, before=turning[0].now - timedelta(seconds=SETTLE_SECONDS))
    return steps


async def _delegate_of(commands: Commands, absence: Turning) -> tuple[int, int]:
    """How many of the tasks that may change hands were decided on, and how many could not be."""
    steps = failures = 0
    after: UUID | None = None
    while theirs := await commands.deps.tasks.list_of_absentee(
        absence.workspace, absence.reviewer, after=after, most=MOST_IN_SET
    ):
        after = theirs[-1]
        failed = await _change_all(commands, theirs, _hand_over)
        steps += len(theirs) - len(failed)
        failures += len(failed)
    return steps, failures


def _hand_over(read: Read) -> Transition | None:
    return delegate_task(read.task, now=read.now, workplace=read.workplace)


async def _change_all(commands: Commands, ids: list[UUID], decide: Decide) -> list[Exception]:
    """Has all of these decided on; what went wrong with those that could not be, which is logged."""
    results = await commands.change([Change(id_, decide) for id_ in ids])
    failed = [error for error in results if isinstance(error, Exception)]
    if failed:
        _log.error("clock_failed", tasks=len(failed), error=repr(failed[0]))
    return failed


async def plan_alarms(commands: Commands) -> int:
    """Arms an alarm for each moment within the planning horizon at which the clock has something to do; how many.

    Raises Unavailable, redis.RedisError.
    """
    settings = commands.deps.settings
    due = await commands.deps.tasks.list_wakes(tick=settings.alarm_tick, within=settings.alarm_horizon)
    for due_at in due:
        await jobs.arm(commands.deps.redis, due_at)
    return len(due)
