"""What has happened to a task and what will happen if nobody acts, with absolute times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.event import Event, TaskEventType
from app.domain.task import Assignee, Level, Outcome, Task
from app.domain.timeout import final_outcome


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step; `planned` steps lie ahead."""

    at: datetime
    type: TaskEventType
    planned: bool
    description: str


def timeline(task: Task, past: Iterable[Event]) -> list[TimelineStep]:
    """`past` (the task's events, oldest first), then each escalation to come and the end of the chain."""
    steps = [TimelineStep(e.at, e.type, False, _told(e)) for e in past]
    if task.deadline_at is None:
        return steps
    at = task.deadline_at
    for n, level in enumerate(task.question.levels[task.level + 1 :], start=task.level + 1):
        steps.append(TimelineStep(at, TaskEventType.ESCALATED, True, f"Escalates to level {n}: {_names(level)}"))
        at += level.after
    ends = {Outcome.APPROVED: "continues as if approved", Outcome.FAILED: "stops with an error"}
    outcome = ends[final_outcome(task.question)]
    steps.append(TimelineStep(at, TaskEventType.EXPIRED, True, f"Expires; the workflow {outcome}"))
    return steps


def _names(level: Level) -> str:
    return ", ".join(f"{a.kind} {a.name}" for a in level.assignees)


def _told(event: Event) -> str:
    told = f"{event.type.value.capitalize()} by {event.actor}"
    if event.type is TaskEventType.ASSIGNED:
        assignee = Assignee(*next(iter(event.data["assignee"].items())))
        return f"Assigned to {assignee.kind} {assignee.name}"
    if event.type is TaskEventType.ANSWERED:
        return f"{told}: {event.data['decision']}"
    if event.type is TaskEventType.ESCALATED:
        return f"Escalated to level {event.data['level']} by {event.actor}"
    return told
