"""What takes long on the one thread gives others their turn."""

from __future__ import annotations

import pytest

from app.service.slices import in_slices
from tests.turns import turns_of_others, work

pytestmark = pytest.mark.anyio


async def test_others_have_their_turn_between_long_pieces_of_work() -> None:
    had = []
    async with turns_of_others() as turns:
        async for _ in in_slices(range(4)):
            had.append(len(turns))
            work()
    assert had == [0, 1, 2, 3]
