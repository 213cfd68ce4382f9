"""Storing tasks in sets: all of a change or none of it, and what comes back is what was stored."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.deps import Deps
from app.domain.approval import AnswerRequest, answer_task
from app.domain.cancelling import cancel_task
from app.domain.task import (
    ApprovalRule,
    Decision,
    FinalStrategy,
    Task,
    TaskStatus,
    TimeoutStrategy,
    Transition,
    Urgency,
)
from app.domain.timeout import expire_task
from app.service.ids import new_id
from app.store import database
from app.store import tasks as task_store
from app.store.database import Row
from app.store.events import OfTask
from app.store.tasks import Lease, Wanted
from tests.factories import NOW, a_workspace, an_opening, groups, level, reviewers

pytestmark = pytest.mark.anyio

TABLES = ("tasks", "assignments", "answers", "feedback", "events", "workspaces")
FULL: dict[str, Any] = {
    "run_id": "run-1",
    "step": "approve",
    "details": "# Ünïcödé 🎉\n\nfor the reviewer",
    "context": {"b": [1, 2.5, None, True, {"": "\u2028"}], "a": {"n": 2**63 - 1}, "zero": -0.0},
    "answer_schema": {"type": "object", "properties": {"amount": {"type": "number"}}},
    "labels": {"agent": "a/b~c", "model": ""},
    "assignees": [*reviewers("anna", "ben:1"), *groups("finance")],
    "rule": ApprovalRule.AT_LEAST,
    "at_least": 2,
    "urgency": Urgency.COMPLIANCE,
    "strategy": TimeoutStrategy.ESCALATE,
    "after": "PT1.000001S",
    "escalate_to": [level("carl", after="P366D"), level("dana")],
    "when_exhausted": FinalStrategy.AUTO_APPROVE,
    "rating_required": True,
    "scores": ["tone", "tact"],
    "separation_of_duties": True,
}


def says(task: Task, who: str, decision: Decision = Decision.APPROVE, **given: Any) -> Transition:
    request = AnswerRequest(decision=decision, **given)
    through = (task.assignments[0].assignee,)
    return answer_task(task, request, reviewer=who, through=through, now=task.created_at + timedelta(seconds=0.123456))


async def stored(deps: Deps, *openings: Transition) -> list[Task]:
    ids = await deps.tasks.insert_many(openings)
    assert ids == {opening.task.id for opening in openings}
    return [opening.task for opening in openings]


async def rows(deps: Deps) -> dict[str, list[Row]]:
    """Everything there is, to tell whether anything changed."""
    return {name: await deps.database.fetch(f"SELECT * FROM {name} ORDER BY {name}::text") for name in TABLES}


async def test_a_task_with_everything_set_comes_back_equal_at_each_step_of_its_life(deps: Deps) -> None:
    await a_workspace(deps)
    opening = an_opening(**FULL)
    task = replace(opening.task, openers=("olga", "otto"), idempotency_key="key")
    await stored(deps, replace(opening, task=task))
    assert await deps.tasks.find(task.id) == task
    rating: dict[str, Any] = {"rating": 4, "scores": (("tone", 0.1), ("tact", -2.5e10))}
    change: Transition | None = says(task, "anna", comment="ok", input={"amount": [1e-7, None]}, **rating)
    while change:
        ids = await deps.tasks.save_many([change])
        assert ids == {task.id}
        task = change.task
        assert await deps.tasks.find(task.id) == task
        if task.level == 2 and len(task.answers) == 1:
            change = says(task, "dana", Decision.REJECT, rating=1, comment="no", input=[{"why": "late"}])
        else:
            change = expire_task(task, now=task.deadline_at) if task.deadline_at else None
    assert (task.status, task.version, len(task.answers), len(task.feedback)) == (TaskStatus.REJECTED, 5, 2, 2)
    assert task.resolution
    assert (task.resolution.input, task.resolution.actors) == ([{"why": "late"}], ("dana",))


@pytest.mark.parametrize("ending", ["cancel", "expire"])
async def test_endings_without_a_human_come_back_equal(deps: Deps, ending: str) -> None:
    await a_workspace(deps)
    (task,) = await stored(deps, an_opening())
    assert task.deadline_at
    expired = expire_task(task, now=task.deadline_at)
    assert expired
    change = cancel_task(task, by="workflow", reason="ü", now=NOW) if ending == "cancel" else expired
    await deps.tasks.save_many([change])
    assert await deps.tasks.find(task.id) == change.task


async def test_the_order_of_names_in_a_context_is_kept_for_people_to_read(deps: Deps) -> None:
    await a_workspace(deps)
    (task,) = await stored(deps, an_opening(context={"z": 1, "a": {"y": 2, "b": 3}}))
    found = await deps.tasks.find(task.id)
    assert found
    assert [*found.question.context, *found.question.context["a"]] == ["z", "a", "y", "b"]


async def test_a_set_gets_those_that_there_are(deps: Deps) -> None:
    await a_workspace(deps)
    tasks = await stored(deps, *(an_opening() for _ in range(3)))
    reads = await deps.tasks.get_many([tasks[2].id, new_id(), tasks[0].id])
    assert {id_: read.task for id_, read in reads.items()} == {t.id: t for t in (tasks[0], tasks[2])}
    assert await deps.tasks.get_many([]) == {}
    assert await deps.tasks.find(new_id()) is None


async def test_a_stale_change_is_left_out_with_all_that_belongs_to_it_and_the_others_are_stored(deps: Deps) -> None:
    await a_workspace(deps)
    many: dict[str, Any] = {"assignees": reviewers("anna", "ben"), "rule": ApprovalRule.ALL}
    escalating: dict[str, Any] = {"strategy": TimeoutStrategy.ESCALATE, "escalate_to": [level("carl")]}
    first, second, third = await stored(deps, *(an_opening(**many, **escalating) for _ in range(3)))
    await deps.tasks.save_many([says(second, "anna", rating=5)])
    assert second.deadline_at
    before = await rows(deps)
    stale_escalation = expire_task(second, now=second.deadline_at)
    assert stale_escalation
    for stale in (says(second, "ben", rating=1), cancel_task(second, by="w", reason=None, now=NOW), stale_escalation):
        assert await deps.tasks.save_many([stale]) == set()
        assert await rows(deps) == before, "nothing changed"
    fresh = [says(first, "anna", rating=3), says(third, "anna", comment="ok")]
    ids = await deps.tasks.save_many([fresh[0], says(second, "ben", rating=1), fresh[1]])
    assert ids == {first.id, third.id}
    assert [await deps.tasks.find(id_) for id_ in (first.id, third.id)] == [fresh[0].task, fresh[1].task]
    after = await rows(deps)
    for name in TABLES[:-1]:
        key = "id" if name == "tasks" else "task_id"
        assert [r for r in after[name] if r[key] == second.id] == [r for r in before[name] if r[key] == second.id], name
    assert (await deps.events.head("w")).seq == len(after["events"]), "no number was used up for what was left out"


async def test_a_change_of_a_task_that_is_not_there_is_left_out(deps: Deps) -> None:
    await a_workspace(deps)
    before = await rows(deps)
    assert await deps.tasks.save_many([says(an_opening().task, "anna")]) == set()
    assert await rows(deps) == before


async def test_sets_over_the_same_tasks_in_opposite_order_neither_deadlock_nor_lose(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WRITE_ATTEMPTS", 1)  # a deadlock is an error here, not tried again
    for name in ("w", "v"):
        await a_workspace(deps, name)
    names = [f"r{n}" for n in range(60)]
    opened = await stored(
        deps,
        *(an_opening(workspace="wv"[n % 2], assignees=reviewers(*names), rule=ApprovalRule.ALL) for n in range(20)),
    )
    ids = [task.id for task in opened]
    kept = await asyncio.gather(*(_answer_all(deps, name, ids) for name in names[:8]))
    assert kept == [20] * 8, "each got its answer to each task in, at some time"
    tasks = {id_: read.task for id_, read in (await deps.tasks.get_many(ids)).items()}
    assert [tasks[id_].version for id_ in ids] == [9] * 20
    for id_ in ids:
        (events,) = await deps.events.list_of_tasks([OfTask(id_, 0, 1_000)])
        assert [e.version for e in events if e.event.type == "ANSWERED"] == list(range(2, 10))


async def _answer_all(deps: Deps, who: str, ids: Sequence[UUID]) -> int:
    """Answers each of the tasks, in an order of its own, until all of the answers are stored; how many were."""
    rest, kept = list(ids), 0
    while rest:
        random.shuffle(rest)
        reads = await deps.tasks.get_many(rest)
        saved = await deps.tasks.save_many([says(reads[id_].task, who) for id_ in rest])
        kept += len(saved)
        rest = [id_ for id_ in rest if id_ not in saved]
    return kept


async def test_an_idempotency_key_opens_one_task_of_a_key_of_a_workspace_whoever_is_first(deps: Deps) -> None:
    for name in ("w", "v"):
        await a_workspace(deps, name)

    def opening(*, workspace: str = "w", by: str = "workflow", key: str | None = "k") -> Transition:
        made = an_opening(workspace=workspace)
        return replace(made, task=replace(made.task, created_by=by, idempotency_key=key))

    results = await asyncio.gather(*(deps.tasks.insert_many([opening(), opening(key=None)]) for _ in range(10)))
    assert sorted(len(ids) for ids in results) == [1] * 9 + [2]
    first = await deps.tasks.find_opened([Wanted("w", "workflow", "k")])
    assert first[0].id in {id_ for ids in results for id_ in ids}
    assert (await deps.events.head("w")).seq == 22, "what was left out wrote no event"
    before = await rows(deps)
    assert await deps.tasks.insert_many([opening()]) == set()
    assert await rows(deps) == before
    others = [opening(workspace="v"), opening(by="other"), opening(key="K")]
    assert await deps.tasks.insert_many(others) == {o.task.id for o in others}
    keys = [
        ("w", "workflow", "k"),
        ("w", "workflow", None),
        ("v", "workflow", "k"),
        ("w", "other", "k"),
        ("w", "a", "k"),
    ]
    found = [each.id for each in await deps.tasks.find_opened([Wanted(*key) for key in keys])]
    assert found == [first[0].id, None, others[0].task.id, others[1].task.id, None]


async def test_what_is_due_is_leased_to_one_caller_only(deps: Deps) -> None:
    await a_workspace(deps)
    ago = datetime.now(UTC) - timedelta(days=2)
    due = await stored(deps, *(an_opening(now=ago) for _ in range(50)))
    await stored(deps, *(an_opening(now=datetime.now(UTC)) for _ in range(5)))
    leases: list[Lease] = []
    while (lease := await deps.tasks.lease_due(most=7, seconds=60)).tasks:
        leases.append(lease)
    leased = [id_ for each in leases for id_ in each.tasks]
    assert max(len(each.tasks) for each in leases) == 7
    assert sorted(leased) == sorted(task.id for task in due)
    expired = expire_task(due[0], now=datetime.now(UTC))
    assert expired
    await deps.tasks.save_many([expired])
    await deps.database.write("UPDATE leases SET until = clock_timestamp()")
    again = await deps.tasks.lease_due(most=100, seconds=60)
    assert sorted(again.tasks) == sorted(task.id for task in due[1:]), "a lease that has run out is another's"
    assert (await deps.tasks.lease_due(most=100, seconds=60)).tasks == []
    given_back = await deps.tasks.lease_due(most=100, seconds=60, done=again.id)
    assert sorted(given_back.tasks) == sorted(again.tasks)


async def test_nothing_is_leased_to_two_callers_that_come_at_once(deps: Deps) -> None:
    await a_workspace(deps)
    ago = datetime.now(UTC) - timedelta(days=2)
    due = await stored(deps, *(an_opening(now=ago) for _ in range(200)))
    for _ in range(5):
        leases = await asyncio.gather(*(deps.tasks.lease_due(most=7, seconds=60) for _ in range(10)))
        leased = [id_ for lease in leases for id_ in lease.tasks]
        while (lease := await deps.tasks.lease_due(most=100, seconds=60)).tasks:
            leased += lease.tasks
        assert sorted(leased) == sorted(task.id for task in due)
        await deps.database.write("DELETE FROM leases")


async def test_what_another_is_leasing_just_now_is_passed_over(deps: Deps) -> None:
    await a_workspace(deps)
    ago = datetime.now(UTC) - timedelta(days=2)
    due = await stored(deps, *(an_opening(now=ago) for _ in range(10)))
    async with deps.database.transaction() as connection:
        rows = await connection.fetch(task_store._SQL["lease_due"], 4, 60.0, None)
        theirs = [row["id"] for row in rows]
        ours = (await deps.tasks.lease_due(most=100, seconds=60)).tasks
    assert len(theirs) == 4
    assert sorted([*ours, *theirs]) == sorted(task.id for task in due)
