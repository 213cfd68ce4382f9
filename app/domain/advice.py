"""Advice to the workflow's author: what makes a task hard to decide. Never a refusal.

The rules are the field's good practice: one actionable sentence, the facts at hand, somebody behind the first
reviewer, a time that fits the urgency, and a rating to learn from.
"""

from __future__ import annotations

import re

from app.domain.duration import format_duration
from app.domain.immutable import immutable
from app.domain.task import Question, TimeoutStrategy
from app.domain.timeout import TIME_BY_URGENCY

FAR_FROM_URGENCY = 10  # times longer or shorter than the urgency's own time
VAGUE_WORDS = 4

_VAGUE = re.compile(
    r"^\W*(please\s+|kindly\s+|can you\s+)*"
    r"(review|approve|check|confirm|decide|look|see|verify|help|answer|respond|input|approval|action|attention)"
    r"(\s+(this|that|it|needed|required|requested|below|here|at|the|request|task|item|please|now|asap))*\W*$",
    re.IGNORECASE,
)


@immutable
class Advice:
    """`code` names the rule; `message` says what would be better."""

    code: str
    message: str


def advise(question: Question) -> list[Advice]:
    """What would make this question easier to decide; most telling first."""
    advice: list[Advice] = []
    if _VAGUE.match(question.prompt) or len(question.prompt.split()) < VAGUE_WORDS:
        advice.append(
            Advice(
                "VAGUE_PROMPT",
                "Say what is to be decided, on what, for how much: "
                "'Approve expense report #1234 for $2,500 (Travel - Q4 Conference)'.",
            )
        )
    if not question.context:
        advice.append(
            Advice("NO_CONTEXT", "Send the facts the reviewer needs as `context`, so that nobody has to hunt for them.")
        )
    if len(question.levels) == 1 and question.strategy is TimeoutStrategy.FAIL:
        advice.append(
            Advice(
                "NO_BACKUP",
                "Nobody is asked when the first assignees do not answer and the workflow fails; "
                "name backup approvers with strategy ESCALATE.",
            )
        )
    if question.strategy is TimeoutStrategy.ESCALATE and _same_people(question):
        advice.append(
            Advice("NO_BACKUP", "Every level asks only people of the first one; name somebody else as backup approver.")
        )
    usual = TIME_BY_URGENCY[question.urgency]
    after = question.levels[0].after
    if not usual / FAR_FROM_URGENCY <= after <= usual * FAR_FROM_URGENCY:
        advice.append(
            Advice(
                "TIMEOUT_FAR_FROM_URGENCY",
                f"The first assignees have {format_duration(after)}; "
                f"{question.urgency} usually means {format_duration(usual)}.",
            )
        )
    if not question.rating_required and not question.scores:
        advice.append(
            Advice("NO_RATING", "Ask for a rating (feedback.ratingRequired), so that quality can be measured later.")
        )
    return advice


def _same_people(question: Question) -> bool:
    first = set(question.levels[0].assignees)
    return all(first.issuperset(level.assignees) for level in question.levels[1:])
