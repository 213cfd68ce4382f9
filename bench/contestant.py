"""Whoever takes part in a cycle: a server that opens a question and takes its answer over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from bench.options import Options
from bench.processes import Process
from bench.servers import Servers


@dataclass(frozen=True)
class Contestant:
    """`opening(n)` and `answering(id)` are whole HTTP requests; `opened(body)` is the id; `answered(body)` whether the
    answer was taken. `lacks` says what it does not do that Signoff does."""

    name: str
    ports: tuple[int, ...]
    opening: Callable[[int], bytes]
    opened: Callable[[bytes], str]
    answering: Callable[[str], bytes]
    answered: Callable[[bytes], bool]
    lacks: str = ""
    processes: list[Process] = field(default_factory=list)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of its processes so far, without the database's."""
        return sum(process.cpu_seconds for process in self.processes)


Start = Callable[[Servers, Options], AbstractAsyncContextManager[Contestant]]
"""Starts a contestant for as long as the context is open. Raises BenchError where it cannot be."""
