"""The model's rules of deciding: answers, claims, handing over, more time, feedback, withdrawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from tests.model.asking import direct, free, reach, reshape
from tests.model.state import LEASE, Job, Model, Person, Refused, Said, Seat

Scores = dict[str, float]


@contextmanager
def telling(model: Model, job: Job, reason: str) -> Iterator[None]:
    """Notes who loses the task within, and why."""
    before = holders(model, job)
    yield
    for reviewer in before - holders(model, job):
        model.lost[job.workspace, reviewer, job.id] = reason


def holders(model: Model, job: Job) -> set[str]:
    """In whose inbox the task is."""
    people = {who for who in model.people if who.workspace == job.workspace and who.reviewer}
    return {who.reviewer or "" for who in people if any(job is other for other, _ in model.inbox(who))}


def seen(model: Model, who: Person, id_: str) -> Job:
    job = model.jobs.get(id_)
    if job is None or not model.sees(who, job):
        raise Refused("NotFound")
    return job


def pending(job: Job) -> None:
    if job.status != "PENDING":
        raise Refused("AlreadyResolved")


def seats_of(model: Model, who: Person, job: Job) -> list[Seat]:
    return [seat for seat in job.seats if seat.holder in model.tokens(who)]


def may_answer(model: Model, who: Person, job: Job) -> None:
    own = job.question.separate and {who.reviewer, who.owner} & job.openers
    if own or not seats_of(model, who, job):
        raise Refused("NotAllowed")


def end(job: Job, status: str, outcome: str, by: str, actors: list[str], comment: str | None, model: Model) -> None:
    job.status, job.deadline, job.seats = status, None, []
    job.resolution = (outcome, by, tuple(actors), comment, model.now)


def answer(
    model: Model,
    who: Person,
    id_: str,
    decision: str,
    *,
    comment: str | None = None,
    rating: int | None = None,
    scores: Scores | None = None,
    version: int | None = None,
) -> Job:
    scores = scores or {}
    if rating is not None and not 1 <= rating <= 5:
        raise Refused("InvalidInput")
    job, me = seen(model, who, id_), who.reviewer or ""
    pending(job)
    may_answer(model, who, job)
    mine = [seat for seat in seats_of(model, who, job) if seat.claimed_by in (None, me)]
    asked_myself = any(seat.voice == f"reviewer:{me}" for seat in mine)
    instead_of = None if asked_myself else next((s.instead_of for s in mine if s.instead_of), None)
    if {me, instead_of} & job.heard:
        raise Refused("AlreadyAnswered")
    if not mine:
        raise Refused("ClaimedByAnother")
    if version not in (None, job.version):
        raise Refused("StaleVersion")
    if (job.question.rating_required and rating is None) or set(scores) - set(job.question.scores):
        raise Refused("InvalidInput")
    with telling(model, job, "RESOLVED"):
        voices = frozenset(seat.voice for seat in mine)
        job.version += 1
        job.answers.append(Said(me, instead_of, decision, voices, model.now, comment))
        if rating is not None or scores:
            job.feedback[me] = (rating, scores, comment)
        status = decided(model, job)
        if status is None and (held := [seat for seat in job.seats if seat.claimed_by == me]):
            given_back(job, held, me)
        job.log.append((job.version, "ANSWERED", me))
        if status:
            wanted = "APPROVE" if status == "APPROVED" else "REJECT"
            actors = [said.reviewer for said in job.answers if said.decision == wanted]
            end(job, status, status, "REVIEWER", actors, comment, model)
            job.log.append((job.version, status, me))
    return job


def given_back(job: Job, held: list[Seat], actor: str) -> None:
    free(held)
    job.log.append((job.version, "RELEASED", actor))


def decided(model: Model, job: Job) -> str | None:
    """The rule of approval, counted by people."""
    yes = [said for said in job.answers if said.decision == "APPROVE"]
    no = len(job.answers) > len(yes)
    if job.question.rule == "ANY":
        return "APPROVED" if yes else "REJECTED"
    if job.question.rule == "ALL":
        if no:
            return "REJECTED"
        return "APPROVED" if all(any(v in said.voices for said in yes) for v in job.asked) else None
    missing = (job.question.at_least or 0) - len({said.instead_of or said.reviewer for said in yes})
    if missing <= 0:
        return "APPROVED"
    left = reach(model, job.workspace, (s.holder for s in job.seats if s.instead_of not in job.heard))
    barred = job.heard | (job.openers if job.question.separate else set())
    return "REJECTED" if no and left is not None and len(left - barred) < missing else None


def claim(model: Model, who: Person, id_: str) -> Job:
    job, me = seen(model, who, id_), who.reviewer or ""
    pending(job)
    may_answer(model, who, job)
    if me in job.heard or (job.question.rule == "AT_LEAST" and job.required > 1):
        raise Refused("NotAllowed")
    alone = job.question.rule != "ALL"
    wanted = job.seats if alone else seats_of(model, who, job)
    unclaimed = [seat for seat in wanted if seat.claimed_by in (None, me)]
    if not unclaimed or (alone and len(unclaimed) < len(wanted)):
        raise Refused("ClaimedByAnother")
    with telling(model, job, "CLAIMED_BY_ANOTHER"):
        job.version += 1
        for seat in unclaimed:
            seat.claimed_by, seat.claimed_until = me, model.now + LEASE
        job.log.append((job.version, "CLAIMED", me))
    return job


def release(model: Model, who: Person, id_: str) -> Job:
    job = seen(model, who, id_)
    pending(job)
    admin = "ADMIN" in who.roles
    if not (admin or seats_of(model, who, job) or who.reviewer in job.claimants):
        raise Refused("NotAllowed")
    mine = job.claimants if admin else job.claimants & {who.reviewer or ""}
    if job.claimants and not mine:
        raise Refused("ClaimedByAnother")
    if mine:
        job.version += 1
        given_back(job, [seat for seat in job.seats if seat.claimed_by in mine], who.actor)
    return job


def reassign(model: Model, who: Person, id_: str, to: list[str]) -> Job:
    job = seen(model, who, id_)
    pending(job)
    mine = seats_of(model, who, job)
    keeps: list[str] = []
    if not direct(who, job):
        if not mine:
            raise Refused("NotAllowed")
        gives = [seat.voice for seat in mine if seat.claimed_by in (None, who.reviewer)]
        if not gives:
            raise Refused("ClaimedByAnother")
        keeps = [voice for voice in job.asked if voice not in gives]
    with telling(model, job, "REASSIGNED"):
        asked = list(dict.fromkeys([*keeps, *to]))
        reshape(model, job, asked, begins="REASSIGNED", actor=who.actor)
    return job


def extend(model: Model, who: Person, id_: str, by: timedelta) -> Job:
    job = seen(model, who, id_)
    pending(job)
    if not direct(who, job):
        if not seats_of(model, who, job):
            raise Refused("NotAllowed")
        if job.claimants and who.reviewer not in job.claimants:
            raise Refused("ClaimedByAnother")
        if len(job.own_extensions) == 2:
            raise Refused("NotAllowed")
        if sum([*job.own_extensions, by], timedelta()) > job.question.levels[job.level].span:
            raise Refused("InvalidInput")
        job.own_extensions.append(by)
    assert job.deadline
    job.version += 1
    job.deadline, job.span = job.deadline + by, job.span + by
    job.log.append((job.version, "EXTENDED", who.actor))
    return job


def rate(model: Model, who: Person, id_: str, rating: int | None, scores: Scores, comment: str | None) -> Job:
    if not (rating or scores or comment) or (rating is not None and not 1 <= rating <= 5):
        raise Refused("InvalidInput")
    job = seen(model, who, id_)
    if not model.tokens(who) & job.audience:
        raise Refused("NotAllowed")
    if set(scores) - set(job.question.scores):
        raise Refused("InvalidInput")
    job.version += 1
    job.feedback[who.reviewer or ""] = (rating, scores, comment)
    job.log.append((job.version, "RATED", who.actor))
    return job


def cancel(model: Model, who: Person, id_: str, reason: str | None) -> Job:
    job = seen(model, who, id_)
    if not direct(who, job):
        raise Refused("NotAllowed")
    pending(job)
    with telling(model, job, "CANCELLED"):
        job.version += 1
        end(job, "CANCELLED", "CANCELLED", "WORKFLOW", [who.key], reason, model)
        job.log.append((job.version, "CANCELLED", who.key))
    return job


def cancel_run(model: Model, who: Person, run: str) -> int:
    if not who.roles & {"WORKFLOW", "ADMIN"}:
        raise Refused("NotAllowed")
    jobs = [job for job in model.jobs.values() if job.workspace == who.workspace and job.question.run == run]
    wanted = [job for job in jobs if job.status == "PENDING" and direct(who, job)]
    for job in wanted:
        cancel(model, who, job.id, None)
    return len(wanted)
