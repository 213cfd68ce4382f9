"""The commands that set who belongs to which group and who is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.auth import Principal
from app.service.absences import AbsenceRequest, end_absence, set_absence
from app.service.commands import Commands
from app.service.directory import set_group, set_reviewer
from tests.model import asking
from tests.model.commands import Aim, Command
from tests.model.state import Away, Model, Person, Refused

EVERYBODY = "everybody"
"""A group that all who watch belong to: see watchers.py."""


@dataclass(frozen=True, kw_only=True)
class SetGroup(Command):
    direct = True
    name: str
    members: tuple[str, ...]

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> None:
        await set_group(commands.deps, principal, self.name, self.members)

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        if "ADMIN" not in who.roles:
            raise Refused("NotAllowed")
        model.members[who.workspace, self.name] = set(self.members)
        model.whole.add((who.workspace, self.name))


@dataclass(frozen=True, kw_only=True)
class SetReviewer(Command):
    direct = True
    reviewer: str
    groups: tuple[str, ...]

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> None:
        await set_reviewer(commands.deps, principal, self.reviewer, [*self.groups, EVERYBODY])

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        if "ADMIN" not in who.roles:
            raise Refused("NotAllowed")
        for name in {*self.groups, *(name for place, name in model.members if place == who.workspace)}:
            people = model.members.setdefault((who.workspace, name), set())
            (people.add if name in self.groups else people.discard)(self.reviewer)


@dataclass(frozen=True, kw_only=True)
class GoAway(Command):
    """Away from `begins` (None: now) to `ends`, minutes from now."""

    makes = True
    reviewer: str
    delegate: str
    begins: int | None = None
    ends: int = 60

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        begins = None if self.begins is None else aim.now + timedelta(minutes=self.begins)
        ends = aim.now + timedelta(minutes=self.ends)
        request = AbsenceRequest(reviewer=self.reviewer, delegate=self.delegate, from_at=begins, until_at=ends)
        return await set_absence(commands, principal, request)

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        begins, ends = (model.now + timedelta(minutes=n or 0) for n in (self.begins, self.ends))
        away = Away(aim.id, who.workspace, self.reviewer, self.delegate, begins, ends)
        asking.go_away(model, who, away, from_now=self.begins is None)


@dataclass(frozen=True, kw_only=True)
class ComeBack(Command):
    """The latest absence but `absence` ends now."""

    absence: int = 0

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> None:
        await end_absence(commands, principal, aim.id)

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        asking.come_back(model, who, aim.id)


@dataclass(frozen=True, kw_only=True)
class Reconnect(Command):
    """Everybody who watches is cut off, and comes back with the cursor they had."""

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> None:
        """Nothing: the driver does it."""

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        """Nothing has changed."""


@dataclass(frozen=True)
class Race:
    """Two at the same moment, in two processes: as if one had come first and then the other."""

    first: Command
    second: Command


Step = Command | Race
