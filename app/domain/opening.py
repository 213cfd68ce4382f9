"""Opening a task: from a checked question to its first transition."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.domain.approval import reachable
from app.domain.asking import check_reach
from app.domain.calendar import TooFar
from app.domain.errors import InvalidInput, Problem
from app.domain.event import Event, TaskEventType
from app.domain.levels import assigned_events, begun
from app.domain.task import ApprovalRule, AssignmentReason, Question, Task, TaskStatus, Transition
from app.domain.workplace import NOTHING_SET, Workplace


def open_task(
    question: Question,
    *,
    id: UUID,
    workspace: str,
    created_by: str,
    openers: tuple[str, ...],
    idempotency_key: str | None,
    now: datetime,
    workplace: Workplace = NOTHING_SET,
) -> Transition:
    """A PENDING task of version 1, assigned to the first level, and the events OPENED and ASSIGNED (for each).

    Raises InvalidInput where the approvals asked for can certainly never be reached, or the calendar is not there or
    has too little working time.
    """
    _check(question, openers, workplace, now)
    task = begun(
        Task(
            id=id,
            workspace=workspace,
            question=question,
            created_by=created_by,
            openers=openers,
            created_at=now,
            idempotency_key=idempotency_key,
            version=1,
            status=TaskStatus.PENDING,
            level=0,
            asked=(),
            began_at=now,
            span=question.levels[0].after,
            deadline_at=None,
            audience=(f"key:{created_by}",),
            assignments=(),
        ),
        0,
        AssignmentReason.OPENED,
        workplace,
        now,
    )
    opened = Event(
        type=TaskEventType.OPENED,
        actor=created_by,
        at=now,
        data={"workflow": question.workflow, "strategy": question.strategy},
    )
    return Transition(None, task, (opened, *assigned_events(task, actor=created_by, at=now)))


def _check(question: Question, openers: tuple[str, ...], workplace: Workplace, now: datetime) -> None:
    """What can only be known with the workspace's directory and calendars at hand."""
    problems: list[Problem] = []
    if question.calendar is not None and workplace.calendar is None:
        problems.append(Problem("/timeout/calendar", f"there is no calendar '{question.calendar}' in this workspace"))
    if workplace.calendar:
        try:
            workplace.calendar.after(now, max(level.after for level in question.levels))
        except TooFar:
            said = f"'{question.calendar}' has too little working time: a level would take more than 5 years"
            problems.append(Problem("/timeout/calendar", said))
    if question.rule is ApprovalRule.AT_LEAST and question.at_least:
        everyone = {assignee for level in question.levels for assignee in level.assignees}
        people = reachable(everyone, workplace, without=openers if question.separation_of_duties else ())
        check_reach(problems, question.at_least, people)
    if problems:
        raise InvalidInput(problems)
