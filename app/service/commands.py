"""The one way in which a task changes: read, decide, save, announce, for a set of commands at a time.

A command is a decision: a pure function of the task and the database's time. It is saved only if the task is still as
it was read; else the task is read and decided on again. So of commands that race exactly one wins, and each loser's
last decision saw the winner. (What this process has just opened need not be read; but only a change that is stored
comes of that, see foreknown.py.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.auth import no_such_task
from app.deps import Deps
from app.domain.errors import Unavailable
from app.domain.task import Task, Transition
from app.service.announce import Announcer
from app.service.foreknown import Foreknown
from app.service.gather import Gatherer
from app.service.openings import Opened, Opening, Openings
from app.service.slices import in_slices
from app.store.tasks import Guess, Read

Decide = Callable[[Read], Transition | None]
"""What is to become of a task as it was read; None where nothing is to change. Raises a Refusal."""

OTHERS_SECONDS = 10.0
"""How long others may be faster before a command gives up: where many answer one task, each is saved by itself."""
DECIDE_SECONDS = 0.5
"""How long a round decides before it saves: what is decided on was read, and gets too old to be stored."""


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
        self._foreknown = Foreknown()
        openings = Openings(deps.tasks, self._foreknown, self._announce)
        most = deps.settings.max_waiting_commands
        self._openings: Gatherer[Opening, Opened] = Gatherer(openings.run_set, most_waiting=most)
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

    async def _change_set(self, changes: Sequence[Change]) -> list[Task | Exception]:
        results: dict[int, Task | Exception] = {}
        rest = dict(enumerate(changes))
        until = time.monotonic() + OTHERS_SECONDS
        while rest and time.monotonic() < until:
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
        busy = Unavailable("Too many others are changing this task. Nothing was changed; try again.")
        return [results.get(n, busy) for n in range(len(changes))]

    async def _change_round(self, changes: dict[int, Change]) -> dict[int, Task | Exception]:
        """At most one read, one decision a command, one save. Left out is what must be decided on again: a second
        command on a task that changes in this round, a command that was not come to in time, one whose task was changed
        by another process meanwhile or read too long ago, and after a guess whatever did not end in a stored change."""
        reads, guess = await self._read(changes)
        results: dict[int, Task | Exception] = {}
        decided: dict[UUID, tuple[int, Transition]] = {}
        unsure: set[UUID] = set()
        until = time.monotonic() + DECIDE_SECONDS
        async for n, change in in_slices(changes.items()):  # to check an answer by its schema may take milliseconds
            if time.monotonic() > until:
                break
            if change.task_id in decided or change.task_id in unsure:
                continue
            read = reads.get(change.task_id)
            result: Task | Exception
            try:
                if read is None:
                    raise no_such_task()
                if transition := change.decide(read):
                    decided[change.task_id] = (n, transition)
                    continue
                result = read.task
            except Exception as error:  # whatever it is, it is this caller's alone
                result = error
            if guess:  # nobody is told of it, nor overtaken
                unsure.add(change.task_id)
            else:
                results[n] = result
        if decided:
            transitions = [t for _, t in decided.values()]
            read_at = min(reads[id_].now for id_ in decided)
            stored = await self.deps.tasks.save_many(transitions, guess=guess, read_at=read_at)
            self._announce([t for t in transitions if t.task.id in stored])
            results |= {n: t.task for id_, (n, t) in decided.items() if id_ in stored}
        return results

    async def _read(self, changes: dict[int, Change]) -> tuple[dict[UUID, Read], Guess | None]:
        """The tasks to be changed, and what was guessed where none of them had to be read."""
        ids = {change.task_id for change in changes.values()}
        groups = {name for change in changes.values() for name in change.groups}
        known = self._foreknown.read(ids)
        if known and not groups:
            return known
        reads = await self.deps.tasks.get_many(ids, groups=groups)
        if reads:
            self._foreknown.note_time(max(read.now for read in reads.values()))
        return reads, None

    def _announce(self, transitions: Sequence[Transition]) -> None:
        if transitions:
            self.announcer.announce()
            self.announcer.arm((t.task.wake_at, t.events[0].at) for t in transitions if t.task.wake_at)
