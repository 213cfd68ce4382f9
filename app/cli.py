"""The `signoff` command."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.auth import Role
from app.cli_reviewers import reviewers_app
from app.cli_support import DATA_DIR, DataDir, fail, require_workspace, settings_of, with_deps

app = typer.Typer(
    name="signoff",
    help="Human-in-the-loop service: workflows pause at a task, people decide, the workflow continues.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys_app = typer.Typer(no_args_is_help=True, help="Make, list and take back API keys.")
app.add_typer(keys_app, name="keys")
app.add_typer(reviewers_app, name="reviewers")

LONGEST_KEY_SECONDS = 100 * 366 * 86_400


@app.command()
def dev(
    data_dir: Annotated[Path, typer.Option(help="Where the data stays between runs.")] = DATA_DIR,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes any free one.")] = 8000,
    reset: Annotated[bool, typer.Option("--reset", help="Begin with empty data.")] = False,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write a JSON object with URLs and keys here once it is ready.")
    ] = None,
) -> None:
    """Start everything on this machine: PostgreSQL, Valkey, API, worker, and a demo workspace with a key per role.

    With DATABASE_URL or REDIS_URL set, that server is used instead of an embedded one.
    """
    from app import dev as development
    from app.domain.errors import Unavailable
    from app.embedded import EmbeddedError

    try:
        development.run(data_dir=data_dir, host=host, port=port, reset=reset, ready_file=ready_file)
    except (development.DevError, EmbeddedError, Unavailable, OSError) as error:
        fail(str(error))


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="The address to listen on (SIGNOFF_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on (SIGNOFF_PORT).")] = None,
) -> None:
    """Serve the API: GraphQL over HTTP and WebSocket at /graphql, /healthz, /readyz."""
    from app.serve import serve

    serve(settings_of(host=host, port=port))


@app.command()
def worker() -> None:
    """Run the background worker: alarms, planner and sweep of the deadlines."""
    from app import logs
    from app.domain.errors import Unavailable
    from app.running import run_for_long
    from workers.main import run

    settings = settings_of()
    logs.configure(settings)
    try:
        run_for_long(run(settings))
    except Unavailable as error:
        fail(error.message)


@app.command()
def migrate(data_dir: DataDir = DATA_DIR) -> None:
    """Bring the database to the tables that this version needs. Safe to run again, and by several at once."""
    from app.store.migrations import migrate as apply

    applied = with_deps(lambda deps: apply(deps.database), data_dir)
    typer.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@app.command()
def schema() -> None:
    """Print the schema of the API (SDL), as schema.graphql has it."""
    from app.graphql.schema import make_schema

    typer.echo(str(make_schema()))


@app.command()
def watch(
    url: Annotated[str, typer.Option(help="The WebSocket's URL.")],
    key: Annotated[str, typer.Option(help="A reviewer's API key.", envvar="SIGNOFF_KEY")],
    after: Annotated[str | None, typer.Option(help="Resume after this cursor.")] = None,
) -> None:
    """Show a reviewer's inbox as it changes, one JSON object per line."""
    from app.watching import watch as follow

    try:
        asyncio.run(follow(url, key, after))
    except (OSError, RuntimeError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def demo(
    workspace: Annotated[str, typer.Option(help="The workspace to fill.")] = "demo",
    a_minute: Annotated[float, typer.Option(help="How many tasks are opened per minute.", min=0.1, max=600)] = 6,
    at_once: Annotated[int, typer.Option(help="How many are opened at the start.", min=0, max=2000)] = 30,
    remove: Annotated[bool, typer.Option("--remove", help="Cancel what the demo opened, take its keys back.")] = False,
    url: Annotated[str | None, typer.Option(help="The WebSocket's URL; default: the `signoff dev` that runs.")] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Fill a running service with a believable workload, live, until Ctrl-C. All it opens has the label demo."""
    from app.demo import workload

    def connected() -> None:
        typer.echo("The demo runs; Ctrl-C ends it, `signoff demo --remove` cancels what it leaves open.", err=True)

    async def act(deps: Any) -> None:
        at = url or f"ws://{deps.settings.host}:{deps.settings.port}/graphql"
        if remove:
            count = await workload.remove(deps, url=at, workspace=workspace)
            typer.echo(f"cancelled {count:,} tasks of the demo; what was decided stays in the log")
        else:
            await workload.run(
                deps, url=at, workspace=workspace, a_minute=a_minute, at_once=at_once, connected=connected
            )

    try:
        with_deps(act, data_dir, secret=True)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@keys_app.command("create")
def create_key(
    workspace: Annotated[str, typer.Option(help="The workspace; it is made where there is none of that name.")],
    role: Annotated[list[Role], typer.Option(help="What the key may do; give it again for several.")],
    name: Annotated[str, typer.Option(help="Whom or what the key stands for. Tasks are tied to their opener's name.")],
    reviewer: Annotated[str | None, typer.Option(help="The reviewer's id; needed with role REVIEWER.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group of the reviewer; give it again for several.")] = None,
    owner: Annotated[
        str | None, typer.Option(help="The person responsible for the key, for separation of duties.")
    ] = None,
    expires_in: Annotated[
        str | None, typer.Option(help="How long it is valid, such as P30D; default: for ever.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Make an API key. It is shown once: only a hash of it is kept."""
    from app.domain.duration import parse_duration
    from app.domain.errors import Problem
    from app.domain.names import check_who
    from app.service.issue_key import issue_key

    if group and Role.REVIEWER not in role:
        raise typer.BadParameter("goes with role REVIEWER only", param_hint="--group")
    if Role.REVIEWER in role and not reviewer:
        raise typer.BadParameter("role REVIEWER needs a reviewer's id", param_hint="--reviewer")
    named = [("--workspace", workspace), ("--name", name), *(("--group", each) for each in group or [])]
    named += [(hint, text) for hint, text in (("--reviewer", reviewer), ("--owner", owner)) if text is not None]
    for hint, text in named:
        problems: list[Problem] = []
        check_who(problems, hint, text)
        if problems:
            raise typer.BadParameter(problems[0].message, param_hint=hint)
    try:
        span = parse_duration(expires_in) if expires_in is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires-in") from error
    if span is not None and not 0 < span.days * 86_400 + span.seconds <= LONGEST_KEY_SECONDS:
        raise typer.BadParameter("must be between 1 second and 100 years", param_hint="--expires-in")

    async def create(deps: Any) -> Any:
        new = await issue_key(
            deps,
            workspace=workspace,
            name=name,
            roles=role,
            reviewer=reviewer,
            groups=group or [],
            owner=owner,
            expires_in=span,
        )
        return new, (await deps.keys.get_many_valid([new.id]))[new.id]

    new, stored = with_deps(create, data_dir, secret=True)
    if as_json:
        typer.echo(json.dumps({"key": new.text, **_shown(stored)}))
    else:
        typer.echo(new.text)
        typer.echo("Keep it now: it is not shown again.", err=True)


@keys_app.command("list")
def list_keys(
    workspace: Annotated[str | None, typer.Option(help="Only this workspace's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """List keys, without their secrets."""

    async def read(deps: Any) -> Any:
        if workspace is not None:
            await require_workspace(deps, workspace)
        return await deps.keys.list_(workspace)

    found = [_shown(key) for key in with_deps(read, data_dir)]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for key in found:
        state = "revoked" if key["revoked_at"] else f"expires {key['expires_at']}" if key["expires_at"] else "valid"
        who = ", ".join([*([key["reviewer"]] if key["reviewer"] else []), *key["groups"]])
        used = key["last_used_at"] or "never"
        typer.echo(
            f"{key['id']}  {key['workspace']}  {key['name']}  {','.join(key['roles'])}  {who}  {state}  used {used}"
        )


@keys_app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Take a key back, for good. Its holder is refused within 2 seconds, its open sockets are closed within 7."""
    if not with_deps(lambda deps: deps.keys.revoke(key_id), data_dir):
        fail(f"There is no key with id {key_id}; `signoff keys list` shows them.")
    typer.echo(f"revoked {key_id}")


def _shown(key: Any) -> dict[str, Any]:
    """A key for people and scripts to read: everything but the hash."""

    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value

    return {name: plain(getattr(key, name)) for name in key.__slots__ if name != "hash"}


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
