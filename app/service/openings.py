"""Opening tasks, a set at a time: each once for its idempotency key, whoever asks how often and wherever."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import orjson

from app.domain.advice import Advice, advise
from app.domain.errors import IdempotencyConflict, Unavailable
from app.domain.opening import open_task
from app.domain.task import ApprovalRule, Question, Task, Transition
from app.service.foreknown import Foreknown
from app.store.tasks import Found, Guess, Tasks, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A task to be opened."""

    id: UUID
    workspace: str
    created_by: str
    openers: tuple[str, ...]
    question: Question
    idempotency_key: str | None

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
            now=found.now,
            workplace=found.workplace,
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The task, and whether it was there before."""

    task: Task
    replayed: bool

    @property
    def advice(self) -> list[Advice]:
        """What would make it easier to decide."""
        return advise(self.task.question)


class Openings:
    """What opens sets of tasks; `announce` is told of what was stored."""

    def __init__(self, tasks: Tasks, foreknown: Foreknown, announce: Callable[[Sequence[Transition]], None]) -> None:
        self._tasks = tasks
        self._foreknown = foreknown
        self._announce = announce

    async def run_set(self, openings: Sequence[Opening]) -> list[Opened | Exception]:
        """For each, in order, what became of it, as `Commands.open` has it."""
        first_of: dict[object, Opening] = {}
        for opening in openings:
            first_of.setdefault(_key(opening), opening)
        tasks = await self._open_unread(list(first_of.values()))
        try:
            return await self._open_read(openings, first_of, tasks)
        except Unavailable as error:  # of those that needed no reading it is known all the same
            done = [tasks.get(first_of[_key(o)].id) for o in openings]
            return [_opened(o, task) if task else error for o, task in zip(openings, done, strict=True)]

    async def _open_read(
        self, openings: Sequence[Opening], first_of: dict[object, Opening], unread: dict[UUID, Task]
    ) -> list[Opened | Exception]:
        """As `run_set`, where the tasks of `unread` are open already. `first_of` has the first of each key."""
        firsts = [o for o in first_of.values() if o.id not in unread]
        known = await self._find(firsts)
        found = {_key(o): each.id for o, each in zip(firsts, known, strict=True) if each.id is not None}
        new: list[Transition] = []
        refused: dict[object, Exception] = {}
        for opening, each in zip(firsts, known, strict=True):
            if each.id is None:
                try:
                    new.append(opening.decide(each))
                except Exception as error:  # whatever it is, it is this caller's alone
                    refused[_key(opening)] = error
        tasks = unread | await self._store(new)
        rest = [o for o in firsts if _key(o) not in refused and o.id not in tasks]
        tasks |= await self._opened_elsewhere(rest, found)
        ids = {_key(o): o.id for o in first_of.values()} | found
        # A twin that asks something else is not refused for what was wrong with the first: nothing was opened.
        others = [o for o in openings if _key(o) in refused and not _same(o.question, first_of[_key(o)].question)]
        apart = dict(zip(map(id, others), await self.run_set(others), strict=True)) if others else {}
        return [apart.get(id(o)) or refused.get(_key(o)) or _opened(o, tasks.get(ids[_key(o)])) for o in openings]

    async def _open_unread(self, openings: Sequence[Opening]) -> dict[UUID, Task]:
        """Those opened without reading first. Left out is what nothing is known for, what was guessed wrong, and what
        would be refused: its key may have opened it before."""
        guess = self._foreknown.guess()
        if guess is None:
            return {}
        new: list[Transition] = []
        for opening in openings:
            if found := self._foreknown.found(opening.wanted, guess):
                with suppress(Exception):
                    new.append(opening.decide(found))
        return await self._store(new, guess)

    async def _store(self, new: Sequence[Transition], guess: Guess | None = None) -> dict[UUID, Task]:
        read_at = min((t.task.created_at for t in new), default=None)
        ids = await self._tasks.insert_many(new, guess=guess, read_at=read_at) if new else set()
        stored = [t for t in new if t.task.id in ids]
        self._announce(stored)
        for transition in stored:
            self._foreknown.note_opened(transition.task)
        return {t.task.id: t.task for t in stored}

    async def _find(self, openings: Sequence[Opening]) -> list[Found]:
        wanted = [o.wanted for o in openings]
        found = await self._tasks.find_opened(wanted) if wanted else []
        for each, its in zip(wanted, found, strict=True):
            self._foreknown.note(each, its)
        return found

    async def _opened_elsewhere(self, rest: Iterable[Opening], found: dict[object, UUID]) -> dict[UUID, Task]:
        """Tasks whose key was used before, or by another process a moment ago; adds the latter to `found`. And those
        that were stored after all, where the set was undone halfway and each is opened by itself."""
        beaten = [o for o in rest if _key(o) not in found]
        again = await self._find(beaten)
        found |= {_key(o): each.id for o, each in zip(beaten, again, strict=True) if each.id is not None}
        ids = [*found.values(), *(o.id for o in beaten)]
        return {id_: read.task for id_, read in (await self._tasks.get_many(ids)).items()} if ids else {}


def _key(opening: Opening) -> object:
    """What makes two openings the same: their idempotency key, or being one."""
    if opening.idempotency_key is None:
        return opening.id
    return (opening.workspace, opening.created_by, opening.idempotency_key)


def _same(one: Question, other: Question) -> bool:
    """Whether they ask the same. Python's == takes 1, 1.0 and true for one another, which JSON does not."""
    return one == other and _json(one) == _json(other)


def _json(question: Question) -> bytes:
    return orjson.dumps([question.context, question.answer_schema], option=orjson.OPT_SORT_KEYS)


def _opened(opening: Opening, task: Task | None) -> Opened | Exception:
    if task is None:
        return Unavailable("The task was not stored. Nothing was changed; try again.")
    if not _same(task.question, opening.question):
        return IdempotencyConflict("This idempotencyKey opened a task before, with another input.", task)
    return Opened(task, replayed=task.id != opening.id)
