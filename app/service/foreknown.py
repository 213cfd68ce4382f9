"""What a process knows of the database without asking: so a task is opened by one statement, and changed by one.

Opening reads three things first: the time, whether the idempotency key is taken, and who is absent. Here the time is
reckoned from one that was read a moment ago, the key is taken to be free, and absences are known where there are none.
Changing a task reads the task as well: one that this process opened is taken to be as it was opened, which its first
version, of an id that is used once, is for ever. All of it is guessed: the statement that writes looks at each guess,
and leaves out what was guessed wrong, which is then read as ever (docs/decisions/0019, 0020).
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from app.domain.task import ApprovalRule, Question, Task
from app.domain.workplace import NOTHING_SET
from app.store.tasks import Found, Guess, Read, Wanted

MOST_SECONDS = 1.0
"""How old a time that was read may be for another to be reckoned from it."""
MOST_WORKSPACES = 10_000
MOST_BYTES = 4 * 1024 * 1024
"""Of what is remembered of tasks, as JSON. As objects it takes some 5 times as much, at the very worst 25 times."""
BYTES_BESIDE = 1_024
"""What a task takes beside its question."""


class Foreknown:
    """What one process knows."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None
        self._nobody_absent: dict[str, int] = {}
        self._opened: dict[UUID, tuple[Task, int]] = {}
        self._bytes = 0

    def note_time(self, now: datetime) -> None:
        """The database's time, as it was just read."""
        if self._read and now < self._read[0]:
            if self._read[0] - now < timedelta(seconds=MOST_SECONDS):
                return  # read before what is known, and come in after it; or it will soon be too old to reckon from
            self._nobody_absent.clear()  # it went back, perhaps before the end of an absence that was over
        self._read = (now, time.monotonic())

    def note(self, wanted: Wanted, found: Found) -> None:
        """What was just read before opening a task."""
        self.note_time(found.now)
        if len(self._nobody_absent) >= MOST_WORKSPACES:
            self._nobody_absent.clear()
        if found.nobody_absent is None:
            self._nobody_absent.pop(wanted.workspace, None)
        else:
            self._nobody_absent[wanted.workspace] = found.nobody_absent

    def guess(self) -> Guess | None:
        """What is to hold when the statement is run; None where nothing was read lately.

        What was read took a while to arrive, so the time reckoned lags behind the database's and is never ahead of it.
        """
        if self._read is None:
            return None
        then, at = self._read
        passed = time.monotonic() - at
        # Not copied for each set: whoever opens by it makes the statement's values of it before anything is awaited.
        return Guess(then + timedelta(seconds=passed), self._nobody_absent) if passed <= MOST_SECONDS else None

    def found(self, wanted: Wanted, guess: Guess) -> Found | None:
        """What reading would find, if the guess is right; None where it has to be read."""
        if wanted.groups is not None or wanted.calendar is not None or wanted.workspace not in guess.nobody_absent:
            return None
        return Found(guess.now, None, NOTHING_SET)

    def note_opened(self, task: Task) -> None:
        """A task that was just stored, as it was opened. One that asks for more of the workplace is not remembered."""
        question = task.question
        if question.rule is ApprovalRule.AT_LEAST or question.calendar is not None:
            return
        self._opened[task.id] = (task, size := _bytes(question))
        self._bytes += size
        while self._bytes > MOST_BYTES:
            self._forget(next(iter(self._opened)))

    def read(self, ids: Collection[UUID]) -> tuple[dict[UUID, Read], Guess] | None:
        """What reading these tasks would find, if the guess is right; None where one of them has to be read.

        Each is forgotten with that: it is changed now, or read.
        """
        tasks = {id_: task for id_ in ids if (task := self._forget(id_))}
        guess = self.guess()
        if guess is None or len(tasks) < len(ids):
            return None
        if any(task.workspace not in guess.nobody_absent for task in tasks.values()):
            return None
        # One may have been opened at a time that was reckoned better. Should it lie ahead, the statement says so.
        now = max([guess.now, *(task.created_at for task in tasks.values())])
        # Copied: to decide may take several turns, in which others note what they read.
        numbers = {task.workspace: guess.nobody_absent[task.workspace] for task in tasks.values()}
        return {id_: Read(task, now, NOTHING_SET) for id_, task in tasks.items()}, Guess(now, numbers)

    def _forget(self, id: UUID) -> Task | None:
        task, size = self._opened.pop(id, (None, 0))
        self._bytes -= size
        return task


def _bytes(question: Question) -> int:
    """How much of MOST_BYTES a task with this question takes."""
    names = [assignee.name for level in question.levels for assignee in level.assignees]
    parts = (question.prompt, question.details, question.context, question.answer_schema, dict(question.labels), names)
    return BYTES_BESIDE + len(orjson.dumps(parts))
