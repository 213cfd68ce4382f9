"""Absences: none that leaves nobody to act at any moment, and who stands in then."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import absence
from app.domain.absence import Absence, check_absence
from app.domain.errors import InvalidInput
from app.domain.workplace import Workplace
from tests.factories import NOW


def away(reviewer: str, delegate: str, begins: float, ends: float) -> Absence:
    return Absence(UUID(int=0), reviewer, delegate, _at(begins), _at(ends))


def _at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def problems(new: Absence, *others: Absence, now: float = 0) -> list[tuple[str, str]]:
    try:
        check_absence(new, others, now=_at(now))
    except InvalidInput as refused:
        return [(p.path, p.message) for p in refused.problems]
    return []


@pytest.mark.parametrize(
    ("new", "path", "message"),
    [
        (away("anna", "ben", 2, 2), "/until", "is not after `from`"),
        (away("anna", "ben", 2, 1), "/until", "is not after `from`"),
        (away("anna", "ben", -2, 0), "/until", "has passed already"),
        (away("anna", "ben", -100 * 366 * 24, 1), "/from", "must be in the years 1970 to 9998"),
        (away("anna", "ben", 0, 7_973.5 * 365.2425 * 24), "/until", "must be in the years 1970 to 9998"),
        (away("anna", "anna", 1, 2), "/delegate", "is the absent person; somebody else must stand in"),
        (away("zoe", "ben", 3, 4), "/from", "zoe is already absent at that time; end that absence first"),
        (away("ben", "zoe", 0, 9), "/delegate", "makes a circle (ben to zoe to yan to ben)"),
        (away("yan", "zoe", 5, 6), "/from", "yan is already absent at that time"),
    ],
)
def test_what_cannot_be_is_refused_by_its_pointer(new: Absence, path: str, message: str) -> None:
    ((found, said),) = problems(new, away("zoe", "yan", 2, 6), away("yan", "ben", 5, 7))
    assert (found, said[: len(message)]) == (path, message)


@pytest.mark.parametrize(
    "new",
    [
        away("anna", "ben", -2, 0.1),  # it began before it was set
        away("zoe", "ben", 6, 7),  # follows the earlier one
        away("ben", "zoe", 6, 7),  # when zoe is back
        away("ben", "zoe", 2, 5),  # before yan is away: zoe's are with yan
        away("ben", "anna", 0, 9),
    ],
)
def test_what_leaves_somebody_to_act_at_every_moment_is_taken(new: Absence) -> None:
    assert problems(new, away("zoe", "yan", 2, 6), away("yan", "ben", 5, 6)) == []


def test_a_workspace_has_so_many_absences_at_a_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absence, "MOST_ABSENCES", 3)
    others = [away(name, "zoe", 0, 9) for name in ("anna", "ben", "carl")]
    assert problems(away("dana", "zoe", 1, 2), *others[:2], away("carl", "zoe", 5, 6)) == []
    assert problems(away("dana", "zoe", 1, 2), *others) == [
        ("/reviewer", "the workspace has 3 absences at that time already")
    ]


PEOPLE = st.sampled_from(["anna", "ben", "carl", "dana"])
HOURS = st.integers(0, 12)
ABSENCES = st.builds(away, PEOPLE, PEOPLE, HOURS, HOURS)


def fits(new: Absence, others: list[Absence]) -> bool:
    """Whether `new` may be, looked at instant by instant."""
    if new.until_at <= new.from_at or new.delegate == new.reviewer or new.until_at <= NOW:
        return False
    for quarter in range(12 * 4):
        at = _at(quarter / 4)
        if not new.covers(at):
            continue
        if any(a.reviewer == new.reviewer and a.covers(at) for a in others):
            return False
        acts_for = {a.reviewer: a.delegate for a in others if a.covers(at)} | {new.reviewer: new.delegate}
        acting: str | None = new.reviewer
        for _ in range(10):
            acting = acts_for.get(acting) if acting else None
        if acting is not None:
            return False  # it goes round and round
    return True


@settings(max_examples=300)
@given(st.lists(ABSENCES, min_size=1, max_size=14))
def test_exactly_those_are_taken_that_leave_somebody_to_act_at_every_instant(wanted: list[Absence]) -> None:
    taken: list[Absence] = []
    for new in wanted:
        fine = fits(new, taken)
        assert (problems(new, *taken) == []) == fine, (new, taken)
        if fine:
            taken.append(new)


@pytest.mark.parametrize(
    ("stand_ins", "who", "acts"),
    [
        ({}, "anna", "anna"),
        ({"anna": "ben"}, "anna", "ben"),
        ({"anna": "ben"}, "ben", "ben"),
        ({"anna": "ben", "ben": "carl", "carl": "dana"}, "anna", "dana"),
        ({"anna": "ben", "ben": "anna"}, "anna", "anna"),
        ({"anna": "ben", "ben": "carl", "carl": "ben"}, "anna", "anna"),
    ],
)
def test_who_stands_in_is_whoever_is_there_at_the_end_of_the_line(
    stand_ins: dict[str, str], who: str, acts: str
) -> None:
    assert Workplace(stand_ins=stand_ins).stand_in(who) == acts
