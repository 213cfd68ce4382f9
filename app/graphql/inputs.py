"""The inputs of the API, and what the services make of them. Nothing is judged here: the domain does, in one place."""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location

from app.domain import approval, asking
from app.domain.rating import RateRequest
from app.graphql import enums
from app.graphql.scalars import Duration, Json

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
