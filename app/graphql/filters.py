"""The filters of the API, and the queries of the stores that they ask for. Only their texts are judged here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from app.auth import Principal
from app.domain import asking, task
from app.domain.errors import InvalidInput, Problem
from app.domain.event import EventQuery
from app.domain.text import NAME_CHARACTERS, check_text
from app.graphql import enums
from app.graphql.inputs import AssigneeInput
from app.service.ids import task_id
from app.service.read import LARGEST_PAGE
from app.store.feedback import FeedbackQuery
from app.store.inbox import InboxQuery
from app.store.tasks import TaskQuery

field = strawberry.field


@strawberry.input(description="A label's name and value.")
class LabelInput:
    name: str = field(description="The label's name.")
    value: str = field(description="Its value.")


@strawberry.input(description="Which tasks; what is left out does not matter.")
class TaskFilter:
    ids: list[strawberry.ID] | None = field(default=None, description="One of these, at most 1,000.")
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
        default=None,
        description="With these words, or words that begin with them, in prompt or details; in any order. A word is "
        "letters and digits, of which there must be at least one; at most 255 characters.",
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
    task_ids: list[strawberry.ID] | None = field(default=None, description="Of one of these tasks, at most 1,000.")
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
    reviewer: str | None = field(
        default=None, description="By this reviewer; for statistics, on tasks that they answered or rated."
    )
    label: LabelInput | None = field(default=None, description="On tasks with this label.")
    rating_at_most: int | None = field(
        default=None,
        description="With this rating or a lower one; for statistics, on tasks that have such, and such alone.",
    )
    rating_at_least: int | None = field(default=None, description="With this rating or a higher one, likewise.")
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
    """Raises InvalidInput beyond a page of them: a document may ask for the same list under 50 aliases."""
    if ids is not None and len(ids) > LARGEST_PAGE:
        raise InvalidInput([Problem(path, f"has {len(ids):,} ids; at most {LARGEST_PAGE:,} are allowed")])
    return None if ids is None else [task_id(id_, path=f"{path}/{n}") for n, id_ in enumerate(ids)]
