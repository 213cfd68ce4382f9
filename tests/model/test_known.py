"""Where the service and the model agree and both are in doubt: nobody should be shown what they may not act on.

These fail as long as the rule is what it is; one that passes is to be moved to test_found.py.
"""

from __future__ import annotations

from copy import deepcopy

import pytest

from app.deps import Deps
from tests.clock import Clock
from tests.model import rules
from tests.model.commands import Answer, Open, Reassign, Wait
from tests.model.driver import run
from tests.model.settings import GoAway, Step
from tests.model.state import Model, Refused

pytestmark = pytest.mark.anyio

KNOWN: dict[str, list[Step]] = {
    "a delegate is shown what the absent person answered as a member of a group": [
        Open(who="flow", rule="ALL", assignees=("reviewer:anna", "group:finance", "reviewer:carl")),
        GoAway(who="anna", reviewer="anna", delegate="dora", ends=1440),
        Wait(minutes=1),
        Answer(who="anna"),
    ],
    "nobody is left to act once all who are asked have approved": [
        Open(who="flow", rule="ALL", assignees=("reviewer:anna", "reviewer:ben")),
        Answer(who="anna"),
        Reassign(who="ben", to=("reviewer:anna",)),
    ],
}


class InVain(Exception):
    """Somebody waits who need not, or nobody does."""


@pytest.mark.xfail(strict=True, raises=InVain)
@pytest.mark.parametrize("steps", KNOWN.values(), ids=KNOWN.keys())
async def test_nobody_waits_in_vain(deps: Deps, clock: Clock, steps: list[Step]) -> None:
    model = await run(deps, clock, steps)
    if vain := in_vain(model):
        raise InVain("; ".join(vain))


def in_vain(model: Model) -> list[str]:
    """What waits in somebody's inbox who may not answer it, and what waits in nobody's."""
    found: list[str] = []
    for who in model.people:
        for id_ in {job.id for job, _ in model.inbox(who)}:
            try:
                rules.answer(deepcopy(model), who, id_, "APPROVE", rating=5)
            except Refused as refused:
                found.append(f"{who.key} is shown a task and told {refused.kind}")
    pending = (job for job in model.jobs.values() if job.status == "PENDING")
    return found + ["a task waits for nobody" for job in pending if not rules.holders(model, job)]
