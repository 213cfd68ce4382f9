"""The timeline foretells what happens: chains with reminders, claims, calendars and absences, run on a fast clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.asking import MOST_REMINDERS, AssigneeRequest
from app.domain.claiming import claim_task
from app.domain.errors import InvalidInput
from app.domain.event import RESOLVING, TIMEOUT_ACTOR, Event, TaskEventType
from app.domain.task import ApprovalRule, FinalStrategy, Task, TimeoutStrategy, Transition
from app.domain.timeline import TimelineStep, timeline
from app.domain.waking import wake_task
from app.domain.workplace import Workplace
from tests.factories import NOW, a_task, an_opening, level, reviewers
from tests.unit.test_calendar import BERLIN, LUNCH, MIDNIGHT, OFFICE
from tests.unit.test_timeout import ASSIGNEES, LEVELS, SPANS

SHARES = st.lists(st.floats(0.001, 0.999), unique=True, max_size=MOST_REMINDERS).map(sorted)
WORKPLACES = st.builds(
    Workplace,
    stand_ins=st.just({}) | st.just({"a": "x", "b": "a"}),
    calendar=st.sampled_from([None, OFFICE, LUNCH, BERLIN, MIDNIGHT]),
)


@dataclass(frozen=True)
class Chain:
    """A task with what has happened to it so far, and what is set where it lives."""

    task: Task
    past: tuple[Event, ...]
    workplace: Workplace

    @property
    def told(self) -> list[TimelineStep]:
        return timeline(self.task, self.past, self.workplace)

    def after(self, change: Transition) -> Chain:
        return Chain(change.task, (*self.past, *change.events), self.workplace)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Any chain, just opened, and claimed by some of its assignees where its rule allows that."""
    workplace = draw(WORKPLACES)
    strategy = draw(st.sampled_from(TimeoutStrategy))
    assignees: list[AssigneeRequest] = draw(ASSIGNEES)
    given_levels = draw(st.lists(LEVELS, min_size=1, max_size=6))
    try:
        opening = an_opening(
            now=NOW + draw(st.timedeltas(timedelta(0), timedelta(days=300))),
            assignees=assignees,
            rule=draw(st.sampled_from([ApprovalRule.ANY, ApprovalRule.ALL])),
            strategy=strategy,
            after=draw(st.none() | st.integers(1, 40 * 86_400).map(lambda s: f"PT{s}S") | SPANS),
            escalate_to=given_levels if strategy is TimeoutStrategy.ESCALATE else None,
            when_exhausted=draw(st.sampled_from(FinalStrategy)),
            reminders=draw(SHARES),
            calendar=workplace.calendar and workplace.calendar.name,
            workplace=workplace,
        )
    except InvalidInput:  # so much working time takes more than 5 years
        opening = an_opening(assignees=assignees, reminders=draw(SHARES))
        workplace = Workplace()
    chain = Chain(opening.task, opening.events, workplace)
    claims = st.tuples(
        st.integers(0, len(chain.task.assignments) - 1), st.timedeltas(timedelta(seconds=1), timedelta(9))
    )
    for n, lease in draw(st.lists(claims, max_size=2)):
        free = chain.task.assignments[n]
        if chain.task.claimants and (chain.task.question.rule is ApprovalRule.ANY or free.claimed_by):
            continue
        who = f"claimant {n}"
        change = claim_task(chain.task, reviewer=who, through=(free.assignee,), lease=lease, now=chain.task.created_at)
        chain = chain.after(change)
    return chain


def run(chain: Chain) -> list[Chain]:
    """The chain after each step of the clock, each done at the instant at which it is due."""
    steps: list[Chain] = []
    while chain.task.wake_at:
        too_early = chain.task.wake_at - timedelta(microseconds=1)
        assert wake_task(chain.task, now=too_early, workplace=chain.workplace) is None
        change = wake_task(chain.task, now=chain.task.wake_at, workplace=chain.workplace)
        assert change
        assert len(change.events) > 0
        chain = chain.after(change)
        steps.append(chain)
    return steps


def ahead(steps: Sequence[TimelineStep]) -> list[tuple[datetime, TaskEventType]]:
    return [(s.at, s.type) for s in steps if s.planned]


def happened(events: Sequence[Event]) -> list[tuple[datetime, TaskEventType]]:
    """What is foretold of these: who is assigned goes with the escalation."""
    return [(e.at, e.type) for e in events if e.type is not TaskEventType.ASSIGNED]


WORDS = {"Escalates to level": "Escalated to level", "Reminds those who": "Reminded those who", "Expires": "Expired"}


@settings(deadline=None, max_examples=50)
@given(chains())
def test_what_is_foretold_is_what_happens_and_at_every_moment_the_rest_still_is(chain: Chain) -> None:
    steps = run(chain)
    end = steps[-1]
    for now in [chain, *steps]:
        told = now.told
        known = len(now.past)
        assert [(s.at, s.type, s.planned) for s in told[:known]] == [(e.at, e.type, False) for e in now.past]
        assert all(s.planned for s in told[known:])
        assert ahead(told) == happened(end.past[known:])
    planned = [s.description for s in chain.told if s.planned]
    later = [s.description for s in end.told[len(chain.past) :] if s.type is not TaskEventType.ASSIGNED]
    for said, then in zip(planned, later, strict=True):
        for future, past in WORDS.items():
            assert said.startswith(future) == then.startswith(past), (said, then)
        if said.startswith("Escalates"):
            assert then.startswith(said.split(":")[0].replace("Escalates", "Escalated"))


@settings(deadline=None, max_examples=40)
@given(chains())
def test_the_clock_does_each_thing_once_in_order_and_ends(chain: Chain) -> None:
    end = run(chain)[-1]
    assert end.task.resolution
    events = end.past[len(chain.past) :]
    assert [e.type for e in events if e.type in RESOLVING] == [TaskEventType.EXPIRED]
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert {e.actor for e in events} == {TIMEOUT_ACTOR}
    reminded = [(e.data["level"], e.data["reminder"]) for e in events if e.type is TaskEventType.REMINDED]
    assert reminded == sorted(set(reminded)), "once each"
    released = [name for e in events if e.type is TaskEventType.RELEASED for name in e.data["claimedBy"]]
    assert len(released) == len(set(released)) <= len(chain.task.claimants)


def test_deadline_claim_and_reminder_of_one_instant_come_in_this_order_and_the_deadline_alone() -> None:
    task = a_task(assignees=reviewers("anna"), after="PT2H", reminders=(0.5,))
    due = NOW + timedelta(hours=1)
    task = claim_task(task, reviewer="anna", through=(task.assignments[0].assignee,), lease=due - NOW, now=NOW).task
    assert task.wake_at == due
    lapsed = wake_task(task, now=due)
    assert lapsed
    assert [e.type for e in lapsed.events] == [TaskEventType.RELEASED]
    reminded = wake_task(lapsed.task, now=due)
    assert reminded
    assert [e.type for e in reminded.events] == [TaskEventType.REMINDED]
    assert wake_task(reminded.task, now=due) is None
    late = wake_task(task, now=NOW + timedelta(hours=2))
    assert late
    assert [e.type for e in late.events] == [TaskEventType.EXPIRED]


@pytest.mark.parametrize("lease", [timedelta(minutes=15), timedelta(hours=5)])
def test_the_timeline_tells_reminders_and_claims_in_words(lease: timedelta) -> None:
    opening = an_opening(
        assignees=reviewers("anna", "ben"),
        after="PT1H",
        reminders=(0.5, 0.9),
        strategy=TimeoutStrategy.ESCALATE,
        escalate_to=[level("ben")],
        workplace=Workplace(stand_ins={"ben": "zoe"}),
    )
    chain = Chain(opening.task, opening.events, Workplace(stand_ins={"ben": "zoe"}))
    through = (chain.task.assignments[0].assignee,)
    chain = chain.after(claim_task(chain.task, reviewer="anna", through=through, lease=lease, now=NOW))
    told = [((s.at - NOW) / timedelta(minutes=1), s.planned, s.description) for s in chain.told]
    runs_out = [(15, True, "The claim of anna runs out")] if lease < timedelta(hours=1) else []
    assert told == [
        (0, False, "Opened by workflow"),
        (0, False, "Assigned to reviewer anna"),
        (0, False, "Assigned to reviewer zoe on behalf of ben"),
        (0, False, "Claimed by anna"),
        *runs_out,
        (30, True, "Reminds those who have not answered"),
        (54, True, "Reminds those who have not answered"),
        (60, True, "Escalates to level 1: reviewer ben"),
        (90, True, "Reminds those who have not answered"),
        (114, True, "Reminds those who have not answered"),
        (120, True, "Expires; the workflow stops with an error"),
    ]
