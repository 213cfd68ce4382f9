"""Random histories of tasks: everything that can happen to one, decided by the domain and stored step by step."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from app.deps import Deps
from app.domain.approval import AnswerRequest, answer_task
from app.domain.asking import AssigneeRequest, LevelRequest
from app.domain.cancelling import cancel_task
from app.domain.claiming import claim_task, release_task
from app.domain.errors import Refusal
from app.domain.extending import extend_deadline
from app.domain.rating import RateRequest, rate_task
from app.domain.reassigning import delegate_task, reassign_task
from app.domain.task import ApprovalRule, Assignee, Decision, FinalStrategy, Task, TimeoutStrategy, Transition, Urgency
from app.domain.waking import wake_task
from app.domain.workplace import Workplace
from tests.factories import NOW, an_opening, groups, held_by, reviewers

PEOPLE = ("anna", "ben", "carl", "yan", "zoe")
MEMBER_OF = {"anna": ("finance",), "yan": ("finance", "legal")}
STAND_INS: tuple[dict[str, str], ...] = ({}, {}, {"anna": "zoe"}, {"ben": "zoe"})
ASKED = (*reviewers("anna", "ben", "carl"), *groups("finance", "legal"))


def an_opened(chance: random.Random) -> Transition:
    """Any task, with any rule and chain."""
    strategy = chance.choice([*TimeoutStrategy, TimeoutStrategy.ESCALATE])
    levels = [LevelRequest(_some(chance)) for _ in range(chance.randrange(1, 3))]
    rule = chance.choice(list(ApprovalRule))
    return an_opening(
        now=NOW + timedelta(days=chance.randrange(12), hours=chance.randrange(24)),
        workflow=chance.choice(["expenses", "refunds"]),
        step=chance.choice([None, "one", "two"]),
        labels={k: f"{k[0]}{chance.randrange(2)}" for k in ("agent", "model", "prompt") if chance.random() < 0.7},
        urgency=chance.choice(list(Urgency)),
        assignees=_some(chance),
        rule=rule,
        at_least=1 if rule is ApprovalRule.AT_LEAST else None,
        strategy=strategy,
        escalate_to=levels if strategy is TimeoutStrategy.ESCALATE else None,
        when_exhausted=chance.choice(list(FinalStrategy)),
        reminders=chance.choice([(), (0.5, 0.9)]),
        scores=["tone", "tact"],
        workplace=Workplace(stand_ins=chance.choice(STAND_INS)),
    )


def _some(chance: random.Random) -> list[AssigneeRequest]:
    return chance.sample(ASKED, chance.randrange(1, 4))


def a_step(chance: random.Random, task: Task, now: datetime) -> Transition | None:
    """Something that happens to the task; None where it could not be."""
    workplace = Workplace(stand_ins=chance.choice(STAND_INS))
    who = chance.choice(PEOPLE)
    through = held_by(task, who, *MEMBER_OF.get(who, ()))
    act = chance.choices(
        ["answer", "claim", "release", "rate", "reassign", "delegate", "extend", "wake", "cancel"],
        [8, 3, 1, 3, 2, 2, 1, 3, 1],
    )[0]
    try:
        match act:
            case "answer" if through:
                request = AnswerRequest(
                    decision=chance.choice([Decision.APPROVE, Decision.APPROVE, Decision.REJECT]),
                    rating=_rating(chance),
                    scores=_scores(chance),
                )
                return answer_task(task, request, reviewer=who, through=through, now=now, workplace=workplace)
            case "claim" if through:
                return claim_task(task, reviewer=who, through=through, lease=timedelta(minutes=15), now=now)
            case "release":
                return release_task(task, claimants=[who], actor=who, now=now)
            case "rate" if f"reviewer:{who}" in task.audience:
                rate = RateRequest(rating=_rating(chance), scores=_scores(chance), comment="later")
                return rate_task(task, rate, reviewer=who, now=now)
            case "reassign":
                to = tuple(_assignee(a) for a in _some(chance))
                giving = None if chance.random() < 0.5 else task.asked[:1]
                return reassign_task(task, to, giving=giving, actor=who, reason=None, now=now, workplace=workplace)
            case "delegate":
                return delegate_task(task, now=now, workplace=workplace)
            case "extend":
                return extend_deadline(task, timedelta(hours=1), own=False, actor=who, reason=None, now=now)
            case "wake" if task.wake_at:
                return wake_task(task, now=max(now, task.wake_at), workplace=workplace)
            case "cancel":
                return cancel_task(task, by="workflow", reason=None, now=now)
    except Refusal:
        pass
    return None


def _assignee(request: AssigneeRequest) -> Assignee:
    return Assignee("reviewer", request.reviewer) if request.reviewer else Assignee("group", request.group or "")


def _rating(chance: random.Random) -> int | None:
    return chance.choice([None, 1, 2, 3, 4, 5])


def _scores(chance: random.Random) -> tuple[tuple[str, float], ...]:
    return tuple((name, chance.choice([0.25, -1.5, 3.0])) for name in ("tone", "tact") if chance.random() < 0.4)


async def random_histories(
    deps: Deps,
    chance: random.Random,
    number: int,
    *,
    steps: int = 8,
    versions: dict[tuple[UUID, int], Task] | None = None,
) -> list[Task]:
    """So many tasks as they are after up to so many attempts at doing something to each, stored.

    `versions` is given each task at each of its versions.
    """
    kept = {} if versions is None else versions
    openings = [an_opened(chance) for _ in range(number)]
    stored = await deps.tasks.insert_many(openings)
    assert len(stored) == number
    tasks = {opening.task.id: opening.task for opening in openings}
    kept |= {(id_, 1): task for id_, task in tasks.items()}
    times = {id_: task.created_at for id_, task in tasks.items()}
    for _ in range(steps):
        changes: list[Transition] = []
        for id_, task in tasks.items():
            times[id_] += timedelta(seconds=chance.randrange(1, 3_600) / 8)
            if chance.random() < 0.8 and (change := a_step(chance, task, times[id_])):
                changes.append(change)
                times[id_] = max(times[id_], change.events[-1].at)
        ids = await deps.tasks.save_many(changes)
        assert ids == {change.task.id for change in changes}
        tasks |= {change.task.id: change.task for change in changes}
        kept |= {(change.task.id, change.task.version): change.task for change in changes}
    return list(tasks.values())
