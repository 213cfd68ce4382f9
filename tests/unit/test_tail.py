"""The tail looks when there is something to look for, not only once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from app.domain.errors import Unavailable
from app.domain.event import LoggedEvent
from app.feed import tail
from app.feed.tail import Tail
from tests.log_in_memory import EVERYTHING, Log, take

pytestmark = pytest.mark.anyio


async def test_what_is_logged_while_the_first_subscriber_comes_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "LOOK_SECONDS", 60.0)
    log = Log()

    async def read(positions: Mapping[str, int], _: int) -> Sequence[LoggedEvent]:
        return [e for w, position in positions.items() for e in log.events[w][position:]]

    following = Tail(log.hub, read=read)
    real = log.hub._read_head

    async def meanwhile(workspace: str) -> int:
        head = await real(workspace)
        log.append()
        following.hint()
        return head

    monkeypatch.setattr(log.hub, "_read_head", meanwhile)
    looking = asyncio.ensure_future(following.follow())
    try:
        async with asyncio.timeout(10):
            assert await take(log.hub.stream(EVERYTHING, after=0), 1) == [1]
    finally:
        looking.cancel()


async def test_a_full_batch_is_followed_by_the_next_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "BATCH_EVENTS", 2)
    monkeypatch.setattr(tail, "LOOK_SECONDS", 600.0)
    log = Log()

    async def read(positions: Mapping[str, int], most: int) -> Sequence[LoggedEvent]:
        return [e for w, position in positions.items() for e in log.events[w][position : position + most]]

    following = Tail(log.hub, read=read)
    looking = asyncio.ensure_future(following.follow())
    try:
        async with asyncio.timeout(10), log.attached() as stream:
            log.append_many(7)
            following.hint()
            assert await take(stream, 7) == list(range(2, 9))
    finally:
        looking.cancel()


async def test_a_database_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "LOOK_SECONDS", 0.01)
    log, failures = Log(), 3

    async def read(positions: Mapping[str, int], _: int) -> Sequence[LoggedEvent]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise Unavailable("The database cannot be reached.")
        return [e for w, position in positions.items() for e in log.events[w][position:]]

    await tells_of_what_is_logged(log, read)


async def test_it_looks_now_and_then_though_nobody_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "LOOK_SECONDS", 0.01)
    log = Log()

    async def read(positions: Mapping[str, int], _: int) -> Sequence[LoggedEvent]:
        return [e for w, position in positions.items() for e in log.events[w][position:]]

    await tells_of_what_is_logged(log, read)


async def tells_of_what_is_logged(log: Log, read: tail.ReadFollowed) -> None:
    looking = asyncio.ensure_future(Tail(log.hub, read=read).follow())
    try:
        async with asyncio.timeout(10), log.attached() as stream:
            log.append()
            assert await take(stream, 1) == [2]
    finally:
        looking.cancel()


async def test_what_cannot_be_handed_out_is_not_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "BATCH_EVENTS", 2)
    log, reads = Log(), 0

    async def gap(_: Mapping[str, int], most: int) -> Sequence[LoggedEvent]:
        nonlocal reads
        reads += 1
        assert reads < 10, "without a pause"
        return log.events["w"][-most:]

    following = Tail(log.hub, read=gap)
    async with log.attached():
        log.append_many(7)
        await following._catch_up()
    assert reads == 1
