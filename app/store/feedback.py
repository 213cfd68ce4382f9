"""Feedback, and the figures made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.domain.task import Feedback
from app.store.database import Database
from app.store.statements import conditions, statements

_SQL = statements("feedback")


class FeedbackPlace(NamedTuple):
    """A place in the order of feedback."""

    at: datetime
    task_id: UUID
    reviewer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackQuery:
    """Which feedback of a workspace. `tokens`: only on tasks that their holder may see; None: on all."""

    workspace: str
    tokens: Sequence[str] | None
    workflow: str | None = None
    reviewer: str | None = None
    label: Mapping[str, str] | None = None
    rating_at_least: int | None = None
    rating_at_most: int | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def values(self) -> tuple[object, ...]:
        ratings = (self.rating_at_least, self.rating_at_most)
        times = (self.since, self.before)
        return (self.workspace, self.tokens, self.workflow, self.reviewer, self.label, *ratings, *times)

    def stats_statement(self, *, keys: Sequence[str], most: int) -> tuple[str, list[object]]:
        """The statement of the figures with the keys and conditions that are asked for, and its values."""
        values: list[object] = [self.workspace, self.reviewer, self.rating_at_least, self.rating_at_most, most]
        asked = {name: getattr(self, name) for name in ("tokens", "workflow", "label", "since", "before")}
        narrowed = conditions(_SQL, asked, values)
        if self.reviewer is not None:
            narrowed += f" AND {_SQL['only_reviewer']}"
        if (self.rating_at_least, self.rating_at_most) != (None, None):
            narrowed += f" AND {_SQL['only_rated']}"
        by_person = "REVIEWER" in keys
        of_person = by_person or self.reviewer is not None
        parts = {
            "keys": ", ".join(_SQL[f"by_{key.lower()}"] for key in keys),
            "conditions": narrowed,
            "person": _SQL["by_reviewer"] if by_person else "NULL::text",
            "people": _SQL["people"] if of_person else "",
            "their_feedback": f" {_SQL['their_feedback']}" if by_person else "",
            "their_answers": f" {_SQL['their_answers']}" if by_person else "",
            "approved": _SQL["person_approved" if of_person else "ended_approved"],
            "rejected": _SQL["person_rejected" if of_person else "ended_rejected"],
        }
        return _SQL["feedback_stats"] % parts, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures of one group. Times in seconds.

    `decided`: tasks that humans ended, whosever answers `approved` and `rejected` count.
    """

    key: tuple[str | None, ...]
    tasks: int
    pending: int
    approved: int
    rejected: int
    decided: int
    expired: int
    cancelled: int
    escalated: int
    ratings: int
    mean_rating: float | None
    rating_counts: tuple[int, ...]
    seconds: tuple[float, float, float] | None
    scores: tuple[Mapping[str, Any], ...]


NOTHING = Stats(
    key=(),
    tasks=0,
    pending=0,
    approved=0,
    rejected=0,
    decided=0,
    expired=0,
    cancelled=0,
    escalated=0,
    ratings=0,
    mean_rating=None,
    rating_counts=(0,) * 5,
    seconds=None,
    scores=(),
)
"""The figures of no tasks at all."""


class FeedbackStore:
    """The feedback in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(
        self, query: FeedbackQuery, *, most: int, after: FeedbackPlace | None
    ) -> list[tuple[UUID, Feedback]]:
        """Feedback that fits with the id of its task, newest first, past `after`."""
        found = await self._database.fetch(_SQL["list_feedback"], *query.values, *(after or (None, None, None)), most)
        return [
            (
                row["task_id"],
                Feedback(
                    reviewer=row["reviewer"],
                    rating=row["rating"],
                    scores=row["scores"],
                    comment=row["comment"],
                    at=row["at"],
                ),
            )
            for row in found
        ]

    async def count(self, query: FeedbackQuery, *, most: int) -> int:
        """How much fits, counted up to `most`."""
        counted = await self._database.fetch(_SQL["count_feedback"], *query.values, most)
        return int(counted[0]["count"])

    async def stats(self, query: FeedbackQuery, *, keys: Sequence[str], most: int) -> list[Stats]:
        """The figures of each group of `keys` (names of StatsKey), at most `most` groups."""
        statement, values = query.stats_statement(keys=keys, most=most)
        found = await self._database.fetch(statement, *values)
        return [
            Stats(
                **{
                    **row,
                    "key": tuple(row["key"]),
                    "rating_counts": tuple(row["rating_counts"]),
                    "seconds": row["seconds"] and tuple(row["seconds"]),
                    "scores": tuple(row["scores"] or ()),
                }
            )
            for row in found
        ]
