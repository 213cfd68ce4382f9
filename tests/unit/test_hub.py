"""The hub: each subscriber gets each event that is for it, in order and once, whatever comes in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Unavailable
from app.domain.event import EventQuery, LoggedEvent
from app.feed import hub as hub_module
from app.feed.delivery import Delivery
from app.feed.followed import Followed
from app.feed.hub import PAGE_EVENTS
from app.feed.subscriber import QUEUE_EVENTS, Subscriber
from tests.log_in_memory import ANNA, BEN, EVERYTHING, FINANCE, TASKS, Log, logged, take

pytestmark = pytest.mark.anyio


def query_of(*tokens: str) -> EventQuery:
    return EventQuery(workspace="w", tokens=tokens, concerns=tokens)


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
    def drop(self: Subscriber, deliveries: Sequence[Delivery], _: object) -> None:
        self.queue += deliveries[: QUEUE_EVENTS - len(self.queue)]
        self._wake()

    monkeypatch.setattr(Subscriber, "offer", drop)
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


async def test_who_comes_while_the_tasks_are_read_is_told_by_the_log_of_those_that_were_not() -> None:
    log = Log()
    async with log.attached(query_of(ANNA)):
        log.append(BEN, task_id=TASKS[1])  # nobody has asked for it: its task is not read
        log.append(ANNA)
        log.append(BEN)  # of a task that is read
        log.tasks_asked_for.clear()
        log.tasks_may_be_read.clear()
        handing_out = asyncio.ensure_future(log.hand_out())
        await log.tasks_asked_for.wait()
        async with aclosing(log.hub.stream(query_of(BEN), after=1)) as late:
            coming = asyncio.ensure_future(take(late, 2))
            while len(log.subscribers()) < 2:
                await asyncio.sleep(0)
            assert log.pages == 0
            log.tasks_may_be_read.set()
            await handing_out
            async with asyncio.timeout(3):
                assert await coming == [2, 4]


async def test_a_log_that_cannot_be_read_is_read_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "RETRY_SECONDS", 0.0)
    log = Log()
    log.append_many(3)
    real, failures = log.hub._read_log, 2

    async def away(query: EventQuery, after: int, until: int, most: int) -> Sequence[LoggedEvent]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise Unavailable("The database cannot be reached.")
        return await real(query, after, until, most)

    monkeypatch.setattr(log.hub, "_read_log", away)
    async with aclosing(log.hub.stream(EVERYTHING, after=0)) as stream, asyncio.timeout(3):
        assert await take(stream, 3) == [1, 2, 3]


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
    entry = logged(1, audience, task_id=task_id)
    entry = replace(entry, event=replace(entry.event, concerns=tuple(concerns)))
    followed = Followed(0)
    with ExitStack() as stack:
        queries = [*_queries(), *_queries()]
        subscribers = [(query, stack.enter_context(followed.attached(query, 0))) for query in queries]
        found = [subscriber for group in followed.interested(entry) for subscriber in group.subscribers]
        assert len(found) == len(set(found))
        assert set(found) == {subscriber for query, subscriber in subscribers if query.matches(entry)}
        assert len(followed.groups) == len(queries) / 2, "who asks for the same stands together"
    assert followed.by_key == {}
    assert followed.groups == {}


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
