"""Standing in for the absent: who has the task then, for whom an answer counts, and that a person is heard once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.approval import AnswerRequest, answer_task
from app.domain.asking import LevelRequest
from app.domain.errors import AlreadyAnswered
from app.domain.event import TaskEventType
from app.domain.reassigning import ABSENCE_ACTOR, delegate_task
from app.domain.task import (
    ApprovalRule,
    Assignee,
    AssignmentReason,
    Decision,
    Task,
    TimeoutStrategy,
)
from app.domain.timeout import expire_task
from app.domain.workplace import NOTHING_SET, Workplace
from tests.factories import NOW, a_task, an_opening, groups, held_by, level, reviewers

ALL = {"rule": ApprovalRule.ALL}
ANNA_AWAY = Workplace(stand_ins={"anna": "zoe"})
BOTH_AWAY = Workplace(stand_ins={"anna": "zoe", "ben": "zoe"})


def says(task: Task, who: str, *member_of: str, decision: str = "APPROVE", at: Workplace = NOTHING_SET) -> Task:
    request = AnswerRequest(decision=Decision(decision))
    through = held_by(task, who, *member_of)
    return answer_task(task, request, reviewer=who, through=through, now=NOW, workplace=at).task


def turned(task: Task, workplace: Workplace) -> Task:
    change = delegate_task(task, now=NOW + timedelta(hours=1), workplace=workplace)
    assert change
    return change.task


def has(task: Task) -> list[tuple[str, str | None]]:
    return [(a.assignee.name, a.on_behalf_of) for a in task.assignments]


def test_what_is_opened_while_somebody_is_away_is_assigned_to_who_stands_in_and_says_so() -> None:
    change = an_opening(assignees=[*reviewers("anna", "ben"), *groups("anna")], workplace=ANNA_AWAY)
    assert has(change.task) == [("zoe", "anna"), ("ben", None), ("anna", None)], "a group is never away"
    assert change.task.asked[0] == Assignee("reviewer", "anna")
    assert change.task.assignments[0].reason is AssignmentReason.DELEGATED
    assigned = [e for e in change.events if e.type is TaskEventType.ASSIGNED]
    assert assigned[0].data == {
        "assignee": {"reviewer": "zoe"},
        "level": 0,
        "reason": "DELEGATED",
        "onBehalfOf": "anna",
    }
    assert [e.concerns for e in assigned] == [("reviewer:zoe",), ("reviewer:ben",), ("group:anna",)]
    assert {"reviewer:anna", "reviewer:zoe"} <= set(change.task.audience)


def test_an_answer_names_the_person_for_whom_it_is_given_and_so_does_its_event() -> None:
    task = a_task(assignees=reviewers("anna", "ben"), workplace=ANNA_AWAY, **ALL)
    request = AnswerRequest(decision=Decision.APPROVE)
    change = answer_task(task, request, reviewer="zoe", through=held_by(task, "zoe"), now=NOW)
    (answer,) = change.task.answers
    assert (answer.reviewer, answer.on_behalf_of, answer.through) == ("zoe", "anna", (Assignee("reviewer", "anna"),))
    assert change.events[0].data["onBehalfOf"] == "anna"
    assert change.events[0].actor == "zoe"
    assert has(change.task) == [("zoe", "anna"), ("ben", None)], "what was answered stays until the task ends"
    assert says(change.task, "ben").status == "APPROVED", "all are heard"


def test_a_person_is_heard_once_themselves_or_through_another() -> None:
    asked: dict[str, Any] = {"assignees": [*reviewers("anna", "ben"), *groups("finance")], **ALL}
    task = says(a_task(workplace=ANNA_AWAY, **asked), "zoe")
    with pytest.raises(AlreadyAnswered, match="anna has answered"):
        says(task, "anna", "finance")
    with pytest.raises(AlreadyAnswered, match="zoe has answered"):
        says(task, "zoe", "finance")
    escalating: dict[str, Any] = {"strategy": TimeoutStrategy.ESCALATE, "escalate_to": [level("anna", "dora")]}
    task = says(a_task(**asked, **escalating), "anna")
    assert task.deadline_at
    escalated = expire_task(task, now=task.deadline_at, workplace=ANNA_AWAY)
    assert escalated
    assert has(escalated.task) == [("anna", None), ("dora", None)], "nobody stands in for who was heard"


def test_who_is_asked_and_stands_in_too_speaks_for_both_at_once() -> None:
    task = a_task(assignees=reviewers("anna", "zoe"), workplace=ANNA_AWAY, **ALL)
    assert has(task) == [("zoe", "anna"), ("zoe", None)]
    done = says(task, "zoe")
    assert done.status == "APPROVED"
    assert (done.answers[0].on_behalf_of, len(done.answers)) == (None, 1)
    assert done.resolution
    assert done.resolution.actors == ("zoe",)


def test_who_stands_in_for_two_speaks_for_both_but_is_one_person_of_a_quorum() -> None:
    assert says(a_task(assignees=reviewers("anna", "ben"), workplace=BOTH_AWAY, **ALL), "zoe").status == "APPROVED"
    quorum: dict[str, Any] = {"rule": ApprovalRule.AT_LEAST, "at_least": 2}
    task = says(a_task(assignees=reviewers("anna", "ben"), workplace=BOTH_AWAY, **quorum), "zoe")
    assert (task.status, len(task.answers)) == ("PENDING", 1)


def test_who_stands_in_for_one_who_was_heard_and_one_who_was_not_is_heard_for_the_other() -> None:
    task = a_task(
        assignees=reviewers("anna", "carl"),
        strategy=TimeoutStrategy.ESCALATE,
        escalate_to=[level("anna", "ben")],
        **ALL,
    )
    task = says(task, "anna")
    assert task.deadline_at
    escalated = expire_task(task, now=task.deadline_at, workplace=BOTH_AWAY)
    assert escalated
    assert has(escalated.task) == [("anna", None), ("zoe", "ben")]
    done = says(escalated.task, "zoe")
    assert done.answers[-1].on_behalf_of == "ben"
    assert done.status == "APPROVED"


def test_who_stands_in_for_one_who_was_heard_is_still_heard_as_a_member_of_a_group() -> None:
    task = a_task(
        assignees=reviewers("anna", "carl"),
        strategy=TimeoutStrategy.ESCALATE,
        escalate_to=[LevelRequest([*reviewers("anna"), *groups("finance")])],
        **ALL,
    )
    task = says(task, "anna")
    assert task.deadline_at
    escalated = expire_task(task, now=task.deadline_at, workplace=ANNA_AWAY)
    assert escalated
    done = says(escalated.task, "zoe", "finance")
    assert done.answers[-1].on_behalf_of is None
    assert done.status == "APPROVED"


def test_open_tasks_go_over_when_an_absence_begins_and_come_back_when_it_ends() -> None:
    task = a_task(assignees=reviewers("anna", "ben"), **ALL)
    change = delegate_task(task, now=NOW, workplace=ANNA_AWAY)
    assert change
    assert has(change.task) == [("zoe", "anna"), ("ben", None)]
    moved, assigned = change.events
    assert (moved.type, moved.actor) == (TaskEventType.REASSIGNED, ABSENCE_ACTOR)
    assert moved.concerns == ("reviewer:anna", "reviewer:ben")
    assert (moved.data["unassigned"], moved.data["reason"]) == ([{"reviewer": "anna"}], "DELEGATED")
    assert (assigned.type, assigned.concerns) == (TaskEventType.ASSIGNED, ("reviewer:zoe",))
    assert delegate_task(change.task, now=NOW, workplace=ANNA_AWAY) is None, "twice changes nothing"
    back = delegate_task(change.task, now=NOW, workplace=NOTHING_SET)
    assert back
    assert has(back.task) == [("anna", None), ("ben", None)]
    assert back.events[0].concerns == ("reviewer:zoe", "reviewer:ben")
    assert (back.task.level, back.task.deadline_at) == (task.level, task.deadline_at)
    assert back.task.assignments[1] == task.assignments[1], "what does not change stays as it was"


def test_who_was_heard_stays_where_they_are_when_absences_begin_and_end() -> None:
    task = says(a_task(assignees=reviewers("anna", "ben"), **ALL), "anna")
    assert delegate_task(task, now=NOW, workplace=ANNA_AWAY) is None
    task = says(a_task(assignees=reviewers("anna", "ben"), workplace=ANNA_AWAY, **ALL), "zoe")
    assert delegate_task(task, now=NOW, workplace=NOTHING_SET) is None, "anna was heard through zoe"
    done = says(task, "ben")
    assert delegate_task(done, now=NOW, workplace=ANNA_AWAY) is None, "it is over"


def test_an_absence_within_an_absence_hands_on_to_who_is_there() -> None:
    task = turned(a_task(assignees=reviewers("anna")), ANNA_AWAY)
    task = turned(task, Workplace(stand_ins={"anna": "zoe", "zoe": "yan"}))
    assert has(task) == [("yan", "anna")]
    assert says(task, "yan").answers[0].on_behalf_of == "anna"


def test_who_opened_a_task_does_not_stand_in_where_duties_are_separate() -> None:
    opening: dict[str, Any] = {"assignees": reviewers("anna"), "separation_of_duties": True}
    assert has(an_opening(openers=("zoe",), workplace=ANNA_AWAY, **opening).task) == [("anna", None)]
    assert has(an_opening(openers=("olga",), workplace=ANNA_AWAY, **opening).task) == [("zoe", "anna")]
