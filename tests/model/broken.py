"""Broken copies of the service: each breaks one rule, and names steps on which the model test must notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from app import auth
from app.domain import approval, cancelling, extending, reassigning, timeout, waking
from app.domain.event import TaskEventType
from app.domain.task import Assignee, Outcome, ResolvedBy, Task, TaskStatus, Transition, UnassignmentReason
from app.service import answer_task, expire_tasks, watch
from app.store import tasks
from tests.model.commands import Answer, Cancel, Claim, Extend, Open, Reassign, Wait
from tests.model.settings import GoAway, Race, Step

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Mutant:
    """What is broken, and the steps that show it; on the service as it is they show nothing."""

    breaks: Callable[[Patch], None]
    steps: list[Step]


def around(module: Any, name: str, made: Callable[..., Any]) -> Callable[[Patch], None]:
    """`module.name` replaced by `made`, which is given the real one first."""

    def patch(monkeypatch: Patch) -> None:
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, **given: made(real, *args, **given))

    return patch


def sql(statement: str, *changes: tuple[str, str]) -> Callable[[Patch], None]:
    def patch(monkeypatch: Patch) -> None:
        text = tasks._SQL[statement]
        for old, new in changes:
            assert old in text, f"{statement} has no {old!r}"
            text = text.replace(old, new)
        monkeypatch.setitem(tasks._SQL, statement, text)

    return patch


def both(*patches: Callable[[Patch], None]) -> Callable[[Patch], None]:
    def patch(monkeypatch: Patch) -> None:
        for each in patches:
            each(monkeypatch)

    return patch


def asking_for(task: Task, **given: Any) -> Task:
    return replace(task, question=replace(task.question, **given))


def one_fewer(real: Any, task: Task, workplace: Any) -> Any:
    least = task.question.at_least
    return real(asking_for(task, at_least=least - 1) if least else task, workplace)


def without_groups(real: Any, task: Task, workplace: Any) -> Any:
    return real(replace(task, asked=tuple(a for a in task.asked if a.kind == "reviewer")), workplace)


def of_this_level(real: Any, task: Task, workplace: Any) -> Any:
    return real(replace(task, answers=tuple(a for a in task.answers if a.answered_at >= task.began_at)), workplace)


def unclaimed(real: Any, task: Task, *args: Any, **given: Any) -> Any:
    free = tuple(replace(a, claimed_by=None, claim_expires_at=None) for a in task.assignments)
    return real(replace(task, assignments=free), *args, **given)


def to_nobody(real: Any, *args: Any, **given: Any) -> Transition:
    transition: Transition = real(*args, **given)
    return replace(transition, events=tuple(replace(e, concerns=()) for e in transition.events))


def kept_for_ever(real: Any, task: Task, **given: Any) -> Any:
    transition = real(task, **given)
    lapsed = transition and transition.events[0].type is TaskEventType.RELEASED
    return None if lapsed else transition


def reminded_again(real: Any, task: Task, **given: Any) -> Transition:
    transition: Transition = real(task, **given)
    again = replace(transition.task, reminded=task.reminded, remind_at=given["now"] + timedelta(minutes=1))
    return replace(transition, task=again)


def a_persons(real: Any, seen: Task, task: Task, status: TaskStatus, resolution: Any, **given: Any) -> Any:
    if resolution.outcome is Outcome.APPROVED:
        status, resolution = TaskStatus.APPROVED, replace(resolution, by=ResolvedBy.REVIEWER)
    return real(seen, task, status, resolution, **given)


def at_the_next_answer(_: Any, seen: Task, task: Task, moved: Any, events: Any, **__: Any) -> Transition:
    return Transition(seen, task, tuple(events))


def as_asked(task: Task) -> frozenset[Assignee]:
    return frozenset(voice for answer in task.answers for voice in answer.through)


ANNA, BEN, CARL = ("reviewer:anna",), ("reviewer:ben",), ("reviewer:carl",)
ALL_ANSWER = Open(who="flow", rule="ALL", assignees=ANNA + BEN)
LEFT_OPEN = ("a.ctid = had.place", "a.ctid = had.place AND task_id IN (SELECT task_id FROM assignments_in)")
EARLY = (("wake_at <= (SELECT clock_timestamp())", "wake_at <= clock_timestamp() + interval '1 second'"),)

MUTANTS: dict[str, Mutant] = {
    "no version guard": Mutant(
        sql("save_tasks", (" AND version = i.version - 1", ""), ("WHERE t.ctid = held.place", "WHERE t.id = i.id")),
        [ALL_ANSWER, Race(Answer(who="anna"), Answer(who="ben"))] * 6,
    ),
    "a stale version is taken": Mutant(
        around(answer_task, "decide_answer", lambda real, task, r, **g: real(task, replace(r, version=None), **g)),
        [Open(who="flow", assignees=ANNA), Extend(who="flow"), Answer(who="anna", behind=1)],
    ),
    "AT_LEAST is satisfied with one fewer": Mutant(
        around(approval, "decided", one_fewer),
        [Open(who="flow", rule="AT_LEAST", at_least=2, assignees=ANNA + BEN + CARL), Answer(who="anna")],
    ),
    "ALL forgets groups": Mutant(
        around(approval, "decided", without_groups),
        [Open(who="flow", rule="ALL", assignees=(*ANNA, "group:legal")), Answer(who="anna")],
    ),
    "one person counts twice": Mutant(
        lambda monkeypatch: monkeypatch.setattr(Task, "answered_by", property(lambda _: frozenset())),
        [Open(who="flow", rule="AT_LEAST", at_least=2, assignees=ANNA + BEN), Answer(who="anna"), Answer(who="anna")],
    ),
    "a delegate counts beside the person": Mutant(
        around(approval, "_instead_of", lambda *_: None),
        [
            Open(who="flow", rule="AT_LEAST", at_least=2, assignees=ANNA + CARL),
            GoAway(who="anna", reviewer="anna", delegate="ben"),
            Wait(minutes=1),
            Answer(who="ben"),
        ],
    ),
    "a voice is heard only where it was asked": Mutant(
        lambda monkeypatch: monkeypatch.setattr(Task, "heard", property(as_asked)),
        [
            Open(who="flow", rule="ALL", assignees=("group:finance", *CARL)),
            Answer(who="anna"),
            Reassign(who="flow", to=ANNA + CARL),
            Answer(who="carl"),
        ],
    ),
    "the rule is not looked at when others are asked": Mutant(
        around(reassigning, "settled", at_the_next_answer),
        [ALL_ANSWER, Answer(who="anna"), Reassign(who="ben", to=ANNA)],
    ),
    "the rule is not looked at when a level begins": Mutant(
        around(timeout, "settled", at_the_next_answer),
        [
            Open(who="flow", rule="ALL", assignees=ANNA + BEN, strategy="ESCALATE", backups=((ANNA, None),)),
            Answer(who="anna"),
            Wait(),
        ],
    ),
    "an assignment stays open on a resolved task": Mutant(
        sql("save_tasks", LEFT_OPEN),
        [Open(who="flow", assignees=ANNA), Cancel(who="flow")],
    ),
    "nobody is told that a task was cancelled": Mutant(
        around(cancelling, "resolve", to_nobody), [Open(who="flow", assignees=ANNA), Cancel(who="flow")]
    ),
    "the wrong reason is told": Mutant(
        around(watch, "_left", lambda real, *args: real(*args) and UnassignmentReason.RESOLVED),
        [Open(who="flow", assignees=ANNA + BEN), Claim(who="anna")],
    ),
    "a claim keeps nobody out": Mutant(
        around(answer_task, "decide_answer", unclaimed),
        [Open(who="flow", assignees=ANNA + BEN), Claim(who="anna"), Answer(who="ben")],
    ),
    "a claim is never given back": Mutant(
        around(expire_tasks, "wake_task", kept_for_ever),
        [Open(who="flow", assignees=ANNA + BEN), Claim(who="anna"), Wait(minutes=16)],
    ),
    "a deadline fires early": Mutant(
        both(
            sql("lease_due", *EARLY),
            around(expire_tasks, "wake_task", lambda real, t, now, **g: real(t, now=now + timedelta(seconds=1), **g)),
        ),
        [Open(who="flow", assignees=ANNA), Wait(late=-1)],
    ),
    "an escalation drops the answers": Mutant(
        around(approval, "decided", of_this_level),
        [
            Open(
                who="flow",
                rule="AT_LEAST",
                at_least=2,
                assignees=ANNA + BEN,
                strategy="ESCALATE",
                backups=((CARL, None),),
            ),
            Answer(who="anna"),
            Wait(),
            Answer(who="carl"),
        ],
    ),
    "who opened a task may answer it": Mutant(
        around(
            auth, "may", lambda real, who, verb, task: real(who, verb, asking_for(task, separation_of_duties=False))
        ),
        [Open(who="flow", separate=True, assignees=ANNA + BEN), Answer(who="anna")],
    ),
    "another workspace may answer": Mutant(
        around(auth, "may", lambda real, who, verb, task: real(who, verb, replace(task, workspace=who.workspace))),
        [Open(who="flow", assignees=ANNA), Answer(who="anna in v")],
    ),
    "assignees may extend without limit": Mutant(
        around(extending, "_check_own", lambda *_: None),
        [Open(who="flow", assignees=ANNA), *[Extend(who="anna")] * 3],
    ),
    "a reminder is sent twice": Mutant(
        around(waking, "_remind", reminded_again), [Open(who="flow", assignees=ANNA, reminders=(0.5,)), Wait()]
    ),
    "who is asked later may not see the task": Mutant(
        around(reassigning, "seen_by_all", lambda _, task: task),
        [Open(who="flow", assignees=ANNA), Reassign(who="flow", to=CARL)],
    ),
    "an event is numbered with a gap": Mutant(
        sql("save_tasks", ("SET head = w.head + c.more", "SET head = w.head + c.more + 1")),
        [Open(who="flow", assignees=ANNA), Extend(who="flow")],
    ),
    "a timeout that approves counts as a person's approval": Mutant(
        around(timeout, "resolve", a_persons), [Open(who="flow", assignees=ANNA, strategy="AUTO_APPROVE"), Wait()]
    ),
}
