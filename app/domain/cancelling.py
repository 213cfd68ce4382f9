"""The workflow withdraws the question."""

from __future__ import annotations

from datetime import datetime

from app.domain.errors import Problem
from app.domain.resolving import resolve
from app.domain.task import Outcome, Resolution, ResolvedBy, Task, TaskStatus, Transition
from app.domain.text import check_text

REASON_CHARACTERS = 4_000


def check_reason(problems: list[Problem], reason: str | None) -> None:
    """`reason` may have 4,000 characters; problems are added where it has more, or holds what cannot be stored."""
    check_text(problems, "/reason", reason, longest=REASON_CHARACTERS)


def cancel_task(task: Task, *, by: str, reason: str | None, now: datetime) -> Transition:
    """CANCELLED by the key named `by`. Raises AlreadyResolved."""
    task.require_pending()
    resolution = Resolution(
        outcome=Outcome.CANCELLED, by=ResolvedBy.WORKFLOW, actors=(by,), comment=reason, input=None, at=now
    )
    return resolve(task, task, TaskStatus.CANCELLED, resolution, actor=by)
