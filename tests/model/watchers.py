"""Subscribers: each folds its stream into the set of tasks that it was told to have.

How far a stream has come is known by a beacon: a task of the group that all of them belong to, whose deadline is
extended after each step. What a subscriber is told of that comes after all that was to be told of the step.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from app.auth import Principal
from app.deps import Deps
from app.domain.event import TaskEventType
from app.domain.task import Assignee
from app.service.watch import Assigned, Changed, InboxMessage, Snapshot, Unassigned, watch_inbox

SECONDS = 5.0
"""After so long a stream that says nothing counts as broken."""


@dataclass
class Watcher:
    """A reviewer's stream. `has` are the tasks that it says they have; `lost` why it said they lost one, in a step."""

    deps: Deps
    principal: Principal
    beacon: str
    has: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    _rights: tuple[Assignee, ...] = ()
    _snapshots_due: int = 0
    _told: asyncio.Queue[InboxMessage | Exception] = field(default_factory=asyncio.Queue)
    _run: asyncio.Task[None] | None = None

    async def start(self, principal: Principal) -> None:
        """Begins to watch, or goes on from the cursor."""
        await self.stop()
        # A cursor is good for the rights it was given with.
        self._snapshots_due = int(self.cursor is None or principal.assignees != self._rights)
        self.principal, self._told = principal, asyncio.Queue()
        self._run = asyncio.create_task(self._listen(self._told))
        if self._snapshots_due:
            await self._take_next(0, strict=True)

    async def stop(self) -> None:
        if self._run:
            self._run.cancel()
            with suppress(asyncio.CancelledError):
                await self._run

    async def _listen(self, told: asyncio.Queue[InboxMessage | Exception]) -> None:
        try:
            async for message in watch_inbox(self.deps, self.principal, self.cursor):
                told.put_nowait(message)
        except Exception as error:
            told.put_nowait(error)

    async def catch_up(self, version: int, *, strict: bool) -> None:
        """Takes in what is told up to the beacon's `version`. Where `strict`, of nothing that they have not."""
        self.lost.clear()
        while not await self._take_next(version, strict=strict):
            pass
        assert self._snapshots_due == 0, f"{self.principal.name} was shown a snapshot too few or too many"

    async def _take_next(self, version: int, *, strict: bool) -> bool:
        try:
            async with asyncio.timeout(SECONDS):
                return self._take(await self._told.get(), version, strict)
        except TimeoutError:
            raise AssertionError(f"{self.principal.name}'s stream came to a halt") from None

    def _take(self, message: InboxMessage | Exception, version: int, strict: bool) -> bool:
        """Whether this message is the beacon's."""
        assert not isinstance(message, Exception), f"{self.principal.name}'s stream broke: {message!r}"
        self.cursor, self._rights = message.cursor, self.principal.assignees
        if isinstance(message, Snapshot):
            self._snapshots_due -= 1
            self.has = {str(task.id) for _, task in message.assignments} - {self.beacon}
            return False
        id_ = str(message.task.id)
        if id_ == self.beacon:
            extended = isinstance(message, Changed) and message.type is TaskEventType.EXTENDED
            assert extended, f"{self.principal.name} was told {message} of what all have"
            return message.task.version >= version
        if isinstance(message, Assigned):
            assert message.assignment.assignee in self.principal.assignees
            self.has.add(id_)
            self.lost.pop(id_, None)
            return False
        told = f"{self.principal.name} was told {type(message).__name__} of {id_}, which they have not: {message}"
        assert id_ in self.has or not strict, told
        if isinstance(message, Unassigned):
            self.has.discard(id_)
            self.lost[id_] = message.reason.value
        return False
