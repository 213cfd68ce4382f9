"""The model's clock: what is done when nobody acts. Deadlines, claims that ran out, reminders, people going away."""

from __future__ import annotations

from datetime import datetime

from tests.model.asking import begin, reshape
from tests.model.rules import end, given_back, telling
from tests.model.state import Job, Model

TIMEOUT = "system:timeout"


def sweep(model: Model) -> None:
    """All that is due at this moment."""
    for job in model.jobs.values():
        while tick(model, job):
            pass
    for job in model.jobs.values():
        if job.status == "PENDING":
            with telling(model, job, "DELEGATED"):
                reshape(model, job, job.asked, begins="DELEGATED", actor="system:absence")


def tick(model: Model, job: Job) -> bool:
    """The next thing that is due for a task; whether there was one."""
    if job.deadline is None:
        return False
    over = [seat for seat in job.seats if seat.claimed_until and seat.claimed_until <= model.now]
    if model.now >= job.deadline:
        expire(model, job)
    elif over:
        job.version += 1
        given_back(job, over, TIMEOUT)
    elif reminder_due(model, job):
        job.version += 1
        while reminder_due(model, job):
            job.reminded += 1
        job.log.append((job.version, "REMINDED", TIMEOUT))
    else:
        return False
    return True


def reminder_due(model: Model, job: Job) -> bool:
    return job.remind_at is not None and job.remind_at <= model.now


def expire(model: Model, job: Job) -> None:
    question = job.question
    job.version += 1
    if job.level + 1 < len(question.levels):
        with telling(model, job, "ESCALATED"):
            begin(model, job, job.level + 1, "ESCALATED")
        types = ["ESCALATED"] + ["ASSIGNED"] * len(job.seats)
        job.log += [(job.version, type_, TIMEOUT) for type_ in types]
        return
    last = question.when_exhausted if question.strategy == "ESCALATE" else question.strategy
    with telling(model, job, "RESOLVED"):
        outcome = "APPROVED" if last == "AUTO_APPROVE" else "FAILED"
        end(job, "EXPIRED", outcome, "TIMEOUT", [TIMEOUT], None, model)
        job.log.append((job.version, "EXPIRED", TIMEOUT))


def moments(model: Model) -> list[datetime]:
    """When the clock next has something to do, soonest first."""
    found = [at for away in model.absences for at in (away.begins, away.ends)]
    for job in model.jobs.values():
        if job.deadline:
            found += [job.deadline, *(at for at in (job.remind_at, *(s.claimed_until for s in job.seats)) if at)]
    return sorted(at for at in found if at > model.now)
