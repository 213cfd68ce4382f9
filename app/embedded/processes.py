"""Processes that must not outlive their parent, and those that did."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


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


def find_processes(program: str, mark: str) -> dict[int, str]:
    """The command lines of the processes of `program` that bear `mark`, by process id."""
    pattern = re.compile(rf"(.*/)?{re.escape(program)}[: \0].*{mark}", re.DOTALL)
    return {pid: command for pid, command in command_lines() if pattern.match(command)}


def command_lines() -> Iterator[tuple[int, str]]:
    if sys.platform.startswith("linux"):
        for file in Path("/proc").glob("[0-9]*/cmdline"):  # not cwd: in a container that is not for root's eyes
            with suppress(OSError):  # it has ended
                yield int(file.parent.name), file.read_bytes().decode(errors="replace")
    else:
        listed = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,args="], capture_output=True, check=True)
        for line in listed.stdout.decode(errors="replace").splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command
