"""What can go wrong, and how long to bear it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


class ReplayError(Exception):
    """Something that ends the replay, or one case of it; the message says what, for the person who runs it."""


class Dropped(Exception):
    """The connection is gone, or the service cannot answer now. To be tried again."""


class Patience:
    """The pauses between attempts, each about twice the last, and an end to them: `seconds` after the first failure."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._pause = FIRST_PAUSE_SECONDS

    def reset(self) -> None:
        """It works again."""
        self._since = None
        self._pause = FIRST_PAUSE_SECONDS

    async def after(self, failure: Exception) -> None:
        """Returns when to try again. Raises ReplayError where it has failed for too long."""
        now = time.monotonic()
        self._since = self._since or now
        if now - self._since > self._seconds:
            why = str(failure) or type(failure).__name__
            raise ReplayError(f"The service has not come back for {self._seconds:.0f} s: {why}") from failure
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)


def replay_errors(error: BaseException) -> Iterator[ReplayError]:
    """The ReplayErrors in a group, at any depth."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from replay_errors(inner)
    elif isinstance(error, ReplayError):
        yield error
