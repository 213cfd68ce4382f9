"""Replays a recorded log of human work through a running service, over its public API.

    signoff dev --ready-file ready.json
    python examples/replay_log.py LOG.csv --ready-file ready.json

Every case of the log is a workflow run, every person a reviewer with a live inbox; see README.md beside this file.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from examples.replay.case import Awaited, Lane, Resume, Subscribed
from examples.replay.keys import made_keys, read_keys
from examples.replay.log import Columns, Row, read_log
from examples.replay.person import Person
from examples.replay.reconcile import reconcile
from examples.replay.report import Report
from examples.replay.service import Api, Service, read_service
from examples.replay.trace import Sitting, new_sitting
from examples.replay.trouble import ReplayError, replay_errors

MOST_FAILED_CASES = 10
QUIET_SECONDS = 10.0

_COLUMNS = Columns()
_to_people = Console(stderr=True)
cli = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@dataclass(frozen=True, slots=True)
class Options:
    """How to replay."""

    concurrency: int
    patience: float
    resume: Resume
    keys: Path | None


@cli.command()
def replay_log(
    log: Annotated[Path, typer.Argument(help="The log: a .csv or .csv.gz with a header.", exists=True, dir_okay=False)],
    ready_file: Annotated[Path, typer.Option(help="What `signoff dev --ready-file` wrote.")] = Path("ready.json"),
    run: Annotated[
        str | None, typer.Option(help="A tag for this run; the same again goes on with an interrupted one.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=2000, help="How many cases run at once.")] = 100,
    cases: Annotated[int | None, typer.Option(min=1, help="Only so many cases, the earliest. Default: all.")] = None,
    resume: Annotated[Resume, typer.Option(help="How a workflow waits for its task.")] = Resume.AWAIT_TASK,
    patience: Annotated[
        float, typer.Option(min=1, help="Longest wait for one task, and for a service that went away; seconds.")
    ] = 120.0,
    keys: Annotated[
        Path | None,
        typer.Option(help="A JSON object person -> REVIEWER key. Default: keys are made, and revoked in the end."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report here, too, as JSON.")] = None,
    case: Annotated[str, typer.Option(help="The column that names the case.")] = _COLUMNS.case,
    step: Annotated[str, typer.Option(help="The column that names the step.")] = _COLUMNS.step,
    person: Annotated[str, typer.Option(help="The column that names who did it.")] = _COLUMNS.person,
    time_: Annotated[str, typer.Option("--time", help="The column that says when, in ISO 8601.")] = _COLUMNS.time,
    context: Annotated[
        str | None,
        typer.Option(help="The columns to show the reviewer, comma-separated. Default: those that begin with case:."),
    ] = None,
) -> None:
    """Replay a recorded log of human work through a running service, and check that nothing was lost or mixed up.

    Every case is a workflow run that opens a task for each step and waits for its resolution; every person is a
    reviewer with a live inbox, who answers one task at a time, the earliest recorded first. Exit status 0 only where
    every task was answered once, by the recorded person; 1 where not; 130 after Ctrl-C.
    """
    tag = run or f"run-{secrets.token_hex(4)}"
    shown = tuple(filter(None, map(str.strip, context.split(",")))) if context is not None else None
    try:
        rows = read_log(log, Columns(case, step, person, time_, shown), most_cases=cases)
        service = read_service(ready_file)
        sitting = new_sitting(tag, rows)
        _to_people.print(f"replaying as --run {tag}", highlight=False)
        options = Options(concurrency, patience, resume, keys)
        report = asyncio.run(replay(service, sitting, options))
    except ReplayError as error:
        typer.echo(f"replay: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(f"replay: stopped; go on with --run {tag}", err=True)
        raise typer.Exit(130) from None
    if json_file:
        json_file.write_bytes(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
    typer.echo("\n".join(report.lines()))
    if not report.ok:
        typer.echo("replay: it does not reconcile", err=True)
        raise typer.Exit(1)


async def replay(service: Service, sitting: Sitting, options: Options) -> Report:
    """The whole replay. Raises ReplayError where it could not even begin."""
    people = sitting.log.people
    async with AsyncExitStack() as stack:
        if options.keys:
            keys = read_keys(options.keys, people)
        else:
            with _bar("making keys", len(people)) as advance:
                keys = dict(await stack.enter_async_context(made_keys(service, people, advance)))
            stack.callback(_to_people.print, "revoking keys (Ctrl-C leaves them; they expire in a day)")
        began = time.perf_counter()
        done = 0
        with _bar("replaying", len(sitting.traces)) as advance:

            def one_more() -> None:
                nonlocal done
                done += 1
                advance()

            await _work(service, sitting, options, keys, one_more)
        resumed = [trace.resumed_at for trace in sitting.traces.values() if trace.resumed_at is not None]
        opened = [trace.opening_at for trace in sitting.traces.values() if trace.opening_at is not None]
        seconds = max(resumed) - min(opened) if resumed else time.perf_counter() - began
        found = None
        try:
            reading = Api(service.http, service.reader_key, patience=options.patience, attempts=sitting.attempts)
            async with reading as api:
                found = await reconcile(api, sitting)
        except ReplayError as error:
            sitting.failures.append(f"the tasks could not be read back: {error}")
        return Report(sitting, seconds, done, options.concurrency, options.resume, found)


async def _work(
    service: Service, sitting: Sitting, options: Options, keys: dict[str, str], one_more: Callable[[], None]
) -> None:
    """Everybody works until every case is done. What fails is put into `sitting.failures`."""
    people = [Person(name, service, keys[name], sitting, patience=options.patience) for name in sitting.log.people]
    cases = iter(sitting.log.cases)
    try:
        async with asyncio.TaskGroup() as group:
            working = [group.create_task(person.run()) for person in people]
            async with asyncio.timeout(options.patience):
                await asyncio.gather(*(person.ready.wait() for person in people))
            async with asyncio.TaskGroup() as lanes:
                for _ in range(min(options.concurrency, len(sitting.log.cases))):
                    lanes.create_task(_lane(service, sitting, options, cases, one_more))
            # What is left to be pushed is waited for: a message too many would come now.
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    await asyncio.gather(*(person.quiet() for person in people))
            for task in working:
                task.cancel()
    except* ReplayError as errors:
        sitting.failures += [str(error) for error in replay_errors(errors)]
    except* TimeoutError:
        sitting.failures.append(f"not every inbox could be read within {options.patience:.0f} s")


async def _lane(
    service: Service,
    sitting: Sitting,
    options: Options,
    cases: Iterator[tuple[Row, ...]],
    one_more: Callable[[], None],
) -> None:
    """Runs the next case until there is none. Raises ReplayError where too many cases of this replay have failed."""
    async with AsyncExitStack() as stack:
        calling = Api(service.http, service.workflow_key, patience=options.patience, attempts=sitting.attempts)
        api = await stack.enter_async_context(calling)
        if options.resume is Resume.AWAIT_TASK:
            resolutions: Awaited | Subscribed = Awaited(api, options.patience)
        else:
            resolutions = await stack.enter_async_context(Subscribed(service, sitting, options.patience))
        lane = Lane(api, resolutions, sitting, patience=options.patience, advance=one_more)
        for case in cases:
            try:
                await lane.run(case)
            except ReplayError as error:
                sitting.failures.append(f"{case[0].case} stopped: {error}")
                if len(sitting.failures) >= MOST_FAILED_CASES:
                    raise ReplayError(f"{MOST_FAILED_CASES} cases have failed") from error


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar, where somebody looks; yields what to call for each thing done."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_to_people, disable=not _to_people.is_terminal) as progress:
        shown = progress.add_task(what, total=total)
        yield lambda: progress.advance(shown)


if __name__ == "__main__":
    cli()
