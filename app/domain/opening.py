"""Opening a task: from a checked question to its first transition."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.domain.event import Event, TaskEventType
from app.domain.task import (
    Assignment,
    AssignmentReason,
    Question,
    Task,
    TaskStatus,
    Transition,
    widened,
)


def open_task(
    question: Question,
    *,
    id: UUID,
    workspace: str,
    created_by: str,
    openers: tuple[str, ...],
    idempotency_key: str | None,
    fingerprint: str | None,
    now: datetime,
) -> Transition:
    """A PENDING task of version 1, assigned to the first level, and the events OPENED and ASSIGNED (for each)."""
    first = question.levels[0]
    audience = widened([f"key:{created_by}"], first.assignees)
    task = Task(
        id=id,
        workspace=workspace,
        question=question,
        created_by=created_by,
        openers=openers,
        created_at=now,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        version=1,
        status=TaskStatus.PENDING,
        level=0,
        deadline_at=now + first.after,
        audience=audience,
        assignments=tuple(Assignment(a, 0, AssignmentReason.OPENED, now, 1) for a in first.assignees),
    )
    opened = Event(
        type=TaskEventType.OPENED,
        actor=created_by,
        at=now,
        data={"workflow": question.workflow, "strategy": question.strategy},
        audience=audience,
    )
    return Transition(None, task, (opened, *assigned_events(task, actor=created_by, at=now)))


def assigned_events(task: Task, *, actor: str, at: datetime) -> list[Event]:
    """An ASSIGNED event for each assignment that came with the task's current version."""
    return [
        Event(
            type=TaskEventType.ASSIGNED,
            actor=actor,
            at=at,
            data={"assignee": a.assignee.as_json, "level": a.level, "reason": a.reason},
            concerns=(a.assignee.token,),
            audience=task.audience,
        )
        for a in task.assignments
        if a.assigned_version == task.version
    ]
