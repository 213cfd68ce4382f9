"""A workspace knows nothing of another: whatever is in one, what is read in the other stays as it was.

Both hold the same names of everything. Each condition on the workspace in a statement that reads is left out once, and
it must show.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.absence import Absence
from app.domain.approval import AnswerRequest
from app.domain.calendar import Calendar
from app.domain.event import EventQuery
from app.domain.task import ApprovalRule, Decision
from app.service.answer_task import answer_task
from app.service.commands import Commands
from app.service.delegate_tasks import delegate_tasks
from app.service.ids import new_id
from app.service.open_task import open_task
from app.store import directory, events, feedback, inbox, keys, tasks
from app.store.events import OfTask
from app.store.feedback import FeedbackQuery
from app.store.inbox import InboxQuery
from app.store.tasks import TaskQuery, Wanted
from tests.factories import a_key, a_principal, a_request, a_reviewer, groups

pytestmark = pytest.mark.anyio

MOST = 100
READ = {"tasks": tasks, "inbox": inbox, "events": events, "feedback": feedback, "keys": keys, "directory": directory}
PARTS = {"key_columns", "fitting"}
WRITE = {"set_group", "set_reviewer", "end_absence"}
CONDITION = re.compile(r"(\w+\.)?workspace( \|\| '')? = (\$1|\w+\.(workspace|id))\b")


async def filled(deps: Deps, commands: Commands, workspace: str, *members: str) -> list[UUID]:
    """Tasks of all kinds, a directory, a calendar and keys; the ids of the tasks. `members`: of the group finance."""
    await a_key(deps, Role.WORKFLOW, workspace=workspace)
    await a_key(deps, Role.REVIEWER, workspace=workspace, name="anna", reviewer="anna", groups=[f"of-{workspace}"])
    await deps.directory.set_group(workspace, "finance", members, by="test")
    hours = tuple(() if day > 4 else ((540, 600 if workspace == "w" else 1_020),) for day in range(7))
    await deps.directory.set_calendar(workspace, Calendar("office", "UTC", hours, frozenset()), by="test")
    workflow = a_principal(Role.WORKFLOW, workspace=workspace)
    quorum: dict[str, Any] = {"assignees": groups("finance"), "rule": ApprovalRule.AT_LEAST, "at_least": 1}
    requests = [
        a_request(run_id="run", idempotency_key="key" if workspace == "w" else "key of v"),
        a_request(run_id="run"),
        a_request(calendar="office", **quorum),
    ]
    opened = [(await open_task(commands, workflow, request)).task.id for request in requests]
    answer = AnswerRequest(decision=Decision.APPROVE, rating=5 if workspace == "w" else 1)
    await answer_task(commands, a_reviewer("anna", workspace=workspace), str(opened[0]), answer)
    return opened


async def leave(deps: Deps, commands: Commands, workspace: str, who: str) -> UUID:
    """`who` is absent, and zoe stands in for them, now."""
    read = await deps.directory.absences(workspace)
    absence = Absence(new_id(), who, "zoe", read.now, read.now + timedelta(hours=1))
    assert await deps.directory.insert_absence(workspace, absence, seen=read.version, by="test")
    await delegate_tasks(commands)
    return absence.id


async def seen(deps: Deps, workspace: str, mine: list[UUID], all_: list[UUID]) -> dict[str, Any]:
    """All that is read in the workspace, by what is read. `mine` are its tasks, `all_` those of others as well."""
    everything: dict[str, Any] = {}

    def keep(what: str, found: Any) -> None:
        everything[what] = found

    read = await deps.tasks.get_many(mine)
    keep("tasks", {id_: (each.task, each.workplace) for id_, each in read.items()})
    wanted = [Wanted(workspace, "workflow", key, ["finance"], "office") for key in ("key", "key of v")]
    keep("opened", [(f.id, f.workplace, f.nobody_absent) for f in await deps.tasks.find_opened(wanted)])
    run: dict[str, Any] = {"created_by": None, "after": None, "most": MOST}
    keep("run", await deps.tasks.list_pending_of_run(workspace, "expenses", "run", **run))
    for who in ("anna", "zoe", "nobody"):
        keep(f"absent {who}", await deps.tasks.list_of_absentees(workspace, [who], after=None, most=MOST))
    task_query = TaskQuery(workspace=workspace, tokens=None)
    keep("list", await deps.tasks.list_page(task_query, most=MOST, after=None))
    keep("count", await deps.tasks.count(task_query, most=MOST))
    tokens = ["reviewer:anna", "group:finance"]
    inbox_query = InboxQuery(workspace=workspace, assignees=tokens, person="anna", people=["anna"])
    keep("inbox", await deps.inbox.list_page(inbox_query, most=MOST, after=None))
    keep("inbox count", await deps.inbox.count(inbox_query, most=MOST))
    for more in ({}, {"task_ids": all_}, {"workflow": "expenses"}, {"run_id": "run"}):
        query = EventQuery(workspace=workspace, tokens=None, **more)
        keep(f"events {[*more]}", await deps.events.list_page(query, after=0, until=MOST, most=MOST))
    keep("followed", await deps.events.follow({workspace: 0}, most=MOST))
    keep("histories", await deps.events.list_of_tasks([OfTask(id_, 0, MOST) for id_ in mine]))
    rated = FeedbackQuery(workspace=workspace, tokens=None)
    keep("feedback", await deps.feedback.list_page(rated, most=MOST, after=None))
    keep("feedback count", await deps.feedback.count(rated, most=MOST))
    keep("figures", await deps.feedback.stats(rated, keys=["WORKFLOW"], most=MOST))
    of_it = await deps.keys.list_(workspace)
    keep("keys", of_it)
    keep("valid keys", await deps.keys.get_many_valid(key.id for key in of_it))
    keep("reviewers", await deps.directory.list_reviewers(workspace, after=None, most=MOST))
    keep("groups", await deps.directory.list_groups(workspace, after=None, most=MOST))
    keep("absences", (await deps.directory.absences(workspace)).absences)
    keep("calendars", await deps.directory.list_calendars(workspace, most=MOST))
    return everything


def left_out(*, writes: bool) -> Iterator[tuple[Any, str, str]]:
    """Each statement with one of its conditions on the workspace left out: its module, its name, its text."""
    for module in READ.values():
        for name, text in module._SQL.items():
            # Not the parts that others are made of: what they are in has its own turn.
            if (name in WRITE) is writes and name not in PARTS:
                for found in CONDITION.finditer(text):
                    yield module, name, f"{text[: found.start()]}({found[0]}) IS NOT NULL{text[found.end() :]}"


async def test_what_is_read_in_a_workspace_is_its_own(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await filled(deps, commands, "w", "anna", "ben")
    before = await seen(deps, "w", mine, mine)
    empty = {what for what, found in before.items() if not found}
    assert empty == {"absences", "absent zoe", "absent nobody"}, "nothing shows nothing"
    theirs = await filled(deps, commands, "v", "carl")
    await deps.directory.set_group("v", "sales", ["anna"], by="test")
    await deps.directory.set_reviewer("v", "ben", ["legal"], by="test")
    await leave(deps, commands, "v", "anna")
    assert await seen(deps, "w", mine, [*mine, *theirs]) == before

    mutants = list(left_out(writes=False))
    assert len(mutants) > 25, "all of them are found"
    for module, name, text in mutants:
        with monkeypatch.context() as broken:
            broken.setitem(module._SQL, name, text)
            with suppress(asyncpg.CardinalityViolationError):  # two calendars of one name: that shows as well
                assert await seen(deps, "w", mine, [*mine, *theirs]) != before, f"it does not show: {text}"


async def test_tasks_opened_together_with_one_key_in_two_workspaces_are_two(deps: Deps, commands: Commands) -> None:
    workflows = [a_principal(Role.WORKFLOW, workspace=workspace) for workspace in ("w", "v")]
    for workflow in workflows:
        await a_key(deps, Role.WORKFLOW, workspace=workflow.workspace)
    for replayed in (False, True):
        together = (open_task(commands, workflow, a_request(idempotency_key="key")) for workflow in workflows)
        opened = await asyncio.gather(*together)
        assert [(each.task.workspace, each.replayed) for each in opened] == [("w", replayed), ("v", replayed)]


async def test_what_is_set_in_a_workspace_leaves_the_others(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await filled(deps, commands, "w", "anna", "ben")
    ended, to_come = await leave(deps, commands, "w", "anna"), new_id()
    read = await deps.directory.absences("w")
    later = Absence(to_come, "ben", "zoe", read.now + timedelta(hours=1), read.now + timedelta(hours=2))
    assert await deps.directory.insert_absence("w", later, seen=read.version, by="test")
    await a_key(deps, Role.ADMIN, workspace="v")

    async def set_there() -> None:
        await deps.directory.set_group("v", "finance", ["carl"], by="test")
        await deps.directory.set_reviewer("v", "ben", ["legal"], by="test")
        for absence in (ended, to_come):
            await deps.directory.end_absence("v", absence)

    before = await seen(deps, "w", mine, mine)
    await set_there()
    assert await seen(deps, "w", mine, mine) == before

    mutants = list(left_out(writes=True))
    assert len(mutants) == 4
    for module, name, text in mutants:
        with monkeypatch.context() as broken:
            broken.setitem(module._SQL, name, text)
            await set_there()
        after = await seen(deps, "w", mine, mine)
        assert after != before, f"it does not show: {text}"
        before = after
        await deps.directory.set_group("w", "finance", ["anna", "ben"], by="test")
