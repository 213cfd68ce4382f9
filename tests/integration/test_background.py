"""What runs beside a process's work ends when the process is to end, whatever it is about just then."""

from __future__ import annotations

import asyncio

import pytest

from app.deps import Deps, background
from app.service import announce
from app.service.announce import Announcer

pytestmark = pytest.mark.anyio

TURNS = 60  # of the loop, in which an announcement has long been made
END_SECONDS = 5.0


async def test_it_ends_whenever_in_an_announcement_it_is_cancelled(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Redis client writes by `asyncio.wait_for`, in which up to Python 3.11 being cancelled is forgotten where what
    is waited for is done in the same turn."""
    monkeypatch.setattr(announce, "GATHER_SECONDS", 0.0)
    for turns in range(TURNS):
        announcer = Announcer(deps)
        async with asyncio.timeout(END_SECONDS), background(announcer.run):
            announcer.announce()
            for _ in range(turns):
                await asyncio.sleep(0)
