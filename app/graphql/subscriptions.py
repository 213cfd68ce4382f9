"""The subscriptions. Who asks, and whether they may, is settled before the first message."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from app.feed.delivery import Delivery, once, through
from app.graphql import enums
from app.graphql.context import Info
from app.graphql.filters import TaskEventFilter
from app.graphql.scalars import Cursor
from app.graphql.types import After, Assignment, Task, TaskEvent
from app.service import watch

field = strawberry.field
_Id = Annotated[strawberry.ID, strawberry.argument(description="The task's id.")]
_Events = Annotated[TaskEventFilter | None, strawberry.argument(description="Only these.")]
_CURSOR = "The place in the log up to which this message tells; resume with it as `after`."


@strawberry.type(description="The most urgent 100; where `hasMore`, page the rest through Query.assignments.")
class AssignmentSnapshot:
    cursor: Cursor = field(description=_CURSOR)
    assignments: list[Assignment] = field(description="What waits now, most urgent deadline first.")
    has_more: bool = field(description="Whether more waits than is shown.")


@strawberry.type(description="A task has come to the caller.")
class TaskAssigned:
    cursor: Cursor = field(description=_CURSOR)
    assignment: Assignment = field(description="The assignment.")
    at: datetime = field(description="When.")


@strawberry.type(
    description="A task has left the caller's inbox. A reviewer goes on seeing (not answering) a task that was once "
    "assigned to them."
)
class TaskUnassigned:
    cursor: Cursor = field(description=_CURSOR)
    task_id: strawberry.ID = field(description="Which task.")
    task: Task = field(description="The task as it stands.")
    reason: enums.UnassignmentReason = field(description="Why.")
    at: datetime = field(description="When.")


@strawberry.type(description="Claimed, extended, answered by one of several: still the caller's.")
class TaskChanged:
    cursor: Cursor = field(description=_CURSOR)
    task: Task = field(description="The task as it stands.")
    type: enums.TaskEventType = field(description="What happened to it.")
    at: datetime = field(description="When.")


AssignmentMessage = Annotated[
    AssignmentSnapshot | TaskAssigned | TaskUnassigned | TaskChanged,
    strawberry.union("AssignmentMessage", description="What an inbox is told."),
]


def _shown_once(message: watch.InboxMessage) -> AssignmentSnapshot | TaskAssigned | TaskUnassigned | TaskChanged:
    return once(message.made, "shown", partial(_shown, message))


def _shown(message: watch.InboxMessage) -> AssignmentSnapshot | TaskAssigned | TaskUnassigned | TaskChanged:
    cursor = Cursor(message.cursor)
    match message:
        case watch.Snapshot(assignments=assignments, has_more=has_more):
            shown = [Assignment.of(assignment, Task.of(task)) for assignment, task in assignments]
            return AssignmentSnapshot(cursor=cursor, assignments=shown, has_more=has_more)
        case watch.Assigned(assignment=assignment, task=task, at=at):
            return TaskAssigned(cursor=cursor, assignment=Assignment.of(assignment, Task.of(task)), at=at)
        case watch.Unassigned(task=task, reason=reason, at=at):
            id_ = strawberry.ID(str(task.id))
            return TaskUnassigned(cursor=cursor, task_id=id_, task=Task.of(task), reason=reason, at=at)
        case watch.Changed(task=task, type=type_, at=at):
            return TaskChanged(cursor=cursor, task=Task.of(task), type=type_, at=at)


def _event(told: tuple[Delivery, str]) -> TaskEvent:
    delivery, cursor = told
    return once(delivery.made, cursor, partial(TaskEvent.of, delivery.logged, delivery.task, cursor))


@strawberry.type(description="What is pushed. Over WebSocket, subprotocol graphql-transport-ws.")
class Subscription:
    @strawberry.subscription(
        description="The caller's inbox, live. Without `after`: first an AssignmentSnapshot of what is waiting now, "
        "then every change. With `after`: every change since then, then live. Nothing is skipped silently: where the "
        "log no longer reaches back to `after`, the first message is a new AssignmentSnapshot."
    )
    async def assignments(self, info: Info, after: After = None) -> AsyncIterator[AssignmentMessage]:
        context = info.context
        at_once = through(_shown_once, context.at_once)
        async with aclosing(watch.watch_inbox(context.deps, context.principal, after, at_once=at_once)) as inbox:
            async for message in inbox:
                yield _shown_once(message)

    @strawberry.subscription(description="Every event that the caller may see, filtered; with `after`, from there on.")
    async def task_events(self, info: Info, filter: _Events = None, after: After = None) -> AsyncIterator[TaskEvent]:
        context = info.context
        query = (filter or TaskEventFilter()).query(context.principal)
        at_once = through(_event, context.at_once)
        async with aclosing(watch.watch_events(context.deps, query, after, at_once=at_once)) as events:
            async for told in events:
                yield _event(told)

    @strawberry.subscription(
        description="One message, when the task is resolved (at once if it already is), then complete."
    )
    async def task_resolved(self, info: Info, id: _Id) -> AsyncIterator[Task]:
        async with aclosing(watch.watch_resolved(info.context.deps, info.context.principal, id)) as resolved:
            async for task in resolved:
                yield Task.of(task)
