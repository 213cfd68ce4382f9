"""The enums of the API: the domain's own, with what their values mean."""

from __future__ import annotations

from enum import Enum

import strawberry

from app.auth import Role
from app.domain.event import TaskEventType
from app.domain.task import (
    ApprovalRule,
    AssignmentReason,
    Decision,
    FinalStrategy,
    Outcome,
    ResolvedBy,
    TaskStatus,
    TimeoutStrategy,
    UnassignmentReason,
    Urgency,
)

__all__ = [
    "ApprovalRule",
    "AssignmentReason",
    "Decision",
    "FinalStrategy",
    "Outcome",
    "RefusalCode",
    "ResolvedBy",
    "Role",
    "StatsKey",
    "TaskEventType",
    "TaskStatus",
    "TimeoutStrategy",
    "UnassignmentReason",
    "Urgency",
    "Weekday",
]


class RefusalCode(Enum):
    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    ALREADY_RESOLVED = "ALREADY_RESOLVED"
    ALREADY_ANSWERED = "ALREADY_ANSWERED"
    STALE_VERSION = "STALE_VERSION"
    CLAIMED_BY_ANOTHER = "CLAIMED_BY_ANOTHER"


class StatsKey(Enum):
    WORKFLOW = "WORKFLOW"
    STEP = "STEP"
    REVIEWER = "REVIEWER"
    DAY = "DAY"
    WEEK = "WEEK"
    LABEL_AGENT = "LABEL_AGENT"
    LABEL_MODEL = "LABEL_MODEL"
    LABEL_PROMPT = "LABEL_PROMPT"


class Weekday(Enum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


def _expose(enum: type[Enum], description: str, values: dict[str, str]) -> None:
    strawberry.enum(enum, description=description)
    # strawberry.enum puts its definition on the class, which no type says.
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]


_expose(
    TaskStatus,
    "The life of a task. All but PENDING are final.",
    {
        "PENDING": "Waiting for a human.",
        "APPROVED": "A human (or the quorum of humans it asked for) approved.",
        "REJECTED": "A human (or the quorum) rejected.",
        "EXPIRED": "The deadline of the last level passed without a decision. `resolution.outcome` says how the "
        "workflow goes on.",
        "CANCELLED": "The workflow withdrew the question.",
    },
)
_expose(
    Outcome,
    "What the workflow does next. A task that expired under AUTO_APPROVE is EXPIRED with outcome APPROVED: no human "
    "approved it, and no figure may count it as if one had.",
    {
        "APPROVED": "It goes on.",
        "REJECTED": "It does not do what was asked about.",
        "FAILED": "It stops with an error: nobody decided in time.",
        "CANCELLED": "It had withdrawn the question.",
    },
)
_expose(
    ResolvedBy,
    "Who brought the outcome about.",
    {"REVIEWER": "Humans.", "TIMEOUT": "The clock.", "WORKFLOW": "The workflow itself."},
)
_expose(Decision, "What one reviewer says.", {"APPROVE": "Yes.", "REJECT": "No."})
_expose(
    TimeoutStrategy,
    "What happens when the deadline passes without an answer.",
    {
        "AUTO_APPROVE": "Low risk: the workflow continues as if approved.",
        "ESCALATE": "Important, not critical: reassigned to the backup approvers, with a new deadline.",
        "FAIL": "High stakes: the workflow stops with an error.",
    },
)
_expose(
    FinalStrategy,
    "How an escalation chain ends. A chain always ends.",
    {"AUTO_APPROVE": "The workflow continues as if approved.", "FAIL": "The workflow stops with an error."},
)
_expose(
    Urgency,
    "Picks the time for the first assignees where none is given.",
    {"ROUTINE": "24 hours.", "URGENT": "1 hour.", "COMPLIANCE": "7 days."},
)
_expose(
    ApprovalRule,
    "How many of the assignees must approve.",
    {
        "ANY": "The first answer decides.",
        "ALL": "Each assignee of the level approves; a group is one voice. One rejection rejects.",
        "AT_LEAST": "So many different people approve. Rejected once they can no longer be reached.",
    },
)
_expose(
    AssignmentReason,
    "Why a task came to an assignee.",
    {
        "OPENED": "It was opened for them.",
        "ESCALATED": "The level before let its deadline pass.",
        "REASSIGNED": "Somebody handed it over.",
        "DELEGATED": "They stand in for somebody absent, or are back themselves.",
        "RELEASED": "Whoever had claimed it gave it back, or their time was up.",
    },
)
_expose(
    UnassignmentReason,
    "Why a task left an inbox.",
    {
        "RESOLVED": "It is decided, has expired, or waits for others now that you have answered.",
        "ESCALATED": "Its deadline passed; the next level has it now.",
        "REASSIGNED": "It was handed over.",
        "DELEGATED": "A delegate has it now, or the person who was absent is back.",
        "CANCELLED": "The workflow withdrew it.",
        "CLAIMED_BY_ANOTHER": "Somebody else took it.",
    },
)
_expose(
    Role,
    "What a key may do.",
    {
        "WORKFLOW": "Opens tasks; cancels, reads and awaits those that a key of its name opened.",
        "REVIEWER": "Sees and answers what is assigned to its reviewer or their groups.",
        "ANALYST": "Reads everything in the workspace but its keys.",
        "ADMIN": "Does everything but answer for others.",
    },
)
_expose(
    TaskEventType,
    "What happened to a task.",
    {
        "OPENED": "A workflow opened it.",
        "ASSIGNED": "It came to an assignee.",
        "CLAIMED": "A reviewer took it for a while.",
        "RELEASED": "A claim was given back or ran out.",
        "REASSIGNED": "It was handed to others.",
        "ANSWERED": "A reviewer answered.",
        "ESCALATED": "A deadline passed; the next level has it.",
        "REMINDED": "Those who have not answered were reminded.",
        "EXTENDED": "The deadline was moved.",
        "RATED": "Feedback was given after the fact.",
        "APPROVED": "It ended: humans approved.",
        "REJECTED": "It ended: humans rejected.",
        "EXPIRED": "It ended: the last deadline passed.",
        "CANCELLED": "It ended: the workflow withdrew it.",
    },
)
_expose(
    RefusalCode,
    "The kinds of refusal.",
    {
        "INVALID_INPUT": "The input breaks a rule.",
        "NOT_FOUND": "There is none, or the caller may not see it.",
        "NOT_ALLOWED": "The caller may see it, but not do this.",
        "IDEMPOTENCY_CONFLICT": "The key was used before with another input.",
        "ALREADY_RESOLVED": "Somebody, or the deadline, was first.",
        "ALREADY_ANSWERED": "This person answered before.",
        "STALE_VERSION": "The task has changed since it was seen.",
        "CLAIMED_BY_ANOTHER": "Somebody else holds the claim.",
    },
)
_expose(
    StatsKey,
    "What figures are grouped by.",
    {
        "WORKFLOW": "The workflow's name.",
        "STEP": "The workflow's step.",
        "REVIEWER": "Who answered or rated; null where nobody did.",
        "DAY": "The day on which the task was created (UTC), as 2026-01-31.",
        "WEEK": "The ISO week in which the task was created (UTC), as 2026-W05.",
        "LABEL_AGENT": "The label `agent`.",
        "LABEL_MODEL": "The label `model`.",
        "LABEL_PROMPT": "The label `prompt`.",
    },
)
_expose(
    Weekday,
    "A day of the week.",
    {day.name: f"Day {n} of the week." for n, day in enumerate(Weekday, start=1)},
)
