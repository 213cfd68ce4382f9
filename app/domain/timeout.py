"""What happens when a deadline passes. A chain of levels always ends: each level moves on, the last one resolves."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.domain.approval import settled
from app.domain.event import TIMEOUT_ACTOR, Event, TaskEventType
from app.domain.immutable import replace
from app.domain.levels import assigned_events, begun
from app.domain.resolving import resolve
from app.domain.task import (
    AssignmentReason,
    FinalStrategy,
    Outcome,
    Question,
    Resolution,
    ResolvedBy,
    Task,
    TaskStatus,
    TimeoutStrategy,
    Transition,
    UnassignmentReason,
    Urgency,
    concerned,
)
from app.domain.workplace import NOTHING_SET, Workplace

TIME_BY_URGENCY = {
    Urgency.ROUTINE: timedelta(hours=24),
    Urgency.URGENT: timedelta(hours=1),
    Urgency.COMPLIANCE: timedelta(days=7),
}
"""The first level's time where the workflow gives none."""


def final_outcome(question: Question) -> Outcome:
    """What the workflow does when the last level's time has passed."""
    ends_in = question.when_exhausted if question.strategy is TimeoutStrategy.ESCALATE else question.strategy
    return Outcome.APPROVED if ends_in == FinalStrategy.AUTO_APPROVE else Outcome.FAILED


def expire_task(task: Task, *, now: datetime, workplace: Workplace = NOTHING_SET) -> Transition | None:
    """The task escalated to its next level, or EXPIRED after the last; None where the deadline has not passed.

    A quorum that was not reached in full does not count as approval: AUTO_APPROVE still approves, as `system:timeout`.
    """
    if task.deadline_at is None or now < task.deadline_at:
        return None
    if task.level + 1 < len(task.question.levels):
        return _escalate(task, workplace, now)
    resolution = Resolution(
        outcome=final_outcome(task.question),
        by=ResolvedBy.TIMEOUT,
        actors=(TIMEOUT_ACTOR,),
        comment=None,
        input=None,
        at=now,
    )
    return resolve(task, task, TaskStatus.EXPIRED, resolution, actor=TIMEOUT_ACTOR)


def _escalate(task: Task, workplace: Workplace, now: datetime) -> Transition:
    """The next level has its whole time from `now` on, however late the deadline was noticed."""
    level = task.level + 1
    escalated = begun(replace(task, version=task.version + 1), level, AssignmentReason.ESCALATED, workplace, now)
    event = Event(
        type=TaskEventType.ESCALATED,
        actor=TIMEOUT_ACTOR,
        at=now,
        data={
            "level": level,
            "unassigned": [a.assignee.as_json for a in task.assignments],
            "reason": UnassignmentReason.ESCALATED,
        },
        concerns=concerned(task.assignments),
    )
    events = [event, *assigned_events(escalated, actor=TIMEOUT_ACTOR, at=now)]
    return settled(task, escalated, event, events, workplace=workplace, now=now)
