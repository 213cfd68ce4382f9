"""The mutations of tasks. Each calls one command; what it raises is turned into a refusal by refusals.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.task import Task as DomainTask
from app.graphql.batches import check_batch, each_shown
from app.graphql.context import Info
from app.graphql.inputs import AnswerTaskInput, AssigneeInput, OpenTaskInput, RateTaskInput
from app.graphql.results import (
    AnswerTaskResult,
    AnswerTaskSuccess,
    OpenTaskResult,
    OpenTaskSuccess,
    TaskResult,
    TaskSuccess,
)
from app.graphql.scalars import Duration
from app.graphql.types import Task
from app.service.answer_task import answer_task, answer_tasks
from app.service.cancel_run import cancel_run
from app.service.cancel_task import cancel_task
from app.service.claim_task import claim_task, release_task
from app.service.extend_deadline import extend_deadline
from app.service.open_task import open_task, open_tasks
from app.service.rate_task import rate_task
from app.service.reassign_task import reassign_task

_Question = Annotated[OpenTaskInput, strawberry.argument(description="The question.")]
_Questions = Annotated[list[OpenTaskInput], strawberry.argument(description="The questions.")]
_Given = Annotated[AnswerTaskInput, strawberry.argument(description="The answer.")]
_AllGiven = Annotated[list[AnswerTaskInput], strawberry.argument(description="The answers.")]
_Rate = Annotated[RateTaskInput, strawberry.argument(description="The feedback.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="The task's id.")]
_Reason = Annotated[str | None, strawberry.argument(description="Why, for those who look later.")]
_Assignees = Annotated[list[AssigneeInput], strawberry.argument(description="Who is asked instead; at most 100.")]
_By = Annotated[Duration, strawberry.argument(description="How much more time, 1 second to 366 days.")]
_Workflow = Annotated[str, strawberry.argument(description="The workflow's name.")]
_Run = Annotated[str, strawberry.argument(description="The run.")]


@strawberry.type(description="What changes tasks.")
class TaskMutations:
    @strawberry.mutation(
        description="A workflow reaches a human node. The same idempotencyKey with the same input gives the same task, "
        "`replayed: true`."
    )
    async def open_task(self, info: Info, input: _Question) -> OpenTaskResult:
        opened = await open_task(info.context.commands, info.context.principal, input.request())
        return OpenTaskSuccess.of(opened)

    @strawberry.mutation(description="At most 500; each is opened or refused on its own, in the order given.")
    async def open_tasks(self, info: Info, inputs: _Questions) -> list[OpenTaskResult]:
        check_batch(inputs)
        requests = [each.request() for each in inputs]
        opened = await open_tasks(info.context.commands, info.context.principal, requests)
        return each_shown(opened, OpenTaskSuccess.of)

    @strawberry.mutation(description="A reviewer decides.")
    async def answer_task(self, info: Info, input: _Given) -> AnswerTaskResult:
        task = await answer_task(info.context.commands, info.context.principal, input.task_id, input.request())
        return AnswerTaskSuccess.of(task)

    @strawberry.mutation(description="At most 500; each is taken or refused on its own, in the order given.")
    async def answer_tasks(self, info: Info, inputs: _AllGiven) -> list[AnswerTaskResult]:
        check_batch(inputs)
        answers = [(str(each.task_id), each.request()) for each in inputs]
        answered = await answer_tasks(info.context.commands, info.context.principal, answers)
        return each_shown(answered, AnswerTaskSuccess.of)

    @strawberry.mutation(description="The workflow no longer needs the answer.")
    async def cancel_task(self, info: Info, id: _Id, reason: _Reason = None) -> TaskResult:
        return _changed(await cancel_task(info.context.commands, info.context.principal, id, reason))

    @strawberry.mutation(
        description="Cancels every pending task of a run; the number cancelled. A workflow cancels what it opened."
    )
    async def cancel_run(self, info: Info, workflow: _Workflow, run_id: _Run, reason: _Reason = None) -> int:
        return await cancel_run(info.context.commands, info.context.principal, workflow, run_id, reason)

    @strawberry.mutation(
        description="Takes the task for 15 minutes, unless the service is set otherwise: meanwhile nobody else may "
        "answer it. Claiming again renews that. Under ALL it covers what the caller would answer for; under AT_LEAST, "
        "where several people are needed, there is nothing to claim."
    )
    async def claim_task(self, info: Info, id: _Id) -> TaskResult:
        return _changed(await claim_task(info.context.commands, info.context.principal, id))

    @strawberry.mutation(description="Gives the caller's claim back; an ADMIN gives back anybody's.")
    async def release_task(self, info: Info, id: _Id) -> TaskResult:
        return _changed(await release_task(info.context.commands, info.context.principal, id))

    @strawberry.mutation(
        description="Others are asked instead: of everybody, where its workflow or an ADMIN says so; of the caller, "
        "where an assignee hands over. Level, deadline and answers stay."
    )
    async def reassign_task(self, info: Info, id: _Id, assignees: _Assignees, reason: _Reason = None) -> TaskResult:
        to = [a.request() for a in assignees]
        return _changed(await reassign_task(info.context.commands, info.context.principal, id, to, reason))

    @strawberry.mutation(
        description="More time for the current level. By its workflow or an ADMIN; by an assignee twice a level, and "
        "in all no more than the level's time once again."
    )
    async def extend_deadline(self, info: Info, id: _Id, by: _By, reason: _Reason = None) -> TaskResult:
        return _changed(await extend_deadline(info.context.commands, info.context.principal, id, by, reason))

    @strawberry.mutation(description="Feedback after the fact.")
    async def rate_task(self, info: Info, input: _Rate) -> TaskResult:
        return _changed(await rate_task(info.context.commands, info.context.principal, input.task_id, input.request()))


def _changed(task: DomainTask) -> TaskSuccess:
    return TaskSuccess(task=Task.of(task))
