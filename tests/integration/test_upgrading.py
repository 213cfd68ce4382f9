"""A database with data in it, as the first version left it, comes to the present one with everything in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.domain.cancelling import cancel_task
from app.domain.task import Assignee, AssignmentReason, Task
from app.domain.timeout import expire_task
from app.domain.waking import wake_task
from app.store.database import Database
from app.store.directory import Directory, Group, Reviewer
from app.store.inbox import Inbox, InboxQuery
from app.store.migrations import known, migrate, missing
from app.store.tasks import TaskQuery, Tasks
from tests.conftest import Servers

pytestmark = pytest.mark.anyio

OPENED = datetime(2026, 1, 31, 12, tzinfo=UTC)
ESCALATED = OPENED + timedelta(hours=1)
PENDING, RESOLVED, CANCELLED = (UUID(int=n) for n in (1, 2, 3))

AS_IT_WAS = """
INSERT INTO workspaces (id) VALUES ('w'), ('v');

INSERT INTO api_keys (id, workspace, name, hash, roles, reviewer, groups) VALUES
    ('1', 'w', 'anna-laptop', '', '{REVIEWER}', 'anna', '{finance,legal}'),
    ('2', 'w', 'anna-phone',  '', '{REVIEWER}', 'anna', '{finance,travel}'),
    ('3', 'w', 'ben',         '', '{REVIEWER}', 'ben',  '{finance}'),
    ('4', 'w', 'carl',        '', '{REVIEWER}', 'carl', '{}'),
    ('5', 'w', 'workflow',    '', '{WORKFLOW}', NULL,   '{finance}'),
    ('6', 'v', 'anna',        '', '{REVIEWER}', 'anna', '{other}');

INSERT INTO tasks (id, workspace, created_by, openers, created_at, workflow, prompt, context, labels, urgency, rule,
                   strategy, levels, when_exhausted, rating_required, scores, separation_of_duties, version, status,
                   level, deadline_at, audience, outcome, resolved_by, actors, resolved_at)
SELECT id, 'w', 'workflow', '{}', '2026-01-31T12:00Z', 'expenses', 'Approve report #1234', '{}', '{"agent": "a"}',
       'ROUTINE',
       'ANY', 'ESCALATE',
       '[{"assignees": ["reviewer:anna", "group:finance"], "after": 3600.0},
         {"assignees": ["reviewer:ben"], "after": 5400.5}]',
       'FAIL', false, '{}', false, version, status, level, deadline_at,
       '{key:workflow,reviewer:anna,group:finance,reviewer:ben}', outcome, resolved_by, actors, resolved_at
  FROM (VALUES
    ('00000000-0000-0000-0000-000000000001'::uuid, 2, 'PENDING', 1, '2026-01-31T14:30:00.5Z'::timestamptz,
     NULL, NULL, NULL::text[], NULL::timestamptz),
    ('00000000-0000-0000-0000-000000000002', 2, 'APPROVED', 0, NULL,
     'APPROVED', 'REVIEWER', '{anna}', '2026-01-31T12:10Z'),
    ('00000000-0000-0000-0000-000000000003', 1, 'PENDING', 0, '2026-01-31T13:00Z', NULL, NULL, NULL, NULL))
    AS t (id, version, status, level, deadline_at, outcome, resolved_by, actors, resolved_at);

INSERT INTO assignments (task_id, assigned_version, assignee, position, workspace, level, reason, assigned_at, due_at,
                         ended_at, ended_reason) VALUES
    ('00000000-0000-0000-0000-000000000001', 1, 'reviewer:anna', 0, 'w', 0, 'OPENED',
     '2026-01-31T12:00Z', '2026-01-31T13:00Z', '2026-01-31T13:00Z', 'ESCALATED'),
    ('00000000-0000-0000-0000-000000000001', 1, 'group:finance', 1, 'w', 0, 'OPENED',
     '2026-01-31T12:00Z', '2026-01-31T13:00Z', '2026-01-31T13:00Z', 'ESCALATED'),
    ('00000000-0000-0000-0000-000000000001', 2, 'reviewer:ben', 0, 'w', 1, 'ESCALATED',
     '2026-01-31T13:00Z', '2026-01-31T14:30:00.5Z', NULL, NULL),
    ('00000000-0000-0000-0000-000000000002', 1, 'reviewer:anna', 0, 'w', 0, 'OPENED',
     '2026-01-31T12:00Z', '2026-01-31T13:00Z', '2026-01-31T12:10Z', 'RESOLVED'),
    ('00000000-0000-0000-0000-000000000003', 1, 'reviewer:anna', 0, 'w', 0, 'OPENED',
     '2026-01-31T12:00Z', '2026-01-31T13:00Z', NULL, NULL),
    ('00000000-0000-0000-0000-000000000003', 1, 'group:finance', 1, 'w', 0, 'OPENED',
     '2026-01-31T12:00Z', '2026-01-31T13:00Z', NULL, NULL);

INSERT INTO answers (task_id, reviewer, decision, through, assigned_at, answered_at) VALUES
    ('00000000-0000-0000-0000-000000000002', 'anna', 'APPROVE', '{reviewer:anna}', '2026-01-31T12:00Z',
     '2026-01-31T12:10Z');
"""


@asynccontextmanager
async def upgraded_from(servers: Servers, last: str, data: str) -> AsyncIterator[Database]:
    """A database of the version of migration `last` with this data, migrated to the present one."""
    name = servers.new_database()
    database = Database(servers.postgres.url(name))
    await database.connect()
    try:
        await database.fetch("DROP SCHEMA public CASCADE")
        await database.fetch("CREATE SCHEMA public")
        then = {each: statements for each, statements in known().items() if each <= last}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.store.migrations.known", lambda: then)
            assert await migrate(database) == list(then)
        for statement in data.split(";\n"):
            if statement.strip():
                await database.fetch(statement)
        assert await migrate(database) == [each for each in known() if each > last]
        assert await missing(database) == []
        yield database
    finally:
        await database.disconnect()
        servers.drop_database(name)


@pytest.fixture
async def upgraded(servers: Servers) -> AsyncIterator[Database]:
    async with upgraded_from(servers, "0001_start", AS_IT_WAS) as database:
        yield database


WITHOUT_END = """
INSERT INTO workspaces (id) VALUES ('w');
INSERT INTO absences (id, workspace, reviewer, delegate, from_at, until_at, set_by) VALUES
    ('00000000-0000-0000-0000-000000000001', 'w', 'anna', 'ben', '-infinity', '2126-01-31T12:00Z', 'x'),
    ('00000000-0000-0000-0000-000000000002', 'w', 'carl', 'ben', '2126-01-31T12:00Z', 'infinity', 'x'),
    ('00000000-0000-0000-0000-000000000003', 'w', 'dana', 'ben', '9999-01-31T12:00Z', 'infinity', 'x');
INSERT INTO calendars (workspace, name, zone, week, holidays, set_by) VALUES
    ('w', 'office', 'UTC', '[[],[],[],[],[],[],[[0,1]]]', '{2026-12-25,infinity,-infinity}', 'x');
"""


async def test_what_had_no_end_and_could_not_be_read_has_one(servers: Servers) -> None:
    async with upgraded_from(servers, "0008_no_fingerprints", WITHOUT_END) as database:
        directory = Directory(database)
        read = await directory.absences("w")
        assert [(a.reviewer, a.from_at <= read.now, a.until_at.year) for a in read.absences] == [
            ("anna", True, 2126),
            ("carl", False, 9998),
        ]
        (office,) = await directory.list_calendars("w", most=10)
        assert office.holidays == {date(2026, 12, 25)}
        for broken in (
            "UPDATE absences SET until_at = 'infinity'",
            "UPDATE calendars SET holidays = '{infinity}'",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                await database.fetch(broken)


ANNA, BEN, FINANCE = Assignee("reviewer", "anna"), Assignee("reviewer", "ben"), Assignee("group", "finance")


async def task_of(database: Database, id: UUID) -> Task:
    task = await Tasks(database).find(id)
    assert task
    return task


async def test_each_task_has_the_clock_and_the_people_of_its_level(upgraded: Database) -> None:
    pending, resolved, first = [await task_of(upgraded, id_) for id_ in (PENDING, RESOLVED, CANCELLED)]
    assert (pending.asked, pending.began_at, pending.span) == ((BEN,), ESCALATED, timedelta(seconds=5400.5))
    assert pending.wake_at == pending.deadline_at == ESCALATED + timedelta(seconds=5400.5)
    assert (first.asked, first.began_at, first.span) == ((ANNA, FINANCE), OPENED, timedelta(hours=1))
    assert first.wake_at == first.deadline_at == ESCALATED
    assert (resolved.asked, resolved.began_at, resolved.span) == ((ANNA, FINANCE), OPENED, timedelta(hours=1))
    assert (resolved.wake_at, resolved.deadline_at) == (None, None)
    assert resolved.answers[0].people == {"anna"}
    for task in (pending, resolved, first):
        assert (task.question.reminders, task.question.calendar, task.remind_at, task.reminded) == ((), None, None, 0)
        assert task.own_extensions == ()
    (stored,) = await upgraded.fetch("SELECT wake_at FROM tasks WHERE id = $1", PENDING)
    assert stored["wake_at"] == pending.wake_at
    (assignment,) = pending.assignments
    assert (assignment.assignee, assignment.reason) == (BEN, AssignmentReason.ESCALATED)
    assert (assignment.on_behalf_of, assignment.claimed_by, assignment.claim_expires_at) == (None, None, None)


async def test_the_directory_is_made_of_the_keys_groups_each_person_once(upgraded: Database) -> None:
    directory = Directory(upgraded)
    assert await directory.list_reviewers("w", after=None, most=10) == [
        Reviewer("anna", ("finance", "legal", "travel")),
        Reviewer("ben", ("finance",)),
        Reviewer("carl", ()),
    ]
    assert await directory.list_groups("w", after=None, most=10) == [
        Group("finance", ("anna", "ben"), whole=False),
        Group("legal", ("anna",), whole=False),
        Group("travel", ("anna",), whole=False),
    ]
    assert await directory.list_reviewers("v", after=None, most=10) == [Reviewer("anna", ("other",))]


async def test_lists_find_what_was_there_by_its_words_and_labels(upgraded: Database) -> None:
    asked: list[tuple[dict[str, Any], bool]] = [
        ({"text": "rep 1234"}, True),
        ({"label": {"agent": "a"}}, True),
        ({"text": "agent"}, False),
        ({"label": {"agent": "b"}}, False),
    ]
    for given, finds in asked:
        query = TaskQuery(**{"workspace": "w", "tokens": None, **given})
        tasks = await Tasks(upgraded).list_page(query, most=10, after=None)
        assert {task.id for task in tasks} == ({PENDING, RESOLVED, CANCELLED} if finds else set()), given


async def test_words_that_were_there_are_found_however_they_were_written(servers: Servers) -> None:
    apart = r"UPDATE tasks SET details = U&'Cafe\0301' WHERE id = '00000000-0000-0000-0000-000000000001'"
    async with upgraded_from(servers, "0001_start", f"{AS_IT_WAS}{apart};\n") as database:
        for text, finds in (("caf\u00e9", {PENDING}), ("rep", {PENDING, RESOLVED, CANCELLED})):
            query = TaskQuery(workspace="w", tokens=None, text=text)
            assert {task.id for task in await Tasks(database).list_page(query, most=10, after=None)} == finds


async def test_what_was_there_goes_on_as_if_it_had_always_been_of_this_version(upgraded: Database) -> None:
    tasks, inbox = Tasks(upgraded), Inbox(upgraded)
    due = await tasks.lease_due(most=10, seconds=1)
    assert set(due.tasks) == {PENDING, CANCELLED}, "both were due long ago"
    query = InboxQuery(workspace="w", assignees=["reviewer:anna", "group:finance"], person="anna", people=["anna"])
    entries, _ = await inbox.list_page(query, most=10, after=None)
    assert [(e.task_id, e.assignment.assignee) for e in entries] == [(CANCELLED, FINANCE), (CANCELLED, ANNA)]
    pending, first = await task_of(upgraded, PENDING), await task_of(upgraded, CANCELLED)
    assert pending.deadline_at
    woken = wake_task(pending, now=pending.deadline_at)
    assert woken == expire_task(pending, now=pending.deadline_at)
    assert woken
    changes = [woken, cancel_task(first, by="workflow", reason=None, now=OPENED)]
    saved = await tasks.save_many(changes)
    assert saved == {PENDING, CANCELLED}
    for change in changes:
        assert await task_of(upgraded, change.task.id) == change.task
