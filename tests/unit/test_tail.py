"""The tail looks when there is something to look for, not only once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

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
