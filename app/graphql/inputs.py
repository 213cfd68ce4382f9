"""The inputs of the API, and what the services make of them. Nothing is judged here: the domain does, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.schema_directive import Location

from app.auth import Principal
from app.domain import approval, asking, task
from app.domain.errors import InvalidInput, Problem
from app.domain.event import EventQuery
from app.domain.rating import RateRequest
from app.domain.text import NAME_CHARACTERS, check_text
from app.graphql import enums
from app.graphql.scalars import Duration, Json
from app.service.ids import task_id
from app.store.feedback import FeedbackQuery
from app.store.inbox import InboxQuery
from app.store.tasks import TaskQuery

field = strawberry.field


@strawberry.schema_directive(locations=[Location.INPUT_OBJECT], name="oneOf")
class OneOf:
    """Said in the schema for clients' tools. Held by the domain, not by the GraphQL layer: so it is answered with an
    InvalidInput that names the place, as every other rule is."""


@strawberry.input(description="The place in a workflow that waits for the answer.")
class WorkflowInput:
    name: str = field(description="The workflow's name.")
    run_id: str | None = field(default=None, description="The run of it.")
    step: str | None = field(default=None, description="The step of the run.")


@strawberry.input(
    description="A reviewer by id, or a group that several reviewers belong to; exactly one.", directives=[OneOf()]
)
class AssigneeInput:
    # UNSET, not None: a field of a oneOf input must not have a default in the schema.
    reviewer: str | None = field(default=strawberry.UNSET, description="A reviewer's id.")
    group: str | None = field(default=strawberry.UNSET, description="A group's name.")

    def request(self) -> asking.AssigneeRequest:
        reviewer, group = (None if name is strawberry.UNSET else name for name in (self.reviewer, self.group))
        return asking.AssigneeRequest(reviewer, group)


@strawberry.input(description="How many of the assignees must approve.")
class ApprovalInput:
    rule: enums.ApprovalRule = field(description="ANY, ALL or AT_LEAST.")
    at_least: int | None = field(
        default=None,
        description="With AT_LEAST only. One rejection ends ANY and ALL; AT_LEAST ends rejected once the approvals can "
        "no longer be reached.",
    )


@strawberry.input(description="Backup approvers, and how long they have.")
class EscalationLevelInput:
    assignees: list[AssigneeInput] = field(description="Who decides at this level.")
    after: Duration | None = field(default=None, description="Default: the first level's time.")


@strawberry.input(description="What happens when nobody decides in time.")
class TimeoutInput:
    strategy: enums.TimeoutStrategy = field(description="What happens when the first deadline passes.")
    after: Duration | None = field(default=None, description="Default: by urgency. 1 second to 366 days.")
    escalate_to: list[EscalationLevelInput] | None = field(
        default=None,
        description="Required with ESCALATE, refused without: the backup approvers, level by level, at most 10.",
    )
    when_exhausted: enums.FinalStrategy = field(
        default=enums.FinalStrategy.FAIL, description="With ESCALATE: what ends the chain; otherwise ignored."
    )
    calendar: str | None = field(
        default=None, description="The calendar whose working time alone counts, at every level; default: all time."
    )
    reminders: list[float] = field(
        default_factory=lambda: list(asking.USUAL_REMINDERS),
        description="The shares of each level's time at which those who have not answered are reminded, smallest "
        "first; at most 10.",
    )


@strawberry.input(description="What reviewers are asked to rate.")
class FeedbackInput:
    rating_required: bool = field(default=False, description="An answer without a rating is refused.")
    scores: list[str] = field(default_factory=list, description="Names of further scores asked for.")


@strawberry.input(description="A question that a workflow asks.")
class OpenTaskInput:
    workflow: WorkflowInput = field(description="What waits for the answer.")
    prompt: str = field(description="One actionable sentence; at most 3,999 characters.")
    assignees: list[AssigneeInput] = field(description="Who decides; at most 100.")
    idempotency_key: str | None = field(
        default=None,
        description="Bound to the task for its life; at most 255 characters. Always send one: it makes a retry safe. "
        "It belongs to the opening key's name: a key of another name may use the same for another task.",
    )
    details: str | None = field(default=None, description="Longer text for the reviewer, Markdown.")
    context: Json = field(
        default_factory=dict, description="The facts that the reviewer needs, an object of at most 256 KiB."
    )
    answer_schema: Json | None = field(
        default=None,
        description="JSON Schema (2020-12) that the answer's input must satisfy, a rejection's too; its references "
        "are paths inside it (`#/$defs/name`), none refers to itself, and at most 50 patterns apply. Limit a long text "
        "with `maxLength`, not with a pattern like `.{1,500}`.",
    )
    labels: Json = field(default_factory=dict, description="What to group by later, at most 20 short strings by name.")
    approval: ApprovalInput = field(
        default_factory=lambda: ApprovalInput(rule=enums.ApprovalRule.ANY), description="How many must approve."
    )
    urgency: enums.Urgency = field(default=enums.Urgency.ROUTINE, description="How soon an answer is needed.")
    timeout: TimeoutInput = field(
        default_factory=lambda: TimeoutInput(strategy=enums.TimeoutStrategy.FAIL),
        description="What happens when nobody decides in time.",
    )
    feedback: FeedbackInput = field(default_factory=FeedbackInput, description="What reviewers are asked to rate.")
    separation_of_duties: bool = field(
        default=False, description="Nobody may answer a task that they, or a key that they own, opened."
    )

    def request(self) -> asking.OpenRequest:
        escalate_to = self.timeout.escalate_to
        return asking.OpenRequest(
            workflow=self.workflow.name,
            run_id=self.workflow.run_id,
            step=self.workflow.step,
            prompt=self.prompt,
            assignees=[a.request() for a in self.assignees],
            idempotency_key=self.idempotency_key,
            details=self.details,
            context=self.context,
            answer_schema=self.answer_schema,
            labels=self.labels,
            rule=self.approval.rule,
            at_least=self.approval.at_least,
            urgency=self.urgency,
            strategy=self.timeout.strategy,
            after=self.timeout.after,
            escalate_to=None
            if escalate_to is None
            else [asking.LevelRequest([a.request() for a in level.assignees], level.after) for level in escalate_to],
            when_exhausted=self.timeout.when_exhausted,
            calendar=self.timeout.calendar,
            reminders=tuple(self.timeout.reminders),
            rating_required=self.feedback.rating_required,
            scores=self.feedback.scores,
            separation_of_duties=self.separation_of_duties,
        )


@strawberry.input(description="A named score.")
class ScoreInput:
    name: str = field(description="One that the task asks for.")
    value: float = field(description="How much.")


@strawberry.input(description="What a reviewer says.")
class AnswerTaskInput:
    task_id: strawberry.ID = field(description="Which task.")
    decision: enums.Decision = field(description="Yes or no.")
    comment: str | None = field(default=None, description="Why.")
    input: Json | None = field(
        default=None,
        description="What the workflow continues with; checked against answerSchema, every violation reported.",
    )
    rating: int | None = field(default=None, description="1 to 5.")
    scores: list[ScoreInput] = field(default_factory=list, description="The further scores asked for.")
    version: int | None = field(
        default=None,
        description="The version the reviewer saw; if the task has changed since, the answer is refused as stale.",
    )

    def request(self) -> approval.AnswerRequest:
        return approval.AnswerRequest(
            decision=self.decision,
            comment=self.comment,
            input=self.input,
            rating=self.rating,
            scores=tuple((s.name, s.value) for s in self.scores),
            version=self.version,
        )


@strawberry.input(description="Feedback after the fact; it replaces what the caller gave before.")
class RateTaskInput:
    task_id: strawberry.ID = field(description="Which task.")
    rating: int | None = field(default=None, description="1 to 5.")
    scores: list[ScoreInput] = field(default_factory=list, description="The further scores asked for.")
    comment: str | None = field(default=None, description="In your words.")

    def request(self) -> RateRequest:
        scores = tuple((s.name, s.value) for s in self.scores)
        return RateRequest(rating=self.rating, scores=scores, comment=self.comment)


@strawberry.input(description="A label's name and value.")
class LabelInput:
    name: str = field(description="The label's name.")
    value: str = field(description="Its value.")


@strawberry.input(description="Which tasks; what is left out does not matter.")
class TaskFilter:
    ids: list[strawberry.ID] | None = field(default=None, description="One of these.")
    status: list[enums.TaskStatus] | None = field(default=None, description="In one of these states.")
    workflow: str | None = field(default=None, description="Of this workflow.")
    run_id: str | None = field(default=None, description="Of this run.")
    assignee: AssigneeInput | None = field(default=None, description="Waiting for this reviewer or group now.")
    created_by: str | None = field(default=None, description="Opened by a key of this name.")
    label: LabelInput | None = field(default=None, description="With this label.")
    deadline_before: datetime | None = field(default=None, description="Pending, with a deadline before this time.")
    created_after: datetime | None = field(default=None, description="Opened at this time or later.")
    created_before: datetime | None = field(default=None, description="Opened before this time.")
    text: str | None = field(
        default=None, description="With these words, or words that begin with them, in prompt or details; in any order."
    )

    def query(self, principal: Principal) -> TaskQuery:
        problems: list[Problem] = []
        assignee = self.assignee and asking.check_assignee(problems, "/filter/assignee", self.assignee.request())
        named = {"workflow": self.workflow, "runId": self.run_id, "createdBy": self.created_by, "text": self.text}
        # Not as the names of assignees that are asked: a task may wait for one that was allowed once.
        who = {f"assignee/{assignee.kind}": assignee.name} if assignee else {}
        _check(problems, **named, **who, **_label_texts(self.label))
        return TaskQuery(
            workspace=principal.workspace,
            tokens=principal.tokens,
            ids=_ids("/filter/ids", self.ids),
            status=self.status,
            workflow=self.workflow,
            run_id=self.run_id,
            assignee=assignee.token if assignee else None,
            created_by=self.created_by,
            label={self.label.name: self.label.value} if self.label else None,
            deadline_before=self.deadline_before,
            created_after=self.created_after,
            created_before=self.created_before,
            text=self.text,
        )


@strawberry.input(description="Which of the caller's assignments; what is left out does not matter.")
class AssignmentFilter:
    urgency: list[enums.Urgency] | None = field(default=None, description="Of one of these urgencies.")
    workflow: str | None = field(default=None, description="Of this workflow.")
    group: str | None = field(default=None, description="Assigned to this one of the caller's groups.")
    claimed: bool | None = field(
        default=None, description="true: claimed by the caller; false: by nobody. What others claimed is never listed."
    )

    def query(self, principal: Principal) -> InboxQuery:
        _check([], workflow=self.workflow, group=self.group)
        mine = [a for a in principal.assignees if self.group is None or a == task.Assignee("group", self.group)]
        return InboxQuery(
            workspace=principal.workspace,
            assignees=[a.token for a in mine],
            person=principal.reviewer or "",
            people=principal.people,
            urgency=self.urgency,
            workflow=self.workflow,
            claimed=self.claimed,
        )


@strawberry.input(description="Which events; what is left out does not matter.")
class TaskEventFilter:
    task_ids: list[strawberry.ID] | None = field(default=None, description="Of one of these tasks.")
    types: list[enums.TaskEventType] | None = field(default=None, description="Of one of these types.")
    workflow: str | None = field(default=None, description="Of tasks of this workflow.")
    run_id: str | None = field(default=None, description="Of tasks of this run.")

    def query(self, principal: Principal) -> EventQuery:
        _check([], workflow=self.workflow, runId=self.run_id)
        return EventQuery(
            workspace=principal.workspace,
            tokens=principal.tokens,
            task_ids=_ids("/filter/taskIds", self.task_ids),
            types=self.types,
            workflow=self.workflow,
            run_id=self.run_id,
        )


@strawberry.input(description="Which feedback; what is left out does not matter.")
class FeedbackFilter:
    workflow: str | None = field(default=None, description="On tasks of this workflow.")
    reviewer: str | None = field(default=None, description="By this reviewer.")
    label: LabelInput | None = field(default=None, description="On tasks with this label.")
    rating_at_most: int | None = field(default=None, description="With this rating or a lower one.")
    rating_at_least: int | None = field(default=None, description="With this rating or a higher one.")
    after: datetime | None = field(
        default=None, description="From this time on: of the feedback; for statistics, of the task's creation."
    )
    before: datetime | None = field(default=None, description="Before this time, likewise.")

    def query(self, principal: Principal) -> FeedbackQuery:
        _check([], workflow=self.workflow, reviewer=self.reviewer, **_label_texts(self.label))
        return FeedbackQuery(
            workspace=principal.workspace,
            tokens=principal.tokens,
            workflow=self.workflow,
            reviewer=self.reviewer,
            label={self.label.name: self.label.value} if self.label else None,
            rating_at_least=self.rating_at_least,
            rating_at_most=self.rating_at_most,
            since=self.after,
            before=self.before,
        )


def _label_texts(label: LabelInput | None) -> dict[str, str]:
    return {"label/name": label.name, "label/value": label.value} if label else {}


def _check(problems: list[Problem], **texts: str | None) -> None:
    """Raises InvalidInput with `problems` and what is wrong with the filter's texts: too long, or not to be stored."""
    for name, text in texts.items():
        check_text(problems, f"/filter/{name}", text, longest=NAME_CHARACTERS)
    if problems:
        raise InvalidInput(problems)


def _ids(path: str, ids: Sequence[str] | None) -> list[UUID] | None:
    return None if ids is None else [task_id(id_, path=f"{path}/{n}") for n, id_ in enumerate(ids)]
