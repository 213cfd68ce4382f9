"""Absences and the clock: everybody has their turn in one sweep, and what could not be done is done again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.absence import Absence
from app.domain.asking import AssigneeRequest
from app.domain.errors import IdempotencyConflict, InvalidInput, Unavailable
from app.domain.task import ApprovalRule
from app.service.absences import AbsenceRequest, set_absence
from app.service.commands import Change, Commands
from app.service.delegate_tasks import MOST_TURNING, SETTLE_SECONDS, delegate_tasks
from app.service.ids import new_id
from app.service.open_task import open_task
from app.service.read import list_absences
from app.service.reassign_task import reassign_task
from app.store.directory import Absences
from app.store.tasks import Wanted
from tests.clock import Clock
from tests.factories import a_principal, a_request, a_reviewer, a_workspace, an_opening, groups, reviewers

pytestmark = pytest.mark.anyio


async def away(deps: Deps, *names: str, begun: timedelta = timedelta(minutes=1)) -> None:
    """These are absent, and zoe stands in."""
    for name in names:
        read = await deps.directory.absences("w")
        absence = Absence(new_id(), name, "zoe", read.now - begun, read.now + timedelta(hours=1))
        assert await deps.directory.insert_absence("w", absence, seen=read.version, by="test")


async def opened(deps: Deps, *names: str) -> list[Any]:
    now = (await deps.tasks.find_opened([Wanted("w", "n", None)]))[0].now
    openings = [an_opening(now=now, assignees=reviewers(name)) for name in names]
    await deps.tasks.insert_many(openings)
    return [opening.task for opening in openings]


async def who_has(deps: Deps, tasks: list[Any]) -> list[str]:
    reads = await deps.tasks.get_many(task.id for task in tasks)
    return [reads[task.id].task.assignments[0].assignee.name for task in tasks]


async def test_more_absences_than_are_read_at_once_all_have_their_turn_in_one_sweep(
    deps: Deps, commands: Commands
) -> None:
    await a_workspace(deps)
    names = [f"r{n}" for n in range(MOST_TURNING + 1)]
    tasks = await opened(deps, *names)
    await away(deps, *names)
    await delegate_tasks(commands)
    assert await who_has(deps, tasks) == ["zoe"] * len(names)


async def test_an_absence_whose_tasks_could_not_all_be_handed_over_is_seen_to_again(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    first, second, other = await opened(deps, "anna", "anna", "ben")
    await away(deps, "anna", "ben")
    real = commands.change

    async def busy(changes: Sequence[Change]) -> list[Any]:
        refused = Unavailable("Too many others are changing this task.")
        results = iter(await real([change for change in changes if change.task_id != second.id]))
        return [refused if change.task_id == second.id else next(results) for change in changes]

    monkeypatch.setattr(commands, "change", busy)
    await delegate_tasks(commands)
    assert await who_has(deps, [first, second, other]) == ["zoe", "anna", "zoe"], "one keeps no other from its turn"
    await deps.database.write("UPDATE absences SET set_at = set_at - interval '1 minute'")
    await delegate_tasks(commands)
    monkeypatch.undo()
    await delegate_tasks(commands)
    assert await who_has(deps, [second]) == ["zoe"]


@pytest.mark.parametrize("doing", ["opening", "changing"])
async def test_what_was_decided_long_before_it_is_stored_knows_who_is_absent_by_then(
    deps: Deps, commands: Commands, clock: Clock, monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    """A process may be stopped between reading and saving for longer than those who see to absences come again."""
    await a_workspace(deps)
    (task,) = await opened(deps, "anna")
    workflow, name = a_principal(Role.WORKFLOW), "insert_many" if doing == "opening" else "save_many"
    real = getattr(deps.tasks, name)

    async def late(*given: Any, **more: Any) -> set[Any]:
        monkeypatch.undo()
        await away(deps, "ben", begun=timedelta(0))
        await clock.advance(timedelta(seconds=SETTLE_SECONDS + 1))
        await delegate_tasks(Commands(deps))
        stored: set[Any] = await real(*given, **more)
        return stored

    monkeypatch.setattr(deps.tasks, name, late)
    if doing == "changing":
        task = await reassign_task(commands, workflow, str(task.id), [AssigneeRequest(reviewer="ben")], None)
    else:
        with pytest.raises(Unavailable):
            await open_task(commands, workflow, a_request(assignees=reviewers("ben")))
        task = (await open_task(commands, workflow, a_request(assignees=reviewers("ben")))).task
    await delegate_tasks(Commands(deps))
    assert await who_has(deps, [task]) == ["zoe"]


async def test_a_task_opened_by_who_did_not_know_yet_is_handed_over_however_long_ago_the_absence_begins(
    deps: Deps, commands: Commands
) -> None:
    await a_workspace(deps)
    await away(deps, "anna", begun=timedelta(days=1))
    await delegate_tasks(commands)
    tasks = await opened(deps, "anna")  # decided on before the absence was set, and stored after the sweep
    assert await who_has(deps, tasks) == ["anna"]
    await delegate_tasks(commands)
    assert await who_has(deps, tasks) == ["zoe"]


async def test_an_absence_is_not_set_beside_one_that_was_just_ended_or_called_off(deps: Deps) -> None:
    await a_workspace(deps)
    await away(deps, "anna")
    await away(deps, "ben", begun=-timedelta(minutes=1))
    for there in (await deps.directory.absences("w")).absences:
        read = await deps.directory.absences("w")
        assert await deps.directory.end_absence("w", there.id)
        new = Absence(new_id(), "carl", "zoe", read.now, read.now + timedelta(hours=1))
        assert not await deps.directory.insert_absence("w", new, seen=read.version, by="test")
    assert (await deps.directory.absences("w")).absences == ()


async def test_an_absence_that_others_were_faster_with_is_decided_on_again(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    real, others = deps.directory.absences, iter([("carl", "zoe"), ("zoe", "anna")])

    async def meanwhile(workspace: str) -> Absences:
        read = await real(workspace)
        for reviewer, delegate in itertools.islice(others, 1):
            faster = Absence(new_id(), reviewer, delegate, read.now, read.now + timedelta(hours=1))
            assert await deps.directory.insert_absence(workspace, faster, seen=read.version, by="test")
        return read

    monkeypatch.setattr(deps.directory, "absences", meanwhile)
    until = datetime.now(UTC) + timedelta(hours=1)
    request = AbsenceRequest(reviewer="anna", delegate="zoe", from_at=None, until_at=until)
    with pytest.raises(InvalidInput, match="makes a circle"):
        await set_absence(commands, a_reviewer("anna"), request)
    assert {a.reviewer for a in (await real("w")).absences} == {"carl", "zoe"}


async def test_absences_are_for_those_who_have_a_part_in_them_and_for_who_reads_everything(deps: Deps) -> None:
    await a_workspace(deps)
    await away(deps, "anna", "ben")
    nobody_now = a_principal(Role.WORKFLOW, reviewer="anna")  # no reviewer's key any more
    who = [a_reviewer("anna"), a_reviewer("zoe"), a_reviewer("carl"), nobody_now, a_principal(Role.ANALYST)]
    shown = [{a.reviewer for a in await list_absences(deps, principal)} for principal in who]
    assert shown == [{"anna"}, {"anna", "ben"}, set(), set(), {"anna", "ben"}]


async def test_a_twin_that_asks_something_else_is_not_refused_for_the_first(deps: Deps, commands: Commands) -> None:
    await a_workspace(deps)
    await deps.directory.set_group("w", "legal", ["anna"], by="test")
    workflow = a_principal(Role.WORKFLOW)
    unreachable = a_request(
        idempotency_key="k",
        assignees=groups("legal"),
        rule=ApprovalRule.AT_LEAST,
        at_least=2,
    )
    good = a_request(idempotency_key="k")
    results = await asyncio.gather(
        *(open_task(commands, workflow, request) for request in (unreachable, good, unreachable)),
        return_exceptions=True,
    )
    assert isinstance(results[0], InvalidInput)
    assert not isinstance(results[1], BaseException), results[1]
    assert isinstance(results[2], InvalidInput | IdempotencyConflict)
