"""API and worker start on a database that is as their version needs it, wait for it, and else say why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import IO

import pytest

from app.embedded.processes import tie_to_parent
from app.settings import Settings
from app.store.database import Database
from app.store.migrations import known, migrate
from tests.acceptance.running import ROOT, STOP_SECONDS

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("command", ["api", "worker"])]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url)
    await database.connect()
    yield database
    await database.disconnect()


def started(settings: Settings, command: str, seconds: int) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SIGNOFF_KEY_SECRET": settings.key_secret.get_secret_value(),
        "SIGNOFF_PORT": "0",
        "SIGNOFF_START_SECONDS": str(seconds),
    }
    words = [sys.executable, "-m", "app.cli", command]
    tie = tie_to_parent(signal.SIGKILL)
    return subprocess.Popen(words, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=tie)  # noqa: PLW1509


async def empty(database: Database) -> None:
    await database.fetch("DROP SCHEMA public CASCADE")
    await database.fetch("CREATE SCHEMA public")


def said_at_the_end(process: subprocess.Popen[str]) -> str:
    """The one line with which it ended."""
    try:
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 1
    assert "Traceback" not in said
    [line] = [line for line in said.splitlines() if line.startswith("signoff: ")]
    return line


async def test_migrations_that_are_missing_are_named(settings: Settings, database: Database, command: str) -> None:
    await empty(database)
    said = said_at_the_end(started(settings, command, 0))
    assert all(name in said for name in known())
    assert "run `signoff migrate`" in said


async def test_a_database_of_a_newer_version_is_said(settings: Settings, database: Database, command: str) -> None:
    await database.write("INSERT INTO schema_migrations (name) VALUES ('9999_next')")
    said = said_at_the_end(started(settings, command, 600))
    assert "of a newer version: 9999_next" in said
    assert "migrate" not in said


async def test_a_migration_under_way_is_waited_for(settings: Settings, database: Database, command: str) -> None:
    await empty(database)
    process = started(settings, command, 600)
    try:
        assert process.stderr
        wait_for("database_awaited", process.stderr)
        await migrate(database)
        wait_for({"api": "Application startup complete", "worker": "worker_ready"}[command], process.stderr)
    finally:
        process.kill()
        process.communicate()


async def test_a_process_that_waits_is_ended_by_a_signal(settings: Settings, database: Database, command: str) -> None:
    await empty(database)
    process = started(settings, command, 600)
    assert process.stderr
    wait_for("database_awaited", process.stderr)
    process.terminate()
    assert process.wait(STOP_SECONDS)


async def test_one_that_has_just_begun_ends_at_the_first_signal(settings: Settings, command: str) -> None:
    """The worker's jobs, while they start, take a cancellation for Redis being away. So it is done several times."""
    for _ in range(5):
        process = started(settings, command, 0)
        try:
            assert process.stderr
            wait_for({"api": "Application startup complete", "worker": "worker_ready"}[command], process.stderr)
            process.terminate()
            assert process.wait(STOP_SECONDS) in (0, -signal.SIGTERM)
        finally:
            process.kill()
            process.communicate()


def wait_for(word: str, log: IO[str]) -> None:
    """Returns when a line of `log` has this word."""
    assert any(word in line for line in log), f"it ended without {word}"
