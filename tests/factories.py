"""Makes what a test needs; each takes only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.auth import Principal, Role
from app.deps import Deps
from app.domain.asking import AssigneeRequest, LevelRequest, OpenRequest, check_question
from app.domain.opening import open_task
from app.domain.task import Assignee, Task, Transition
from app.domain.workplace import NOTHING_SET, Workplace
from app.service.ids import new_id
from app.service.issue_key import issue_key

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def reviewers(*names: str) -> list[AssigneeRequest]:
    return [AssigneeRequest(reviewer=name) for name in names]


def groups(*names: str) -> list[AssigneeRequest]:
    return [AssigneeRequest(group=name) for name in names]


def held_by(task: Task, who: str, *member_of: str) -> tuple[Assignee, ...]:
    """The task's open assignees that a reviewer is or belongs to."""
    mine = {Assignee("reviewer", who), *(Assignee("group", name) for name in member_of)}
    return tuple(dict.fromkeys(a.assignee for a in task.assignments if a.assignee in mine))


def level(*names: str, after: str | None = None) -> LevelRequest:
    return LevelRequest(reviewers(*names), after)


def a_request(**given: Any) -> OpenRequest:
    """A request to open that has nothing wrong with it."""
    usual: dict[str, Any] = {
        "workflow": "expenses",
        "prompt": "Approve expense report #1234 for $2,500 (Travel - Q4 Conference)",
        "assignees": reviewers("anna"),
        "reminders": (),
    }
    return OpenRequest(**{**usual, **given})


def an_opening(
    *,
    now: datetime = NOW,
    workspace: str = "w",
    id: UUID | None = None,
    openers: tuple[str, ...] = (),
    workplace: Workplace = NOTHING_SET,
    **given: Any,
) -> Transition:
    return open_task(
        check_question(a_request(**given)),
        id=id or new_id(),
        workspace=workspace,
        created_by="workflow",
        openers=openers,
        idempotency_key=None,
        now=now,
        workplace=workplace,
    )


def a_task(**given: Any) -> Task:
    return an_opening(**given).task


def a_principal(*roles: Role, workspace: str = "w", **given: Any) -> Principal:
    usual: dict[str, Any] = {"key_id": "0" * 16, "name": "workflow"}
    return Principal(workspace=workspace, roles=frozenset(roles), **{**usual, **given})


def a_reviewer(name: str, *member_of: str, workspace: str = "w") -> Principal:
    return a_principal(Role.REVIEWER, workspace=workspace, name=f"key-{name}", reviewer=name, groups=member_of)


async def a_key(deps: Deps, *roles: Role, workspace: str = "w", name: str = "workflow", **given: Any) -> str:
    """A key in the database; its text."""
    return (await issue_key(deps, workspace=workspace, name=name, roles=roles, **given)).text


async def a_workspace(deps: Deps, name: str = "w") -> None:
    await a_key(deps, Role.ADMIN, workspace=name, name="admin")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)
