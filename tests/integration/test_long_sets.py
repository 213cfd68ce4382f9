"""A set that takes long leaves others their turn, and is saved as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.cancelling import cancel_task
from app.domain.errors import InvalidInput
from app.domain.task import TaskStatus, Transition
from app.service import commands as gateway
from app.service import slices
from app.service.commands import Change, Commands
from app.service.open_task import open_task, open_tasks
from app.service.slices import SLICE_SECONDS
from app.store.tasks import Read
from tests.factories import a_principal, a_request, a_workspace, an_opening
from tests.turns import turns_of_others, work

pytestmark = pytest.mark.anyio


async def test_what_takes_long_to_decide_is_saved_meanwhile(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a set's tasks are read before the first is decided on; by the time of the last they would be too old."""
    await a_workspace(deps)
    openings = [an_opening() for _ in range(3)]
    await deps.tasks.insert_many(openings)
    monkeypatch.setattr(gateway, "DECIDE_SECONDS", SLICE_SECONDS)
    real, sizes = deps.tasks.save_many, []

    async def save_many(transitions: Sequence[Transition], **more: Any) -> set[UUID]:
        sizes.append(len(transitions))
        return await real(transitions, **more)

    def decide(read: Read) -> Transition:
        work()
        return cancel_task(read.task, by="workflow", reason=None, now=read.now)

    monkeypatch.setattr(deps.tasks, "save_many", save_many)
    results = await commands.change([Change(opening.task.id, decide) for opening in openings])
    assert [getattr(each, "status", each) for each in results] == [TaskStatus.CANCELLED] * 3
    assert sizes == [1, 1, 1]


async def test_a_set_that_takes_long_to_check_does_not_stop_the_rest(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred such schemas come in one request of 27 kB, and held everybody up for seconds."""
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0.0)  # however fast the machine
    costly = [a_request(answer_schema={"pattern": rf"^(\p{{L}}|\w){{1,900}}{n}$"}) for n in range(10)]
    async with turns_of_others() as turns:
        opened = await open_tasks(commands, a_principal(Role.WORKFLOW), costly)
    assert all(isinstance(each, InvalidInput) for each in opened)  # none came so far as to wait for the database
    assert len(turns) >= len(costly)


async def test_a_set_that_takes_long_to_decide_does_not_stop_the_rest(deps: Deps, commands: Commands) -> None:
    await a_workspace(deps)
    openings = [an_opening() for _ in range(4)]
    await deps.tasks.insert_many(openings)
    seen: list[int] = []

    def decide(_: Read) -> None:
        seen.append(len(turns))
        work()

    async with turns_of_others() as turns:
        await commands.change([Change(opening.task.id, decide) for opening in openings])
    assert seen == sorted(set(seen))


async def test_what_is_read_meanwhile_leaves_what_was_guessed_as_it_was(deps: Deps, commands: Commands) -> None:
    """Of a task that this process has just opened it is guessed that nobody is absent; while that is decided on, what
    another opening reads may say otherwise."""
    await a_workspace(deps)
    workflow = a_principal(Role.WORKFLOW)
    opened = [await open_task(commands, workflow, a_request()) for _ in range(2)][1]

    def decide(read: Read) -> Transition:
        forget = commands._foreknown._nobody_absent.clear
        asyncio.get_running_loop().call_soon(forget)
        work()
        return cancel_task(read.task, by="workflow", reason=None, now=read.now)

    (result,) = await commands.change([Change(opened.task.id, decide)])
    assert getattr(result, "status", result) is TaskStatus.CANCELLED
