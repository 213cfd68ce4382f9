"""`signoff dev`, as whoever has just cloned it uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.embedded.processes import tie_to_parent
from tests.acceptance.client import OPEN
from tests.acceptance.running import ROOT

START_SECONDS = 30.0
_AWAIT = "query($id: ID!) { awaitTask(id: $id) { status } }"
OTHERS = ("DATABASE_URL", "REDIS_URL", "SIGNOFF_KEY_SECRET")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OTHERS}


def _signoff(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=_environment(), check=False
    )


@contextmanager
def _dev(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A `signoff dev` on `folder`, and what its ready file says."""
    ready_file = folder / "ready.json"
    command = [sys.executable, "-m", "app.cli", "dev", "--data-dir", str(folder / "data"), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready_file), *more],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=tie_to_parent(signal.SIGTERM),  # noqa: PLW1509
    )
    try:
        until = time.monotonic() + START_SECONDS
        while not ready_file.exists():
            assert process.poll() is None, "it ended while it started"
            assert time.monotonic() < until, "it was not ready in time"
            time.sleep(0.02)
        yield process, json.loads(ready_file.read_text())
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        assert process.stdout
        process.stdout.close()


def _run(ready: dict[str, Any], key: str, query: str, **variables: Any) -> Any:
    headers = {"authorization": f"Bearer {ready['keys'][key]}"}
    body = {"query": query, "variables": variables}
    return httpx2.post(ready["http"], json=body, headers=headers, timeout=30).json()["data"]


def _open(ready: dict[str, Any], **more: Any) -> Any:
    given = {
        "workflow": {"name": "w"},
        "prompt": "Approve the travel of Ada",
        "assignees": [{"group": "finance"}],
        **more,
    }
    return _run(ready, "workflow", OPEN, input=given)["openTask"]["task"]


def _knows(ready: dict[str, Any], task_id: str) -> bool:
    return bool(_run(ready, "workflow", "query($id: ID!) { task(id: $id) { id } }", id=task_id)["task"])


def _descendants(pid: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found: set[int] = set()
    rest = [pid]
    while rest:
        for child in children.get(rest.pop(), []):
            found.add(child)
            rest.append(child)
    return found


def _alive(pids: set[int]) -> set[int]:
    def lives(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    return {pid for pid in pids if lives(pid)}


def _wait_gone(pids: set[int]) -> None:
    until = time.monotonic() + 20
    while _alive(pids):
        assert time.monotonic() < until, f"still there: {_alive(pids)}"
        time.sleep(0.05)


def test_it_serves_every_role_and_keeps_its_data(tmp_path: Path) -> None:
    with _dev(tmp_path) as (process, ready):
        assert set(ready) >= {"http", "ws", "database_url", "redis_url", "keys"}
        who = {key: _run(ready, key, "{ viewer { id roles groups } }")["viewer"] for key in ready["keys"]}
        assert who["reviewer"] == {"id": "approver", "roles": ["REVIEWER"], "groups": ["finance"]}
        assert who["backup"] == {"id": "backup-approver", "roles": ["REVIEWER"], "groups": ["finance-leads"]}
        assert [who[k]["roles"] for k in ("workflow", "analyst", "admin")] == [["WORKFLOW"], ["ANALYST"], ["ADMIN"]]
        task = _open(ready, timeout={"strategy": "AUTO_APPROVE", "after": "PT1S"})
        ended = _run(ready, "workflow", _AWAIT, id=task["id"])
        assert ended == {"awaitTask": {"status": "EXPIRED"}}, "the worker fires deadlines"

        second = _signoff("dev", "--data-dir", str(tmp_path / "data"), "--port", "0")
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr
        taken = _signoff(
            "dev", "--data-dir", str(tmp_path / "other"), "--port", ready["http"].split(":")[2].split("/")[0]
        )
        assert taken.returncode == 1
        assert "--port" in taken.stderr

        data = ("--data-dir", str(tmp_path / "data"))
        made = _signoff("keys", "create", "--workspace", "demo", "--role", "ANALYST", "--name", "bi", "--json", *data)
        key = json.loads(made.stdout)
        ready["keys"]["bi"] = key["key"]
        assert _run(ready, "bi", "{ viewer { id } }") == {"viewer": {"id": "bi"}}
        listed = _signoff("keys", "list", *data).stdout
        assert key["id"] in listed
        assert key["key"] not in listed
        assert _signoff("keys", "revoke", key["id"], *data).returncode == 0
        assert key["id"] in [
            k["id"] for k in json.loads(_signoff("keys", "list", "--json", *data).stdout) if k["revoked_at"]
        ]
        running = _descendants(process.pid)
        assert len(running) >= 4
    assert process.returncode == 0
    _wait_gone(running)

    with _dev(tmp_path) as (_, again):
        assert again["keys"] == {name: key for name, key in ready["keys"].items() if name != "bi"}
        assert _knows(again, task["id"])
    with _dev(tmp_path, "--reset") as (_, empty):
        assert _run(empty, "admin", "{ tasks { totalCount } }") == {"tasks": {"totalCount": 0}}


def test_killed_it_leaves_nothing_behind_and_starts_again(tmp_path: Path) -> None:
    with _dev(tmp_path) as (process, ready):
        task = _open(ready)
        running = _descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        _wait_gone(running)
        (tmp_path / "ready.json").unlink()
    with _dev(tmp_path) as (_, again):
        assert _knows(again, task["id"])


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    with _dev(tmp_path) as (process, ready):
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _descendants(process.pid)}
        [worker] = [pid for pid, command in commands.items() if command.endswith(b"\0worker\0")]
        os.kill(worker, signal.SIGKILL)
        task = _open(ready, timeout={"strategy": "FAIL", "after": "PT1S"})
        ended = _run(ready, "workflow", _AWAIT, id=task["id"])
        assert ended == {"awaitTask": {"status": "EXPIRED"}}


@pytest.mark.parametrize("command", ["", "dev", "api", "worker", "migrate", "schema", "watch", "keys", "keys create"])
def test_every_command_has_help(command: str) -> None:
    shown = _signoff(*command.split(), "--help")
    assert shown.returncode == 0
    assert len(shown.stdout) > 200


def test_missing_settings_are_named(tmp_path: Path) -> None:
    refused = _signoff("migrate", "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert "DATABASE_URL: " in refused.stderr
    assert "REDIS_URL" not in refused.stderr
