"""The workflow no longer needs the answer."""

from __future__ import annotations

from app.auth import Principal, Verb, require
from app.domain.cancelling import cancel_task as decide_cancel
from app.domain.cancelling import check_reason
from app.domain.task import Task, Transition
from app.service.commands import Change, Commands
from app.service.gather import only
from app.service.ids import task_id
from app.store.tasks import Read


async def cancel_task(commands: Commands, principal: Principal, id: str, reason: str | None) -> Task:
    """The task CANCELLED. Raises InvalidInput, NotFound, NotAllowed, AlreadyResolved, Unavailable."""
    check_reason(reason)

    def decide(read: Read) -> Transition:
        require(principal, Verb.CANCEL, read.task)
        return decide_cancel(read.task, by=principal.name, reason=reason, now=read.now)

    return only(await commands.change([Change(task_id(id, path="/id"), decide)]))
