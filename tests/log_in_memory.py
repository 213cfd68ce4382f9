"""An event log in memory, and a hub that reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from uuid import UUID

from app.domain.event import Event, EventQuery, LoggedEvent, TaskEventType
from app.domain.task import Task
from app.feed.delivery import AtOnce, Delivery
from app.feed.hub import Hub
from app.feed.subscriber import Subscriber
from tests.factories import NOW, a_task

ANNA, BEN, FINANCE = "reviewer:anna", "reviewer:ben", "group:finance"
TASKS = [UUID(int=n) for n in range(1, 5)]
EVERYTHING = EventQuery(workspace="w", tokens=None)


class Log:
    """An event log in memory, and the hub that reads it."""

    def __init__(self) -> None:
        self.events: dict[str, list[LoggedEvent]] = {"w": [], "v": []}
        self.tasks: dict[UUID, Task] = {}
        self.pages = 0
        self.tasks_may_be_read = asyncio.Event()
        self.tasks_may_be_read.set()
        self.tasks_asked_for = asyncio.Event()
        self.hub = Hub(read_head=self._read_head, read_log=self._read_log, read_tasks=self._read_tasks)

    async def _read_head(self, workspace: str) -> int:
        await asyncio.sleep(0)
        return len(self.events[workspace])

    async def _read_log(self, query: EventQuery, after: int, until: int, most: int) -> Sequence[LoggedEvent]:
        self.pages += 1
        await asyncio.sleep(0)
        return [e for e in self.events[query.workspace] if after < e.seq <= until and query.matches(e)][:most]

    async def _read_tasks(self, ids: Iterable[UUID]) -> Mapping[UUID, Task]:
        wanted = list(ids)
        self.tasks_asked_for.set()
        await self.tasks_may_be_read.wait()
        return {id_: self.tasks[id_] for id_ in wanted}

    def append(self, *tokens: str, task_id: UUID = TASKS[0], workspace: str = "w") -> LoggedEvent:
        known = self.tasks.setdefault(task_id, replace(a_task(id=task_id), version=0))
        task = self.tasks[task_id] = replace(known, version=known.version + 1)
        log = self.events[workspace]
        log.append(logged(len(log) + 1, tokens, task_id=task_id, workspace=workspace, version=task.version))
        return log[-1]

    def append_many(self, number: int, *tokens: str) -> None:
        for _ in range(number):
            self.append(*tokens)

    def subscribers(self, workspace: str = "w") -> set[Subscriber]:
        """Those that have come to their place in the hub."""
        followed = self.hub._followed.get(workspace)
        return {s for group in followed.groups.values() for s in group.subscribers} if followed else set()

    async def hand_out(self) -> None:
        """What the tail does."""
        positions = self.hub.positions
        await self.hub.hand_out([e for w, position in positions.items() for e in self.events[w][position:]])

    @asynccontextmanager
    async def attached(
        self, query: EventQuery = EVERYTHING, at_once: AtOnce[Delivery] | None = None
    ) -> AsyncGenerator[AsyncGenerator[Delivery, None]]:
        """A stream from now on that has come to its place in the hub: it was handed one event."""
        after = len(self.events[query.workspace])
        async with aclosing(self.hub.stream(query, after=after, at_once=at_once)) as stream:
            before = len(self.subscribers(query.workspace))
            first = asyncio.ensure_future(anext(stream))
            while len(self.subscribers(query.workspace)) == before:
                await asyncio.sleep(0)
            self.append(*(query.concerns or query.tokens or ()), task_id=TASKS[0], workspace=query.workspace)
            await self.hand_out()
            await first
            yield stream


def logged(
    seq: int, tokens: Sequence[str], *, task_id: UUID = TASKS[0], workspace: str = "w", version: int = 1
) -> LoggedEvent:
    event = Event(type=TaskEventType.ASSIGNED, actor="x", at=NOW, data={}, concerns=tuple(tokens))
    return LoggedEvent(
        workspace=workspace,
        seq=seq,
        task_id=task_id,
        version=version,
        workflow="x",
        run_id=None,
        audience=tuple(tokens),
        event=event,
    )


async def take(stream: AsyncGenerator[Delivery, None], number: int) -> list[int]:
    """The numbers of the next events. Fails where one comes with its task as it was before."""
    deliveries = [await anext(stream) for _ in range(number)]
    assert all(d.task.id == d.logged.task_id and d.task.version >= d.logged.version for d in deliveries)
    return [d.logged.seq for d in deliveries]
