"""Answering and cancelling: who decides what, what is refused, and what the events say of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.approval import AnswerRequest, answer_task, check_answer
from app.domain.cancelling import cancel_task, check_reason
from app.domain.errors import AlreadyAnswered, AlreadyResolved, InvalidInput, Problem, StaleVersion, TaskRefusal
from app.domain.event import RESOLVING, TIMEOUT_ACTOR, TaskEventType
from app.domain.task import (
    ApprovalRule,
    Assignee,
    Decision,
    Outcome,
    ResolvedBy,
    Task,
    TaskStatus,
    TimeoutStrategy,
    Transition,
)
from app.domain.timeout import expire_task
from tests.factories import NOW, a_task, an_opening, groups, level, reviewers

LATER = NOW + timedelta(minutes=5)
ALL = ApprovalRule.ALL
AT_LEAST = ApprovalRule.AT_LEAST


def answered(task: Task, who: str, decision: str = "APPROVE", *member_of: str, **given: Any) -> Transition:
    """`who`, as themselves and as a member of groups, answers as all of those that the task waits for."""
    mine = [Assignee("reviewer", who), *(Assignee("group", name) for name in member_of)]
    through = tuple(a.assignee for a in task.assignments if a.assignee in mine)
    request = AnswerRequest(decision=Decision(decision), **given)
    return answer_task(task, request, reviewer=who, through=through, now=LATER)


def after(task: Task, *answers: str) -> Task:
    """`task` after answers written as `+anna` (approves), `-ben` (rejects), `+anna@finance` (as a group's member)."""
    for answer in answers:
        who, *member_of = answer[1:].split("@")
        task = answered(task, who, {"+": "APPROVE", "-": "REJECT"}[answer[0]], *member_of).task
    return task


TRIO = reviewers("anna", "ben", "carl")
MIXED = [*reviewers("anna"), *groups("finance", "legal")]


@pytest.mark.parametrize(
    ("given", "answers", "status"),
    [
        ({"assignees": TRIO}, ["+ben"], "APPROVED"),
        ({"assignees": TRIO}, ["-carl"], "REJECTED"),
        ({"assignees": groups("finance")}, ["+zoe@finance"], "APPROVED"),
        ({"assignees": TRIO, "rule": ALL}, ["+anna", "+ben"], "PENDING"),
        ({"assignees": TRIO, "rule": ALL}, ["+carl", "+anna", "+ben"], "APPROVED"),
        ({"assignees": TRIO, "rule": ALL}, ["+anna", "-ben"], "REJECTED"),
        ({"assignees": MIXED, "rule": ALL}, ["+anna", "+zoe@finance"], "PENDING"),
        ({"assignees": MIXED, "rule": ALL}, ["+anna", "+zoe@finance", "+yan@finance"], "PENDING"),
        ({"assignees": MIXED, "rule": ALL}, ["+anna", "+zoe@finance", "+yan@legal"], "APPROVED"),
        ({"assignees": MIXED, "rule": ALL}, ["+anna@finance@legal"], "APPROVED"),
        ({"assignees": MIXED, "rule": ALL}, ["+anna@finance", "-yan@legal"], "REJECTED"),
        ({"assignees": TRIO, "rule": AT_LEAST, "at_least": 2}, ["+anna"], "PENDING"),
        ({"assignees": TRIO, "rule": AT_LEAST, "at_least": 2}, ["+anna", "+carl"], "APPROVED"),
        ({"assignees": TRIO, "rule": AT_LEAST, "at_least": 2}, ["-anna"], "PENDING"),
        ({"assignees": TRIO, "rule": AT_LEAST, "at_least": 2}, ["-anna", "+ben", "+carl"], "APPROVED"),
        ({"assignees": TRIO, "rule": AT_LEAST, "at_least": 2}, ["-anna", "-ben"], "REJECTED"),
        ({"assignees": TRIO, "rule": AT_LEAST, "at_least": 3}, ["+anna", "-ben"], "REJECTED"),
        ({"assignees": MIXED, "rule": AT_LEAST, "at_least": 3}, ["-anna", "-zoe@legal", "-yan@legal"], "PENDING"),
        ({"assignees": groups("legal"), "rule": AT_LEAST, "at_least": 2}, ["+zoe@legal", "+yan@legal"], "APPROVED"),
    ],
)
def test_the_rule_says_when_answers_decide(given: dict[str, Any], answers: list[str], status: str) -> None:
    task = after(a_task(**given), *answers)
    assert task.status == status
    assert task.version == 1 + len(answers)
    assert len(task.answers) == len(answers)
    assert (
        (task.resolution is None) == (task.deadline_at is not None) == bool(task.assignments) == (status == "PENDING")
    )


def test_too_few_approvals_of_this_level_are_no_rejection_while_another_level_can_bring_more() -> None:
    task = a_task(
        rule=AT_LEAST, at_least=2, strategy=TimeoutStrategy.ESCALATE, escalate_to=[level("ben")], assignees=TRIO[:1]
    )
    task = after(task, "+anna")
    assert task.deadline_at
    escalated = expire_task(task, now=task.deadline_at)
    assert escalated
    assert after(escalated.task, "+ben").status is TaskStatus.APPROVED
    assert after(escalated.task, "-ben").status is TaskStatus.REJECTED


def test_the_resolution_names_those_who_decided_it_that_way_and_carries_the_deciding_answers_input() -> None:
    task = after(a_task(assignees=TRIO, rule=AT_LEAST, at_least=2), "-anna", "+carl")
    resolution = answered(task, "ben", comment="go", input={"amount": 1}).task.resolution
    assert resolution
    assert (resolution.outcome, resolution.by, resolution.actors) == (
        Outcome.APPROVED,
        ResolvedBy.REVIEWER,
        ("carl", "ben"),
    )
    assert (resolution.comment, resolution.input, resolution.at) == ("go", {"amount": 1}, LATER)


def test_an_answer_is_kept_with_whom_it_was_given_as_and_its_rating_as_feedback() -> None:
    task = a_task(assignees=MIXED, rule=ALL, scores=["tone"])
    change = answered(task, "anna", "APPROVE", "legal", comment="ok", rating=4, scores=(("tone", 0.5),))
    (answer,), (feedback,) = change.task.answers, change.task.feedback
    assert answer.through == (Assignee("reviewer", "anna"), Assignee("group", "legal"))
    assert (answer.reviewer, answer.answered_at, answer.assigned_at) == ("anna", LATER, NOW)
    assert (feedback.reviewer, feedback.rating, feedback.scores, feedback.comment) == ("anna", 4, {"tone": 0.5}, "ok")
    assert answered(task, "anna").task.feedback == ()


@pytest.mark.parametrize(
    ("answers", "who", "version", "refusal", "message"),
    [
        (["+anna"], "anna", None, AlreadyAnswered, "anna has answered this task already"),
        (["+anna"], "anna", 1, AlreadyAnswered, "anna has answered this task already"),
        (["+anna"], "ben", 1, StaleVersion, "You saw version 1; the task is at version 2 now"),
        ([], "ben", 2, StaleVersion, "You saw version 2; the task is at version 1 now"),
        (["+anna", "+ben", "+carl"], "anna", None, AlreadyResolved, "APPROVED already, by anna, ben, carl"),
        (["-carl"], "ben", 1, AlreadyResolved, "REJECTED already, by carl"),
    ],
)
def test_an_answer_that_comes_too_late_is_refused_with_the_task_as_it_stands(
    answers: list[str], who: str, version: int | None, refusal: type[TaskRefusal], message: str
) -> None:
    task = after(a_task(assignees=TRIO, rule=ALL), *answers)
    with pytest.raises(refusal, match=message) as refused:
        answered(task, who, version=version)
    assert refused.value.task is task


def test_an_answer_to_the_version_that_was_seen_counts() -> None:
    task = after(a_task(assignees=TRIO, rule=ALL), "+anna")
    assert answered(task, "ben", version=2).task.version == 3


def test_a_rating_that_is_asked_for_must_be_given() -> None:
    task = a_task(rating_required=True)
    with pytest.raises(InvalidInput, match="/rating: is missing; this task asks for a rating") as refused:
        answered(task, "anna")
    assert [p.path for p in refused.value.problems] == ["/rating"]
    assert answered(task, "anna", rating=1).task.status is TaskStatus.APPROVED


def test_a_score_that_is_not_asked_for_is_refused_naming_those_that_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        answered(a_task(scores=["tone", "tact"]), "anna", scores=(("tone", 1), ("speed", 2)))
    (problem,) = refused.value.problems
    assert problem.path == "/scores/1/name"
    assert problem.message == "'speed' is not asked for; this task asks for: tone, tact"
    with pytest.raises(InvalidInput, match="this task asks for: none"):
        answered(a_task(), "anna", scores=(("speed", 2),))


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"rating": 0}, "/rating", "is 0; a rating is 1 (poor) to 5 (excellent)"),
        ({"rating": 6}, "/rating", "is 6; a rating is 1 (poor) to 5 (excellent)"),
        ({"comment": "x" * 10_001}, "/comment", "has 10,001 characters; at most 10,000 are allowed"),
        ({"comment": "\0"}, "/comment", "holds the character U+0000, which cannot be stored; leave it out"),
        ({"input": {"a/": [2**63]}}, "/input/a~1/0", "is beyond 64 bits; send it as a string"),
        ({"input": "x" * 262_143}, "/input", "takes 262,145 bytes as JSON; at most 262,144 are allowed"),
        ({"scores": (("a", 1), ("a", 2))}, "/scores/1/name", "'a' is given twice; give each score once"),
    ],
)
def test_what_is_wrong_with_an_answer_whatever_the_task(given: dict[str, Any], path: str, message: str) -> None:
    (problem,) = check_answer(AnswerRequest(decision=Decision.APPROVE, **given))
    assert (problem.path, problem.message) == (path, message)


def test_an_answer_within_all_limits_has_nothing_wrong_with_it() -> None:
    request = AnswerRequest(decision=Decision.REJECT, comment="x" * 10_000, input="x" * 262_142, rating=5)
    assert check_answer(request) == []


def test_an_answer_that_does_not_decide_tells_the_inboxes_of_all_who_are_asked() -> None:
    task = a_task(assignees=MIXED, rule=ALL)
    change = answered(task, "anna", comment="ok", rating=5)
    (event,) = change.events
    assert (event.type, event.actor, event.at) == (TaskEventType.ANSWERED, "anna", LATER)
    remaining = [{"reviewer": "anna"}, {"group": "finance"}, {"group": "legal"}]
    assert event.data == {"decision": "APPROVE", "comment": "ok", "rating": 5, "remaining": remaining}
    assert event.concerns == ("reviewer:anna", "group:finance", "group:legal")
    assert change.task.audience == ("key:workflow", *event.concerns)


def test_an_answer_that_decides_tells_the_inboxes_of_the_ending_alone() -> None:
    change = answered(a_task(assignees=MIXED), "anna", "REJECT", comment="no")
    given, ended = change.events
    assert (given.type, given.concerns) == (TaskEventType.ANSWERED, ())
    assert (ended.type, ended.actor) == (TaskEventType.REJECTED, "anna")
    assert ended.concerns == ("reviewer:anna", "group:finance", "group:legal")
    assert change.task.audience == ("key:workflow", *ended.concerns)
    assert ended.data == {
        "outcome": "REJECTED",
        "by": "REVIEWER",
        "actors": ["anna"],
        "comment": "no",
        "unassigned": [{"reviewer": "anna"}, {"group": "finance"}, {"group": "legal"}],
        "reason": "RESOLVED",
    }


def test_opening_tells_that_it_is_open_and_each_assignees_inbox_that_it_is_there() -> None:
    change = an_opening(assignees=MIXED)
    opened, *assigned = change.events
    assert (opened.type, opened.actor, opened.concerns) == (TaskEventType.OPENED, "workflow", ())
    assert opened.data == {"workflow": "expenses", "strategy": "FAIL"}
    assert [e.type for e in assigned] == [TaskEventType.ASSIGNED] * 3
    assert [e.concerns for e in assigned] == [("reviewer:anna",), ("group:finance",), ("group:legal",)]
    assert assigned[1].data == {"assignee": {"group": "finance"}, "level": 0, "reason": "OPENED"}
    assert change.task.audience == ("key:workflow", "reviewer:anna", "group:finance", "group:legal")
    assert change.seen is None


def test_cancelling_ends_it_by_the_workflow_with_its_reason() -> None:
    task = after(a_task(assignees=TRIO, rule=ALL), "+anna")
    change = cancel_task(task, by="workflow", reason="order withdrawn", now=LATER)
    assert (change.task.status, change.task.version, change.task.deadline_at) == (TaskStatus.CANCELLED, 3, None)
    assert (change.task.assignments, change.task.answers) == ((), task.answers)
    assert change.task.resolution
    assert (change.task.resolution.outcome, change.task.resolution.by) == (Outcome.CANCELLED, ResolvedBy.WORKFLOW)
    assert (change.task.resolution.actors, change.task.resolution.comment) == (("workflow",), "order withdrawn")
    (event,) = change.events
    assert (event.type, event.actor, event.data["reason"]) == (TaskEventType.CANCELLED, "workflow", "CANCELLED")
    assert event.concerns == ("reviewer:anna", "reviewer:ben", "reviewer:carl")


@pytest.mark.parametrize("ending", ["+anna", "-anna", "cancel", "expire"])
def test_what_is_resolved_stays_so_whatever_comes_after(ending: str) -> None:
    task = a_task(assignees=TRIO)
    due = task.deadline_at
    assert due
    if ending == "cancel":
        task = cancel_task(task, by="workflow", reason=None, now=LATER).task
    elif ending == "expire":
        expired = expire_task(task, now=due)
        assert expired
        task = expired.task
    else:
        task = after(task, ending)
    assert TaskEventType(task.status) in RESOLVING
    winner = {"cancel": "workflow", "expire": TIMEOUT_ACTOR}.get(ending, "anna")
    with pytest.raises(AlreadyResolved, match=f"{task.status} already, by {winner}") as refused:
        cancel_task(task, by="workflow", reason=None, now=LATER)
    assert refused.value.task is task
    with pytest.raises(AlreadyResolved):
        answered(task, "ben")
    assert expire_task(task, now=LATER + timedelta(days=400)) is None


def test_a_reason_may_have_4000_characters() -> None:
    problems: list[Problem] = []
    check_reason(problems, "x" * 4_000)
    check_reason(problems, None)
    assert not problems
    check_reason(problems, "x" * 4_001)
    assert problems == [Problem("/reason", "has 4,001 characters; at most 4,000 are allowed")]
