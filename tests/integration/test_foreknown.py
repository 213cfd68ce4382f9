"""A task is opened by one statement where all is known that would be read first, and never on a wrong guess."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.absence import Absence
from app.domain.calendar import Calendar
from app.domain.errors import IdempotencyConflict, InvalidInput, Unavailable
from app.domain.task import ApprovalRule, Task
from app.service import foreknown
from app.service.commands import Change, Commands
from app.service.ids import new_id
from app.service.open_task import open_task, open_tasks
from app.service.openings import Opened
from app.store import tasks as task_store
from tests.clock import START, Clock
from tests.conftest import Statements
from tests.factories import a_principal, a_request, a_workspace, groups

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("unhurried")]

WORKFLOW = a_principal(Role.WORKFLOW)
HOUR = timedelta(hours=1)

ABSENCES_GUARD = "w.absences_version = value::integer"
TIME_GUARD = task_store._SQL["decided_lately"]
ANY_TIME = "coalesce($1::timestamptz, 'infinity') IS NOT NULL"
VERSION_GUARD = "version = i.version - 1"


async def opened(commands: Commands, **given: Any) -> Task:
    return (await open_task(commands, WORKFLOW, a_request(**given))).task


async def anna_leaves(deps: Deps, *, before: timedelta = timedelta(0)) -> None:
    """As another process sets it. It begins `before` now, and zoe stands in."""
    read = await deps.directory.absences("w")
    absence = Absence(new_id(), "anna", "zoe", read.now - before, read.now + HOUR)
    assert await deps.directory.insert_absence("w", absence, seen=read.version, by="test")


async def test_the_first_is_read_for_and_those_that_follow_are_not(
    deps: Deps, commands: Commands, statements: Statements
) -> None:
    await a_workspace(deps)
    for idempotency_key in ("first", "second", None):
        statements()
        task = await opened(commands, idempotency_key=idempotency_key)
        assert statements() == (2 if idempotency_key == "first" else 1)
        assert await deps.tasks.find(task.id) == task
    (now,) = await deps.database.fetch("SELECT clock_timestamp() AS now")
    assert timedelta(0) < now["now"] - task.created_at < timedelta(seconds=1)


async def test_a_key_that_is_taken_is_replayed_or_refused_as_ever(commands: Commands, deps: Deps) -> None:
    await a_workspace(deps)
    first = await opened(commands, idempotency_key="k")
    again = await open_task(commands, WORKFLOW, a_request(idempotency_key="k"))
    assert (again.task, again.replayed) == (first, True)
    with pytest.raises(IdempotencyConflict):
        await opened(commands, idempotency_key="k", prompt="Approve something else altogether, for $3?")
    made: list[Any] = await open_tasks(
        commands, WORKFLOW, [a_request(idempotency_key=key) for key in ("k", "new", "new", None)]
    )
    assert [each.replayed for each in made] == [True, False, True, False]
    assert len({each.task.id for each in made}) == 3
    assert (await deps.events.head("w")).seq == 6, "each was opened once, and assigned"


async def test_what_needs_more_of_the_workplace_is_read_for(commands: Commands, deps: Deps) -> None:
    await a_workspace(deps)
    await opened(commands)
    with pytest.raises(InvalidInput, match="no calendar"):
        await opened(commands, calendar="office")
    await deps.directory.set_group("w", "finance", ["anna"], by="test")
    with pytest.raises(InvalidInput):
        await opened(commands, assignees=groups("finance"), rule=ApprovalRule.AT_LEAST, at_least=2)


async def asks_the_delegate(commands: Commands, deps: Deps) -> bool:
    """Whether one who has just left is not asked, by a process that knew of nobody absent."""
    await opened(commands)
    await anna_leaves(deps)
    first, second = await opened(commands), await opened(commands)
    return [a.assignee.name for task in (first, second) for a in task.assignments] == ["zoe", "zoe"]


async def test_somebody_who_leaves_is_known_to_be_away_by_the_next_task(commands: Commands, deps: Deps) -> None:
    await a_workspace(deps)
    assert await asks_the_delegate(commands, deps)


async def test_an_absence_that_is_still_to_begin_is_waited_for(commands: Commands, deps: Deps, clock: Clock) -> None:
    await a_workspace(deps)
    await anna_leaves(deps, before=-HOUR / 2)
    assert [a.assignee.name for a in (await opened(commands)).assignments] == ["anna"]
    await clock.advance(HOUR / 2)
    assert [a.assignee.name for a in (await opened(commands)).assignments] == ["zoe"]


async def test_when_nobody_is_absent_any_more_it_is_known_again(
    commands: Commands, deps: Deps, statements: Statements
) -> None:
    await a_workspace(deps)
    await anna_leaves(deps)
    (absence,) = (await deps.directory.absences("w")).absences
    await opened(commands)
    assert await deps.directory.end_absence("w", absence.id)
    await opened(commands)
    statements()
    assert [a.assignee.name for a in (await opened(commands)).assignments] == ["anna"]
    assert statements() == 1


async def keeps_to_the_databases_time(commands: Commands, clock: Clock) -> bool:
    """Whether a task is opened at the database's time, though it went another way than the process's."""
    await opened(commands)
    await clock.advance(HOUR)
    later = await opened(commands)
    await clock.set(START - HOUR)
    earlier = await opened(commands)
    return (later.created_at, earlier.created_at) == (START + HOUR, START - HOUR)


async def test_the_time_is_the_databases_though_it_was_reckoned(commands: Commands, deps: Deps, clock: Clock) -> None:
    await a_workspace(deps)
    assert await keeps_to_the_databases_time(commands, clock)


async def test_nothing_is_reckoned_from_a_time_read_long_ago(
    commands: Commands, deps: Deps, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    await opened(commands)
    monkeypatch.setattr(foreknown, "MOST_SECONDS", 0.0)
    statements()
    await opened(commands)
    assert statements() == 2


async def test_mutant_a_guess_of_who_is_absent_that_nobody_looks_at(
    commands: Commands, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    broken(monkeypatch, "insert_tasks", ABSENCES_GUARD)
    assert not await asks_the_delegate(commands, deps)


async def test_mutant_a_guess_of_the_time_that_nobody_looks_at(
    commands: Commands, deps: Deps, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    broken(monkeypatch, "insert_tasks", TIME_GUARD, ANY_TIME)
    assert not await keeps_to_the_databases_time(commands, clock)


def broken(monkeypatch: pytest.MonkeyPatch, name: str, guard: str, by: str = "true") -> None:
    """The statement of that name without `guard`, wherever it asks for it."""
    statement = task_store._SQL[name]
    assert guard in statement
    monkeypatch.setitem(task_store._SQL, name, statement.replace(guard, by))


async def test_a_clock_that_goes_back_brings_absences_back_that_were_over(
    commands: Commands, deps: Deps, clock: Clock
) -> None:
    await a_workspace(deps)
    await anna_leaves(deps)
    await clock.advance(HOUR)
    task = await opened(commands)
    assert [a.assignee.name for a in task.assignments] == ["anna"]
    await clock.set(START)
    (seen,) = await commands.change([Change(task.id, lambda _: None)])  # reads the time, and of no absence
    assert isinstance(seen, Task)
    await clock.advance(timedelta(seconds=0.5))  # less than what a guess may be behind
    assert [a.assignee.name for a in (await opened(commands)).assignments] == ["zoe"]


async def test_what_was_read_before_and_comes_in_late_makes_nothing_forgotten(
    commands: Commands, deps: Deps, statements: Statements
) -> None:
    await a_workspace(deps)
    await opened(commands)
    (read,) = await deps.database.fetch("SELECT clock_timestamp() AS now")
    commands._foreknown.note_time(read["now"])
    commands._foreknown.note_time(read["now"] - timedelta(seconds=0.01))
    statements()
    await opened(commands)
    assert statements() == 1


async def test_what_needed_no_reading_is_open_though_the_database_goes_away_before_the_rest(
    commands: Commands, deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    await opened(commands)

    async def away(_: object) -> Any:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(deps.tasks, "find_opened", away)
    requests = [a_request(), a_request(calendar="office"), *(a_request(idempotency_key="k") for _ in range(2))]
    first, read_for, keyed, twin = await open_tasks(commands, WORKFLOW, requests)
    assert isinstance(read_for, Unavailable)
    for each in (first, keyed, twin):
        assert isinstance(each, Opened)
        assert await deps.tasks.find(each.task.id) == each.task


async def test_of_several_workspaces_only_the_one_that_was_guessed_wrong_is_read_for(
    commands: Commands, deps: Deps, statements: Statements
) -> None:
    await a_workspace(deps)
    await a_workspace(deps, "v")
    other = a_principal(Role.WORKFLOW, workspace="v")
    both = (WORKFLOW, other)
    await asyncio.gather(*(open_task(commands, who, a_request()) for who in both))
    await anna_leaves(deps)
    statements()
    mine, theirs = await asyncio.gather(*(open_task(commands, who, a_request()) for who in both))
    assert statements() == 3, "both at once, then one read for and opened"
    assert [a.assignee.name for a in (*mine.task.assignments, *theirs.task.assignments)] == ["zoe", "anna"]
    assert [(await deps.events.head(workspace)).seq for workspace in "wv"] == [4, 4]


async def test_a_set_undone_halfway_reports_what_was_stored_before(commands: Commands, deps: Deps) -> None:
    """One that only the database refuses, when it was read for, undoes nothing of those that needed no reading."""
    await a_workspace(deps)
    await opened(commands)
    await deps.database.write("ALTER TABLE tasks ADD CONSTRAINT poison CHECK (rule <> 'ALL' OR calendar IS NULL)")
    await deps.directory.set_calendar("w", Calendar("all", "UTC", (((0, 1440),),) * 7, frozenset()), by="test")
    poison = a_request(calendar="all", rule=ApprovalRule.ALL)
    results = await asyncio.gather(
        *(open_task(commands, WORKFLOW, request) for request in (a_request(), poison, a_request())),
        return_exceptions=True,
    )
    good, bad, also_good = results
    assert isinstance(good, Opened)
    assert isinstance(also_good, Opened)
    assert isinstance(bad, Exception)
    assert not good.replayed
    for each in (good, also_good):
        assert await deps.tasks.find(each.task.id) == each.task
