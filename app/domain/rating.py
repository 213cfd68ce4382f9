"""Feedback after the fact: a rating, scores, a comment; a person's later feedback replaces their earlier."""

from __future__ import annotations

from datetime import datetime

from app.domain.approval import COMMENT_CHARACTERS, check_rating, check_scores, check_scores_asked_for
from app.domain.errors import InvalidInput, Problem
from app.domain.event import Event, TaskEventType
from app.domain.immutable import immutable_by_name, replace
from app.domain.task import Feedback, Task, Transition, concerned
from app.domain.text import check_text


@immutable_by_name
class RateRequest:
    """What somebody says of the work, as it came in."""

    rating: int | None = None
    scores: tuple[tuple[str, float], ...] = ()
    comment: str | None = None


def check_rate(request: RateRequest) -> list[Problem]:
    """What is wrong with feedback, whatever the task."""
    problems: list[Problem] = []
    check_text(problems, "/comment", request.comment, longest=COMMENT_CHARACTERS)
    problems += [*check_rating(request.rating), *check_scores(request.scores)]
    if request.rating is None and not request.scores and not (request.comment or "").strip():
        problems.append(Problem("/rating", "is missing; give a rating, a score or a comment"))
    return problems


def rate_task(task: Task, request: RateRequest, *, reviewer: str, now: datetime) -> Transition:
    """The task with `reviewer`'s feedback, whatever state it is in; the state stays. Raises InvalidInput."""
    if problems := check_scores_asked_for(task, request.scores):
        raise InvalidInput(problems)
    scores = dict(request.scores)
    given = Feedback(reviewer=reviewer, rating=request.rating, scores=scores, comment=request.comment, at=now)
    others = tuple(f for f in task.feedback if f.reviewer != reviewer)
    event = Event(
        type=TaskEventType.RATED,
        actor=reviewer,
        at=now,
        data={"rating": request.rating, "scores": scores, "comment": request.comment},
        concerns=concerned(task.assignments),
    )
    return Transition(task, replace(task, version=task.version + 1, feedback=(*others, given)), (event,))
