"""More time, and reminders: how often, how much, and when the next one is due then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.approval import AnswerRequest, answer_task
from app.domain.errors import AlreadyResolved, InvalidInput, NotAllowed
from app.domain.event import TIMEOUT_ACTOR, TaskEventType
from app.domain.extending import extend_deadline
from app.domain.task import ApprovalRule, Decision, Task, TimeoutStrategy, Transition
from app.domain.timeout import expire_task
from app.domain.waking import wake_task
from app.domain.workplace import NOTHING_SET, Workplace
from tests.factories import NOW, a_task, groups, held_by, level, reviewers
from tests.unit.test_calendar import OFFICE

HOUR = timedelta(hours=1)
TEN: dict[str, Any] = {"after": "PT10H", "reminders": (0.5, 0.9)}


def extended(task: Task, by: float, *, own: bool = False, at: float = 0, where: Workplace = NOTHING_SET) -> Transition:
    return extend_deadline(task, by * HOUR, own=own, actor="anna", reason="more", now=NOW + at * HOUR, workplace=where)


def woken(task: Task, at: float, where: Workplace = NOTHING_SET) -> Transition:
    change = wake_task(task, now=NOW + at * HOUR, workplace=where)
    assert change
    return change


def times(*given: datetime | None) -> list[float | None]:
    """In hours from now."""
    return [(at - NOW) / HOUR if at else None for at in given]


def test_the_deadline_moves_from_where_it_is_and_everybody_who_has_it_is_told() -> None:
    task = a_task(assignees=[*reviewers("anna"), *groups("finance")], **TEN)
    change = extended(task, 2, at=7)
    assert times(change.task.deadline_at) == [12]
    assert change.task.span == 12 * HOUR
    (event,) = change.events
    assert (event.type, event.actor, event.concerns) == (
        TaskEventType.EXTENDED,
        "anna",
        ("reviewer:anna", "group:finance"),
    )
    assert event.data == {"by": "PT2H", "deadlineAt": change.task.deadline_at, "comment": "more"}


def test_assignees_may_do_so_twice_a_level_and_add_its_time_once_more_and_others_are_not_counted() -> None:
    task = a_task(strategy=TimeoutStrategy.ESCALATE, escalate_to=[level("ben", after="PT4H")], **TEN)
    task = extended(extended(task, 100).task, 6, own=True).task
    with pytest.raises(
        InvalidInput, match="/by: is PT5H; assignees may add the level's time once more, and PT4H is left"
    ):
        extended(task, 5, own=True)
    task = extended(task, 4, own=True).task
    with pytest.raises(NotAllowed, match="2 times, and have"):
        extended(task, 0.1, own=True)
    task = extended(task, 1).task
    assert times(task.deadline_at) == [121]
    assert task.deadline_at
    escalated = expire_task(task, now=task.deadline_at)
    assert escalated
    assert times(extended(escalated.task, 4, own=True).task.deadline_at) == [129], "the next level starts anew"
    with pytest.raises(InvalidInput):
        extended(escalated.task, 4.1, own=True)


def test_a_level_lasts_366_days_at_most_and_what_is_over_is_not_extended() -> None:
    task = a_task(after="P365D")
    assert extended(task, 24).task.span == timedelta(days=366)
    with pytest.raises(InvalidInput, match="/by: is P1DT1H, but a level has at most P366D in all"):
        extended(task, 25)
    assert task.deadline_at
    expired = expire_task(task, now=task.deadline_at)
    assert expired
    with pytest.raises(AlreadyResolved):
        extended(expired.task, 1)


def test_each_reminder_is_sent_once_at_its_share_of_the_levels_time() -> None:
    task = a_task(**TEN)
    assert times(task.remind_at, task.wake_at) == [5, 5]
    assert wake_task(task, now=NOW + 5 * HOUR - timedelta(microseconds=1)) is None
    first = woken(task, 5)
    (event,) = first.events
    assert (event.type, event.actor, event.concerns) == (TaskEventType.REMINDED, TIMEOUT_ACTOR, ("reviewer:anna",))
    assert event.data == {"reminder": 1, "level": 0, "deadlineAt": task.deadline_at}
    assert times(first.task.remind_at, first.task.wake_at) == [9, 9]
    assert wake_task(first.task, now=NOW + 5 * HOUR) is None
    second = woken(first.task, 9)
    assert second.events[0].data["reminder"] == 2
    assert times(second.task.remind_at, second.task.wake_at) == [None, 10]


def test_what_was_missed_is_not_sent_late_beside_what_is_due() -> None:
    late = woken(a_task(**TEN), 9.5)
    assert [e.type for e in late.events] == [TaskEventType.REMINDED]
    assert late.events[0].data["reminder"] == 2
    assert times(late.task.remind_at) == [None]
    assert [e.type for e in woken(a_task(**TEN), 10).events] == [TaskEventType.EXPIRED], "the deadline comes before all"
    nearly = woken(a_task(after="PT10H", reminders=(0.1, 0.2, 0.3, 0.9)), 2.5)
    assert nearly.events[0].data["reminder"] == 2
    assert times(nearly.task.remind_at) == [3]


@pytest.mark.parametrize(
    ("extend_at", "by", "reminders"),
    [
        (1, 10, [10, 18]),  # half and 90 % of 20 hours
        (6, 10, [5, 18]),  # the first has been sent
        (9.5, 10, [5, 9]),  # both have
        (9.5, 0.001, [5, 9]),
    ],
)
def test_an_extension_moves_the_reminders_that_are_left_and_repeats_none(
    extend_at: float, by: float, reminders: list[float]
) -> None:
    task, sent, done = a_task(**TEN), list[float](), False
    while task.deadline_at and task.wake_at:
        at = (task.wake_at - NOW) / HOUR
        if not done and at > extend_at:
            task, done = extended(task, by, at=extend_at).task, True
            continue
        change = woken(task, at)
        sent += [at for e in change.events if e.type is TaskEventType.REMINDED]
        task = change.task
    assert sent == pytest.approx(reminders)
    assert task.resolution
    assert times(task.resolution.at) == pytest.approx([10 + by])


def test_with_a_calendar_shares_and_extensions_are_of_working_time() -> None:
    # NOW is a Saturday, 13:00 in Berlin: 10 hours of work from Monday 09:00 (44 hours on): half are over at 14:00, 90 %
    # on Tuesday at 10:00, all at 11:00; two hours more are 13:00, of which 90 % is at 11:48.
    where = Workplace(calendar=OFFICE)
    task = a_task(calendar="office", workplace=where, **TEN)
    assert times(task.remind_at, task.deadline_at) == [44 + 5, 44 + 24 + 2]
    task = woken(task, 49, where).task
    assert times(task.remind_at) == [44 + 24 + 1]
    task = extended(task, 2, at=50, where=where).task
    assert times(task.remind_at, task.deadline_at) == [44 + 24 + 2.8, 44 + 24 + 4]
    assert times(extended(task, 8, at=50, where=where).task.deadline_at) == [44 + 48 + 4], "a day of work later"


def test_a_reminder_that_a_changed_calendar_moves_past_the_deadline_is_not_sent() -> None:
    task = a_task(calendar="office", workplace=Workplace(calendar=OFFICE), **TEN)
    mornings = Workplace(calendar=type(OFFICE)("office", "Europe/Berlin", (((540, 600),),) * 5 + ((), ()), frozenset()))
    change = woken(task, 49, mornings)
    assert times(change.task.remind_at, change.task.wake_at) == [None, 70]


def test_only_those_who_have_not_answered_are_reminded() -> None:
    given: dict[str, Any] = {"assignees": [*reviewers("anna", "ben"), *groups("finance")], "rule": ApprovalRule.ALL}
    task = a_task(workplace=Workplace(stand_ins={"ben": "zoe"}), **given, **TEN)
    assert woken(task, 5).events[0].concerns == ("reviewer:anna", "reviewer:zoe", "group:finance")
    for who in ("anna", "zoe"):
        request = AnswerRequest(decision=Decision.APPROVE)
        task = answer_task(task, request, reviewer=who, through=held_by(task, who), now=NOW).task
    assert woken(task, 5).events[0].concerns == ("group:finance",)
