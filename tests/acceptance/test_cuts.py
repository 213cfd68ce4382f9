"""No missed and no repeated event: a subscriber is cut at random points while eight writers work, and resumes."""

from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest

from tests.acceptance.client import EVENTS
from tests.acceptance.conftest import Workspace, workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers
from tests.mutants import SEQUENCE

pytestmark = pytest.mark.anyio

WRITERS = 8
TASKS_A_WRITER = 40
EVENTS_A_TASK = 4  # OPENED, ASSIGNED, ANSWERED, APPROVED


async def test_a_subscriber_cut_at_random_sees_every_event_once_and_in_order(workspace: Workspace) -> None:
    await _write_and_follow(workspace)


async def test_an_ordinary_sequence_as_cursor_fails_that(servers: Servers) -> None:
    settings = servers.settings(servers.new_database())
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(SEQUENCE)
    await connection.close()
    with Running(settings, mutant="sequence-cursor") as service:
        async for workspace in workspace_of(service):
            with pytest.raises((AssertionError, TimeoutError)):
                await _write_and_follow(workspace)


async def _write_and_follow(workspace: Workspace) -> None:
    admin, workflow, reviewer = await workspace.admin(), await workspace.workflow(), await workspace.reviewer("anna")
    cursor: str | None = await admin.cursor()
    seen: list[tuple[str, str]] = []
    expected = WRITERS * TASKS_A_WRITER * EVENTS_A_TASK

    async def write() -> None:
        for _ in range(TASKS_A_WRITER):
            task = await workflow.opened()
            await reviewer.answer(task["id"])

    async def follow() -> None:
        nonlocal cursor
        while len(seen) < expected:
            until_cut = random.randrange(1, 80)
            async with admin.stream(EVENTS, after=cursor) as events:
                for _ in range(min(until_cut, expected - len(seen))):
                    event = await events.next(5)
                    seen.append((event["task"]["id"], event["type"]))
                    assert event["task"]["version"] >= event["taskVersion"], "the task is older than its event"
                    cursor = event["cursor"]
                events.cut()

    await asyncio.gather(follow(), *(write() for _ in range(WRITERS)))
    logged = [(e["task"]["id"], e["type"]) for e in await admin.events()]
    assert len(logged) == expected
    assert seen == logged
