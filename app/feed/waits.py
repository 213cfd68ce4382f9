"""Long polls: each has its limit, and all end early where the process is to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Waits:
    """The waits of one process that are under way."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._ended = False

    @asynccontextmanager
    async def at_most(self, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError in its body when so many seconds are over, or the waits are ended."""
        async with asyncio.timeout(0 if self._ended else seconds) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)

    def end(self) -> None:
        """Ends all that are under way, and from now on each that begins."""
        self._ended = True
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(0)
