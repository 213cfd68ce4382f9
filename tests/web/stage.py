"""A workspace as it looks on a working day: what the pictures show."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.acceptance.client import Client
from tests.web.conftest import Workspace

EXPENSE: dict[str, Any] = {
    "workflow": {"name": "expenses", "runId": "2026-10", "step": "approval"},
    "prompt": "Approve expense report #1234 for $2,500 (Travel - Q4 Conference)",
    "details": "Receipts are complete. **Dinner** is above the usual $50 a person; see the "
    "[policy](https://example.com/policy).",
    "context": {
        "employee": "Ada Park",
        "total": 2500,
        "currency": "USD",
        "submitted": "2026-11-20",
        "lines": [
            {"item": "Flight", "date": "2026-10-03", "amount": 912.4},
            {"item": "Hotel, 4 nights", "date": "2026-10-07", "amount": 1287.6},
            {"item": "Dinner with client", "date": "2026-10-05", "amount": 300},
        ],
        "manager": {"name": "Ben Osei", "approved": True, "link": "https://example.com/approvals/88"},
    },
    "answerSchema": {
        "type": "object",
        "required": ["costCentre"],
        "properties": {
            "costCentre": {"enum": ["Sales", "Research", "People"], "title": "Cost centre"},
            "limit": {"type": "number", "title": "Limit for next time", "minimum": 0},
        },
    },
    "labels": {"agent": "travel-desk", "model": "large-2"},
    "assignees": [{"group": "finance"}],
    "urgency": "URGENT",
    "timeout": {
        "strategy": "ESCALATE",
        "after": "PT40M",
        "escalateTo": [{"assignees": [{"group": "finance-leads"}], "after": "PT2H"}],
    },
}
REFUND = {
    "workflow": {"name": "refunds"},
    "prompt": "Refund $84.20 for order 118204: arrived damaged",
    "assignees": [{"group": "finance"}],
    "urgency": "URGENT",
    "timeout": {"strategy": "AUTO_APPROVE", "after": "PT6M"},
}
LETTER = {
    "workflow": {"name": "letters", "step": "review"},
    "prompt": "Send the drafted reply to a customer about a late delivery?",
    "assignees": [{"reviewer": "anna"}],
    "labels": {"agent": "writer", "model": "small-3"},
    "timeout": {"strategy": "FAIL", "after": "PT5H"},
}
CONTRACT = {
    "workflow": {"name": "contracts", "step": "sign"},
    "prompt": "Approve the renewal with Northwind, 187k EUR over 2 years",
    "assignees": [{"reviewer": "anna"}, {"group": "legal"}],
    "approval": {"rule": "ALL"},
    "urgency": "COMPLIANCE",
}


async def waiting(workflow: Client) -> dict[str, Any]:
    """Fills the inbox of anna, of group finance; the task that the pictures open."""
    for asked in (REFUND, LETTER, CONTRACT):
        await workflow.opened(**asked)
    for n in range(3):
        await workflow.opened(**{**LETTER, "prompt": f"Publish the help page on refunds, part {n + 1}?"})
    task: dict[str, Any] = await workflow.opened(**EXPENSE)
    return task


DAYS = 9


async def rated(workspace: Workspace, workflow: Client, reviewer: Client) -> None:
    """Tasks that were rated and decided over the last days. The clock is the database's: its rows are moved back."""
    moved: list[tuple[str, int]] = []
    for n in range(45):
        model = "large-2" if n % 3 else "small-3"
        task = await workflow.opened(
            **{**LETTER, "prompt": f"Send the drafted reply {n + 1}?", "labels": {"model": model}}
        )
        rating = (3, 4, 5, 4, 2, 5, 1)[(n * n + n) % 7] if n % 3 else (2, 3, 1, 4)[n % 4]
        decision = "REJECT" if rating < 3 else "APPROVE"
        comment = ("The tone is off.", "It promises what we cannot do.")[n % 2] if rating < 3 else None
        await reviewer.answer(task["id"], decision, rating=rating, comment=comment)
        moved.append((task["id"], n % DAYS))
    connection = await asyncpg.connect(workspace.service.settings.database_url)
    try:
        await connection.executemany(
            "UPDATE tasks SET created_at = created_at - make_interval(days => $2) WHERE id = $1::uuid", moved
        )
    finally:
        await connection.close()
