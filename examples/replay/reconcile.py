"""Whether the service's record of the run agrees with the log, and with what this replay saw."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from examples.replay.log import Row
from examples.replay.service import Api
from examples.replay.trace import WORKFLOW, Sitting, Trace

MOST_EXAMPLES = 5

_TASKS = """
query($workflow: String, $after: Cursor) {
  tasks(filter: {workflow: $workflow}, first: 200, after: $after) {
    nodes {
      id status labels createdAt
      workflow { runId step }
      answers { reviewer onBehalfOf decision }
      resolution { outcome by actors at }
      feedback { reviewer rating }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@dataclass(slots=True)
class Check:
    """One thing that must hold of every row, and the rows of which it does not."""

    name: str
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Reconciliation:
    """How many tasks the service has of this run, and every check."""

    tasks: int
    checks: list[Check]

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not any(check.wrong for check in self.checks)


async def reconcile(api: Api, sitting: Sitting) -> Reconciliation:
    """Reads every task of the run back through the API, and compares. Raises ReplayError."""
    tasks = await _read_back(api, sitting)
    by_row: dict[int, list[dict[str, Any]]] = defaultdict(list)
    checks = _Checks()
    for task in tasks:
        if (trace := sitting.mine(task)) is not None:
            by_row[trace.row.number].append(task)
        else:
            checks.note(_ONE_TASK, f"task {task['id']} belongs to no row")
    for number, trace in sitting.traces.items():
        found = by_row[number]
        if len(found) != 1:
            checks.note(_ONE_TASK, f"row {number} has {len(found)} tasks")
        for task in found:
            _check_task(checks, sitting, trace, task)
        _check_pushes(checks, sitting, trace, opened=bool(found))
    for case in sitting.log.cases:
        _check_order(checks, case, by_row)
    for stray in sitting.strays:
        checks.note(_PUSHED, stray)
    return Reconciliation(len(tasks), list(checks.by_name.values()))


_ONE_TASK = "one task a row"
_STEP = "each task is the recorded step of its case"
_APPROVED = "every task was approved, by a reviewer"
_ANSWERED = "every task was answered once, by the recorded person"
_RATED = "every task was rated once, as the person rated it"
_ORDER = "each step was opened after the one before it was resolved"
_PUSHED = "every task was pushed once, to the recorded person"
_LEFT = "every task left the inbox once, after its answer"


class _Checks:
    def __init__(self) -> None:
        names = (_ONE_TASK, _STEP, _APPROVED, _ANSWERED, _RATED, _ORDER, _PUSHED, _LEFT)
        self.by_name = {name: Check(name) for name in names}

    def note(self, name: str, wrong: str) -> None:
        self.by_name[name].wrong.append(wrong)


async def _read_back(api: Api, sitting: Sitting) -> list[dict[str, Any]]:
    """The tasks whose run id begins with this run's tag."""
    found: dict[str, dict[str, Any]] = {}
    after: str | None = None
    while True:
        page = (await api.call(_TASKS, {"workflow": WORKFLOW, "after": after}))["tasks"]
        for task in page["nodes"]:
            if (task["workflow"]["runId"] or "").startswith(f"{sitting.tag}/"):
                found[task["id"]] = task
        if not page["pageInfo"]["hasNextPage"]:
            return list(found.values())
        after = page["pageInfo"]["endCursor"]


def _check_task(checks: _Checks, sitting: Sitting, trace: Trace, task: dict[str, Any]) -> None:
    row, about = trace.row, f"row {trace.row.number}"
    workflow, resolution = task["workflow"], task["resolution"]
    if (workflow["runId"], workflow["step"]) != (sitting.run_id(row), row.step):
        checks.note(_STEP, f"{about}: {workflow['step']} in {workflow['runId']}")
    if trace.task_id not in (None, task["id"]):
        checks.note(_ONE_TASK, f"{about}: opened as {trace.task_id}, read back as {task['id']}")
    approved = resolution and (resolution["outcome"], resolution["by"]) == ("APPROVED", "REVIEWER")
    if task["status"] != "APPROVED" or not approved:
        checks.note(_APPROVED, f"{about}: {task['status']}, {resolution}")
    elif resolution["actors"] != [row.person]:
        checks.note(_ANSWERED, f"{about}: resolved by {resolution['actors']}, not {row.person}")
    answers = [(answer["reviewer"], answer["onBehalfOf"], answer["decision"]) for answer in task["answers"]]
    if answers != [(row.person, None, "APPROVE")]:
        checks.note(_ANSWERED, f"{about}: {answers}, not by {row.person}")
    ratings = [(feedback["reviewer"], feedback["rating"]) for feedback in task["feedback"]]
    if ratings != [(row.person, row.rating)]:
        checks.note(_RATED, f"{about}: {ratings}, not {row.rating} by {row.person}")


def _check_pushes(checks: _Checks, sitting: Sitting, trace: Trace, *, opened: bool) -> None:
    """What an earlier sitting's people answered, they were not told of again in this one."""
    about = f"row {trace.row.number}"
    earlier = trace.found_resolved and not trace.pushes
    if opened and trace.pushes != 1 and not earlier:
        checks.note(_PUSHED, f"{about}: {trace.pushes} times to {trace.row.person}")
    missed = trace.answered and not trace.left and trace.row.person not in sitting.gaps
    if trace.left > 1 or missed:
        checks.note(_LEFT, f"{about}: {trace.left} times")


def _check_order(checks: _Checks, case: tuple[Row, ...], by_row: dict[int, list[dict[str, Any]]]) -> None:
    """By the service's clock."""
    for before, row in pairwise(case):
        for earlier in by_row[before.number]:
            for later in by_row[row.number]:
                resolved_at = (earlier["resolution"] or {}).get("at")
                if resolved_at is None or _moment(later["createdAt"]) < _moment(resolved_at):
                    checks.note(_ORDER, f"row {row.number} at {later['createdAt']}, row {before.number} {resolved_at}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
