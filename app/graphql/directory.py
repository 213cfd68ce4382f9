"""The directory in the API: reviewers, groups, absences, calendars, and how they are set."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain import absence as domain_absence
from app.domain import calendar as domain_calendar
from app.graphql.context import Info
from app.graphql.enums import Role, Weekday
from app.graphql.refusals import InvalidInput, NotAllowed, NotFound
from app.service.absences import AbsenceRequest, end_absence, set_absence
from app.service.calendars import CalendarRequest, HoursRequest, set_calendar
from app.service.directory import set_group, set_reviewer
from app.store import directory as stored
from app.store.keys import Key

field = strawberry.field


@strawberry.type(description="Somebody who may be asked.")
class Reviewer:
    id: str = field(description="Their id.")
    groups: list[str] = field(description="The groups that they belong to.")

    @classmethod
    def of(cls, reviewer: stored.Reviewer) -> Reviewer:
        return cls(id=reviewer.id, groups=list(reviewer.groups))


@strawberry.type(description="Several reviewers who may be asked as one.")
class Group:
    name: str = field(description="Its name.")
    members: list[str] = field(description="The reviewers who belong to it, as far as is known.")
    complete: bool = field(description="Whether an ADMIN has said that these are all; else more may come.")

    @classmethod
    def of(cls, group: stored.Group) -> Group:
        return cls(name=group.name, members=list(group.members), complete=group.whole)


@strawberry.type(description="An API key; its secret is known to its holder alone.")
class ApiKey:
    id: str = field(description="Its id, as `signoff keys` knows it.")
    name: str = field(description="Whom or what it stands for.")
    roles: list[Role] = field(description="What it may do.")
    reviewer: str | None = field(description="The reviewer whose it is.")
    owner: str | None = field(description="The person responsible for it.")
    created_at: datetime = field(description="When it was made.")
    expires_at: datetime | None = field(description="Until when it is valid; null: for ever.")
    revoked_at: datetime | None = field(description="When it was taken back.")
    last_used_at: datetime | None = field(description="When it was last used, within 10 seconds.")

    @classmethod
    def of(cls, key: Key) -> ApiKey:
        return cls(
            id=key.id,
            name=key.name,
            roles=sorted(map(Role, key.roles)),
            reviewer=key.reviewer,
            owner=key.owner,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )


@strawberry.type(description="That a reviewer is away, and who acts for them.")
class Absence:
    id: strawberry.ID = field(description="Its id, a UUID.")
    reviewer: str = field(description="Who is away.")
    delegate: str = field(description="Who has their tasks meanwhile.")
    from_: datetime = field(name="from", description="From when.")
    until: datetime = field(description="Until when; then what is still open comes back.")

    @classmethod
    def of(cls, absence: domain_absence.Absence) -> Absence:
        return cls(
            id=strawberry.ID(str(absence.id)),
            reviewer=absence.reviewer,
            delegate=absence.delegate,
            from_=absence.from_at,
            until=absence.until_at,
        )


@strawberry.type(description="Working hours on one day of the week, in local time.")
class WorkingHours:
    weekday: Weekday = field(description="The day.")
    from_: str = field(name="from", description="When they begin, 09:00.")
    until: str = field(description="When they end, 17:30; 24:00 is the end of the day.")


@strawberry.type(description="Whose hours are working time.")
class Calendar:
    name: str = field(description="Its name.")
    zone: str = field(description="The time zone's IANA name, Europe/Berlin.")
    hours: list[WorkingHours] = field(description="The working hours of a week.")
    holidays: list[str] = field(description="Dates on which nobody works, 2026-12-25.")

    @classmethod
    def of(cls, calendar: domain_calendar.Calendar) -> Calendar:
        hours = [
            WorkingHours(weekday=list(Weekday)[day], from_=_clock(start), until=_clock(end))
            for day, intervals in enumerate(calendar.week)
            for start, end in intervals
        ]
        holidays = sorted(day.isoformat() for day in calendar.holidays)
        return cls(name=calendar.name, zone=calendar.zone, hours=hours, holidays=holidays)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@strawberry.input(description="That a reviewer is away.")
class SetAbsenceInput:
    reviewer: str = field(description="Who is away.")
    delegate: str = field(description="Who has their tasks meanwhile; not somebody whom they stand in for then.")
    until: datetime = field(description="Until when.")
    from_: datetime | None = field(name="from", default=None, description="From when; default: now.")

    def request(self) -> AbsenceRequest:
        return AbsenceRequest(reviewer=self.reviewer, delegate=self.delegate, from_at=self.from_, until_at=self.until)


@strawberry.input(description="Working hours on one day of the week, in local time.")
class WorkingHoursInput:
    weekday: Weekday = field(description="The day.")
    from_: str = field(name="from", description="When they begin, 09:00.")
    until: str = field(description="When they end, 17:30; 24:00 is the end of the day.")


@strawberry.input(description="Whose hours are working time.")
class SetCalendarInput:
    name: str = field(description="Its name; a calendar of that name is replaced.")
    zone: str = field(description="The time zone's IANA name, Europe/Berlin.")
    hours: list[WorkingHoursInput] = field(description="The working hours of a week; a day may have several.")
    holidays: list[str] = field(default_factory=list, description="Dates on which nobody works, 2026-12-25.")

    def request(self) -> CalendarRequest:
        hours = [HoursRequest(list(Weekday).index(h.weekday), h.from_, h.until) for h in self.hours]
        return CalendarRequest(self.name, self.zone, hours, self.holidays)


@strawberry.type(description="The reviewer as set.")
class ReviewerSuccess:
    reviewer: Reviewer = field(description="The reviewer.")


@strawberry.type(description="The group as set.")
class GroupSuccess:
    group: Group = field(description="The group.")


@strawberry.type(description="The absence was set, or ended.")
class AbsenceSuccess:
    absence: Absence = field(description="The absence.")


@strawberry.type(description="The calendar as set.")
class CalendarSuccess:
    calendar: Calendar = field(description="The calendar.")


ReviewerResult = Annotated[
    ReviewerSuccess | InvalidInput | NotAllowed,
    strawberry.union("ReviewerResult", description="The reviewer, or why nothing was set."),
]
GroupResult = Annotated[
    GroupSuccess | InvalidInput | NotAllowed,
    strawberry.union("GroupResult", description="The group, or why nothing was set."),
]
AbsenceResult = Annotated[
    AbsenceSuccess | InvalidInput | NotFound | NotAllowed,
    strawberry.union("AbsenceResult", description="The absence, or why nothing was changed."),
]
CalendarResult = Annotated[
    CalendarSuccess | InvalidInput | NotAllowed,
    strawberry.union("CalendarResult", description="The calendar, or why nothing was set."),
]
_ReviewerId = Annotated[str, strawberry.argument(description="The reviewer's id.")]
_Groups = Annotated[list[str], strawberry.argument(description="All the groups that they belong to.")]
_Name = Annotated[str, strawberry.argument(description="The group's name.")]
_Members = Annotated[list[str], strawberry.argument(description="The ids of all reviewers who belong to it.")]
_Absence = Annotated[SetAbsenceInput, strawberry.argument(description="The absence.")]
_AbsenceId = Annotated[strawberry.ID, strawberry.argument(description="The absence's id.")]
_Calendar = Annotated[SetCalendarInput, strawberry.argument(description="The calendar.")]


@strawberry.type(description="What changes the directory.")
class DirectoryMutations:
    @strawberry.mutation(description="ADMIN: which groups a reviewer belongs to, these and no others.")
    async def set_reviewer(self, info: Info, id: _ReviewerId, groups: _Groups) -> ReviewerResult:
        reviewer = await set_reviewer(info.context.deps, info.context.principal, id, groups)
        return ReviewerSuccess(reviewer=Reviewer.of(reviewer))

    @strawberry.mutation(
        description="ADMIN: who belongs to a group, these and nobody else. A task that asks for more people than its "
        "groups have is refused from then on."
    )
    async def set_group(self, info: Info, name: _Name, members: _Members) -> GroupResult:
        return GroupSuccess(group=Group.of(await set_group(info.context.deps, info.context.principal, name, members)))

    @strawberry.mutation(
        description="The reviewer themselves, or ADMIN: their tasks, open ones too, go to a delegate meanwhile and "
        "come back afterwards. Setting the same absence again gives the one there is."
    )
    async def set_absence(self, info: Info, input: _Absence) -> AbsenceResult:
        absence = await set_absence(info.context.commands, info.context.principal, input.request())
        return AbsenceSuccess(absence=Absence.of(absence))

    @strawberry.mutation(description="The reviewer themselves, or ADMIN: an absence ends now, or is called off.")
    async def end_absence(self, info: Info, id: _AbsenceId) -> AbsenceResult:
        absence = await end_absence(info.context.commands, info.context.principal, id)
        return AbsenceSuccess(absence=Absence.of(absence))

    @strawberry.mutation(description="ADMIN: a named calendar of working time, for `timeout.calendar`.")
    async def set_calendar(self, info: Info, input: _Calendar) -> CalendarResult:
        calendar = await set_calendar(info.context.deps, info.context.principal, input.request())
        return CalendarSuccess(calendar=Calendar.of(calendar))
