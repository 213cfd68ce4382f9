"""Working time, whatever the hours: counted minute by minute around the days on which clocks change, and its laws."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.domain.calendar import DAY_MINUTES, LONGEST_YEARS, Calendar, TooFar, _instant, _worked
from app.domain.text import LONGEST_SPAN
from tests.factories import NOW

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
ALL_DAY = (((0, DAY_MINUTES),),) * 7
BOA_VISTA = datetime(2000, 10, 5, 12, tzinfo=UTC)  # changes on the 8th and the 15th
ST_JOHNS = datetime(2010, 11, 7, 2, 45, tzinfo=UTC)  # 23:15 on the 6th, again: the 7th has begun before
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


def day_by_day(calendar: Calendar, start: datetime, span: timedelta) -> datetime | None:
    """As `Calendar.after`, looking at the hours of each day in turn; None where it raises TooFar."""
    day = start.astimezone(ZoneInfo(calendar.zone)).date() - timedelta(days=1)
    left = span
    for n in range(366 * LONGEST_YEARS):
        for begins, ends in calendar.hours(day + timedelta(days=n)):
            from_ = max(begins, start)
            if ends > start and left <= ends - from_:
                return from_ + left
            left -= max(ends - from_, timedelta())
    return None


def after(calendar: Calendar, start: datetime, span: timedelta) -> datetime | None:
    try:
        return calendar.after(start, span)
    except TooFar:
        return None


ZONES = [
    *sorted({zone for zone, _ in CHANGES}),
    "Africa/Casablanca",  # changes around each Ramadan
    "America/Boa_Vista",  # in 2000 forward and, a week later, back
    "America/St_Johns",  # until 2011 at a minute past midnight: back to the day before
    "Asia/Kathmandu",
    "Antarctica/Troll",  # by two hours
]


@st.composite
def long_cases(draw: st.DrawFn) -> tuple[Calendar, datetime, timedelta]:
    """Any hours and holidays, a moment of the last decades or the next ones, and a span up to the longest."""
    week = draw(st.lists(HOURS, min_size=7, max_size=7) | HOURS.map(lambda day: [day] * 5 + [(), ()]))
    start = draw(st.datetimes(datetime(1990, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC)))
    free = draw(st.frozensets(st.integers(-3, 2_000).map(lambda n: start.date() + timedelta(days=n)), max_size=20))
    calendar = Calendar("any", draw(st.sampled_from(ZONES)), tuple(week), free)
    return calendar, start, draw(st.timedeltas(timedelta(), LONGEST_SPAN) | st.timedeltas(timedelta(), timedelta(2)))


@settings(deadline=None, max_examples=150)
@given(long_cases())
@example((Calendar("any", "America/Boa_Vista", ALL_DAY, frozenset()), BOA_VISTA, timedelta(days=10)))
@example((Calendar("any", "America/St_Johns", ALL_DAY, frozenset()), ST_JOHNS, timedelta(hours=1)))
@example((Calendar("any", "Asia/Kathmandu", (((0, 1),), *[()] * 6), frozenset()), NOW, LONGEST_SPAN))
@example((Calendar("any", "UTC", (((600, 660),), *[()] * 6), frozenset()), NOW, timedelta()))
def test_years_counted_at_once_are_what_each_day_gives(case: tuple[Calendar, datetime, timedelta]) -> None:
    assert after(*case) == day_by_day(*case)


def test_taking_a_zones_days_for_equally_long_fails_that(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Calendar("equal", "America/Boa_Vista", ALL_DAY, frozenset()), BOA_VISTA, timedelta(days=4)
    assert after(*case) == day_by_day(*case)
    monkeypatch.setattr("app.domain.calendar._changes", lambda *_: frozenset())
    monkeypatch.setattr("app.domain.calendar._worked", _worked.__wrapped__)
    assert after(*case) != day_by_day(*case)


@pytest.mark.parametrize("span", [timedelta(hours=1), timedelta(days=7), LONGEST_SPAN])
def test_a_span_of_years_looks_at_no_more_days_than_one_of_hours(
    span: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: set[date] = set()

    def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
        looked_at.add(day)
        return _instant(day, minutes, zone)

    monkeypatch.setattr("app.domain.calendar._instant", instant)
    office = (((480, 720), (780, 1_020)),) * 5 + ((), ())
    Calendar("office", "Europe/Berlin", office, frozenset()).after(NOW, span)
    changes = 2 * LONGEST_YEARS
    assert len(looked_at) <= changes + 4


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
