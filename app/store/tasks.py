"""Tasks, read and written in sets. Each write is one statement: all of a change is stored, or none of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.task import Assignee, Task, Transition
from app.domain.workplace import Workplace
from app.store import rows
from app.store.database import Database
from app.store.statements import conditions, statements

_SQL = statements("tasks")


@dataclass(frozen=True, slots=True)
class Read:
    """A task as it was read, the database's time at which it was, and what a decision may need beside it."""

    task: Task
    now: datetime
    workplace: Workplace


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to open a task: whose idempotency key, and what of the workplace it needs to know.

    `groups`: those whose members matter; None where none do.
    """

    workspace: str
    created_by: str
    idempotency_key: str | None
    groups: Sequence[str] | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The database's time, the id of the task that the key opened before, and what is set in the workspace.

    `nobody_absent`: where nobody is, now or later, the number that whoever changes absences counts up; else None.
    """

    now: datetime
    id: UUID | None
    workplace: Workplace
    nobody_absent: int | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """What was decided for without reading it: the time, and that in these workspaces nobody is absent, by the number
    of `Found`."""

    now: datetime
    nobody_absent: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lease:
    """Tasks that are one caller's for a while; `id` is None where there are none."""

    id: UUID | None
    tasks: list[UUID]


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
    created_by: str | None = None
    label: Mapping[str, str] | None = None
    deadline_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    text: str | None = None

    def statement(self, name: str, *, most: int, after: tuple[datetime, UUID] | None = None) -> tuple[str, list[Any]]:
        """The statement of that name with the conditions that are asked for, and its values."""
        given = {f.name: getattr(self, f.name) for f in fields(self)} | {"after": after}
        values: list[Any] = [given.pop("workspace"), most]
        return _SQL[name] % {"conditions": conditions(_SQL, given, values)}, values


class Tasks:
    """The tasks in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_many(self, ids: Iterable[UUID], *, groups: Iterable[str] = ()) -> dict[UUID, Read]:
        """The tasks with these ids, those that there are. `groups`: whose members matter beside those that a task asks
        now or at some level."""
        found = await self._database.fetch(_SQL["read_tasks"], list(ids), list(groups))
        return {row["id"]: Read(rows.task_of(row), row["now"], rows.workplace_of(row)) for row in found}

    async def find(self, id: UUID) -> Task | None:
        read = (await self.get_many([id])).get(id)
        return read.task if read else None

    async def find_opened(self, wanted: Sequence[Wanted]) -> list[Found]:
        """For each request to open, in order, what is known before it is opened."""
        asked = [
            {
                "n": n,
                "workspace": each.workspace,
                "created_by": each.created_by,
                "idempotency_key": each.idempotency_key,
                "groups": each.groups,
                "calendar": each.calendar,
            }
            for n, each in enumerate(wanted)
        ]
        found = await self._database.fetch(_SQL["find_opened"], asked)
        return [Found(row["now"], row["id"], rows.workplace_of(row), row["nobody_absent"]) for row in found]

    async def insert_many(
        self, transitions: Sequence[Transition], *, guess: Guess | None = None, read_at: datetime | None = None
    ) -> set[UUID]:
        """Stores new tasks. Returns the ids stored (not: those whose idempotency key is taken, for which `guess` was
        wrong, or for which what they need was read, at `read_at`, too long ago)."""
        stored = await self._database.write(
            _SQL["insert_tasks"],
            *_known(transitions, guess, read_at),
            [rows.task_columns(t.task) for t in transitions],
            [columns for t in transitions for columns in rows.assignment_columns(t)],
            [columns for t in transitions for columns in rows.event_columns(t)],
        )
        return {row["id"] for row in stored}

    async def save_many(
        self, transitions: Sequence[Transition], *, guess: Guess | None = None, read_at: datetime | None = None
    ) -> set[UUID]:
        """Stores changes, at most one a task. Returns the ids stored (not: those changed meanwhile, for which `guess`
        was wrong, or which were read, at `read_at`, too long ago)."""
        stored = await self._database.write(
            _SQL["save_tasks"],
            *_known(transitions, guess, read_at),
            [rows.state_columns(t.task, t.seen) for t in transitions],
            [columns for t in transitions for columns in rows.assignment_columns(t)],
            [t.task.id for t in transitions if t.reassigns],
            [columns for t in transitions for columns in rows.answer_columns(t)],
            [columns for t in transitions for columns in rows.feedback_columns(t)],
            [columns for t in transitions for columns in rows.event_columns(t)],
        )
        return {row["id"] for row in stored}

    async def lease_due(self, *, most: int, seconds: float, done: UUID | None = None) -> Lease:
        """Up to `most` pending tasks with which the clock has something to do, this caller's for `seconds` (at most
        60). Lease `done` is given back."""
        found = await self._database.write(_SQL["lease_due"], most, seconds, done)
        return Lease(found[0]["lease"] if found else None, [row["id"] for row in found])

    async def list_wakes(self, *, tick: float, within: float) -> list[datetime]:
        """The distinct moments at which the clock has something to do within so many seconds from now, each rounded up
        to a whole `tick` (seconds)."""
        return [row["wake_at"] for row in await self._database.fetch(_SQL["list_wakes"], tick, within)]

    async def list_pending_of_run(
        self, workspace: str, workflow: str, run_id: str, *, created_by: str | None, after: UUID | None, most: int
    ) -> list[UUID]:
        """Ids of the pending tasks of a run, those that a key of this name opened (all for None), past `after`."""
        found = await self._database.fetch(
            _SQL["list_pending_of_run"], workspace, workflow, run_id, created_by, after, most
        )
        return [row["id"] for row in found]

    async def list_of_absentees(
        self, workspace: str, reviewers: Iterable[str], *, after: UUID | None, most: int
    ) -> list[UUID]:
        """Ids of the pending tasks that may change hands with absences of `reviewers`, past `after`."""
        tokens = [Assignee("reviewer", reviewer).token for reviewer in reviewers]
        found = await self._database.fetch(_SQL["list_of_absentees"], workspace, tokens, after, most)
        return [row["task_id"] for row in found]

    async def list_page(self, query: TaskQuery, *, most: int, after: tuple[datetime, UUID] | None) -> list[Task]:
        """Tasks that fit, newest first, past `after` (creation time and id of the last one seen)."""
        statement, values = query.statement("list_tasks", most=most, after=after)
        found = await self._database.fetch(statement, *values)
        tasks = await self.get_many(row["id"] for row in found)
        return [tasks[row["id"]].task for row in found]

    async def count(self, query: TaskQuery, *, most: int) -> int:
        """How many fit, counted up to `most`."""
        statement, values = query.statement("count_tasks", most=most)
        return int((await self._database.fetch(statement, *values))[0]["count"])


def _known(
    transitions: Sequence[Transition], guess: Guess | None, read_at: datetime | None
) -> tuple[datetime | None, dict[str, int]]:
    """What a statement is to look at before it stores what was decided, on a guess or on what was read."""
    if guess is None:
        return read_at, {}
    return guess.now, {t.task.workspace: guess.nobody_absent[t.task.workspace] for t in transitions}
