"""`signoff dev`: the whole service on one machine, in the processes of production, on real PostgreSQL and Valkey.

What it starts it keeps running (a process that dies is started again), and stops when it is stopped or killed itself.
"""

from __future__ import annotations

import asyncio
import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import typer

from app.banner import banner
from app.embedded import EmbeddedPostgres, EmbeddedValkey, tie_to_parent

READY_SECONDS = 30.0
MIGRATION_SECONDS = "3600"  # the API waits for it from its start on, and one of many tasks takes long
STOP_SECONDS = 15.0
WATCH_SECONDS = 0.2
RESTART_SECONDS = 1.0
WORKSPACE = "demo"

# The demo keys: name in the ready file, role, reviewer, group.
DEMO_KEYS = (
    ("workflow", "WORKFLOW", None, None),
    ("reviewer", "REVIEWER", "approver", "finance"),
    ("backup", "REVIEWER", "backup-approver", "finance-leads"),
    ("analyst", "ANALYST", None, None),
    ("admin", "ADMIN", None, None),
)


class DevError(Exception):
    """Something that the person who started it can mend; the message says how."""


@dataclass(slots=True)
class _Part:
    """One process of the service, and how to start it again."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]


def run(*, data_dir: Path, host: str, port: int, reset: bool, ready_file: Path | None) -> None:
    """Runs the service until SIGINT or SIGTERM. Raises DevError, EmbeddedError."""
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: stopped.append(n))
    data_dir = data_dir.resolve()
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_only_one(data_dir))
        port = _free_port(host, port)
        _say(f"starting on {data_dir}")
        if ready_file:
            ready_file.unlink(missing_ok=True)  # what a killed run left there is not so any more
        postgres, valkey = EmbeddedPostgres(data_dir / "postgres"), EmbeddedValkey(data_dir / "valkey")
        if reset and "DATABASE_URL" in os.environ:
            raise DevError(
                "--reset empties the embedded database only; DATABASE_URL names another, which it leaves alone."
            )
        if reset:
            postgres.remove()
            valkey.remove()
            (data_dir / "keys.json").unlink(missing_ok=True)
        quiet = {"SIGNOFF_LOG_JSON": "false", "SIGNOFF_LOG_LEVEL": "WARNING"}
        environment = quiet | {"SIGNOFF_START_SECONDS": MIGRATION_SECONDS} | dict(os.environ)
        environment.setdefault("SIGNOFF_KEY_SECRET", _secret(data_dir))
        environment |= {"SIGNOFF_HOST": host, "SIGNOFF_PORT": str(port), "SIGNOFF_INTROSPECTION": "true"}
        servers: dict[str, EmbeddedPostgres | EmbeddedValkey] = {}
        if "REDIS_URL" not in environment:
            servers["Valkey"] = valkey
            stack.callback(valkey.stop)
            environment["REDIS_URL"] = valkey.url
        if "DATABASE_URL" not in environment:
            servers["PostgreSQL"] = postgres
            stack.callback(postgres.stop)
            environment["DATABASE_URL"] = postgres.url()
        # Started first and ready last: it waits for the database, and most of its start is reading its own code.
        api = _child(stack, "api", environment)
        parts = [_server(name, server) for name, server in servers.items()]
        os.environ.update(environment)  # settings of this process, too
        services = data_dir / "service.json"
        stack.callback(services.unlink, missing_ok=True)
        names = ("DATABASE_URL", "REDIS_URL", "SIGNOFF_KEY_SECRET", "SIGNOFF_HOST", "SIGNOFF_PORT")
        _write(services, {name: environment[name] for name in names})
        keys = asyncio.run(_prepare(data_dir))
        parts += [api, _child(stack, "worker", environment)]
        _wait_ready(host, port, api.process, stopped)
        ready = _ready(host, port, environment, data_dir, keys)
        if ready_file and not stopped:
            stack.callback(ready_file.unlink, missing_ok=True)
            _write(ready_file, ready)
        if not stopped:
            typer.echo(banner(ready))
        _watch(parts, stopped)
        _say("stopping")


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Holds the folder's lock. Raises DevError where another `signoff dev` does."""
    with (data_dir / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise DevError(
                f"signoff dev (process {lock.read().strip() or 'unknown'}) is running on {data_dir} already. "
                "Stop it, or give this one a folder of its own with --data-dir."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _free_port(host: str, port: int) -> int:
    """`port`, or any free one for 0. Raises DevError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DevError(f"Cannot listen on {host}:{port} ({error.strerror}). Choose another with --port.") from error
        return int(probe.getsockname()[1])


def _server(name: str, server: EmbeddedPostgres | EmbeddedValkey) -> _Part:
    server.start()

    def again() -> subprocess.Popen[bytes]:
        server.stop()
        server.start()
        assert server.process
        return server.process

    assert server.process
    return _Part(name, again, server.process)


def _child(stack: ExitStack, name: str, environment: dict[str, str]) -> _Part:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", name],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the others in order
            preexec_fn=tie_to_parent(signal.SIGTERM),  # noqa: PLW1509 -- this process has no threads
        )

    part = _Part(name, start, start())
    stack.callback(lambda: _stop(part.process))
    return part


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _secret(data_dir: Path) -> str:
    path = data_dir / "secret"
    if not path.exists():
        _write(path, secrets.token_urlsafe(32))
    return str(json.loads(path.read_text()))


async def _prepare(data_dir: Path) -> dict[str, str]:
    """Migrates, and sees to the demo keys: those of an earlier run where they are still good."""
    from app.auth import Role, key_id_of
    from app.deps import open_deps
    from app.service.issue_key import issue_key
    from app.settings import Settings
    from app.store.migrations import migrate

    path = data_dir / "keys.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    async with open_deps(Settings()) as deps:
        await migrate(deps.database)
        valid = await deps.keys.get_many_valid(key_id_of(key) for key in known.values())
        for name, role, reviewer, group in DEMO_KEYS:
            if name in known and key_id_of(known[name]) in valid:
                continue
            new = await issue_key(
                deps,
                workspace=WORKSPACE,
                name=f"demo-{name}",
                roles=[Role(role)],
                reviewer=reviewer,
                groups=[group] if group else [],
            )
            known[name] = new.text
    _write(path, known)
    return known


def _wait_ready(host: str, port: int, api: subprocess.Popen[bytes], stopped: list[int]) -> None:
    """Returns when /readyz says so. Raises DevError where the API ends first, or takes 30 seconds."""
    until = time.monotonic() + READY_SECONDS
    while not stopped:
        if api.poll() is not None:
            raise DevError("The API ended while it started; what it logged is above.")
        if time.monotonic() > until:
            raise DevError(f"The API was not ready within {READY_SECONDS:.0f} s.")
        connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        connection.close()
        time.sleep(0.02)


def _watch(parts: list[_Part], stopped: list[int]) -> None:
    """Starts again what dies, until a signal comes."""
    while not stopped:
        for part in parts:
            if part.process.poll() is not None and not stopped:
                _say(f"{part.name} ended ({part.process.returncode}); starting it again")
                time.sleep(RESTART_SECONDS)
                part.process = part.start()
        time.sleep(WATCH_SECONDS)


def _ready(host: str, port: int, environment: dict[str, str], data_dir: Path, keys: dict[str, str]) -> dict[str, Any]:
    at = f"{_reachable(host)}:{port}" if ":" not in host else f"[{host}]:{port}"
    return {
        "http": f"http://{at}/graphql",
        "ws": f"ws://{at}/graphql",
        "database_url": environment["DATABASE_URL"],
        "redis_url": environment["REDIS_URL"],
        "page": f"http://{at}/",
        "workspace": WORKSPACE,
        "data_dir": str(data_dir),
        "keys": keys,
    }


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- not bound to, replaced


def _write(path: Path, value: Any) -> None:
    """JSON, for the owner's eyes only, there whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    with _private(partial) as file:
        json.dump(value, file)
    partial.replace(path)


def _private(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def _say(what: str) -> None:
    typer.echo(f"signoff: {what}", err=True)
