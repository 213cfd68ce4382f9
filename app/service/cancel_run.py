"""A run ends: none of its questions needs an answer any more."""

from __future__ import annotations

from uuid import UUID

from app.auth import Principal, Role, require_opener
from app.domain.cancelling import cancel_task, check_reason
from app.domain.errors import AlreadyResolved, InvalidInput, Problem
from app.domain.task import Transition
from app.domain.text import NAME_CHARACTERS, check_text
from app.service.commands import Change, Commands
from app.service.gather import MOST_IN_SET
from app.store.tasks import Read


async def cancel_run(commands: Commands, principal: Principal, workflow: str, run_id: str, reason: str | None) -> int:
    """Cancels every pending task of a run (for a workflow, of those that it opened); how many this call cancelled.

    Safe to call again. Raises InvalidInput, NotAllowed, Unavailable.
    """
    require_opener(principal)
    problems: list[Problem] = []
    check_text(problems, "/workflow", workflow, longest=NAME_CHARACTERS, required=True)
    check_text(problems, "/runId", run_id, longest=NAME_CHARACTERS, required=True)
    check_reason(problems, reason)
    if problems:
        raise InvalidInput(problems)

    def decide(read: Read) -> Transition:
        return cancel_task(read.task, by=principal.name, reason=reason, now=read.now)

    opened_by = None if Role.ADMIN in principal.roles else principal.name
    cancelled = 0
    after: UUID | None = None
    while pending := await commands.deps.tasks.list_pending_of_run(
        principal.workspace, workflow, run_id, created_by=opened_by, after=after, most=MOST_IN_SET
    ):
        after = pending[-1]
        results = await commands.change([Change(id_, decide) for id_ in pending])
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, AlreadyResolved):
                raise result
        cancelled += sum(not isinstance(result, Exception) for result in results)
    return cancelled
