"""Hands each event of a workspace to the subscribers it is for, in order, each event once, none left out.

A subscriber first reads the log by itself, up to where the tail has come to, and is then handed what the tail reads.
Its queue is bounded: when it is full, the subscriber leaves the hub and goes on reading the log at its own pace, so a
slow one costs no memory and misses nothing. (A client that takes nothing at all is cut off by the socket's limit.)
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from uuid import UUID

from app.domain.errors import Unavailable
from app.domain.event import EventQuery, LoggedEvent
from app.domain.task import Task
from app.feed.delivery import AtOnce, Delivery
from app.feed.followed import Followed, Group

PAGE_EVENTS = 100
TOGETHER_EVENTS = 16  # are offered to a subscriber together, and leave in one write
# After so many subscribers told, or groups looked at, whatever else the process has to do has its turn.
OFFERS_A_TURN = 50
LOOKS_A_TURN = 1_000
RETRY_SECONDS = 1.0

ReadHead = Callable[[str], Awaitable[int]]
ReadLog = Callable[[EventQuery, int, int, int], Awaitable[Sequence[LoggedEvent]]]
ReadTasks = Callable[[Iterable[UUID]], Awaitable[Mapping[UUID, Task]]]


def gapless(position: int, seq: int) -> bool:
    """The log has no gaps, so neither may what is handed out: anything but the next event is read again."""
    return seq == position + 1


class Hub:
    """The subscribers of one process."""

    def __init__(self, *, read_head: ReadHead, read_log: ReadLog, read_tasks: ReadTasks) -> None:
        self._read_head = read_head
        self._read_log = read_log
        self._read_tasks = read_tasks
        self._followed: dict[str, Followed] = {}
        # No hint tells of what is logged while a head is being read, so it must be looked for afterwards.
        self.on_follow: Callable[[], None] = lambda: None

    @property
    def positions(self) -> dict[str, int]:
        """For each workspace that has subscribers, the number of the last event handed out."""
        return {workspace: followed.position for workspace, followed in self._followed.items()}

    @property
    def followed(self) -> bool:
        """Whether anybody follows a log."""
        return bool(self._followed)

    async def hand_out(self, events: Sequence[LoggedEvent]) -> None:
        """Gives the next events of the logs, in order, to all that they are for. For the tail alone."""
        tasks = await self._read_tasks({logged.task_id for logged in events if any(self._interested(logged))})
        for n in range(0, len(events), TOGETHER_EVENTS):
            await self._offer(events[n : n + TOGETHER_EVENTS], tasks)

    def _interested(self, logged: LoggedEvent) -> Iterable[Group]:
        followed = self._followed.get(logged.workspace)
        return followed.interested(logged) if followed else ()

    async def _offer(self, events: Sequence[LoggedEvent], tasks: Mapping[UUID, Task]) -> None:
        offers: defaultdict[Group, list[Delivery]] = defaultdict(list)
        lost: set[Group] = set()
        looked = told = 0
        for logged in events:
            followed = self._followed.get(logged.workspace)
            if followed is None or not gapless(followed.position, logged.seq):
                continue
            followed.position = logged.seq
            # Whoever came while the tasks were read may ask for one that was not read then: the log tells them.
            delivery = Delivery(logged, tasks[logged.task_id]) if logged.task_id in tasks else None
            for group in followed.interested(logged):
                looked += 1
                if delivery is None:
                    lost.add(group)
                elif group not in lost:
                    offers[group].append(delivery)
            if looked >= LOOKS_A_TURN:
                looked = 0
                await asyncio.sleep(0)
        waiting = list(offers.items())
        for n in range(0, len(waiting), OFFERS_A_TURN):
            # Made before they are written: a write leaves little of ours in the processor's caches.
            some = waiting[n : n + OFFERS_A_TURN]
            made = [(group, deliveries, group.texts(deliveries)) for group, deliveries in some]
            for group, deliveries, texts in made:
                # Who comes meanwhile begins past these events, and takes none of them; who goes has no use for them.
                for subscriber in tuple(group.subscribers):
                    subscriber.offer(deliveries, texts)
                    told += 1
                    if told % OFFERS_A_TURN == 0:
                        await asyncio.sleep(0)
        for group in lost:
            for subscriber in group.subscribers:
                subscriber.give_up()

    async def stream(
        self, query: EventQuery, *, after: int, at_once: AtOnce[Delivery] | None = None
    ) -> AsyncGenerator[Delivery, None]:
        """Every event that `query` asks for past number `after`, in order, as long as it is read.

        What comes while it is waited for goes by `at_once`, where that takes it, and is not yielded.
        """
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
                with followed.attached(query, position, at_once) as subscriber:
                    while subscriber.queue or not subscriber.full:
                        for delivery in subscriber.take():
                            yield delivery
                        await subscriber.wait()
                position = subscriber.position
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

    async def _follow(self, workspace: str) -> Followed:
        if workspace not in self._followed:
            head = await self._read_head(workspace)
            self._followed.setdefault(workspace, Followed(head))
            self.on_follow()
        followed = self._followed[workspace]
        followed.streams += 1
        return followed

    def _release(self, workspace: str) -> None:
        followed = self._followed[workspace]
        followed.streams -= 1
        if followed.streams == 0:
            del self._followed[workspace]
