"""Answering: who counts, and when the answers given decide the task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.errors import AlreadyAnswered, InvalidInput, Problem, StaleVersion
from app.domain.event import Event, TaskEventType
from app.domain.resolving import resolve
from app.domain.task import (
    Answer,
    ApprovalRule,
    Assignee,
    Decision,
    Feedback,
    Json,
    Outcome,
    Resolution,
    ResolvedBy,
    Task,
    TaskStatus,
    Transition,
)
from app.domain.text import check_json, check_text

COMMENT_CHARACTERS = 10_000
INPUT_BYTES = 256 * 1024
MOST_SCORES = 20
LARGEST_SCORE = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """What a reviewer says, as it came in. `version`: the task's version that the reviewer saw, where they say so."""

    decision: Decision
    comment: str | None = None
    input: Json = None
    rating: int | None = None
    scores: tuple[tuple[str, float], ...] = ()
    version: int | None = None


def check_answer(request: AnswerRequest) -> list[Problem]:
    """What is wrong with an answer, whatever the task."""
    problems: list[Problem] = []
    check_text(problems, "/comment", request.comment, longest=COMMENT_CHARACTERS)
    check_json(problems, "/input", request.input, most_bytes=INPUT_BYTES)
    if request.rating is not None and not 1 <= request.rating <= 5:
        problems.append(Problem("/rating", f"is {request.rating}; a rating is 1 (poor) to 5 (excellent)"))
    return problems + _check_scores(request.scores)


def _check_scores(scores: tuple[tuple[str, float], ...]) -> list[Problem]:
    if len(scores) > MOST_SCORES:
        return [Problem("/scores", f"has {len(scores):,} scores; at most {MOST_SCORES} are allowed")]
    problems: list[Problem] = []
    for n, (name, value) in enumerate(scores):
        if not abs(value) <= LARGEST_SCORE:  # so written, it also refuses what is no number
            problems.append(Problem(f"/scores/{n}/value", f"is {value}; a score is a number up to {LARGEST_SCORE:,}"))
        if name in (earlier for earlier, _ in scores[:n]):
            problems.append(Problem(f"/scores/{n}/name", f"'{name}' is given twice; give each score once"))
    return problems


def check_asked_for(task: Task, request: AnswerRequest) -> list[Problem]:
    """What the task asks for and the answer lacks, or the other way round."""
    problems: list[Problem] = []
    if task.question.rating_required and request.rating is None:
        problems.append(Problem("/rating", "is missing; this task asks for a rating, 1 (poor) to 5 (excellent)"))
    asked = task.question.scores
    for n, (name, _) in enumerate(request.scores):
        if name not in asked:
            known = ", ".join(asked) or "none"
            problems.append(Problem(f"/scores/{n}/name", f"'{name}' is not asked for; this task asks for: {known}"))
    return problems


def answer_task(
    task: Task, request: AnswerRequest, *, reviewer: str, through: tuple[Assignee, ...], now: datetime
) -> Transition:
    """`reviewer`'s answer, and the ending that it brings about where the rule is satisfied or out of reach.

    Raises AlreadyResolved, AlreadyAnswered, StaleVersion, InvalidInput. `through`: the open assignees that the reviewer
    is or belongs to; at least one.
    """
    task.require_pending()
    if any(a.reviewer == reviewer for a in task.answers):
        raise AlreadyAnswered(f"{reviewer} has answered this task already.", task)
    if request.version is not None and request.version != task.version:
        raise StaleVersion(f"You saw version {request.version}; the task is at version {task.version} now.", task)
    if problems := check_asked_for(task, request):
        raise InvalidInput(problems)
    answered = replace(
        task,
        version=task.version + 1,
        answers=(*task.answers, _answer(task, request, reviewer, through, now)),
        feedback=(*task.feedback, *_feedback(request, reviewer, now)),
    )
    status = _decided(answered)
    event = Event(
        type=TaskEventType.ANSWERED,
        actor=reviewer,
        at=now,
        data={"decision": request.decision, "comment": request.comment, "rating": request.rating},
        # Where the answer also ends the task, the ending is what an inbox is told.
        concerns=() if status else tuple(a.assignee.token for a in task.assignments),
        audience=task.audience,
    )
    if status is None:
        return Transition(task, answered, (event,))
    return resolve(task, answered, status, _resolution(answered, status, now), actor=reviewer, before=(event,))


def _answer(task: Task, request: AnswerRequest, reviewer: str, through: tuple[Assignee, ...], now: datetime) -> Answer:
    return Answer(
        reviewer=reviewer,
        decision=request.decision,
        comment=request.comment,
        input=request.input,
        answered_at=now,
        through=through,
        assigned_at=min(a.assigned_at for a in task.assignments if a.assignee in through),
    )


def _feedback(request: AnswerRequest, reviewer: str, now: datetime) -> list[Feedback]:
    if request.rating is None and not request.scores:
        return []
    return [
        Feedback(reviewer=reviewer, rating=request.rating, scores=dict(request.scores), comment=request.comment, at=now)
    ]


def _decided(task: Task) -> TaskStatus | None:
    """APPROVED or REJECTED where the answers so far decide, else None.

    One rejection ends ANY and ALL. AT_LEAST ends rejected once the people asked now cannot reach the number; how many
    belong to a group is not known here, so a group can always reach it.
    """
    approvals = [a for a in task.answers if a.decision is Decision.APPROVE]
    rejected = len(approvals) < len(task.answers)
    current = [a.assignee for a in task.assignments]
    match task.question.rule:
        case ApprovalRule.ANY:
            satisfied = bool(approvals)
        case ApprovalRule.ALL:
            heard = {assignee for a in approvals for assignee in a.through}
            satisfied = heard.issuperset(current)
        case ApprovalRule.AT_LEAST:
            satisfied = len(approvals) >= task.required
            answered = {a.reviewer for a in task.answers}
            open_to = {a.name for a in current if a.kind == "reviewer"} - answered
            has_group = any(a.kind == "group" for a in current)
            rejected = rejected and not has_group and len(approvals) + len(open_to) < task.required
    if satisfied:
        return TaskStatus.APPROVED
    return TaskStatus.REJECTED if rejected else None


def _resolution(task: Task, status: TaskStatus, now: datetime) -> Resolution:
    """The people who decided it that way, and the deciding (last) answer's comment and input."""
    wanted = Decision.APPROVE if status is TaskStatus.APPROVED else Decision.REJECT
    deciding = task.answers[-1]
    return Resolution(
        outcome=Outcome(status.value),
        by=ResolvedBy.REVIEWER,
        actors=tuple(a.reviewer for a in task.answers if a.decision is wanted),
        comment=deciding.comment,
        input=deciding.input,
        at=now,
    )
