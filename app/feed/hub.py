"""Hands each event of a workspace to the subscribers it is for, in order, each event once, none left out.

A subscriber first reads the log by itself, up to where the tail has come to, and is then handed what the tail reads.
Its queue is bounded: when it is full, the subscriber leaves the hub and goes on reading the log at its own pace, so a
slow one costs no memory and misses nothing. (A client that takes nothing at all is cut off by the socket's limit.)
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from app.domain.errors import Unavailable
from app.domain.event import EventQuery, LoggedEvent
from app.domain.task import Task

QUEUE_EVENTS = 256
PAGE_EVENTS = 100
RETRY_SECONDS = 1.0

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, and its task as it stands now: never older than the event.

    One and the same for all subscribers that it is handed out to. `made` holds what is made of it for the first of
    them, by what it depends on, so that it is made once for all.
    """

    logged: LoggedEvent
    task: Task
    made: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)


Made = TypeVar("Made")


def once(made: dict[object, Any], key: object, make: Callable[[], Made]) -> Made:
    """What `make` made the first time it was asked for under this key."""
    if key not in made:
        made[key] = make()
    found: Made = made[key]
    return found


ReadHead = Callable[[str], Awaitable[int]]
ReadLog = Callable[[EventQuery, int, int, int], Awaitable[Sequence[LoggedEvent]]]
ReadTasks = Callable[[Iterable[UUID]], Awaitable[Mapping[UUID, Task]]]


class _Subscriber:
    """One stream's place in the hub, with its bounded queue."""

    def __init__(self, query: EventQuery) -> None:
        self.query = query
        self.queue: deque[Delivery] = deque()
        self.full = False
        self.changed = asyncio.Event()

    @property
    def keys(self) -> Iterable[object]:
        """What of an event leads to this subscriber: one of its tasks, one of its tokens, or everything."""
        tokens = self.query.concerns if self.query.concerns is not None else self.query.tokens
        if self.query.task_ids is not None:
            return self.query.task_ids
        return (EVERYTHING,) if tokens is None else tokens

    def offer(self, delivery: Delivery) -> None:
        """Takes the next event, unless one before it was not taken."""
        if self.full:
            return
        if len(self.queue) < QUEUE_EVENTS:
            self.queue.append(delivery)
        else:
            self.full = True
        self.changed.set()


def gapless(position: int, seq: int) -> bool:
    """The log has no gaps, so neither may what is handed out: anything but the next event is read again."""
    return seq == position + 1


@dataclass(slots=True)
class _Followed:
    """A workspace that has subscribers: where the tail is in its log, and who is to be told."""

    position: int
    streams: int = 0
    changes: int = 0
    """Counts those who come and go."""
    by_key: defaultdict[object, set[_Subscriber]] = field(default_factory=lambda: defaultdict(set))

    def attach(self, subscriber: _Subscriber) -> None:
        self.changes += 1
        for key in subscriber.keys:
            self.by_key[key].add(subscriber)

    def detach(self, subscriber: _Subscriber) -> None:
        self.changes += 1
        for key in subscriber.keys:
            self.by_key[key].discard(subscriber)
            if not self.by_key[key]:
                del self.by_key[key]

    def interested(self, logged: LoggedEvent) -> list[_Subscriber]:
        found: set[_Subscriber] = set()
        for key in (EVERYTHING, logged.task_id, *logged.event.audience):
            found |= self.by_key.get(key, set())
        return [s for s in found if not s.full and s.query.matches(logged)]


class Hub:
    """The subscribers of one process."""

    def __init__(self, *, read_head: ReadHead, read_log: ReadLog, read_tasks: ReadTasks) -> None:
        self._read_head = read_head
        self._read_log = read_log
        self._read_tasks = read_tasks
        self._followed: dict[str, _Followed] = {}

    @property
    def positions(self) -> dict[str, int]:
        """For each workspace that has subscribers, the number of the last event handed out."""
        return {workspace: followed.position for workspace, followed in self._followed.items()}

    async def hand_out(self, events: Sequence[LoggedEvent]) -> None:
        """Gives the next events of the logs, in order, to all that they are for. For the tail alone."""
        before = [
            (logged, followed, followed.changes, followed.interested(logged))
            for logged in events
            if (followed := self._followed.get(logged.workspace))
        ]
        tasks = await self._read_tasks({logged.task_id for logged, _, _, interested in before if interested})
        for logged, followed, changes, interested in before:
            if self._followed.get(logged.workspace) is not followed or not gapless(followed.position, logged.seq):
                continue
            # Asked again where somebody has come while the tasks were read. What was not read then, the log tells.
            delivery = Delivery(logged, tasks[logged.task_id]) if logged.task_id in tasks else None
            for subscriber in interested if followed.changes == changes else followed.interested(logged):
                if delivery:
                    subscriber.offer(delivery)
                else:
                    subscriber.full = True
                    subscriber.changed.set()
            followed.position = logged.seq

    async def stream(self, query: EventQuery, *, after: int) -> AsyncGenerator[Delivery, None]:
        """Every event that `query` asks for past number `after`, in order, as long as it is read."""
        followed = await self._follow(query.workspace)
        position = after
        try:
            while True:
                while position < followed.position:
                    until = followed.position
                    page, tasks = await self._read_page(query, position, until)
                    for logged in page:
                        yield Delivery(logged, tasks[logged.task_id])
                    position = page[-1].seq if len(page) == PAGE_EVENTS else until
                # No await between the look at the tail's position and attaching: nothing falls between the two.
                subscriber = _Subscriber(query)
                followed.attach(subscriber)
                try:
                    while subscriber.queue or not subscriber.full:
                        while subscriber.queue:
                            delivery = subscriber.queue.popleft()
                            if delivery.logged.seq > position:
                                position = delivery.logged.seq
                                yield delivery
                        subscriber.changed.clear()
                        if not subscriber.full:
                            await subscriber.changed.wait()
                finally:
                    followed.detach(subscriber)
        finally:
            self._release(query.workspace)

    async def _read_page(
        self, query: EventQuery, position: int, until: int
    ) -> tuple[Sequence[LoggedEvent], Mapping[UUID, Task]]:
        """A page of the log with its tasks; a database that is away is waited for, as the tail does."""
        while True:
            try:
                page = await self._read_log(query, position, until, PAGE_EVENTS)
                return page, await self._read_tasks({logged.task_id for logged in page})
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, workspace: str) -> _Followed:
        if workspace not in self._followed:
            head = await self._read_head(workspace)
            self._followed.setdefault(workspace, _Followed(head))
        followed = self._followed[workspace]
        followed.streams += 1
        return followed

    def _release(self, workspace: str) -> None:
        followed = self._followed[workspace]
        followed.streams -= 1
        if followed.streams == 0:
            del self._followed[workspace]
