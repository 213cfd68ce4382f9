"""Between domain objects and rows. A dict here has a table's columns as its keys; orjson writes enums and times."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.domain.calendar import Calendar
from app.domain.event import Event, LoggedEvent, TaskEventType
from app.domain.task import (
    Answer,
    ApprovalRule,
    Assignee,
    Assignment,
    AssignmentReason,
    Decision,
    Feedback,
    FinalStrategy,
    Level,
    Outcome,
    Question,
    Resolution,
    ResolvedBy,
    Task,
    TaskStatus,
    TimeoutStrategy,
    Transition,
    Urgency,
)
from app.domain.workplace import Workplace
from app.store.database import Row

Columns = dict[str, Any]


def question_columns(question: Question) -> Columns:
    return {
        "workflow": question.workflow,
        "run_id": question.run_id,
        "step": question.step,
        "prompt": question.prompt,
        "details": question.details,
        "context": question.context,
        "answer_schema": question.answer_schema,
        "labels": question.labels,
        "urgency": question.urgency,
        "rule": question.rule,
        "at_least": question.at_least,
        "strategy": question.strategy,
        "levels": [
            {"assignees": [a.token for a in level.assignees], "after": level.after.total_seconds()}
            for level in question.levels
        ],
        "when_exhausted": question.when_exhausted,
        "reminders": question.reminders,
        "calendar": question.calendar,
        "rating_required": question.rating_required,
        "scores": question.scores,
        "separation_of_duties": question.separation_of_duties,
    }


def state_columns(task: Task, seen: Task | None) -> Columns:
    """The id, and what a change may change. Left out are the columns of an ending that there is not, which are null
    then; and those that seldom change, where they are as in `seen`: save_tasks keeps them."""
    columns = {
        "id": task.id,
        "version": task.version,
        "status": task.status,
        "level": task.level,
        "deadline_at": task.deadline_at,
        "reminded": task.reminded,
        "remind_at": task.remind_at,
        "wake_at": task.wake_at,
    }
    if seen is None or _seldom_changed(task) != _seldom_changed(seen):
        columns |= {
            "asked": [a.token for a in task.asked],
            "began_at": task.began_at,
            "span": task.span.total_seconds(),
            "own_extensions": [span.total_seconds() for span in task.own_extensions],
            "audience": task.audience,
        }
    return columns | _resolution_columns(task.resolution) if task.resolution else columns


def _seldom_changed(task: Task) -> object:
    return (task.asked, task.began_at, task.span, task.own_extensions, task.audience)


def _resolution_columns(resolution: Resolution) -> Columns:
    return {
        "outcome": resolution.outcome,
        "resolved_by": resolution.by,
        "actors": resolution.actors,
        "resolution_comment": resolution.comment,
        "resolution_input": resolution.input,
        "resolved_at": resolution.at,
    }


def task_columns(task: Task) -> Columns:
    return {
        "workspace": task.workspace,
        "created_by": task.created_by,
        "openers": task.openers,
        "created_at": task.created_at,
        "idempotency_key": task.idempotency_key,
        **question_columns(task.question),
        **state_columns(task, None),
    }


def assignment_columns(transition: Transition) -> list[Columns]:
    """All assignments of the task where the change touches any of them; workspace and deadline are the task's."""
    if not transition.reassigns:
        return []
    task = transition.task
    return [
        {
            "task_id": task.id,
            "assigned_version": a.assigned_version,
            "assignee": a.assignee.token,
            "position": position,
            "level": a.level,
            "reason": a.reason,
            "assigned_at": a.assigned_at,
            "on_behalf_of": a.on_behalf_of or "",
            "claimed_by": a.claimed_by,
            "claim_expires_at": a.claim_expires_at,
        }
        for position, a in enumerate(task.assignments)
    ]


def answer_columns(transition: Transition) -> list[Columns]:
    """Answers that the change brings."""
    known = len(transition.seen.answers) if transition.seen else 0
    return [
        {
            "task_id": transition.task.id,
            "reviewer": a.reviewer,
            "on_behalf_of": a.on_behalf_of,
            "decision": a.decision,
            "comment": a.comment,
            "input": a.input,
            "through": [t.token for t in a.through],
            "assigned_at": a.assigned_at,
            "answered_at": a.answered_at,
        }
        for a in transition.task.answers[known:]
    ]


def feedback_columns(transition: Transition) -> list[Columns]:
    """Feedback that the change brings or replaces; the workspace is the task's."""
    known = transition.seen.feedback if transition.seen else ()
    return [
        {
            "task_id": transition.task.id,
            "reviewer": f.reviewer,
            "rating": f.rating,
            "scores": f.scores,
            "comment": f.comment,
            "at": f.at,
        }
        for f in transition.task.feedback
        if f not in known
    ]


def event_columns(transition: Transition) -> list[Columns]:
    """The events of the change; workspace, version and audience are the task's."""
    return [
        {
            "task_id": transition.task.id,
            "type": e.type,
            "actor": e.actor,
            "at": e.at,
            "data": e.data,
            "concerns": e.concerns,
        }
        for e in transition.events
    ]


def task_of(row: Row) -> Task:
    """The task of a row of `read_tasks`."""
    return Task(
        id=row["id"],
        workspace=row["workspace"],
        question=_question_of(row),
        created_by=row["created_by"],
        openers=tuple(row["openers"]),
        created_at=row["created_at"],
        idempotency_key=row["idempotency_key"],
        version=row["version"],
        status=TaskStatus[row["status"]],
        level=row["level"],
        asked=tuple(map(Assignee.of_token, row["asked"])),
        began_at=row["began_at"],
        span=timedelta(seconds=row["span"]),
        own_extensions=tuple(timedelta(seconds=span) for span in row["own_extensions"]),
        deadline_at=row["deadline_at"],
        reminded=row["reminded"],
        remind_at=row["remind_at"],
        audience=tuple(row["audience"]),
        assignments=tuple(
            Assignment(
                Assignee.of_token(token),
                level,
                AssignmentReason[reason],
                _time(at),
                version,
                on_behalf_of or None,
                claimed_by,
                _time(until) if until else None,
            )
            for token, level, reason, at, version, on_behalf_of, claimed_by, until in row["assignments"] or ()
        ),
        answers=tuple(
            Answer(
                reviewer=reviewer,
                decision=Decision[decision],
                comment=comment,
                input=input_,
                answered_at=_time(answered_at),
                through=tuple(map(Assignee.of_token, through)),
                assigned_at=_time(assigned_at),
                on_behalf_of=on_behalf_of,
            )
            for reviewer, decision, comment, input_, answered_at, through, assigned_at, on_behalf_of in row["answers"]
            or ()
        ),
        feedback=tuple(
            Feedback(reviewer=reviewer, rating=rating, scores=scores, comment=comment, at=_time(at))
            for reviewer, rating, scores, comment, at in row["feedback"] or ()
        ),
        resolution=_resolution_of(row),
    )


def workplace_of(row: Row) -> Workplace:
    """What is set in the workspace that a row's task may need; the row's task may need less."""
    return Workplace(
        stand_ins=dict(row["stand_ins"] or ()),
        members={name: frozenset(people) for name, people in row["members"] or ()},
        calendar=calendar_of(row["calendar_set"]) if row["calendar_set"] else None,
    )


def calendar_of(columns: Columns) -> Calendar:
    """The calendar of a row of `calendars`, as JSON; the same object for the same calendar, as far as possible."""
    return _interned(
        Calendar(
            name=columns["name"],
            zone=columns["zone"],
            week=tuple(tuple((start, end) for start, end in day) for day in columns["week"]),
            holidays=frozenset(map(date.fromisoformat, columns["holidays"])),
        )
    )


@lru_cache(maxsize=100)
def _interned(calendar: Calendar) -> Calendar:
    """The object that was there first: tables are cached for each calendar, and looking them up with another object
    would compare up to 2,000 holidays each time."""
    return calendar


def _question_of(row: Row) -> Question:
    return Question(
        workflow=row["workflow"],
        run_id=row["run_id"],
        step=row["step"],
        prompt=row["prompt"],
        details=row["details"],
        context=row["context"],
        answer_schema=row["answer_schema"],
        labels=row["labels"],
        urgency=Urgency[row["urgency"]],
        rule=ApprovalRule[row["rule"]],
        at_least=row["at_least"],
        strategy=TimeoutStrategy[row["strategy"]],
        levels=tuple(
            Level(tuple(map(Assignee.of_token, level["assignees"])), timedelta(seconds=level["after"]))
            for level in row["levels"]
        ),
        when_exhausted=FinalStrategy[row["when_exhausted"]],
        reminders=tuple(row["reminders"]),
        calendar=row["calendar"],
        rating_required=row["rating_required"],
        scores=tuple(row["scores"]),
        separation_of_duties=row["separation_of_duties"],
    )


def _resolution_of(row: Row) -> Resolution | None:
    if row["resolved_at"] is None:
        return None
    return Resolution(
        outcome=Outcome[row["outcome"]],
        by=ResolvedBy[row["resolved_by"]],
        actors=tuple(row["actors"]),
        comment=row["resolution_comment"],
        input=row["resolution_input"],
        at=row["resolved_at"],
    )


def event_of(row: Row) -> LoggedEvent:
    """The event of a row of the log."""
    return LoggedEvent(
        workspace=row["workspace"],
        seq=row["seq"],
        task_id=row["task_id"],
        version=row["version"],
        workflow=row["workflow"],
        run_id=row["run_id"],
        audience=tuple(row["audience"]),
        event=Event(
            type=TaskEventType[row["type"]],
            actor=row["actor"],
            at=row["at"],
            data=row["data"],
            concerns=tuple(row["concerns"]),
        ),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
