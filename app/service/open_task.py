"""A workflow reaches a human node."""

from __future__ import annotations

from collections.abc import Sequence

from app.auth import Principal, require_opener
from app.domain.asking import OpenRequest, check_question
from app.domain.errors import Refusal
from app.service.commands import Commands
from app.service.forms import check_schema
from app.service.gather import only
from app.service.ids import new_id
from app.service.openings import Opened, Opening
from app.service.slices import in_slices


async def open_task(commands: Commands, principal: Principal, request: OpenRequest) -> Opened:
    """Opens a task. Raises NotAllowed, InvalidInput, IdempotencyConflict, Unavailable."""
    return only(await open_tasks(commands, principal, [request]))


async def open_tasks(
    commands: Commands, principal: Principal, requests: Sequence[OpenRequest]
) -> list[Opened | Exception]:
    """Opens tasks; for each, in order, what became of it, or what `open_task` raises. Raises Unavailable."""
    # A schema may take some milliseconds to compile.
    checked = [_opening(principal, request) async for request in in_slices(requests)]
    opened = iter(await commands.open([each for each in checked if isinstance(each, Opening)]))
    return [next(opened) if isinstance(each, Opening) else each for each in checked]


def _opening(principal: Principal, request: OpenRequest) -> Opening | Refusal:
    try:
        require_opener(principal)
        question = check_question(request)
        check_schema(question.answer_schema)
    except Refusal as refusal:
        return refusal
    return Opening(
        id=new_id(),
        workspace=principal.workspace,
        created_by=principal.name,
        openers=principal.people,
        question=question,
        idempotency_key=request.idempotency_key,
    )
