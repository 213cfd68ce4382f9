"""The hub: each subscriber gets each event that is for it, in order and once, whatever comes in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.event import Event, EventQuery, LoggedEvent, TaskEventType
from app.domain.task import Task
from app.feed import hub as hub_module
from app.feed.hub import PAGE_EVENTS, QUEUE_EVENTS, Delivery, Hub, _Followed, _Subscriber
from tests.factories import NOW, a_task

pytestmark = pytest.mark.anyio

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
        log.append(_logged(len(log) + 1, tokens, task_id=task_id, workspace=workspace, version=task.version))
        return log[-1]

    def append_many(self, number: int, *tokens: str) -> None:
        for _ in range(number):
            self.append(*tokens)

    def subscribers(self, workspace: str = "w") -> set[_Subscriber]:
        """Those that have come to their place in the hub."""
        followed = self.hub._followed.get(workspace)
        return set().union(*followed.by_key.values()) if followed else set()

    async def hand_out(self) -> None:
        """What the tail does."""
        positions = self.hub.positions
        await self.hub.hand_out([e for w, position in positions.items() for e in self.events[w][position:]])

    @asynccontextmanager
    async def attached(self, query: EventQuery = EVERYTHING) -> AsyncGenerator[AsyncGenerator[Delivery, None]]:
        """A stream from now on that has come to its place in the hub: it was handed one event."""
        async with aclosing(self.hub.stream(query, after=len(self.events[query.workspace]))) as stream:
            before = len(self.subscribers(query.workspace))
            first = asyncio.ensure_future(anext(stream))
            while len(self.subscribers(query.workspace)) == before:
                await asyncio.sleep(0)
            self.append(*(query.concerns or query.tokens or ()), task_id=TASKS[0], workspace=query.workspace)
            await self.hand_out()
            await first
            yield stream


def _logged(
    seq: int, tokens: Sequence[str], *, task_id: UUID = TASKS[0], workspace: str = "w", version: int = 1
) -> LoggedEvent:
    event = Event(
        type=TaskEventType.ASSIGNED, actor="x", at=NOW, data={}, concerns=tuple(tokens), audience=tuple(tokens)
    )
    return LoggedEvent(
        workspace=workspace, seq=seq, task_id=task_id, version=version, workflow="x", run_id=None, event=event
    )


async def take(stream: AsyncGenerator[Delivery, None], number: int) -> list[int]:
    """The numbers of the next events. Fails where one comes with its task as it was before."""
    deliveries = [await anext(stream) for _ in range(number)]
    assert all(d.task.id == d.logged.task_id and d.task.version >= d.logged.version for d in deliveries)
    return [d.logged.seq for d in deliveries]


async def test_a_stream_reads_the_log_from_its_place_first_and_then_what_comes() -> None:
    log = Log()
    log.append_many(PAGE_EVENTS * 2 + 5, ANNA)
    async with aclosing(log.hub.stream(EVERYTHING, after=2)) as stream:
        assert await take(stream, PAGE_EVENTS * 2 + 3) == list(range(3, PAGE_EVENTS * 2 + 6))
        later = asyncio.ensure_future(take(stream, 2))
        log.append_many(2, BEN)
        await log.hand_out()
        assert await later == [PAGE_EVENTS * 2 + 6, PAGE_EVENTS * 2 + 7]


async def test_a_stream_whose_place_is_past_the_tail_is_not_given_what_it_knows_already() -> None:
    log = Log()
    async with log.attached():
        log.append_many(5)
        async with aclosing(log.hub.stream(EVERYTHING, after=4)) as stream:  # the tail is at 1
            coming = asyncio.ensure_future(take(stream, 3))
            await asyncio.sleep(0)
            await log.hand_out()
            log.append()
            await log.hand_out()
            assert await coming == [5, 6, 7]


async def test_a_slow_subscriber_goes_back_to_the_log_and_neither_loses_nor_repeats_anything() -> None:
    await _overflows(Log())


async def test_a_queue_that_drops_what_is_too_much_fails_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop(self: _Subscriber, delivery: Delivery) -> None:
        if len(self.queue) < QUEUE_EVENTS:
            self.queue.append(delivery)
        self._wake()

    monkeypatch.setattr(_Subscriber, "offer", drop)
    with pytest.raises((AssertionError, TimeoutError)):
        await _overflows(Log())


async def _overflows(log: Log) -> None:
    async with log.attached() as stream:
        (subscriber,) = log.subscribers()
        for more in (QUEUE_EVENTS, 1, 500):
            log.append_many(more)
            await log.hand_out()
        assert len(subscriber.queue) == QUEUE_EVENTS, "is bounded"
        assert log.pages == 0
        async with asyncio.timeout(3):
            assert await take(stream, QUEUE_EVENTS + 501) == list(range(2, QUEUE_EVENTS + 503))
        assert log.pages == 6, "the rest came from the log, a page at a time"
        live = asyncio.ensure_future(take(stream, 1))
        await asyncio.sleep(0)
        log.append()
        await log.hand_out()
        assert await live == [QUEUE_EVENTS + 503]
        assert log.pages == 6, "is live again"


async def test_what_leaves_a_gap_is_not_handed_out_before_the_gap_is_filled() -> None:
    await _gap(Log())


async def test_a_hub_that_follows_whatever_is_greater_fails_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "gapless", lambda position, seq: seq > position)
    with pytest.raises((AssertionError, TimeoutError)):
        await _gap(Log())


async def _gap(log: Log) -> None:
    async with log.attached() as stream:
        log.append_many(4)
        await log.hub.hand_out(log.events["w"][2:4])  # 3 and 4: 2 is committed later
        await log.hub.hand_out(log.events["w"][:2])  # 1 again, and 2
        await log.hand_out()
        await log.hub.hand_out(log.events["w"])  # all of them again
        log.append()
        await log.hand_out()
        async with asyncio.timeout(3):
            assert await take(stream, 5) == [2, 3, 4, 5, 6]


async def test_who_comes_while_the_tasks_are_read_gets_the_event_once() -> None:
    log = Log()
    async with log.attached() as other:
        log.tasks_may_be_read.clear()
        log.tasks_asked_for.clear()
        log.append(ANNA)
        handing_out = asyncio.ensure_future(log.hand_out())
        await log.tasks_asked_for.wait()
        query = EventQuery(workspace="w", tokens=[ANNA])
        async with aclosing(log.hub.stream(query, after=1)) as stream:
            coming = asyncio.ensure_future(take(stream, 2))
            while len(log.subscribers()) < 2:
                await asyncio.sleep(0)
            log.tasks_may_be_read.set()
            await handing_out
            log.append(BEN)
            log.append(ANNA)
            await log.hand_out()
            assert await coming == [2, 4]
        assert await take(other, 3) == [2, 3, 4]


async def test_who_leaves_leaves_nothing_behind() -> None:
    log = Log()
    assert log.hub.positions == {}
    async with log.attached(EventQuery(workspace="v", tokens=[ANNA, BEN])):
        async with log.attached(), log.attached(EventQuery(workspace="w", tokens=None, task_ids=TASKS[:2])):
            followed = log.hub._followed["w"]
            assert set(followed.by_key) == {"*", *TASKS[:2]}
            assert log.hub.positions == {"w": 2, "v": 1}
        assert followed.by_key == {}
        assert log.hub.positions == {"v": 1}
        assert set(log.hub._followed["v"].by_key) == {ANNA, BEN}
    assert log.hub.positions == {}


async def test_a_stream_that_is_cancelled_while_it_waits_leaves_nothing_behind() -> None:
    log = Log()

    async def wait_for_ever() -> None:
        async with aclosing(log.hub.stream(EVERYTHING, after=0)) as stream:
            await anext(stream)

    waiting = asyncio.ensure_future(wait_for_ever())
    while not log.subscribers():
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert log.hub.positions == {}


async def test_who_follows_again_later_starts_where_the_log_is_then() -> None:
    log = Log()
    async with log.attached():
        pass
    log.append_many(3)
    async with log.attached() as stream:
        assert log.hub.positions == {"w": 5}
        log.append()
        await log.hand_out()
        assert await take(stream, 1) == [6]


def _queries() -> Iterator[EventQuery]:
    for tokens in (None, (), (ANNA,), (BEN, FINANCE)):
        for concerns in (None, (ANNA,), (FINANCE, BEN)):
            for task_ids in (None, (), TASKS[:1], TASKS[1:3]):
                yield EventQuery(workspace="w", tokens=tokens, concerns=concerns, task_ids=task_ids)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([ANNA, BEN, FINANCE, "key:workflow"]), unique=True, max_size=4),
    st.sampled_from(TASKS),
    st.data(),
)
def test_the_index_leads_to_exactly_those_whose_query_matches(
    audience: list[str], task_id: UUID, data: st.DataObject
) -> None:
    concerns = data.draw(st.lists(st.sampled_from(audience), unique=True)) if audience else []
    logged = _logged(1, audience, task_id=task_id)
    logged = replace(logged, event=replace(logged.event, concerns=tuple(concerns)))
    followed = _Followed(0)
    subscribers = [_Subscriber(query) for query in _queries()]
    for subscriber in subscribers:
        followed.attach(subscriber)
    found = followed.interested(logged)
    assert len(found) == len(set(found))
    assert set(found) == {s for s in subscribers if s.query.matches(logged)}
    for subscriber in subscribers:
        followed.detach(subscriber)
    assert followed.by_key == {}


@pytest.mark.parametrize("seed", range(5))
async def test_many_that_come_and_read_at_any_pace_each_get_exactly_what_is_theirs(seed: int) -> None:
    chance = random.Random(seed)
    log, total = Log(), 1_000
    done = asyncio.Event()

    async def write() -> None:
        while len(log.events["w"]) < total:
            for _ in range(min(chance.randrange(1, 120), total - len(log.events["w"]))):
                tokens = chance.sample([ANNA, BEN, FINANCE], chance.randrange(4))
                log.append(*tokens, task_id=chance.choice(TASKS))
            await asyncio.sleep(0)
        done.set()

    async def tail() -> None:
        while not done.is_set() or any(p < total for p in log.hub.positions.values()):
            await log.hand_out()
            await asyncio.sleep(0)

    async def read(query: EventQuery, pace: int) -> None:
        for _ in range(chance.randrange(30)):
            await asyncio.sleep(0)
        after = chance.randrange(len(log.events["w"]) + 1)
        got: list[int] = []
        async with aclosing(log.hub.stream(query, after=after)) as stream:
            while not done.is_set() or len(got) < len(_expected(log, query, after)):
                got += await take(stream, 1)
                for _ in range(chance.randrange(pace)):
                    await asyncio.sleep(0)
        assert got == _expected(log, query, after)

    queries = [EVERYTHING, EventQuery(workspace="w", tokens=[ANNA]), EventQuery(workspace="w", tokens=[BEN, FINANCE])]
    queries += [replace(EVERYTHING, task_ids=TASKS[:2]), replace(queries[1], concerns=[ANNA])]
    async with asyncio.timeout(60):
        reads = [read(query, pace) for query in queries for pace in (1, 2, 5)]
        await asyncio.gather(write(), tail(), *reads)
    assert log.hub.positions == {}


def _expected(log: Log, query: EventQuery, after: int) -> list[int]:
    return [e.seq for e in log.events["w"] if e.seq > after and query.matches(e)]
