"""What the event log says of tasks, read event by event: statuses, escalations, answers with their times, ratings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.event import RESOLVING, TIMEOUT_ACTOR, Event, LoggedEvent, TaskEventType
from app.domain.task import Answer, Assignee, Decision, Feedback, Task, TaskStatus


@dataclass
class _Open:
    """An assignment of which the log told and that it has not told to be over."""

    assignee: Assignee
    on_behalf_of: str | None
    at: datetime
    claimed_by: str | None = None


@dataclass
class _Told:
    status: TaskStatus = TaskStatus.PENDING
    level: int = 0
    created_at: datetime | None = None
    audience: tuple[str, ...] = ()
    open: list[_Open] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    feedback: dict[str, Feedback] = field(default_factory=dict)


def recounted(
    tasks: Collection[Task], events: Sequence[LoggedEvent], member_of: Mapping[str, Collection[str]]
) -> list[Task]:
    """The tasks with their state as the log has it; of a task itself only the question is taken.

    The log does not hold the scores that came with an answer: these are the tasks'.
    """
    told: defaultdict[UUID, _Told] = defaultdict(_Told)
    known = {task.id: task for task in tasks}
    for logged in events:
        told[logged.task_id].audience = logged.audience
        _tell(told[logged.task_id], logged.event, known[logged.task_id], member_of)
    return [
        replace(
            task,
            status=told[task.id].status,
            level=told[task.id].level,
            created_at=told[task.id].created_at or task.created_at,
            audience=told[task.id].audience,
            answers=tuple(told[task.id].answers),
            feedback=tuple(told[task.id].feedback.values()),
        )
        for task in tasks
    ]


def _tell(told: _Told, event: Event, task: Task, member_of: Mapping[str, Collection[str]]) -> None:
    data = event.data
    match event.type:
        case TaskEventType.OPENED:
            told.created_at = event.at
        case TaskEventType.ASSIGNED:
            told.open.append(_Open(Assignee.of_json(data["assignee"]), data.get("onBehalfOf"), event.at))
        case TaskEventType.CLAIMED | TaskEventType.RELEASED:
            who = event.actor if event.type is TaskEventType.CLAIMED else None
            named = [Assignee.of_json(each) for each in data["assignees"]]
            for each in told.open:
                each.claimed_by = who if each.assignee in named else each.claimed_by
        case TaskEventType.ESCALATED | TaskEventType.REASSIGNED:
            gone = [Assignee.of_json(each) for each in data["unassigned"]]
            told.open = [each for each in told.open if each.assignee not in gone]
            told.level = data.get("level", told.level)
        case TaskEventType.ANSWERED:
            _answered(told, event, task, member_of)
        case TaskEventType.RATED:
            told.feedback[event.actor] = _feedback(event, data["scores"])
        case ending if ending in RESOLVING:
            told.status = TaskStatus(ending.value)


def _answered(told: _Told, event: Event, task: Task, member_of: Mapping[str, Collection[str]]) -> None:
    who = event.actor
    assert who != TIMEOUT_ACTOR, "a timeout never answers"
    heard = {person for answer in told.answers for person in answer.people}
    is_one_of = {Assignee("reviewer", who), *(Assignee("group", name) for name in member_of.get(who, ()))}
    free = [o for o in told.open if o.assignee in is_one_of and o.claimed_by in (None, who)]
    mine = [o for o in free if o.on_behalf_of not in heard] or free
    told.answers.append(
        Answer(
            reviewer=who,
            decision=Decision(event.data["decision"]),
            comment=event.data["comment"],
            input=None,
            answered_at=event.at,
            through=(),
            assigned_at=min(o.at for o in mine),
            on_behalf_of=event.data.get("onBehalfOf"),
        )
    )
    for each in told.open:
        each.claimed_by = None if each.claimed_by == who else each.claimed_by
    scores: Any = next((f.scores for f in task.feedback if (f.reviewer, f.at) == (who, event.at)), {})
    if event.data["rating"] is not None or scores:
        told.feedback[who] = _feedback(event, scores)


def _feedback(event: Event, scores: Mapping[str, float]) -> Feedback:
    data = event.data
    return Feedback(reviewer=event.actor, rating=data["rating"], scores=scores, comment=data["comment"], at=event.at)
