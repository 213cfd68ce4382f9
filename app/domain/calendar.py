"""Working time: a named calendar of a zone's working hours and holidays, and spans counted in it.

All arithmetic is on instants (UTC). Local time only says where a working interval begins and ends: PEP 495's rules, as
`zoneinfo` has them, say what a local time means on the day the clocks change. The hour that is skipped is not there: an
interval that begins or ends in it does so when the clocks change. What comes twice is meant at its first passing.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import isleap
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.domain.immutable import immutable

DAY_MINUTES = 24 * 60
LONGEST_YEARS = 5
"""How far ahead working time is looked for."""

Interval = tuple[int, int]


class TooFar(Exception):
    """So much working time takes the calendar more than 5 years."""


@immutable
class Calendar:
    """`week`: seven days from Monday, each its working intervals in order, in minutes of the local day (1440: its end).

    `holidays` are local dates on which nobody works.
    """

    name: str
    zone: str
    week: tuple[tuple[Interval, ...], ...]
    holidays: frozenset[date]

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The instant at which `span` of working time has passed since `start`. Raises TooFar.

        Time outside working hours does not count: a span that begins then begins with the next interval. One that ends
        with an interval ends there, not at the beginning of the next.
        """
        # Counted from the beginning of the day before, with what is worked until `start`: whole days are in tables. The
        # day after may have begun already, for clocks have gone back over midnight.
        day = start.astimezone(ZoneInfo(self.zone)).date() - _DAY
        begun = [hours for n in range(3) for hours in self.hours(day + n * _DAY) if hours[0] < start]
        left = span + sum((min(ends, start) - begins for begins, ends in begun), _NONE)
        last = day + timedelta(days=366 * LONGEST_YEARS)
        day, left = self._day_of(day, left, last)
        while day < last:
            for begins, ends in self.hours(day):
                if left <= ends - begins and ends > start:
                    return begins + left
                left -= ends - begins
            day += _DAY
        raise TooFar

    def _day_of(self, day: date, left: timedelta, last: date) -> tuple[date, timedelta]:
        """The day in which `left` of working time has passed since the beginning of `day`, and how much of it is that
        day's; where that is not before `last`, a day that is not either."""
        while day < last:
            worked = _worked(self, day.year)
            nth = (day - date(day.year, 1, 1)).days
            left += worked[nth]
            found = bisect_left(worked, left, nth + 1)
            if found < len(worked):
                return day + (found - 1 - nth) * _DAY, left - worked[found - 1]
            left -= worked[-1]
            day = date(day.year + 1, 1, 1)
        return day, left

    def hours(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The working intervals of `day`, in order, as instants."""
        if day not in self.holidays:
            zone = ZoneInfo(self.zone)
            for first, end in self.week[day.weekday()]:
                begins, ends = _instant(day, first, zone), _instant(day, end, zone)
                if ends > begins:
                    yield begins, ends


_NONE = timedelta()
_DAY = timedelta(days=1)


# A span of a year is 4 years of office hours, and a timeline counts a hundred of them: day by day they took seconds.
@lru_cache(maxsize=1_000)
def _worked(calendar: Calendar, year: int) -> list[timedelta]:
    """The working time from the beginning of `year` to that of each of its days, and to its end."""
    usual = [timedelta(minutes=sum(end - first for first, end in day)) for day in calendar.week]
    unusual = _changes(calendar.zone, year)
    worked = [_NONE]
    for n in range(366 if isleap(year) else 365):
        day = date(year, 1, 1) + n * _DAY
        if day in unusual:
            today = sum((ends - begins for begins, ends in calendar.hours(day)), _NONE)
        else:
            today = _NONE if day in calendar.holidays else usual[day.weekday()]
        worked.append(worked[-1] + today)
    return worked


@lru_cache(maxsize=1_000)
def _changes(zone: str, year: int) -> frozenset[date]:
    """The days of `year` that end with another offset from UTC than they begin with.

    Within all others no clock changes: in the IANA database no zone has changed twice within three days.
    """
    midnights = (datetime.combine(date(year, 1, 1) + n * _DAY, time(), ZoneInfo(zone)) for n in range(367))
    return frozenset(one.date() for one, next_ in pairwise(midnights) if one.utcoffset() != next_.utcoffset())


@lru_cache(maxsize=5_000)  # mostly the same days are asked for: today, and those on which the clocks change
def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    if minutes == DAY_MINUTES:
        day, minutes = day + timedelta(days=1), 0
    local = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    while (instant := local.astimezone(UTC)).astimezone(zone) != local:
        local += timedelta(minutes=1)  # on to the first time of day after what is skipped
    return instant


def time_after(calendar: Calendar | None, start: datetime, span: timedelta) -> datetime:
    """`start` and `span`: of working time where there is a calendar, else of all time.

    Also of all time where the calendar no longer has so much: it may have been changed since the task was opened, and
    nothing waits for ever.
    """
    try:
        return calendar.after(start, span) if calendar else start + span
    except TooFar:
        return start + span
