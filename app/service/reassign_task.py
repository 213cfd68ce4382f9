"""A task is handed to others."""

from __future__ import annotations

from collections.abc import Sequence

from app.auth import Principal, Verb, directs, require, through
from app.domain.asking import AssigneeRequest, check_assignees
from app.domain.cancelling import check_reason
from app.domain.claiming import claimed_by_another
from app.domain.errors import InvalidInput, Problem
from app.domain.reassigning import reassign_task as decide_reassign
from app.domain.task import Task, Transition
from app.service.commands import Change, Commands
from app.service.gather import only
from app.service.ids import checked_id
from app.store.tasks import Read


async def reassign_task(
    commands: Commands, principal: Principal, id: str, assignees: Sequence[AssigneeRequest], reason: str | None
) -> Task:
    """The task with `assignees` asked instead: of everybody, where its workflow or an ADMIN says so; of the caller (and
    the groups through which they have it), where an assignee hands over. Level, deadline and answers stay.

    Raises InvalidInput, NotFound, NotAllowed, AlreadyResolved, ClaimedByAnother, Unavailable.
    """
    problems: list[Problem] = []
    to = check_assignees(problems, "/assignees", assignees)
    wanted = checked_id(problems, "/id", id)
    check_reason(problems, reason)
    if problems:
        raise InvalidInput(problems)

    def decide(read: Read) -> Transition | None:
        task = read.task
        require(principal, Verb.SEE, task)
        task.require_pending()
        require(principal, Verb.REASSIGN, task)
        giving = None
        if not directs(principal, task):
            mine = through(principal, task)
            giving = tuple(a.voice for a in task.assignments if a.assignee in mine and _free(a.claimed_by, principal))
            if not giving:
                raise claimed_by_another(task)
        return decide_reassign(
            task, to, giving=giving, actor=principal.actor, reason=reason, now=read.now, workplace=read.workplace
        )

    groups = [a.name for a in to if a.kind == "group"]
    return only(await commands.change([Change(wanted, decide, groups)]))


def _free(claimed_by: str | None, principal: Principal) -> bool:
    return claimed_by is None or claimed_by == principal.reviewer
