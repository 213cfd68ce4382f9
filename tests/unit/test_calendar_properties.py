"""Working time, whatever the hours: counted minute by minute around the days on which clocks change, and its laws."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.calendar import DAY_MINUTES, Calendar, TooFar

DAYS = 8
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),  # at midnight
    ("America/Havana", date(2026, 11, 1)),
    ("Africa/Cairo", date(2026, 4, 24)),  # at midnight; back from midnight to 23:00
    ("Africa/Cairo", date(2026, 10, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),  # the whole day is skipped
    ("Asia/Kolkata", date(2026, 1, 31)),  # none
]
MINUTES = (
    st.integers(0, DAY_MINUTES) | st.integers(0, 4 * 60) | st.sampled_from([0, 60, 90, 120, 150, 180, DAY_MINUTES])
)
HOURS = st.lists(MINUTES, unique=True, max_size=6).map(
    lambda m: tuple(zip(sorted(m)[::2], sorted(m)[1::2], strict=False))
)


@cache
def clock(zone: str, around: date) -> tuple[datetime, list[datetime]]:
    """An instant some days before, and what a wall clock showed at the latest by each minute from there on."""
    first = datetime.combine(around - timedelta(days=4), time(), UTC)
    shown = ((first + timedelta(minutes=n)).astimezone(ZoneInfo(zone)) for n in range((DAYS + 3) * DAY_MINUTES))
    return first, list(accumulate((at.replace(tzinfo=None) for at in shown), max))


def by_minutes(calendar: Calendar, around: date, start: int, span: int) -> datetime | None:
    """The end of `span` minutes of work from minute `start` of the clock on; None where the clock's days do not do.

    Work begins in the minute in which the clock has come to the interval's start, and ends when it has come to its end.
    """
    first, latest = clock(calendar.zone, around)
    worked = bytearray(len(latest))
    for n in range(-6, DAYS):
        day = around + timedelta(days=n)
        for begin, end in calendar.week[day.weekday()] if day not in calendar.holidays else ():
            midnight = datetime.combine(day, time())
            since, until = (bisect_left(latest, midnight + timedelta(minutes=m)) for m in (begin, end))
            worked[since:until] = b"\1" * (until - since)
    ends = [n for n in range(start, len(latest)) if worked[n]][:span]
    return first + timedelta(minutes=ends[-1] + 1) if len(ends) == span else None


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, date, int]:
    """Any hours of each weekday, a day on which the clocks change, and a minute about then."""
    zone, around = draw(st.sampled_from(CHANGES))
    week = draw(st.lists(HOURS, min_size=7, max_size=7))
    free = draw(st.frozensets(st.integers(-3, 3).map(lambda n: around + timedelta(days=n)), max_size=2))
    return Calendar("any", zone, tuple(week), free), around, draw(st.integers(2 * DAY_MINUTES, 6 * DAY_MINUTES))


def at(case: tuple[Calendar, date, int]) -> datetime:
    calendar, around, start = case
    return clock(calendar.zone, around)[0] + timedelta(minutes=start)


@settings(deadline=None, max_examples=60)
@given(cases(), st.integers(1, 3 * DAY_MINUTES))
def test_it_is_what_counting_each_minute_gives(case: tuple[Calendar, date, int], span: int) -> None:
    calendar, around, start = case
    counted = by_minutes(calendar, around, start, span)
    assume(counted is not None)
    assert calendar.after(at(case), timedelta(minutes=span)) == counted


SPANS = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=20))


@settings(deadline=None, max_examples=40)
@given(cases(), SPANS, SPANS)
def test_a_span_and_then_another_is_both_at_once_and_never_earlier(
    case: tuple[Calendar, date, int], one: timedelta, other: timedelta
) -> None:
    calendar, start = case[0], at(case)
    assume(any(calendar.week))
    try:
        both = calendar.after(start, one + other)
    except TooFar:
        return
    half_way = calendar.after(start, one)
    assert calendar.after(half_way, other) == both
    assert start + one <= half_way < both
    assert half_way + other <= both, "working time is never longer than all time"


@settings(deadline=None, max_examples=40)
@given(cases(), SPANS)
def test_what_starts_later_ends_no_earlier_and_it_ends_within_the_hours_or_with_them(
    case: tuple[Calendar, date, int], span: timedelta
) -> None:
    calendar, start = case[0], at(case)
    assume(any(calendar.week))
    starts = [start + timedelta(minutes=n) for n in (0, 7, 60, 300, 1_441)]
    try:
        ends = [calendar.after(each, span) for each in starts]
    except TooFar:
        return
    assert all(earlier <= later for earlier, later in pairwise(ends))
    for end in ends:
        local = (end - timedelta(microseconds=1)).astimezone(ZoneInfo(calendar.zone))
        minute = local.hour * 60 + local.minute
        doubled = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        hours = calendar.week[local.weekday()]
        assert local.date() not in calendar.holidays
        assert doubled or any(first <= minute < last for first, last in hours), (local, hours)


def test_counting_minutes_is_shown_by_one_case_that_is_plain() -> None:
    week = ((540, 600),) * 7  # 09:00 to 10:00 each day
    calendar = Calendar("plain", "Asia/Kolkata", tuple((day,) for day in week), frozenset())
    assert by_minutes(calendar, date(2026, 1, 31), 2 * DAY_MINUTES, 61) == datetime(2026, 1, 30, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "around"), CHANGES)
def test_each_zone_does_change_then(zone: str, around: date) -> None:
    before, after = (datetime.combine(around + timedelta(days=n), time(), ZoneInfo(zone)) for n in (-1, 2))
    assert (before.utcoffset() == after.utcoffset()) == (zone == "Asia/Kolkata")
