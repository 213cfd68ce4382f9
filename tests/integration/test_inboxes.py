"""Inboxes: what a person may act on now, and nothing that others have claimed or that they have answered."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from app.deps import Deps
from app.domain.approval import AnswerRequest, answer_task
from app.domain.claiming import claim_task
from app.domain.extending import extend_deadline
from app.domain.task import ApprovalRule, Assignee, Assignment, Decision, Task, Urgency
from app.store.inbox import InboxEntry, InboxPlace, InboxQuery
from tests.factories import NOW, a_workspace, an_opening, groups, held_by, reviewers
from tests.histories import MEMBER_OF, PEOPLE, random_histories

pytestmark = pytest.mark.anyio

MOST = 1_000
LEASE = timedelta(minutes=15)


def tokens(who: str) -> list[str]:
    return [f"reviewer:{who}", *(f"group:{name}" for name in MEMBER_OF.get(who, ()))]


async def inbox(deps: Deps, who: str, **given: Any) -> list[InboxEntry]:
    query = InboxQuery(workspace="w", assignees=tokens(who), person=who, **given)
    entries, _ = await deps.inbox.list_page(query, most=MOST, after=None)
    assert await deps.inbox.count(query, most=MOST) == len(entries)
    return entries


def expected(tasks: list[Task], who: str, given: dict[str, Any]) -> list[tuple[InboxPlace, Assignment]]:
    """The same in Python."""
    mine = [
        (InboxPlace(task.deadline_at, task.id, f"{a.assignee.token} {a.on_behalf_of or ''}"), a)
        for task in tasks
        for a in task.assignments
        if task.deadline_at
        and a.assignee.token in tokens(who)
        and a.claimed_by in (None, who)
        and who not in task.answered_by
        and ("urgency" not in given or task.question.urgency in given["urgency"])
        and given.get("workflow") in (None, task.question.workflow)
        and given.get("claimed") in (None, a.claimed_by is not None)
    ]
    return sorted(mine, key=lambda each: each[0])


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_inbox_has_what_its_person_may_act_on_most_urgent_first(deps: Deps, seed: int) -> None:
    await a_workspace(deps)
    chance = random.Random(seed)
    tasks = await random_histories(deps, chance, 150, steps=4)
    compared = claimed = 0
    for who in PEOPLE:
        for _ in range(12):
            wanted: dict[str, Any] = {
                "urgency": [*map(str, chance.sample(list(Urgency), 2))],
                "workflow": chance.choice(["expenses", "refunds"]),
                "claimed": chance.choice([True, False]),
            }
            given = {name: wanted[name] for name in chance.sample(list(wanted), chance.randrange(3))}
            entries = await inbox(deps, who, **given)
            assert [(e.place, e.assignment) for e in entries] == expected(tasks, who, given), (who, given)
            assert [e.task_id for e in entries] == [e.place.task_id for e in entries]
            compared += len(entries)
            claimed += len(entries) if given.get("claimed") else 0
    assert compared > 300
    assert claimed > 0


async def test_what_somebody_else_claims_leaves_and_what_they_give_back_returns(deps: Deps) -> None:
    await a_workspace(deps)
    opening = an_opening(assignees=[*reviewers("anna", "ben"), *groups("finance")])
    await deps.tasks.insert_many([opening])
    assert [len(await inbox(deps, who)) for who in ("anna", "ben", "yan")] == [2, 1, 1], "anna is in finance, too"
    task = opening.task
    change = claim_task(task, reviewer="yan", through=held_by(task, "yan", "finance"), lease=LEASE, now=NOW)
    await deps.tasks.save_many([change])
    assert [len(await inbox(deps, who)) for who in ("anna", "ben", "yan")] == [0, 0, 1]
    assert [len(await inbox(deps, "yan", claimed=yes)) for yes in (True, False)] == [1, 0]
    (entry,) = await inbox(deps, "yan")
    assert (entry.assignment.claimed_by, entry.assignment.claim_expires_at) == ("yan", NOW + LEASE)


async def test_what_one_has_answered_leaves_by_every_way_in_which_they_have_it(deps: Deps) -> None:
    await a_workspace(deps)
    opening = an_opening(assignees=[*reviewers("anna", "ben"), *groups("finance")], rule=ApprovalRule.ALL)
    await deps.tasks.insert_many([opening])
    task, request = opening.task, AnswerRequest(decision=Decision.APPROVE)
    # As herself alone: that she has it through finance as well no longer matters.
    alone = (Assignee("reviewer", "anna"),)
    await deps.tasks.save_many([answer_task(task, request, reviewer="anna", through=alone, now=NOW)])
    assert [len(await inbox(deps, who)) for who in ("anna", "ben", "yan")] == [0, 1, 1]


async def test_an_extended_deadline_moves_a_task_down_the_inbox(deps: Deps) -> None:
    await a_workspace(deps)
    first, second = an_opening(assignees=reviewers("anna")), an_opening(assignees=reviewers("anna"))
    await deps.tasks.insert_many([first, second])
    assert [e.task_id for e in await inbox(deps, "anna")] == sorted([first.task.id, second.task.id])
    change = extend_deadline(first.task, timedelta(hours=1), own=False, actor="workflow", reason=None, now=NOW)
    await deps.tasks.save_many([change])
    entries = await inbox(deps, "anna")
    assert [e.task_id for e in entries] == [second.task.id, first.task.id]
    assert entries[1].place.due_at == change.task.deadline_at
