"""A reviewer takes a task for a while, or gives it back."""

from __future__ import annotations

from datetime import timedelta

from app.auth import Principal, Role, Verb, require, through
from app.domain.claiming import claim_task as decide_claim
from app.domain.claiming import claimed_by_another
from app.domain.claiming import release_task as decide_release
from app.domain.task import Task, Transition
from app.service.commands import Change, Commands
from app.service.gather import only
from app.service.ids import task_id
from app.store.tasks import Read


async def claim_task(commands: Commands, principal: Principal, id: str) -> Task:
    """The task, claimed for SIGNOFF_CLAIM_SECONDS from now; claiming again renews that. Raises InvalidInput, NotFound,
    NotAllowed, AlreadyResolved, ClaimedByAnother, Unavailable."""
    lease = timedelta(seconds=commands.deps.settings.claim_seconds)

    def decide(read: Read) -> Transition:
        task = read.task
        require(principal, Verb.SEE, task)
        task.require_pending()
        require(principal, Verb.CLAIM, task)
        mine = through(principal, task)
        return decide_claim(task, reviewer=principal.reviewer or "", through=mine, lease=lease, now=read.now)

    return only(await commands.change([Change(task_id(id, path="/id"), decide)]))


async def release_task(commands: Commands, principal: Principal, id: str) -> Task:
    """The task without the caller's claim, or without any where the caller is an ADMIN; as it is where there is none.

    Raises InvalidInput, NotFound, NotAllowed, AlreadyResolved, ClaimedByAnother, Unavailable.
    """

    def decide(read: Read) -> Transition | None:
        task = read.task
        require(principal, Verb.SEE, task)
        task.require_pending()
        require(principal, Verb.RELEASE, task)
        mine = [c for c in task.claimants if c == principal.reviewer or Role.ADMIN in principal.roles]
        if task.claimants and not mine:
            raise claimed_by_another(task)
        return decide_release(task, claimants=mine, actor=principal.actor, now=read.now)

    return only(await commands.change([Change(task_id(id, path="/id"), decide)]))
