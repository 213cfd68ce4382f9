"""Statements read what they answer with, not the tables: whatever is in these, and whenever their plan was made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.deps import Deps
from app.domain.event import EventQuery, TaskEventType
from app.store import events as event_store
from app.store import inbox as inbox_store
from app.store import tasks as task_store
from app.store.events import OfTask, page_statement
from app.store.feedback import FeedbackQuery
from app.store.inbox import InboxPlace, InboxQuery
from tests.factories import NOW, a_workspace, an_opening, reviewers

pytestmark = pytest.mark.anyio

GROWING = {"tasks", "assignments", "answers", "feedback", "events"}
TASKS = 300
PAGE = 20
ANNA = InboxQuery(workspace="w", assignees=["reviewer:anna"], person="anna", people=["anna"])


def asking(**given: Any) -> EventQuery:
    return EventQuery(**{"workspace": "w", "tokens": None, **given})


async def nodes(deps: Deps, statement: str, *values: Any) -> list[dict[str, Any]]:
    """The nodes of the plan that serves all values, as a connection keeps it; with what each read for these."""
    async with deps.database.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE one AS {statement}")
        given = ", ".join(_literal(value) for value in values)
        found = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE one ({given})")
        await connection.execute("DEALLOCATE one")
    return list(_below(found[0]["Plan"]))


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"'{{{', '.join(map(str, value))}}}'"
    return "NULL" if value is None else f"'{value}'"


def _below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _below(each)


def _read(node: dict[str, Any]) -> float:
    rows: float = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return rows


@pytest.mark.parametrize("depth", [0, TASKS // 2, TASKS - PAGE])
async def test_a_page_deep_in_an_inbox_costs_no_more_than_the_first(deps: Deps, depth: int) -> None:
    await a_workspace(deps)
    await deps.tasks.insert_many([an_opening(assignees=reviewers("anna")) for _ in range(TASKS)])
    before, _ = await deps.inbox.list_page(ANNA, most=depth, after=None) if depth else ([], None)
    place = before[-1].place if before else (None, None, None)
    statement = inbox_store._SQL["list_assignments"]
    plan = await nodes(deps, statement, *ANNA.values, *place, PAGE)
    read = {
        name: sum(_read(node) for node in plan if node.get("Relation Name") == name)
        for name in ("assignments", "tasks")
    }
    assert max(read.values()) <= PAGE + 2, read


@pytest.mark.parametrize(("tasks", "analyzed"), [(0, False), (0, True), (1, True)])
async def test_plans_made_while_little_is_there_lead_through_indexes(deps: Deps, tasks: int, analyzed: bool) -> None:
    """Such a plan is kept by its connection: where it reads a table or an index whole, or joins, that goes on when that
    is large. With hardly a row all indexes cost the same, also those that do not begin with what is looked for."""
    await a_workspace(deps)
    await deps.tasks.insert_many([an_opening(assignees=reviewers("anna")) for _ in range(tasks)])
    if analyzed:
        await deps.database.fetch("ANALYZE")
    indexes = "SELECT indexrelid::regclass::text AS index, pg_get_indexdef(indexrelid, 1, true) AS first FROM pg_index"
    begins_with: dict[str, str] = {row["index"]: row["first"] for row in await deps.database.fetch(indexes)}
    place = InboxPlace(NOW, an_opening().task.id, "reviewer:anna ")
    figures = FeedbackQuery(workspace="w", tokens=None, since=NOW, before=NOW + timedelta(days=30))
    by_workflow, values = figures.stats_statement(keys=["WORKFLOW"], most=100)
    asked: list[dict[str, Any]] = [
        {},
        {"tokens": ["reviewer:anna"]},
        {"task_ids": [place.task_id]},
        {"task_ids": [place.task_id], "workflow": "expenses"},
    ]
    events = [page_statement(asking(**given), after=0, until=9, most=PAGE) for given in asked]
    reading = [
        (event_store._SQL["follow_log"], (["w"], [0], PAGE)),
        (event_store._SQL["list_events_of_tasks"], ([place.task_id], [0], [PAGE])),
        *events,
        (inbox_store._SQL["list_assignments"], (*ANNA.values, *place, PAGE)),
        (inbox_store._SQL["count_assignments"], (*ANNA.values, 100)),
        (task_store._SQL["read_tasks"], ([place.task_id], [])),
        (by_workflow, values),
    ]
    writing: list[tuple[str, tuple[Any, ...]]] = [
        (task_store._SQL["find_opened"], ("[]",)),
        (task_store._SQL["insert_tasks"], (None, "{}", *["[]"] * 3)),
        (task_store._SQL["save_tasks"], (None, "{}", *["[]"] * 2, [], *["[]"] * 3)),
        (task_store._SQL["lease_due"], (PAGE, 1, None)),
    ]
    for statement, given in [*reading, *writing]:
        plan = await nodes(deps, statement, *given)
        assert {node["Relation Name"] for node in plan if "Relation Name" in node} & GROWING
        for node in plan:
            table, index = node.get("Relation Name"), node.get("Index Name")
            assert table not in GROWING or node["Node Type"] != "Seq Scan", statement
            if index and table in GROWING | {None}:
                assert re.search(rf"\b{begins_with[index]}\b", node.get("Index Cond", "")), (index, node, statement)
            if (statement, given) in reading:
                assert node["Node Type"] not in {"Hash Join", "Merge Join"}, statement
                assert "Join Filter" not in node, statement


@pytest.mark.parametrize("begun", [0, 3], ids=["first page", "resumed"])
async def test_the_events_of_some_tasks_are_found_without_reading_the_log(deps: Deps, begun: int) -> None:
    """The log, read in order until a page is full, is read to its end where they have no more than a few events."""
    await a_workspace(deps)
    openings = [an_opening(assignees=reviewers("anna")) for _ in range(TASKS)]
    await deps.tasks.insert_many(openings)
    query = asking(task_ids=[opening.task.id for opening in openings[:2]])
    statement, values = page_statement(query, after=begun, until=9 * TASKS, most=PAGE)
    plan = await nodes(deps, statement, *values)
    assert sum(_read(node) for node in plan if node.get("Relation Name") == "events") == 2 * 2 - begun


@pytest.mark.parametrize(
    "given", [{"run_id": "run-0"}, {"workflow": "expenses", "run_id": "run-0"}, {"workflow": "no"}], ids=str
)
async def test_the_events_of_a_run_are_found_by_its_tasks(deps: Deps, given: dict[str, Any]) -> None:
    """Also when much else has been asked for before: no plan is kept that would have to serve that, too."""
    await a_workspace(deps)
    openings = [an_opening(assignees=reviewers("anna"), run_id=f"run-{n}") for n in range(TASKS)]
    await deps.tasks.insert_many(openings)
    await deps.database.fetch("ANALYZE")
    for n in range(10):
        query = asking(workflow="expenses", tokens=["reviewer:anna"] if n % 2 else None)
        assert len(await deps.events.list_page(query, after=0, until=9 * TASKS, most=PAGE)) == PAGE
    statement, values = page_statement(asking(**given), after=0, until=9 * TASKS, most=PAGE)
    (row,) = await deps.database.fetch("SELECT * FROM pg_prepared_statements WHERE statement = $1", statement)
    assert row["generic_plans"] == 0
    found = await deps.database.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    plan = list(_below(found[0][0][0]["Plan"]))
    read = [_read(node) for node in plan if node.get("Relation Name") in {"events", "tasks"}]
    assert read
    assert sum(read) <= 2 * 2


async def test_what_runs_all_the_time_is_not_planned_anew_each_time(deps: Deps) -> None:
    """PostgreSQL does so for ever where knowing the values makes a plan seem better than the one it keeps:
    few rows of many, so all is asked for just so."""
    await a_workspace(deps)
    openings = [an_opening(assignees=reviewers("anna")) for _ in range(10 * TASKS)]
    await deps.tasks.insert_many(openings)
    head = (await deps.events.head("w")).seq
    await deps.database.fetch("ANALYZE")
    ids = [opening.task.id for opening in openings[:2]]
    asked: list[dict[str, Any]] = [
        {},
        {"tokens": ["reviewer:anna"], "concerns": ["reviewer:anna"]},
        {"task_ids": ids, "types": [TaskEventType.EXPIRED]},
        {"task_ids": ids, "workflow": "expenses"},
    ]
    for _ in range(9):
        await deps.events.follow({"w": head - 1}, most=1)
        await deps.events.list_of_tasks([OfTask(id_, 0, PAGE) for id_ in ids])
        for given in asked:
            query = asking(**given)
            await deps.events.list_page(query, after=head - 1, until=head, most=1)
        page, _ = await deps.inbox.list_page(ANNA, most=1, after=None)
        await deps.inbox.list_page(ANNA, most=1, after=page[-1].place)
        await deps.tasks.get_many(ids)
        await deps.tasks.lease_due(most=1, seconds=1)
        await deps.tasks.list_wakes(tick=1, within=60)
    rows = await deps.database.fetch("SELECT statement, custom_plans FROM pg_prepared_statements")
    tries = 5  # with which PostgreSQL compares the plan that it may keep
    assert len(rows) > len(asked)
    assert [row["statement"] for row in rows if row["custom_plans"] > tries] == []
