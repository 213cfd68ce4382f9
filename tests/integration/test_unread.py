"""A task is changed by one statement where this process opened it, and never on a wrong guess."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.auth import Principal, Role
from app.deps import Deps, open_deps
from app.domain.approval import AnswerRequest
from app.domain.calendar import Calendar
from app.domain.errors import AlreadyResolved, InvalidInput, NotFound, Unavailable
from app.domain.task import ApprovalRule, Decision, ResolvedBy, Task, TaskStatus
from app.service import foreknown
from app.service.answer_task import answer_task, answer_tasks
from app.service.cancel_task import cancel_task
from app.service.commands import Commands
from app.service.extend_deadline import extend_deadline
from app.service.open_task import open_tasks
from app.service.openings import Opened
from app.service.reassign_task import reassign_task
from app.store import tasks as task_store
from app.store.tasks import Wanted
from tests.clock import START, Clock
from tests.conftest import Statements
from tests.factories import a_principal, a_request, a_reviewer, a_workspace, groups, reviewers, seconds
from tests.integration.test_foreknown import (
    ABSENCES_GUARD,
    ANY_TIME,
    HOUR,
    TIME_GUARD,
    VERSION_GUARD,
    WORKFLOW,
    anna_leaves,
    broken,
    opened,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("unhurried")]

APPROVE = AnswerRequest(decision=Decision.APPROVE, comment="ok", rating=5)
REJECT = AnswerRequest(decision=Decision.REJECT)
ANNA, BEN = a_reviewer("anna"), a_reviewer("ben")


@pytest.fixture(autouse=True)
async def _knows_the_time_and_of_nobody_absent(deps: Deps, commands: Commands) -> None:
    """The process has opened a task before, and read for that."""
    await a_workspace(deps)
    await opened(commands)


@pytest.fixture
async def elsewhere(deps: Deps) -> AsyncIterator[Commands]:
    """The commands of another process."""
    async with open_deps(deps.settings) as others:
        yield Commands(others)


async def says(commands: Commands, task: Task, request: AnswerRequest = APPROVE, who: Principal = ANNA) -> Task:
    return await answer_task(commands, who, str(task.id), request)


async def test_what_was_opened_here_is_answered_without_being_read(
    deps: Deps, commands: Commands, statements: Statements
) -> None:
    labels = {"z": "1", "amount": "2"}
    task = await opened(commands, labels=labels, context={"b": [1.5, None], "a": {"ü": True}}, details="# Why")
    statements()
    answered = await says(commands, task)
    assert statements() == 1
    assert await deps.tasks.find(task.id) == answered
    assert answered.status is TaskStatus.APPROVED
    assert answered.answers[0].answered_at >= task.created_at


async def test_it_is_known_once(commands: Commands, statements: Statements) -> None:
    """After its first change it is read: what becomes of it later, other processes may say as well."""
    task = await opened(commands, assignees=reviewers("anna", "ben"), rule=ApprovalRule.ALL)
    statements()
    await says(commands, task)
    assert statements() == 1
    await says(commands, task, who=BEN)
    assert statements() == 2


async def loses_to(elsewhere: Commands, commands: Commands) -> bool:
    """Whether an answer given where the task was opened loses to another's that was given elsewhere before."""
    task = await opened(commands, assignees=reviewers("anna", "ben"))
    winner = await says(elsewhere, task)
    try:
        await says(commands, task, REJECT, who=BEN)
    except AlreadyResolved as refused:
        return refused.task == winner
    return False


async def test_who_was_faster_elsewhere_wins(commands: Commands, elsewhere: Commands) -> None:
    assert await loses_to(elsewhere, commands)


async def test_mutant_a_version_that_nobody_looks_at(
    commands: Commands, elsewhere: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "save_tasks", VERSION_GUARD)
    assert not await loses_to(elsewhere, commands)


async def hears_whom_it_was_handed_to(elsewhere: Commands, commands: Commands) -> bool:
    """Whether one who was not asked when the task was opened is heard where it was, once it was handed to them."""
    task = await opened(commands)
    await reassign_task(elsewhere, ANNA, str(task.id), reviewers("ben"), None)
    try:
        return (await says(commands, task, who=BEN)).status is TaskStatus.APPROVED
    except NotFound:
        return False


async def test_nobody_is_refused_unread(commands: Commands, elsewhere: Commands) -> None:
    assert await hears_whom_it_was_handed_to(elsewhere, commands)


async def test_mutant_a_refusal_that_is_not_read_for(
    commands: Commands, elsewhere: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = commands._read

    async def as_if_read(changes: Any) -> Any:
        return (await real(changes))[0], None

    monkeypatch.setattr(commands, "_read", as_if_read)
    assert not await hears_whom_it_was_handed_to(elsewhere, commands)


async def hands_to_the_delegate(deps: Deps, commands: Commands) -> bool:
    """Whether a task that is handed to one who has just left goes to their delegate."""
    task = await opened(commands, assignees=reviewers("ben"))
    await anna_leaves(deps)
    handed = await reassign_task(commands, BEN, str(task.id), reviewers("anna"), None)
    return [a.assignee.name for a in handed.assignments] == ["zoe"]


async def test_somebody_who_has_left_is_known_to_be_away(deps: Deps, commands: Commands) -> None:
    assert await hands_to_the_delegate(deps, commands)


async def test_mutant_a_guess_of_who_is_absent_that_nobody_looks_at(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "save_tasks", ABSENCES_GUARD)
    assert not await hands_to_the_delegate(deps, commands)


async def answers_at_the_databases_time(commands: Commands, clock: Clock) -> bool:
    task = await opened(commands)
    await clock.advance(HOUR)
    return (await says(commands, task)).answers[0].answered_at == START + HOUR


async def test_the_time_is_the_databases(commands: Commands, clock: Clock) -> None:
    assert await answers_at_the_databases_time(commands, clock)


async def test_a_clock_that_goes_back_takes_the_time_of_what_is_decided_with_it(
    commands: Commands, clock: Clock
) -> None:
    """Though the task was opened in what is the future now, and the process knows of the time again."""
    task = await opened(commands)
    await clock.set(START - HOUR)
    await opened(commands)
    await clock.advance(seconds(0.5))  # so much a guess may be behind
    assert (await says(commands, task)).answers[0].answered_at == clock.now


async def test_nobody_answers_before_the_task_is_there(deps: Deps, commands: Commands, statements: Statements) -> None:
    """Though the time it is answered at is reckoned from another reading than the time it was opened at."""
    task = await opened(commands)
    (read,) = await deps.tasks.find_opened([Wanted("w", "workflow", None)])
    commands._foreknown._read = None
    commands._foreknown.note(Wanted("w", "workflow", None), replace(read, now=task.created_at - seconds(0.5)))
    statements()
    answered = await says(commands, task)
    assert statements() == 1
    assert answered.answers[0].answered_at == task.created_at


async def test_mutant_a_guess_of_the_time_that_nobody_looks_at(
    commands: Commands, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "save_tasks", TIME_GUARD, ANY_TIME)
    assert not await answers_at_the_databases_time(commands, clock)


async def test_of_two_commands_on_a_task_the_first_is_told_what_is_wrong_with_it(commands: Commands) -> None:
    """It was decided on by guessing, and is decided on again, but not after the second."""
    task = await opened(commands, rating_required=True)
    given = [(str(task.id), AnswerRequest(decision=Decision.REJECT)), (str(task.id), APPROVE)]
    first, second = await answer_tasks(commands, ANNA, given)
    assert isinstance(first, InvalidInput)
    assert isinstance(second, Task)
    assert second.status is TaskStatus.APPROVED


async def test_a_task_that_was_read_is_known_no_longer(commands: Commands, statements: Statements) -> None:
    """Handing it to a group takes reading: the group's members."""
    task = await opened(commands)
    await reassign_task(commands, WORKFLOW, str(task.id), [*groups("finance"), *reviewers("anna")], None)
    statements()
    await says(commands, task)
    assert statements() == 2


ALL_DAY = Calendar("all", "UTC", (((0, 1440),),) * 7, frozenset())


@pytest.mark.parametrize(
    "given",
    [
        {"calendar": "all"},
        {"assignees": groups("finance"), "rule": ApprovalRule.AT_LEAST, "at_least": 1},
    ],
    ids=["calendar", "quorum"],
)
async def test_what_needs_more_is_read(
    deps: Deps, commands: Commands, statements: Statements, given: Mapping[str, Any]
) -> None:
    await deps.directory.set_calendar("w", ALL_DAY, by="test")
    await opened(commands)
    task = await opened(commands, **given)
    statements()
    await extend_deadline(commands, WORKFLOW, str(task.id), "PT1H", None)
    assert statements() == 2


@pytest.mark.parametrize(
    "large",
    [
        {"context": {"text": "x" * 5_500}},
        {"details": "x" * 5_500},
        {"labels": {f"label {n}": "x" * 250 for n in range(20)}},
        {"assignees": reviewers("anna", *("x" * 250 + str(n) for n in range(20)))},
        {"answer_schema": {"description": "x" * 5_500}},
    ],
    ids=lambda given: next(iter(given)),
)
async def test_the_oldest_are_forgotten_where_all_would_be_too_much(
    commands: Commands, statements: Statements, monkeypatch: pytest.MonkeyPatch, large: dict[str, Any]
) -> None:
    monkeypatch.setattr(foreknown, "MOST_BYTES", 7_000)
    tasks = [await opened(commands, **given) for given in ({}, large)]
    for task, run in zip(tasks, (2, 1), strict=True):
        statements()
        await answer_task(commands, ANNA, str(task.id), AnswerRequest(decision=Decision.REJECT))
        assert statements() == run
    assert commands._foreknown._bytes == 0


async def test_a_set_of_which_one_has_to_be_read_is_read(
    commands: Commands, elsewhere: Commands, statements: Statements
) -> None:
    here, there = await opened(commands), await opened(elsewhere)
    statements()
    both = await asyncio.gather(*(says(commands, task) for task in (here, there)))
    assert [task.status for task in both] == [TaskStatus.APPROVED] * 2
    assert statements() == 2


async def test_of_several_workspaces_only_the_one_that_was_guessed_wrong_is_read_for(
    deps: Deps, commands: Commands, statements: Statements
) -> None:
    await a_workspace(deps, "v")
    other = a_principal(Role.WORKFLOW, workspace="v")
    tasks: list[Task] = []
    for who in (WORKFLOW, other):
        for made in await open_tasks(commands, who, [a_request()]):
            assert isinstance(made, Opened)
            tasks.append(made.task)
    await anna_leaves(deps)
    statements()
    mine, theirs = await asyncio.gather(
        cancel_task(commands, WORKFLOW, str(tasks[0].id), None), cancel_task(commands, other, str(tasks[1].id), None)
    )
    assert statements() == 3, "both at once, then one read for and saved"
    for task in (mine, theirs):
        assert task.resolution
        assert task.resolution.by is ResolvedBy.WORKFLOW
        assert await deps.tasks.find(task.id) == task


async def test_while_the_database_is_away_nothing_is_changed(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await opened(commands)

    async def away(*_: Any) -> Any:
        raise Unavailable("The database cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr(deps.database, "fetch", away)
        with pytest.raises(Unavailable):
            await says(commands, task)
    assert await deps.tasks.find(task.id) == task
    assert (await says(commands, task)).status is TaskStatus.APPROVED


async def test_a_time_read_long_ago_is_read_again(
    commands: Commands, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await opened(commands)
    monkeypatch.setattr(foreknown, "MOST_SECONDS", 0.0)
    statements()
    answered = await says(commands, task)
    assert statements() == 2
    assert answered.answers[0].answered_at - task.created_at < timedelta(minutes=1)


async def test_whether_guessed_or_read_no_statement_is_planned_anew_each_time(deps: Deps, commands: Commands) -> None:
    """PostgreSQL does so for ever where it takes the values of the first few for the reason of a better plan."""
    for n in range(12):
        task = await opened(commands)
        if n % 4:
            commands._foreknown.read([task.id])
        await says(commands, task)
    statements = [task_store._SQL["insert_tasks"], task_store._SQL["save_tasks"]]
    query = "SELECT custom_plans FROM pg_prepared_statements WHERE statement = ANY ($1)"
    assert [row["custom_plans"] for row in await deps.database.fetch(query, statements)] == [5, 5]
