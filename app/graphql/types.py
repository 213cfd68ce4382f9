"""The task and what belongs to it, as the API shows them. `of` makes each from the domain's own."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any

import strawberry

from app.domain import event as log
from app.domain import task as domain
from app.domain import timeline as domain_timeline
from app.domain.duration import format_duration
from app.graphql import enums
from app.graphql.context import Info
from app.graphql.scalars import Cursor, Duration, Json
from app.graphql.shown import Shown
from app.service import read

field = strawberry.field
First = Annotated[int, strawberry.argument(description="How many at the most, 1 to 1,000.")]
FirstOrNull = Annotated[int | None, strawberry.argument(description="How many at the most, 1 to 200; null: 50.")]
After = Annotated[Cursor | None, strawberry.argument(description="Only what comes after this place.")]


@strawberry.type(description="The place in a workflow that waits for the answer.")
class WorkflowRef:
    name: str = field(description="The workflow's name.")
    run_id: str | None = field(description="The run of it.")
    step: str | None = field(description="The step of the run.")


@strawberry.type(description="How many approvals a task takes and has.")
class Approval:
    rule: enums.ApprovalRule = field(description="Who of the assignees must approve.")
    required: int = field(description="How many approvals it takes.")
    approvals: int = field(description="How many people approved so far.")
    rejections: int = field(description="How many people rejected so far.")


@strawberry.type(description="A reviewer by id, or a group that several reviewers belong to; exactly one is set.")
class Assignee:
    reviewer: str | None = field(default=None, description="A reviewer's id.")
    group: str | None = field(default=None, description="A group's name.")

    @classmethod
    def of(cls, assignee: domain.Assignee) -> Assignee:
        return cls(reviewer=assignee.name) if assignee.kind == "reviewer" else cls(group=assignee.name)


@strawberry.type(description="Backup approvers, and how long they have.")
class EscalationLevel:
    assignees: list[Assignee] = field(description="Who decides at this level.")
    after: Duration = field(description="How long they have.")


@strawberry.type(description="What happens when nobody decides in time.")
class Timeout:
    strategy: enums.TimeoutStrategy = field(description="What happens when the first deadline passes.")
    after: Duration = field(description="How long the first assignees have.")
    escalate_to: list[EscalationLevel] = field(description="The backup approvers, level by level.")
    when_exhausted: enums.FinalStrategy = field(description="What ends the chain.")
    calendar: str | None = field(description="The calendar whose working time alone counts; null: all time does.")
    reminders: list[float] = field(
        description="The shares of each level's time at which those who have not answered are reminded."
    )

    @classmethod
    def of(cls, question: domain.Question) -> Timeout:
        return cls(
            strategy=question.strategy,
            after=Duration(format_duration(question.levels[0].after)),
            escalate_to=[
                EscalationLevel(
                    assignees=[Assignee.of(a) for a in level.assignees], after=Duration(format_duration(level.after))
                )
                for level in question.levels[1:]
            ],
            when_exhausted=question.when_exhausted,
            calendar=question.calendar,
            reminders=list(question.reminders),
        )


@strawberry.type(description="What reviewers are asked to rate.")
class FeedbackAsked:
    rating_required: bool = field(description="An answer without a rating is refused.")
    scores: list[str] = field(description="Names of the further scores asked for.")


@strawberry.type(description="That a task waits for an assignee.")
class Assignment:
    task: Task = field(description="The task.")
    assignee: Assignee = field(description="Whom it waits for.")
    level: int = field(description="0 for the first assignees, n for the n-th escalation.")
    reason: enums.AssignmentReason = field(description="Why it came to them.")
    assigned_at: datetime = field(description="Since when.")
    claimed_by: str | None = field(default=None, description="The reviewer who took it for a while.")
    claim_expires_at: datetime | None = field(default=None, description="Until when.")
    on_behalf_of: str | None = field(default=None, description="The absent person whom the assignee stands in for.")

    @classmethod
    def of(cls, assignment: domain.Assignment, shown: Task) -> Assignment:
        return cls(
            task=shown,
            assignee=Assignee.of(assignment.assignee),
            level=assignment.level,
            reason=assignment.reason,
            assigned_at=assignment.assigned_at,
            claimed_by=assignment.claimed_by,
            claim_expires_at=assignment.claim_expires_at,
            on_behalf_of=assignment.on_behalf_of,
        )


@strawberry.type(description="What one reviewer said.")
class Answer:
    reviewer: str = field(description="Who.")
    on_behalf_of: str | None = field(description="Set where a delegate answered for somebody.")
    decision: enums.Decision = field(description="Yes or no.")
    comment: str | None = field(description="Why.")
    input: Json | None = field(description="What the workflow is to continue with.")
    answered_at: datetime = field(description="When.")

    @classmethod
    def of(cls, answer: domain.Answer) -> Answer:
        return cls(
            reviewer=answer.reviewer,
            on_behalf_of=answer.on_behalf_of,
            decision=answer.decision,
            comment=answer.comment,
            input=answer.input,
            answered_at=answer.answered_at,
        )


@strawberry.type(description="How a task ended.")
class Resolution:
    outcome: enums.Outcome = field(description="What the workflow does next.")
    by: enums.ResolvedBy = field(description="Who brought it about.")
    actors: list[str] = field(
        description="Reviewer ids for REVIEWER, the workflow's key name for WORKFLOW, 'system:timeout' for TIMEOUT."
    )
    comment: str | None = field(description="The deciding answer's comment, or the reason for cancelling.")
    input: Json | None = field(description="What the workflow continues with: the deciding answer's input.")
    at: datetime = field(description="When.")

    @classmethod
    def of(cls, resolution: domain.Resolution) -> Resolution:
        return cls(
            outcome=resolution.outcome,
            by=resolution.by,
            actors=list(resolution.actors),
            comment=resolution.comment,
            input=resolution.input,
            at=resolution.at,
        )


@strawberry.type(description="A named score.")
class Score:
    name: str = field(description="What was scored.")
    value: float = field(description="How much.")


@strawberry.type(description="A rating given with an answer, or afterwards.")
class Feedback:
    task: Task = field(description="The task that was rated.")
    reviewer: str = field(description="Who rated it.")
    rating: int | None = field(description="1 (poor) to 5 (excellent).")
    scores: list[Score] = field(description="Further scores.")
    comment: str | None = field(description="In their words.")
    at: datetime = field(description="When.")

    @classmethod
    def of(cls, feedback: domain.Feedback, shown: Task) -> Feedback:
        return cls(
            task=shown,
            reviewer=feedback.reviewer,
            rating=feedback.rating,
            scores=[Score(name=name, value=value) for name, value in feedback.scores.items()],
            comment=feedback.comment,
            at=feedback.at,
        )


@strawberry.type(description="One step in the life of a task, past or planned.")
class TimelineStep:
    at: datetime = field(description="When.")
    type: enums.TaskEventType = field(description="What.")
    planned: bool = field(description="Whether it lies ahead, and will happen if nobody acts.")
    description: str = field(description="In words.")

    @classmethod
    def of(cls, step: domain_timeline.TimelineStep) -> TimelineStep:
        return cls(at=step.at, type=step.type, planned=step.planned, description=step.description)


@strawberry.type(description="Where a page ends.")
class PageInfo:
    has_next_page: bool = field(description="Whether more come.")
    end_cursor: Cursor | None = field(
        description="Give it back as `after` for the next page; in the log, also for what comes later. null where a "
        "page of any other list is empty."
    )

    @classmethod
    def of(cls, page: read.Page[Any]) -> PageInfo:
        return cls(has_next_page=page.has_next, end_cursor=Cursor(page.end_cursor) if page.end_cursor else None)


@strawberry.type(description="One entry of the event log.")
class TaskEvent:
    cursor: Cursor = field(description="Its place in the log.")
    type: enums.TaskEventType = field(description="What happened.")
    task: Task = field(description="The task as it stands when this is delivered: never older than this event.")
    task_version: int = field(description="The task's version that this event belongs to.")
    actor: str = field(
        description="Who: a reviewer, a key's name, 'system:timeout', or 'system:absence' where somebody went away or "
        "came back."
    )
    at: datetime = field(description="When.")
    data: Json = field(description="More, by type.")

    @classmethod
    def of(cls, logged: log.LoggedEvent, task: domain.Task, cursor: str) -> TaskEvent:
        return cls(
            cursor=Cursor(cursor),
            type=logged.event.type,
            task=Task.of(task),
            task_version=logged.version,
            actor=logged.event.actor,
            at=logged.event.at,
            data=Json(logged.event.data),
        )


@strawberry.type(description="A page of events.")
class TaskEventConnection:
    nodes: list[TaskEvent] = field(description="The events, oldest first.")
    page_info: PageInfo = field(description="Where the page ends.")

    @classmethod
    def of(cls, page: read.EventPage) -> TaskEventConnection:
        return cls(nodes=[TaskEvent.of(*node) for node in page.nodes], page_info=PageInfo.of(page))


@strawberry.type(description="A question that a workflow asks of humans, and how it stands.")
class Task(Shown):
    source: strawberry.Private[domain.Task]
    id: strawberry.ID = field(description="Its id, a UUID.")
    version: int = field(description="Counts the changes of this task, from 1.")
    workflow: WorkflowRef = field(description="What waits for the answer.")
    prompt: str = field(
        description="One actionable sentence: 'Approve expense report #1234 for $2,500 (Travel - Q4 Conference)'."
    )
    details: str | None = field(description="Longer text for the reviewer, Markdown.")
    context: Json = field(description="All the data that the reviewer needs to decide without hunting for it.")
    answer_schema: Json | None = field(description="JSON Schema (2020-12) that `AnswerTaskInput.input` must satisfy.")
    labels: Json = field(
        description="What the caller wants to group by later: agent, model, prompt version. At most 20 short strings."
    )
    urgency: enums.Urgency = field(description="How soon an answer is needed.")
    status: enums.TaskStatus = field(description="Where it is in its life.")
    approval: Approval = field(description="How many approvals it takes and has.")
    timeout: Timeout = field(description="What happens when nobody decides in time.")
    feedback_asked: FeedbackAsked = field(description="What reviewers are asked to rate.")
    separation_of_duties: bool = field(description="Nobody who opened it, or owns the key that did, may answer it.")
    level: int = field(description="0 for the first assignees, n for the n-th escalation.")
    deadline_at: datetime | None = field(description="When the current level's time is up; null once resolved.")
    answers: list[Answer] = field(description="What reviewers said, oldest first.")
    resolution: Resolution | None = field(description="null while PENDING.")
    created_by: str = field(description="The name of the key that opened it.")
    created_at: datetime = field(description="When it was opened.")
    assignments: list[Assignment] = field(description="Who has it now; assignments of earlier levels are in `history`.")
    feedback: list[Feedback] = field(description="Ratings of it.")

    @strawberry.field(description="Every change, oldest first.")
    async def history(self, info: Info, first: FirstOrNull = 50, after: After = None) -> TaskEventConnection:
        first = 50 if first is None else first
        page = await info.context.loaders.histories.load(read.HistoryPage(self.source, first, after))
        return TaskEventConnection.of(page)

    @strawberry.field(description="What has happened and what will happen if nobody acts, with absolute times.")
    async def timeline(self, info: Info) -> list[TimelineStep]:
        return [TimelineStep.of(step) for step in await info.context.loaders.timelines.load(self.source)]


def _approval_of(shown: Task) -> Approval:
    task = shown.source
    approvals = sum(a.decision is enums.Decision.APPROVE for a in task.answers)
    return Approval(
        rule=task.question.rule,
        required=task.required,
        approvals=approvals,
        rejections=len(task.answers) - approvals,
    )


def _workflow_of(shown: Task) -> WorkflowRef:
    question = shown.source.question
    return WorkflowRef(name=question.workflow, run_id=question.run_id, step=question.step)


def _feedback_asked_of(shown: Task) -> FeedbackAsked:
    question = shown.source.question
    return FeedbackAsked(rating_required=question.rating_required, scores=list(question.scores))


Task.PARTS = {
    **{name: attrgetter(f"source.{name}") for name in ("version", "status", "level", "deadline_at")},
    **{name: attrgetter(f"source.{name}") for name in ("created_by", "created_at")},
    **{name: attrgetter(f"source.question.{name}") for name in ("prompt", "details", "context", "answer_schema")},
    **{name: attrgetter(f"source.question.{name}") for name in ("labels", "urgency", "separation_of_duties")},
    "id": lambda shown: strawberry.ID(str(shown.source.id)),
    "workflow": _workflow_of,
    "approval": _approval_of,
    "timeout": lambda shown: Timeout.of(shown.source.question),
    "feedback_asked": _feedback_asked_of,
    "answers": lambda shown: [Answer.of(a) for a in shown.source.answers],
    "resolution": lambda shown: Resolution.of(shown.source.resolution) if shown.source.resolution else None,
    "assignments": lambda shown: [Assignment.of(a, shown) for a in shown.source.assignments],
    "feedback": lambda shown: [Feedback.of(f, shown) for f in shown.source.feedback],
}
