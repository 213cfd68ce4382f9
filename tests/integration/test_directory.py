"""Who may read and set what is a workspace's own: asked of each command, and on a refusal nothing has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.auth import Principal, Role
from app.deps import Deps
from app.domain.errors import NotAllowed
from app.service.absences import AbsenceRequest, end_absence, set_absence
from app.service.calendars import CalendarRequest, HoursRequest, set_calendar
from app.service.commands import Commands
from app.service.directory import set_group, set_reviewer
from app.service.read import list_groups, list_keys, list_reviewers
from tests.factories import a_key, a_principal, a_reviewer

pytestmark = pytest.mark.anyio

WHO = {
    "admin": a_principal(Role.ADMIN),
    "analyst": a_principal(Role.ANALYST),
    "workflow": a_principal(Role.WORKFLOW),
    "anna": a_reviewer("anna", "finance"),
    "ben": a_reviewer("ben"),
}
UNTIL = datetime.now(UTC) + timedelta(days=1)
AWAY = AbsenceRequest(reviewer="anna", delegate="zoe", from_at=None, until_at=UNTIL)
OFFICE = CalendarRequest("office", "UTC", [HoursRequest(0, "09:00", "17:00")], [])

Act = Callable[[Commands, Principal], Awaitable[Any]]


async def end_annas(commands: Commands, principal: Principal) -> Any:
    (absence,) = (await commands.deps.directory.absences("w")).absences
    return await end_absence(commands, principal, str(absence.id))


ACTS: list[tuple[str, Act, set[str]]] = [
    ("set a group", lambda commands, who: set_group(commands.deps, who, "finance", ["ben"]), {"admin"}),
    ("set a reviewer", lambda commands, who: set_reviewer(commands.deps, who, "ben", ["finance"]), {"admin"}),
    ("set a calendar", lambda commands, who: set_calendar(commands.deps, who, OFFICE), {"admin"}),
    ("set an absence", lambda commands, who: set_absence(commands, who, AWAY), {"admin", "anna"}),
    ("end an absence", end_annas, {"admin", "anna"}),
    ("read the keys", lambda commands, who: list_keys(commands.deps, who), {"admin"}),
    (
        "read the reviewers",
        lambda commands, who: list_reviewers(commands.deps, who, first=10, after=None),
        {"admin", "analyst"},
    ),
    (
        "read the groups",
        lambda commands, who: list_groups(commands.deps, who, first=10, after=None),
        {"admin", "analyst"},
    ),
]


async def stored(deps: Deps) -> list[Any]:
    tables = ("reviewers", "groups", "members", "calendars", "absences")
    return [await deps.database.fetch(f"SELECT * FROM {name} ORDER BY {name}::text") for name in tables]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("act", "allowed"), [act[1:] for act in ACTS], ids=[act[0] for act in ACTS])
async def test_who_may_do_what(deps: Deps, commands: Commands, act: Act, allowed: set[str], who: str) -> None:
    await a_key(deps, Role.REVIEWER, name="anna", reviewer="anna", groups=["finance"])
    if act is end_annas:
        await set_absence(commands, WHO["admin"], AWAY)
    before = await stored(deps)
    if who in allowed:
        assert await act(commands, WHO[who])
    else:
        with pytest.raises(NotAllowed):
            await act(commands, WHO[who])
        assert await stored(deps) == before
