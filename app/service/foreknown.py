"""What a process knows of the database without asking, so that a task can be opened by one statement.

Opening reads three things first: the time, whether the idempotency key is taken, and who is absent. Here the time is
reckoned from one that was read a moment ago, the key is taken to be free, and absences are known where there are none.
All three are guesses: `insert_tasks` looks at each, and leaves out what was guessed wrong, which is then read as ever.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from app.domain.workplace import NOTHING_SET
from app.store.tasks import Found, Guess, Wanted

MOST_SECONDS = 1.0
"""How old a time that was read may be for another to be reckoned from it."""
MOST_WORKSPACES = 10_000


class Foreknown:
    """What one process knows."""

    def __init__(self) -> None:
        self._read: tuple[datetime, float] | None = None
        self._unattended: dict[str, int] = {}

    def note_time(self, now: datetime) -> None:
        """The database's time, as it was just read."""
        if self._read and now < self._read[0]:
            self._unattended.clear()  # it went back, perhaps before the end of an absence that was over
        self._read = (now, time.monotonic())

    def note(self, wanted: Wanted, found: Found) -> None:
        """What was just read before opening a task."""
        self.note_time(found.now)
        if len(self._unattended) >= MOST_WORKSPACES:
            self._unattended.clear()
        if found.nobody_absent is None:
            self._unattended.pop(wanted.workspace, None)
        else:
            self._unattended[wanted.workspace] = found.nobody_absent

    def guess(self) -> Guess | None:
        """What is to hold when the statement is run; None where too long ago was anything read.

        What was read has been under way, so the time reckoned lags behind the database's, never the other way.
        """
        if self._read is None:
            return None
        then, at = self._read
        passed = time.monotonic() - at
        # Not copied for each set: whoever guesses makes the statement's values of it before anything is awaited.
        return Guess(then + timedelta(seconds=passed), self._unattended) if passed <= MOST_SECONDS else None

    def found(self, wanted: Wanted, guess: Guess) -> Found | None:
        """What reading would find, if the guess is right; None where it has to be read."""
        if wanted.groups is not None or wanted.calendar is not None or wanted.workspace not in guess.nobody_absent:
            return None
        return Found(guess.now, None, NOTHING_SET)
