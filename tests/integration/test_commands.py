"""A command has its turn however often others are faster, but not for ever; and whatever becomes of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any
from uuid import UUID

import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.cancelling import cancel_task
from app.domain.errors import Unavailable
from app.domain.task import Task, TaskStatus, Transition
from app.service import commands as gateway
from app.service.cancel_run import cancel_run
from app.service.commands import Change, Commands
from app.service.open_task import open_task
from app.store.tasks import Read, TaskQuery
from tests.factories import a_principal, a_request, a_workspace, an_opening

pytestmark = pytest.mark.anyio


def withdrawn(read: Read) -> Transition:
    return cancel_task(read.task, by="workflow", reason=None, now=read.now)


async def cancelled(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch, *, beaten: int
) -> Task | Exception:
    """What becomes of a command that others are faster than so many times."""
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    real, attempts = deps.tasks.save_many, 0

    async def save_many(*given: Any, **more: Any) -> set[UUID]:
        nonlocal attempts
        attempts += 1
        return await real(*given, **more) if attempts > beaten else set()

    monkeypatch.setattr(deps.tasks, "save_many", save_many)
    (result,) = await commands.change([Change(opening.task.id, withdrawn)])
    return result


async def test_others_may_be_faster_many_times(deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ninety people who answer one task through three processes are saved one by one."""
    result = await cancelled(deps, commands, monkeypatch, beaten=90)
    assert isinstance(result, Task)
    assert result.status is TaskStatus.CANCELLED


async def test_a_command_that_never_has_its_turn_says_so(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "OTHERS_SECONDS", 0.05)
    result = await cancelled(deps, commands, monkeypatch, beaten=10**9)
    assert isinstance(result, Unavailable)
    assert result.message == "Too many others are changing this task. Nothing was changed; try again."


async def test_what_is_wrong_with_one_is_wrong_with_it_alone_though_all_are_stored_together(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    openings = [an_opening() for _ in range(3)]
    await deps.tasks.insert_many(openings)
    bad = openings[1].task.id
    real = deps.tasks.save_many

    async def save_many(transitions: Sequence[Transition], **more: Any) -> set[UUID]:
        if any(transition.task.id == bad for transition in transitions):
            raise ValueError("the statement was undone")
        return await real(transitions, **more)

    monkeypatch.setattr(deps.tasks, "save_many", save_many)
    first, second, third = await commands.change([Change(opening.task.id, withdrawn) for opening in openings])
    assert isinstance(second, ValueError)
    for result in (first, third):
        assert isinstance(result, Task)
        assert result.status is TaskStatus.CANCELLED
    found = await deps.tasks.get_many(opening.task.id for opening in openings)
    assert [found[o.task.id].task.status for o in openings] == ["CANCELLED", "PENDING", "CANCELLED"]


@pytest.mark.parametrize("what", ["open", "change"])
async def test_a_process_that_is_to_stop_waits_for_what_it_was_asked_though_who_asked_has_gone(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    await a_workspace(deps)
    there = an_opening()
    await deps.tasks.insert_many([there])
    real, begun, goes_on = deps.database.write, asyncio.Event(), asyncio.Event()

    async def write(*given: Any) -> Any:
        begun.set()
        await goes_on.wait()
        return await real(*given)

    monkeypatch.setattr(deps.database, "write", write)
    workflow = a_principal(Role.WORKFLOW)
    asked: Coroutine[Any, Any, Any] = (
        open_task(commands, workflow, a_request())
        if what == "open"
        else commands.change([Change(there.task.id, withdrawn)])
    )
    caller = asyncio.ensure_future(asked)
    await begun.wait()
    caller.cancel()
    draining = asyncio.ensure_future(commands.drain())
    await asyncio.wait([caller])
    assert not draining.done()
    goes_on.set()
    await draining
    tasks = await deps.tasks.list_page(TaskQuery(workspace="w", tokens=None), most=10, after=None)
    assert sorted(task.status for task in tasks) == (["PENDING"] * 2 if what == "open" else ["CANCELLED"])


async def test_a_run_is_withdrawn_though_somebody_is_faster_with_one_of_its_tasks(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    workflow = a_principal(Role.WORKFLOW)
    tasks = [(await open_task(commands, workflow, a_request(run_id="run"))).task for _ in range(3)]
    real = deps.tasks.list_pending_of_run

    async def meanwhile(*given: Any, **more: Any) -> list[UUID]:
        pending = await real(*given, **more)
        await commands.change([Change(id_, withdrawn) for id_ in pending[:1]])
        return pending

    monkeypatch.setattr(deps.tasks, "list_pending_of_run", meanwhile)
    assert await cancel_run(commands, workflow, "expenses", "run", None) == 2
    found = await deps.tasks.get_many(task.id for task in tasks)
    assert [found[task.id].task.status for task in tasks] == ["CANCELLED"] * 3
