"""PostgreSQL goes away and comes back: callers are told, nothing is lost, nobody has to restart anything."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.embedded import EmbeddedPostgres
from app.settings import Settings
from app.store.database import Database
from app.store.migrations import migrate
from tests.acceptance.client import ApiError
from tests.acceptance.conftest import Workspace, workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def apart(servers: Servers, tmp_path: Path) -> AsyncIterator[tuple[Workspace, EmbeddedPostgres]]:
    """A service with a PostgreSQL of its own, to be taken from it."""
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    try:
        postgres.start()
        database = Database(postgres.url())
        await database.connect()
        await migrate(database)
        await database.disconnect()
        settings = servers.settings("any").model_copy(update={"database_url": postgres.url()})
        with Running(settings) as service:
            async for workspace in workspace_of(service):
                yield workspace, postgres
    finally:
        postgres.stop()
        postgres.remove()


async def test_a_database_that_goes_away_and_comes_back(apart: tuple[Workspace, EmbeddedPostgres]) -> None:
    workspace, postgres = apart
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    async with reviewer.inbox() as inbox:
        await inbox.next()
        task = await workflow.opened(timeout={"strategy": "FAIL", "after": "PT3S", "reminders": []})
        assert (await inbox.next())["assignment"]["task"]["id"] == task["id"]
        assert postgres.process
        postgres.process.kill()  # as a crash does
        postgres.process.wait()
        with pytest.raises(ApiError) as refused:
            await workflow.opened()
        assert refused.value.code == "UNAVAILABLE"
        status, body = workspace.service.get("/readyz")
        assert (status, b"unreachable" in body) == (503, True)
        assert workspace.service.get("/healthz")[0] == 200

        postgres.stop()
        postgres.start()
        workspace.service.wait_ready()
        assert (await inbox.next())["reason"] == "RESOLVED", "the deadline fired, and the same socket was told"
        again = await workflow.opened()
        assert (await inbox.next())["assignment"]["task"]["id"] == again["id"]
    assert (await workflow.task(task["id"]))["status"] == "EXPIRED"


async def test_who_waits_when_the_process_stops_is_given_the_task_as_it_stands(
    servers: Servers, workspace: Workspace
) -> None:
    """And not cut off: it asks again, and another process answers."""
    with Running(workspace.service.settings, workers=0) as service:
        at = workspace.at(service)
        workflow = await at.workflow()
        task = await workflow.opened()
        begun = time.monotonic()
        waits = [asyncio.create_task(workflow.await_task(task["id"], wait="PT60S")) for _ in range(3)]
        await workflow.opened()  # when it is answered, the waits are there, too
        assert service.api
        service.api.terminate()
        assert [(await wait)["status"] for wait in waits] == ["PENDING"] * 3
        await asyncio.to_thread(service.api.wait, 10)
        assert time.monotonic() - begun < 9


async def test_a_worker_whose_redis_is_away_ends_when_it_is_told_to(settings: Settings) -> None:
    running = Running(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1"}))
    running.start_worker(stderr=subprocess.PIPE)
    (worker,) = running.workers
    assert worker.stderr
    with worker.stderr:
        try:
            while b"worker_restarts" not in (said := worker.stderr.readline()):
                assert said, "it ended by itself"
        finally:
            running.stop()
    assert worker.returncode == 0
