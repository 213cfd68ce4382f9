"""The model test fails on broken copies of the service, and on the same steps passes on the service as it is."""

from __future__ import annotations

import pytest

from app.deps import Deps
from tests.clock import Clock
from tests.model.broken import MUTANTS
from tests.model.driver import run

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_broken_copy_is_noticed(deps: Deps, clock: Clock, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mutant = MUTANTS[name]
    await run(deps, clock, mutant.steps)
    mutant.breaks(monkeypatch)
    with pytest.raises(AssertionError) as noticed:
        await run(deps, clock, mutant.steps)
    assert "TypeError" not in str(noticed.value), "noticed for what it does, not because it does not even run"
