"""A level begins: who has the task then, and the level's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.domain.calendar import time_after
from app.domain.event import Event, TaskEventType
from app.domain.immutable import replace
from app.domain.task import Assignee, Assignment, AssignmentReason, Task, widened
from app.domain.workplace import Workplace


def assigned(
    task: Task, voice: Assignee, *, reason: AssignmentReason, version: int, workplace: Workplace, now: datetime
) -> Assignment:
    """An assignment that asks for `voice`: given to them, or, where that is an absent person, to who stands in.

    Nobody stands in for somebody who has answered: the answer stands. Nor does one of the task's openers stand in where
    it asks for separation of duties: they could not answer it.
    """
    own = Assignment(voice, task.level, reason, now, version)
    if voice.kind != "reviewer" or voice.name in task.answered_by:
        return own
    acting = workplace.stand_in(voice.name)
    if acting == voice.name or (task.question.separation_of_duties and acting in task.openers):
        return own
    assignee = Assignee("reviewer", acting)
    return replace(own, assignee=assignee, reason=AssignmentReason.DELEGATED, on_behalf_of=voice.name)


def begun(task: Task, level: int, reason: AssignmentReason, workplace: Workplace, now: datetime) -> Task:
    """`task` with `level` beginning now: its assignees, its whole time, its reminders. Its version stays."""
    asked, span = task.question.levels[level].assignees, task.question.levels[level].after
    deadline_at = time_after(workplace.calendar, now, span)
    started = replace(task, level=level, asked=asked, began_at=now, span=span, deadline_at=deadline_at)
    assignments = tuple(
        assigned(started, voice, reason=reason, version=task.version, workplace=workplace, now=now) for voice in asked
    )
    return replace(
        started,
        own_extensions=(),
        reminded=0,
        remind_at=_next_reminder(started, 0, workplace),
        audience=_seen_by(started, assignments),
        assignments=assignments,
    )


def seen_by_all(task: Task) -> Task:
    """`task`, visible to all who are asked and all who have it."""
    return replace(task, audience=_seen_by(task, task.assignments))


def _seen_by(task: Task, assignments: Iterable[Assignment]) -> tuple[str, ...]:
    return widened(task.audience, [*task.asked, *(a.assignee for a in assignments)])


def with_next_reminder(task: Task, workplace: Workplace) -> Task:
    """`task` with the instant of its next reminder: a share of the level's time, counted as the level's time is."""
    return replace(task, remind_at=_next_reminder(task, task.reminded, workplace))


def _next_reminder(task: Task, reminded: int, workplace: Workplace) -> datetime | None:
    """When the reminder after so many is due; None where there is no further one.

    Where a calendar was changed since, it may have moved past the deadline: it is not sent then.
    """
    shares = task.question.reminders[reminded:]
    if not shares or not task.deadline_at:
        return None
    at = time_after(workplace.calendar, task.began_at, shares[0] * task.span)
    return at if at < task.deadline_at else None


def assigned_events(task: Task, *, actor: str, at: datetime) -> list[Event]:
    """An ASSIGNED event for each assignment that came with the task's current version."""
    return [
        Event(
            type=TaskEventType.ASSIGNED,
            actor=actor,
            at=at,
            data={
                "assignee": a.assignee.as_json,
                "level": a.level,
                "reason": a.reason,
                **({"onBehalfOf": a.on_behalf_of} if a.on_behalf_of else {}),
            },
            concerns=(a.assignee.token,),
        )
        for a in task.assignments
        if a.assigned_version == task.version
    ]
