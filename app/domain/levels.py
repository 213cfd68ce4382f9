"""A level begins: who has the task then, and the level's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.domain.calendar import time_after
from app.domain.event import Event, TaskEventType
from app.domain.task import Assignee, Assignment, AssignmentReason, Task, widened
from app.domain.workplace import Workplace


def assigned(
    task: Task, voice: Assignee, *, reason: AssignmentReason, version: int, workplace: Workplace, now: datetime
) -> Assignment:
    """An assignment that asks for `voice`: given to them, or, where that is an absent person, to who stands in.

    Nobody stands in for who has answered, whose answer stands; nor does who opened the task where it asks for
    separation of duties, and could not answer it.
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
    started = replace(
        task,
        level=level,
        asked=asked,
        began_at=now,
        span=span,
        own_extensions=(),
        deadline_at=time_after(workplace.calendar, now, span),
        reminded=0,
    )
    assignments = (
        assigned(started, voice, reason=reason, version=task.version, workplace=workplace, now=now) for voice in asked
    )
    started = replace(started, assignments=tuple(assignments))
    return with_next_reminder(seen_by_all(started), workplace)


def seen_by_all(task: Task) -> Task:
    """`task`, visible to all who are asked and all who have it."""
    return replace(task, audience=widened(task.audience, [*task.asked, *(a.assignee for a in task.assignments)]))


def with_next_reminder(task: Task, workplace: Workplace) -> Task:
    """`task` with the instant of its next reminder: a share of the level's time, counted as the level's time is."""
    shares = task.question.reminders[task.reminded :]
    at = time_after(workplace.calendar, task.began_at, shares[0] * task.span) if shares else None
    # Where a calendar was changed since, the reminder may have moved past the deadline: it is not sent then.
    remind_at = at if at and task.deadline_at and at < task.deadline_at else None
    return task if remind_at == task.remind_at else replace(task, remind_at=remind_at)


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
            audience=task.audience,
        )
        for a in task.assignments
        if a.assigned_version == task.version
    ]
