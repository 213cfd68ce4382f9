"""A reviewer decides."""

from __future__ import annotations

from collections.abc import Sequence

from app.auth import Principal, Verb, require, through
from app.domain.approval import AnswerRequest, check_answer
from app.domain.approval import answer_task as decide_answer
from app.domain.errors import InvalidInput
from app.domain.task import Task, Transition
from app.service.commands import Change, Commands
from app.service.forms import form_problems
from app.service.gather import only
from app.service.ids import checked_id
from app.store.tasks import Read


async def answer_task(commands: Commands, principal: Principal, id: str, request: AnswerRequest) -> Task:
    """The task after the answer. Raises InvalidInput, NotFound, NotAllowed, AlreadyResolved, AlreadyAnswered,
    StaleVersion, ClaimedByAnother, Unavailable."""
    return only(await answer_tasks(commands, principal, [(id, request)]))


async def answer_tasks(
    commands: Commands, principal: Principal, answers: Sequence[tuple[str, AnswerRequest]]
) -> list[Task | Exception]:
    """For each answer, in order, the task after it, or what `answer_task` raises. Raises Unavailable."""
    checked = [_change(principal, id_, request) for id_, request in answers]
    changed = iter(await commands.change([each for each in checked if isinstance(each, Change)]))
    return [next(changed) if isinstance(each, Change) else each for each in checked]


def _change(principal: Principal, id: str, request: AnswerRequest) -> Change | InvalidInput:
    problems = check_answer(request)
    task_id = checked_id(problems, "/taskId", id)
    if problems:
        return InvalidInput(problems)

    def decide(read: Read) -> Transition:
        task = read.task
        require(principal, Verb.SEE, task)
        task.require_pending()
        require(principal, Verb.ANSWER, task)
        return decide_answer(
            task,
            request,
            reviewer=principal.reviewer or "",
            through=through(principal, task),
            now=read.now,
            workplace=read.workplace,
            problems=form_problems(task, request.input),
        )

    return Change(task_id, decide)
