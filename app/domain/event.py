"""What the log of a workspace holds: one entry for each thing that happened to a task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.immutable import immutable_by_name

SYSTEM = "system:"
"""How the names of actors begin that are no person; no key, reviewer or group may have such a name (names.py)."""
TIMEOUT_ACTOR = f"{SYSTEM}timeout"
"""The actor of everything that a deadline brought about; never counted as a human."""


class TaskEventType(StrEnum):
    OPENED = "OPENED"
    ASSIGNED = "ASSIGNED"
    CLAIMED = "CLAIMED"
    RELEASED = "RELEASED"
    REASSIGNED = "REASSIGNED"
    ANSWERED = "ANSWERED"
    ESCALATED = "ESCALATED"
    REMINDED = "REMINDED"
    EXTENDED = "EXTENDED"
    RATED = "RATED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


RESOLVING = frozenset({TaskEventType.APPROVED, TaskEventType.REJECTED, TaskEventType.EXPIRED, TaskEventType.CANCELLED})
"""The events that end a task; each task has exactly one of them."""


@immutable_by_name
class Event:
    """One entry before it is numbered.

    `concerns` are the tokens of the assignees whose inbox it changes. All who may see the task then may see it.
    """

    type: TaskEventType
    actor: str
    at: datetime
    data: Mapping[str, Any]
    concerns: tuple[str, ...] = ()


@immutable_by_name
class LoggedEvent:
    """One entry of the log: number `seq` of `workspace`. The task then had `version`, and `audience`: the tokens of all
    who may see it."""

    workspace: str
    seq: int
    task_id: UUID
    version: int
    workflow: str
    run_id: str | None
    audience: tuple[str, ...]
    event: Event


@immutable_by_name
class EventQuery:
    """Which events of a workspace somebody asks for.

    `tokens`: only what their holder may see; None: everything. `concerns`: only what changes the inbox of one of these
    assignees. `events.sql` asks the log the same question; a test holds the two equal.
    """

    workspace: str
    tokens: Collection[str] | None
    concerns: Collection[str] | None = None
    task_ids: Collection[UUID] | None = None
    types: Collection[TaskEventType] | None = None
    workflow: str | None = None
    run_id: str | None = None

    def matches(self, logged: LoggedEvent) -> bool:
        """Whether this event is among those asked for."""
        event = logged.event
        return (
            logged.workspace == self.workspace
            # A frozenset is not copied by frozenset(): asked of each subscriber for each event, this is to be quick.
            and (self.tokens is None or not frozenset(self.tokens).isdisjoint(logged.audience))
            and (self.concerns is None or not frozenset(self.concerns).isdisjoint(event.concerns))
            and (self.task_ids is None or logged.task_id in self.task_ids)
            and (self.types is None or event.type in self.types)
            and (self.workflow is None or logged.workflow == self.workflow)
            and (self.run_id is None or logged.run_id == self.run_id)
        )
