"""A command has its turn however often others are faster, but not for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.deps import Deps
from app.domain.cancelling import cancel_task
from app.domain.errors import Unavailable
from app.domain.task import Task, TaskStatus
from app.service import commands as gateway
from app.service.commands import Change, Commands
from tests.factories import a_workspace, an_opening

pytestmark = pytest.mark.anyio


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
    change = Change(opening.task.id, lambda read: cancel_task(read.task, by="workflow", reason=None, now=read.now))
    (result,) = await commands.change([change])
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
    assert result.message == "Too many others change this task. Nothing was changed; try again."
