"""The task: the question that a workflow asks (fixed for life) and the state it is in.

A task changes only by a `Transition`, which the functions beside this file make: `opening.open_task`,
`approval.answer_task`, `waking.wake_task` (the clock), `cancelling.cancel_task`, `claiming`, `reassigning` (standing in
for the absent, too), `extending`, `rating`. docs/states.md has the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from app.domain.errors import AlreadyResolved
from app.domain.event import Event
from app.domain.immutable import immutable, immutable_by_name

Json = Any  # what orjson.loads gives: dict, list, str, int, float, bool, None


class _Name(StrEnum):
    """An enum whose values are its names: the same word in code, database and API."""

    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return name


class TaskStatus(_Name):
    PENDING = auto()
    APPROVED = auto()
    REJECTED = auto()
    EXPIRED = auto()
    CANCELLED = auto()


class Outcome(_Name):
    APPROVED = auto()
    REJECTED = auto()
    FAILED = auto()
    CANCELLED = auto()


class ResolvedBy(_Name):
    REVIEWER = auto()
    TIMEOUT = auto()
    WORKFLOW = auto()


class Decision(_Name):
    APPROVE = auto()
    REJECT = auto()


class TimeoutStrategy(_Name):
    AUTO_APPROVE = auto()
    ESCALATE = auto()
    FAIL = auto()


class FinalStrategy(_Name):
    AUTO_APPROVE = auto()
    FAIL = auto()


class Urgency(_Name):
    ROUTINE = auto()
    URGENT = auto()
    COMPLIANCE = auto()


class ApprovalRule(_Name):
    ANY = auto()
    ALL = auto()
    AT_LEAST = auto()


class AssignmentReason(_Name):
    OPENED = auto()
    ESCALATED = auto()
    REASSIGNED = auto()
    DELEGATED = auto()
    RELEASED = auto()


class UnassignmentReason(_Name):
    RESOLVED = auto()
    ESCALATED = auto()
    REASSIGNED = auto()
    DELEGATED = auto()
    CANCELLED = auto()
    CLAIMED_BY_ANOTHER = auto()


class Assignee(NamedTuple):
    """A reviewer by id, or a group that several reviewers belong to.

    A tuple, since assignees are compared and looked up more than anything else.
    """

    kind: str  # "reviewer" or "group"
    name: str

    @property
    def token(self) -> str:
        """The assignee as one string, the way audiences and the database hold it."""
        return f"{self.kind}:{self.name}"

    @classmethod
    @lru_cache(maxsize=4_096)
    def of_token(cls, token: str) -> Assignee:
        return cls(*token.split(":", 1))

    @classmethod
    def of_json(cls, given: Mapping[str, str]) -> Assignee:
        return cls(*next(iter(given.items())))

    @property
    def as_json(self) -> dict[str, str]:
        return {self.kind: self.name}


@immutable
class Level:
    """Who decides and for how long: level 0 are the first assignees, n the n-th escalation."""

    assignees: tuple[Assignee, ...]
    after: timedelta


@immutable_by_name
class Question:
    """What a workflow asks, checked. It never changes."""

    workflow: str
    run_id: str | None
    step: str | None
    prompt: str
    details: str | None
    context: Mapping[str, Json]
    answer_schema: Json | None
    labels: Mapping[str, str]
    urgency: Urgency
    rule: ApprovalRule
    at_least: int | None
    strategy: TimeoutStrategy
    levels: tuple[Level, ...]
    when_exhausted: FinalStrategy
    reminders: tuple[float, ...]
    calendar: str | None
    rating_required: bool
    scores: tuple[str, ...]
    separation_of_duties: bool


@immutable
class Assignment:
    """That a task waits for an assignee. `assigned_version` is the task's version that brought it.

    `on_behalf_of` is the absent person whose delegate the assignee is; `claimed_by` the reviewer who alone may answer
    through it until the claim is given back.
    """

    assignee: Assignee
    level: int
    reason: AssignmentReason
    assigned_at: datetime
    assigned_version: int
    on_behalf_of: str | None = None
    claimed_by: str | None = None
    claim_expires_at: datetime | None = None

    @property
    def voice(self) -> Assignee:
        """Who is asked: the assignee, or the absent person whom the assignee stands in for."""
        return Assignee("reviewer", self.on_behalf_of) if self.on_behalf_of else self.assignee

    @property
    def concern(self) -> str:
        """The token of whoever may act on it now: the assignee's, or while it is claimed the claimant's alone."""
        return f"reviewer:{self.claimed_by}" if self.claimed_by else self.assignee.token


@immutable_by_name
class Answer:
    """What one reviewer said. `through` are those asked whose voice it is: the assignees that the reviewer is or
    belongs to, and whom they stand in for."""

    reviewer: str
    decision: Decision
    comment: str | None
    input: Json
    answered_at: datetime
    through: tuple[Assignee, ...]
    assigned_at: datetime
    on_behalf_of: str | None = None

    @property
    def people(self) -> frozenset[str]:
        """Who has answered with it: the reviewer, and whoever the reviewer stood in for."""
        return frozenset(person for person in (self.reviewer, self.on_behalf_of) if person)


@immutable_by_name
class Feedback:
    """How good the work was that was reviewed: `rating` 1 to 5, and further named scores."""

    reviewer: str
    rating: int | None
    scores: Mapping[str, float]
    comment: str | None
    at: datetime


@immutable_by_name
class Resolution:
    """How a task ended: what the workflow does next, and who brought that about."""

    outcome: Outcome
    by: ResolvedBy
    actors: tuple[str, ...]
    comment: str | None
    input: Json
    at: datetime


@immutable_by_name
class Task:
    """A question and its state. `assignments` are the open ones; earlier ones are in the event log.

    `openers` are the people behind the key that opened it, for separation of duties. `audience` are the tokens of all
    who may see it: the key that opened it and everybody whom it was ever assigned to.

    Of the current level: `asked` are the assignees before anybody stands in for them; it began at `began_at` and has
    `span` of time (extensions included; `own_extensions` are those that assignees gave themselves); `reminded` of its
    reminders have been sent or passed over, the next is at `remind_at`.
    """

    id: UUID
    workspace: str
    question: Question
    created_by: str
    openers: tuple[str, ...]
    created_at: datetime
    idempotency_key: str | None
    version: int
    status: TaskStatus
    level: int
    asked: tuple[Assignee, ...]
    began_at: datetime
    span: timedelta
    own_extensions: tuple[timedelta, ...] = ()
    deadline_at: datetime | None
    reminded: int = 0
    remind_at: datetime | None = None
    audience: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    answers: tuple[Answer, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    resolution: Resolution | None = None

    @property
    def required(self) -> int:
        """How many approvals it takes: 1, so many, or one of each who is asked at the current level."""
        match self.question.rule:
            case ApprovalRule.ANY:
                return 1
            case ApprovalRule.AT_LEAST:
                return self.question.at_least or 1
            case ApprovalRule.ALL:
                return len(self.asked)

    @property
    def wake_at(self) -> datetime | None:
        """When the clock next has something to do: a reminder, a claim to give back, the deadline. None: never."""
        if self.deadline_at is None:
            return None
        claims = [a.claim_expires_at for a in self.assignments if a.claim_expires_at]
        return min([self.deadline_at, *claims, *([self.remind_at] if self.remind_at else [])])

    def is_due(self, now: datetime) -> bool:
        """Whether the clock has something to do by `now`."""
        return self.wake_at is not None and self.wake_at <= now

    @property
    def claimants(self) -> tuple[str, ...]:
        """The reviewers who hold a claim, each once."""
        return tuple(dict.fromkeys(a.claimed_by for a in self.assignments if a.claimed_by))

    @property
    def answered_by(self) -> frozenset[str]:
        """Everybody who has answered, or been answered for."""
        return frozenset(person for answer in self.answers for person in answer.people)

    @property
    def heard(self) -> frozenset[Assignee]:
        """Whose voice has been given, whoever asks for it: those answered as, and each person who has answered."""
        voices = {voice for answer in self.answers for voice in answer.through}
        return frozenset(voices.union(Assignee("reviewer", person) for person in self.answered_by))

    def require_pending(self) -> None:
        """Raises AlreadyResolved, naming the winner, unless the task is PENDING."""
        if self.resolution:
            winner = ", ".join(self.resolution.actors)
            raise AlreadyResolved(f"The task is {self.status} already, by {winner}.", self)


@immutable
class Transition:
    """One change of one task: `seen` as it was read (None: it is new), `task` as it shall be, the events of it."""

    seen: Task | None
    task: Task
    events: tuple[Event, ...]

    @property
    def reassigns(self) -> bool:
        """Whether it touches the task's assignments, whose deadline is the task's."""
        seen, task = self.seen, self.task
        return seen is None or task.assignments != seen.assignments or task.deadline_at != seen.deadline_at


def concerned(assignments: Iterable[Assignment]) -> tuple[str, ...]:
    """The tokens of those who may act through these, each once. Whoever has a task is told of each change of it: an
    answer may say which version was seen."""
    return tuple(dict.fromkeys(a.concern for a in assignments))


def widened(audience: Iterable[str], assignees: Iterable[Assignee]) -> tuple[str, ...]:
    """`audience` and the tokens of `assignees`, each once, in order."""
    return tuple(dict.fromkeys([*audience, *(a.token for a in assignees)]))
