"""Spans of time as text, PT1H or P7D: ISO 8601-1:2019, section 5.5.2, without the calendar parts."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

LONGEST_TEXT = 64  # characters; keeps every number short enough that arithmetic on it costs nothing

_MICROSECONDS = {
    "weeks": 604_800_000_000,
    "days": 86_400_000_000,
    "hours": 3_600_000_000,
    "minutes": 60_000_000,
    "seconds": 1_000_000,
}
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"  # [0-9], not \d: ISO 8601 has no digits of other scripts
_DURATION = re.compile(
    rf"(?P<sign>-)?P(?:(?P<weeks>{_NUMBER})W|(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=[0-9])(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?)"
)
_CALENDAR = re.compile(r"-?P[0-9WD.,]*[YM]")  # before the T; after it M is minutes
_RIGHT = "write an ISO 8601 duration such as PT1H, P7D or P1DT2H30M"


def parse_duration(text: str) -> timedelta:
    """`text` as a span, to the nearest microsecond; negative where it starts with '-'.

    Whether zero, negative or very long spans are allowed is the caller's to say. Weeks stand alone, and only the
    smallest part given may have a fraction (with a dot or a comma). Raises ValueError, saying what would be right.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"has {len(text):,} characters, more than {LONGEST_TEXT}; {_RIGHT}")
    found = _DURATION.fullmatch(text)
    if found is None:
        if _CALENDAR.match(text):
            raise ValueError("has calendar parts (years, months), which have no fixed length; write days: P30D")
        raise ValueError(f"is not a duration; {_RIGHT}")
    given = [(part, found[part].replace(",", ".")) for part in _MICROSECONDS if found[part]]
    if not given:
        raise ValueError(f"has no part with a number; {_RIGHT}")
    if any("." in number for _, number in given[:-1]):
        raise ValueError("has a fraction on a part that is not the smallest; write PT1H30M or PT1.5H, not PT1.5H30M")
    microseconds = round(sum(Fraction(number) * _MICROSECONDS[part] for part, number in given))
    try:
        return timedelta(microseconds=-microseconds if found["sign"] else microseconds)
    except OverflowError:
        raise ValueError(f"is too long; a duration has at most {timedelta.max.days:,} days") from None


def format_duration(span: timedelta) -> str:
    """`span` in canonical form, exactly: days, hours, minutes and seconds, each only where it is not zero.

    Days are the largest part (P7D, never P1W), zero is PT0S, and a negative span starts with '-'.
    """
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{span.microseconds:06}".rstrip("0") if span.microseconds else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    if seconds or fraction:
        time += f"{seconds}{fraction}S"
    date = f"{span.days}D" if span.days else ""
    if not date and not time:
        return "PT0S"
    return f"{sign}P{date}{'T' if time else ''}{time}"
