"""The commands of the model test. Each is run by the service (`app`) and by the model (`plain`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.auth import Principal
from app.domain.approval import AnswerRequest
from app.domain.asking import AssigneeRequest, LevelRequest, OpenRequest
from app.domain.rating import RateRequest
from app.domain.task import ApprovalRule, Decision, FinalStrategy, TimeoutStrategy
from app.service.answer_task import answer_task
from app.service.cancel_run import cancel_run
from app.service.cancel_task import cancel_task
from app.service.claim_task import claim_task, release_task
from app.service.commands import Commands
from app.service.delegate_tasks import delegate_tasks
from app.service.expire_tasks import expire_tasks
from app.service.extend_deadline import extend_deadline
from app.service.open_task import open_task
from app.service.rate_task import rate_task
from app.service.reassign_task import reassign_task
from tests.model import asking, clockwork, rules
from tests.model.state import SPANS, Level, Model, Person, Question


def request_of(token: str) -> AssigneeRequest:
    kind, name = token.split(":")
    return AssigneeRequest(reviewer=name) if kind == "reviewer" else AssigneeRequest(group=name)


@dataclass(frozen=True)
class Aim:
    """What a command is about when it is run: a task's id and version (of what is opened, the id it got), the time."""

    id: str
    version: int
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Command:
    """`who` and `task` say whom and which task it is about: a name, or a number (see driver.py)."""

    who: int | str = 0
    task: int = 0
    direct = False  # whether it is rather for workflows and ADMINs than for assignees
    makes = False  # whether it makes something that gets an id

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        raise NotImplementedError

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Sweep(Command):
    """The clock does what is due. The least command: where nothing is due it changes nothing."""

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> None:
        await expire_tasks(commands)
        await delegate_tasks(commands)

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        clockwork.sweep(model)


@dataclass(frozen=True, kw_only=True)
class Wait(Sweep):
    """Time passes, or, where `minutes` is None, just `late` milliseconds more than until something is due. Then the
    clock is looked at, unless the workers are away."""

    minutes: int | None = None
    late: int = 0
    swept: bool = True

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> None:
        if self.swept:
            await super().app(commands, principal, aim)

    def plain(self, model: Model, who: Person, aim: Aim) -> None:
        if self.swept:
            clockwork.sweep(model)


@dataclass(frozen=True, kw_only=True)
class Open(Command):
    direct = True
    makes = True
    assignees: tuple[str, ...]
    rule: str = "ANY"
    at_least: int | None = None
    after: str = "PT1H"
    strategy: str = "FAIL"
    backups: tuple[tuple[tuple[str, ...], str | None], ...] = ()
    when_exhausted: str = "FAIL"
    reminders: tuple[float, ...] = ()
    rating_required: bool = False
    scores: tuple[str, ...] = ()
    separate: bool = False
    key: str | None = None
    run: str | None = None

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        request = OpenRequest(
            workflow="expenses",
            prompt="Approve expense report #1234 for $2,500 (Travel - Q4 Conference)",
            assignees=[request_of(token) for token in self.assignees],
            rule=ApprovalRule(self.rule),
            at_least=self.at_least,
            after=self.after,
            strategy=TimeoutStrategy(self.strategy),
            escalate_to=[LevelRequest([request_of(t) for t in tokens], after) for tokens, after in self.backups]
            or None,
            when_exhausted=FinalStrategy(self.when_exhausted),
            reminders=self.reminders,
            rating_required=self.rating_required,
            scores=self.scores,
            separation_of_duties=self.separate,
            idempotency_key=self.key,
            run_id=self.run,
        )
        return (await open_task(commands, principal, request)).task

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        first = Level(list(self.assignees), SPANS[self.after])
        rest = [Level(list(tokens), SPANS[after or self.after]) for tokens, after in self.backups]
        question = Question(
            run=self.run,
            rule=self.rule,
            at_least=self.at_least,
            strategy=self.strategy,
            levels=[first, *rest],
            when_exhausted=self.when_exhausted,
            reminders=list(self.reminders),
            rating_required=self.rating_required,
            scores=list(self.scores),
            separate=self.separate,
        )
        return asking.open_(model, who, aim.id, question, self.key)


@dataclass(frozen=True, kw_only=True)
class Answer(Command):
    approve: bool = True
    comment: str | None = None
    rating: int | None = None
    scores: tuple[tuple[str, float], ...] = ()
    behind: int | None = None  # how many versions ago they looked

    def _seen(self, aim: Aim) -> int | None:
        return None if self.behind is None else aim.version - self.behind

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        request = AnswerRequest(
            decision=Decision.APPROVE if self.approve else Decision.REJECT,
            comment=self.comment,
            rating=self.rating,
            scores=self.scores,
            version=self._seen(aim),
        )
        return await answer_task(commands, principal, aim.id, request)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        decision = "APPROVE" if self.approve else "REJECT"
        return rules.answer(
            model,
            who,
            aim.id,
            decision,
            comment=self.comment,
            rating=self.rating,
            scores=dict(self.scores),
            version=self._seen(aim),
        )


@dataclass(frozen=True, kw_only=True)
class Claim(Command):
    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        return await claim_task(commands, principal, aim.id)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.claim(model, who, aim.id)


@dataclass(frozen=True, kw_only=True)
class Release(Command):
    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        return await release_task(commands, principal, aim.id)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.release(model, who, aim.id)


@dataclass(frozen=True, kw_only=True)
class Reassign(Command):
    to: tuple[str, ...]

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        return await reassign_task(commands, principal, aim.id, [request_of(t) for t in self.to], None)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.reassign(model, who, aim.id, list(self.to))


@dataclass(frozen=True, kw_only=True)
class Extend(Command):
    by: str = "PT10M"

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        return await extend_deadline(commands, principal, aim.id, self.by, None)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.extend(model, who, aim.id, SPANS[self.by])


@dataclass(frozen=True, kw_only=True)
class Rate(Command):
    rating: int | None = 5
    scores: tuple[tuple[str, float], ...] = ()
    comment: str | None = None

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        request = RateRequest(rating=self.rating, scores=self.scores, comment=self.comment)
        return await rate_task(commands, principal, aim.id, request)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.rate(model, who, aim.id, self.rating, dict(self.scores), self.comment)


@dataclass(frozen=True, kw_only=True)
class Cancel(Command):
    direct = True
    reason: str | None = None

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        return await cancel_task(commands, principal, aim.id, self.reason)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.cancel(model, who, aim.id, self.reason)


@dataclass(frozen=True, kw_only=True)
class CancelRun(Command):
    direct = True
    run: str

    async def app(self, commands: Commands, principal: Principal, aim: Aim) -> Any:
        return await cancel_run(commands, principal, "expenses", self.run, None)

    def plain(self, model: Model, who: Person, aim: Aim) -> Any:
        return rules.cancel_run(model, who, self.run)
