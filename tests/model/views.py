"""What is to be equal: a task of the service and one of the model, each as the same plain values."""

from __future__ import annotations

from typing import Any

from app.domain.task import Assignment, Task
from tests.model.state import Job, Seat

View = dict[str, Any]


def of_task(task: Task) -> View:
    result = task.resolution
    return {
        "version": task.version,
        "status": task.status.value,
        "level": task.level,
        "deadline": task.deadline_at,
        "span": task.span,
        "own extensions": list(task.own_extensions),
        "reminded": task.reminded,
        "remind at": task.remind_at,
        "required": task.required,
        "asked": [a.token for a in task.asked],
        "assignments": sorted(map(of_assignment, task.assignments)),
        "answers": sorted(
            (a.answered_at, a.reviewer, a.on_behalf_of, a.decision.value, sorted(v.token for v in a.through), a.comment)
            for a in task.answers
        ),
        "feedback": sorted(((f.reviewer, f.rating, dict(f.scores), f.comment) for f in task.feedback), key=str),
        "resolution": result and (result.outcome.value, result.by.value, result.actors, result.comment, result.at),
        "audience": set(task.audience),
    }


def of_job(job: Job) -> View:
    return {
        "version": job.version,
        "status": job.status,
        "level": job.level,
        "deadline": job.deadline,
        "span": job.span,
        "own extensions": job.own_extensions,
        "reminded": job.reminded,
        "remind at": job.remind_at,
        "required": job.required,
        "asked": job.asked,
        "assignments": sorted(map(of_seat, job.seats)),
        "answers": sorted(
            (s.at, s.reviewer, s.instead_of, s.decision, sorted(s.voices), s.comment) for s in job.answers
        ),
        "feedback": sorted(((reviewer, *given) for reviewer, given in job.feedback.items()), key=str),
        "resolution": job.resolution,
        "audience": job.audience,
    }


def of_assignment(a: Assignment) -> tuple[str, ...]:
    given = (a.assignee.token, a.voice.token, a.level, a.reason.value, a.assigned_at, a.claimed_by, a.claim_expires_at)
    return tuple(map(str, given))


def of_seat(s: Seat) -> tuple[str, ...]:
    return tuple(map(str, (s.holder, s.voice, s.level, s.reason, s.at, s.claimed_by, s.claimed_until)))


def difference(found: View, expected: View) -> str:
    """What differs, for people to read; empty where nothing does."""
    return "; ".join(f"{n} is {found[n]}, not {expected[n]}" for n in found if found[n] != expected[n])
