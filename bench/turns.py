"""Taking turns: each contestant in each round, so that what the machine does meanwhile touches all alike."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from bench.contestant import Contestant
from bench.load import Connection, connect
from bench.processes import BenchError
from bench.servers import Servers
from bench.stats import percentile


@dataclass
class Turns:
    """What one contestant did with so many clients, a figure a round: cycles a second, a cycle's p50 and p99 in
    milliseconds, and the processor time a cycle of its processes and of the database, in milliseconds."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    database_cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)


async def take_turn(
    contestant: Contestant, servers: Servers, *, clients: int, seconds: float, numbers: Iterator[int], into: Turns
) -> None:
    """`clients` clients open and answer, one cycle after the other, for so many seconds."""
    ports = itertools.cycle(contestant.ports)
    connections = [await connect(port) for port, _ in zip(ports, range(clients), strict=False)]
    took: list[float] = []
    cpu, database, begun = contestant.cpu_seconds, servers.database_seconds, time.perf_counter()
    try:
        await asyncio.gather(*(_cycles(contestant, c, begun + seconds, numbers, took) for c in connections))
    finally:
        for connection in connections:
            connection.close()
    elapsed = time.perf_counter() - begun
    into.database_cpu.append((servers.database_seconds - database) / len(took) * 1e3)
    into.rates.append(len(took) / elapsed)
    into.p50.append(percentile(took, 0.5) * 1e3)
    into.p99.append(percentile(took, 0.99) * 1e3)
    into.cpu.append((contestant.cpu_seconds - cpu) / len(took) * 1e3)


async def _cycles(
    contestant: Contestant, connection: Connection, until: float, numbers: Iterator[int], took: list[float]
) -> None:
    while (begun := time.perf_counter()) < until:
        opened = await connection.request(contestant.opening(next(numbers)))
        try:
            id_ = contestant.opened(opened)
        except (ValueError, LookupError) as error:
            raise BenchError(f"{contestant.name} opened nothing: {opened[:1_000]!r}") from error
        answered = await connection.request(contestant.answering(id_))
        if not contestant.answered(answered):
            raise BenchError(f"{contestant.name} took no answer: {answered[:1_000]!r}")
        took.append(time.perf_counter() - begun)
