"""What each task of a page may be asked for, read for many at once."""

from __future__ import annotations

from functools import partial

from strawberry.dataloader import DataLoader

from app.deps import Deps
from app.domain.task import Task
from app.domain.timeline import TimelineStep
from app.service.read import EventPage, HistoryPage, list_histories, list_timelines

MOST_TOGETHER = 64


class Loaders:
    """Of one request, or one WebSocket: so nothing that was read is kept for later."""

    def __init__(self, deps: Deps) -> None:
        self.histories: DataLoader[HistoryPage, EventPage] = DataLoader(
            partial(list_histories, deps), max_batch_size=MOST_TOGETHER, cache=False
        )
        self.timelines: DataLoader[Task, list[TimelineStep]] = DataLoader(
            partial(list_timelines, deps), max_batch_size=MOST_TOGETHER, cache=False
        )
