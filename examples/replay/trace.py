"""What this replay saw of each row, by its own clock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from examples.replay.log import Log, Row
from examples.replay.service import Attempts

WORKFLOW = "replay"


@dataclass(slots=True)
class Trace:
    """One row's task. Times are time.perf_counter() seconds; None: not in this sitting."""

    row: Row
    task_id: str | None = None
    replayed: bool = False  # the task was there already: an earlier sitting's, or a second attempt to open it
    found_resolved: bool = False  # and somebody had answered it
    opening_at: float | None = None
    pushed_at: float | None = None
    answering_at: float | None = None
    resumed_at: float | None = None
    assigned: int = 0  # TaskAssigned messages
    listed: bool = False  # first seen in an AssignmentSnapshot
    paged: bool = False  # first seen in a page after one; a TaskAssigned may rightly follow
    answered: bool = False  # AnswerTaskSuccess
    left: int = 0  # TaskUnassigned messages

    @property
    def pushes(self) -> int:
        """How often the person was told of the task; 1 is right."""
        return (self.assigned + self.listed) or int(self.paged)


@dataclass(slots=True)
class Sitting:
    """One run of this program: its tag, what it saw of each row, and how often what happened besides."""

    tag: str
    log: Log
    traces: dict[int, Trace]
    attempts: Attempts = field(default_factory=Attempts)
    messages: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    gaps: set[str] = field(default_factory=set)  # people who missed a part of the log, and were told so by a snapshot

    def run_id(self, row: Row) -> str:
        """The workflow run that a row belongs to."""
        return f"{self.tag}/{row.case}"

    def mine(self, task: dict[str, object]) -> Trace | None:
        """The trace of a task, if this replay opened it: by the labels that it gave it."""
        labels = task.get("labels")
        if not isinstance(labels, dict) or labels.get("replay") != self.tag:
            return None
        row = str(labels.get("row", ""))
        return self.traces.get(int(row)) if row.isdecimal() else None


def new_sitting(tag: str, log: Log) -> Sitting:
    """A sitting that has seen nothing yet."""
    return Sitting(tag, log, {number: Trace(row) for number, row in log.rows.items()})
