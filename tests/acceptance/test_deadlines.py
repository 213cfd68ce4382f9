"""Deadlines: never early; hardly late; and whatever becomes of Redis and of workers, none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from app.embedded import EmbeddedValkey
from tests.acceptance.client import Client
from tests.acceptance.conftest import Workspace, workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers

pytestmark = pytest.mark.anyio

TASKS = 200


@pytest.fixture
async def apart(servers: Servers, tmp_path: Path) -> AsyncIterator[tuple[Workspace, EmbeddedValkey]]:
    """A service with a Valkey of its own, to be taken from it."""
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    try:
        settings = servers.settings(servers.new_database()).model_copy(update={"redis_url": valkey.url})
        with Running(settings) as service:
            async for workspace in workspace_of(service):
                yield workspace, valkey
    finally:
        valkey.stop()


async def _open_many(workflow: Client, seconds: float) -> list[dict[str, str]]:
    """Tasks whose deadlines lie within the second after `seconds`."""
    spans = [f"PT{seconds + n / TASKS:.3f}S" for n in range(TASKS)]
    tasks: list[dict[str, str]] = await asyncio.gather(
        *(workflow.opened(timeout={"strategy": "FAIL", "after": span}) for span in spans)
    )
    return tasks


async def _lateness(workflow: Client, tasks: list[dict[str, str]]) -> list[timedelta]:
    """How late each task expired, least first. Raises AssertionError where one was early, or did not."""
    ended = await asyncio.gather(*(workflow.await_task(task["id"], "PT30S") for task in tasks))
    late = []
    for task, end in zip(tasks, ended, strict=True):
        assert end["status"] == "EXPIRED"
        late.append(datetime.fromisoformat(end["resolution"]["at"]) - datetime.fromisoformat(task["deadlineAt"]))
    assert min(late) >= timedelta(0), "a deadline fired early"
    return sorted(late)


async def test_deadlines_are_never_early_and_at_most_a_second_late(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    late = await _lateness(workflow, await _open_many(workflow, 1.5))
    assert late[int(TASKS * 0.99)] <= timedelta(seconds=1)


async def test_after_redis_is_flushed_deadlines_are_at_most_three_seconds_late(
    apart: tuple[Workspace, EmbeddedValkey],
) -> None:
    workspace, valkey = apart
    workflow = await workspace.workflow()
    tasks = await _open_many(workflow, 1.5)
    Redis.from_url(valkey.url).flushall()
    assert max(await _lateness(workflow, tasks)) <= timedelta(seconds=3)


async def test_with_redis_stopped_everything_works_a_little_later(apart: tuple[Workspace, EmbeddedValkey]) -> None:
    workspace, valkey = apart
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("ben")
    async with reviewer.inbox() as inbox:
        await inbox.next()
        valkey.stop()
        tasks = await _open_many(workflow, 1.5)
        assert max(await _lateness(workflow, tasks)) <= timedelta(seconds=3)
        task = await workflow.opened(assignees=[{"reviewer": "ben"}])
        assert (await inbox.next())["assignment"]["task"]["id"] == task["id"]
        assert (await reviewer.answer(task["id"]))["__typename"] == "AnswerTaskSuccess"
        assert (await inbox.next())["reason"] == "RESOLVED"
    assert b'"degraded"' in workspace.service.get("/readyz")[1]
    valkey.start()


async def test_no_deadline_is_lost_over_a_worker_killed_with_9(apart: tuple[Workspace, EmbeddedValkey]) -> None:
    workspace, _ = apart
    workflow = await workspace.workflow()
    tasks = await _open_many(workflow, 1)
    await workflow.await_task(tasks[TASKS // 3]["id"])  # in the midst of it
    workspace.service.kill_workers()
    workspace.service.start_worker()
    await _lateness(workflow, tasks)
    endings = [e["task"]["id"] for e in await workflow.events({"types": ["EXPIRED"]})]
    assert sorted(endings) == sorted(task["id"] for task in tasks), "each exactly once"
