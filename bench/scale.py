"""scale: the same calls with 20,000 and with 2,000,000 tasks in the tables; and the plans that they run by."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from app.auth import Role
from bench.documents import ANSWER, AWAIT, OPEN, REVIEWER, answer, opening
from bench.load import Connection, Post, connect
from bench.options import Options
from bench.plans import Plans, reading_plans, scanned
from bench.processes import BenchError
from bench.report import Bar, Report
from bench.seed import seed
from bench.servers import Servers
from bench.service import Service, graphql, service
from bench.signoff import task_id
from bench.stats import percentile

SMALL = 20_000
LARGE = 2_000_000
PENDING_PART = 0.1
CALLS = 100
STATS_CALLS = 7
MOST_GROWTH = 1.3

INBOX_PAGE = "query { assignments(first: 20) { nodes { level task { id prompt deadlineAt } } pageInfo { endCursor } } }"
FILTERED = """query { tasks(filter: {workflow: "workflow-3", status: [PENDING]}, first: 20) {
  nodes { id prompt status } pageInfo { endCursor } } }"""
EVENTS = "query { events(first: 50) { nodes { cursor type actor at task { id } } pageInfo { endCursor } } }"
STATS = """query($after: DateTime!, $before: DateTime!) {
  feedbackStats(groupBy: [WORKFLOW], filter: {after: $after, before: $before}) {
  key { value } tasks approved approvalRate meanRating answerSecondsP50 } }"""


@dataclass(frozen=True)
class Table:
    """A service whose tables hold so many tasks, and who calls it."""

    rows: int
    running: Service
    workflow: Post
    reviewer: Post
    seeded: Post
    admin: Post
    resolved: str
    plans: Plans
    kept: Plans
    made_empty: Plans


async def run(servers: Servers, options: Options) -> Report:
    """p50 in milliseconds with few and with many tasks, calls interleaved; and which plans read a whole table."""
    large = options.rows or LARGE
    columns = ["call", f"p50 ms at {SMALL:,}", f"p50 ms at {large:,}", "ratio"]
    report = Report("scale", columns, drawn="ratio", named_by=1)
    numbers = itertools.count(1)
    async with AsyncExitStack() as stack:
        tables = [await stack.enter_async_context(_table(servers, rows)) for rows in (SMALL, large)]
        lines = [await connect(table.running.ports[0]) for table in tables]
        took: dict[str, tuple[list[float], list[float]]] = {}
        for n in range(-20, options.count or CALLS):
            for at, (table, line) in enumerate(zip(tables, lines, strict=True)):
                for call, seconds in (await _calls(table, line, numbers)).items():
                    if n >= 0:  # the first warm up
                        took.setdefault(call, ([], []))[at].append(seconds)
        stats = [await _stats(tables[0])]
        worked = servers.database_seconds
        stats.append(await _stats(tables[1]))
        worked = (servers.database_seconds - worked) / STATS_CALLS
        for call, (few, many) in took.items():
            ratio = percentile(many, 0.5) / percentile(few, 0.5)
            report.rows.append([call, percentile(few, 0.5) * 1e3, percentile(many, 0.5) * 1e3, ratio])
            report.bars.append(Bar(f"{call}: p50 beside that at {SMALL:,}", ratio, MOST_GROWTH, at_least=False))
        report.rows.append(["feedbackStats, a month", stats[0] * 1e3, stats[1] * 1e3, stats[1] / stats[0]])
        report.bars.append(Bar("feedbackStats by workflow over one month, s", stats[1], 0.3, at_least=False))
        report.notes.append(f"feedbackStats, a month: {worked * 1e3:.0f} ms of the database's processor time")
        _add_plans(report, tables[1])
    return report


@asynccontextmanager
async def _table(servers: Servers, rows: int) -> AsyncIterator[Table]:
    async with service(servers, name=f"scale_{rows}") as running:
        admin = running.post(await running.key(Role.ADMIN, name="admin"))
        _, made_empty = await reading_plans(running)
        await seed(running, rows=rows, pending=int(rows * PENDING_PART))
        plans, kept = await reading_plans(running)
        connection = await asyncpg.connect(running.settings.database_url)
        try:
            resolved = await connection.fetchval("SELECT id FROM tasks WHERE status <> 'PENDING' LIMIT 1")
        finally:
            await connection.close()
        yield Table(
            rows=rows,
            running=running,
            workflow=running.post(await running.key(Role.WORKFLOW, name="workflow")),
            reviewer=running.post(await running.key(Role.REVIEWER, name="anna", reviewer=REVIEWER)),
            seeded=running.post(await running.key(Role.REVIEWER, name="seeded", reviewer="r7")),
            admin=admin,
            resolved=str(resolved),
            plans=plans,
            kept=kept,
            made_empty=made_empty,
        )


async def _calls(table: Table, line: Connection, numbers: Any) -> dict[str, float]:
    """Each call once; seconds by call."""
    took: dict[str, float] = {}

    async def call(name: str, post: Post, query: str, **variables: Any) -> bytes:
        begun = time.perf_counter()
        body = await line.request(post(graphql(query, variables)))
        took[name] = time.perf_counter() - begun
        if b'"errors"' in body:
            raise BenchError(f"{name}: {body[:1_000]!r}")
        return body

    id_ = task_id(await call("openTask", table.workflow, OPEN, input=opening(next(numbers))))
    await call("answerTask", table.reviewer, ANSWER, input=answer(id_))
    await call("inbox page", table.seeded, INBOX_PAGE)
    await call("filtered page", table.admin, FILTERED)
    await call("events page", table.admin, EVENTS)
    await call("awaitTask", table.admin, AWAIT, id=table.resolved, wait="PT1S")
    return took


async def _stats(table: Table) -> float:
    """Seconds of one feedbackStats, the median of some."""
    line = await connect(table.running.ports[0])
    before = datetime.now(UTC) - timedelta(days=60)
    variables = {"after": (before - timedelta(days=30)).isoformat(), "before": before.isoformat()}
    took: list[float] = []
    for _ in range(STATS_CALLS):
        begun = time.perf_counter()
        body = orjson.loads(await line.request(table.admin(graphql(STATS, variables))))
        took.append(time.perf_counter() - begun)
        if body.get("errors"):
            raise BenchError(f"feedbackStats: {body['errors']}")
    line.close()
    return percentile(took, 0.5)


def _add_plans(report: Report, table: Table) -> None:
    """Which plans read a growing table from end to end: those of now, and those that a connection may have kept."""
    whole = {
        f"{name} ({when})": scanned(plan)
        for when, plans in (("now", table.plans), ("kept", table.kept), ("made when empty", table.made_empty))
        for name, plan in plans.items()
        if scanned(plan)
    }
    report.bars.append(Bar("plans that read a growing table from end to end", len(whole), 0, at_least=False))
    report.notes += [f"from end to end: {', '.join(tables)} by: {name}" for name, tables in whole.items()]
    for name, plan in table.plans.items():
        report.notes.append(f"{name}\n    " + "\n    ".join(plan))
