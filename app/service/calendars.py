"""Calendars: whose hours are working time. An ADMIN sets them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import available_timezones

from app.auth import Principal, require_admin
from app.deps import Deps
from app.domain.calendar import DAY_MINUTES, Calendar, Interval
from app.domain.errors import InvalidInput, Problem
from app.domain.text import NAME_CHARACTERS, check_text

MOST_CALENDARS = 1_000
MOST_HOURS = 50
MOST_HOLIDAYS = 2_000
HOLIDAYS_FROM, HOLIDAYS_UNTIL = date(1900, 1, 1), date(2199, 12, 31)  # the last day there is, is infinite to PostgreSQL
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)


@dataclass(frozen=True, slots=True)
class HoursRequest:
    """Working hours of one day of the week (0 is Monday), as local times, 09:00."""

    weekday: int
    from_: str
    until: str


@dataclass(frozen=True, slots=True)
class CalendarRequest:
    """A calendar as it came in; holidays as dates, 2026-12-25."""

    name: str
    zone: str
    hours: Sequence[HoursRequest]
    holidays: Sequence[str]


async def set_calendar(deps: Deps, principal: Principal, request: CalendarRequest) -> Calendar:
    """The calendar, in place of the one of that name. Deadlines that were computed stay; later levels count with it.

    Raises NotAllowed, InvalidInput, Unavailable.
    """
    require_admin(principal)
    calendar = checked_calendar(request)
    known = await deps.directory.list_calendars(principal.workspace, most=MOST_CALENDARS)
    if len(known) >= MOST_CALENDARS and calendar.name not in {c.name for c in known}:
        raise InvalidInput([Problem("/name", f"the workspace has {MOST_CALENDARS:,} calendars already")])
    await deps.directory.set_calendar(principal.workspace, calendar, by=principal.actor)
    return calendar


def checked_calendar(request: CalendarRequest) -> Calendar:
    """The calendar that `request` describes. Raises InvalidInput with every problem."""
    problems: list[Problem] = []
    check_text(problems, "/name", request.name, longest=NAME_CHARACTERS, required=True)
    if request.zone not in available_timezones():
        problems.append(
            Problem("/zone", f"'{request.zone[:64]}' is not a time zone; send an IANA name such as Europe/Berlin")
        )
    holidays = _holidays(problems, request.holidays)
    week = _week(problems, request.hours)
    if problems:
        raise InvalidInput(problems)
    return Calendar(request.name, request.zone, week, holidays)


def _holidays(problems: list[Problem], given: Sequence[str]) -> frozenset[date]:
    if len(given) > MOST_HOLIDAYS:
        problems.append(Problem("/holidays", f"has {len(given):,} dates; at most {MOST_HOLIDAYS:,} are allowed"))
        return frozenset()
    days: set[date] = set()
    for n, text in enumerate(given):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            problems.append(Problem(f"/holidays/{n}", f"'{text[:64]}' is not a date; send one such as 2026-12-25"))
            continue
        if not HOLIDAYS_FROM <= day <= HOLIDAYS_UNTIL:
            problems.append(Problem(f"/holidays/{n}", f"must be from {HOLIDAYS_FROM} to {HOLIDAYS_UNTIL}"))
        days.add(day)
    return frozenset(days)


def _week(problems: list[Problem], hours: Sequence[HoursRequest]) -> tuple[tuple[Interval, ...], ...]:
    if not hours or len(hours) > MOST_HOURS:
        problems.append(Problem("/hours", f"has {len(hours)} entries; give 1 to {MOST_HOURS}"))
        return ()
    days: list[list[Interval]] = [[] for _ in range(7)]
    for n, each in enumerate(hours):
        start = _minutes(problems, f"/hours/{n}/from", each.from_)
        end = _minutes(problems, f"/hours/{n}/until", each.until)
        if start is not None and end is not None:
            if end <= start:
                problems.append(
                    Problem(f"/hours/{n}/until", "is not after `from`; hours across midnight are two entries")
                )
            if any(start < later and earlier < end for earlier, later in days[each.weekday]):
                problems.append(Problem(f"/hours/{n}", "overlaps other hours of that day"))
            days[each.weekday].append((start, end))
    return tuple(tuple(sorted(day)) for day in days)


def _minutes(problems: list[Problem], path: str, text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        problems.append(Problem(path, f"'{text[:64]}' is not a time of day; send one such as 09:00, up to 24:00"))
        return None
    return int(found[1]) * 60 + int(found[2]) if found[1] else DAY_MINUTES
