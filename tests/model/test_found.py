"""What the model test has found, each as the few steps that show it."""

from __future__ import annotations

import pytest

from app.deps import Deps
from tests.clock import Clock
from tests.model.commands import Answer, Claim, Open, Rate, Reassign, Sweep, Wait
from tests.model.driver import run
from tests.model.settings import ComeBack, GoAway, Reconnect, Step

pytestmark = pytest.mark.anyio

BOTH = ("reviewer:ben", "group:finance")

FOUND: dict[str, list[Step]] = {
    "who is asked twice keeps a task of which one assignment is claimed": [
        Open(who="flow", rule="ALL", assignees=("reviewer:ben", "reviewer:anna", "group:finance")),
        Claim(who="anna"),
    ],
    "who is asked twice keeps a task of which one assignment is handed over": [
        Open(who="flow", rule="ALL", assignees=BOTH),
        Reassign(who="anna", to=("reviewer:carl",)),
    ],
    "who is asked and stands in keeps a task when the other comes back": [
        Open(who="flow", rule="ALL", assignees=("reviewer:ben", "reviewer:anna")),
        GoAway(who="anna", reviewer="anna", delegate="ben"),
        Sweep(),
        ComeBack(who="anna"),
        Sweep(),
    ],
    "an answer that gives a claim back says so to those who may act again": [
        Open(who="flow", rule="ALL", assignees=("group:finance", "reviewer:carl")),
        Claim(who="anna"),
        Answer(who="anna"),
        Reconnect(),
    ],
    "an absence hands a task over once": [
        Open(who="flow", rule="ALL", assignees=("reviewer:anna", "reviewer:ben")),
        GoAway(who="anna", reviewer="anna", delegate="carl"),
        Sweep(),
        Sweep(),
        Wait(late=0),
    ],
    "feedback with an answer takes the place of earlier feedback at once": [
        Open(who="flow", assignees=("reviewer:anna",)),
        Rate(who="anna", rating=1),
        Answer(who="anna", rating=5),
    ],
    "nobody stands in at a later level for who answered at an earlier one": [
        Open(
            who="flow",
            rule="ALL",
            assignees=("reviewer:anna", "reviewer:carl"),
            strategy="ESCALATE",
            backups=((("reviewer:anna", "reviewer:dora"), None),),
        ),
        Answer(who="anna"),
        GoAway(who="anna", reviewer="anna", delegate="ben", ends=1440),
        Wait(minutes=60),
    ],
    "who opened a task is not shown it where somebody else must answer": [
        Open(who="flow", separate=True, assignees=("reviewer:anna", "reviewer:ben")),
        Reassign(who="flow", to=("group:finance",)),
        Open(who="dora", separate=True, assignees=("reviewer:dora", "reviewer:carl")),
    ],
    "whose key's owner opened a task is not shown it where somebody else must answer": [
        Open(who="flow", separate=True, assignees=("reviewer:eve", "reviewer:ben")),
        Reconnect(),
        Open(who="flow", assignees=("reviewer:eve",)),
    ],
    "a delegate is not shown what the absent person answered as a member of a group": [
        Open(who="flow", rule="ALL", assignees=("reviewer:anna", "group:finance", "reviewer:carl")),
        GoAway(who="anna", reviewer="anna", delegate="dora", ends=1440),
        Wait(minutes=1),
        Answer(who="anna"),
    ],
    "a task ends that is handed to somebody who has approved already": [
        Open(who="flow", rule="ALL", assignees=("reviewer:anna", "reviewer:ben")),
        Answer(who="anna"),
        Reassign(who="ben", to=("reviewer:anna",)),
    ],
    "a quorum is out of reach of a group that was not asked before": [
        Open(who="flow", rule="AT_LEAST", at_least=3, assignees=("reviewer:anna", "reviewer:ben", "reviewer:carl")),
        Reassign(who="flow", to=("group:finance",)),
        Reassign(who="flow", to=("group:finance", "reviewer:carl")),
    ],
    "a quorum is out of reach of a group that is asked at a later level": [
        Open(
            who="flow",
            rule="AT_LEAST",
            at_least=3,
            assignees=("group:legal",),
            strategy="ESCALATE",
            backups=((("group:finance",), None),),
        ),
        Answer(who="carl", approve=False),
        Wait(),
    ],
    "a hand-over counts on the groups of later levels for no more than their members": [
        Open(
            who="flow",
            rule="AT_LEAST",
            at_least=3,
            assignees=("reviewer:carl",),
            strategy="ESCALATE",
            backups=((("group:finance",), None),),
        ),
        Reassign(who="flow", to=("reviewer:ben",)),
    ],
    "who opened it does not stand in where duties are separate": [
        GoAway(who="ben", reviewer="ben", delegate="anna"),
        Sweep(),
        Open(who=0, assignees=("reviewer:anna", "reviewer:ben"), separate=True),
    ],
    "what is wrong in itself is said before what the key opened is looked up": [
        Open(who="flow", key="k", assignees=("reviewer:anna",)),
        Open(who="flow", key="k", rule="AT_LEAST", at_least=2, assignees=("reviewer:anna",)),
        Open(who="flow", key="k", rule="AT_LEAST", at_least=3, assignees=("group:finance",)),
    ],
    "who comes back is asked by a quorum to which their delegate spoke for themselves": [
        Open(who="flow", rule="AT_LEAST", at_least=2, assignees=("reviewer:ben", "reviewer:anna")),
        GoAway(who="anna", reviewer="anna", delegate="ben"),
        Sweep(),
        Answer(who="ben"),
        ComeBack(who="anna"),
        Sweep(),
        Answer(who="anna"),
    ],
    "a quorum is handed back to a group of which others may still answer": [
        Open(who="flow", rule="AT_LEAST", at_least=2, assignees=("group:finance",)),
        Answer(who="anna"),
        Reassign(who="ben", to=("reviewer:carl",)),
        Reassign(who="carl", to=("group:finance",)),
        Answer(who="ben"),
    ],
    "a task that is handed to those who have it already stays as it is": [
        Open(who="flow", rule="ALL", assignees=("reviewer:anna", "reviewer:ben")),
        Reassign(who="flow", to=("reviewer:ben", "reviewer:anna")),
    ],
}


@pytest.mark.parametrize("steps", FOUND.values(), ids=FOUND.keys())
async def test_what_was_found_stays_mended(deps: Deps, clock: Clock, steps: list[Step]) -> None:
    await run(deps, clock, steps)
