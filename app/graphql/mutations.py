"""The mutations. Each calls one command; what it raises is turned into a refusal by refusals.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.graphql.context import Info
from app.graphql.inputs import AnswerTaskInput, OpenTaskInput
from app.graphql.results import (
    AnswerTaskResult,
    AnswerTaskSuccess,
    OpenTaskResult,
    OpenTaskSuccess,
    TaskResult,
    TaskSuccess,
)
from app.graphql.types import Task
from app.service.answer_task import answer_task
from app.service.cancel_task import cancel_task
from app.service.open_task import open_task

_Open = Annotated[OpenTaskInput, strawberry.argument(description="The question.")]
_Answer = Annotated[AnswerTaskInput, strawberry.argument(description="The answer.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="The task's id.")]
_Reason = Annotated[str | None, strawberry.argument(description="Why, for those who look later.")]


@strawberry.type(description="What changes tasks.")
class Mutation:
    @strawberry.mutation(
        description="A workflow reaches a human node. The same idempotencyKey with the same input gives the same task, "
        "`replayed: true`."
    )
    async def open_task(self, info: Info, input: _Open) -> OpenTaskResult:
        return OpenTaskSuccess.of(await open_task(info.context.commands, info.context.principal, input.request()))

    @strawberry.mutation(description="A reviewer decides.")
    async def answer_task(self, info: Info, input: _Answer) -> AnswerTaskResult:
        context = info.context
        task = await answer_task(context.commands, context.principal, input.task_id, input.request())
        return AnswerTaskSuccess(task=Task.of(task))

    @strawberry.mutation(description="The workflow no longer needs the answer.")
    async def cancel_task(self, info: Info, id: _Id, reason: _Reason = None) -> TaskResult:
        task = await cancel_task(info.context.commands, info.context.principal, id, reason)
        return TaskSuccess(task=Task.of(task))
