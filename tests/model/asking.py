"""The model's rules of asking: who is given a task when it is opened, escalated, reassigned, or somebody is away."""

from __future__ import annotations

from collections.abc import Iterable

from tests.model.state import Away, Job, Level, Model, Person, Question, Refused, Seat


def direct(who: Person, job: Job) -> bool:
    """Whether somebody is an ADMIN, or the workflow that opened the task."""
    return "ADMIN" in who.roles or ("WORKFLOW" in who.roles and job.created_by == who.key)


def stand_in(model: Model, workspace: str, reviewer: str) -> str:
    """Who acts for a reviewer now."""
    acting = reviewer
    for _ in range(len(model.absences) + 1):
        away = [
            a
            for a in model.absences
            if a.workspace == workspace and a.reviewer == acting and a.begins <= model.now < a.ends
        ]
        if not away:
            return acting
        acting = away[0].delegate
    raise AssertionError("the absences make a circle")


def acting(model: Model, job: Job, voice: str) -> str:
    """Who has what `voice` is asked. Nobody stands in for who has answered, nor against separate duties."""
    kind, name = voice.split(":")
    if kind == "group" or name in job.heard:
        return voice
    other = stand_in(model, job.workspace, name)
    return voice if job.question.separate and other in job.openers else f"reviewer:{other}"


def reach(model: Model, workspace: str, assignees: Iterable[str]) -> set[str] | None:
    """The people behind assignees; None where one is a group of which nobody has said who is in it."""
    people: set[str] = set()
    for assignee in assignees:
        kind, name = assignee.split(":")
        if kind == "reviewer":
            people.add(name)
        elif (workspace, name) in model.whole:
            people |= model.members[workspace, name]
        else:
            return None
    return people


def may_come(model: Model, job: Job, assignees: Iterable[str]) -> set[str] | None:
    """The people behind assignees who may still answer; None as in `reach`."""
    people = reach(model, job.workspace, assignees)
    barred = job.heard | (job.openers if job.question.separate else set())
    return None if people is None else people - barred


def missing(job: Job) -> int:
    """How many more approvals a quorum takes, counted by people."""
    yes = {said.instead_of or said.reviewer for said in job.answers if said.decision == "APPROVE"}
    return (job.question.at_least or 0) - len(yes)


def decided(model: Model, job: Job) -> str | None:
    """The rule of approval; None where the answers leave it open, or there are none."""
    no = any(said.decision == "REJECT" for said in job.answers)
    if not job.answers:
        return None
    if job.question.rule == "ANY":
        return "REJECTED" if no else "APPROVED"
    if job.question.rule == "ALL":
        if no:
            return "REJECTED"
        return "APPROVED" if set(job.asked) <= job.voiced else None
    if missing(job) <= 0:
        return "APPROVED"
    left = may_come(model, job, (s.holder for s in job.seats if s.instead_of not in job.heard))
    return "REJECTED" if no and left is not None and len(left) < missing(job) else None


def end_by_answers(model: Model, job: Job, actor: str) -> bool:
    """Ends the task where its answers decide; whether they do."""
    if not (status := decided(model, job)):
        return False
    wanted = "APPROVE" if status == "APPROVED" else "REJECT"
    actors = [said.reviewer for said in job.answers if said.decision == wanted]
    end(job, status, status, "REVIEWER", actors, job.answers[-1].comment, model)
    job.log.append((job.version, status, actor))
    return True


def end(job: Job, status: str, outcome: str, by: str, actors: list[str], comment: str | None, model: Model) -> None:
    job.status, job.deadline, job.seats = status, None, []
    job.resolution = (outcome, by, tuple(actors), comment, model.now)


def open_(model: Model, who: Person, id_: str, question: Question, key: str | None) -> Job:
    """Opened, or what the same key opened before with the same question."""
    if not who.roles & {"WORKFLOW", "ADMIN"}:
        raise Refused("NotAllowed")
    if (question.strategy == "ESCALATE") != (len(question.levels) > 1):
        raise Refused("InvalidInput")
    if (question.rule == "AT_LEAST") != bool(question.at_least):
        raise Refused("InvalidInput")
    everyone = {a for level in question.levels for a in level.assignees}
    # What is wrong whatever the directory says is wrong before anything is looked up.
    if all(a.startswith("reviewer:") for a in everyone) and len(everyone) < (question.at_least or 0):
        raise Refused("InvalidInput")
    if key is not None and (before := model.keys.get((who.workspace, who.key, key))):
        if model.jobs[before].question != question:
            raise Refused("IdempotencyConflict")
        return model.jobs[before]
    openers = frozenset(p for p in (who.reviewer, who.owner) if p)
    if question.rule == "AT_LEAST":
        left = reach(model, who.workspace, everyone)
        barred = openers if question.separate else frozenset()
        if left is not None and len(left - barred) < (question.at_least or 0):
            raise Refused("InvalidInput")
    job = Job(id_, who.workspace, who.key, openers, question, model.now, audience={f"key:{who.key}"})
    begin(model, job, 0, "OPENED")
    job.log = [(1, "OPENED", who.key)] + [(1, "ASSIGNED", who.key) for _ in job.seats]
    model.jobs[id_] = job
    if key is not None:
        model.keys[who.workspace, who.key, key] = id_
    return job


def begin(model: Model, job: Job, number: int, reason: str) -> None:
    """A level begins, with its whole time from now."""
    level: Level = job.question.levels[number]
    job.level, job.asked, job.began, job.span = number, list(level.assignees), model.now, level.span
    job.deadline, job.reminded, job.own_extensions = model.now + level.span, 0, []
    job.seats = [seat(model, job, voice, reason, n) for n, voice in enumerate(job.asked)]
    widen(job)


def seat(model: Model, job: Job, voice: str, reason: str, n: int) -> Seat:
    holder = acting(model, job, voice)
    why = reason if holder == voice else "DELEGATED"
    return Seat(voice, holder, job.level, why, model.now, (job.version, n))


def widen(job: Job) -> None:
    job.audience |= {*job.asked, *(s.holder for s in job.seats)}


def reshape(model: Model, job: Job, asked: list[str], *, begins: str, actor: str) -> bool:
    """Others are asked, or act for those who are; whether that changes anything. A voice that was heard stays where it
    is, and is not asked for anew; claims are given back. Where the answers now decide, the task ends."""
    # A quorum counts people: what a group, or somebody's delegate, has said leaves the others their say.
    said = {f"reviewer:{who}" for who in job.heard} if job.question.rule == "AT_LEAST" else job.voiced
    job.version += 1
    seats: list[Seat] = []
    for n, voice in enumerate(asked):
        had = [s for s in job.seats if s.voice == voice]
        if voice in said:
            seats += had
        else:
            stays = [s for s in had if s.holder == acting(model, job, voice)]
            seats += stays or [seat(model, job, voice, begins, n)]
    new = [s for s in seats if s not in job.seats]
    gone = [s for s in job.seats if s not in seats]
    if set(asked) == set(job.asked) and not new and not gone:
        job.version -= 1
        return False
    held = [s for s in seats if s.claimed_by]
    free(held)
    job.asked, job.seats = asked, sorted(seats, key=lambda s: s.place)
    widen(job)
    before = ["RELEASED"] if held else []
    moved(model, job, before, "REASSIGNED", len(new), actor)
    return True


def moved(model: Model, job: Job, before: list[str], type_: str, new: int, actor: str) -> None:
    """What the log says of others being asked: who has the task now, or, where the answers now decide, its end."""
    place = len(job.log)
    job.log.append((job.version, type_, actor))
    if not end_by_answers(model, job, actor):
        job.log[place:place] = [(job.version, each, actor) for each in before]
        job.log += [(job.version, "ASSIGNED", actor)] * new


def free(held: Iterable[Seat]) -> None:
    for one in held:
        one.claimed_by, one.claimed_until, one.reason = None, None, "RELEASED"


def go_away(model: Model, who: Person, away: Away, *, from_now: bool) -> None:
    may_set(who, away.reviewer)
    for a in model.absences:
        same = (a.workspace, a.reviewer, a.delegate) == (away.workspace, away.reviewer, away.delegate)
        begins = a.begins <= away.begins if from_now else a.begins == away.begins
        if same and begins and a.ends == away.ends > model.now:
            return  # set again: the one there is
    others = [a for a in model.absences if a.workspace == away.workspace and a.ends > model.now]
    at_once = [a for a in others if a.begins < away.ends and away.begins < a.ends]
    if away.ends <= max(away.begins, model.now) or away.delegate == away.reviewer:
        raise Refused("InvalidInput")
    if any(a.reviewer == away.reviewer for a in at_once) or _circle(away, at_once):
        raise Refused("InvalidInput")
    model.absences.append(away)


def _circle(away: Away, at_once: list[Away]) -> bool:
    moments = [a.begins for a in [away, *at_once] if away.begins <= a.begins < away.ends]
    for moment in moments:
        links = {a.reviewer: a.delegate for a in [away, *at_once] if a.begins <= moment < a.ends}
        person = away.delegate
        while person in links and person != away.reviewer:
            person = links[person]
        if person == away.reviewer:
            return True
    return False


def come_back(model: Model, who: Person, id_: str) -> None:
    found = [a for a in model.absences if a.id == id_ and a.workspace == who.workspace and a.ends > model.now]
    if not found:
        raise Refused("NotFound")
    may_set(who, found[0].reviewer)
    if found[0].begins < model.now:
        found[0].ends = model.now
    else:
        model.absences.remove(found[0])


def may_set(who: Person, reviewer: str) -> None:
    """Only somebody themselves, or an ADMIN, says when they are away."""
    if "ADMIN" not in who.roles and not ("REVIEWER" in who.roles and who.reviewer == reviewer):
        raise Refused("NotAllowed")
