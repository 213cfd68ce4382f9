"""The workflow no longer needs the answer."""

from __future__ import annotations

from app.auth import Principal, Verb, require
from app.domain.cancelling import cancel_task as decide_cancel
from app.domain.cancelling import check_reason
from app.domain.errors import InvalidInput, Problem
from app.domain.task import Task, Transition
from app.service.commands import Change, Commands
from app.service.gather import only
from app.service.ids import checked_id
from app.store.tasks import Read


async def cancel_task(commands: Commands, principal: Principal, id: str, reason: str | None) -> Task:
    """The task CANCELLED. Raises InvalidInput, NotFound, NotAllowed, AlreadyResolved, Unavailable."""
    problems: list[Problem] = []
    wanted = checked_id(problems, "/id", id)
    check_reason(problems, reason)
    if problems:
        raise InvalidInput(problems)

    def decide(read: Read) -> Transition:
        require(principal, Verb.CANCEL, read.task)
        return decide_cancel(read.task, by=principal.name, reason=reason, now=read.now)

    return only(await commands.change([Change(wanted, decide)]))
