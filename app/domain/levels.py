"""A level begins: who has the task then, and the level's clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from app.domain.calendar import time_after
from app.domain.event import Event, TaskEventType
from app.domain.task import Assignee, Assignment, AssignmentReason, Task, widened
from app.domain.workplace import Workplace


def assign(
    asked: Iterable[Assignee],
    workplace: Workplace,
    *,
    level: int,
    reason: AssignmentReason,
    now: datetime,
    version: int,
    answered: Collection[str] = (),
) -> tuple[Assignment, ...]:
    """An assignment for each of `asked`: to the assignee, or, where that is an absent person, to who stands in."""
    return tuple(
        delegated(Assignment(assignee, level, reason, now, version), workplace, answered)
        for assignee in dict.fromkeys(asked)
    )


def delegated(assignment: Assignment, workplace: Workplace, answered: Collection[str] = ()) -> Assignment:
    """`assignment`, given to who stands in for its assignee where that is an absent person. For somebody among
    `answered`, whose answer stands, nobody needs to."""
    assignee = assignment.assignee
    alone = assignee.kind != "reviewer" or assignee.name in answered
    acting = assignee.name if alone else workplace.stand_in(assignee.name)
    if acting == assignee.name:
        return assignment
    return replace(
        assignment,
        assignee=Assignee("reviewer", acting),
        reason=AssignmentReason.DELEGATED,
        on_behalf_of=assignee.name,
    )


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
        assignments=assign(
            asked, workplace, level=level, reason=reason, now=now, version=task.version, answered=task.answered_by
        ),
    )
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
