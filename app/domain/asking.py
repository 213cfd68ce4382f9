"""From what a workflow sends to a checked `Question`, or every reason why it is not one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from app.domain.approval import MOST_SCORES, reachable
from app.domain.errors import InvalidInput, Problem
from app.domain.immutable import immutable, immutable_by_name
from app.domain.names import check_who
from app.domain.task import (
    ApprovalRule,
    Assignee,
    FinalStrategy,
    Json,
    Level,
    Question,
    TimeoutStrategy,
    Urgency,
)
from app.domain.text import NAME_CHARACTERS, check_json, check_text, checked_span, escaped
from app.domain.timeout import TIME_BY_URGENCY
from app.domain.workplace import NOTHING_SET

PROMPT_CHARACTERS = 3_999
DETAILS_CHARACTERS = 100_000
CONTEXT_BYTES = 256 * 1024
SCHEMA_BYTES = 64 * 1024
MOST_LEVELS = 10
MOST_ASSIGNEES = 100
MOST_LABELS = 20
MOST_REMINDERS = 10
USUAL_REMINDERS = (0.5, 0.9)
"""The shares of a level's time at which reminders are sent where the workflow says nothing else."""


@immutable
class AssigneeRequest:
    """Exactly one is to be set."""

    reviewer: str | None = None
    group: str | None = None


@immutable
class LevelRequest:
    """Backup approvers; `after` is an ISO 8601 duration."""

    assignees: Sequence[AssigneeRequest]
    after: str | None = None


@immutable_by_name
class OpenRequest:
    """`OpenTaskInput` of the API, nothing checked yet; the names are the same."""

    workflow: str
    prompt: str
    assignees: Sequence[AssigneeRequest]
    idempotency_key: str | None = None
    run_id: str | None = None
    step: str | None = None
    details: str | None = None
    context: Json = None
    answer_schema: Json = None
    labels: Json = None
    rule: ApprovalRule = ApprovalRule.ANY
    at_least: int | None = None
    urgency: Urgency = Urgency.ROUTINE
    strategy: TimeoutStrategy = TimeoutStrategy.FAIL
    after: str | None = None
    escalate_to: Sequence[LevelRequest] | None = None
    when_exhausted: FinalStrategy = FinalStrategy.FAIL
    calendar: str | None = None
    reminders: Sequence[float] = USUAL_REMINDERS
    rating_required: bool = False
    scores: Sequence[str] = ()
    separation_of_duties: bool = False


def check_question(request: OpenRequest) -> Question:
    """The question that `request` asks. Raises InvalidInput with every problem, each by its JSON pointer."""
    problems: list[Problem] = []
    check_text(problems, "/idempotencyKey", request.idempotency_key, longest=NAME_CHARACTERS, required=True)
    check_text(problems, "/workflow/name", request.workflow, longest=NAME_CHARACTERS, required=True)
    check_text(problems, "/workflow/runId", request.run_id, longest=NAME_CHARACTERS, required=True)
    check_text(problems, "/workflow/step", request.step, longest=NAME_CHARACTERS, required=True)
    check_text(problems, "/prompt", request.prompt, longest=PROMPT_CHARACTERS, required=True)
    check_text(problems, "/details", request.details, longest=DETAILS_CHARACTERS)
    context = {} if request.context is None else request.context
    if isinstance(context, dict):
        check_json(problems, "/context", context, most_bytes=CONTEXT_BYTES)
    else:
        problems.append(Problem("/context", "is not an object; send the facts as {name: value}"))
    _check_answer_schema(problems, request.answer_schema)
    labels = _labels(problems, request.labels)
    _check_scores(problems, request.scores)
    levels = _levels(problems, request)
    check_text(problems, "/timeout/calendar", request.calendar, longest=NAME_CHARACTERS, required=True)
    _check_reminders(problems, request.reminders)
    _check_rule(problems, request, levels)
    if problems:
        raise InvalidInput(problems)
    return Question(
        workflow=request.workflow,
        run_id=request.run_id,
        step=request.step,
        prompt=request.prompt,
        details=request.details,
        context=context,
        answer_schema=request.answer_schema,
        labels=labels,
        urgency=request.urgency,
        rule=request.rule,
        at_least=request.at_least,
        strategy=request.strategy,
        levels=levels,
        when_exhausted=request.when_exhausted,
        calendar=request.calendar,
        reminders=tuple(request.reminders),
        rating_required=request.rating_required,
        scores=tuple(request.scores),
        separation_of_duties=request.separation_of_duties,
    )


def _check_answer_schema(problems: list[Problem], schema: Json) -> None:
    if schema is not None and not isinstance(schema, dict):
        problems.append(Problem("/answerSchema", "is not a JSON Schema object"))
        return
    check_json(problems, "/answerSchema", schema, most_bytes=SCHEMA_BYTES)


def _labels(problems: list[Problem], labels: Json) -> dict[str, str]:
    if labels is None:
        return {}
    if not isinstance(labels, dict):
        problems.append(Problem("/labels", "is not an object; send {name: text}"))
        return {}
    if len(labels) > MOST_LABELS:
        problems.append(Problem("/labels", f"has {len(labels):,} labels; at most {MOST_LABELS} are allowed"))
        return {}
    for name, value in labels.items():
        path = f"/labels/{escaped(name)}"
        check_text(problems, path, name, longest=NAME_CHARACTERS, required=True)
        if isinstance(value, str):
            check_text(problems, path, value, longest=NAME_CHARACTERS)
        else:
            problems.append(Problem(path, "is not a string"))
    return labels


def _check_scores(problems: list[Problem], scores: Sequence[str]) -> None:
    if len(scores) > MOST_SCORES:
        problems.append(Problem("/feedback/scores", f"has {len(scores):,} names; at most {MOST_SCORES} are allowed"))
        return
    for n, name in enumerate(scores):
        check_text(problems, f"/feedback/scores/{n}", name, longest=NAME_CHARACTERS, required=True)
        if name in scores[:n]:
            problems.append(Problem(f"/feedback/scores/{n}", f"'{name}' is given twice"))


def _levels(problems: list[Problem], request: OpenRequest) -> tuple[Level, ...]:
    """The whole chain, first level included; a level without a time of its own has the first level's."""
    given = checked_span(problems, "/timeout/after", request.after) if request.after is not None else None
    first_after = given or TIME_BY_URGENCY[request.urgency]
    levels = [Level(check_assignees(problems, "/assignees", request.assignees), first_after)]
    backups = request.escalate_to or ()
    escalates = request.strategy is TimeoutStrategy.ESCALATE
    if escalates and not backups:
        problems.append(
            Problem("/timeout/escalateTo", "is missing; ESCALATE needs at least one level of backup approvers")
        )
    if not escalates and backups:
        problems.append(
            Problem("/timeout/escalateTo", f"goes with strategy ESCALATE only, not with {request.strategy}")
        )
    if len(backups) > MOST_LEVELS:
        problems.append(Problem("/timeout/escalateTo", f"has {len(backups)} levels; at most {MOST_LEVELS} are allowed"))
        return tuple(levels)
    for n, backup in enumerate(backups):
        path = f"/timeout/escalateTo/{n}"
        after: timedelta | None = first_after
        if backup.after is not None:
            after = checked_span(problems, f"{path}/after", backup.after)
        levels.append(Level(check_assignees(problems, f"{path}/assignees", backup.assignees), after or first_after))
    return tuple(levels)


def check_assignees(problems: list[Problem], path: str, requests: Sequence[AssigneeRequest]) -> tuple[Assignee, ...]:
    """The assignees that `requests` name: at least one, at most 100, each once."""
    if not requests:
        problems.append(Problem(path, "is empty; name at least one reviewer or group"))
    if len(requests) > MOST_ASSIGNEES:
        problems.append(
            Problem(path, f"has {len(requests)} entries; at most {MOST_ASSIGNEES} are allowed (use a group)")
        )
        return ()
    assignees: list[Assignee] = []
    for n, request in enumerate(requests):
        assignee = check_assignee(problems, f"{path}/{n}", request)
        if assignee is None:
            continue
        check_who(problems, f"{path}/{n}/{assignee.kind}", assignee.name)
        if assignee in assignees:
            problems.append(Problem(f"{path}/{n}", f"{assignee.kind} '{assignee.name}' is given twice"))
        assignees.append(assignee)
    return tuple(assignees)


def check_assignee(problems: list[Problem], path: str, request: AssigneeRequest) -> Assignee | None:
    """The assignee that `request` names; None, and a problem, where it names none or two."""
    if (request.reviewer is None) == (request.group is None):
        problems.append(Problem(path, "give exactly one of reviewer and group"))
        return None
    kind, name = ("reviewer", request.reviewer) if request.reviewer is not None else ("group", request.group)
    return Assignee(kind, name or "")


def _check_reminders(problems: list[Problem], shares: Sequence[float]) -> None:
    path = "/timeout/reminders"
    if len(shares) > MOST_REMINDERS:
        problems.append(Problem(path, f"has {len(shares)} entries; at most {MOST_REMINDERS} are allowed"))
    elif not all(0 < share < 1 for share in shares):
        problems.append(Problem(path, "must hold shares of a level's time, numbers between 0 and 1"))
    elif any(later <= earlier for earlier, later in pairwise(shares)):
        problems.append(Problem(path, "is not in order; send each share once, smallest first"))


def _check_rule(problems: list[Problem], request: OpenRequest, levels: tuple[Level, ...]) -> None:
    """`atLeast` goes with AT_LEAST; more approvals than there can be people are refused where that is certain.

    What only the directory can tell, `opening.open_task` checks.
    """
    path = "/approval/atLeast"
    if request.rule is not ApprovalRule.AT_LEAST:
        if request.at_least is not None:
            problems.append(Problem(path, f"goes with rule AT_LEAST only, not with {request.rule}"))
    elif request.at_least is None or request.at_least < 1:
        given = "is missing" if request.at_least is None else f"is {request.at_least}"
        problems.append(Problem(path, f"{given}; AT_LEAST needs a number of approvals, 1 or more"))
    elif len(levels) == 1 + len(request.escalate_to or ()):  # else some of them were not understood
        everyone = {assignee for level in levels for assignee in level.assignees}
        if everyone:
            check_reach(problems, request.at_least, reachable(everyone, NOTHING_SET, without=()))


def check_reach(problems: list[Problem], at_least: int, people: frozenset[str] | None) -> None:
    """`at_least` approvals are refused where only `people` can ever be asked (None: nobody knows how many) and they are
    fewer."""
    if people is not None and len(people) < at_least:
        said = f"is {at_least}, but only {len(people)} reviewers can ever be asked"
        problems.append(Problem("/approval/atLeast", said))
