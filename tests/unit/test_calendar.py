"""Working time against a table that was worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.calendar import Calendar, TooFar, time_after
from app.domain.errors import InvalidInput
from app.domain.task import TimeoutStrategy
from app.domain.workplace import Workplace
from tests.factories import NOW, a_task, level

After = Callable[[Calendar, datetime, timedelta], datetime]


def a_calendar(zone: str, days: str, hours: str, *holidays: str) -> Calendar:
    """`days` as ISO weekdays (1 is Monday), `hours` such as `09:00-12:00 13:00-17:00`."""
    pairs = [each.split("-") for each in hours.split()]
    day = tuple((_minutes(start), _minutes(end)) for start, end in pairs)
    week = tuple(day if str(n) in days else () for n in range(1, 8))
    return Calendar("hours", zone, week, frozenset(map(date.fromisoformat, holidays)))


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


OFFICE = a_calendar("Europe/Berlin", "12345", "09:00-17:00", "2026-04-03", "2026-04-06")  # Good Friday, Easter Monday
LUNCH = a_calendar("Europe/Berlin", "12345", "09:00-12:00 13:00-17:00")
BERLIN = a_calendar("Europe/Berlin", "1234567", "00:00-24:00")
NEW_YORK = a_calendar("America/New_York", "1234567", "00:00-24:00")
NEW_YORK_OFFICE = a_calendar("America/New_York", "12345", "09:00-17:00")
LORD_HOWE = a_calendar("Australia/Lord_Howe", "1234567", "00:00-24:00")
KOLKATA = a_calendar("Asia/Kolkata", "123456", "10:00-18:00")
MIDNIGHT = a_calendar("UTC", "1234567", "00:00-02:00 22:00-24:00")


def sundays(hours: str, zone: str = "Europe/Berlin") -> Calendar:
    """Worked on Sundays only: that is when the clocks change."""
    return a_calendar(zone, "7", hours)


TABLE = [
    # Monday, inside the hours; before them; at lunch; from just before lunch to its start, and past it.
    (OFFICE, "2026-03-23T10:00+01:00", 2, "2026-03-23T12:00+01:00"),
    (OFFICE, "2026-03-23T08:00+01:00", 1, "2026-03-23T10:00+01:00"),
    (LUNCH, "2026-03-23T12:30+01:00", 1, "2026-03-23T14:00+01:00"),
    (LUNCH, "2026-03-23T11:00+01:00", 1, "2026-03-23T12:00+01:00"),
    (LUNCH, "2026-03-23T11:00+01:00", 2, "2026-03-23T14:00+01:00"),
    # A span that ends with the day ends there; one that starts at its end starts with the next day.
    (OFFICE, "2026-03-23T16:00+01:00", 1, "2026-03-23T17:00+01:00"),
    (OFFICE, "2026-03-23T17:00+01:00", 1, "2026-03-24T10:00+01:00"),
    # From Saturday noon: nothing until Monday 09:00.
    (OFFICE, "2026-03-21T12:00+01:00", 1, "2026-03-23T10:00+01:00"),
    # Thursday's last hour, then Good Friday, the weekend and Easter Monday are free: Tuesday's first hour.
    (OFFICE, "2026-04-02T16:00+02:00", 2, "2026-04-07T10:00+02:00"),
    # 15 days of 8 hours from a Monday morning, 3 weeks: the 14th, Thursday the 2nd of April, is the last before Easter.
    (OFFICE, "2026-03-16T09:00+01:00", 14 * 8, "2026-04-02T17:00+02:00"),
    (OFFICE, "2026-03-16T09:00+01:00", 15 * 8, "2026-04-07T17:00+02:00"),
    # Friday's last hour and Monday's first; between them the clocks go forward (Berlin 29 March, New York 8 March) ...
    (OFFICE, "2026-03-27T16:00+01:00", 2, "2026-03-30T10:00+02:00"),
    (NEW_YORK_OFFICE, "2026-03-06T16:30-05:00", 1, "2026-03-09T09:30-04:00"),
    # ... and back (Berlin 25 October, New York 1 November).
    (OFFICE, "2026-10-23T16:00+02:00", 2, "2026-10-26T10:00+01:00"),
    (NEW_YORK_OFFICE, "2026-10-30T16:30-04:00", 1, "2026-11-02T09:30-05:00"),
    # All hours count: 24 of them from noon are 13:00 on a day of 23 hours and 11:00 on one of 25; half an hour each way
    # on Lord Howe (forward 4 October, back 5 April).
    (BERLIN, "2026-03-28T12:00+01:00", 24, "2026-03-29T13:00+02:00"),
    (BERLIN, "2026-10-24T12:00+02:00", 24, "2026-10-25T11:00+01:00"),
    (NEW_YORK, "2026-03-07T12:00-05:00", 24, "2026-03-08T13:00-04:00"),
    (NEW_YORK, "2026-10-31T12:00-04:00", 24, "2026-11-01T11:00-05:00"),
    (LORD_HOWE, "2026-10-03T12:00+10:30", 24, "2026-10-04T12:30+11:00"),
    (LORD_HOWE, "2026-04-04T12:00+11:00", 24, "2026-04-05T11:30+10:30"),
    # Work over the skipped hour: 01 to 02 and 03 to 05 are 3 hours; the 4th is the next Sunday's first.
    (sundays("01:00-05:00"), "2026-03-29T00:00+01:00", 1.5, "2026-03-29T03:30+02:00"),
    (sundays("01:00-05:00"), "2026-03-29T00:00+01:00", 3, "2026-03-29T05:00+02:00"),
    (sundays("01:00-05:00"), "2026-03-29T00:00+01:00", 4, "2026-04-05T02:00+02:00"),
    # Work over the doubled hour: 01 to 02, 02 to 03 twice, 03 to 05 are 5 hours.
    (sundays("01:00-05:00"), "2026-10-25T00:00+02:00", 2, "2026-10-25T02:00+01:00"),
    (sundays("01:00-05:00"), "2026-10-25T00:00+02:00", 5, "2026-10-25T05:00+01:00"),
    # Half an hour skipped (01 to 02, 02:30 to 03: 1.5 hours) and doubled (01 to 02, 01:30 to 03: 2.5 hours).
    (sundays("01:00-03:00", "Australia/Lord_Howe"), "2026-10-04T00:00+10:30", 1.5, "2026-10-04T03:00+11:00"),
    (sundays("01:00-03:00", "Australia/Lord_Howe"), "2026-10-04T00:00+10:30", 2, "2026-10-11T01:30+11:00"),
    (sundays("01:00-03:00", "Australia/Lord_Howe"), "2026-04-05T00:00+11:00", 2.5, "2026-04-05T03:00+10:30"),
    # Hours that begin in the skipped hour begin when the clocks change, at what is 03:00 then.
    (sundays("02:30-05:00"), "2026-03-29T00:00+01:00", 1, "2026-03-29T04:00+02:00"),
    # Hours that end in it end when the clocks change: one hour is left of them, and the rest is the next Sunday's.
    (sundays("01:00-02:30"), "2026-03-29T00:00+01:00", 1, "2026-03-29T03:00+02:00"),
    (sundays("01:00-02:30"), "2026-03-29T00:00+01:00", 1.5, "2026-04-05T01:30+02:00"),
    # Nothing is left of hours within it; hours that end in it and hours that follow do not count the same time twice:
    # from 01:00 to 05:00 there are 3.
    (sundays("02:00-02:30"), "2026-03-29T00:00+01:00", 0.25, "2026-04-05T02:15+02:00"),
    (sundays("01:00-02:30 03:00-05:00"), "2026-03-29T00:00+01:00", 3, "2026-03-29T05:00+02:00"),
    # Hours that end in the doubled hour end at its first passing: 2.5 of them, the next half is the next Sunday's.
    (sundays("00:00-02:30"), "2026-10-25T00:00+02:00", 2.5, "2026-10-25T02:30+02:00"),
    (sundays("00:00-02:30"), "2026-10-25T00:00+02:00", 3, "2026-11-01T00:30+01:00"),
    # Hours that begin in it begin at its first passing.
    (sundays("02:30-04:00"), "2026-10-25T00:00+02:00", 1, "2026-10-25T02:30+01:00"),
    (sundays("02:30-04:00"), "2026-10-25T00:00+02:00", 2.5, "2026-10-25T04:00+01:00"),
    # 12:00 in London is 17:30 in Kolkata, on a Saturday: half an hour, then Monday's first half hour.
    (KOLKATA, "2026-01-31T12:00+00:00", 1, "2026-02-02T10:30+05:30"),
    # Hours up to 24:00 go on at 00:00; a span that ends at 24:00 ends at midnight.
    (MIDNIGHT, "2026-01-31T23:00+00:00", 1, "2026-02-01T00:00+00:00"),
    (MIDNIGHT, "2026-01-31T23:00+00:00", 2, "2026-02-01T01:00+00:00"),
    (MIDNIGHT, "2026-01-31T23:00+00:00", 3.5, "2026-02-01T22:30+00:00"),
]


@pytest.mark.parametrize(("calendar", "start", "hours", "end"), TABLE)
def test_working_time_is_as_worked_out_by_hand(calendar: Calendar, start: str, hours: float, end: str) -> None:
    assert wrong([(calendar, start, hours, end)], Calendar.after) == []


def wrong(table: list[tuple[Calendar, str, float, str]], after: After) -> list[tuple[str, float, datetime]]:
    """The rows of the table that `after` does not give."""
    given = [
        (start, hours, after(c, datetime.fromisoformat(start), timedelta(hours=hours))) for c, start, hours, _ in table
    ]
    return [(s, h, at) for (s, h, at), (*_, end) in zip(given, table, strict=True) if at != datetime.fromisoformat(end)]


def _on_the_wall_clock(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """As `Calendar.after`, but with local times added and subtracted as if no clock ever changed."""
    zone = ZoneInfo(calendar.zone)
    at = start.astimezone(zone).replace(tzinfo=None)
    day, left = at.date(), span
    while True:
        for first, end in calendar.week[day.weekday()] if day not in calendar.holidays else ():
            midnight = datetime.combine(day, time())
            begins, ends = max(midnight + timedelta(minutes=first), at), midnight + timedelta(minutes=end)
            if ends > begins and left <= ends - begins:
                return (begins + left).replace(tzinfo=zone)
            left -= max(ends - begins, timedelta())
        day += timedelta(days=1)


def test_arithmetic_in_local_time_fails_that_where_the_clocks_change_within_the_hours() -> None:
    failed = wrong(TABLE, _on_the_wall_clock)
    assert {start[:10] for start, _, _ in failed} >= {
        "2026-03-28",
        "2026-10-24",
        "2026-03-07",
        "2026-10-31",
        "2026-10-03",
    }
    steady = [row for row in TABLE if row[0].zone in {"Asia/Kolkata", "UTC"}]
    assert wrong(steady, _on_the_wall_clock) == [], "it is right where no clock changes"


def test_a_span_that_takes_more_than_5_years_is_too_far_and_a_deadline_then_counts_all_time() -> None:
    short = a_calendar("UTC", "1", "00:00-00:01")  # a minute a week: some 261 in 5 years
    monday = datetime.fromisoformat("2026-01-05T00:00+00:00")
    assert short.after(monday, timedelta(minutes=260)) == monday + timedelta(weeks=259, minutes=1)
    too_much = timedelta(minutes=270)
    with pytest.raises(TooFar):
        short.after(monday, too_much)
    assert time_after(short, monday, too_much) == monday + too_much
    assert time_after(None, NOW, too_much) == NOW + too_much
    assert time_after(MIDNIGHT, NOW, timedelta(hours=1)) == NOW + timedelta(hours=11)


@pytest.mark.parametrize("spans", [("PT5H", None), ("PT4H20M", "PT5H"), ("PT5H", "PT4H20M")])
def test_a_calendar_with_too_little_working_time_for_any_of_the_levels_is_refused(
    spans: tuple[str, str | None],
) -> None:
    first, second = spans
    given: dict[str, Any] = {
        "calendar": "hours",
        "workplace": Workplace(calendar=a_calendar("UTC", "1", "00:00-00:01")),
        "strategy": TimeoutStrategy.ESCALATE,
    }
    assert a_task(after="PT4H20M", escalate_to=[level("ben")], **given).deadline_at
    with pytest.raises(InvalidInput, match="'hours' has too little working time") as refused:
        a_task(after=first, escalate_to=[level("ben", after=second)], **given)
    assert [problem.path for problem in refused.value.problems] == ["/timeout/calendar"]


def test_a_calendar_with_nothing_but_holidays_is_too_far() -> None:
    days = [(date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(7 * 366)]
    with pytest.raises(TooFar):
        a_calendar("Europe/Berlin", "1234567", "09:00-17:00", *days).after(NOW, timedelta(seconds=1))
