"""Random commands by several people: the service does what a plain model of its rules does, and tells everybody so.

`SIGNOFF_MODEL=long ./run test tests/model` runs 200 runs of 40 steps, others each time; without it a few, always the
same.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from app.deps import Deps
from tests.clock import Clock
from tests.model.drawing import runs
from tests.model.driver import run
from tests.model.settings import Step

LONG = os.environ.get("SIGNOFF_MODEL") == "long"
RUNS, STEPS = (200, 40) if LONG else (12, 25)

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1_800 if LONG else 120)]


@settings(
    max_examples=RUNS,
    deadline=None,
    derandomize=not LONG,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(taken=runs(STEPS))
async def test_the_service_does_what_the_model_does(deps: Deps, clock: Clock, taken: list[Step]) -> None:
    await run(deps, clock, taken)
