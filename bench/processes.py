"""Processes that a benchmark starts: each is stopped by its own id, also on failure, and dies with the benchmark."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from app.embedded import tie_to_parent

ROOT = Path(__file__).parents[1]
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class BenchError(Exception):
    """Something that stops a benchmark; the message says what and how to mend it."""


class Process:
    """One child process; a context manager. What it prints goes to `log`."""

    def __init__(
        self, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                [str(part) for part in command],
                env={**os.environ, **(environment or {})},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=tie_to_parent(signal.SIGTERM),  # noqa: PLW1509 -- no other threads are started before
            )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system."""
        return cpu_seconds(self.pid)

    @property
    def resident_bytes(self) -> int:
        """Memory held now (RSS)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE

    def check(self) -> None:
        """Raises BenchError, with the end of its log, where it has ended."""
        if self._child.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2_000:]
            raise BenchError(f"{self._child.args!r} ended with {self._child.returncode}:\n{tail}")

    async def answers(self, port: int) -> None:
        """Returns when it takes connections on `port`. Raises BenchError where it ends first, or in 60 seconds."""
        until = time.monotonic() + READY_SECONDS
        while True:
            self.check()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                if time.monotonic() > until:
                    raise BenchError(f"nothing listens on the port of {self._child.args!r}; see {self.log}") from None
                await asyncio.sleep(LOOK_SECONDS)
            else:
                writer.close()
                return

    def stop(self) -> None:
        """Stops it, by force after 15 seconds. Does nothing where it has ended."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._child.poll() is not None:
                return
            self._child.send_signal(number)
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


def cpu_seconds(pid: int, *, with_children: bool = False) -> float:
    """Processor time that a process has used so far, user and system; with its children's, living and ended, or not."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    used = (int(fields[11]) + int(fields[12])) / _TICKS
    if with_children:
        used += (int(fields[13]) + int(fields[14])) / _TICKS  # of those that have ended and were waited for
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                used += cpu_seconds(int(child))
    return used


def free_port() -> int:
    """A TCP port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
