"""Migrations are applied once each, and the database keeps the same rules about a row as the domain does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from enum import StrEnum

import asyncpg
import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.event import RESOLVING
from app.domain.task import (
    ApprovalRule,
    AssignmentReason,
    Decision,
    FinalStrategy,
    Outcome,
    ResolvedBy,
    TaskStatus,
    TimeoutStrategy,
    Urgency,
)
from app.service import health
from app.service.health import readiness
from app.store.database import Database
from app.store.migrations import known, migrate, missing
from tests.conftest import Servers
from tests.factories import a_workspace, an_opening

pytestmark = pytest.mark.anyio

SCHEMA = """
SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
 WHERE table_schema = 'public' ORDER BY 1, 2"""
CONSTRAINTS = """
SELECT conrelid::regclass::text AS table_name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture
async def empty(servers: Servers) -> AsyncIterator[Database]:
    """A database in which there is nothing."""
    name = servers.new_database()
    database = Database(servers.postgres.url(name))
    await database.connect()
    try:
        await database.fetch("DROP SCHEMA public CASCADE")
        await database.fetch("CREATE SCHEMA public")
        yield database
    finally:
        await database.disconnect()
        servers.drop_database(name)


async def schema(database: Database) -> list[tuple[object, ...]]:
    return [tuple(row) for what in (SCHEMA, CONSTRAINTS, INDEXES) for row in await database.fetch(what)]


async def test_migrating_applies_everything_once_and_nothing_the_second_time(empty: Database, deps: Deps) -> None:
    assert await missing(empty) == list(known())
    assert await migrate(empty) == list(known())
    made = await schema(empty)
    assert made == await schema(deps.database), "a migrated database equals any other"
    assert await missing(empty) == []
    assert await migrate(empty) == []
    assert await schema(empty) == made


async def test_several_that_migrate_at_once_apply_each_migration_once(empty: Database) -> None:
    applied = await asyncio.gather(*(migrate(empty) for _ in range(5)))
    assert [name for names in applied for name in names] == list(known())
    assert await missing(empty) == []


async def test_a_migration_that_fails_leaves_nothing(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await schema(empty)
    broken = {**known(), "9999_broken": "CREATE TABLE half (id integer); SELECT 1 / 0"}
    monkeypatch.setattr("app.store.migrations.known", lambda: broken)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty)
    assert await schema(empty) == before
    assert await missing(empty) == list(broken)


async def test_a_database_that_does_not_answer_makes_nobody_wait_who_asks_for_health(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "DATABASE_SECONDS", 0.1)
    async with deps.database.transaction() as other:
        await other.execute("LOCK TABLE schema_migrations")
        report = await readiness(deps)
        assert (report.database, report.ready) == ("does not answer in time", False)
    assert (await readiness(deps)).ready


async def test_a_process_is_ready_where_the_database_is_of_its_own_version(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an old process asks of a newer database may be gone from it, as what a new one asks may not be there yet."""
    assert (await readiness(deps)).database == "ok"
    *older, newest = known()
    with monkeypatch.context() as old_process:
        old_process.setattr("app.store.migrations.known", lambda: dict.fromkeys(older, ""))
        report = await readiness(deps)
    assert report.database == f"of a newer version: {newest}; run that version instead"
    assert (report.ready, report.as_json["status"]) == (False, "unavailable")
    with monkeypatch.context() as new_process:
        new_process.setattr("app.store.migrations.known", lambda: dict.fromkeys([*older, newest, "9999_next"], ""))
        report = await readiness(deps)
    assert report.database == "migrations missing: 9999_next; run `signoff migrate`"
    assert not report.ready


@pytest.mark.parametrize(
    ("table", "column", "enum"),
    [
        ("tasks", "urgency", Urgency),
        ("tasks", "rule", ApprovalRule),
        ("tasks", "strategy", TimeoutStrategy),
        ("tasks", "when_exhausted", FinalStrategy),
        ("tasks", "status", TaskStatus),
        ("assignments", "reason", AssignmentReason),
        ("answers", "decision", Decision),
        ("api_keys", "roles", Role),
    ],
)
async def test_a_column_accepts_the_words_of_its_enum_and_no_others(
    deps: Deps, table: str, column: str, enum: type[StrEnum]
) -> None:
    found = await deps.database.fetch(
        """SELECT pg_get_constraintdef(c.oid) AS definition
             FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
            WHERE c.contype = 'c' AND c.conrelid = $1::text::regclass AND a.attname = $2""",
        table,
        column,
    )
    (definition,) = [row["definition"] for row in found]
    assert set(re.findall("'([A-Z_]+)'", definition)) == {member.value for member in enum}


async def test_a_task_can_end_in_the_ways_that_the_domain_knows_and_in_no_others(deps: Deps) -> None:
    ways = {
        (TaskStatus.APPROVED, Outcome.APPROVED, ResolvedBy.REVIEWER),
        (TaskStatus.REJECTED, Outcome.REJECTED, ResolvedBy.REVIEWER),
        (TaskStatus.EXPIRED, Outcome.APPROVED, ResolvedBy.TIMEOUT),
        (TaskStatus.EXPIRED, Outcome.FAILED, ResolvedBy.TIMEOUT),
        (TaskStatus.CANCELLED, Outcome.CANCELLED, ResolvedBy.WORKFLOW),
    }
    assert {status.value for status, _, _ in ways} == {type_.value for type_ in RESOLVING}
    await a_workspace(deps)
    accepted = set()
    for status in TaskStatus:
        for outcome in Outcome:
            for by in ResolvedBy:
                if await _accepts(
                    deps,
                    f"status = '{status}', outcome = '{outcome}', resolved_by = '{by}', actors = '{{x}}',"
                    " resolved_at = now(), deadline_at = NULL, wake_at = NULL",
                ):
                    accepted.add((status, outcome, by))
    assert accepted == ways


@pytest.mark.parametrize(
    "change",
    [
        "deadline_at = NULL",
        "wake_at = NULL",
        "wake_at = deadline_at + interval '1 second'",
        "status = 'APPROVED', deadline_at = NULL, wake_at = NULL",
        "status = 'OPEN'",
        "outcome = 'APPROVED'",
        "version = 0",
        "level = -1",
        "rule = 'AT_LEAST'",
        "at_least = 2",
        "urgency = 'routine'",
    ],
)
async def test_a_row_that_the_domain_would_not_make_is_refused(deps: Deps, change: str) -> None:
    await a_workspace(deps)
    assert await _accepts(deps, "version = 2")
    assert not await _accepts(deps, change)


async def _accepts(deps: Deps, change: str) -> bool:
    """Whether a PENDING task's row may be changed so."""
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    try:
        await deps.database.write(f"UPDATE tasks SET {change} WHERE id = $1", opening.task.id)
    except asyncpg.CheckViolationError:
        assert await deps.tasks.find(opening.task.id) == opening.task
        return False
    return True


@pytest.mark.parametrize(
    "change",
    [
        "wake_at = NULL",
        "wake_at = deadline_at + interval '1 microsecond'",
        "reminded = -1",
        "reminded = NULL",
        "asked = NULL",
        "began_at = NULL",
        "span = NULL",
        "own_extensions = NULL",
        "reminders = NULL",
    ],
)
async def test_a_levels_clock_is_whole(deps: Deps, change: str) -> None:
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await deps.database.write(f"UPDATE tasks SET {change} WHERE id = $1", opening.task.id)
    assert await deps.tasks.find(opening.task.id) == opening.task


@pytest.mark.parametrize(
    ("values", "fits"),
    [
        ("NULL, NULL", True),
        ("'anna', now()", True),
        ("'anna', NULL", False),
        ("NULL, now()", False),
    ],
)
async def test_a_claim_has_a_holder_and_an_end_or_neither(deps: Deps, values: str, fits: bool) -> None:
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    change = f"UPDATE assignments SET (claimed_by, claim_expires_at) = ({values}) WHERE task_id = $1 RETURNING task_id"
    if fits:
        assert len(await deps.database.write(change, opening.task.id)) == 1
    else:
        with pytest.raises(asyncpg.CheckViolationError):
            await deps.database.write(change, opening.task.id)


@pytest.mark.parametrize(
    ("delegate", "until", "fits"), [("ben", "1 hour", True), ("anna", "1 hour", False), ("ben", "0", False)]
)
async def test_an_absence_has_somebody_else_stand_in_and_takes_time(
    deps: Deps, delegate: str, until: str, fits: bool
) -> None:
    await a_workspace(deps)
    insert = f"""INSERT INTO absences (id, workspace, reviewer, delegate, from_at, until_at, set_by)
        VALUES (gen_random_uuid(), 'w', 'anna', $1, now(), now() + interval '{until}', 'admin') RETURNING id"""
    if fits:
        assert len(await deps.database.write(insert, delegate)) == 1
    else:
        with pytest.raises(asyncpg.CheckViolationError):
            await deps.database.write(insert, delegate)


async def test_a_person_is_answered_for_once(deps: Deps) -> None:
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    insert = """INSERT INTO answers (task_id, reviewer, on_behalf_of, decision, through, assigned_at, answered_at)
        VALUES ($1, $2, $3, 'APPROVE', '{}', now(), now())"""
    for who, instead_of in (("zoe", "anna"), ("yan", None), ("xaver", None)):
        await deps.database.write(insert, opening.task.id, who, instead_of)
    with pytest.raises(asyncpg.UniqueViolationError):
        await deps.database.write(insert, opening.task.id, "ben", "anna")


@pytest.mark.parametrize(("rating", "fits"), [(0, False), (1, True), (5, True), (6, False)])
async def test_a_rating_is_1_to_5(deps: Deps, rating: int, fits: bool) -> None:
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    insert = "INSERT INTO feedback VALUES ($1, 'anna', 'w', $2, '{}', NULL, now()) RETURNING rating"
    if fits:
        assert (await deps.database.write(insert, opening.task.id, rating))[0]["rating"] == rating
    else:
        with pytest.raises(asyncpg.CheckViolationError):
            await deps.database.write(insert, opening.task.id, rating)
