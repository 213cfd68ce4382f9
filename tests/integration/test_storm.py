"""A storm of deadlines: two halves are under way at once, each deadline is met once, and nothing goes on for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.deps import Deps
from app.domain.cancelling import cancel_task
from app.domain.errors import Unavailable
from app.domain.event import EventQuery, TaskEventType
from app.service import expire_tasks as clock
from app.service.commands import Change, Commands
from app.service.expire_tasks import expire_tasks
from app.store.tasks import Lease
from tests.factories import a_workspace, an_opening

pytestmark = pytest.mark.anyio

LEASED = 4


@pytest.fixture(autouse=True)
def _small_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "MOST_LEASED", LEASED)


async def due(deps: Deps, number: int) -> set[UUID]:
    await a_workspace(deps)
    openings = [an_opening(now=datetime.now(UTC) - timedelta(days=2)) for _ in range(number)]
    return await deps.tasks.insert_many(openings)


async def expired(deps: Deps) -> list[UUID]:
    head = await deps.events.head("w")
    query = EventQuery(workspace="w", tokens=None, types=[TaskEventType.EXPIRED])
    return [e.task_id for e in await deps.events.list_page(query, after=0, until=head.seq, most=1_000)]


async def test_two_halves_are_decided_on_at_once_and_each_task_expires_once(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = await due(deps, 5 * LEASED + 1)
    asked: set[UUID] = set()
    two_halves = asyncio.Event()
    real = commands.change

    async def change(changes: Sequence[Change]) -> Any:
        asked.update(each.task_id for each in changes)
        if len(asked) == 2 * LEASED:
            two_halves.set()
        await two_halves.wait()
        return await real(changes)

    monkeypatch.setattr(commands, "change", change)
    async with asyncio.timeout(10):
        assert await expire_tasks(commands) == len(tasks)
    done = await expired(deps)
    assert sorted(done) == sorted(tasks)


async def test_a_few_take_one_lease_and_a_look_whether_there_are_more(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = await due(deps, LEASED - 1)
    leases: list[int] = []
    real = deps.tasks.lease_due

    async def lease_due(**given: Any) -> Lease:
        leased = await real(**given)
        leases.append(len(leased.tasks))
        return leased

    monkeypatch.setattr(deps.tasks, "lease_due", lease_due)
    assert await expire_tasks(commands) == len(tasks)
    assert leases == [len(tasks), 0]


async def test_where_nothing_moves_it_ends(deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    await due(deps, 5 * LEASED)

    async def busy(changes: Sequence[Change]) -> Any:
        return [Unavailable("The database cannot be reached.")] * len(changes)

    monkeypatch.setattr(commands, "change", busy)
    with pytest.raises(Unavailable):
        await expire_tasks(commands)
    assert await expired(deps) == []


async def test_what_failed_comes_again_when_its_lease_has_ended_and_the_rest_at_once(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = await due(deps, 3 * LEASED)
    stuck = min(tasks)
    asked: list[UUID] = []
    real = commands.change

    async def change(changes: Sequence[Change]) -> Any:
        asked.extend(each.task_id for each in changes)
        results = await real([each for each in changes if each.task_id != stuck])
        return [*results, *(Unavailable("Not this one.") for each in changes if each.task_id == stuck)]

    monkeypatch.setattr(commands, "change", change)
    assert await expire_tasks(commands) == len(tasks) - 1
    assert asked.count(stuck) == 1
    assert await expire_tasks(commands) == 0
    assert asked.count(stuck) == 1
    await deps.database.write("UPDATE leases SET until = clock_timestamp()")
    with pytest.raises(Unavailable):
        await expire_tasks(commands)
    assert asked.count(stuck) == 2
    await deps.database.write("UPDATE leases SET until = clock_timestamp()")
    monkeypatch.setattr(commands, "change", real)
    assert await expire_tasks(commands) == 1
    assert sorted(await expired(deps)) == sorted(tasks)
    assert await deps.database.fetch("SELECT FROM leases") == []


async def test_a_lease_of_a_clock_that_has_gone_back_keeps_nobody_out(deps: Deps, commands: Commands) -> None:
    tasks = await due(deps, LEASED)
    assert (await deps.tasks.lease_due(most=LEASED, seconds=3_600)).tasks, "an hour ahead of the clock of now"
    assert await expire_tasks(commands) == len(tasks)
    assert await deps.database.fetch("SELECT FROM leases") == []


async def test_who_was_faster_than_the_clock_holds_up_nobody_elses_task(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they settled between lease and decision is no reason to leave the rest of it to their lease."""
    tasks = await due(deps, LEASED)
    real = commands.change

    async def change(changes: Sequence[Change]) -> Any:
        settled = [Change(min(tasks), lambda read: cancel_task(read.task, by="workflow", reason=None, now=read.now))]
        return [*await real(settled), *await real(changes)][1:]

    monkeypatch.setattr(commands, "change", change)
    assert await expire_tasks(commands) == LEASED
    assert len(await expired(deps)) == LEASED - 1
    assert await deps.database.fetch("SELECT FROM leases") == []


async def test_what_is_due_and_has_nothing_to_be_done_does_not_come_again_and_again(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await due(deps, LEASED)
    asked = 0

    def nothing(*_: Any, **__: Any) -> None:
        nonlocal asked
        asked += 1

    monkeypatch.setattr(clock, "wake_task", nothing)
    async with asyncio.timeout(10):
        await expire_tasks(commands)
    assert asked == LEASED
