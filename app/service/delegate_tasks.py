"""Absences that begin or end: tasks go to whoever stands in, and come back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.domain.reassigning import delegate_task
from app.domain.task import Transition
from app.service.by_clock import change_all
from app.service.commands import Commands
from app.service.gather import MOST_IN_SET
from app.store.tasks import Read

MOST_TURNING = 100
SETTLE_SECONDS = 15.0
"""As long as a decision may wait to be stored (decided_lately, tasks.sql) and a statement may take (Settings.
database_seconds, at most 10): whoever opens or changes a task without knowing of an absence has done so by then."""


async def delegate_tasks(commands: Commands) -> int:
    """Hands over the tasks of those whose absence has begun, and gives them back when it has ended; how many steps.

    An absence is looked at again until nobody who did not know of it can still be at work; doing it twice changes
    nothing. A workspace in which not all could be decided on is looked at again as well, and holds up no other.
    Raises Unavailable.
    """
    directory = commands.deps.directory
    steps = 0
    after: UUID | None = None
    while turning := await directory.list_turning(after=after, most=MOST_TURNING):
        after = turning[-1].id
        done: list[UUID] = []
        # All absences of a workspace at once: what one stands in for may concern any of the others.
        for workspace in dict.fromkeys(absence.workspace for absence in turning):
            absences = [absence for absence in turning if absence.workspace == workspace]
            decided, failed = await _delegate_of(commands, workspace, [absence.reviewer for absence in absences])
            steps += decided
            if not failed:
                done += [absence.id for absence in absences]
        await directory.settle(done, before=turning[0].now - timedelta(seconds=SETTLE_SECONDS))
    return steps


async def _delegate_of(commands: Commands, workspace: str, absentees: list[str]) -> tuple[int, int]:
    """How many of the tasks that may change hands were decided on, and how many could not be."""
    steps = failures = 0
    after: UUID | None = None
    tasks = commands.deps.tasks
    while theirs := await tasks.list_of_absentees(workspace, absentees, after=after, most=MOST_IN_SET):
        after = theirs[-1]
        failed = await change_all(commands, theirs, _hand_over)
        steps += len(theirs) - len(failed)
        failures += len(failed)
    return steps, failures


def _hand_over(read: Read) -> Transition | None:
    return delegate_task(read.task, now=read.now, workplace=read.workplace)
