"""`signoff reviewers`: the directory of a workspace, for the operator, by the services of the API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.cli_support import DATA_DIR, DataDir, fail, require_workspace, with_deps

if TYPE_CHECKING:
    from app.auth import Principal

reviewers_app = typer.Typer(no_args_is_help=True, help="Reviewers, their groups and absences.")
Result = TypeVar("Result")
Workspace = Annotated[str, typer.Option(help="The workspace.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PAGE = 1_000


@reviewers_app.command("list")
def list_reviewers(workspace: Workspace, as_json: AsJson = False, data_dir: DataDir = DATA_DIR) -> None:
    """List the reviewers whom a workspace knows, and their groups."""

    async def read(deps: Any) -> list[Any]:
        await require_workspace(deps, workspace)
        found: list[Any] = []
        while page := await deps.directory.list_reviewers(workspace, after=found[-1].id if found else None, most=PAGE):
            found += page
        return found

    reviewers = with_deps(read, data_dir)
    if as_json:
        typer.echo(json.dumps([{"id": r.id, "groups": r.groups} for r in reviewers]))
        return
    for reviewer in reviewers:
        typer.echo(f"{reviewer.id}  {', '.join(reviewer.groups)}")


@reviewers_app.command("set")
def set_reviewer(
    reviewer: Annotated[str, typer.Argument(help="The reviewer's id.")],
    workspace: Workspace,
    group: Annotated[list[str] | None, typer.Option(help="A group; give it again for several. None: no group.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Say which groups a reviewer belongs to: these and no others."""
    from app.service.directory import set_reviewer as apply

    done = _as_operator(workspace, data_dir, lambda c, who: apply(c.deps, who, reviewer, group or []))
    typer.echo(f"{done.id}  {', '.join(done.groups)}")


@reviewers_app.command("group")
def set_group(
    name: Annotated[str, typer.Argument(help="The group's name.")],
    workspace: Workspace,
    member: Annotated[list[str] | None, typer.Option(help="A reviewer's id; give it again for several.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Say who belongs to a group: these and nobody else."""
    from app.service.directory import set_group as apply

    done = _as_operator(workspace, data_dir, lambda c, who: apply(c.deps, who, name, member or []))
    typer.echo(f"{done.name}  {', '.join(done.members)}")


@reviewers_app.command("absent")
def set_absence(
    reviewer: Annotated[str, typer.Argument(help="Who is away.")],
    workspace: Workspace,
    delegate: Annotated[str, typer.Option(help="Who has their tasks meanwhile.")],
    until: Annotated[str, typer.Option(help="Until when, such as 2026-08-15T09:00+02:00.")],
    from_: Annotated[str | None, typer.Option("--from", help="From when; default: now.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Say that a reviewer is away: their tasks go to a delegate meanwhile, and come back."""
    from app.service.absences import AbsenceRequest
    from app.service.absences import set_absence as apply

    request = AbsenceRequest(
        reviewer=reviewer,
        delegate=delegate,
        from_at=_time("--from", from_) if from_ is not None else None,
        until_at=_time("--until", until),
    )
    done = _as_operator(workspace, data_dir, lambda c, who: apply(c, who, request))
    typer.echo(f"{done.id}  {_shown(done)}")


@reviewers_app.command("absences")
def list_absences(workspace: Workspace, data_dir: DataDir = DATA_DIR) -> None:
    """List the absences that are not over."""
    from app.service.read import list_absences as read

    for absence in _as_operator(workspace, data_dir, lambda c, who: read(c.deps, who)):
        typer.echo(f"{absence.id}  {_shown(absence)}")


@reviewers_app.command("back")
def end_absence(
    absence: Annotated[str, typer.Argument(help="The absence's id, as `reviewers absences` shows it.")],
    workspace: Workspace,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """End an absence now, or call it off."""
    from app.service.absences import end_absence as apply

    done = _as_operator(workspace, data_dir, lambda c, who: apply(c, who, absence))
    typer.echo(f"ended: {_shown(done)}")


def _as_operator(workspace: str, data_dir: Path, act: Callable[[Any, Principal], Awaitable[Result]]) -> Result:
    """What `act` makes of this process's commands and a principal who may do what an ADMIN may."""
    from app.auth import Principal, Role
    from app.domain.errors import Refusal
    from app.service.commands import Commands

    who = Principal(key_id="", workspace=workspace, name="signoff-cli", roles=frozenset({Role.ADMIN}))

    async def acted(deps: Any) -> Result:
        await require_workspace(deps, workspace)
        try:
            return await act(Commands(deps), who)
        except Refusal as error:
            fail(error.message)

    return with_deps(acted, data_dir)


def _time(option: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"'{text}' is not a time, such as 2026-08-15T09:00+02:00", param_hint=option
        ) from error
    if at.tzinfo is None:
        raise typer.BadParameter("has no offset; add Z or +02:00", param_hint=option)
    return at.astimezone(UTC)


def _shown(absence: Any) -> str:
    times = f"{absence.from_at:%Y-%m-%dT%H:%M:%SZ} to {absence.until_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"{absence.reviewer}  {times}  {absence.delegate} stands in"
