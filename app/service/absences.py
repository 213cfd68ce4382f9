"""Who is away when, and who stands in. The clock hands tasks over and gives them back (delegate_tasks.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.auth import Principal, require_absentee
from app.domain.absence import Absence, check_absence
from app.domain.errors import InvalidInput, NotFound, Problem, Unavailable
from app.domain.immutable import replace
from app.domain.names import check_who
from app.service.commands import Commands
from app.service.ids import new_id, task_id

ATTEMPTS = 20
"""How often others may be faster before setting an absence gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRequest:
    """An absence as it came in; `from_at` None: from now on."""

    reviewer: str
    delegate: str
    from_at: datetime | None
    until_at: datetime


async def set_absence(commands: Commands, principal: Principal, request: AbsenceRequest) -> Absence:
    """The absence, stored: guarded by the version that was read, as a task's change is; set again, the one there is.

    Raises NotAllowed, InvalidInput, Unavailable.
    """
    require_absentee(principal, request.reviewer)
    problems: list[Problem] = []
    check_who(problems, "/reviewer", request.reviewer)
    check_who(problems, "/delegate", request.delegate)
    if problems:
        raise InvalidInput(problems)
    directory = commands.deps.directory
    for _ in range(ATTEMPTS):
        read = await directory.absences(principal.workspace)
        if there := next((a for a in read.absences if _is_asked_for(a, request, read.now)), None):
            return there
        from_at = request.from_at or read.now
        absence = Absence(new_id(), request.reviewer, request.delegate, from_at, request.until_at)
        check_absence(absence, read.absences, now=read.now)
        if await directory.insert_absence(principal.workspace, absence, seen=read.version, by=principal.actor):
            return absence
    raise Unavailable("Too many others are changing absences. Nothing was changed; try again.")


def _is_asked_for(absence: Absence, request: AbsenceRequest, now: datetime) -> bool:
    """Whether it is what the request would set; from now on is as good as since a while."""
    begins = absence.from_at <= now if request.from_at is None else absence.from_at == request.from_at
    return begins and absence == replace(
        absence, reviewer=request.reviewer, delegate=request.delegate, until_at=request.until_at
    )


async def end_absence(commands: Commands, principal: Principal, id: str) -> Absence:
    """The absence, ended now, or, where it had not begun, called off (it ends as it begins).

    Raises InvalidInput, NotFound, NotAllowed, Unavailable.
    """
    wanted = task_id(id, path="/id")
    directory = commands.deps.directory
    read = await directory.absences(principal.workspace)
    found = next((a for a in read.absences if a.id == wanted), None)
    if found is None:
        raise NotFound("There is no such absence, or it is over.")
    require_absentee(principal, found.reviewer)
    if not await directory.end_absence(principal.workspace, wanted):
        raise NotFound("There is no such absence, or it is over.")
    return replace(found, until_at=max(found.from_at, min(found.until_at, read.now)))
