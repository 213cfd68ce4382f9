"""The servant: the user that runs PostgreSQL where we are root, as it refuses root; and what that user can reach."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from app.embedded.errors import EmbeddedError

SERVANT = "nobody"
# Where root keeps what the servant must reach and cannot where it belongs. Not /var/tmp: many systems delete there,
# file by file, what was not touched for a month, and most files of a cluster are never touched.
STATE = Path("/var/lib/signoff-dev")
SCRATCH = Path("/tmp")  # noqa: S108 -- for sockets and what tests keep; mkdtemp is safe there
# glibc's usual thresholds have a backend give its memory back after each statement, and take it again, page by page,
# for the next: up to a third of what a lone command costs. docker-compose.yml sets the same.
KEPT_MEMORY = {
    "MALLOC_TOP_PAD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "33554432",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
}


def ids() -> tuple[int, int] | None:
    """User and group to run PostgreSQL as, where not as ourselves. Raises LookupError where there is no such user."""
    if os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 -- there is none on Windows

    return pwd.getpwnam(SERVANT)[2:4]


def as_servant() -> dict[str, Any]:
    """How to start a program of PostgreSQL: as whom, and in surroundings that are the same on every machine."""
    kept = {name: value for name, value in os.environ.items() if name == "PGPORT" or not name.startswith("PG")}
    how: dict[str, Any] = {"cwd": "/", "env": kept | {"LC_ALL": "C", "TZ": "UTC"} | KEPT_MEMORY}
    if found := ids():
        how |= {"user": found[0], "group": found[1], "extra_groups": []}
    return how


def give_to_servant(folder: Path) -> None:
    if found := ids():
        try:
            os.chown(folder, *found, follow_symlinks=False)
        except OSError as error:  # a container in which root is nobody but root
            raise EmbeddedError(
                f"PostgreSQL refuses to run as root, and root cannot hand {folder} to the user {SERVANT} ({error}). "
                "Run this as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
            ) from error


def servant_reaches(path: Path) -> bool:
    """Whether the servant, where there is one, may enter (or run) `path` and enter every folder above it."""
    return ids() is None or all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def state_folder() -> Path:
    STATE.mkdir(parents=True, exist_ok=True)
    found = STATE.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise EmbeddedError(f"{STATE} must be a folder of root's that nobody else may write to; delete or mend it.")
    STATE.chmod(0o711)  # whatever the umask
    return STATE
