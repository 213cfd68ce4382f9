"""The report at the end, for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from examples.replay.reconcile import MOST_EXAMPLES, Reconciliation
from examples.replay.trace import Sitting


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds; None where nothing was measured."""

    count: int
    p50: float | None
    p99: float | None
    longest: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay came to. `reconciliation` is None where the tasks could not be read back."""

    sitting: Sitting
    seconds: float
    done: int
    concurrency: int
    resume: str
    reconciliation: Reconciliation | None

    @property
    def ok(self) -> bool:
        """Whether the whole log was replayed and everything agrees."""
        whole = self.done == len(self.sitting.traces) and not self.sitting.failures
        return whole and self.reconciliation is not None and self.reconciliation.ok

    @property
    def replayed(self) -> int:
        """How many tasks were there already when this sitting came to open them."""
        return sum(trace.replayed for trace in self.sitting.traces.values())

    @property
    def tasks_per_second(self) -> float | None:
        """Of the tasks opened in this sitting; None where there were none, or no time to speak of."""
        fresh = self.done - self.replayed
        return fresh / self.seconds if fresh > 0 and self.seconds > 0 else None

    def latencies(self) -> dict[str, Latency]:
        """Of the tasks opened in this sitting, by its clock; in seconds."""
        fresh = [trace for trace in self.sitting.traces.values() if not trace.replayed]
        return {
            "open_to_push": _latency((trace.opening_at, trace.pushed_at) for trace in fresh),
            "answer_to_resume": _latency((trace.answering_at, trace.resumed_at) for trace in fresh),
        }

    def to_json(self) -> dict[str, Any]:
        """The whole report, to be written as JSON."""
        log, checks = self.sitting.log, self.reconciliation
        return {
            "ok": self.ok,
            "run": self.sitting.tag,
            "log": {"rows": len(log.rows), "cases": len(log.cases), "people": len(log.people), "skipped": log.skipped},
            "concurrency": self.concurrency,
            "resume": self.resume,
            "tasks_done": self.done,
            "tasks_replayed": self.replayed,
            "seconds": round(self.seconds, 3),
            "tasks_per_second": self.tasks_per_second and round(self.tasks_per_second, 1),
            "latency_seconds": {
                name: {"count": found.count, "p50": found.p50, "p99": found.p99, "max": found.longest}
                for name, found in self.latencies().items()
            },
            "messages": dict(self.sitting.messages),
            "refusals": dict(self.sitting.refusals),
            "requests_tried_again": self.sitting.attempts.requests,
            "connections_tried_again": self.sitting.attempts.connections,
            "failures": self.sitting.failures,
            "reconciliation": checks
            and {
                "ok": checks.ok,
                "tasks": checks.tasks,
                "checks": [
                    {"name": check.name, "wrong": len(check.wrong), "examples": check.wrong[:MOST_EXAMPLES]}
                    for check in checks.checks
                ],
            },
        }

    def lines(self) -> Iterable[str]:
        """The report to be read."""
        log, sitting = self.sitting.log, self.sitting
        yield f"run               {sitting.tag}"
        yield f"log               {len(log.rows):,} tasks, {len(log.cases):,} cases, {len(log.people):,} people"
        if log.skipped:
            yield f"                  {log.skipped:,} rows had no person and were left out"
        rate = f", {self.tasks_per_second:,.0f} tasks a second" if self.tasks_per_second else ""
        yield f"done              {self.done:,} tasks in {self.seconds:.1f} s{rate}, {self.concurrency} cases at once"
        if self.replayed:
            yield f"                  {self.replayed:,} tasks had been opened before, and are not in the figures"
        for name, found in self.latencies().items():
            yield f"{name.replace('_', ' '):<17} {_shown(found)}"
        yield f"messages          {_counts(sitting.messages)}"
        yield f"refusals          {_counts(sitting.refusals)}"
        tried = sitting.attempts
        yield f"tried again       {tried.requests:,} requests, {tried.connections:,} WebSockets"
        for failure in sitting.failures[:MOST_EXAMPLES]:
            yield f"FAILED            {failure}"
        if len(sitting.failures) > MOST_EXAMPLES:
            yield f"                  and {len(sitting.failures) - MOST_EXAMPLES:,} more"
        yield from self._reconciled()

    def _reconciled(self) -> Iterable[str]:
        if self.reconciliation is None:
            yield "reconciliation    not done"
            return
        yield f"reconciliation    {self.reconciliation.tasks:,} tasks read back"
        for check in self.reconciliation.checks:
            yield f"  {'ok   ' if not check.wrong else 'WRONG'} {check.name}" + (
                f" (not so: {len(check.wrong):,})" if check.wrong else ""
            )
            for example in check.wrong[:MOST_EXAMPLES]:
                yield f"          {example}"


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of `ordered` (ascending, not empty) that is no less than `share` of them: the nearest rank."""
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def _latency(spans: Iterable[tuple[float | None, float | None]]) -> Latency:
    seconds = sorted(round(end - start, 6) for start, end in spans if start is not None and end is not None)
    if not seconds:
        return Latency(0, None, None, None)
    return Latency(len(seconds), percentile(seconds, 0.5), percentile(seconds, 0.99), seconds[-1])


def _shown(latency: Latency) -> str:
    if latency.p50 is None or latency.p99 is None or latency.longest is None:
        return "nothing was measured"
    return f"p50 {_ms(latency.p50)}, p99 {_ms(latency.p99)}, longest {_ms(latency.longest)} ({latency.count:,} tasks)"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "none"
