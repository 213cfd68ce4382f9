"""After the commit: a hint for the other processes, and an alarm for what is due soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from datetime import UTC, datetime, timedelta

import pytest
from arq.connections import ArqRedis
from redis.exceptions import ConnectionError as RedisAway

from app import jobs
from app.auth import Role
from app.deps import Deps, background
from app.domain.event import EventQuery
from app.domain.task import Task
from app.feed import channels, tail
from app.feed.channels import HINTS, hints
from app.service import announce
from app.service.cancel_task import cancel_task
from app.service.commands import Commands
from app.service.open_task import open_task
from tests.factories import a_principal, a_request, a_workspace, seconds

pytestmark = pytest.mark.anyio

WORKFLOW = a_principal(Role.WORKFLOW)
WAIT_SECONDS = 10.0
NOW = datetime.now(UTC).replace(microsecond=0)


class Alarms:
    """What is armed, in Redis too; while `away`, Redis cannot be reached."""

    def __init__(self) -> None:
        self.away = False
        self.armed: asyncio.Queue[datetime] = asyncio.Queue()
        self.failed = asyncio.Event()

    async def arm(self, redis: ArqRedis, due_at: datetime) -> None:
        if self.away:
            self.failed.set()
            raise RedisAway
        await self.real(redis, due_at)
        self.armed.put_nowait(due_at)

    real = staticmethod(jobs.arm)

    async def next(self) -> datetime:
        return await asyncio.wait_for(self.armed.get(), WAIT_SECONDS)


@pytest.fixture
async def alarms(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Alarms]:
    """The announcer runs, and tells these."""
    alarms = Alarms()
    monkeypatch.setattr(jobs, "arm", alarms.arm)
    monkeypatch.setattr(announce, "PAUSE_SECONDS", 0.0)
    async with background(commands.announcer.run):
        yield alarms


async def opened(commands: Commands, after: str = "PT1H") -> Task:
    return (await open_task(commands, WORKFLOW, a_request(after=after))).task


async def test_each_change_is_hinted_to_the_other_processes(deps: Deps, commands: Commands, alarms: Alarms) -> None:
    await a_workspace(deps)

    async def hinted() -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await listener.get_message(ignore_subscribe_messages=True, timeout=WAIT_SECONDS):
                pass

    async with deps.redis.pubsub() as listener:
        await listener.subscribe(HINTS)
        assert (await listener.get_message(timeout=WAIT_SECONDS) or {})["type"] == "subscribe"
        task = await opened(commands)
        await hinted()
        await cancel_task(commands, WORKFLOW, str(task.id), None)
        await hinted()


async def test_subscribers_of_the_same_process_are_told_without_redis(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "LOOK_SECONDS", 600.0)
    await a_workspace(deps)
    query = EventQuery(workspace="w", tokens=None)
    async with background(deps.tail.follow), aclosing(deps.hub.stream(query, after=0)) as stream:
        first = asyncio.ensure_future(anext(stream))
        task = await opened(commands)
        told = [(await asyncio.wait_for(first, WAIT_SECONDS)).logged.event.type]
        await cancel_task(commands, WORKFLOW, str(task.id), None)
        told += [(await asyncio.wait_for(anext(stream), WAIT_SECONDS)).logged.event.type for _ in range(2)]
    assert told == ["OPENED", "ASSIGNED", "CANCELLED"]


async def test_an_alarm_is_armed_for_what_is_due_soon_and_the_rest_is_the_planners(
    deps: Deps, commands: Commands, alarms: Alarms
) -> None:
    await a_workspace(deps)
    horizon = deps.settings.alarm_horizon
    late, soon = await opened(commands, f"PT{horizon + 60}S"), await opened(commands, f"PT{horizon - 60}S")
    assert late.wake_at
    assert soon.wake_at
    due_at = await alarms.next()
    assert timedelta(0) <= due_at - soon.wake_at < timedelta(seconds=deps.settings.alarm_tick)
    ((_, score),) = await deps.redis.zrange(jobs.QUEUE, 0, -1, withscores=True)
    assert score == pytest.approx(due_at.timestamp() * 1_000, abs=2)


async def test_what_redis_did_not_take_is_armed_when_it_is_asked_for_again_and_what_it_took_is_not(
    commands: Commands, alarms: Alarms
) -> None:
    first, second = NOW + seconds(1), NOW + seconds(2)
    alarms.away = True
    commands.announcer.arm([(first, NOW)])
    await asyncio.wait_for(alarms.failed.wait(), WAIT_SECONDS)
    alarms.away = False
    commands.announcer.arm([(first, NOW)])
    assert await alarms.next() == first
    commands.announcer.arm([(first, NOW), (second, NOW)])
    assert await alarms.next() == second


async def test_of_very_many_alarms_some_are_left_to_the_planner_and_none_is_remembered_for_ever(
    commands: Commands, alarms: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announce, "MOST_ALARMS", 3)
    at = [NOW + seconds(n) for n in range(1, 6)]
    commands.announcer.arm([(each, NOW) for each in at])
    assert [await alarms.next() for _ in range(3)] == at[:3]
    commands.announcer.arm([(at[3], NOW)])
    assert await alarms.next() == at[3], "what is armed does not count any more"
    commands.announcer.arm([(at[4], NOW)])  # one more than are remembered: all are forgotten
    assert await alarms.next() == at[4]
    commands.announcer.arm([(at[0], NOW)])
    assert await alarms.next() == at[0]


async def test_an_alarm_for_what_was_due_days_ago_goes_off_at_once(deps: Deps) -> None:
    """As the planner arms it, where no worker ran for so long."""
    await jobs.arm(deps.redis, NOW - timedelta(days=3))
    ((_, score),) = await deps.redis.zrange(jobs.QUEUE, 0, -1, withscores=True)
    assert score <= datetime.now(UTC).timestamp() * 1_000


SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$13\r\nsignoff:hints\r\n:1\r\n"


async def test_a_link_on_which_nothing_is_heard_counts_as_cut_and_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(channels, "RECONNECT_SECONDS", 0.0)

    async def says_no_more(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Half a link: what the client says comes, and after its first words nothing is answered."""
        with closing(writer):
            while said := await reader.read(4_096):
                writer.write(b"+OK\r\n" * said.count(b"SETINFO") + SUBSCRIBED * (b"SUBSCRIBE" in said))

    async with await asyncio.start_server(says_no_more, "127.0.0.1", 0) as server:
        redis = jobs.connect(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with redis, aclosing(hints(redis)) as heard, asyncio.timeout(WAIT_SECONDS):
            for _ in range(3):
                await anext(heard)  # one after each connection
