"""Working time: a named calendar of a zone's working hours and holidays, and spans counted in it.

All arithmetic is on instants (UTC). Local time only says where a working interval begins and ends: PEP 495's rules, as
`zoneinfo` has them, say what a local time means on the day the clocks change. The hour that is skipped is not there: an
interval that begins or ends in it does so when the clocks change. What comes twice is meant at its first passing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
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
        left = span
        for begins, ends in self._intervals(start):
            from_ = max(begins, start)
            if left <= ends - from_:
                return from_ + left
            left -= ends - from_
        raise TooFar

    def _intervals(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working intervals that end after `start`, in order, as instants."""
        zone = ZoneInfo(self.zone)
        day = start.astimezone(zone).date() - timedelta(days=1)
        last = day + timedelta(days=366 * LONGEST_YEARS)
        while day < last and day < date.max - timedelta(days=1):
            if day not in self.holidays:
                for first, end in self.week[day.weekday()]:
                    begins, ends = _instant(day, first, zone), _instant(day, end, zone)
                    if ends > start and ends > begins:
                        yield begins, ends
            day += timedelta(days=1)


@lru_cache(maxsize=50_000)  # a timeline asks for the same days again for each of its steps
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
