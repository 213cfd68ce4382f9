"""The figures and bars that push and resume share: from the call to the message, beside the bare way."""

from __future__ import annotations

import asyncio
import time

from bench.processes import BenchError
from bench.report import Bar, Report
from bench.stats import percentile

LATE_SECONDS = 10.0

COLUMNS = ["contestant", "way", "messages", "p50 ms", "p99 ms", "max ms"]


class Watch:
    """When each number was sent, and how long each took to arrive, in seconds."""

    def __init__(self) -> None:
        self.sent_at: dict[int, float] = {}
        self.took: list[float] = []

    def sent(self, n: int, at: float) -> None:
        self.sent_at[n] = at

    def arrived(self, n: int) -> None:
        if n in self.sent_at:
            self.took.append(time.perf_counter() - self.sent_at.pop(n))

    async def all_arrived(self, what: str) -> None:
        """Returns when everything sent has arrived. Raises BenchError where something has not in 10 seconds."""
        until = time.perf_counter() + LATE_SECONDS
        while self.sent_at:
            if time.perf_counter() > until:
                raise BenchError(f"{what}: {len(self.sent_at)} messages did not arrive within {LATE_SECONDS:.0f} s")
            await asyncio.sleep(0.01)


def add_row(report: Report, contestant: str, way: str, took: list[float]) -> None:
    figures = [percentile(took, 0.5) * 1e3, percentile(took, 0.99) * 1e3, max(took) * 1e3]
    report.rows.append([contestant, way, len(took), *figures])


def bars(way: str, ours: list[float], floor: list[float]) -> list[Bar]:
    middle = percentile(ours, 0.5) * 1e3
    return [
        Bar(f"{way}: p50, ms", middle, 15, at_least=False),
        Bar(f"{way}: p99, ms", percentile(ours, 0.99) * 1e3, 50, at_least=False),
        Bar(f"{way}: p50 beside the bare way's", middle / (percentile(floor, 0.5) * 1e3), 3, at_least=False),
    ]
