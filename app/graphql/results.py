"""What mutations give back: success or a typed refusal."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.task import Task as DomainTask
from app.graphql.refusals import (
    AlreadyAnswered,
    AlreadyResolved,
    ClaimedByAnother,
    IdempotencyConflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    StaleVersion,
)
from app.graphql.shown import Shown
from app.graphql.types import Task
from app.service.openings import Opened

field = strawberry.field


@strawberry.type(description="Advice on a question: what would make it easier to decide.")
class Advice:
    code: str = field(description="The name of the rule.")
    message: str = field(description="What would be better.")


@strawberry.type(description="The task was opened, now or before.")
class OpenTaskSuccess(Shown):
    source: strawberry.Private[Opened]
    task: Task = field(description="The task.")
    replayed: bool = field(description="Whether the same idempotencyKey had opened it before.")
    advice: list[Advice] = field(description="Advice on the prompt, context and timeout; never a refusal.")


OpenTaskSuccess.PARTS = {
    "task": lambda shown: Task.of(shown.source.task),
    "replayed": lambda shown: shown.source.replayed,
    "advice": lambda shown: [Advice(code=a.code, message=a.message) for a in shown.source.advice],
}


@strawberry.type(description="The answer was taken.")
class AnswerTaskSuccess:
    task: Task = field(description="`task` may still be PENDING, where more answers are needed.")

    @classmethod
    def of(cls, task: DomainTask) -> AnswerTaskSuccess:
        return cls(task=Task.of(task))


@strawberry.type(description="The task was changed.")
class TaskSuccess:
    task: Task = field(description="The task after the change.")


OpenTaskResult = Annotated[
    OpenTaskSuccess | InvalidInput | IdempotencyConflict | NotAllowed,
    strawberry.union("OpenTaskResult", description="The task, or why it was not opened."),
]
AnswerTaskResult = Annotated[
    AnswerTaskSuccess
    | InvalidInput
    | NotFound
    | NotAllowed
    | AlreadyResolved
    | AlreadyAnswered
    | StaleVersion
    | ClaimedByAnother,
    strawberry.union("AnswerTaskResult", description="The task, or why the answer was not taken."),
]
TaskResult = Annotated[
    TaskSuccess | InvalidInput | NotFound | NotAllowed | AlreadyResolved | ClaimedByAnother,
    strawberry.union("TaskResult", description="The task, or why it was not changed."),
]
