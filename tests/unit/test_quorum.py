"""AT_LEAST: whether so many people can still be reached, where the members of a group are known and where not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.approval import AnswerRequest, answer_task, reachable
from app.domain.asking import AssigneeRequest
from app.domain.errors import InvalidInput
from app.domain.task import ApprovalRule, Assignee, Decision, Task, TimeoutStrategy
from app.domain.workplace import NOTHING_SET, Workplace
from tests.factories import NOW, a_task, groups, held_by, level, reviewers

FINANCE = Workplace(members={"finance": frozenset({"anna", "ben", "carl"}), "empty": frozenset()})
QUORUM: dict[str, Any] = {"rule": ApprovalRule.AT_LEAST}


def says(task: Task, who: str, decision: str, workplace: Workplace) -> Task:
    request = AnswerRequest(decision=Decision(decision))
    through = held_by(task, who, "finance", "legal")
    return answer_task(task, request, reviewer=who, through=through, now=NOW, workplace=workplace).task


@pytest.mark.parametrize(
    ("asked", "without", "people"),
    [
        (["reviewer:anna", "reviewer:zoe"], [], {"anna", "zoe"}),
        (["reviewer:anna", "group:finance"], [], {"anna", "ben", "carl"}),
        (["group:finance"], ["ben", "zoe"], {"anna", "carl"}),
        (["group:empty"], [], set()),
        (["group:finance", "group:legal"], [], None),
        ([], [], set()),
    ],
)
def test_who_can_be_reached(asked: list[str], without: list[str], people: set[str] | None) -> None:
    assert reachable(map(Assignee.of_token, asked), FINANCE, without=without) == people


@pytest.mark.parametrize(
    ("assignees", "at_least", "given", "message"),
    [
        (reviewers("anna"), 2, {}, "is 2, but only 1 reviewers can ever be asked"),
        (groups("finance"), 4, {}, "is 4, but only 3 reviewers can ever be asked"),
        ([*groups("finance"), *reviewers("anna")], 4, {}, "only 3 reviewers"),
        (groups("empty"), 1, {}, "only 0 reviewers"),
        (groups("finance"), 3, {"openers": ("ben",), "separation_of_duties": True}, "only 2 reviewers"),
        (groups("finance"), 3, {"openers": ("ben",)}, None),
        (groups("finance"), 3, {"openers": ("zoe",), "separation_of_duties": True}, None),
        (groups("finance"), 3, {}, None),
        (groups("finance", "legal"), 100, {}, None),
        (reviewers("anna"), 3, {"strategy": TimeoutStrategy.ESCALATE, "escalate_to": [level("ben", "carl")]}, None),
        (reviewers("anna"), 3, {"strategy": TimeoutStrategy.ESCALATE, "escalate_to": [level("anna", "ben")]}, "only 2"),
    ],
)
def test_more_than_can_ever_be_reached_is_refused_where_that_is_certain(
    assignees: list[AssigneeRequest], at_least: int, given: dict[str, Any], message: str | None
) -> None:
    asked: dict[str, Any] = {"assignees": assignees, "at_least": at_least, "workplace": FINANCE, **QUORUM, **given}
    if message is None:
        assert a_task(**asked).required == at_least
        return
    with pytest.raises(InvalidInput, match=message) as refused:
        a_task(**asked)
    assert [p.path for p in refused.value.problems] == ["/approval/atLeast"]


@pytest.mark.parametrize(
    ("given", "answers", "status"),
    [
        ({"at_least": 2}, ["-anna"], "PENDING"),
        ({"at_least": 2}, ["-anna", "-ben"], "REJECTED"),
        ({"at_least": 2}, ["+anna", "-ben"], "PENDING"),
        ({"at_least": 3}, ["+anna", "-ben"], "REJECTED"),
        ({"at_least": 2, "openers": ("carl",), "separation_of_duties": True}, ["-anna"], "REJECTED"),
        ({"at_least": 2, "openers": ("carl",)}, ["-anna"], "PENDING"),
    ],
)
def test_it_ends_rejected_as_soon_as_the_members_who_are_left_are_too_few(
    given: dict[str, Any], answers: list[str], status: str
) -> None:
    task = a_task(assignees=groups("finance"), workplace=FINANCE, **QUORUM, **given)
    for answer in answers:
        task = says(task, answer[1:], {"+": "APPROVE", "-": "REJECT"}[answer[0]], FINANCE)
    assert task.status == status
    unknown = a_task(assignees=groups("finance"), **QUORUM, **given)
    for answer in answers:
        unknown = says(unknown, answer[1:], {"+": "APPROVE", "-": "REJECT"}[answer[0]], NOTHING_SET)
    assert unknown.status == "PENDING", "of a group that nobody knows there may always be one more"


PEOPLE = ["anna", "ben", "carl", "dana", "emil"]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True),
    st.frozensets(st.sampled_from(PEOPLE)),
    st.integers(1, 5),
    st.permutations(PEOPLE),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_it_ends_exactly_when_no_further_answers_could_change_it(
    named: list[str], members: frozenset[str], at_least: int, order: list[str], approve: list[bool]
) -> None:
    everyone = {*named, *members}
    workplace = Workplace(members={"finance": members})
    if len(everyone) < at_least:
        return
    task = a_task(assignees=[*reviewers(*named), *groups("finance")], at_least=at_least, workplace=workplace, **QUORUM)
    approvals, heard = 0, set[str]()
    for who, yes in zip(order, approve, strict=True):
        if who not in everyone or task.resolution:
            continue
        request = AnswerRequest(decision=Decision.APPROVE if yes else Decision.REJECT)
        through = held_by(task, who, *(["finance"] if who in members else []))
        task = answer_task(task, request, reviewer=who, through=through, now=NOW, workplace=workplace).task
        approvals += yes
        heard.add(who)
        rest = len(everyone - heard)
        expected = "APPROVED" if approvals >= at_least else "REJECTED" if approvals + rest < at_least else "PENDING"
        assert task.status == expected
