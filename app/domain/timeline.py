"""What has happened to a task and what will happen if nobody acts, with absolute times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.domain.event import Event, TaskEventType
from app.domain.immutable import immutable
from app.domain.task import Assignee, Outcome, Task
from app.domain.timeout import final_outcome
from app.domain.waking import foretold
from app.domain.workplace import NOTHING_SET, Workplace


@immutable
class TimelineStep:
    """One step; `planned` steps lie ahead."""

    at: datetime
    type: TaskEventType
    planned: bool
    description: str


def timeline(task: Task, past: Iterable[Event], workplace: Workplace = NOTHING_SET) -> list[TimelineStep]:
    """`past` (the task's events, oldest first), then each reminder, escalation and claim that will run out, and the end
    of the chain."""
    steps = [TimelineStep(e.at, e.type, False, _told(e)) for e in past]
    for step in foretold(task, workplace):
        foreseen = (event for event in step.events if event.type is not TaskEventType.ASSIGNED)
        steps += [TimelineStep(e.at, e.type, True, _foretold(e, step.task)) for e in foreseen]
    return steps


def _foretold(event: Event, task: Task) -> str:
    match event.type:
        case TaskEventType.ESCALATED:
            asked = task.question.levels[task.level].assignees
            return f"Escalates to level {task.level}: {', '.join(f'{a.kind} {a.name}' for a in asked)}"
        case TaskEventType.REMINDED:
            return "Reminds those who have not answered"
        case TaskEventType.RELEASED:
            return f"The claim of {', '.join(event.data['claimedBy'])} runs out"
        case TaskEventType.EXPIRED:
            ends = {Outcome.APPROVED: "continues as if approved", Outcome.FAILED: "stops with an error"}
            return f"Expires; the workflow {ends[final_outcome(task.question)]}"
    return f"Ends {event.type.value}: by the answers given, with those who are asked then"


def _told(event: Event) -> str:
    told = f"{event.type.value.capitalize()} by {event.actor}"
    data = event.data
    instead = f" on behalf of {data['onBehalfOf']}" if data.get("onBehalfOf") else ""
    match event.type:
        case TaskEventType.ASSIGNED:
            assignee = Assignee.of_json(data["assignee"])
            return f"Assigned to {assignee.kind} {assignee.name}{instead}"
        case TaskEventType.ANSWERED:
            return f"{told}{instead}: {data['decision']}"
        case TaskEventType.ESCALATED:
            return f"Escalated to level {data['level']} by {event.actor}"
        case TaskEventType.REMINDED:
            return "Reminded those who had not answered"
    return told
