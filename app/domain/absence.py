"""Absences: from when until when somebody's tasks go to whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.domain.errors import InvalidInput, Problem
from app.domain.immutable import immutable

MOST_ABSENCES = 10_000
"""In one workspace, at one time."""
YEARS = range(1970, 9999)
"""In which an absence lies. (To PostgreSQL, the first and the last moment that Python has are infinite.)"""


@immutable
class Absence:
    """`reviewer` is away from `from_at` until, not including, `until_at`; `delegate` acts for them."""

    id: UUID
    reviewer: str
    delegate: str
    from_at: datetime
    until_at: datetime

    def covers(self, at: datetime) -> bool:
        """Whether the reviewer is away then."""
        return self.from_at <= at < self.until_at

    def overlaps(self, other: Absence) -> bool:
        """Whether there is a moment in both."""
        return self.from_at < other.until_at and other.from_at < self.until_at


def check_absence(new: Absence, others: Iterable[Absence], *, now: datetime) -> None:
    """Raises InvalidInput where `new` is over already or outside YEARS, overlaps another of the same person, has
    them stand in for themselves, or closes a circle with `others` at any moment."""
    problems = [
        Problem(path, f"must be in the years {YEARS[0]} to {YEARS[-1]}")
        for path, at in (("/from", new.from_at), ("/until", new.until_at))
        if at.year not in YEARS
    ]
    if new.until_at <= new.from_at:
        problems.append(Problem("/until", "is not after `from`"))
    elif new.until_at <= now:
        problems.append(Problem("/until", "has passed already"))
    if new.delegate == new.reviewer:
        problems.append(Problem("/delegate", "is the absent person; somebody else must stand in"))
    at_once = [a for a in others if a.overlaps(new)]
    if len(at_once) >= MOST_ABSENCES:
        problems.append(Problem("/reviewer", f"the workspace has {MOST_ABSENCES:,} absences at that time already"))
    if any(a.reviewer == new.reviewer for a in at_once):
        problems.append(Problem("/from", f"{new.reviewer} is already absent at that time; end that absence first"))
    if not problems and (circle := _circle(new, at_once)):
        said = f"makes a circle ({' to '.join(circle)}): at that time nobody would be left to act"
        problems.append(Problem("/delegate", said))
    if problems:
        raise InvalidInput(problems)


def _circle(new: Absence, at_once: list[Absence]) -> list[str]:
    """The people of a circle that `new` would close; none where there is none.

    Who stands in for whom changes only where an absence begins, so only those moments are looked at.
    """
    of: dict[str, list[Absence]] = {}
    for absence in at_once:
        of.setdefault(absence.reviewer, []).append(absence)
    for moment in {new.from_at, *(a.from_at for a in at_once if new.covers(a.from_at))}:
        passed = [new.reviewer]
        acting: str | None = new.delegate
        while acting is not None and acting not in passed:
            passed.append(acting)
            acting = next((a.delegate for a in of.get(acting, []) if a.covers(moment)), None)
        if acting == new.reviewer:
            return [*passed, new.reviewer]
    return []
