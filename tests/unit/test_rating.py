"""Ratings after the fact: what they must be, and that a person's later one replaces their earlier one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.approval import AnswerRequest, answer_task
from app.domain.errors import InvalidInput
from app.domain.event import TaskEventType
from app.domain.rating import RateRequest, check_rate, rate_task
from app.domain.task import ApprovalRule, Decision, Task
from tests.factories import NOW, a_task, held_by, reviewers


def rated(task: Task, who: str = "anna", at: float = 1, **given: Any) -> Task:
    return rate_task(task, RateRequest(**given), reviewer=who, now=NOW + timedelta(hours=at)).task


def says(task: Task, who: str = "anna", **given: Any) -> Task:
    request = AnswerRequest(decision=Decision.APPROVE, **given)
    return answer_task(task, request, reviewer=who, through=held_by(task, who), now=NOW + timedelta(hours=2)).task


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({}, "/rating", "is missing; give a rating, a score or a comment"),
        ({"comment": " \n"}, "/rating", "is missing; give a rating, a score or a comment"),
        ({"rating": 0}, "/rating", "is 0; a rating is 1 (poor) to 5 (excellent)"),
        ({"rating": 6}, "/rating", "is 6; a rating is 1 (poor) to 5 (excellent)"),
        ({"rating": 1, "comment": "x" * 10_001}, "/comment", "has 10,001 characters; at most 10,000 are allowed"),
        ({"scores": (("a", float("nan")),)}, "/scores/0/value", "is nan; a score is a number up to 1,000,000,000"),
        ({"scores": (("a", 1.0), ("a", 2.0))}, "/scores/1/name", "'a' is given twice; give each score once"),
    ],
)
def test_what_is_wrong_with_feedback_whatever_the_task(given: dict[str, Any], path: str, message: str) -> None:
    (problem,) = check_rate(RateRequest(**given))
    assert (problem.path, problem.message) == (path, message)


@pytest.mark.parametrize("given", [{"rating": 1}, {"comment": "late"}, {"scores": (("tone", 0.0),)}])
def test_a_rating_a_score_or_a_comment_each_do(given: dict[str, Any]) -> None:
    assert check_rate(RateRequest(**given)) == []


def test_a_later_one_replaces_the_persons_earlier_one_whole_and_nobody_elses() -> None:
    task = a_task(assignees=reviewers("anna", "ben"), scores=["tone"])
    task = says(task, rating=5, scores=(("tone", 1.0),), comment="fine")
    task = rated(rated(task, "ben", rating=2), at=3, comment="it was wrong")
    mine = {f.reviewer: (f.rating, f.scores, f.comment) for f in task.feedback}
    assert mine == {"anna": (None, {}, "it was wrong"), "ben": (2, {}, None)}
    assert len(task.feedback) == 2
    assert (task.status, task.version) == ("APPROVED", 4)


def test_it_changes_nothing_but_the_feedback_and_is_told_to_those_who_have_the_task() -> None:
    task = a_task(scores=["tone"])
    change = rate_task(task, RateRequest(rating=3, scores=(("tone", 0.5),)), reviewer="anna", now=NOW)
    (event,) = change.events
    assert (event.type, event.actor, event.concerns) == (TaskEventType.RATED, "anna", ("reviewer:anna",))
    assert event.data == {"rating": 3, "scores": {"tone": 0.5}, "comment": None}
    assert (change.task.status, change.task.assignments, change.task.wake_at) == (
        task.status,
        task.assignments,
        task.wake_at,
    )


def test_a_score_that_the_task_does_not_ask_for_is_refused() -> None:
    with pytest.raises(InvalidInput, match="/scores/0/name: 'speed' is not asked for; this task asks for: tone"):
        rated(a_task(scores=["tone"]), scores=(("speed", 1.0),))


def test_a_rating_that_is_asked_for_is_not_made_up_for_by_scores() -> None:
    task = a_task(rating_required=True, scores=["tone"])
    with pytest.raises(InvalidInput, match="/rating: is missing; this task asks for a rating"):
        says(task, scores=(("tone", 1.0),), comment="fine")
    assert says(task, rating=1).status == "APPROVED"


def test_who_rated_before_they_answer_is_counted_with_what_they_said_last() -> None:
    task = rated(a_task(assignees=reviewers("anna", "ben"), rule=ApprovalRule.ALL), rating=1)
    assert [(f.reviewer, f.rating) for f in says(task, rating=5).feedback] == [("anna", 5)]
    assert [(f.reviewer, f.rating) for f in says(task).feedback] == [("anna", 1)], "an answer without one says nothing"
