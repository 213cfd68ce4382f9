"""Everything a caller may be told no with.

Refusal                     expected, typed, has a message for the caller; nothing was changed
├── InvalidInput            `problems`, each with a JSON pointer into the input
├── NotFound                there is none, or the caller may not see it: the two look the same
├── NotAllowed              the caller may see it, but not do this
├── TaskRefusal             `task` as it stands
│   ├── IdempotencyConflict
│   ├── AlreadyResolved
│   ├── AlreadyAnswered
│   ├── StaleVersion
│   └── ClaimedByAnother
├── Unauthenticated         no credential, or not a valid one
└── Unavailable             too much waits already, or the database did not answer in time

Anything else that is raised is a surprise: logged whole, told to the caller only as an internal error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from app.domain.immutable import immutable

if TYPE_CHECKING:
    from app.domain.task import Task


@immutable
class Problem:
    """One thing wrong with an input: where (a JSON pointer into it) and what would be right."""

    path: str
    message: str


class Refusal(Exception):
    """An expected no. `code` is its name in the API."""

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, Any]:
        """What an error of the API says beside its message (graphql-core takes it from here)."""
        return {"code": self.code}


class InvalidInput(Refusal):
    """The input breaks a rule; `problems` names every one that was found."""

    code = "INVALID_INPUT"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.path or '/'}: {p.message}" for p in problems))
        self.problems = tuple(problems)

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "problems": [{"path": p.path, "message": p.message} for p in self.problems]}


class NotFound(Refusal):
    """There is no such task, or the caller may not see it."""

    code = "NOT_FOUND"


class NotAllowed(Refusal):
    """The caller's role, groups or part in the task do not allow it."""

    code = "NOT_ALLOWED"


class TaskRefusal(Refusal):
    """A refusal that shows the task as it stands, so that the caller sees who was first."""

    def __init__(self, message: str, task: Task) -> None:
        super().__init__(message)
        self.task = task


class IdempotencyConflict(TaskRefusal):
    """The key was used before with another input."""

    code = "IDEMPOTENCY_CONFLICT"


class AlreadyResolved(TaskRefusal):
    """Somebody, or the deadline, was first."""

    code = "ALREADY_RESOLVED"


class AlreadyAnswered(TaskRefusal):
    """This person has answered this task before."""

    code = "ALREADY_ANSWERED"


class StaleVersion(TaskRefusal):
    """The task has changed since the version that the reviewer saw."""

    code = "STALE_VERSION"


class ClaimedByAnother(TaskRefusal):
    """Somebody else holds the claim on this task."""

    code = "CLAIMED_BY_ANOTHER"


class Unauthenticated(Refusal):
    """No credential, or one that is unknown, revoked or expired."""

    code = "UNAUTHENTICATED"


class Unavailable(Refusal):
    """Not now: a queue is full or a wait ran out. Safe to try again."""

    code = "UNAVAILABLE"
