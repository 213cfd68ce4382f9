"""What the plain model knows: people, tasks, groups, absences, as simple as can be; nothing of `app.domain`.

Assignees are text, as in `reviewer:anna` and `group:finance`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEASE = timedelta(minutes=15)
SPANS = {"PT10M": timedelta(minutes=10), "PT1H": timedelta(hours=1), "P1D": timedelta(days=1), "P300D": timedelta(300)}


class Refused(Exception):
    """The model's no: the name of the refusal."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Person:
    """Whom a key stands for."""

    key: str
    workspace: str
    roles: frozenset[str]
    reviewer: str | None = None
    owner: str | None = None

    @property
    def actor(self) -> str:
        return self.reviewer or self.key


@dataclass
class Seat:
    """That `holder` has the task, asked for the voice of `voice`."""

    voice: str
    holder: str
    level: int
    reason: str
    at: datetime
    place: tuple[int, int]  # the version that brought it, and where in its list
    claimed_by: str | None = None
    claimed_until: datetime | None = None

    @property
    def instead_of(self) -> str | None:
        return None if self.voice == self.holder else self.voice.removeprefix("reviewer:")


@dataclass
class Said:
    reviewer: str
    instead_of: str | None
    decision: str
    voices: frozenset[str]
    at: datetime
    comment: str | None


@dataclass
class Level:
    assignees: list[str]
    span: timedelta


@dataclass
class Question:
    """What was asked, for life."""

    run: str | None
    rule: str
    at_least: int | None
    strategy: str
    levels: list[Level]
    when_exhausted: str
    reminders: list[float]
    rating_required: bool
    scores: list[str]
    separate: bool


@dataclass
class Job:
    """A task of the model."""

    id: str
    workspace: str
    created_by: str
    openers: frozenset[str]
    question: Question
    created_at: datetime
    version: int = 1
    status: str = "PENDING"
    level: int = 0
    deadline: datetime | None = None
    began: datetime | None = None
    span: timedelta = timedelta()
    reminded: int = 0
    own_extensions: list[timedelta] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    answers: list[Said] = field(default_factory=list)
    feedback: dict[str, tuple[int | None, dict[str, float], str | None]] = field(default_factory=dict)
    audience: set[str] = field(default_factory=set)
    resolution: tuple[str, str, tuple[str, ...], str | None, datetime] | None = None
    log: list[tuple[int, str, str]] = field(default_factory=list)  # version, type, actor

    @property
    def heard(self) -> set[str]:
        """Who has answered, or been answered for."""
        return {person for said in self.answers for person in (said.reviewer, said.instead_of) if person}

    @property
    def claimants(self) -> set[str]:
        return {seat.claimed_by for seat in self.seats if seat.claimed_by}

    @property
    def required(self) -> int:
        if self.question.rule == "ALL":
            return len(self.asked)
        return (self.question.at_least or 1) if self.question.rule == "AT_LEAST" else 1

    @property
    def remind_at(self) -> datetime | None:
        if self.deadline is None or self.began is None or self.reminded >= len(self.question.reminders):
            return None
        return self.began + self.span * self.question.reminders[self.reminded]


@dataclass
class Away:
    id: str
    workspace: str
    reviewer: str
    delegate: str
    begins: datetime
    ends: datetime


@dataclass
class Model:
    """All workspaces, and what a step took from whom and why (`lost`: workspace, reviewer, task to the last reason)."""

    people: list[Person]
    now: datetime
    jobs: dict[str, Job] = field(default_factory=dict)
    members: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    whole: set[tuple[str, str]] = field(default_factory=set)
    absences: list[Away] = field(default_factory=list)
    keys: dict[tuple[str, str, str], str] = field(default_factory=dict)
    lost: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def groups(self, workspace: str, reviewer: str) -> set[str]:
        return {name for (where, name), people in self.members.items() if where == workspace and reviewer in people}

    def tokens(self, who: Person) -> set[str]:
        """The assignees that somebody is or belongs to."""
        if "REVIEWER" not in who.roles or who.reviewer is None:
            return set()
        return {f"reviewer:{who.reviewer}"} | {f"group:{g}" for g in self.groups(who.workspace, who.reviewer)}

    def sees(self, who: Person, job: Job) -> bool:
        if who.workspace != job.workspace:
            return False
        key = {f"key:{who.key}"} if "WORKFLOW" in who.roles else set()
        return bool(who.roles & {"ADMIN", "ANALYST"}) or bool((self.tokens(who) | key) & job.audience)

    def inbox(self, who: Person) -> list[tuple[Job, Seat]]:
        """What somebody has to do, most urgent first."""
        mine = self.tokens(who)
        found = [
            (job, seat)
            for job in self.jobs.values()
            if job.workspace == who.workspace and who.reviewer not in job.heard
            if not (job.question.separate and who.reviewer in job.openers)
            for seat in job.seats
            if seat.holder in mine and seat.claimed_by in (None, who.reviewer)
        ]
        return sorted(found, key=lambda e: (e[0].deadline, e[0].id, f"{e[1].holder} {e[1].instead_of or ''}"))
