"""Watching: first what is, then every change, from one cursor; nothing missed and nothing twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.auth import Principal, no_such_task
from app.deps import Deps
from app.domain.event import RESOLVING, Event, EventQuery, LoggedEvent, TaskEventType
from app.domain.task import Assignee, Assignment, AssignmentReason, Task, UnassignmentReason
from app.feed.delivery import AtOnce, Delivery, once, through
from app.service import cursors
from app.service.read import find_task
from app.store.events import Head
from app.store.inbox import InboxQuery

SNAPSHOT_ASSIGNMENTS = 100

_UNASSIGNING = RESOLVING | {TaskEventType.ESCALATED, TaskEventType.REASSIGNED}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What waits now: the most urgent assignments, each with its task."""

    cursor: str
    assignments: list[tuple[Assignment, Task]]
    has_more: bool
    made: dict[object, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A task has come to the inbox."""

    cursor: str
    assignment: Assignment
    task: Task
    at: datetime
    made: dict[object, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A task has left the inbox."""

    cursor: str
    task: Task
    reason: UnassignmentReason
    at: datetime
    made: dict[object, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """A task in the inbox has changed and stays there."""

    cursor: str
    task: Task
    type: TaskEventType
    at: datetime
    made: dict[object, Any] = field(default_factory=dict, compare=False)


InboxMessage = Snapshot | Assigned | Unassigned | Changed
"""The last three are the same object for all who are told the same: see Delivery.made."""


async def watch_inbox(
    deps: Deps, principal: Principal, after: str | None, *, at_once: AtOnce[InboxMessage] | None = None
) -> AsyncGenerator[InboxMessage, None]:
    """The principal's inbox: a snapshot, or where `after` is given, of this log and of these rights, what came since;
    then each change, unless `at_once` takes it (see Hub.stream).

    Raises InvalidInput where `after` is no cursor; Unavailable.
    """
    tokens = frozenset(a.token for a in principal.assignees)
    head = await deps.events.head(principal.workspace)
    # What somebody was shown follows from their groups; whoever it is, they are themselves.
    rights = cursors.rights_of(principal.groups)
    place = cursors.inbox_place(after, head, rights) if after is not None else None
    if place is None:
        snapshot, head = await _snapshot(deps, principal, rights)
        place = head.seq
        yield snapshot
    query = EventQuery(workspace=principal.workspace, tokens=tokens, concerns=tokens)

    def told(delivery: Delivery) -> InboxMessage | None:
        return _message(delivery, head.epoch, rights, principal)

    way = through(told, at_once, head.epoch, principal)
    async with aclosing(deps.hub.stream(query, after=place, at_once=way)) as deliveries:
        async for delivery in deliveries:
            if message := told(delivery):
                yield message


async def watch_events(
    deps: Deps, query: EventQuery, after: str | None, *, at_once: AtOnce[tuple[Delivery, str]] | None = None
) -> AsyncGenerator[tuple[Delivery, str], None]:
    """Every event that `query` asks for from now, or from `after`, on, with its task, and its cursor; unless `at_once`
    takes it (see Hub.stream).

    Raises InvalidInput where `after` is no cursor of this log; Unavailable.
    """
    head = await deps.events.head(query.workspace)
    place = cursors.required_log_place(after, head) if after is not None else head.seq

    def told(delivery: Delivery) -> tuple[Delivery, str]:
        key = ("cursor", head.epoch)
        return delivery, once(delivery.made, key, lambda: cursors.log_cursor(head.epoch, delivery.logged.seq))

    way = through(told, at_once, head.epoch)
    async with aclosing(deps.hub.stream(query, after=place, at_once=way)) as deliveries:
        async for delivery in deliveries:
            yield told(delivery)


async def watch_resolved(deps: Deps, principal: Principal, id: str) -> AsyncGenerator[Task, None]:
    """The task, once it is resolved; at once where it is already. Raises InvalidInput, NotFound, Unavailable."""
    head = await deps.events.head(principal.workspace)
    task = await find_task(deps, principal, id)
    if task is None:
        raise no_such_task()
    if task.resolution:
        yield task
        return
    ending = EventQuery(workspace=task.workspace, tokens=None, task_ids=(task.id,), types=RESOLVING)
    async with aclosing(deps.hub.stream(ending, after=head.seq)) as deliveries:
        async for delivery in deliveries:
            yield delivery.task
            return


async def _snapshot(deps: Deps, principal: Principal, rights: str) -> tuple[Snapshot, Head]:
    """Assignments and the log's head are read in one statement: what the log holds after it is what came after."""
    tokens = [a.token for a in principal.assignees]
    query = InboxQuery(
        workspace=principal.workspace, assignees=tokens, person=principal.reviewer or "", people=principal.people
    )
    entries, head = await deps.inbox.list_page(query, most=SNAPSHOT_ASSIGNMENTS + 1, after=None)
    shown = entries[:SNAPSHOT_ASSIGNMENTS]
    tasks = await deps.tasks.get_many({e.task_id for e in shown}) if shown else {}
    assignments = [(e.assignment, tasks[e.task_id].task) for e in shown]
    return Snapshot(cursors.inbox_cursor(head.epoch, head.seq, rights), assignments, len(entries) > len(shown)), head


def _message(delivery: Delivery, epoch: str, rights: str, principal: Principal) -> InboxMessage | None:
    """What an event is to the inbox of this principal; None where the task had left it before, or never came to it."""
    task, event = delivery.task, delivery.logged.event
    me = principal.reviewer or ""
    if task.question.separation_of_duties and not set(principal.people).isdisjoint(task.openers):
        return None
    answered_at = next((a.answered_at for a in task.answers if me in a.people), None) if task.answers else None
    if answered_at and answered_at < event.at:
        return None  # it left when they answered
    came = _came(delivery, me, principal.assignees)
    left = None if came else _left(event, me, principal.assignees, answered_at)
    key = (epoch, rights, came, left)
    return once(delivery.made, key, lambda: _made(delivery, epoch, rights, came, left))


def _made(
    delivery: Delivery, epoch: str, rights: str, came: Assignee | None, left: UnassignmentReason | None
) -> InboxMessage:
    task, event = delivery.task, delivery.logged.event
    cursor = cursors.inbox_cursor(epoch, delivery.logged.seq, rights)
    if came:
        return Assigned(cursor, _assignment(delivery.logged, came), task, event.at)
    if left:
        return Unassigned(cursor, task, left, event.at)
    return Changed(cursor, task, event.type, event.at)


def _came(delivery: Delivery, me: str, mine: Collection[Assignee]) -> Assignee | None:
    """As whom somebody has the task from this event on, who had it not."""
    event = delivery.logged.event
    if event.type is TaskEventType.ASSIGNED:
        return once(delivery.made, "came", lambda: Assignee.of_json(event.data["assignee"]))
    if event.type is TaskEventType.RELEASED and me not in event.data["claimedBy"]:
        return next((a for a in map(Assignee.of_json, event.data["assignees"]) if a in mine), None)
    return None


def _left(event: Event, me: str, mine: Collection[Assignee], answered_at: datetime | None) -> UnassignmentReason | None:
    """Why somebody no longer has the task from this event on; None where they do, be it through another assignment."""
    if event.type is TaskEventType.ANSWERED:
        gone = answered_at == event.at or not _remains(event, mine)
        return UnassignmentReason.RESOLVED if gone else None
    if _remains(event, mine):
        return None
    if event.type is TaskEventType.CLAIMED and me not in event.data["claimedBy"]:
        return UnassignmentReason.CLAIMED_BY_ANOTHER
    return UnassignmentReason(event.data["reason"]) if event.type in _UNASSIGNING else None


def _remains(event: Event, mine: Collection[Assignee]) -> bool:
    return any(Assignee.of_json(a) in mine for a in event.data.get("remaining", ()))


def _assignment(logged: LoggedEvent, assignee: Assignee) -> Assignment:
    """The assignment as it was made, or freed, whether or not it is still open."""
    data = logged.event.data
    return Assignment(
        assignee=assignee,
        level=data["level"],
        reason=AssignmentReason(data.get("reason", AssignmentReason.RELEASED)),
        assigned_at=logged.event.at,
        assigned_version=logged.version,
        on_behalf_of=data.get("onBehalfOf"),
    )
