"""Tasks, read and written in sets. Each write is one statement: all of a change is stored, or none of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.task import Task, Transition
from app.store import rows
from app.store.database import Database
from app.store.statements import statements

_SQL = statements("tasks")

Heads = dict[str, int]


@dataclass(frozen=True, slots=True)
class Read:
    """A task as it was read, and the database's time at which it was."""

    task: Task
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks of a workspace to list. `tokens`: only what their holder may see; None: everything."""

    workspace: str
    tokens: Sequence[str] | None
    ids: Sequence[UUID] | None = None
    status: Sequence[str] | None = None
    workflow: str | None = None
    run_id: str | None = None
    assignee: str | None = None

    @property
    def values(self) -> tuple[object, ...]:
        return (self.workspace, self.tokens, self.ids, self.status, self.workflow, self.run_id, self.assignee)


class Tasks:
    """The tasks in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_many(self, ids: Iterable[UUID]) -> dict[UUID, Read]:
        """The tasks with these ids, those that there are."""
        found = await self._database.fetch(_SQL["read_tasks"], list(ids))
        return {row["id"]: Read(rows.task_of(row), row["now"]) for row in found}

    async def find(self, id: UUID) -> Task | None:
        read = (await self.get_many([id])).get(id)
        return read.task if read else None

    async def find_opened(self, keys: Sequence[tuple[str, str, str | None]]) -> list[tuple[datetime, UUID | None]]:
        """For each (workspace, key name, idempotency key): the database's time, and the task opened with it before."""
        wanted = [
            {"n": n, "workspace": workspace, "created_by": name, "idempotency_key": key}
            for n, (workspace, name, key) in enumerate(keys)
        ]
        return [(row["now"], row["id"]) for row in await self._database.fetch(_SQL["find_opened"], wanted)]

    async def insert_many(self, transitions: Sequence[Transition]) -> tuple[set[UUID], Heads]:
        """Stores new tasks. Returns the ids stored (not: those whose idempotency key is taken) and the log heads."""
        stored = await self._database.write(
            _SQL["insert_tasks"],
            [rows.task_columns(t.task) for t in transitions],
            [columns for t in transitions for columns in rows.begun_columns(t)],
            [columns for t in transitions for columns in rows.event_columns(t)],
        )
        return {row["id"] for row in stored}, _heads(transitions, {row["id"]: row["head"] for row in stored})

    async def save_many(self, transitions: Sequence[Transition]) -> tuple[set[UUID], Heads]:
        """Stores changes, at most one a task. Returns the ids stored (not: those changed meanwhile) and the heads."""
        stored = await self._database.write(
            _SQL["save_tasks"],
            [rows.state_columns(t.task) for t in transitions],
            [columns for t in transitions for columns in rows.begun_columns(t)],
            [columns for t in transitions for columns in rows.ended_columns(t)],
            [columns for t in transitions for columns in rows.answer_columns(t)],
            [columns for t in transitions for columns in rows.feedback_columns(t)],
            [columns for t in transitions for columns in rows.event_columns(t)],
        )
        return {row["id"] for row in stored}, _heads(transitions, {row["id"]: row["head"] for row in stored})

    async def lease_due(self, *, most: int, seconds: float) -> list[UUID]:
        """Up to `most` pending tasks whose deadline has passed, this caller's for `seconds`."""
        return [row["id"] for row in await self._database.fetch(_SQL["lease_due"], most, seconds)]

    async def list_deadlines(self, *, tick: float, within: float) -> list[datetime]:
        """The distinct deadlines within so many seconds from now, each rounded up to a whole `tick` (seconds)."""
        return [row["due_at"] for row in await self._database.fetch(_SQL["list_deadlines"], tick, within)]

    async def list_page(self, query: TaskQuery, *, most: int, after: tuple[datetime, UUID] | None) -> list[Task]:
        """Tasks that fit, newest first, past `after` (creation time and id of the last one seen)."""
        at, last = after or (None, None)
        found = await self._database.fetch(_SQL["list_tasks"], *query.values, at, last, most)
        tasks = await self.get_many(row["id"] for row in found)
        return [tasks[row["id"]].task for row in found]

    async def count(self, query: TaskQuery, *, most: int) -> int:
        """How many fit, counted up to `most`."""
        counted = await self._database.fetch(_SQL["count_tasks"], *query.values, most)
        return int(counted[0]["count"])


def _heads(transitions: Sequence[Transition], head_of: dict[UUID, int]) -> Heads:
    return {t.task.workspace: head_of[t.task.id] for t in transitions if t.task.id in head_of}
