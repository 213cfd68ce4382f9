"""The demo's people: each is pushed an inbox, thinks for a while, and answers most of what comes."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from app.demo.questions import KINDS
from app.demo.socket import Socket

PEOPLE = {
    "ben": ("finance",),
    "chloe": ("support",),
    "dana": ("finance-leads",),
    "eli": ("support", "finance"),
    "gus": ("security",),
}
"""Who they are, and the groups they belong to."""

_INBOX = """subscription { assignments { __typename
  ... on AssignmentSnapshot { assignments { task { ...asked } } }
  ... on TaskAssigned { assignment { task { ...asked } } } } }
fragment asked on Task { id status labels workflow { name } }"""
_ANSWER = "mutation($input: AnswerTaskInput!) { answerTask(input: $input) { __typename ... on Refusal { message } } }"

_YES = ["Looks right.", "Fine with me.", "Checked against the policy.", None, None]
_NO = ["The receipt for the hotel is missing.", "Not without a second look.", "The tone is off; please write it anew."]
_LEFT_ALONE = 0.35
"""How many tasks a person leaves to others, to the clock, and to whoever looks at the pages."""


async def review(socket: Socket, r: Random, pace: float) -> None:
    """Answers what is assigned, for ever; an answer takes `pace` seconds on the average."""
    async with asyncio.TaskGroup() as thinking:
        async for message in socket.follow(_INBOX):
            for task in _came(message):
                if task["status"] == "PENDING" and "demo" in task["labels"] and r.random() > _LEFT_ALONE:
                    thinking.create_task(_decide(socket, r, task, r.expovariate(1 / pace)))


def _came(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks that a message brings to the inbox."""
    match message:
        case {"assignments": assignments}:
            return [assignment["task"] for assignment in assignments]
        case {"assignment": assignment}:
            return [assignment["task"]]
    return []


async def _decide(socket: Socket, r: Random, task: dict[str, Any], seconds: float) -> None:
    """One answer. A refusal is part of the picture: somebody else was faster."""
    await asyncio.sleep(seconds)
    approves = r.random() < 0.8
    answer = {
        "taskId": task["id"],
        "decision": "APPROVE" if approves else "REJECT",
        "comment": r.choice(_YES if approves else _NO),
        "input": KINDS[task["workflow"]["name"]].fill(r),
    }
    await socket.ask(_ANSWER, input={**answer, **_feedback(r, task, approves)})


def _feedback(r: Random, task: dict[str, Any], approves: bool) -> dict[str, Any]:
    """Ratings that differ by model, so that there is something to see."""
    better = 0.7 if task["labels"].get("model") == "large-2" else 0.0
    rating = min(5, max(1, round(r.gauss(3.6 + better if approves else 2.0, 0.9))))
    scores = [{"name": name, "value": r.randint(2, 5)} for name in ("tone", "accuracy")]
    return {"rating": rating, "scores": scores if task["workflow"]["name"] == "demo-letters" else []}
