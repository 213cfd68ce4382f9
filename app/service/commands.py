"""The one way in which a task changes: read, decide, save, announce, for a set of commands at a time.

A command is a decision: a pure function of the task and the database's time. It is saved only if the task is still as
it was read; else the task is read and decided on again. So of commands that race exactly one wins, and each loser's
last decision saw the winner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.auth import no_such_task
from app.deps import Deps
from app.domain.errors import IdempotencyConflict, Unavailable
from app.domain.opening import open_task
from app.domain.task import ApprovalRule, Question, Task, Transition
from app.service.announce import Announcer
from app.service.gather import Gatherer
from app.store.tasks import Found, Read, Wanted

Decide = Callable[[Read], Transition | None]
"""What is to become of a task as it was read; None where nothing is to change. Raises a Refusal."""

ROUNDS_OF_OTHERS = 20
"""How often other processes may be faster before a command gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A task to be opened: `fingerprint` tells whether two inputs with one idempotency key are the same."""

    id: UUID
    workspace: str
    created_by: str
    openers: tuple[str, ...]
    question: Question
    idempotency_key: str | None
    fingerprint: str | None

    @property
    def wanted(self) -> Wanted:
        """What is to be known before it can be opened."""
        question = self.question
        everyone = (a for level in question.levels for a in level.assignees)
        groups = [a.name for a in everyone if a.kind == "group"] if question.rule is ApprovalRule.AT_LEAST else None
        return Wanted(self.workspace, self.created_by, self.idempotency_key, groups, question.calendar)

    def decide(self, found: Found) -> Transition:
        """The task opened. Raises InvalidInput."""
        return open_task(
            self.question,
            id=self.id,
            workspace=self.workspace,
            created_by=self.created_by,
            openers=self.openers,
            idempotency_key=self.idempotency_key,
            fingerprint=self.fingerprint,
            now=found.now,
            workplace=found.workplace,
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The task, and whether it was there before."""

    task: Task
    replayed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A task to be changed. `decide` may be asked several times; it returns None where there is nothing to change.
    `groups`: those that are to be asked, whose members `decide` is to know."""

    task_id: UUID
    decide: Decide
    groups: Sequence[str] = ()


class Commands:
    """The commands of one process. `announcer.run` is to run beside it."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.announcer = Announcer(deps)
        most = deps.settings.max_waiting_commands
        self._openings: Gatherer[Opening, Opened] = Gatherer(self._open_set, most_waiting=most)
        self._changes: Gatherer[Change, Task] = Gatherer(self._change_set, most_waiting=most)

    async def open(self, openings: Sequence[Opening]) -> list[Opened | Exception]:
        """Opens tasks, or finds those that their idempotency keys opened: for each, in order, what became of it, or
        InvalidInput, IdempotencyConflict, Unavailable. Raises Unavailable where too many wait."""
        return await self._openings(openings)

    async def change(self, changes: Sequence[Change]) -> list[Task | Exception]:
        """For each, in order, the task after the change, or NotFound, Unavailable, or whatever `decide` raised. Raises
        Unavailable where too many wait."""
        return await self._changes(changes)

    async def drain(self) -> None:
        """Returns when every command taken in is done."""
        await self._openings.drain()
        await self._changes.drain()

    async def _open_set(self, openings: Sequence[Opening]) -> list[Opened | Exception]:
        first_of: dict[object, Opening] = {}
        for opening in openings:
            first_of.setdefault(_key(opening), opening)
        firsts = list(first_of.values())
        known = await self.deps.tasks.find_opened([o.wanted for o in firsts])
        found = {_key(o): each.id for o, each in zip(firsts, known, strict=True) if each.id is not None}
        new: list[Transition] = []
        refused: dict[object, Exception] = {}
        for opening, each in zip(firsts, known, strict=True):
            if each.id is None:
                try:
                    new.append(opening.decide(each))
                except Exception as error:  # whatever it is, it is this caller's alone
                    refused[_key(opening)] = error
        stored = await self.deps.tasks.insert_many(new) if new else set()
        self._announce([t for t in new if t.task.id in stored])
        tasks = {t.task.id: t.task for t in new if t.task.id in stored}
        rest = [o for o in firsts if _key(o) not in refused and o.id not in stored]
        tasks |= await self._opened_elsewhere(rest, found)
        ids = {_key(o): o.id for o in firsts} | found
        # A twin that asks something else is not refused for what was wrong with the first: nothing was opened.
        others = [o for o in openings if _key(o) in refused and o.fingerprint != first_of[_key(o)].fingerprint]
        apart = dict(zip(map(id, others), await self._open_set(others), strict=True)) if others else {}
        return [apart.get(id(o)) or refused.get(_key(o)) or _opened(o, tasks.get(ids[_key(o)])) for o in openings]

    async def _opened_elsewhere(self, rest: Iterable[Opening], found: dict[object, UUID]) -> dict[UUID, Task]:
        """Tasks whose key was used before, or by another process a moment ago; adds the latter to `found`."""
        beaten = [o for o in rest if _key(o) not in found]
        if beaten:
            again = await self.deps.tasks.find_opened([o.wanted for o in beaten])
            found |= {_key(o): each.id for o, each in zip(beaten, again, strict=True) if each.id is not None}
        if not found:
            return {}
        return {id_: read.task for id_, read in (await self.deps.tasks.get_many(found.values())).items()}

    async def _change_set(self, changes: Sequence[Change]) -> list[Task | Exception]:
        results: dict[int, Task | Exception] = {}
        rest = dict(enumerate(changes))
        for _ in range(len(changes) + ROUNDS_OF_OTHERS):
            if not rest:
                break
            try:
                results |= await self._change_round(rest)
            except Unavailable as error:
                results |= dict.fromkeys(rest, error)
            except Exception as error:
                # The round was undone as a whole. Each by itself, so that one caller's trouble is one caller's.
                if len(rest) == 1:
                    results |= dict.fromkeys(rest, error)
                for n, change in rest.items() if len(rest) > 1 else ():
                    results[n] = (await self._change_set([change]))[0]
            rest = {n: change for n, change in rest.items() if n not in results}
        busy = Unavailable("Too many others change this task. Nothing was changed; try again.")
        return [results.get(n, busy) for n in range(len(changes))]

    async def _change_round(self, changes: dict[int, Change]) -> dict[int, Task | Exception]:
        """One read, one decision a command, one save. Left out is what must be decided on again: a second command on a
        task that changes in this round, and a command whose task was changed by another process meanwhile."""
        groups = {name for change in changes.values() for name in change.groups}
        reads = await self.deps.tasks.get_many({change.task_id for change in changes.values()}, groups=groups)
        results: dict[int, Task | Exception] = {}
        decided: dict[UUID, tuple[int, Transition]] = {}
        for n, change in changes.items():
            if change.task_id in decided:
                continue
            read = reads.get(change.task_id)
            try:
                if read is None:
                    raise no_such_task()
                transition = change.decide(read)
            except Exception as error:  # whatever it is, it is this caller's alone
                results[n] = error
                continue
            if transition is None:
                results[n] = read.task
            else:
                decided[change.task_id] = (n, transition)
        if decided:
            transitions = [t for _, t in decided.values()]
            stored = await self.deps.tasks.save_many(transitions)
            self._announce([t for t in transitions if t.task.id in stored])
            results |= {n: t.task for id_, (n, t) in decided.items() if id_ in stored}
        return results

    def _announce(self, transitions: Sequence[Transition]) -> None:
        if transitions:
            self.announcer.announce()
            self.announcer.arm((t.task.wake_at, t.events[0].at) for t in transitions if t.task.wake_at)


def _key(opening: Opening) -> object:
    """What makes two openings the same: their idempotency key, or being one."""
    if opening.idempotency_key is None:
        return opening.id
    return (opening.workspace, opening.created_by, opening.idempotency_key)


def _opened(opening: Opening, task: Task | None) -> Opened | Exception:
    if task is None:
        return Unavailable("The task was not stored. Nothing was changed; try again.")
    if task.fingerprint != opening.fingerprint:
        return IdempotencyConflict("This idempotencyKey opened a task before, with another input.", task)
    return Opened(task, replayed=task.id != opening.id)
