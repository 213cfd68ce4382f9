"""The event log, read only: it is written in the statements that save tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.event import EventQuery, LoggedEvent
from app.store.database import Database
from app.store.rows import event_of
from app.store.statements import conditions, statements

_SQL = statements("events")


@dataclass(frozen=True, slots=True)
class Head:
    """Where a workspace's log ends: the newest event's number, and the epoch that its cursors belong to."""

    seq: int
    epoch: str


@dataclass(frozen=True, slots=True)
class OfTask:
    """The events of a task past number `after`, up to `most` of them."""

    task_id: UUID
    after: int
    most: int


class Events:
    """The event logs in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self, workspace: str) -> Head:
        """Where the log of a workspace ends; at 0 where there is no such workspace."""
        found = await self._database.fetch(_SQL["read_head"], workspace)
        return Head(found[0]["head"], found[0]["epoch"]) if found else Head(0, "")

    async def follow(self, positions: Mapping[str, int], *, most: int) -> list[LoggedEvent]:
        """For each workspace the events after its position, at most `most` of each, in order."""
        found = await self._database.fetch(_SQL["follow_log"], list(positions.keys()), list(positions.values()), most)
        return [event_of(row) for row in found]

    async def list_page(self, query: EventQuery, *, after: int, until: int, most: int) -> list[LoggedEvent]:
        """Events that fit, numbers `after` (exclusive) to `until` (inclusive), oldest first."""
        statement, values = page_statement(query, after=after, until=until, most=most)
        return [event_of(row) for row in await self._database.fetch(statement, *values)]

    async def list_of_tasks(self, asked: Sequence[OfTask]) -> list[list[LoggedEvent]]:
        """For each task that is asked for, in order, its events, oldest first."""
        columns = zip(*((each.task_id, each.after, each.most) for each in asked), strict=True)
        found: list[list[LoggedEvent]] = [[] for _ in asked]
        for row in await self._database.fetch(_SQL["list_events_of_tasks"], *map(list, columns)):
            found[row["n"] - 1].append(event_of(row))
        return found


def page_statement(query: EventQuery, *, after: int, until: int, most: int) -> tuple[str, list[Any]]:
    """The statement of a page of events with the conditions that are asked for, and its values."""
    values: list[Any] = [query.workspace, after, until, most]
    if query.task_ids is None and (query.workflow is not None or query.run_id is not None):
        values += [query.workflow, query.run_id, query.tokens, query.concerns, query.types]
        return _SQL["list_events_of_workflow"], values
    source = "from_log"
    if query.task_ids is not None:
        source = "from_tasks"
        values.append(query.task_ids)
    asked = {name: getattr(query, name) for name in ("tokens", "concerns", "types", "workflow", "run_id")}
    parts = {"source": _SQL[source], "conditions": conditions(_SQL, asked, values)}
    return _SQL["list_events"] % parts, values
