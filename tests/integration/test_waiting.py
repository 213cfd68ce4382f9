"""Waiting for a task's end: one that comes between two readings is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from uuid import UUID

import pytest

from app.auth import Principal, Role
from app.deps import Deps
from app.domain.task import Task
from app.service.cancel_task import cancel_task
from app.service.commands import Commands
from app.service.open_task import open_task
from app.service.read import await_task
from app.service.watch import watch_resolved
from tests.factories import a_principal, a_request, a_workspace

pytestmark = pytest.mark.anyio

WORKFLOW = a_principal(Role.WORKFLOW)


async def polled(deps: Deps, id: str) -> Task | None:
    async def asks() -> Principal:
        return WORKFLOW

    return await await_task(deps, asks, id, "PT60S")


async def watched(deps: Deps, id: str) -> Task | None:
    async with aclosing(watch_resolved(deps, WORKFLOW, id)) as resolved:
        return await anext(resolved)


@pytest.mark.parametrize("wait", [polled, watched])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_an_end_that_comes_before_the_task_is_read_or_just_after_it_is_told_at_once(
    deps: Deps,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    wait: Callable[[Deps, str], Awaitable[Task | None]],
    when: str,
) -> None:
    await a_workspace(deps)
    id_ = (await open_task(commands, WORKFLOW, a_request())).task.id
    real, ended = deps.tasks.find, asyncio.Event()

    async def find(id: UUID) -> Task | None:
        task = await real(id)
        if not ended.is_set():
            await cancel_task(commands, WORKFLOW, str(id), None)
            ended.set()
        return task if when == "meanwhile" else await real(id)

    monkeypatch.setattr(deps.tasks, "find", find)
    async with asyncio.timeout(10):
        task = await wait(deps, str(id_))
    assert task
    assert task.status == "CANCELLED"
