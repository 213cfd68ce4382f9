"""The people of the model test, in the service's database and in the model: two workspaces that share names."""

from __future__ import annotations

from dataclasses import dataclass

from app.auth import Principal, Role, key_id_of
from app.deps import Deps
from app.service.authenticate import Authenticator
from app.service.commands import Commands
from app.service.open_task import open_task
from tests.clock import START
from tests.factories import a_key, a_principal, a_request, groups
from tests.model.settings import EVERYBODY
from tests.model.state import Model, Person

WORKFLOW, REVIEWER, ADMIN, ANALYST = (frozenset({role}) for role in ("WORKFLOW", "REVIEWER", "ADMIN", "ANALYST"))

PEOPLE = [
    Person("flow", "w", WORKFLOW, owner="anna"),
    Person("billing", "w", WORKFLOW),
    Person("admin", "w", ADMIN),
    Person("analyst", "w", ANALYST),
    Person("anna", "w", REVIEWER, "anna"),
    Person("ben", "w", REVIEWER, "ben"),
    Person("carl", "w", REVIEWER, "carl"),
    Person("dora", "w", REVIEWER | WORKFLOW, "dora"),
    Person("other", "v", WORKFLOW | ADMIN),
    Person("anna in v", "v", REVIEWER, "anna"),
]
MEMBERS = {("w", "finance"): {"anna", "ben"}, ("w", "legal"): {"carl"}, ("v", "finance"): {"anna"}}
WHOLE = {("w", "finance")}

_EMPTY = """
TRUNCATE workspaces, api_keys, tasks, assignments, answers, feedback, events, groups, members, reviewers, absences,
         calendars
"""


def a_model() -> Model:
    members = {place: set(people) for place, people in MEMBERS.items()}
    return Model(list(PEOPLE), START, members=members, whole=set(WHOLE))


@dataclass
class Scene:
    """What is in the service's database at the start: the same people, and a beacon in each workspace (watchers.py)."""

    commands: Commands
    keys: dict[Person, str]
    beacons: dict[str, str]
    _authenticator: Authenticator

    @classmethod
    async def set(cls, commands: Commands) -> Scene:
        """In place of all that was there."""
        deps = commands.deps
        await deps.database.write(_EMPTY)
        keys: dict[Person, str] = {}
        for who in PEOPLE:
            theirs = [
                name for (place, name), people in MEMBERS.items() if place == who.workspace and who.reviewer in people
            ]
            keys[who] = key_id_of(
                await a_key(
                    deps,
                    *map(Role, who.roles),
                    workspace=who.workspace,
                    name=who.key,
                    reviewer=who.reviewer,
                    owner=who.owner,
                    groups=[*theirs, EVERYBODY] if who.reviewer else [],
                )
            )
        for place, name in WHOLE:
            await deps.directory.set_group(place, name, sorted(MEMBERS[place, name]), by="admin")
        beacons = {place: await cls._beacon(commands, place) for place in ("w", "v")}
        return cls(commands, keys, beacons, Authenticator(deps))

    @staticmethod
    async def _beacon(commands: Commands, workspace: str) -> str:
        request = a_request(assignees=groups(EVERYBODY), after="P300D", workflow="beacon")
        return str((await open_task(commands, keeper(workspace), request)).task.id)

    @property
    def deps(self) -> Deps:
        return self.commands.deps

    async def principals(self) -> dict[Person, Principal]:
        """Whom the keys stand for now."""
        known = await self._authenticator.current(self.keys.values())
        return {who: known[key] for who, key in self.keys.items()}


def keeper(workspace: str) -> Principal:
    """Whose the beacons are."""
    return a_principal(Role.WORKFLOW, workspace=workspace, name="keeper")
