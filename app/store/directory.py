"""The directory of a workspace: reviewers, groups, absences, calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.absence import Absence
from app.domain.calendar import Calendar
from app.store.database import Database
from app.store.rows import calendar_of
from app.store.statements import statements

_SQL = statements("directory")


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may be asked."""

    id: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Who belongs to a group, as far as is known; where `whole`, an ADMIN has said that these are all."""

    name: str
    members: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Absences:
    """The absences of a workspace that are not over; `version` guards changing them, `now` is the database's time."""

    absences: tuple[Absence, ...]
    version: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Turning:
    """An absence that has begun or ended of late, whose tasks are to change hands; `now` as it was read."""

    id: UUID
    workspace: str
    reviewer: str
    now: datetime


class Directory:
    """The directories in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_workspace(self, workspace: str) -> bool:
        """Whether there is such a workspace."""
        return bool(await self._database.fetch(_SQL["find_workspace"], workspace))

    async def list_reviewers(self, workspace: str, *, after: str | None, most: int) -> list[Reviewer]:
        """Reviewers by id, past `after`."""
        found = await self._database.fetch(_SQL["list_reviewers"], workspace, after, most)
        return [Reviewer(row["id"], tuple(row["groups"])) for row in found]

    async def list_groups(self, workspace: str, *, after: str | None, most: int) -> list[Group]:
        """Groups by name, past `after`."""
        found = await self._database.fetch(_SQL["list_groups"], workspace, after, most)
        return [Group(row["name"], tuple(row["members"]), row["whole"]) for row in found]

    async def set_group(self, workspace: str, name: str, members: Sequence[str], *, by: str) -> None:
        """From now on these are the members of the group, and nobody else."""
        await self._database.write(_SQL["set_group"], workspace, name, members, by)

    async def set_reviewer(self, workspace: str, id: str, groups: Sequence[str], *, by: str) -> None:
        """From now on the reviewer belongs to these groups, and to no others."""
        await self._database.write(_SQL["set_reviewer"], workspace, id, groups, by)

    async def absences(self, workspace: str) -> Absences:
        """The absences that are not over, those that begin first in front."""
        found = await self._database.fetch(_SQL["read_absences"], workspace)
        absences = tuple(
            Absence(row["id"], row["reviewer"], row["delegate"], row["from_at"], row["until_at"])
            for row in found
            if row["id"]
        )
        return Absences(absences, found[0]["version"], found[0]["now"])

    async def insert_absence(self, workspace: str, absence: Absence, *, seen: int, by: str) -> bool:
        """Stores an absence; False, and nothing stored, where another was set or ended since version `seen`."""
        values = (absence.id, absence.reviewer, absence.delegate, absence.from_at, absence.until_at)
        return bool(await self._database.write(_SQL["insert_absence"], workspace, seen, *values, by))

    async def end_absence(self, workspace: str, id: UUID) -> bool:
        """Ends an absence now, or calls it off; whether there was one that is not over."""
        return bool(await self._database.write(_SQL["end_absence"], workspace, id))

    async def list_turning(self, *, after: UUID | None, most: int) -> list[Turning]:
        """Absences, of all workspaces, that have begun or ended and are not settled, past `after`."""
        found = await self._database.fetch(_SQL["list_turning"], after, most)
        return [Turning(row["id"], row["workspace"], row["reviewer"], row["now"]) for row in found]

    async def settle(self, ids: Sequence[UUID], *, before: datetime) -> None:
        """What of these absences began or ended before that time has been seen to for good."""
        await self._database.write(_SQL["settle_absences"], ids, before)

    async def set_calendar(self, workspace: str, calendar: Calendar, *, by: str) -> None:
        """From now on the calendar of that name is this one."""
        holidays = sorted(calendar.holidays)
        await self._database.write(
            _SQL["set_calendar"], workspace, calendar.name, calendar.zone, calendar.week, holidays, by
        )

    async def list_calendars(self, workspace: str, *, most: int) -> list[Calendar]:
        """Calendars by name."""
        return [
            calendar_of(row["calendar"]) for row in await self._database.fetch(_SQL["list_calendars"], workspace, most)
        ]
