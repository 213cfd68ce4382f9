"""Handing over: who is asked then, what stays, who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.approval import AnswerRequest, answer_task
from app.domain.cancelling import cancel_task
from app.domain.claiming import claim_task
from app.domain.errors import AlreadyResolved, InvalidInput
from app.domain.event import TaskEventType
from app.domain.reassigning import reassign_task
from app.domain.task import ApprovalRule, Assignee, AssignmentReason, Decision, Task, Transition
from app.domain.workplace import NOTHING_SET, Workplace
from tests.factories import NOW, a_task, groups, held_by, reviewers

LATER = NOW + timedelta(hours=1)
ANNA, BEN, CARL, DANA = (Assignee("reviewer", name) for name in ("anna", "ben", "carl", "dana"))
FINANCE = Assignee("group", "finance")


def handed(
    task: Task, *to: Assignee, giving: tuple[Assignee, ...] | None = None, where: Workplace = NOTHING_SET
) -> Transition | None:
    return reassign_task(task, to, giving=giving, actor="anna", reason="ill", now=LATER, workplace=where)


def moved(
    task: Task, *to: Assignee, giving: tuple[Assignee, ...] | None = None, where: Workplace = NOTHING_SET
) -> Transition:
    change = handed(task, *to, giving=giving, where=where)
    assert change
    return change


def approved(task: Task, who: str) -> Task:
    return answered(task, who, Decision.APPROVE)


def answered(task: Task, who: str, decision: Decision) -> Task:
    request = AnswerRequest(decision=decision)
    return answer_task(task, request, reviewer=who, through=held_by(task, who, "finance"), now=NOW).task


@pytest.mark.parametrize(
    ("giving", "to", "asked"),
    [
        (None, [CARL], [CARL]),
        (None, [ANNA, CARL], [ANNA, CARL]),
        ((ANNA,), [CARL], [BEN, FINANCE, CARL]),
        ((ANNA, FINANCE), [CARL, DANA], [BEN, CARL, DANA]),
        ((ANNA,), [BEN], [BEN, FINANCE]),
        ((ANNA,), [ANNA, CARL], [BEN, FINANCE, ANNA, CARL]),
    ],
)
def test_others_are_asked_instead_of_all_or_of_those_who_give(
    giving: tuple[Assignee, ...] | None, to: list[Assignee], asked: list[Assignee]
) -> None:
    task = a_task(assignees=[*reviewers("anna", "ben"), *groups("finance")])
    change = moved(task, *to, giving=giving)
    after = change.task
    assert list(after.asked) == [a.assignee for a in after.assignments] == asked
    assert (after.level, after.deadline_at, after.version) == (0, task.deadline_at, 2)
    kept = [a for a in after.assignments if a in task.assignments]
    assert [a.assignee for a in kept] == [a for a in asked if a in task.asked]
    came, gone = [a for a in asked if a not in task.asked], [a for a in task.asked if a not in asked]
    first, *assigned = change.events
    assert (first.type, first.actor, first.data["reason"]) == (TaskEventType.REASSIGNED, "anna", "REASSIGNED")
    assert first.data["unassigned"] == [a.as_json for a in gone]
    assert (first.data["to"], first.data["comment"]) == ([a.as_json for a in to], "ill")
    assert first.concerns == tuple(a.token for a in [*gone, *(a.assignee for a in kept)])
    assert [e.concerns for e in assigned] == [(a.token,) for a in came]
    assert {a.reason for a in after.assignments if a not in kept} <= {AssignmentReason.REASSIGNED}
    assert set(after.audience) >= {*task.audience, *(a.token for a in asked)}, "who had it may still see it"


def test_handing_to_those_who_have_it_changes_nothing_and_what_is_over_is_not_handed_on() -> None:
    task = a_task(assignees=reviewers("anna", "ben"))
    assert handed(task, ANNA, BEN) is None
    assert handed(task, BEN, giving=(BEN,)) is None
    with pytest.raises(AlreadyResolved):
        handed(cancel_task(task, by="workflow", reason=None, now=NOW).task, CARL)


def test_answers_stay_and_the_rule_is_asked_of_those_who_are_asked_now() -> None:
    task = approved(a_task(assignees=reviewers("anna", "ben"), rule=ApprovalRule.ALL), "anna")
    task = moved(task, CARL, giving=(BEN,)).task
    assert len(task.answers) == 1
    assert task.required == 2
    assert approved(task, "carl").status == "APPROVED", "anna's approval counts still"


def test_a_quorum_is_not_left_to_too_few_and_a_rejection_is_no_approval() -> None:
    asked: dict[str, Any] = {"assignees": reviewers("anna", "ben", "carl"), "rule": ApprovalRule.AT_LEAST}
    task = a_task(at_least=2, **asked)
    rejected, approved_one = answered(task, "anna", Decision.REJECT), approved(task, "anna")
    with pytest.raises(InvalidInput, match="leave 1 reviewers who can still be asked, but 2 more approvals are needed"):
        handed(rejected, DANA)
    assert moved(rejected, DANA, CARL).task.asked == (DANA, CARL)
    assert moved(approved_one, DANA).task.asked == (DANA,)
    with pytest.raises(InvalidInput, match="leave 0 reviewers who can still be asked, but 1 more approvals are needed"):
        handed(approved_one, ANNA)


def test_to_ask_who_was_heard_as_well_is_a_change_though_nobody_has_the_task_for_it() -> None:
    task = approved(a_task(assignees=[*groups("finance"), *reviewers("ben")], rule=ApprovalRule.ALL), "carl")
    change = moved(task, FINANCE, BEN, CARL)
    assert (change.task.asked, change.task.required) == ((FINANCE, BEN, CARL), 3)
    assert change.task.assignments == task.assignments


def test_who_is_handed_a_task_while_away_has_it_through_who_stands_in() -> None:
    change = moved(a_task(), BEN, where=Workplace(stand_ins={"ben": "zoe"}))
    (assignment,) = change.task.assignments
    assert (assignment.assignee.name, assignment.on_behalf_of) == ("zoe", "ben")
    assert change.task.asked == (BEN,)


def test_claims_are_given_back_first_since_who_may_act_has_changed() -> None:
    task = a_task(assignees=reviewers("anna", "ben"))
    lease = timedelta(hours=9)
    task = claim_task(task, reviewer="anna", through=held_by(task, "anna"), lease=lease, now=NOW).task
    change = moved(task, CARL, giving=(ANNA,))
    assert [(a.assignee, a.claimed_by, a.claim_expires_at) for a in change.task.assignments] == [
        (BEN, None, None),
        (CARL, None, None),
    ]
    assert [e.type for e in change.events] == [TaskEventType.RELEASED, TaskEventType.REASSIGNED, TaskEventType.ASSIGNED]
    assert change.events[0].concerns == ("reviewer:anna", "reviewer:ben")
    assert change.events[1].concerns == ("reviewer:anna", "reviewer:ben")
