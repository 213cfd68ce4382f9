"""The queries. Each calls one reading."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.graphql.context import Info
from app.graphql.directory import Absence, ApiKey, Calendar, Group, Reviewer
from app.graphql.enums import StatsKey
from app.graphql.filters import AssignmentFilter, FeedbackFilter, TaskEventFilter, TaskFilter
from app.graphql.pages import AssignmentConnection, FeedbackConnection, FeedbackStats, TaskConnection, Viewer
from app.graphql.scalars import Duration
from app.graphql.types import After, First, Task, TaskEventConnection
from app.service import read

_Id = Annotated[strawberry.ID, strawberry.argument(description="The task's id.")]
_Wait = Annotated[Duration, strawberry.argument(description="How long to wait, PT0S to PT60S.")]
_HALF_A_MINUTE = Duration("PT30S")
_GroupBy = Annotated[list[StatsKey], strawberry.argument(description="One row for each group of these; at most 2,000.")]
_Tasks = Annotated[TaskFilter | None, strawberry.argument(description="Only these.")]
_Assignments = Annotated[AssignmentFilter | None, strawberry.argument(description="Only these.")]
_Events = Annotated[TaskEventFilter | None, strawberry.argument(description="Only these.")]
_Feedback = Annotated[FeedbackFilter | None, strawberry.argument(description="Only this.")]
_After = Annotated[str | None, strawberry.argument(description="Only those past this name or id.")]


@strawberry.type(description="What can be read. Each caller reads what it may see.")
class Query:
    @strawberry.field(description="Who is asking.")
    async def viewer(self, info: Info) -> Viewer:
        return Viewer.of(info.context.principal)

    @strawberry.field(description="null where there is none, or the caller may not see it: the two look the same.")
    async def task(self, info: Info, id: _Id) -> Task | None:
        task = await read.find_task(info.context.deps, info.context.principal, id)
        return Task.of(task) if task else None

    @strawberry.field(description="Newest first. Keyset paging: stable while tasks come and go.")
    async def tasks(self, info: Info, filter: _Tasks = None, first: First = 50, after: After = None) -> TaskConnection:
        query = (filter or TaskFilter()).query(info.context.principal)
        page = await read.list_tasks(info.context.deps, query, first=first, after=after)
        return TaskConnection.of(page, query)

    @strawberry.field(description="The caller's inbox, most urgent deadline first.")
    async def assignments(
        self, info: Info, filter: _Assignments = None, first: First = 50, after: After = None
    ) -> AssignmentConnection:
        query = (filter or AssignmentFilter()).query(info.context.principal)
        page = await read.list_assignments(info.context.deps, query, first=first, after=after)
        return AssignmentConnection.of(page, query)

    @strawberry.field(
        description="Long poll: returns as soon as the task is resolved, or as it stands when the wait is over "
        "(at most PT60S); null where there is no such task."
    )
    async def await_task(self, info: Info, id: _Id, wait: _Wait = _HALF_A_MINUTE) -> Task | None:
        task = await read.await_task(info.context.deps, info.context.principal_now, id, wait)
        return Task.of(task) if task else None

    @strawberry.field(description="The event log, oldest first, from a cursor on.")
    async def events(
        self, info: Info, filter: _Events = None, first: First = 100, after: After = None
    ) -> TaskEventConnection:
        query = (filter or TaskEventFilter()).query(info.context.principal)
        return TaskEventConnection.of(await read.list_events(info.context.deps, query, first=first, after=after))

    @strawberry.field(description="Ratings and comments, newest first.")
    async def feedback(
        self, info: Info, filter: _Feedback = None, first: First = 50, after: After = None
    ) -> FeedbackConnection:
        query = (filter or FeedbackFilter()).query(info.context.principal)
        page = await read.list_feedback(info.context.deps, query, first=first, after=after)
        return FeedbackConnection.of(page, query)

    @strawberry.field(
        description="One row a group; with no groupBy, one row. Every rate comes with its counts; timeouts are never "
        "counted as humans."
    )
    async def feedback_stats(
        self,
        info: Info,
        group_by: _GroupBy = [],  # noqa: B006 -- the default that the schema shows; nothing changes it
        filter: _Feedback = None,
    ) -> list[FeedbackStats]:
        query = (filter or FeedbackFilter()).query(info.context.principal)
        stats = await read.feedback_stats(info.context.deps, query, [key.value for key in group_by])
        return [FeedbackStats.of(group, group_by) for group in stats]

    @strawberry.field(description="The directory's reviewers, by id. For ADMIN and ANALYST.")
    async def reviewers(self, info: Info, first: First = 50, after: _After = None) -> list[Reviewer]:
        found = await read.list_reviewers(info.context.deps, info.context.principal, first=first, after=after)
        return [Reviewer.of(reviewer) for reviewer in found]

    @strawberry.field(description="The directory's groups, by name. For ADMIN and ANALYST.")
    async def groups(self, info: Info, first: First = 50, after: _After = None) -> list[Group]:
        found = await read.list_groups(info.context.deps, info.context.principal, first=first, after=after)
        return [Group.of(group) for group in found]

    @strawberry.field(
        description="Absences that are not over, those that begin first in front: all, for ADMIN and ANALYST; for a "
        "reviewer, their own and those in which they stand in."
    )
    async def absences(self, info: Info) -> list[Absence]:
        return [Absence.of(a) for a in await read.list_absences(info.context.deps, info.context.principal)]

    @strawberry.field(description="The calendars of working time, by name.")
    async def calendars(self, info: Info) -> list[Calendar]:
        return [Calendar.of(c) for c in await read.list_calendars(info.context.deps, info.context.principal)]

    @strawberry.field(description="The workspace's API keys, without their secrets, oldest first. For ADMIN.")
    async def api_keys(self, info: Info) -> list[ApiKey]:
        return [ApiKey.of(key) for key in await read.list_keys(info.context.deps, info.context.principal)]
