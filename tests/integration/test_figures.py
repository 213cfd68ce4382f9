"""The figures made of feedback equal a recount of the event log in Python, whatever is asked for."""

from __future__ import annotations

import itertools
import random
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.deps import Deps
from app.domain.approval import AnswerRequest, answer_task
from app.domain.event import TIMEOUT_ACTOR, EventQuery, TaskEventType
from app.domain.task import ApprovalRule, Decision, Feedback, Task, TaskStatus, TimeoutStrategy
from app.domain.timeout import expire_task
from app.graphql.enums import StatsKey
from app.graphql.pages import FeedbackStats
from app.store import feedback as feedback_store
from app.store.feedback import FeedbackQuery, Stats
from tests.factories import NOW, a_workspace, an_opening, held_by, reviewers
from tests.histories import MEMBER_OF, random_histories
from tests.recount import recounted

pytestmark = pytest.mark.anyio

KEYS = ("WORKFLOW", "STEP", "REVIEWER", "DAY", "WEEK", "LABEL_AGENT", "LABEL_MODEL", "LABEL_PROMPT")
FILTERS: list[dict[str, Any]] = [
    {},
    {"workflow": "refunds"},
    {"reviewer": "anna"},
    {"label": {"agent": "a1"}},
    {"rating_at_least": 3},
    {"rating_at_most": 2},
    {"rating_at_least": 2, "rating_at_most": 4, "reviewer": "ben"},
    {"since": NOW + timedelta(days=3), "before": NOW + timedelta(days=9)},
    {"tokens": ["reviewer:carl"]},
    {"tokens": []},
]


async def _random_tasks(deps: Deps, chance: random.Random, number: int) -> list[Task]:
    """Tasks in every state there is, stored; as the event log has them."""
    tasks = await random_histories(deps, chance, number)
    head = await deps.events.head("w")
    events = await deps.events.list_page(EventQuery(workspace="w", tokens=None), after=0, until=head.seq, most=head.seq)
    assert len(events) == head.seq
    told = recounted(tasks, events, MEMBER_OF)
    assert {e.event.type for e in events} == set(TaskEventType)
    assert any(a.on_behalf_of for task in told for a in task.answers)
    return told


def _recount(tasks: Sequence[Task], query: FeedbackQuery, keys: Sequence[str]) -> dict[tuple[str | None, ...], Any]:
    """The figures, made again from the tasks; medians by the textbook."""
    grouped: defaultdict[tuple[str | None, ...], list[tuple[Task, str | None]]] = defaultdict(list)
    for task in tasks:
        if not _in_scope(task, query):
            continue
        people = {a.reviewer for a in task.answers} | {f.reviewer for f in task.feedback}
        people = {p for p in people if query.reviewer in (None, p)}
        each: list[str | None] = [*sorted(people)] if people and "REVIEWER" in keys else [None]
        for person in each:
            grouped[_key(task, person, keys)].append((task, person))
    by_person = "REVIEWER" in keys or query.reviewer is not None
    return {key: _figures(key, members, query, by_person) for key, members in grouped.items()}


def _in_scope(task: Task, query: FeedbackQuery) -> bool:
    question = task.question
    people = {a.reviewer for a in task.answers} | {f.reviewer for f in task.feedback}
    by_rating = query.rating_at_least is not None or query.rating_at_most is not None
    return (
        (query.tokens is None or bool(set(query.tokens) & set(task.audience)))
        and query.workflow in (None, question.workflow)
        and (query.label is None or query.label.items() <= question.labels.items())
        and (query.since is None or task.created_at >= query.since)
        and (query.before is None or task.created_at < query.before)
        and (query.reviewer is None or query.reviewer in people)
        and (not by_rating or any(_counts(f, query) for f in task.feedback))
    )


def _counts(feedback: Feedback, query: FeedbackQuery) -> bool:
    low, high = query.rating_at_least, query.rating_at_most
    within = low is None and high is None
    if feedback.rating is not None:
        within = (low is None or feedback.rating >= low) and (high is None or feedback.rating <= high)
    return within and query.reviewer in (None, feedback.reviewer)


def _key(task: Task, person: str | None, keys: Sequence[str]) -> tuple[str | None, ...]:
    year, week, _ = task.created_at.isocalendar()
    known: Mapping[str, str | None] = {
        "WORKFLOW": task.question.workflow,
        "STEP": task.question.step,
        "REVIEWER": person,
        "DAY": task.created_at.date().isoformat(),
        "WEEK": f"{year}-W{week:02}",
        **{f"LABEL_{name.upper()}": task.question.labels.get(name) for name in ("agent", "model", "prompt")},
    }
    return tuple(known[key] for key in keys)


def _figures(
    key: tuple[str | None, ...], members: list[tuple[Task, str | None]], query: FeedbackQuery, by_person: bool
) -> Any:
    given = [f for t, who in members for f in t.feedback if who in (None, f.reviewer) and _counts(f, query)]
    ratings = [f.rating for f in given if f.rating is not None]
    answers = [w for t, who in members for w in t.answers if who in (None, w.reviewer)]
    answers = [w for w in answers if query.reviewer in (None, w.reviewer)]
    times = sorted((w.answered_at - w.assigned_at).total_seconds() for w in answers)
    scores = {name: [f.scores[name] for f in given if name in f.scores] for name in ("tact", "tone")}
    statuses = [task.status for task, _ in members]
    said = [a.decision for a in answers]
    return {
        "key": key,
        "tasks": len(members),
        "escalated": sum(task.level > 0 for task, _ in members),
        "decided": sum(task.status in (TaskStatus.APPROVED, TaskStatus.REJECTED) for task, _ in members),
        **{status.lower(): statuses.count(status) for status in TaskStatus},
        **({"approved": said.count(Decision.APPROVE), "rejected": said.count(Decision.REJECT)} if by_person else {}),
        "ratings": len(ratings),
        "mean_rating": pytest.approx(statistics.mean(ratings)) if ratings else None,
        "rating_counts": tuple(ratings.count(rating) for rating in range(1, 6)),
        "seconds": pytest.approx([_percentile(times, p) for p in (0.5, 0.9, 0.99)]) if times else None,
        "scores": [
            {"name": name, "count": len(values), "mean": pytest.approx(statistics.mean(values))}
            for name, values in scores.items()
            if values
        ],
    }


def _percentile(values: Sequence[float], share: float) -> float:
    place = share * (len(values) - 1)
    low = int(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


async def _check(deps: Deps, tasks: Sequence[Task]) -> None:
    groupings = [
        (),
        *((key,) for key in KEYS),
        ("REVIEWER", "DAY"),
        ("STEP", "LABEL_AGENT"),
        ("WEEK", "WORKFLOW", "STEP"),
    ]
    compared = 0
    for keys, given in itertools.product(groupings, FILTERS):
        query = FeedbackQuery(**{"workspace": "w", "tokens": None, **given})
        found = await deps.feedback.stats(query, keys=keys, most=1_000)
        expected = _recount(tasks, query, keys)
        assert len(found) == len(expected), (keys, given)
        assert {s.key: _plain(s) for s in found} == expected, (keys, given)
        compared += len(found)
    assert compared > 300


def _plain(stats: Stats) -> Any:
    plain = {name: getattr(stats, name) for name in Stats.__slots__}
    return plain | {"scores": list(stats.scores), "seconds": stats.seconds and list(stats.seconds)}


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_figures_equal_a_recount(deps: Deps, seed: int) -> None:
    await a_workspace(deps)
    tasks = await _random_tasks(deps, random.Random(seed), 120)
    assert {task.status for task in tasks} == set(TaskStatus)
    await _check(deps, tasks)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("status = 'APPROVED'", "status IN ('APPROVED', 'EXPIRED')"),
        ("p.decision = 'REJECT'", "status = 'REJECTED'"),
        ("g.person IS NULL OR w.reviewer = g.person", "true"),
        ("w.answered_at - w.assigned_at", "w.answered_at - (SELECT created_at FROM tasks WHERE id = w.task_id)"),
        ("count(*) FILTER (WHERE level > 0)", "count(*) FILTER (WHERE status = 'EXPIRED')"),
        ("t.created_at < $?", "t.created_at > $?"),
    ],
)
async def test_figures_that_count_wrongly_fail_that(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str
) -> None:
    (name,) = (name for name, statement in feedback_store._SQL.items() if right in statement)
    monkeypatch.setitem(feedback_store._SQL, name, feedback_store._SQL[name].replace(right, wrong))
    await a_workspace(deps)
    tasks = await _random_tasks(deps, random.Random(1), 120)
    with pytest.raises(AssertionError):
        await _check(deps, tasks)


async def test_a_timeout_is_never_counted_as_a_human(deps: Deps) -> None:
    await a_workspace(deps)
    for strategy in (TimeoutStrategy.AUTO_APPROVE, TimeoutStrategy.FAIL):
        opening = an_opening(strategy=strategy)
        await deps.tasks.insert_many([opening])
        assert opening.task.deadline_at
        expired = expire_task(opening.task, now=opening.task.deadline_at)
        assert expired
        assert expired.events[-1].actor == TIMEOUT_ACTOR
        await deps.tasks.save_many([expired])
    query = FeedbackQuery(workspace="w", tokens=None)
    (stats,) = await deps.feedback.stats(query, keys=["REVIEWER"], most=10)
    assert stats.key == (None,), "nobody has decided anything"
    assert (stats.tasks, stats.expired, stats.approved, stats.rejected) == (2, 2, 0, 0)
    assert (stats.ratings, stats.seconds, stats.mean_rating) == (0, None, None)


async def test_who_approved_in_vain_shares_in_the_tasks_that_expired_once_each(deps: Deps) -> None:
    """A rate is of tasks: whoever approves what then expires is no decision in time beside it."""
    await a_workspace(deps)
    opening = an_opening(assignees=reviewers("anna", "ben"), rule=ApprovalRule.ALL)
    await deps.tasks.insert_many([opening])
    through, yes = held_by(opening.task, "anna"), AnswerRequest(decision=Decision.APPROVE)
    answered = answer_task(opening.task, yes, reviewer="anna", through=through, now=NOW)
    await deps.tasks.save_many([answered])
    assert answered.task.deadline_at
    expired = expire_task(answered.task, now=answered.task.deadline_at)
    assert expired
    await deps.tasks.save_many([expired])
    groupings: list[tuple[str | None, list[StatsKey]]] = [(None, [StatsKey.REVIEWER]), ("anna", [])]
    for given, keys in groupings:
        query = FeedbackQuery(workspace="w", tokens=None, reviewer=given)
        (stats,) = await deps.feedback.stats(query, keys=[key.value for key in keys], most=10)
        shown = FeedbackStats.of(stats, keys)
        assert (shown.tasks, shown.approved, shown.expired, shown.approval_rate) == (1, 1, 1, 1.0)
        assert shown.expiry_rate == 1.0


async def test_a_workspace_without_tasks_has_no_groups_and_groups_are_bounded(deps: Deps) -> None:
    await a_workspace(deps)
    query = FeedbackQuery(workspace="w", tokens=None)
    assert await deps.feedback.stats(query, keys=[], most=10) == []
    await deps.tasks.insert_many([an_opening(step=f"step {n}") for n in range(5)])
    assert [s.key for s in await deps.feedback.stats(query, keys=["STEP"], most=3)] == [
        (f"step {n}",) for n in range(3)
    ]
