"""What an ADMIN sends as a calendar: made into one, or every reason why not by its pointer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.domain.errors import InvalidInput
from app.service.calendars import CalendarRequest, HoursRequest, checked_calendar


def request(*hours: tuple[int, str, str], **given: Any) -> CalendarRequest:
    usual: dict[str, Any] = {"name": "office", "zone": "Europe/Berlin", "holidays": ()}
    return CalendarRequest(**{**usual, **given}, hours=[HoursRequest(*each) for each in hours])


def test_hours_come_in_any_order_and_are_kept_in_the_days() -> None:
    calendar = checked_calendar(
        request(
            (0, "13:00", "17:30"),
            (6, "00:00", "24:00"),
            (0, "09:00", "13:00"),
            (2, "23:59", "24:00"),
            holidays=["2026-12-25", "2028-02-29", "2026-12-25"],
        )
    )
    assert (calendar.name, calendar.zone) == ("office", "Europe/Berlin")
    assert calendar.week == (((540, 780), (780, 1050)), (), ((1439, 1440),), (), (), (), ((0, 1440),))
    assert calendar.holidays == {date(2026, 12, 25), date(2028, 2, 29)}


MONDAY = (0, "09:00", "17:00")


@pytest.mark.parametrize(
    ("wrong", "path", "message"),
    [
        (request(MONDAY, name=" "), "/name", "is empty"),
        (request(MONDAY, name="x" * 256), "/name", "has 256 characters; at most 255 are allowed"),
        (request(MONDAY, name="\0"), "/name", "holds the character U+0000"),
        (request(MONDAY, zone="Mars/Olympus"), "/zone", "'Mars/Olympus' is not a time zone; send an IANA name"),
        (request(MONDAY, zone="../../etc/passwd"), "/zone", "is not a time zone"),
        (request(MONDAY, zone=""), "/zone", "'' is not a time zone"),
        (request(MONDAY, zone="x" * 100), "/zone", f"'{'x' * 64}' is not a time zone"),
        (request(), "/hours", "has 0 entries; give 1 to 50"),
        (request(*[MONDAY] * 51), "/hours", "has 51 entries; give 1 to 50"),
        (request(MONDAY, (1, "9:00", "17:00")), "/hours/1/from", "'9:00' is not a time of day; send one such as 09:00"),
        (request((1, "24:01", "24:00")), "/hours/0/from", "'24:01' is not a time of day"),
        (request((1, "09:00", "17:60")), "/hours/0/until", "'17:60' is not a time of day"),
        (request((1, "09:00", "17:00\n")), "/hours/0/until", "is not a time of day"),
        (request((1, "09:00", "1\u0667:00")), "/hours/0/until", "is not a time of day"),
        (
            request((1, "09:00", "09:00")),
            "/hours/0/until",
            "is not after `from`; hours across midnight are two entries",
        ),
        (request((1, "22:00", "06:00")), "/hours/0/until", "is not after `from`"),
        (request((1, "24:00", "24:00")), "/hours/0/until", "is not after `from`"),
        (request(MONDAY, (0, "16:59", "18:00")), "/hours/1", "overlaps other hours of that day"),
        (request(MONDAY, (0, "10:00", "11:00")), "/hours/1", "overlaps other hours of that day"),
        (request(MONDAY, MONDAY), "/hours/1", "overlaps other hours of that day"),
        (request(MONDAY, holidays=["1899-12-31"]), "/holidays/0", "must be from 1900-01-01 to 2199-12-31"),
        (request(MONDAY, holidays=["9999-12-31"]), "/holidays/0", "must be from 1900-01-01 to 2199-12-31"),
        (request(MONDAY, holidays=["2026-12-25", "2026-02-29"]), "/holidays/1", "'2026-02-29' is not a date"),
        (request(MONDAY, holidays=["25.12.2026"]), "/holidays/0", "send one such as 2026-12-25"),
        (request(MONDAY, holidays=["2026-12-25"] * 2_001), "/holidays", "has 2,001 dates; at most 2,000 are allowed"),
    ],
)
def test_what_is_wrong_is_told_by_its_pointer(wrong: CalendarRequest, path: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_calendar(wrong)
    (problem,) = refused.value.problems
    assert problem.path == path
    assert message in problem.message


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_calendar(
            request((0, "x", "y"), (1, "2", "12:00"), name="", zone="x", holidays=["x", "2026-01-01", "y"])
        )
    assert [p.path for p in refused.value.problems] == [
        "/name",
        "/zone",
        "/holidays/0",
        "/holidays/2",
        "/hours/0/from",
        "/hours/0/until",
        "/hours/1/from",
    ]


@pytest.mark.parametrize("other", [(0, "17:00", "18:00"), (0, "08:00", "09:00"), (1, "10:00", "11:00")])
def test_hours_may_touch_and_other_days_do_not_matter(other: tuple[int, str, str]) -> None:
    assert sum(map(len, checked_calendar(request(MONDAY, other)).week)) == 2
