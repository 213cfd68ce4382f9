"""What waits for whom: the open assignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.domain.task import Assignee, Assignment, AssignmentReason
from app.store.database import Database
from app.store.events import Head
from app.store.statements import statements

_SQL = statements("inbox")


class InboxPlace(NamedTuple):
    """A place in the order of an inbox."""

    due_at: datetime
    task_id: UUID
    assignee: str


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """An open assignment, the task it is of, and its place."""

    task_id: UUID
    assignment: Assignment
    place: InboxPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxQuery:
    """Whose open assignments to list (`assignees` are `person`'s tokens), and which of them.

    Left out is what `person` may not act on: claimed by somebody else, answered by them already, or opened
    by them where the task asks for separation of duties.
    """

    workspace: str
    assignees: Sequence[str]
    person: str
    urgency: Sequence[str] | None = None
    workflow: str | None = None
    claimed: bool | None = None

    @property
    def values(self) -> tuple[object, ...]:
        return (self.workspace, self.assignees, self.person, self.urgency, self.workflow, self.claimed)


class Inbox:
    """The open assignments in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(
        self, query: InboxQuery, *, most: int, after: InboxPlace | None
    ) -> tuple[list[InboxEntry], Head]:
        """Assignments that fit, most urgent deadline first, past `after`; and the log's head at the same moment."""
        place = after or (None, None, None)
        found = await self._database.fetch(_SQL["list_assignments"], *query.values, *place, most)
        entries = [
            InboxEntry(
                row["task_id"],
                Assignment(
                    Assignee.of_token(row["assignee"]),
                    row["level"],
                    AssignmentReason(row["reason"]),
                    row["assigned_at"],
                    row["assigned_version"],
                    row["on_behalf_of"] or None,
                    row["claimed_by"],
                    row["claim_expires_at"],
                ),
                InboxPlace(row["due_at"], row["task_id"], f"{row['assignee']} {row['on_behalf_of']}"),
            )
            for row in found
            if row["task_id"]
        ]
        return entries, Head(found[0]["head"], found[0]["epoch"]) if found else Head(0, "")

    async def count(self, query: InboxQuery, *, most: int) -> int:
        """How many fit, counted up to `most`."""
        counted = await self._database.fetch(_SQL["count_assignments"], *query.values, most)
        return int(counted[0]["count"])
