"""Who is asked, or who acts for them, changes within a level: handing over, and standing in for the absent."""

from __future__ import annotations

from datetime import datetime

from app.domain.approval import settled, still_reachable
from app.domain.claiming import freed, released_event, remaining
from app.domain.errors import InvalidInput, Problem
from app.domain.event import SYSTEM, Event, TaskEventType
from app.domain.immutable import replace
from app.domain.levels import assigned, assigned_events, seen_by_all
from app.domain.task import (
    ApprovalRule,
    Assignee,
    Assignment,
    AssignmentReason,
    Decision,
    Task,
    Transition,
    UnassignmentReason,
    concerned,
)
from app.domain.workplace import NOTHING_SET, Workplace

ABSENCE_ACTOR = f"{SYSTEM}absence"
"""The actor of what an absence brought about when it began or ended."""


def reassign_task(
    task: Task,
    assignees: tuple[Assignee, ...],
    *,
    giving: tuple[Assignee, ...] | None,
    actor: str,
    reason: str | None,
    now: datetime,
    workplace: Workplace = NOTHING_SET,
) -> Transition | None:
    """`assignees` are asked in place of `giving` (voices of the task), or of all where that is None.

    Level and deadline stay, and so do answers. None where that changes nothing. Raises AlreadyResolved; InvalidInput
    where the approvals that are missing could certainly never be reached.
    """
    task.require_pending()
    kept = () if giving is None else tuple(a for a in task.asked if a not in giving)
    asked = tuple(dict.fromkeys([*kept, *assignees]))
    _check_reach(task, asked, workplace)
    return _reshaped(
        task,
        asked,
        begins=AssignmentReason.REASSIGNED,
        ends=UnassignmentReason.REASSIGNED,
        actor=actor,
        data={"to": [a.as_json for a in assignees], "comment": reason},
        now=now,
        workplace=workplace,
    )


def _check_reach(task: Task, asked: tuple[Assignee, ...], workplace: Workplace) -> None:
    if task.question.rule is not ApprovalRule.AT_LEAST:
        return
    ahead = {a for level in task.question.levels[task.level + 1 :] for a in level.assignees}
    missing = task.required - sum(answer.decision is Decision.APPROVE for answer in task.answers)
    people = still_reachable(task, {*asked, *ahead}, workplace)
    if people is not None and len(people) < missing:
        said = f"leave {len(people)} reviewers who can still be asked, but {missing} more approvals are needed"
        raise InvalidInput([Problem("/assignees", said)])


def delegate_task(task: Task, *, now: datetime, workplace: Workplace) -> Transition | None:
    """The task with those who stand in now for whom it asks, or back with those who have returned; None where that is
    so already, or the task is resolved."""
    if task.resolution:
        return None
    return _reshaped(
        task,
        task.asked,
        begins=AssignmentReason.DELEGATED,
        ends=UnassignmentReason.DELEGATED,
        actor=ABSENCE_ACTOR,
        data={},
        now=now,
        workplace=workplace,
    )


def _reshaped(
    task: Task,
    asked: tuple[Assignee, ...],
    *,
    begins: AssignmentReason,
    ends: UnassignmentReason,
    actor: str,
    data: dict[str, object],
    now: datetime,
    workplace: Workplace,
) -> Transition | None:
    """Assignments made anew from who is asked; those that stay the same stay. Claims are given back where any changes,
    since who may act has changed for all."""
    said = _said(task)
    known = {(a.assignee, a.voice): a for a in task.assignments}
    version = task.version + 1
    after: list[Assignment] = []
    for voice in asked:
        new = assigned(task, voice, reason=begins, version=version, workplace=workplace, now=now)
        had = next((a for a in task.assignments if a.voice == voice), None)
        if voice in said:
            after += [had] if had else []  # nobody need say again what was said
        else:
            after.append(known.get((new.assignee, new.voice)) or new)
    # As sets: to ask the same in another order is no change.
    if set(asked) == set(task.asked) and set(after) == set(task.assignments):
        return None
    gone = [a for a in task.assignments if a not in after]
    held = [a for a in after if a.claimed_by]
    change = dict(zip(held, freed(held), strict=True))
    shaped = seen_by_all(
        replace(task, version=version, asked=asked, assignments=tuple(change.get(a, a) for a in after))
    )
    kept = [a for a in shaped.assignments if a.assigned_version != version]
    event = Event(
        type=TaskEventType.REASSIGNED,
        actor=actor,
        at=now,
        data={
            "unassigned": [a.assignee.as_json for a in gone],
            "remaining": remaining(kept),
            "reason": ends,
            **data,
        },
        concerns=concerned([*gone, *kept]),
    )
    before = [released_event(shaped, held, actor=actor, now=now)] if held else []
    events = [*before, event, *assigned_events(shaped, actor=actor, at=now)]
    return settled(task, shaped, event, events, workplace=workplace, now=now)


def _said(task: Task) -> frozenset[Assignee]:
    """The voices of which nothing more is to come. A quorum counts people: what somebody said as a member of a group,
    or as a delegate, leaves the others their say."""
    if task.question.rule is ApprovalRule.AT_LEAST:
        return frozenset(Assignee("reviewer", person) for person in task.answered_by)
    return task.heard
