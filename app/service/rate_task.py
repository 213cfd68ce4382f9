"""Feedback after the fact."""

from __future__ import annotations

from app.auth import Principal, Verb, require
from app.domain.errors import InvalidInput
from app.domain.rating import RateRequest, check_rate
from app.domain.rating import rate_task as decide_rate
from app.domain.task import Task, Transition
from app.service.commands import Change, Commands
from app.service.gather import only
from app.service.ids import checked_id
from app.store.tasks import Read


async def rate_task(commands: Commands, principal: Principal, id: str, request: RateRequest) -> Task:
    """The task with the caller's feedback, in place of any they gave before; it may be resolved. Raises InvalidInput,
    NotFound, NotAllowed, Unavailable."""
    problems = check_rate(request)
    wanted = checked_id(problems, "/taskId", id)
    if problems:
        raise InvalidInput(problems)

    def decide(read: Read) -> Transition:
        require(principal, Verb.RATE, read.task)
        return decide_rate(read.task, request, reviewer=principal.reviewer or "", now=read.now)

    return only(await commands.change([Change(wanted, decide)]))
