"""What the embedded servers have in common: a folder, a log, a process, a socket in a folder of its own."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from app.embedded import processes, servant
from app.embedded.errors import EmbeddedError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.01
LOG_TAIL_BYTES = 1_500
SOCKET_FOLDER_BYTES = 60  # a socket's path has at most 103 bytes on any system, and 31 come behind the folder


class Server(ABC):
    """What the two have in common: a folder, a log, a process."""

    name: str
    program: str
    stop_signal: signal.Signals
    remedy: str

    def __init__(self, directory: Path) -> None:
        if sys.platform == "win32":
            raise EmbeddedError("There are no embedded servers for Windows; set DATABASE_URL and REDIS_URL.")
        self.directory = directory.resolve()
        self.log = self.directory / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._sockets_made = False
        # In the command lines of the server and of its children: tells on which folder they run.
        self._mark = f"signoff-server-{hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]}"

    def start(self) -> None:
        """Starts the server and returns when it answers. Raises EmbeddedError."""
        if self.process:
            raise RuntimeError(f"{self.name} was started already.")
        try:
            # 0711: the servant goes through; what is in it has its own permissions.
            self.directory.mkdir(mode=0o711 if servant.ids() else 0o700, parents=True, exist_ok=True)
            self.log.touch(mode=0o600)  # it may quote rows
            self._end_left_behind()
            sockets = self._socket_folder
            if not self._sockets_made:  # removed when it was stopped
                sockets.mkdir(mode=0o700)  # raises where somebody else has made it meanwhile
                self._sockets_made = True
            self._start(sockets)
        except (OSError, LookupError, subprocess.SubprocessError) as error:
            self.stop()
            raise EmbeddedError(f"{self.name} cannot be started: {error}\n{self.remedy}") from error
        except BaseException:
            self.stop()
            raise

    @abstractmethod
    def _start(self, sockets: Path) -> None:
        """Starts the process, with its socket in `sockets`, and returns when it answers."""

    def stop(self) -> None:
        """Stops the server, by force after 10 seconds. Does nothing where it does not run."""
        for number in (self.stop_signal, signal.SIGQUIT, signal.SIGKILL):
            if self.process:
                self.process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(STOP_SECONDS)
                    self.process = None
        if self._sockets_made:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._sockets_made = False

    def remove(self) -> None:
        """Stops the server and deletes all it keeps, for good. Raises EmbeddedError, OSError."""
        self.stop()
        self._end_left_behind()
        for path in self._kept():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        with suppress(OSError):  # there is more in it, or it never was
            self.directory.rmdir()

    def _kept(self) -> list[Path]:
        return [self.log]

    @cached_property
    def _socket_folder(self) -> Path:
        """A short path that only one user enters. The same at each start: others hold URLs with it."""
        for folder in (Path(tempfile.gettempdir()).resolve(), servant.SCRATCH):
            if len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES and servant.servant_reaches(folder):
                self._sockets_made = True
                return Path(tempfile.mkdtemp(prefix="signoff-", dir=folder))
        raise EmbeddedError("There is no folder for sockets; set TMPDIR to a short path that everybody may enter.")

    def _launch(self, command: Sequence[str | Path], **how: Any) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in a terminal reaches only whoever started this.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.tie_to_parent(self.stop_signal),  # noqa: PLW1509 -- for callers without threads
                **how,
            )
        return self.process

    def _wait(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not ready():
            ended = self.process is None or self.process.poll() is not None
            if ended or time.monotonic() > until:
                what = "ended while it started" if ended else f"was not ready within {START_SECONDS:.0f} s"
                tail = self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
                raise EmbeddedError(f"{self.name} {what}. Its log ({self.log}) ends:\n{tail}\n{self.remedy}")
            time.sleep(LOOK_SECONDS)

    def _end_left_behind(self) -> None:
        """Ends the server of a parent that was killed, where the system did not, or the children of a killed server."""
        begun = time.monotonic()
        while left := processes.find_processes(self.program, self._mark):
            # A server ends its children itself. Where there is none any more, they are of no use.
            servers = [pid for pid, command in left.items() if not command.startswith(f"{self.program}: ")]
            by_force = not servers or time.monotonic() > begun + STOP_SECONDS
            if time.monotonic() > begun + 2 * STOP_SECONDS:
                raise EmbeddedError(f"A {self.name} left behind (process {min(left)}) does not stop; end it first.")
            for pid in left if by_force else servers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if by_force else self.stop_signal)
            time.sleep(LOOK_SECONDS)


def wheel(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(f"The package {package} is not installed; install Signoff anew, or set the server's URL.")
    return Path(found.submodule_search_locations[0]).resolve()
