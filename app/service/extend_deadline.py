"""More time to decide."""

from __future__ import annotations

from datetime import timedelta

from app.auth import Principal, Verb, directs, require
from app.domain.cancelling import check_reason
from app.domain.claiming import claimed_by_another
from app.domain.errors import InvalidInput, Problem
from app.domain.extending import extend_deadline as decide_extend
from app.domain.task import Task, Transition
from app.domain.text import checked_span
from app.service.commands import Change, Commands
from app.service.gather import only
from app.service.ids import checked_id
from app.store.tasks import Read


async def extend_deadline(commands: Commands, principal: Principal, id: str, by: str, reason: str | None) -> Task:
    """The task with its level's deadline moved on `by` (ISO 8601). An assignee may do so twice a level, and in all add
    no more than the level's time once again; its workflow and an ADMIN as they like.

    Raises InvalidInput, NotFound, NotAllowed, AlreadyResolved, ClaimedByAnother, Unavailable.
    """
    problems: list[Problem] = []
    span = checked_span(problems, "/by", by) or timedelta()
    wanted = checked_id(problems, "/id", id)
    check_reason(problems, reason)
    if problems:
        raise InvalidInput(problems)

    def decide(read: Read) -> Transition:
        task = read.task
        require(principal, Verb.SEE, task)
        task.require_pending()
        require(principal, Verb.EXTEND, task)
        own = not directs(principal, task)
        if own and task.claimants and principal.reviewer not in task.claimants:
            raise claimed_by_another(task)
        return decide_extend(
            task, span, own=own, actor=principal.actor, reason=reason, now=read.now, workplace=read.workplace
        )

    return only(await commands.change([Change(wanted, decide)]))
