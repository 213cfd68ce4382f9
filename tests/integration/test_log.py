"""The event log: numbered without gaps however many write, and read by the same rule in SQL and in Python."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.deps import Deps, open_deps
from app.domain.approval import AnswerRequest, answer_task
from app.domain.event import RESOLVING, EventQuery, LoggedEvent, TaskEventType
from app.domain.task import Assignee, Decision, TimeoutStrategy, Transition
from app.domain.timeout import expire_task
from app.settings import Settings
from tests.factories import NOW, a_workspace, an_opening, groups, level, reviewers

pytestmark = pytest.mark.anyio

WRITERS = 8
SETS = 25
MOST = 10_000


def answer(opening: Transition) -> Transition:
    request = AnswerRequest(decision=Decision.APPROVE)
    through = (opening.task.assignments[0].assignee,)
    return answer_task(opening.task, request, reviewer="anna", through=through, now=NOW + timedelta(minutes=1))


async def test_events_of_many_writers_are_numbered_without_gaps_and_a_reader_misses_none(settings: Settings) -> None:
    async with open_deps(settings) as reading:
        await a_workspace(reading)
        await a_workspace(reading, "v")
        written = asyncio.Event()

        async def write() -> list[Transition]:
            """A writer in a process of its own, but for the process: it has its own connections."""
            made: list[Transition] = []
            async with open_deps(settings) as writing:
                for _ in range(SETS):
                    openings = [an_opening(workspace=w, assignees=reviewers("anna", "ben")) for w in "wvw"]
                    answers = [answer(opening) for opening in openings]
                    await writing.tasks.insert_many(openings)
                    await writing.tasks.save_many(answers)
                    made += [*openings, *answers]
            return made

        async def read() -> list[LoggedEvent]:
            seen: list[LoggedEvent] = []
            ended = False
            while not ended:
                ended = written.is_set()  # before the reading: what was written by then is read by it
                seen += await reading.events.follow({"w": seen[-1].seq if seen else 0}, most=MOST)
            return seen

        reader = asyncio.ensure_future(read())
        made = [change for changes in await asyncio.gather(*(write() for _ in range(WRITERS))) for change in changes]
        written.set()
        seen = await reader
        for workspace in "wv":
            events = await reading.events.follow({workspace: 0}, most=MOST)
            expected = [(t.task.id, t.task.version, e) for t in made if t.task.workspace == workspace for e in t.events]
            assert [e.seq for e in events] == list(range(1, len(expected) + 1))
            assert (await reading.events.head(workspace)).seq == len(expected)
            assert _by_task(events) == _by_task_made(expected), "all there, in the order in which they were made"
        assert seen == await reading.events.follow({"w": 0}, most=MOST)


def _by_task(events: list[LoggedEvent]) -> dict[object, list[object]]:
    return _by_task_made([(e.task_id, e.version, e.event) for e in events])


def _by_task_made(events: list[Any]) -> dict[object, list[object]]:
    found: dict[object, list[object]] = {}
    for task_id, *rest in events:
        found.setdefault(task_id, []).append(rest)
    return found


async def test_a_plain_sequence_as_cursor_loses_what_commits_out_of_order(settings: Settings) -> None:
    """Why the log has a counter of its own: the reader passes a number whose writer has not yet committed."""
    slow, fast, reader = [await asyncpg.connect(settings.database_url) for _ in range(3)]
    try:
        await reader.execute("CREATE TABLE plain_log (seq bigserial PRIMARY KEY, writer text)")

        async def poll(after: int) -> list[int]:
            rows = await reader.fetch("SELECT seq FROM plain_log WHERE seq > $1 ORDER BY seq", after)
            return [row["seq"] for row in rows]

        open_one = slow.transaction()
        await open_one.start()
        await slow.execute("INSERT INTO plain_log (writer) VALUES ('slow')")
        await fast.execute("INSERT INTO plain_log (writer) VALUES ('fast')")
        seen = await poll(0)
        await open_one.commit()
        seen += await poll(seen[-1])
        assert (seen, await poll(0)) == ([2], [1, 2]), "1 is there, and the reader will never see it"
    finally:
        for connection in (slow, fast, reader):
            await connection.close()


async def test_the_log_makes_the_second_writer_wait_so_that_numbers_are_committed_in_their_order(
    deps: Deps, settings: Settings
) -> None:
    await a_workspace(deps)
    slow = await asyncpg.connect(settings.database_url)
    try:
        open_one = slow.transaction()
        await open_one.start()
        await slow.execute("UPDATE workspaces SET head = head + 1 WHERE id = 'w'")  # what every write does first
        opening = an_opening()
        writing = asyncio.ensure_future(deps.tasks.insert_many([opening]))
        await _until_it_waits_for_a_lock(slow)
        assert not writing.done()
        assert await deps.events.follow({"w": 0}, most=MOST) == []
        await open_one.rollback()
        await writing
        assert [e.seq for e in await deps.events.follow({"w": 0}, most=MOST)] == [1, 2], "an undone one leaves no gap"
    finally:
        await slow.close()


async def _until_it_waits_for_a_lock(connection: asyncpg.Connection[Any]) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(10):
        while not await connection.fetchval(waiting):
            await asyncio.sleep(0)


async def test_a_query_finds_the_same_in_the_log_as_in_a_subscribers_hands(deps: Deps) -> None:
    await a_workspace(deps)
    await a_workspace(deps, "v")
    openings = [
        an_opening(assignees=[*reviewers("anna"), *groups("finance")], run_id="run-1"),
        an_opening(assignees=reviewers("ben"), workflow="refunds"),
        an_opening(workspace="v", assignees=reviewers("anna"), run_id="run-1"),
        an_opening(strategy=TimeoutStrategy.ESCALATE, escalate_to=[level("ben")], run_id="run-2"),
    ]
    await deps.tasks.insert_many(openings)
    assert openings[3].task.deadline_at
    escalated = expire_task(openings[3].task, now=openings[3].task.deadline_at)
    assert escalated
    await deps.tasks.save_many([answer(openings[0]), answer(openings[2]), escalated])
    log = await deps.events.follow({"w": 0, "v": 0}, most=MOST)
    assert len(log) == 15
    anna, ben = Assignee("reviewer", "anna").token, Assignee("reviewer", "ben").token
    options = itertools.product(
        ("w", "v", "none"),
        (None, (), (anna,), ("group:finance", ben), ("key:workflow",)),
        (None, (), (anna,), (ben, "group:finance")),
        (None, (), [openings[0].task.id] * 2, [o.task.id for o in openings[1:]]),
        (None, (), RESOLVING, (TaskEventType.ASSIGNED, TaskEventType.ESCALATED)),
        ((None, None), ("expenses", None), ("expenses", "run-1"), (None, "run-2"), ("", None)),
    )
    found = 0
    for workspace, tokens, concerns, task_ids, types, (workflow, run_id) in options:
        query = EventQuery(
            workspace=workspace,
            tokens=tokens,
            concerns=concerns,
            task_ids=task_ids,
            types=types,
            workflow=workflow,
            run_id=run_id,
        )
        listed = await deps.events.list_page(query, after=0, until=MOST, most=MOST)
        assert listed == [logged for logged in log if query.matches(logged)], query
        found += bool(listed)
    assert found > 100


async def test_a_page_of_the_log_is_after_one_number_and_until_another(deps: Deps) -> None:
    await a_workspace(deps)
    await deps.tasks.insert_many([an_opening() for _ in range(5)])
    query = EventQuery(workspace="w", tokens=None)

    async def page(after: int, until: int, most: int = MOST) -> list[int]:
        return [e.seq for e in await deps.events.list_page(query, after=after, until=until, most=most)]

    assert (await page(0, 10), await page(3, 6), await page(3, 10, 2)) == ([*range(1, 11)], [4, 5, 6], [4, 5])
    assert await page(10, 99) == await page(5, 5) == []
    opened = replace(query, types=[TaskEventType.OPENED])
    assert [e.seq for e in await deps.events.list_page(opened, after=1, until=9, most=3)] == [3, 5, 7]


async def test_following_reads_at_most_so_many_of_each_log(deps: Deps) -> None:
    for name in ("w", "v"):
        await a_workspace(deps, name)
    await deps.tasks.insert_many([an_opening(workspace="wv"[n % 2]) for n in range(6)])
    followed = await deps.events.follow({"w": 1, "v": 4, "none": 0}, most=3)
    assert [(e.workspace, e.seq) for e in followed] == [("v", 5), ("v", 6), ("w", 2), ("w", 3), ("w", 4)]
    assert await deps.events.follow({}, most=3) == []
    assert (await deps.events.head("none")).seq == 0
