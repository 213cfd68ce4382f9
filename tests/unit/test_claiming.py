"""Claims: who has a task alone, until when, and how it comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.approval import AnswerRequest, answer_task
from app.domain.claiming import claim_task, lapse_claims, release_task
from app.domain.errors import AlreadyResolved, ClaimedByAnother, NotAllowed
from app.domain.event import TIMEOUT_ACTOR, TaskEventType
from app.domain.task import ApprovalRule, AssignmentReason, Decision, Task, Transition
from tests.factories import NOW, a_task, groups, held_by, reviewers

LEASE = timedelta(minutes=15)
ALL = {"rule": ApprovalRule.ALL}
MIXED = [*reviewers("anna", "ben"), *groups("finance")]


def claimed(task: Task, who: str, *member_of: str, at: timedelta = timedelta(0)) -> Transition:
    through = held_by(task, who, *member_of)
    return claim_task(task, reviewer=who, through=through, lease=LEASE, now=NOW + at)


def says(task: Task, who: str, *member_of: str, decision: str = "APPROVE", **given: Any) -> Task:
    request = AnswerRequest(decision=Decision(decision), **given)
    return answer_task(task, request, reviewer=who, through=held_by(task, who, *member_of), now=NOW).task


def held(task: Task) -> list[str | None]:
    return [a.claimed_by for a in task.assignments]


@pytest.mark.parametrize(
    ("given", "who", "covers"),
    [
        ({}, ["anna"], ["anna", "anna", "anna"]),
        ({}, ["zoe", "finance"], ["zoe", "zoe", "zoe"]),
        (ALL, ["anna"], ["anna", None, None]),
        (ALL, ["zoe", "finance"], [None, None, "zoe"]),
        (ALL, ["anna", "finance"], ["anna", None, "anna"]),
        ({"rule": ApprovalRule.AT_LEAST, "at_least": 1}, ["ben"], ["ben", "ben", "ben"]),
    ],
)
def test_a_claim_covers_the_task_where_one_answer_decides_and_ones_own_voices_where_all_must_answer(
    given: dict[str, Any], who: list[str], covers: list[str | None]
) -> None:
    change = claimed(a_task(assignees=MIXED, **given), *who)
    assert held(change.task) == covers
    until = {a.claim_expires_at for a in change.task.assignments if a.claimed_by}
    assert until == {NOW + LEASE}
    (event,) = change.events
    assert (event.type, event.actor, event.data["claimedBy"]) == (TaskEventType.CLAIMED, who[0], [who[0]])
    covered = [a.assignee for a in change.task.assignments if a.claimed_by]
    assert event.data["assignees"] == [a.as_json for a in covered]
    keep_it = [a.concern for a in change.task.assignments]
    assert set(event.concerns) == {f"reviewer:{who[0]}", *(a.token for a in covered), *keep_it}
    assert change.task.wake_at == NOW + LEASE


def test_claiming_again_renews_it_and_is_news_to_those_alone_who_have_the_task() -> None:
    task = claimed(a_task(assignees=MIXED), "anna").task
    again = claimed(task, "anna", at=timedelta(minutes=10))
    assert {a.claim_expires_at for a in again.task.assignments} == {NOW + timedelta(minutes=25)}
    assert again.events[0].concerns == ("reviewer:anna",)
    task = claimed(a_task(assignees=MIXED, **ALL), "anna").task
    assert claimed(task, "anna").events[0].concerns == ("reviewer:anna", "reviewer:ben", "group:finance")


@pytest.mark.parametrize(
    ("given", "first", "second"),
    [({}, ["anna"], ["ben"]), ({}, ["zoe", "finance"], ["anna"]), (ALL, ["zoe", "finance"], ["yan", "finance"])],
)
def test_what_one_has_claimed_another_neither_claims_nor_answers(
    given: dict[str, Any], first: list[str], second: list[str]
) -> None:
    task = claimed(a_task(assignees=MIXED, **given), *first).task
    for act in (claimed, says):
        with pytest.raises(ClaimedByAnother, match=f"{first[0]} has claimed this task until 2026-01-31T12:15:00Z"):
            act(task, *second)


def test_where_all_must_answer_each_may_claim_their_own_and_answer_beside_the_others() -> None:
    task = claimed(claimed(a_task(assignees=MIXED, **ALL), "anna").task, "zoe", "finance").task
    assert held(task) == ["anna", None, "zoe"]
    task = says(task, "ben")
    assert held(task) == ["anna", None, "zoe"]
    assert held(says(task, "anna")) == [None, None, "zoe"], "an answer gives the claim back"


def test_a_claim_on_a_free_voice_leaves_the_claimed_one_to_whoever_has_it() -> None:
    task = claimed(a_task(assignees=MIXED, **ALL), "zoe", "finance").task
    assert held(claimed(task, "ben", "finance").task) == [None, "ben", "zoe"]


def test_nobody_claims_what_needs_several_or_what_they_have_answered_or_what_is_over() -> None:
    with pytest.raises(NotAllowed, match="needs 2 people"):
        claimed(a_task(assignees=MIXED, rule=ApprovalRule.AT_LEAST, at_least=2), "anna")
    with pytest.raises(NotAllowed, match="answered this task already"):
        claimed(says(a_task(assignees=MIXED, **ALL), "anna"), "anna")
    with pytest.raises(AlreadyResolved):
        claimed(says(a_task(assignees=MIXED), "anna"), "anna")


def test_giving_back_frees_what_these_people_hold_and_nothing_else() -> None:
    task = claimed(claimed(a_task(assignees=MIXED, **ALL), "anna").task, "zoe", "finance").task
    change = release_task(task, claimants=["zoe"], actor="zoe", now=NOW)
    assert change
    assert held(change.task) == ["anna", None, None]
    freed = change.task.assignments[2]
    assert (freed.reason, freed.claim_expires_at) == (AssignmentReason.RELEASED, None)
    (event,) = change.events
    assert (event.type, event.actor) == (TaskEventType.RELEASED, "zoe")
    assert event.data == {"claimedBy": ("zoe",), "level": 0, "assignees": [{"group": "finance"}]}
    assert event.concerns == ("reviewer:zoe", "group:finance", "reviewer:anna", "reviewer:ben")
    assert release_task(task, claimants=["ben"], actor="ben", now=NOW) is None
    everything = release_task(task, claimants=["anna", "zoe"], actor="admin", now=NOW)
    assert everything
    assert held(everything.task) == [None] * 3


def test_the_clock_gives_back_the_claims_whose_time_is_up_and_no_others() -> None:
    task = claimed(a_task(assignees=MIXED, **ALL), "anna").task
    task = claimed(task, "zoe", "finance", at=timedelta(minutes=1)).task
    assert lapse_claims(task, now=NOW + LEASE - timedelta(microseconds=1)) is None
    change = lapse_claims(task, now=NOW + LEASE)
    assert change
    assert held(change.task) == [None, None, "zoe"]
    assert (change.events[0].actor, change.events[0].data["claimedBy"]) == (TIMEOUT_ACTOR, ("anna",))
    assert change.task.wake_at == NOW + LEASE + timedelta(minutes=1)


def test_an_answer_that_leaves_a_claimed_voice_open_tells_those_who_may_act_on_it_again() -> None:
    task = claimed(a_task(assignees=MIXED, **ALL), "zoe", "finance").task
    request = AnswerRequest(decision=Decision.APPROVE)
    change = answer_task(task, request, reviewer="zoe", through=held_by(task, "zoe", "finance"), now=NOW)
    assert held(change.task) == [None] * 3
    released, answered = change.events
    assert (released.type, released.actor, released.concerns) == (
        TaskEventType.RELEASED,
        "zoe",
        ("reviewer:zoe", "group:finance"),
    )
    assert answered.type is TaskEventType.ANSWERED
    assert set(answered.concerns) == {"reviewer:zoe", "reviewer:anna", "reviewer:ben", "group:finance"}
    # Where it ends the task, the ending is all that there is to tell.
    task = claimed(a_task(assignees=MIXED), "zoe", "finance").task
    ended = answer_task(task, request, reviewer="zoe", through=held_by(task, "zoe", "finance"), now=NOW)
    assert [e.type for e in ended.events] == [TaskEventType.ANSWERED, TaskEventType.APPROVED]
