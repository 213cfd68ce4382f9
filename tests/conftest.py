"""Real servers for the tests: one PostgreSQL and one Valkey a test process, and a database of its own for each test."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest
from redis import Redis

from app.deps import Deps, open_deps
from app.embedded import EmbeddedPostgres, EmbeddedValkey
from app.service import foreknown
from app.service.commands import Commands
from app.settings import Settings
from app.store.database import Database
from app.store.migrations import migrate
from tests import clock as clocks
from tests.clock import Clock

# An example that takes long says something of the machine, which others use as well.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

KEY_SECRET = "a secret for tests only"
TEMPLATE = "signoff_template"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Servers:
    """The servers of this test process."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey

    def new_database(self) -> str:
        """A migrated, empty database; its name."""
        name = f"test_{next(_numbers)}_{secrets.token_hex(3)}"
        _run(_execute(self.postgres.url("postgres"), f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"'))
        return name

    def drop_database(self, name: str) -> None:
        _run(_execute(self.postgres.url("postgres"), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def settings(self, database: str) -> Settings:
        return Settings(
            database_url=self.postgres.url(database),
            redis_url=self.valkey.url,
            key_secret=KEY_SECRET,
        )


Statements = Callable[[], int]


@pytest.fixture
def statements(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Statements:
    """How many statements `deps` has run since it was asked last."""
    run = 0
    real = deps.database.fetch

    async def counted(*given: Any) -> Any:
        nonlocal run
        run += 1
        return await real(*given)

    def since() -> int:
        nonlocal run
        counted, run = run, 0
        return counted

    monkeypatch.setattr(deps.database, "fetch", counted)
    return since


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time is reckoned from one that was read up to a minute ago, for a test may be slow."""
    monkeypatch.setattr(foreknown, "MOST_SECONDS", 60.0)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder: Path = tmp_path_factory.mktemp("servers")
    postgres, valkey = EmbeddedPostgres(folder / "postgres", durable=False), EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        _run(_make_template(postgres))
        yield Servers(postgres, valkey)
    finally:
        postgres.stop()
        valkey.stop()
        postgres.remove()


@pytest.fixture
def settings(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings with a database of the test's own, whose time a test that asks for `clock` moves, and an empty Redis."""
    Redis.from_url(servers.valkey.url).flushall()
    name = servers.new_database()
    if "clock" in request.fixturenames:
        _run(clocks.install(servers.postgres.url(name)))
    yield servers.settings(name)
    servers.drop_database(name)


@pytest.fixture
async def clock(settings: Settings) -> AsyncIterator[Clock]:
    """The clock of the test's database."""
    connection = await asyncpg.connect(settings.database_url)
    yield Clock(connection)
    await connection.close()


@pytest.fixture
async def deps(settings: Settings) -> AsyncIterator[Deps]:
    async with open_deps(settings) as deps:
        yield deps


@pytest.fixture
async def commands(deps: Deps) -> AsyncIterator[Commands]:
    commands = Commands(deps)
    yield commands
    await commands.drain()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` to its end, in a thread of its own: whoever calls may be inside a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _make_template(postgres: EmbeddedPostgres) -> None:
    await _execute(postgres.url("postgres"), f'CREATE DATABASE "{TEMPLATE}"')
    database = Database(postgres.url(TEMPLATE))
    await database.connect()
    try:
        await migrate(database)
    finally:
        await database.disconnect()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
