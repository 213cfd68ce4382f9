"""Refusals as types. Services raise; the handlers here turn what was raised into a member of the result's union."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import get_nullable_type, is_union_type
from strawberry.types.field import StrawberryField

from app.domain import errors
from app.graphql.enums import RefusalCode
from app.graphql.types import Task

field = strawberry.field


@strawberry.interface(description="An expected no: typed, never thrown.")
class Refusal:
    code: RefusalCode = field(description="Which kind of no.")
    message: str = field(description="What is wrong, for a person to read.")

    @classmethod
    def of(cls, error: errors.Refusal) -> Refusal:
        return cls(code=RefusalCode(error.code), message=error.message)


@strawberry.type(description="One thing wrong with an input.")
class Problem:
    path: str = field(description="`path` is a JSON pointer into the input.")
    message: str = field(description="What is wrong, and what would be right.")


@strawberry.type(description="The input breaks a rule; nothing was changed.")
class InvalidInput(Refusal):
    problems: list[Problem] = field(description="Everything that was found.")

    @classmethod
    # Narrower than Refusal.of: HANDLERS pairs each type with its own error and no other.
    def of(cls, error: errors.InvalidInput) -> InvalidInput:  # type: ignore[override]
        problems = [Problem(path=p.path, message=p.message) for p in error.problems]
        return cls(code=RefusalCode(error.code), message=error.message, problems=problems)


@strawberry.type(description="There is no such task, or the caller may not see it: the two look the same.")
class NotFound(Refusal):
    pass


@strawberry.type(description="The caller's role, groups or part in the task do not allow it.")
class NotAllowed(Refusal):
    pass


@strawberry.type(description="The key was used before with another input; `task` is what it opened then.")
class IdempotencyConflict(Refusal):
    task: Task = field(description="The task as it stands.")


@strawberry.type(description="Somebody, or the deadline, was first; `task.resolution` names the winner.")
class AlreadyResolved(Refusal):
    task: Task = field(description="The task as it stands.")


@strawberry.type(description="This person has answered this task before.")
class AlreadyAnswered(Refusal):
    task: Task = field(description="The task as it stands.")


@strawberry.type(description="The task has changed since the version that the reviewer saw.")
class StaleVersion(Refusal):
    task: Task = field(description="The task as it stands.")


@strawberry.type(description="Somebody else holds the claim on the task.")
class ClaimedByAnother(Refusal):
    task: Task = field(description="The task as it stands.")


# Bare, since Strawberry refuses type parameters beside the two attributes that are set for each instance.
class _Shown(strawberry.ExceptionHandler):  # type: ignore[type-arg]
    """Shows one kind of refusal as its type, in the fields whose union has that type."""

    def __init__(self, error: type[errors.Refusal], shown: type[Refusal]) -> None:
        self.exception_type = error
        self.error_type = shown

    # The arguments are Strawberry's: it passes them by name, needed or not.
    def handle(self, exception: Any, *, field: StrawberryField, info: strawberry.Info) -> Any:  # noqa: ARG002
        return self.show(exception)

    def show(self, exception: Any) -> Any:
        if isinstance(exception, errors.TaskRefusal):
            # HANDLERS pairs every TaskRefusal with a type that has a task.
            return self.error_type(  # type: ignore[call-arg]
                code=RefusalCode(exception.code), message=exception.message, task=Task.of(exception.task)
            )
        return self.error_type.of(exception)


HANDLERS = [
    _Shown(errors.InvalidInput, InvalidInput),
    _Shown(errors.NotFound, NotFound),
    _Shown(errors.NotAllowed, NotAllowed),
    _Shown(errors.IdempotencyConflict, IdempotencyConflict),
    _Shown(errors.AlreadyResolved, AlreadyResolved),
    _Shown(errors.AlreadyAnswered, AlreadyAnswered),
    _Shown(errors.StaleVersion, StaleVersion),
    _Shown(errors.ClaimedByAnother, ClaimedByAnother),
]


def shown(error: BaseException) -> Any:
    """A refusal as its type; raises what has none."""
    for handler in HANDLERS:
        if isinstance(error, handler.exception_type):
            return handler.show(error)
    raise error


def typed_in(type_: Any) -> tuple[type[errors.Refusal], ...]:
    """The refusals that a field of this GraphQL type shows as members of its union."""
    named = get_nullable_type(type_)
    names = {member.name for member in named.types} if is_union_type(named) else set()
    return tuple(handler.exception_type for handler in HANDLERS if handler.error_type.__name__ in names)
