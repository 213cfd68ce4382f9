"""What must hold after each step, asked of the service's own readings and compared with the model."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from uuid import UUID

from app.auth import Principal
from app.deps import Deps
from app.domain.event import RESOLVING, EventQuery
from app.service.read import find_task, list_assignments
from app.store.inbox import InboxQuery
from app.store.tasks import TaskQuery
from tests.model import rules, views
from tests.model.state import Job, Model, Person, Refused

MOST = 1_000
OPEN = """
SELECT count(*) FROM assignments a JOIN tasks t ON t.id = a.task_id WHERE t.status <> 'PENDING'
"""

Log = list[tuple[int, str, str]]


async def tasks_differ(deps: Deps, model: Model) -> str:
    """How a task stands other than the model says; empty where all are alike."""
    reads = await deps.tasks.get_many(UUID(id_) for id_ in model.jobs) if model.jobs else {}
    for id_, job in model.jobs.items():
        if found := views.difference(views.of_task(reads[UUID(id_)].task), views.of_job(job)):
            return f"{id_}: {found}"
    return ""


async def check_inbox(deps: Deps, model: Model, who: Person, principal: Principal, without: str) -> set[str]:
    """The inbox is the model's; the tasks in it."""
    tokens = [a.token for a in principal.assignees]
    query = InboxQuery(workspace=who.workspace, assignees=tokens, person=who.reviewer or "", people=principal.people)
    page = await list_assignments(deps, query, first=100, after=None)
    found = [(str(task.id), views.of_assignment(a)) for a, task in page.nodes if str(task.id) != without]
    expected = [(job.id, views.of_seat(seat)) for job, seat in model.inbox(who)]
    assert found == expected, f"{who.key}'s inbox is {found}, not {expected}"
    return {id_ for id_, _ in found}


async def check_sight(deps: Deps, model: Model, who: Person, principal: Principal, without: str) -> None:
    """Who sees which tasks: in lists, and one by one."""
    query = TaskQuery(workspace=who.workspace, tokens=principal.tokens)
    found = {str(task.id) for task in await deps.tasks.list_page(query, most=MOST, after=None)} - {without}
    expected = {job.id for job in model.jobs.values() if model.sees(who, job)}
    assert found == expected, f"{who.key} sees {found}, not {expected}"
    for id_ in list(model.jobs)[-3:]:
        assert (await find_task(deps, principal, id_) is not None) == (id_ in expected), f"{who.key} and {id_}"


def check_nobody_is_shown_in_vain(model: Model) -> None:
    """Who is shown a task may answer it: so the rules that both keep make sense together."""
    for who in model.people:
        for id_ in {job.id for job, _ in model.inbox(who)}:
            try:
                rules.answer(deepcopy(model), who, id_, "APPROVE", rating=5)
            except Refused as refused:
                raise AssertionError(f"{who.key} is shown {id_}, and told {refused.kind}") from None


class Logs:
    """The workspaces' logs as they grow."""

    def __init__(self, deps: Deps, beacons: Mapping[str, str]) -> None:
        self._deps = deps
        self._beacons = beacons
        self._heads = dict.fromkeys(beacons, 0)
        self._of: dict[str, Log] = {}

    async def check(self, model: Model) -> None:
        """Numbered without gaps, up to the head; each task's part of it is what the model says happened."""
        for workspace, known in self._heads.items():
            head = (await self._deps.events.head(workspace)).seq
            query = EventQuery(workspace=workspace, tokens=None)
            page = await self._deps.events.list_page(query, after=known, until=head + MOST, most=MOST)
            numbers = [logged.seq for logged in page]
            assert numbers == list(range(known + 1, head + 1)), (
                f"{workspace}'s log has {numbers}, from {known} to {head}"
            )
            self._heads[workspace] = head
            for logged in page:
                entry = (logged.version, logged.event.type.value, logged.event.actor)
                self._of.setdefault(str(logged.task_id), []).append(entry)
        assert set(self._of) - set(self._beacons.values()) == set(model.jobs)
        for job in model.jobs.values():
            check_log(job, self._of[job.id])
        assert (await self._deps.database.fetch(OPEN))[0][0] == 0, "an assignment is open on a resolved task"


def check_log(job: Job, log: Log) -> None:
    """One task's events: versions count up by one, it is resolved once, and all is as the model says."""
    assert log == job.log, f"{job.id} has the events {log}, not {job.log}"
    assert sorted({version for version, _, _ in log}) == list(range(1, job.version + 1))
    endings = [type_ for _, type_, _ in log if type_ in RESOLVING]
    assert len(endings) == (job.status != "PENDING"), f"{job.id} ended as {endings}"
