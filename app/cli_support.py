"""What the commands of `signoff` share: settings, a connection, a message where something is wrong."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

Result = TypeVar("Result")
DataDir = Annotated[
    Path,
    typer.Option(help="The folder of a `signoff dev` whose database to use where DATABASE_URL is not set."),
]
DATA_DIR = Path(".signoff")
# In place of settings that a command does not use, so that nobody has to set them.
NO_REDIS = "redis://not-needed"
NO_SECRET = "not needed by this command"  # noqa: S105 -- which is none


def with_deps(act: Callable[[Any], Awaitable[Result]], data_dir: Path, *, secret: bool = False) -> Result:
    """What `act` makes of this process's dependencies; a database that is away ends the command with a message.

    Of the settings it needs the database's alone, and the secret of the keys where it says so: no command asks Redis.
    """
    from app.deps import open_deps
    from app.domain.errors import Unavailable

    settings = settings_of(data_dir, redis_url=NO_REDIS, key_secret=None if secret else NO_SECRET)

    async def acted() -> Result:
        async with open_deps(settings) as deps:
            return await act(deps)

    try:
        return asyncio.run(acted())
    except Unavailable as error:
        fail(error.message)
    except typer.Exit:
        raise
    except Exception as error:  # a command's user is helped by what was said, not by where
        said: BaseException = error
        while isinstance(said, BaseExceptionGroup):
            said = said.exceptions[0]
        by_database = hasattr(said, "sqlstate")
        fail(f"{said}{' (is the database migrated? `signoff migrate` does it)' if by_database else ''}")


async def require_workspace(deps: Any, workspace: str) -> None:
    """Ends the command where there is no such workspace."""
    if not await deps.directory.has_workspace(workspace):
        fail(f"There is no workspace {workspace}; `signoff keys create` makes one.")


def settings_of(data_dir: Path | None = None, **given: Any) -> Any:
    """Settings from the environment, or else from the `signoff dev` that runs on `data_dir`."""
    from pydantic import ValidationError

    from app.settings import Settings

    running = data_dir / "service.json" if data_dir else None
    if running and running.exists() and "DATABASE_URL" not in os.environ:
        os.environ.update(json.loads(running.read_text()))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = "\n".join(f"  {_variable(e['loc'])}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors())
        none = f" (none runs on {data_dir})" if running and not running.exists() else ""
        fail(f"Settings are missing or wrong. Set these environment variables, or start `signoff dev`{none}:\n{wrong}")


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0])
    return name if name.isupper() else f"SIGNOFF_{name.upper()}"


def fail(message: str) -> NoReturn:
    typer.echo(f"signoff: {message}", err=True)
    raise typer.Exit(1)
