"""Deadlines: every chain ends, as it was asked to, and the timeline foretells how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.asking import AssigneeRequest, LevelRequest
from app.domain.event import RESOLVING, TIMEOUT_ACTOR, TaskEventType
from app.domain.task import (
    FinalStrategy,
    Outcome,
    ResolvedBy,
    Task,
    TaskStatus,
    TimeoutStrategy,
    Transition,
)
from app.domain.timeline import TimelineStep, timeline
from app.domain.timeout import expire_task
from tests.factories import NOW, an_opening, level, reviewers

ASSIGNEES = st.lists(
    st.builds(
        lambda kind, name: AssigneeRequest(**{kind: name}),
        st.sampled_from(["reviewer", "group"]),
        st.text("abc", min_size=1),
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
SPANS = st.integers(1, 366 * 86_400).map(lambda seconds: f"PT{seconds}S")
LEVELS = st.builds(LevelRequest, ASSIGNEES, SPANS | st.none())


@st.composite
def openings(draw: st.DrawFn) -> Transition:
    """Any chain with any strategy, just opened."""
    strategy = draw(st.sampled_from(TimeoutStrategy))
    escalates = strategy is TimeoutStrategy.ESCALATE
    return an_opening(
        assignees=draw(ASSIGNEES),
        strategy=strategy,
        after=draw(SPANS | st.none()),
        escalate_to=draw(st.lists(LEVELS, min_size=1, max_size=10)) if escalates else None,
        when_exhausted=draw(st.sampled_from(FinalStrategy)),
    )


Expire = Callable[[Task, datetime], Transition | None]


def expire(task: Task, now: datetime) -> Transition | None:
    return expire_task(task, now=now)


def chain(opening: Transition, *, late: timedelta = timedelta(0), by: Expire = expire) -> list[Transition]:
    """All that the deadlines bring about when each is noticed `late`; fails where it takes more than a chain can."""
    changes: list[Transition] = []
    task = opening.task
    while task.deadline_at:
        assert len(changes) < len(opening.task.question.levels), "does not end"
        assert by(task, task.deadline_at - timedelta(microseconds=1)) is None, "is before its deadline"
        change = by(task, task.deadline_at + late)
        assert change
        assert change.seen is task
        changes.append(change)
        task = change.task
    return changes


def check_chain(opening: Transition, changes: list[Transition]) -> None:
    """What holds of every chain."""
    question = opening.task.question
    *escalations, last = changes
    assert len(changes) == len(question.levels)
    assert [c.task.version for c in changes] == list(range(2, len(changes) + 2))
    before = opening.task
    for n, change in enumerate(escalations, start=1):
        task = change.task
        assert (task.status, task.level, task.resolution) == (TaskStatus.PENDING, n, None)
        assert tuple(a.assignee for a in task.assignments) == question.levels[n].assignees
        assert task.deadline_at == change.events[0].at + question.levels[n].after
        assert change.events[0].data["reason"] == "ESCALATED"
        assert [e.type for e in change.events] == [
            TaskEventType.ESCALATED,
            *[TaskEventType.ASSIGNED] * len(question.levels[n].assignees),
        ]
        assert change.events[0].concerns == tuple(a.assignee.token for a in before.assignments)
        assert change.events[0].data["level"] == n
        assert [e.concerns for e in change.events[1:]] == [(a.token,) for a in question.levels[n].assignees]
        before = task
    ended = last.task
    assert (ended.status, ended.deadline_at, ended.assignments) == (TaskStatus.EXPIRED, None, ())
    assert ended.resolution
    assert (ended.resolution.by, ended.resolution.actors) == (ResolvedBy.TIMEOUT, (TIMEOUT_ACTOR,))
    ends_in = question.when_exhausted if question.strategy is TimeoutStrategy.ESCALATE else question.strategy
    assert ended.resolution.outcome is {"AUTO_APPROVE": Outcome.APPROVED, "FAIL": Outcome.FAILED}[ends_in]
    assert last.events[-1].data["reason"] == "RESOLVED"
    audience: set[str] = set(opening.task.audience)
    for change in changes:
        assert audience <= set(change.task.audience), "the audience shrank"
        audience |= set(change.task.audience)
        assert len(change.task.audience) == len(set(change.task.audience))
        assert all((e.actor, e.at) == (TIMEOUT_ACTOR, change.events[0].at) for e in change.events)
        assert all(set(e.concerns) <= set(change.task.audience) for e in change.events)
    assert audience == {"key:workflow", *(a.token for step in question.levels for a in step.assignees)}
    assert [e.type for c in changes for e in c.events if e.type in RESOLVING] == [TaskEventType.EXPIRED]


@settings(deadline=None)
@given(openings(), st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_every_chain_ends_after_as_many_deadlines_as_it_has_levels(opening: Transition, late: timedelta) -> None:
    check_chain(opening, chain(opening, late=late))


def _stays(task: Task, now: datetime) -> Transition | None:
    change = expire(task, now)
    return change and replace(change, task=replace(change.task, level=task.level))


def _early(task: Task, now: datetime) -> Transition | None:
    return expire(task, now + timedelta(seconds=1))


def _forgets_the_audience(task: Task, now: datetime) -> Transition | None:
    change = expire(task, now)
    return change and replace(change, task=replace(change.task, audience=change.task.audience[-1:]))


def _keeps_assignments(task: Task, now: datetime) -> Transition | None:
    change = expire(task, now)
    return change and replace(change, task=replace(change.task, assignments=task.assignments))


@pytest.mark.parametrize("mutant", [_stays, _early, _forgets_the_audience, _keeps_assignments])
def test_a_broken_chain_fails_that(mutant: Expire) -> None:
    opening = an_opening(strategy=TimeoutStrategy.ESCALATE, escalate_to=[level("ben"), level("carl")])
    check_chain(opening, chain(opening))
    with pytest.raises(AssertionError):
        check_chain(opening, chain(opening, by=mutant))


@settings(deadline=None)
@given(openings())
def test_the_timeline_foretells_what_happens_when_each_deadline_is_noticed_at_once(opening: Transition) -> None:
    past = list(opening.events)
    for change in chain(opening):
        assert change.seen
        steps = timeline(change.seen, past)
        assert [(s.at, s.type, s.planned) for s in steps[: len(past)]] == [(e.at, e.type, False) for e in past]
        told, happened = foretold(steps), _happened(change, opening)
        assert told == happened
        past += change.events
    assert foretold(timeline(chain(opening)[-1].task, past)) == []


def foretold(steps: list[TimelineStep]) -> list[tuple[datetime, TaskEventType]]:
    return [(s.at, s.type) for s in steps if s.planned]


def _happened(since: Transition, opening: Transition) -> list[tuple[datetime, TaskEventType]]:
    """What `since` and all that came after it brought, but for the assignments that go with an escalation."""
    changes = chain(opening)
    found = [e for c in changes[changes.index(since) :] for e in c.events]
    return [(e.at, e.type) for e in found if e.type is not TaskEventType.ASSIGNED]


def test_the_timeline_tells_it_in_words() -> None:
    opening = an_opening(
        assignees=reviewers("anna"),
        after="PT1H",
        strategy=TimeoutStrategy.ESCALATE,
        escalate_to=[level("ben", "carl", after="PT2H")],
        when_exhausted=FinalStrategy.AUTO_APPROVE,
    )
    told = [(s.at - NOW, s.planned, s.description) for s in timeline(opening.task, opening.events)]
    assert told == [
        (timedelta(0), False, "Opened by workflow"),
        (timedelta(0), False, "Assigned to reviewer anna"),
        (timedelta(hours=1), True, "Escalates to level 1: reviewer ben, reviewer carl"),
        (timedelta(hours=3), True, "Expires; the workflow continues as if approved"),
    ]
    (escalation, ending) = chain(opening)
    past = (*opening.events, *escalation.events, *ending.events)
    assert [s.description for s in timeline(ending.task, past)[2:]] == [
        "Escalated to level 1 by system:timeout",
        "Assigned to reviewer ben",
        "Assigned to reviewer carl",
        "Expired by system:timeout",
    ]


def test_a_deadline_noticed_late_gives_the_next_level_its_whole_time() -> None:
    opening = an_opening(after="PT1H", strategy=TimeoutStrategy.ESCALATE, escalate_to=[level("ben", after="PT2H")])
    late = expire_task(opening.task, now=NOW + timedelta(hours=9))
    assert late
    assert late.task.deadline_at == NOW + timedelta(hours=11)
