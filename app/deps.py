"""What a process holds open, the same for API and worker: the database and its stores, Redis, hub and tail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import structlog
from arq.connections import ArqRedis

from app import jobs
from app.domain.event import EventQuery, LoggedEvent
from app.domain.task import Task
from app.feed.hub import Hub
from app.feed.tail import Tail
from app.feed.waits import Waits
from app.settings import Settings
from app.store.database import Database
from app.store.directory import Directory
from app.store.events import Events
from app.store.feedback import FeedbackStore
from app.store.inbox import Inbox
from app.store.keys import Keys
from app.store.tasks import Tasks

RESTART_SECONDS = 1.0
CANCEL_SECONDS = 0.1

_log = structlog.get_logger()


class Deps:
    """One process's open ends. Made by `open_deps`."""

    def __init__(self, settings: Settings, database: Database, redis: ArqRedis, waits: Waits) -> None:
        self.settings = settings
        self.database = database
        self.redis = redis
        self.tasks = Tasks(database)
        self.events = Events(database)
        self.inbox = Inbox(database)
        self.feedback = FeedbackStore(database)
        self.keys = Keys(database)
        self.directory = Directory(database)
        self.hub = Hub(read_head=self._read_head, read_log=self._read_log, read_tasks=self._read_tasks)
        self.tail = Tail(self.hub, read=self._read_followed)
        self.waits = waits

    async def _read_head(self, workspace: str) -> int:
        return (await self.events.head(workspace)).seq

    async def _read_log(self, query: EventQuery, after: int, until: int, most: int) -> list[LoggedEvent]:
        return await self.events.list_page(query, after=after, until=until, most=most)

    async def _read_tasks(self, ids: Iterable[UUID]) -> dict[UUID, Task]:
        wanted = list(ids)
        if not wanted:
            return {}
        return {id_: read.task for id_, read in (await self.tasks.get_many(wanted)).items()}

    async def _read_followed(self, positions: Mapping[str, int], most: int) -> Sequence[LoggedEvent]:
        return await self.events.follow(positions, most=most)


@asynccontextmanager
async def open_deps(settings: Settings, *, wait: float = 0.0, waits: Waits | None = None) -> AsyncIterator[Deps]:
    """Connects to the database, for which it waits so many seconds (then raises Unavailable); Redis may be away.
    `waits` are the process's long polls, where somebody is to end them."""
    database = Database(
        settings.database_url, connections=settings.database_connections, seconds=settings.database_seconds
    )
    await database.connect(wait=wait)
    redis = jobs.connect(settings.redis_url)
    try:
        yield Deps(settings, database, redis, waits or Waits())
    finally:
        with suppress(Exception):  # a Redis that is away cannot be said goodbye to
            await redis.aclose(close_connection_pool=True)
        await database.disconnect()


@asynccontextmanager
async def background(*runs: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Runs these for ever beside the body and cancels them at its end. One that fails is logged and run again."""
    tasks = [asyncio.create_task(_for_ever(run)) for run in runs]
    try:
        yield
    finally:
        await end(tasks)


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancels until all have ended, also where it is cancelled itself meanwhile.

    Once is not enough: arq takes being cancelled while it starts for Redis being away, and goes on; so does whoever is
    cancelled in an `asyncio.wait_for` of Python 3.11, by which the Redis client writes, as what it waits for is done.
    """
    ending = asyncio.gather(*tasks, return_exceptions=True)
    cancelled: asyncio.CancelledError | None = None
    while not ending.done():
        for task in tasks:
            task.cancel()
        try:
            await asyncio.wait([ending], timeout=CANCEL_SECONDS)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled


async def _for_ever(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        try:
            await run()
        except Exception:
            # A surprise in one round must not end the work of a whole process.
            _log.exception("background_restarts", what=getattr(run, "__qualname__", repr(run)))
        await asyncio.sleep(RESTART_SECONDS)
