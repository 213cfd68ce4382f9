"""Ending a task: the one place where a task leaves PENDING."""

from __future__ import annotations

from app.domain.event import Event, TaskEventType
from app.domain.immutable import replace
from app.domain.task import Resolution, Task, TaskStatus, Transition, UnassignmentReason, concerned


def resolve(
    seen: Task, task: Task, status: TaskStatus, resolution: Resolution, *, actor: str, before: tuple[Event, ...] = ()
) -> Transition:
    """`task` (`seen` with what else this change brings) ended as `status`; no assignment stays open.

    `before` are events of the same change that come first in the log. The ending is the last event of a task's life
    but for later ratings.
    """
    unassigned = UnassignmentReason.CANCELLED if status is TaskStatus.CANCELLED else UnassignmentReason.RESOLVED
    ended = replace(
        task,
        version=seen.version + 1,
        status=status,
        deadline_at=None,
        remind_at=None,
        assignments=(),
        resolution=resolution,
    )
    event = Event(
        type=TaskEventType(status.value),
        actor=actor,
        at=resolution.at,
        data={
            "outcome": resolution.outcome,
            "by": resolution.by,
            "actors": list(resolution.actors),
            "comment": resolution.comment,
            "unassigned": [a.assignee.as_json for a in seen.assignments],
            "reason": unassigned,
        },
        concerns=concerned(seen.assignments),
    )
    return Transition(seen, ended, (*before, event))
