"""What a watcher is told adds up: whoever follows the messages has in the end what the inbox's list has."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import UUID

import pytest

from app.deps import Deps
from app.domain.event import EventQuery, LoggedEvent
from app.domain.reassigning import reassign_task
from app.domain.task import Assignee, Task
from app.feed.delivery import Delivery
from app.service.watch import Assigned, Changed, Unassigned, _message
from app.store.inbox import InboxQuery
from tests.factories import NOW, a_reviewer, a_workspace, an_opening, groups, reviewers
from tests.histories import MEMBER_OF, PEOPLE, random_histories

pytestmark = pytest.mark.anyio


async def log_of(deps: Deps) -> list[LoggedEvent]:
    head = await deps.events.head("w")
    return await deps.events.list_page(EventQuery(workspace="w", tokens=None), after=0, until=head.seq, most=head.seq)


def followed(events: list[LoggedEvent], task_of: Callable[[LoggedEvent], Task], who: str) -> set[UUID]:
    """The tasks that somebody has who follows the log's messages from its beginning."""
    principal = a_reviewer(who, *MEMBER_OF.get(who, ()))
    tokens = frozenset(a.token for a in principal.assignees)
    query = EventQuery(workspace="w", tokens=tokens, concerns=tokens)
    mine: set[UUID] = set()
    for logged in filter(query.matches, events):
        match _message(Delivery(logged, task_of(logged)), "epoch", "rights", principal):
            case Assigned():
                mine.add(logged.task_id)
            case Unassigned():
                mine.discard(logged.task_id)
            case Changed():
                pass
    return mine


async def listed(deps: Deps, who: str) -> set[UUID]:
    tokens = [a.token for a in a_reviewer(who, *MEMBER_OF.get(who, ())).assignees]
    query = InboxQuery(workspace="w", assignees=tokens, person=who, people=[who])
    return {entry.task_id for entry in (await deps.inbox.list_page(query, most=1_000, after=None))[0]}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_messages_add_up_to_the_list(deps: Deps, seed: int) -> None:
    await a_workspace(deps)
    versions: dict[tuple[UUID, int], Task] = {}
    tasks = await random_histories(deps, random.Random(seed), 150, steps=5, versions=versions)
    now = {task.id: task for task in tasks}
    events = await log_of(deps)
    for who in PEOPLE:
        there = await listed(deps, who)
        assert there
        assert followed(events, lambda e: versions[e.task_id, e.version], who) == there, "who follows at once"
        assert followed(events, lambda e: now[e.task_id], who) == there, (
            "who catches up, and sees tasks as they are now"
        )


async def test_who_loses_one_of_two_ways_in_which_they_have_a_task_still_has_it(deps: Deps) -> None:
    await a_workspace(deps)
    opening = an_opening(assignees=[*reviewers("anna"), *groups("finance")])
    await deps.tasks.insert_many([opening])
    to, giving = (Assignee("reviewer", "ben"),), (Assignee("group", "finance"),)
    change = reassign_task(opening.task, to, giving=giving, actor="yan", reason=None, now=NOW)
    assert change
    await deps.tasks.save_many([change])
    events = await log_of(deps)
    assert followed(events, lambda _: change.task, "anna") == await listed(deps, "anna") == {change.task.id}
    assert followed(events, lambda _: change.task, "yan") == await listed(deps, "yan") == set()
