"""Answering: who counts, and when the answers given decide the task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.domain.claiming import claimed_by_another, freed, released_event, remaining
from app.domain.errors import AlreadyAnswered, InvalidInput, Problem, StaleVersion
from app.domain.event import Event, TaskEventType
from app.domain.immutable import immutable_by_name, replace
from app.domain.resolving import resolve
from app.domain.task import (
    Answer,
    ApprovalRule,
    Assignee,
    Assignment,
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
from app.domain.workplace import NOTHING_SET, Workplace

COMMENT_CHARACTERS = 10_000
INPUT_BYTES = 256 * 1024
MOST_SCORES = 20
LARGEST_SCORE = 1_000_000_000


@immutable_by_name
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
    return [*problems, *check_rating(request.rating), *check_scores(request.scores)]


def check_rating(rating: int | None) -> list[Problem]:
    """What is wrong with a rating, whatever the task."""
    if rating is None or 1 <= rating <= 5:
        return []
    return [Problem("/rating", f"is {rating}; a rating is 1 (poor) to 5 (excellent)")]


def check_scores(scores: tuple[tuple[str, float], ...]) -> list[Problem]:
    """What is wrong with scores, whatever the task."""
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
    return problems + check_scores_asked_for(task, request.scores)


def check_scores_asked_for(task: Task, scores: tuple[tuple[str, float], ...]) -> list[Problem]:
    """Scores that the task does not ask for."""
    asked = task.question.scores
    known = ", ".join(asked) or "none"
    return [
        Problem(f"/scores/{n}/name", f"'{name}' is not asked for; this task asks for: {known}")
        for n, (name, _) in enumerate(scores)
        if name not in asked
    ]


def answer_task(
    task: Task,
    request: AnswerRequest,
    *,
    reviewer: str,
    through: tuple[Assignee, ...],
    now: datetime,
    workplace: Workplace = NOTHING_SET,
    problems: Sequence[Problem] = (),
) -> Transition:
    """`reviewer`'s answer, and the ending that it brings about where the rule is satisfied or out of reach.

    Raises AlreadyResolved, AlreadyAnswered, StaleVersion, ClaimedByAnother, InvalidInput. `through`: the open assignees
    that the reviewer is or belongs to; at least one. `problems`: what of the input breaks the task's schema.
    """
    task.require_pending()
    answered_by = task.answered_by
    free = [a for a in task.assignments if a.assignee in through and a.claimed_by in (None, reviewer)]
    # Standing in for somebody who has been heard does not keep anybody from speaking for others, or for themselves.
    mine = [a for a in free if a.on_behalf_of not in answered_by] or free
    instead_of = _instead_of(mine, reviewer)
    if already := answered_by & {reviewer, instead_of}:
        raise AlreadyAnswered(f"{', '.join(sorted(filter(None, already)))} has answered this task already.", task)
    if not mine:
        raise claimed_by_another(task)
    if request.version is not None and request.version != task.version:
        raise StaleVersion(f"You saw version {request.version}; the task is at version {task.version} now.", task)
    if found := [*check_asked_for(task, request), *problems]:
        raise InvalidInput(found)
    answer = Answer(
        reviewer=reviewer,
        decision=request.decision,
        comment=request.comment,
        input=request.input,
        answered_at=now,
        through=tuple(dict.fromkeys(a.voice for a in mine)),
        assigned_at=min(a.assigned_at for a in mine),
        on_behalf_of=instead_of,
    )
    # Whoever stands in for the reviewer, or for the same absent person, has nothing left to say.
    heard = answer.people
    open_ = [a for a in task.assignments if a in mine or a.on_behalf_of not in heard]
    held = [a for a in open_ if a.claimed_by == reviewer]
    given_back = dict(zip(held, freed(held), strict=True))
    answered = replace(
        task,
        version=task.version + 1,
        answers=(*task.answers, answer),
        feedback=_with_feedback(task, request, reviewer, now),
        assignments=tuple(given_back.get(a, a) for a in open_),
    )
    status = decided(answered, workplace)
    event = Event(
        type=TaskEventType.ANSWERED,
        actor=reviewer,
        at=now,
        data={
            "decision": request.decision,
            "comment": request.comment,
            "rating": request.rating,
            "remaining": remaining(answered.assignments),
            **({"onBehalfOf": instead_of} if instead_of else {}),
        },
        # Where the answer also ends the task, the ending is what an inbox is told.
        concerns=() if status else _concerned(task, answered, reviewer),
    )
    if status is None:
        # Those whose voice it is as well have it again, and are told so.
        before = [released_event(answered, held, actor=reviewer, now=now)] if held else []
        return Transition(task, answered, (*before, event))
    return resolve(task, answered, status, resolution_of(answered, status, now), actor=reviewer, before=(event,))


def _concerned(task: Task, answered: Task, reviewer: str) -> tuple[str, ...]:
    """The reviewer, those who still have it, and those who had it in the place of whoever was heard."""
    kept = {a.voice for a in answered.assignments}
    gone = [a for a in task.assignments if a.voice not in kept]
    return tuple(dict.fromkeys([f"reviewer:{reviewer}", *(a.concern for a in (*answered.assignments, *gone))]))


def _instead_of(mine: list[Assignment], reviewer: str) -> str | None:
    """The absent person for whom `reviewer` answers; None where they are asked themselves."""
    if Assignee("reviewer", reviewer) in [a.voice for a in mine]:
        return None
    return next((a.on_behalf_of for a in mine if a.on_behalf_of), None)


def _with_feedback(task: Task, request: AnswerRequest, reviewer: str, now: datetime) -> tuple[Feedback, ...]:
    """The task's feedback with what the answer says, in place of what `reviewer` said before they answered."""
    if request.rating is None and not request.scores:
        return task.feedback
    given = Feedback(
        reviewer=reviewer, rating=request.rating, scores=dict(request.scores), comment=request.comment, at=now
    )
    return (*(f for f in task.feedback if f.reviewer != reviewer), given)


def decided(task: Task, workplace: Workplace) -> TaskStatus | None:
    """APPROVED or REJECTED where the answers so far decide, else None.

    One rejection ends ANY and ALL. AT_LEAST ends rejected once the people asked now cannot reach the number any more.
    """
    approvals = sum(a.decision is Decision.APPROVE for a in task.answers)
    rejected = approvals < len(task.answers)
    match task.question.rule:
        case ApprovalRule.ANY:
            satisfied = approvals > 0
        case ApprovalRule.ALL:
            satisfied = not rejected and task.heard.issuperset(task.asked)
        case ApprovalRule.AT_LEAST:
            satisfied = approvals >= task.required
            rejected = rejected and not _can_reach(task, task.required - approvals, workplace)
    if satisfied:
        return TaskStatus.APPROVED
    return TaskStatus.REJECTED if rejected else None


def _can_reach(task: Task, missing: int, workplace: Workplace) -> bool:
    """Whether so many more people may still approve at this level."""
    waiting = {a.assignee for a in task.assignments if a.on_behalf_of not in task.answered_by}
    people = still_reachable(task, waiting, workplace)
    return people is None or len(people) >= missing


def still_reachable(task: Task, assignees: Iterable[Assignee], workplace: Workplace) -> frozenset[str] | None:
    """The people whom these assignees come to and who may still answer; None, no bound, as in `reachable`."""
    own = task.openers if task.question.separation_of_duties else ()
    return reachable(assignees, workplace, without=task.answered_by.union(own))


def reachable(assignees: Iterable[Assignee], workplace: Workplace, *, without: Iterable[str]) -> frozenset[str] | None:
    """The people whom these assignees come to, but for `without`; None, no bound, where a group's are not known."""
    people: set[str] = set()
    for assignee in assignees:
        if assignee.kind == "reviewer":
            people.add(assignee.name)
        elif assignee.name in workplace.members:
            people |= workplace.members[assignee.name]
        else:
            return None
    return frozenset(people.difference(without))


def resolution_of(task: Task, status: TaskStatus, now: datetime) -> Resolution:
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


def settled(
    seen: Task,
    task: Task,
    moved: Event,
    events: Sequence[Event],
    *,
    workplace: Workplace,
    now: datetime,
) -> Transition:
    """`task`, in which others are asked than in `seen`: ended at once where the answers so far decide it now.

    Answers stay valid when others are asked; were the rule looked at only with the next answer, a task might wait for
    somebody who has nothing left to say. `moved`, one of `events`, says who is asked now; where it is the end, too,
    inboxes are told of the end alone.
    """
    status = decided(task, workplace) if task.answers else None
    if status is None:
        return Transition(seen, task, tuple(events))
    before = (replace(moved, concerns=()),)
    return resolve(seen, task, status, resolution_of(task, status, now), actor=moved.actor, before=before)
