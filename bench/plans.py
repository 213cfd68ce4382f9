"""The plans of the statements that the service runs, on the tables as they are now."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.deps import Deps, open_deps
from app.domain.event import EventQuery
from app.service import read
from app.service.commands import Commands
from app.store.database import Database
from app.store.feedback import FeedbackQuery
from app.store.inbox import InboxQuery
from app.store.tasks import TaskQuery, Wanted
from bench.service import WORKSPACE, Service

Plans = dict[str, list[str]]
"""Plans by the statement's number and first line."""

GROWING = ("tasks", "task_words", "assignments", "answers", "feedback", "events")
_SCAN = re.compile(r"(Seq|Index|Index Only) Scan (?:using \w+ )?on (\w+)")


@dataclass
class Recorded:
    """Statements that ran while recorded, with the values that they were given."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    async def plans(self, deps: Deps, *, options: str = "") -> Plans:
        """The plan of each, without running it; with EXPLAIN's options."""
        return {
            f"{n} {statement.splitlines()[0]}": [
                row[0] for row in await deps.database.fetch(f"EXPLAIN {options} {statement}", *values)
            ]
            for n, (statement, values) in enumerate(dict(self.statements).items(), 1)
        }


def record(database: Database) -> Recorded:
    """From now on notes every statement of `database`, and runs it as before."""
    recorded = Recorded()
    fetch: Callable[..., Any] = database.fetch

    async def noted(statement: str, *values: Any) -> Any:
        if not statement.startswith("EXPLAIN"):
            recorded.statements.append((statement, values))
        return await fetch(statement, *values)

    # A method in place of the method, for as long as statements are noted.
    database.fetch = noted  # type: ignore[method-assign]
    return recorded


def scanned(plan: list[str]) -> list[str]:
    """The growing tables that a plan reads from end to end: by themselves, or by the whole of an index."""
    found: list[str] = []
    for line, following in zip(plan, [*plan[1:], ""], strict=True):
        scan = _SCAN.search(line)
        whole = scan is not None and (scan[1] == "Seq" or "Index Cond" not in following)
        if scan and whole and scan[2] in GROWING:
            found.append(scan[2])
    return found


async def reading_plans(running: Service) -> tuple[Plans, Plans]:
    """The plans of the reading statements as the service runs them: for their values, and for any."""
    month = datetime.now(UTC) - timedelta(days=60)
    async with open_deps(running.settings) as deps:
        recorded = record(deps.database)
        await read.list_assignments(
            deps,
            InboxQuery(workspace=WORKSPACE, assignees=["reviewer:r7"], person="r7", people=["r7"]),
            first=20,
            after=None,
        )
        pending = TaskQuery(workspace=WORKSPACE, tokens=None, workflow="workflow-3", status=["PENDING"])
        await read.list_tasks(deps, pending, first=20, after=None)
        await read.list_events(deps, EventQuery(workspace=WORKSPACE, tokens=None), first=50, after=None)
        stats = FeedbackQuery(workspace=WORKSPACE, tokens=None, since=month - timedelta(days=30), before=month)
        await read.feedback_stats(deps, stats, ["WORKFLOW"])
        commands = Commands(deps)
        await commands.deps.tasks.find_opened([Wanted(WORKSPACE, "seed", "seed-1")])
        await commands.deps.tasks.lease_due(most=1, seconds=0.0)
        return await recorded.plans(deps), await recorded.plans(deps, options="(GENERIC_PLAN)")
