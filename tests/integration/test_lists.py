"""Lists: what is in them, and that paging neither skips nor repeats anything while rows come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.deps import Deps
from app.domain.approval import AnswerRequest, answer_task
from app.domain.cancelling import cancel_task
from app.domain.event import EventQuery, TaskEventType
from app.domain.task import ApprovalRule, Decision, Task, Transition, Urgency
from app.service.read import (
    HistoryPage,
    Page,
    list_assignments,
    list_events,
    list_feedback,
    list_histories,
    list_tasks,
)
from app.store.feedback import FeedbackPlace, FeedbackQuery
from app.store.inbox import InboxPlace, InboxQuery
from app.store.tasks import TaskQuery, Wanted
from tests.factories import NOW, a_workspace, an_opening, groups, reviewers, seconds

pytestmark = pytest.mark.anyio

MOST = 1_000
PAGE = 7


async def opened(deps: Deps, *openings: Transition) -> list[Task]:
    await deps.tasks.insert_many(openings)
    return [opening.task for opening in openings]


def rated(task: Task, rating: int | None, *, who: str = "anna", at: float = 1, **given: Any) -> Transition:
    request = AnswerRequest(decision=Decision.APPROVE, rating=rating, scores=(("tone", 1.0),), **given)
    return answer_task(task, request, reviewer=who, through=(task.assignments[0].assignee,), now=NOW + seconds(at))


async def test_paging_through_tasks_skips_and_repeats_none_while_tasks_come(deps: Deps) -> None:
    await a_workspace(deps)
    # Many of one moment: where the time is the same, the id decides.
    tasks = await opened(deps, *(an_opening(now=NOW + seconds(n // 10)) for n in range(40)))
    expected = sorted(tasks, key=lambda t: (t.created_at, t.id), reverse=True)
    query = TaskQuery(workspace="w", tokens=None)
    seen: list[Task] = []
    while page := await deps.tasks.list_page(
        query, most=PAGE, after=(seen[-1].created_at, seen[-1].id) if seen else None
    ):
        assert len(page) <= PAGE
        seen += page
        await opened(deps, *(an_opening(now=NOW + seconds(60 + len(seen) + n)) for n in range(3)))
    assert seen == expected
    everything = await deps.tasks.list_page(query, most=MOST, after=None)
    assert everything[-40:] == expected, "what came meanwhile is newer, hence before it"
    assert await deps.tasks.count(query, most=MOST) == len(everything) == 58
    assert await deps.tasks.count(query, most=50) == 50


async def test_a_tasks_query_finds_what_fits_all_of_it(deps: Deps) -> None:
    await a_workspace(deps)
    await a_workspace(deps, "v")
    first, second, third, other = await opened(
        deps,
        an_opening(assignees=[*reviewers("anna"), *groups("finance")], run_id="run-1"),
        an_opening(assignees=reviewers("ben"), workflow="refunds", now=NOW + seconds(1)),
        an_opening(assignees=reviewers("ben"), now=NOW + seconds(2)),
        an_opening(assignees=reviewers("ben"), workspace="v"),
    )
    await deps.tasks.save_many([cancel_task(third, by="w", reason=None, now=NOW)])
    everything: list[tuple[dict[str, Any], Sequence[Task]]] = [
        ({}, [third, second, first]),
        ({"tokens": ["reviewer:ben"]}, [third, second]),
        ({"tokens": ["group:finance", "key:other"]}, [first]),
        ({"tokens": []}, []),
        ({"ids": [first.id, third.id, other.id]}, [third, first]),
        ({"ids": []}, []),
        ({"status": ["PENDING"]}, [second, first]),
        ({"status": ["CANCELLED", "EXPIRED"]}, [third]),
        ({"workflow": "refunds"}, [second]),
        ({"run_id": "run-1"}, [first]),
        ({"workflow": "refunds", "run_id": "run-1"}, []),
        ({"assignee": "reviewer:ben"}, [second]),
        ({"assignee": "group:finance"}, [first]),
    ]
    for given, expected in everything:
        query = TaskQuery(**{"workspace": "w", "tokens": None, **given})
        found = await deps.tasks.list_page(query, most=MOST, after=None)
        assert [task.id for task in found] == [task.id for task in expected], given
        assert await deps.tasks.count(query, most=MOST) == len(expected), given


async def test_paging_through_an_inbox_skips_and_repeats_none_while_assignments_come_and_go(deps: Deps) -> None:
    await a_workspace(deps)
    both = [*reviewers("anna"), *groups("finance")]
    tasks = await opened(deps, *(an_opening(assignees=both, now=NOW + seconds(n // 10)) for n in range(20)))
    await opened(deps, *(an_opening(assignees=reviewers("ben")) for _ in range(5)))
    query = InboxQuery(workspace="w", assignees=["reviewer:anna", "group:finance"], person="anna", people=["anna"])
    expected = sorted(
        (task.deadline_at, task.id, f"{a.assignee.token} ")
        for task in tasks
        if task.deadline_at
        for a in task.assignments
    )
    assert await deps.inbox.count(query, most=MOST) == 40
    seen: list[InboxPlace] = []
    gone: set[UUID] = set()
    while True:
        page, head = await deps.inbox.list_page(query, most=PAGE, after=seen[-1] if seen else None)
        assert head == await deps.events.head("w")
        if not page:
            break
        seen += [entry.place for entry in page]
        for entry in page:
            task = next(t for t in tasks if t.id == entry.task_id)
            assert entry.assignment in task.assignments
        # One that was seen goes, one that is more urgent than all comes.
        both_seen = {t for t, times in Counter(place.task_id for place in seen).items() if times == 2}
        if waiting := both_seen - gone:
            done = next(t for t in tasks if t.id in waiting)
            gone.add(done.id)
            await deps.tasks.save_many([cancel_task(done, by="w", reason=None, now=NOW)])
        await opened(deps, an_opening(assignees=both, now=NOW - seconds(60 + len(seen))))
    assert [tuple(place) for place in seen] == expected
    assert len(gone) >= 5


async def test_an_inbox_query_finds_what_fits_all_of_it_and_an_empty_inbox_has_a_head_too(deps: Deps) -> None:
    await a_workspace(deps)
    await a_workspace(deps, "v")
    late, soon, _, ended = await opened(
        deps,
        an_opening(assignees=reviewers("anna"), urgency=Urgency.COMPLIANCE),
        an_opening(assignees=groups("finance"), urgency=Urgency.URGENT, workflow="refunds"),
        an_opening(assignees=reviewers("anna"), workspace="v"),
        an_opening(assignees=reviewers("anna")),
    )
    await deps.tasks.save_many([cancel_task(ended, by="w", reason=None, now=NOW)])
    mine = ["group:finance", "reviewer:anna"]
    everything: list[tuple[dict[str, Any], Sequence[Task]]] = [
        ({"assignees": mine}, [soon, late]),
        ({"assignees": mine[1:]}, [late]),
        ({"assignees": mine, "urgency": ["URGENT", "ROUTINE"]}, [soon]),
        ({"assignees": mine, "workflow": "expenses"}, [late]),
        ({"assignees": ["reviewer:zoe"]}, []),
        ({"assignees": []}, []),
    ]
    for given, expected in everything:
        query = InboxQuery(workspace="w", person="anna", people=["anna"], **given)
        entries, head = await deps.inbox.list_page(query, most=MOST, after=None)
        assert [entry.task_id for entry in entries] == [task.id for task in expected], given
        assert await deps.inbox.count(query, most=MOST) == len(expected), given
        assert head == await deps.events.head("w")
        assert head.seq == 7


async def test_paging_through_feedback_skips_and_repeats_none_while_feedback_comes(deps: Deps) -> None:
    await a_workspace(deps)
    trio: dict[str, Any] = {"assignees": reviewers("anna", "ben", "carl"), "rule": ApprovalRule.ALL, "scores": ["tone"]}
    tasks = await opened(deps, *(an_opening(**trio) for _ in range(11)))
    for who in ("anna", "ben"):
        changes = [rated(task, 1 + n % 5, who=who, at=n // 4) for n, task in enumerate(tasks[:-1])]
        await deps.tasks.save_many(changes)
        tasks = [change.task for change in changes] + tasks[-1:]
    query = FeedbackQuery(workspace="w", tokens=None)
    expected = sorted(((f.at, t.id, f.reviewer) for t in tasks for f in t.feedback), reverse=True)
    seen: list[FeedbackPlace] = []
    while page := await deps.feedback.list_page(query, most=3, after=seen[-1] if seen else None):
        seen += [FeedbackPlace(feedback.at, id_, feedback.reviewer) for id_, feedback in page]
        if len(seen) == 6:
            await deps.tasks.save_many([rated(tasks[-1], 5, at=3_600)])
    assert [tuple(place) for place in seen] == expected
    assert await deps.feedback.count(query, most=MOST) == 21


async def test_a_feedback_query_finds_what_fits_all_of_it(deps: Deps) -> None:
    await a_workspace(deps)
    asked: dict[str, Any] = {"scores": ["tone"]}
    first, second, third = await opened(
        deps,
        an_opening(labels={"agent": "a", "model": "m"}, **asked),
        an_opening(labels={"agent": "b"}, workflow="refunds", assignees=groups("finance"), **asked),
        an_opening(**asked),
    )
    await deps.tasks.save_many([rated(first, 1, at=1), rated(second, 4, who="ben", at=2), rated(third, None, at=3)])
    everything: list[tuple[dict[str, Any], Sequence[Task]]] = [
        ({}, [third, second, first]),
        ({"tokens": ["group:finance"]}, [second]),
        ({"workflow": "refunds"}, [second]),
        ({"reviewer": "anna"}, [third, first]),
        ({"label": {"agent": "a"}}, [first]),
        ({"label": {"agent": "c"}}, []),
        ({"rating_at_least": 2}, [second]),
        ({"rating_at_most": 4, "rating_at_least": 1}, [second, first]),
        ({"since": NOW + seconds(2)}, [third, second]),
        ({"before": NOW + seconds(2)}, [first]),
        ({"workspace": "v"}, []),
    ]
    for given, expected in everything:
        query = FeedbackQuery(**{"workspace": "w", "tokens": None, **given})
        found = await deps.feedback.list_page(query, most=MOST, after=None)
        assert [id_ for id_, _ in found] == [task.id for task in expected], given
        assert await deps.feedback.count(query, most=MOST) == len(expected), given


async def test_deadlines_within_a_time_are_listed_once_each_rounded_up(deps: Deps) -> None:
    await a_workspace(deps)
    now = (await deps.tasks.find_opened([Wanted("w", "n", None)]))[0].now
    start = now.replace(microsecond=0)
    dues = [2.01, 2.05, 2.1, 2.11, 30, 90]
    await opened(deps, *(an_opening(now=start + seconds(due), after="PT60S") for due in dues))
    listed = await deps.tasks.list_wakes(tick=0.1, within=100)
    rounded = sorted(round((due - start - timedelta(seconds=60)).total_seconds(), 3) for due in listed)
    assert rounded == [2.1, 2.2, 30]
    assert await deps.tasks.list_wakes(tick=0.1, within=1) == []


async def test_a_page_says_that_more_come_where_more_come_and_only_there(deps: Deps) -> None:
    await a_workspace(deps)
    tasks = await opened(deps, *(an_opening(now=NOW + seconds(n), scores=["tone"]) for n in range(3)))
    await deps.tasks.save_many([rated(task, 5, at=n) for n, task in enumerate(tasks, 10)])
    waiting = await opened(deps, *(an_opening(assignees=reviewers("ben")) for _ in range(3)))
    anna: dict[str, Any] = {"workspace": "w", "tokens": ["reviewer:anna"]}
    inbox = InboxQuery(workspace="w", assignees=["reviewer:ben"], person="ben", people=["ben"])
    events = EventQuery(**anna, types=[TaskEventType.APPROVED])
    lists: list[Callable[..., Awaitable[Page[Any]]]] = [
        partial(list_tasks, deps, TaskQuery(**anna)),
        partial(list_assignments, deps, inbox),
        partial(list_events, deps, events),
        partial(list_feedback, deps, FeedbackQuery(**anna)),
    ]
    for listed in lists:
        two = await listed(first=2, after=None)
        assert (len(two.nodes), two.has_next) == (2, True)
        rest = await listed(first=2, after=two.end_cursor)
        assert (len(rest.nodes), rest.has_next) == (1, False)
        three = await listed(first=3, after=None)
        assert (three.nodes, three.has_next) == ([*two.nodes, *rest.nodes], False)
    history = HistoryPage(waiting[0], first=1, after=None)
    whole = HistoryPage(waiting[0], first=2, after=None)
    pages = [page for page in await list_histories(deps, [history, whole]) if isinstance(page, Page)]
    assert [(len(page.nodes), page.has_next) for page in pages] == [(1, True), (2, False)]
