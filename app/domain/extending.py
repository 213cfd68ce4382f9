"""More time for the current level."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.domain.calendar import time_after
from app.domain.duration import format_duration
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.domain.event import Event, TaskEventType
from app.domain.immutable import replace
from app.domain.levels import with_next_reminder
from app.domain.task import Task, Transition, concerned
from app.domain.text import LONGEST_SPAN
from app.domain.workplace import NOTHING_SET, Workplace

MOST_OWN_EXTENSIONS = 2
"""How often those who are to answer may give themselves more time, a level."""


def extend_deadline(
    task: Task,
    by: timedelta,
    *,
    own: bool,
    actor: str,
    reason: str | None,
    now: datetime,
    workplace: Workplace = NOTHING_SET,
) -> Transition:
    """The deadline moved on `by` (working time where the task counts that), and the reminders that are left with it.

    Where `own`, an assignee asks: at most twice a level, and in all no more than the level's original time again.
    A level lasts at most 366 days. Raises AlreadyResolved, NotAllowed, InvalidInput.
    """
    task.require_pending()
    if own:
        _check_own(task, by)
    if task.span + by > LONGEST_SPAN:
        said = f"is {format_duration(by)}, but a level has at most {format_duration(LONGEST_SPAN)} in all"
        raise InvalidInput([Problem("/by", said)])
    assert task.deadline_at  # it is pending
    extended = with_next_reminder(
        replace(
            task,
            version=task.version + 1,
            span=task.span + by,
            own_extensions=(*task.own_extensions, by) if own else task.own_extensions,
            deadline_at=time_after(workplace.calendar, task.deadline_at, by),
        ),
        workplace,
    )
    event = Event(
        type=TaskEventType.EXTENDED,
        actor=actor,
        at=now,
        data={"by": format_duration(by), "deadlineAt": extended.deadline_at, "comment": reason},
        concerns=concerned(task.assignments),
    )
    return Transition(task, extended, (event,))


def _check_own(task: Task, by: timedelta) -> None:
    if len(task.own_extensions) >= MOST_OWN_EXTENSIONS:
        raise NotAllowed(
            f"Assignees may extend a level's deadline {MOST_OWN_EXTENSIONS} times, and have; "
            "the workflow or an ADMIN still may."
        )
    original = task.question.levels[task.level].after
    left = original - sum(task.own_extensions, timedelta())
    if by > left:
        said = f"is {format_duration(by)}; assignees may add the level's time once more, and "
        raise InvalidInput([Problem("/by", f"{said}{format_duration(left)} is left")])
