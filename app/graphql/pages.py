"""Pages of lists, with their totals counted only where asked for; the viewer; and the statistics."""

from __future__ import annotations

import strawberry

from app.auth import Principal
from app.domain import task as domain
from app.graphql import enums
from app.graphql.context import Info
from app.graphql.enums import StatsKey
from app.graphql.types import Assignment, Feedback, PageInfo, Task
from app.service.read import MOST_COUNTED, Page
from app.store.feedback import FeedbackQuery, Stats
from app.store.inbox import InboxQuery
from app.store.tasks import TaskQuery

field = strawberry.field
_TOTAL = "How many there are in all, exact up to 100,000; more are not counted."


@strawberry.type(description="A page of tasks.")
class TaskConnection:
    nodes: list[Task] = field(description="The tasks.")
    page_info: PageInfo = field(description="Where the page ends.")
    query: strawberry.Private[TaskQuery]

    @strawberry.field(description=_TOTAL)
    async def total_count(self, info: Info) -> int:
        return await info.context.deps.tasks.count(self.query, most=MOST_COUNTED)

    @classmethod
    def of(cls, page: Page[domain.Task], query: TaskQuery) -> TaskConnection:
        return cls(nodes=[Task.of(t) for t in page.nodes], page_info=PageInfo.of(page), query=query)


@strawberry.type(description="A page of assignments.")
class AssignmentConnection:
    nodes: list[Assignment] = field(description="The assignments.")
    page_info: PageInfo = field(description="Where the page ends.")
    query: strawberry.Private[InboxQuery]

    @strawberry.field(description=_TOTAL)
    async def total_count(self, info: Info) -> int:
        return await info.context.deps.inbox.count(self.query, most=MOST_COUNTED)

    @classmethod
    def of(cls, page: Page[tuple[domain.Assignment, domain.Task]], query: InboxQuery) -> AssignmentConnection:
        nodes = [Assignment.of(assignment, Task.of(task)) for assignment, task in page.nodes]
        return cls(nodes=nodes, page_info=PageInfo.of(page), query=query)


@strawberry.type(description="A page of feedback.")
class FeedbackConnection:
    nodes: list[Feedback] = field(description="The feedback, newest first.")
    page_info: PageInfo = field(description="Where the page ends.")
    query: strawberry.Private[FeedbackQuery]

    @strawberry.field(description=_TOTAL)
    async def total_count(self, info: Info) -> int:
        return await info.context.deps.feedback.count(self.query, most=MOST_COUNTED)

    @classmethod
    def of(cls, page: Page[tuple[domain.Feedback, domain.Task]], query: FeedbackQuery) -> FeedbackConnection:
        nodes = [Feedback.of(feedback, Task.of(task)) for feedback, task in page.nodes]
        return cls(nodes=nodes, page_info=PageInfo.of(page), query=query)


@strawberry.type(description="Who is asking.")
class Viewer:
    id: str = field(description="The reviewer's id, or the key's name where it is not a reviewer's.")
    workspace: str = field(description="The workspace that the key belongs to.")
    roles: list[enums.Role] = field(description="What the key may do.")
    groups: list[str] = field(description="The groups that the reviewer belongs to.")

    @classmethod
    def of(cls, principal: Principal) -> Viewer:
        return cls(
            id=principal.reviewer or principal.name,
            workspace=principal.workspace,
            roles=sorted(principal.roles),
            groups=list(principal.groups),
        )


@strawberry.type(description="One part of a group's key.")
class StatsKeyValue:
    key: StatsKey = field(description="What it was grouped by.")
    value: str | None = field(description="The group's value; null where tasks have none.")


@strawberry.type(description="The figures of one named score.")
class ScoreStats:
    name: str = field(description="The score's name.")
    count: int = field(description="How many gave it.")
    mean: float = field(description="Their mean.")


@strawberry.type(description="The figures of one group. Timeouts are never counted as humans.")
class FeedbackStats:
    key: list[StatsKeyValue] = field(description="Which group, in the order of groupBy.")
    tasks: int = field(description="How many tasks.")
    pending: int = field(description="How many of them wait.")
    approved: int = field(
        description="How many humans approved: tasks that ended so; by REVIEWER, or of one, that person's answers."
    )
    rejected: int = field(description="How many humans rejected, likewise.")
    expired: int = field(description="How many a deadline ended.")
    cancelled: int = field(description="How many were withdrawn.")
    escalated: int = field(description="How many were escalated at least once.")
    approval_rate: float | None = field(
        description="approved / (approved + rejected): humans only; null with no human decision."
    )
    expiry_rate: float | None = field(
        description="Of the tasks that humans or a deadline ended, the deadline's share: nobody decided in time; null "
        "where none ended so."
    )
    escalation_rate: float | None = field(description="escalated / tasks; null with no tasks.")
    ratings: int = field(description="How many ratings.")
    mean_rating: float | None = field(description="Their mean; null with none.")
    rating_counts: list[int] = field(description="How many gave 1, 2, 3, 4, 5.")
    answer_seconds_p50: float | None = field(
        name="answerSecondsP50", description="Seconds from assignment to answer, humans only: the median."
    )
    answer_seconds_p90: float | None = field(name="answerSecondsP90", description="Nine in ten were faster.")
    answer_seconds_p99: float | None = field(name="answerSecondsP99", description="99 in 100 were faster.")
    scores: list[ScoreStats] = field(description="The named scores.")

    @classmethod
    def of(cls, stats: Stats, keys: list[StatsKey]) -> FeedbackStats:
        said = stats.approved + stats.rejected
        ended = stats.decided + stats.expired
        p50, p90, p99 = stats.seconds or (None, None, None)
        return cls(
            key=[StatsKeyValue(key=key, value=value) for key, value in zip(keys, stats.key, strict=True)],
            tasks=stats.tasks,
            pending=stats.pending,
            approved=stats.approved,
            rejected=stats.rejected,
            expired=stats.expired,
            cancelled=stats.cancelled,
            escalated=stats.escalated,
            approval_rate=stats.approved / said if said else None,
            expiry_rate=stats.expired / ended if ended else None,
            escalation_rate=stats.escalated / stats.tasks if stats.tasks else None,
            ratings=stats.ratings,
            mean_rating=stats.mean_rating,
            rating_counts=list(stats.rating_counts),
            answer_seconds_p50=p50,
            answer_seconds_p90=p90,
            answer_seconds_p99=p99,
            scores=[ScoreStats(**score) for score in stats.scores],
        )
