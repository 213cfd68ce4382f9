"""One winner: answer, deadline and cancel race on one task, through two API processes, with the worker running."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.acceptance.client import Client
from tests.acceptance.conftest import Workspace, workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers

pytestmark = pytest.mark.anyio

TRIALS = 1_000
AT_ONCE = 100
SPREAD_SECONDS = 0.15
ENDINGS = ("APPROVED", "REJECTED", "EXPIRED", "CANCELLED")


@pytest.mark.timeout(300)  # half a minute alone, two where others use the machine
async def test_exactly_one_wins_and_each_loser_is_told_who(workspace: Workspace) -> None:
    with Running(workspace.service.settings, workers=0) as second:
        winners = await _races(workspace, workspace.at(second))
    assert winners.total() == TRIALS
    # A race that always ends the same way would show nothing.
    assert min(winners[ending] for ending in ENDINGS) >= TRIALS // 100, winners


async def test_a_service_that_reads_and_then_writes_fails_that(servers: Servers) -> None:
    database = servers.new_database()
    settings = servers.settings(database)
    with (
        Running(settings, mutant="no-version-guard") as service,
        Running(settings, mutant="no-version-guard", workers=0) as second,
    ):
        async for workspace in workspace_of(service):
            with pytest.raises(AssertionError):
                await _races(workspace, workspace.at(second))


async def _races(workspace: Workspace, second: Workspace) -> Counter[str]:
    winners = Counter[str]()
    for _ in range(TRIALS // AT_ONCE):
        winners += await _race(workspace, second, AT_ONCE)
    return winners


async def _race(workspace: Workspace, second: Workspace, trials: int) -> Counter[str]:
    """Races so many times at once; how often each ending won."""
    number = random.randrange(10**9)
    workflow = await workspace.workflow(f"workflow-{number}")
    anna, ben = await workspace.reviewer(f"anna-{number}"), await second.reviewer(f"ben-{number}")
    assignees = [{"reviewer": f"anna-{number}"}, {"reviewer": f"ben-{number}"}]
    timeout = {"strategy": "FAIL", "after": "PT1.5S", "reminders": []}
    tasks = await asyncio.gather(*(workflow.opened(assignees=assignees, timeout=timeout) for _ in range(trials)))
    return Counter(await asyncio.gather(*(_one(workflow, anna, ben, task) for task in tasks)))


async def _one(workflow: Client, anna: Client, ben: Client, task: dict[str, Any]) -> str:
    id_ = task["id"]
    due = datetime.fromisoformat(task["deadlineAt"])

    async def near_deadline(act: Any) -> Any:
        early = random.uniform(-SPREAD_SECONDS, SPREAD_SECONDS / 2)
        await asyncio.sleep(max(0, (due - datetime.now(UTC)).total_seconds() + early))
        return await act

    said = await asyncio.gather(
        near_deadline(anna.answer(id_, "APPROVE")),
        near_deadline(ben.answer(id_, "REJECT")),
        near_deadline(workflow.cancel(id_)),
    )
    ended = await workflow.await_task(id_)
    events = await workflow.run("query($id: ID!) { task(id: $id) { history { nodes { type taskVersion } } } }", id=id_)
    endings = [e["type"] for e in events["history"]["nodes"] if e["type"] in ENDINGS]
    assert endings == [ended["status"]], f"{id_}: {endings} but {ended['status']}"
    assert ended["version"] == 2
    assert len(ended["answers"]) == (ended["status"] in ("APPROVED", "REJECTED"))
    expected = {"APPROVED": 0, "REJECTED": 1, "CANCELLED": 2}.get(ended["status"])
    for n, result in enumerate(said):
        if n == expected:
            assert result["__typename"] in ("AnswerTaskSuccess", "TaskSuccess")
        else:
            assert result["__typename"] == "AlreadyResolved", result
            assert result["task"]["resolution"] == ended["resolution"]
    status: str = ended["status"]
    return status
