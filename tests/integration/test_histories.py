"""What is stored of random histories is what was decided; nothing is open on what is over; the log is unbroken."""

from __future__ import annotations

import random
from itertools import groupby

import pytest

from app.deps import Deps
from app.domain.event import RESOLVING, EventQuery, TaskEventType
from app.domain.reassigning import delegate_task
from app.domain.task import ApprovalRule
from app.domain.workplace import Workplace
from tests.factories import NOW, a_workspace, an_opening, reviewers
from tests.histories import random_histories

pytestmark = pytest.mark.anyio

MOST = 100_000


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_comes_back_is_what_was_decided(deps: Deps, seed: int) -> None:
    await a_workspace(deps)
    tasks = await random_histories(deps, random.Random(seed), 150)
    found = await deps.tasks.get_many([task.id for task in tasks])
    for task in tasks:
        assert found[task.id].task == task


async def test_an_absence_that_is_looked_at_again_changes_nothing_more(deps: Deps) -> None:
    await a_workspace(deps)
    anna_away = Workplace(stand_ins={"anna": "zoe"})
    opening = an_opening(assignees=reviewers("anna", "ben"), rule=ApprovalRule.ALL)
    await deps.tasks.insert_many([opening])
    change = delegate_task(opening.task, now=NOW, workplace=anna_away)
    assert change
    await deps.tasks.save_many([change])
    task = await deps.tasks.find(opening.task.id)
    assert task
    assert delegate_task(task, now=NOW, workplace=anna_away) is None


@pytest.mark.parametrize("seed", [4])
async def test_nothing_stays_open_on_what_is_over_and_the_log_has_each_step_once(deps: Deps, seed: int) -> None:
    await a_workspace(deps)
    tasks = {task.id: task for task in await random_histories(deps, random.Random(seed), 150)}
    still = await deps.database.fetch(
        "SELECT t.id FROM tasks t JOIN assignments a ON a.task_id = t.id WHERE t.status <> 'PENDING'"
    )
    assert still == []
    due = await deps.database.fetch(
        "SELECT t.id FROM tasks t JOIN assignments a ON a.task_id = t.id WHERE a.due_at IS DISTINCT FROM t.deadline_at"
    )
    assert due == [], "an inbox pages by the deadline that there is"
    head = await deps.events.head("w")
    query = EventQuery(workspace="w", tokens=None)
    events = await deps.events.list_page(query, after=0, until=head.seq, most=MOST)
    assert [e.seq for e in events] == list(range(1, head.seq + 1))
    assert {e.event.type for e in events} == set(TaskEventType)
    events.sort(key=lambda e: (e.task_id, e.seq))
    for id_, of_task in groupby(events, key=lambda e: e.task_id):
        mine = list(of_task)
        assert sorted({e.version for e in mine}) == list(range(1, tasks[id_].version + 1))
        endings = [e.event.type for e in mine if e.event.type in RESOLVING]
        assert [str(e) for e in endings] == ([tasks[id_].status.value] if tasks[id_].resolution else [])
