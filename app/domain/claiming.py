"""Claims: for a while one reviewer alone may answer, so that two do not do the same work.

Under ANY a claim covers the whole task; under ALL it covers the voices that the claimant would answer with, since the
others must answer anyway. Under AT_LEAST several people are needed and none is in another's way: nothing to claim.
A claim stands until it is given back, by its holder, by the clock, or by any change of who has the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.errors import ClaimedByAnother, NotAllowed
from app.domain.event import TIMEOUT_ACTOR, Event, TaskEventType
from app.domain.immutable import replace
from app.domain.task import ApprovalRule, Assignee, Assignment, AssignmentReason, Task, Transition, concerned


def claim_task(
    task: Task, *, reviewer: str, through: tuple[Assignee, ...], lease: timedelta, now: datetime
) -> Transition:
    """`reviewer` has the task alone until `now + lease`; claiming again renews that.

    Raises AlreadyResolved, NotAllowed, ClaimedByAnother. `through`: the open assignees that the reviewer is or belongs
    to; at least one.
    """
    task.require_pending()
    if reviewer in task.answered_by:
        raise NotAllowed("You have answered this task already; there is nothing left for you to claim.")
    if task.question.rule is ApprovalRule.AT_LEAST and task.required > 1:
        raise NotAllowed(f"This task needs {task.required} people; nobody can claim it for themselves.")
    covered = claimable(task, reviewer=reviewer, through=through)
    claimed = [replace(a, claimed_by=reviewer, claim_expires_at=now + lease) for a in covered]
    after = _with(task, covered, claimed)
    event = Event(
        type=TaskEventType.CLAIMED,
        actor=reviewer,
        at=now,
        data={
            "claimedBy": [reviewer],
            "until": now + lease,
            "assignees": [a.assignee.as_json for a in covered],
            "remaining": remaining(after.assignments),
        },
        # Whoever lost it with the claim has been told when it is renewed; whoever goes on having it is told each time.
        concerns=tuple(dict.fromkeys([f"reviewer:{reviewer}", *concerned(covered), *concerned(after.assignments)])),
    )
    return Transition(task, after, (event,))


def claimable(task: Task, *, reviewer: str, through: tuple[Assignee, ...]) -> list[Assignment]:
    """The assignments that a claim by `reviewer` covers. Raises ClaimedByAnother where others hold them."""
    mine = [a for a in task.assignments if a.assignee in through]
    wanted = mine if task.question.rule is ApprovalRule.ALL else list(task.assignments)
    free = [a for a in wanted if a.claimed_by in {None, reviewer}]
    if not free or (task.question.rule is not ApprovalRule.ALL and len(free) < len(wanted)):
        raise claimed_by_another(task)
    return free


def claimed_by_another(task: Task) -> ClaimedByAnother:
    """What is said to whoever comes while somebody else has the task."""
    until = max((a.claim_expires_at for a in task.assignments if a.claim_expires_at), default=None)
    who = ", ".join(task.claimants)
    return ClaimedByAnother(f"{who} has claimed this task until {until:%Y-%m-%dT%H:%M:%SZ}.", task)


def release_task(task: Task, *, claimants: Sequence[str], actor: str, now: datetime) -> Transition | None:
    """The claims of `claimants` given back; None where they hold none. Raises AlreadyResolved."""
    task.require_pending()
    return _released(task, [a for a in task.assignments if a.claimed_by in claimants], actor=actor, now=now)


def lapse_claims(task: Task, *, now: datetime) -> Transition | None:
    """The claims whose time is up given back by the clock; None where there is none."""
    over = [a for a in task.assignments if a.claim_expires_at and a.claim_expires_at <= now]
    return _released(task, over, actor=TIMEOUT_ACTOR, now=now)


def _released(task: Task, held: list[Assignment], *, actor: str, now: datetime) -> Transition | None:
    if not held:
        return None
    event = released_event(task, held, actor=actor, now=now)
    told = replace(event, concerns=tuple(dict.fromkeys([*event.concerns, *concerned(task.assignments)])))
    return Transition(task, _with(task, held, freed(held)), (told,))


def remaining(assignments: Sequence[Assignment]) -> list[dict[str, str]]:
    """Who may act through these: an inbox that has the task through one of them keeps it, whatever another comes to."""
    return [Assignee.of_token(concern).as_json for concern in concerned(assignments)]


def freed(held: Sequence[Assignment]) -> list[Assignment]:
    """These assignments without their claims."""
    return [replace(a, claimed_by=None, claim_expires_at=None, reason=AssignmentReason.RELEASED) for a in held]


def released_event(task: Task, held: Sequence[Assignment], *, actor: str, now: datetime) -> Event:
    """That the claims on `held` were given back, for those who had them and those who may act again."""
    claimants = tuple(dict.fromkeys(a.claimed_by for a in held if a.claimed_by))
    return Event(
        type=TaskEventType.RELEASED,
        actor=actor,
        at=now,
        data={"claimedBy": claimants, "level": task.level, "assignees": [a.assignee.as_json for a in held]},
        concerns=tuple(dict.fromkeys([*(f"reviewer:{c}" for c in claimants), *(a.assignee.token for a in held)])),
    )


def _with(task: Task, before: Sequence[Assignment], after: Sequence[Assignment]) -> Task:
    """`task`, a version on, with each assignment of `before` replaced by its pair in `after`."""
    changed = dict(zip(before, after, strict=True))
    assignments = tuple(changed.get(a, a) for a in task.assignments)
    return replace(task, version=task.version + 1, assignments=assignments)
