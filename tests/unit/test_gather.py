"""Gathering: sets form while others run, and one caller's trouble stays one caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from app.domain.errors import Unavailable
from app.service.gather import FEW_IN_SET, MOST_IN_SET, MOST_SETS, Gatherer, only

pytestmark = pytest.mark.anyio

Fails = Callable[[Sequence[int]], Exception | None]


class Sets:
    """Doubles numbers, a set at a time; while the gate is shut, sets stay under way."""

    def __init__(self, *, most_waiting: int = 10_000, fails: Fails = lambda _: None) -> None:
        self.seen: list[list[int]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Condition()
        self._fails = fails
        self.gatherer: Gatherer[int, int] = Gatherer(self._run, most_waiting=most_waiting)

    async def _run(self, items: Sequence[int]) -> list[int | Exception]:
        self.seen.append(list(items))
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            async with self.begun:
                self.begun.notify_all()
            await self.gate.wait()
            if error := self._fails(items):
                raise error
            return [ValueError(f"{item} is negative") if item < 0 else 2 * item for item in items]
        finally:
            self.under_way -= 1

    async def until_seen(self, sets: int) -> None:
        async with self.begun:
            await self.begun.wait_for(lambda: len(self.seen) >= sets)

    async def one(self, item: int) -> int:
        return only(await self.gatherer([item]))

    def call(self, *items: int) -> list[asyncio.Task[int]]:
        return [asyncio.ensure_future(self.one(item)) for item in items]

    async def shut_with_one_under_way(self) -> list[asyncio.Task[int]]:
        """A set of 1 is under way; whoever calls now waits."""
        self.gate.clear()
        calls = self.call(1)
        await self.until_seen(1)
        return calls


async def test_an_idle_gatherer_runs_one_call_alone_at_once() -> None:
    sets = Sets()
    assert await sets.one(3) == 6
    assert await sets.one(4) == 8
    assert sets.seen == [[3], [4]]


async def test_calls_of_the_same_moment_make_one_set() -> None:
    sets = Sets()
    assert await asyncio.gather(*sets.call(1, 2, 3)) == [2, 4, 6]
    assert sets.seen == [[1, 2, 3]]


async def test_what_comes_while_a_set_runs_forms_the_next_one() -> None:
    sets = Sets()
    calls = await sets.shut_with_one_under_way()
    for item in (2, 3, 4):
        calls += sets.call(item)
        await asyncio.sleep(0)  # not in one moment
    assert sets.seen == [[1]]
    sets.gate.set()
    assert await asyncio.gather(*calls) == [2, 4, 6, 8]
    assert sets.seen == [[1], [2, 3, 4]]


async def test_only_a_full_set_begins_beside_another() -> None:
    sets = Sets()
    calls = await sets.shut_with_one_under_way()
    full = list(range(MOST_IN_SET))
    calls += sets.call(*full[:-1])
    for _ in range(5):  # more turns of the loop than a set needs to begin
        await asyncio.sleep(0)
    assert sets.seen == [[1]]
    calls += sets.call(full[-1])
    await sets.until_seen(2)
    assert sets.seen == [[1], full]
    sets.gate.set()
    await asyncio.gather(*calls)


async def test_a_set_has_at_most_24_items_where_no_full_one_waits() -> None:
    sets = Sets()
    calls = await sets.shut_with_one_under_way()
    calls += sets.call(*range(MOST_IN_SET - 1))
    await asyncio.sleep(0)
    sets.gate.set()
    assert await asyncio.gather(*calls) == [2, *(2 * item for item in range(MOST_IN_SET - 1))]
    assert [len(run) for run in sets.seen] == [1, 24, 24, 24, 24, 24, 7]
    assert FEW_IN_SET == 24


async def test_a_set_has_at_most_128_items_and_at_most_three_are_under_way() -> None:
    sets = Sets()
    sets.gate.clear()
    items = list(range(6 * MOST_IN_SET + 1))
    calls = sets.call(*items)
    await sets.until_seen(MOST_SETS)
    sets.gate.set()
    assert await asyncio.gather(*calls) == [2 * item for item in items]
    assert [item for run in sets.seen for item in run] == items
    assert max(map(len, sets.seen)) == MOST_IN_SET == 128
    assert sets.most_under_way == MOST_SETS == 3


async def test_a_call_with_many_items_has_a_result_for_each_in_order_whatever_sets_they_were_in() -> None:
    sets = Sets()
    items = [-1, *range(2 * MOST_IN_SET), -2]
    many, other = await asyncio.gather(sets.gatherer(items), sets.one(7))
    assert other == 14
    assert many[1:-1] == [2 * item for item in items[1:-1]]
    assert [str(many[0]), str(many[-1])] == ["-1 is negative", "-2 is negative"]
    assert await sets.gatherer([]) == []


async def test_a_call_is_cut_in_two_only_where_it_is_larger_than_a_set() -> None:
    sets = Sets()
    calls = await sets.shut_with_one_under_way()
    sizes = (100, 100, 1, 300)
    many = [asyncio.ensure_future(sets.gatherer(range(size))) for size in sizes]
    await sets.until_seen(MOST_SETS)
    sets.gate.set()
    assert [len(results) for results in await asyncio.gather(*many)] == list(sizes)
    assert [len(run) for run in sets.seen] == [1, 100, 101, 128, 128, 44]
    await asyncio.gather(*calls)


async def test_a_lone_call_is_one_set() -> None:
    sets = Sets()
    await sets.gatherer(range(100))
    assert [len(run) for run in sets.seen] == [100]


async def test_a_set_that_was_cancelled_before_it_began_keeps_no_other_from_starting() -> None:
    sets = Sets()
    lost = sets.call(1)
    await asyncio.sleep(0)
    (starting,) = sets.gatherer._running
    starting.cancel()
    async with asyncio.timeout(10):
        assert await sets.one(2) == 4
        assert await asyncio.gather(*lost) == [2]


async def test_an_items_error_is_its_callers_alone() -> None:
    sets = Sets()
    good, bad, also_good = sets.call(1, -2, 3)
    assert (await good, await also_good) == (2, 6)
    with pytest.raises(ValueError, match="-2 is negative"):
        await bad
    assert sets.seen == [[1, -2, 3]]


@pytest.mark.parametrize("while_running", [True, False])
async def test_a_caller_that_goes_away_disturbs_nobody_and_its_item_is_still_run(while_running: bool) -> None:
    sets = Sets()
    calls = await sets.shut_with_one_under_way()
    calls += sets.call(2, 3)
    await asyncio.sleep(0)
    gone = calls.pop(0 if while_running else 1)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    sets.gate.set()
    assert await asyncio.gather(*calls) == ([4, 6] if while_running else [2, 6])
    assert sets.seen == [[1], [2, 3]]
    assert await sets.one(5) == 10


async def test_a_set_that_fails_as_a_whole_is_tried_item_by_item() -> None:
    sets = Sets(fails=lambda items: RuntimeError("poison") if 13 in items else None)
    fine, poisoned, also_fine = sets.call(1, 13, 2)
    assert (await fine, await also_fine) == (2, 4)
    with pytest.raises(RuntimeError, match="poison"):
        await poisoned
    assert sets.seen == [[1, 13, 2], [1], [13], [2]]


async def test_a_set_for_which_there_is_no_database_is_not_tried_again() -> None:
    sets = Sets(fails=lambda _: Unavailable("away"))
    results = await asyncio.gather(*sets.call(1, 2), return_exceptions=True)
    assert [str(result) for result in results] == ["away", "away"]
    assert sets.seen == [[1, 2]]


async def test_a_full_queue_refuses_the_next_and_nobody_else() -> None:
    sets = Sets(most_waiting=3)
    calls = await sets.shut_with_one_under_way()
    calls += sets.call(2, 3, 4)
    (refused,) = sets.call(6)
    with pytest.raises(Unavailable, match="Nothing was changed; try again shortly"):
        await refused
    sets.gate.set()
    assert await asyncio.gather(*calls) == [2, 4, 6, 8]
    assert 6 not in [item for run in sets.seen for item in run]
    assert await sets.one(6) == 12


async def test_draining_returns_when_all_that_was_taken_in_is_done() -> None:
    sets = Sets()
    calls = await sets.shut_with_one_under_way()
    calls += sets.call(*range(3, 3 + 2 * MOST_IN_SET))
    await asyncio.sleep(0)
    draining = asyncio.ensure_future(sets.gatherer.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    sets.gate.set()
    await draining
    await asyncio.gather(*calls)
    assert (sets.under_way, sum(map(len, sets.seen))) == (0, 1 + 2 * MOST_IN_SET)


async def test_draining_an_idle_gatherer_returns_at_once() -> None:
    sets = Sets()
    await sets.gatherer.drain()
    assert sets.seen == []
