"""Past the stream: what is written at once and what goes by the queue is, together, each event once and in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from app.feed.delivery import AtOnce, Delivery
from app.feed.hub import OFFERS_A_TURN
from app.feed.subscriber import QUEUE_EVENTS, Subscriber
from tests.log_in_memory import EVERYTHING, Log

pytestmark = pytest.mark.anyio


class Reader:
    """A client: what was written to it at once, and what its stream gave it, in the order in which it got them."""

    def __init__(self, log: Log, key: str = "the same", *, takes: Callable[[], bool] = lambda: True) -> None:
        self.log = log
        self.takes = takes
        self.got: list[int] = []
        self.written = 0
        self.made = 0
        self.at_once = AtOnce((key,), self.make, self._write)

    def make(self, delivery: Delivery) -> bytes | None:
        self.made += 1
        return str(delivery.logged.seq).encode()

    def _write(self, texts: Sequence[bytes]) -> bool:
        if not self.takes():
            return False
        self.got += map(int, texts)
        self.written += len(texts)
        return True

    async def read(self, pause: Callable[[], int]) -> None:
        async with aclosing(self.log.hub.stream(EVERYTHING, after=0, at_once=self.at_once)) as stream:
            async for delivery in stream:
                self.got.append(delivery.logged.seq)
                for _ in range(pause()):
                    await asyncio.sleep(0)


@asynccontextmanager
async def reading(*readers: Reader, pause: Callable[[], int] = lambda: 0) -> AsyncIterator[None]:
    """Within it these read, and have come to where they wait."""
    tasks = [asyncio.ensure_future(reader.read(pause)) for reader in readers]
    try:
        await waiting(readers[0].log, len(readers))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def waiting(log: Log, number: int) -> None:
    """Returns when so many have read what there is, and wait for more."""
    async with asyncio.timeout(10):
        while sum(s._waits() for s in log.subscribers()) < number:
            await asyncio.sleep(0)


async def test_it_is_made_once_for_all_who_are_told_the_same() -> None:
    log = Log()
    readers = [Reader(log, key) for key in ("even", "odd") * 3]
    async with reading(*readers):
        log.append_many(20)
        await log.hand_out()
        assert all(reader.got == list(range(1, 21)) for reader in readers)
        assert all(reader.written == 20 for reader in readers), "none went by the queue"
    assert sum(reader.made for reader in readers) == 2 * 20


async def test_what_is_nothing_to_tell_is_past_and_nothing_is_written() -> None:
    log = Log()
    reader = Reader(log)
    told = reader.at_once.make
    reader.at_once = replace(reader.at_once, make=lambda d: told(d) if d.logged.seq > 2 else None)
    async with reading(reader):
        log.append_many(2)
        await log.hand_out()
        (subscriber,) = log.subscribers()
        assert (reader.got, subscriber.position) == ([], 2)
        log.append()
        await log.hand_out()
        assert reader.got == [3]


async def test_what_cannot_be_made_is_left_to_the_stream() -> None:
    log = Log()
    reader, other = Reader(log, "broken"), Reader(log)

    def broken(_: Delivery) -> bytes:
        raise RuntimeError

    reader.at_once = replace(reader.at_once, make=broken)
    async with reading(reader, other):
        log.append_many(3)
        await log.hand_out()
        await waiting(log, 2)
        assert reader.got == other.got == [1, 2, 3]
        assert (reader.written, other.written) == (0, 3)


async def test_one_who_cannot_be_written_to_is_left_to_the_stream_and_keeps_no_other_from_its_turn() -> None:
    def gone() -> bool:
        raise OSError

    log = Log()
    reader, others = Reader(log, takes=gone), [Reader(log) for _ in range(9)]
    async with reading(reader, *others):
        log.append_many(3)
        await log.hand_out()
        await waiting(log, 10)
        assert all(each.got == [1, 2, 3] for each in (reader, *others))
        assert [reader.written, *(other.written for other in others)] == [0, *[3] * 9]


async def test_one_who_goes_is_written_nothing_more() -> None:
    log = Log()
    reader = Reader(log)
    async with reading(reader):
        (subscriber,) = log.subscribers()
    assert not subscriber._waits()
    log.append()
    await log.hand_out()
    assert reader.got == []


@pytest.mark.parametrize("alike", [True, False])
async def test_others_have_their_turn_while_many_are_told_and_who_comes_then_is_told_once(alike: bool) -> None:
    log = Log()
    readers = [Reader(log, "same" if alike else f"{n}") for n in range(2 * OFFERS_A_TURN)]
    late = Reader(log)
    async with reading(*readers):
        log.append()
        handing_out = asyncio.ensure_future(log.hand_out())
        while not any(reader.got for reader in readers):
            await asyncio.sleep(0)
        assert not all(reader.got for reader in readers)
        async with reading(late):
            await handing_out
            log.append()
            await log.hand_out()
            await waiting(log, len(readers) + 1)
            assert all(reader.got == [1, 2] for reader in (*readers, late))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_taken_at_once_each_gets_each_event_once_and_in_order(seed: int) -> None:
    await _at_any_pace(seed)


async def test_writing_to_one_who_does_not_wait_fails_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subscriber, "_waits", lambda _: True)
    with pytest.raises(AssertionError):
        await _at_any_pace(0)


async def _at_any_pace(seed: int) -> None:
    chance = random.Random(seed)
    log, total = Log(), 6 * QUEUE_EVENTS
    readers = [Reader(log, f"{n % 3}", takes=lambda: chance.random() < 0.7) for n in range(12)]
    async with reading(*readers, pause=lambda: chance.randrange(3)):
        while len(log.events["w"]) < total:
            log.append_many(min(chance.choice([1, 1, 5, 40, 300]), total - len(log.events["w"])))
            await log.hand_out()
            for _ in range(chance.choice([0, 3, 600])):
                await asyncio.sleep(0)
        await waiting(log, len(readers))
    assert all(reader.got == list(range(1, total + 1)) for reader in readers)
    assert all(0 < reader.written < total for reader in readers)
    assert log.pages, "some were slow"
