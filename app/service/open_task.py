"""A workflow reaches a human node."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import orjson

from app.auth import Principal, require_opener
from app.domain.advice import Advice, advise
from app.domain.asking import OpenRequest, check_question
from app.domain.task import Task
from app.service.commands import Commands, Opening
from app.service.forms import check_schema
from app.service.ids import new_id


@dataclass(frozen=True, slots=True)
class OpenTaskResult:
    """The task, whether it was opened before with the same key, and what would make it easier to decide."""

    task: Task
    replayed: bool
    advice: list[Advice]


async def open_task(commands: Commands, principal: Principal, request: OpenRequest) -> OpenTaskResult:
    """Opens a task. Raises NotAllowed, InvalidInput, IdempotencyConflict, Unavailable."""
    require_opener(principal)
    question = check_question(request)
    check_schema(question.answer_schema)
    opened = await commands.open(
        Opening(
            id=new_id(),
            workspace=principal.workspace,
            created_by=principal.name,
            openers=principal.people,
            question=question,
            idempotency_key=request.idempotency_key,
            fingerprint=_fingerprint(request) if request.idempotency_key is not None else None,
        )
    )
    return OpenTaskResult(opened.task, opened.replayed, advise(question))


_DEFAULTS = [(f.name, f.default) for f in fields(OpenRequest)]


def _fingerprint(request: OpenRequest) -> str:
    """SHA-256 of what was asked: the same input, the same text, whatever the order of names in objects.

    What equals its default is left out, so that an input that a later version adds changes no fingerprint of today.
    """
    given = {name: value for name, default in _DEFAULTS if (value := getattr(request, name)) != default}
    return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
