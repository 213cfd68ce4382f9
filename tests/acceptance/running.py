"""The service as it runs in production: API and worker in processes of their own, stopped by their ids."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from app.embedded.processes import tie_to_parent
from app.settings import Settings

READY_SECONDS = 20.0
STOP_SECONDS = 30.0
ROOT = Path(__file__).parents[2]


class Running:
    """A running service; a context manager. `mutant` names a broken copy of tests/mutants.py to run instead."""

    def __init__(self, settings: Settings, *, mutant: str | None = None, workers: int = 1, **more: str) -> None:
        self.settings = settings
        self._command = ["-m", "tests.mutants", mutant] if mutant else ["-m", "app.cli"]
        self._workers = workers
        self.port = _free_port()
        self._environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SIGNOFF_KEY_SECRET": settings.key_secret.get_secret_value(),
            "SIGNOFF_PORT": str(self.port),
            "SIGNOFF_LOG_LEVEL": "WARNING",
            **more,
        }
        self.api: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def __enter__(self) -> Running:
        try:
            self.start_api()
            for _ in range(self._workers):
                self.start_worker()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start_api(self) -> None:
        self.api = self._start("api")

    def start_worker(self, *, stderr: int | None = None) -> None:
        self.workers.append(self._start("worker", stderr))

    def kill_workers(self) -> None:
        """As a crash does: with SIGKILL."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.workers.clear()

    def restart_api(self, number: signal.Signals = signal.SIGKILL) -> None:
        assert self.api
        self.api.send_signal(number)
        self.api.wait(STOP_SECONDS)
        self.start_api()
        self.wait_ready()

    def stop(self) -> None:
        """Raises AssertionError where one does not end by itself; it is killed then."""
        killed: list[object] = []
        for process in [*self.workers, *([self.api] if self.api else [])]:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed.append(process.args)
        self.workers.clear()
        self.api = None
        assert not killed, f"did not end within {STOP_SECONDS} s of SIGTERM: {killed}"

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def wait_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            assert self.api
            assert self.api.poll() is None, "the API ended while it started"
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"not ready within {READY_SECONDS} s")

    def _start(self, name: str, stderr: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *self._command, name],
            env=self._environment,
            cwd=ROOT,
            stderr=stderr,
            preexec_fn=tie_to_parent(signal.SIGKILL),  # noqa: PLW1509 -- where the tests are killed, it goes with them
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
