"""One stream's place in the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from app.feed.delivery import Delivery

QUEUE_EVENTS = 256


class Subscriber:
    """What has been handed out to one stream and not been read: a bounded queue.

    A reader that waits has dealt with all that came before. What comes then is written at once where it can be, which
    saves the queue, a turn of the loop and the way through the stream.
    """

    # There may be ten thousand: a deque and an asyncio.Event each would be a kilobyte.
    __slots__ = ("_waiting", "_write", "full", "position", "queue")

    def __init__(self, position: int, write: Callable[[Sequence[bytes]], bool] | None = None) -> None:
        self.position = position
        """The number of the last event that was taken in."""
        self.queue: list[Delivery] = []
        self.full = False
        self._write = write
        self._waiting: asyncio.Future[None] | None = None

    def offer(self, deliveries: Sequence[Delivery], texts: Sequence[bytes] | None = None) -> None:
        """Takes the next events, in order, unless one before them was not taken. `texts`: what is to be written of
        them, where that is known."""
        if deliveries[0].logged.seq <= self.position:  # its stream has read further than the tail
            deliveries, texts = [d for d in deliveries if d.logged.seq > self.position], None
        if self.full or not deliveries:
            return
        if texts is not None and self._waits() and self._take_at_once(texts):
            self.position = deliveries[-1].logged.seq
            return
        taken = deliveries[: QUEUE_EVENTS - len(self.queue)]
        if taken:
            self.queue += taken
            self.position = taken[-1].logged.seq
        self.full = len(taken) < len(deliveries)
        self._wake()

    def give_up(self) -> None:
        """Nothing more is handed out: the rest is to be read from the log."""
        self.full = True
        self._wake()

    def take(self) -> list[Delivery]:
        """What has been handed out since, and no longer is in the queue."""
        taken, self.queue = self.queue, []
        return taken

    async def wait(self) -> None:
        """Returns when something is in the queue, or nothing more will be."""
        if not self.queue and not self.full:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def _take_at_once(self, texts: Sequence[bytes]) -> bool:
        try:
            return self._write is not None and (not texts or self._write(texts))
        except Exception:
            return False  # one client's trouble is its own: its stream will meet it

    def _waits(self) -> bool:
        return self._waiting is not None and not self._waiting.done()

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)
