"""The clock: what is done to a task when nobody acts. Deadlines, claims that run out, reminders, in this order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.domain.claiming import lapse_claims
from app.domain.event import TIMEOUT_ACTOR, Event, TaskEventType
from app.domain.immutable import replace
from app.domain.levels import with_next_reminder
from app.domain.task import Task, Transition, concerned
from app.domain.timeout import expire_task
from app.domain.workplace import NOTHING_SET, Workplace

MOST_STEPS = 1_000
"""More than a chain can have: 11 levels, each with 10 reminders and a deadline, and the claims of the first."""


def wake_task(task: Task, *, now: datetime, workplace: Workplace = NOTHING_SET) -> Transition | None:
    """What the clock does next to `task`, one thing at a time; None where nothing is due yet."""
    if not task.is_due(now):
        return None
    return (
        expire_task(task, now=now, workplace=workplace)
        or lapse_claims(task, now=now)
        or _remind(task, now=now, workplace=workplace)
    )


def _remind(task: Task, *, now: datetime, workplace: Workplace) -> Transition:
    """REMINDED, once, however many reminders were due: what was missed is not sent late beside what is due now."""
    reminded = replace(task, version=task.version + 1)
    while reminded.remind_at and reminded.remind_at <= now:
        reminded = with_next_reminder(replace(reminded, reminded=reminded.reminded + 1), workplace)
    waiting = [a for a in task.assignments if a.assignee.kind == "group" or a.assignee.name not in task.answered_by]
    event = Event(
        type=TaskEventType.REMINDED,
        actor=TIMEOUT_ACTOR,
        at=now,
        data={"reminder": reminded.reminded, "level": task.level, "deadlineAt": task.deadline_at},
        concerns=concerned(waiting),
    )
    return Transition(task, reminded, (event,))


def foretold(task: Task, workplace: Workplace) -> Iterator[Transition]:
    """All that will be done to `task` if nobody acts, each step at the moment at which it is due.

    It is what `wake_task` does, asked ahead of time: so what is foretold is what happens.
    """
    for _ in range(MOST_STEPS):
        if task.wake_at is None:
            return
        step = wake_task(task, now=task.wake_at, workplace=workplace)
        if step is None:
            return
        yield step
        task = step.task
