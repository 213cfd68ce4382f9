"""What the demo's workflows ask, and what a person would fill in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

MARK = {"name": "demo", "value": "true"}
"""The label on every task of the demo."""

Input = dict[str, Any]


def _expense(r: Random) -> Input:
    who = r.choice(["Ada Park", "Ben Osei", "Chloe Martin", "Deniz Kaya", "Elif Arslan", "Farid Haddad"])
    costs = [("Flight", 180, 900), ("Hotel, 3 nights", 300, 720), ("Dinner with client", 60, 240), ("Train", 20, 140)]
    spent = [(item, round(r.uniform(low, high), 2)) for item, low, high in r.sample(costs, 3)]
    lines = [{"item": item, "amount": amount} for item, amount in spent]
    total = round(sum(amount for _, amount in spent), 2)
    number = r.randrange(1000, 9999)
    return {
        "workflow": {"name": "demo-expenses", "runId": f"2026-{r.randrange(1, 53):02d}", "step": "approval"},
        "prompt": f"Approve expense report #{number} of {who} for ${total:,.2f} (Travel - Q4 Conference)",
        "details": "The receipts are complete. **Dinner** is above the usual limit of $50 a person; see the "
        "[travel policy](https://example.com/policy).",
        "context": {"employee": who, "total": total, "currency": "USD", "submitted": "2026-11-20", "lines": lines},
        "assignees": [{"group": "finance"}],
        "timeout": {
            "strategy": "ESCALATE",
            "after": r.choice(["PT90S", "PT20M", "PT6H"]),
            "escalateTo": [{"assignees": [{"group": "finance-leads"}], "after": "PT4M"}],
        },
    }


def _refund(r: Random) -> Input:
    amount = round(r.uniform(9, 180), 2)
    order = r.randrange(100_000, 999_999)
    return {
        "workflow": {"name": "demo-refunds", "step": "decide"},
        "prompt": f"Refund ${amount:.2f} for order {order}: arrived damaged",
        "context": {
            "order": {"number": order, "placedAt": "2026-11-12T09:41:00Z", "amount": amount, "currency": "USD"},
            "customer": {"since": "2021-04-02", "orders": r.randrange(2, 60), "refundsThisYear": r.randrange(0, 4)},
            "photos": ["https://example.com/photo/1", "https://example.com/photo/2"],
        },
        "answerSchema": {
            "type": "object",
            "required": ["amount", "reason"],
            "properties": {
                "amount": {"type": "number", "minimum": 0, "maximum": amount, "title": "Amount to refund"},
                "reason": {"enum": ["damaged", "late", "goodwill"], "title": "Reason"},
                "returnNeeded": {"type": "boolean", "title": "Must it be sent back?"},
            },
        },
        "assignees": [{"group": "support"}, {"group": "finance"}],
        "urgency": "URGENT",
        "timeout": {"strategy": "AUTO_APPROVE", "after": r.choice(["PT2M", "PT10M", "PT45M"])},
    }


def _draft(r: Random) -> Input:
    topic = r.choice(["a late delivery", "a wrong invoice", "a cancelled course", "a lost password"])
    model = r.choice(["small-3", "large-2"])
    return {
        "workflow": {"name": "demo-letters", "step": "review"},
        "prompt": f"Send the drafted reply to a customer about {topic}?",
        "details": f"> Dear customer,\n>\n> we are sorry about {topic}. We looked into it and **will put it right "
        "within two days**.\n>\n> Kind regards\n\n- Tone: friendly\n- Length: short",
        "context": {
            "customer": f"C-{r.randrange(1000, 9999)}",
            "language": "en",
            "confidence": round(r.uniform(0.5, 1), 2),
        },
        "labels": {"agent": "writer", "model": model, "prompt": r.choice(["reply-v3", "reply-v4"])},
        "assignees": [{"group": "support"}],
        "feedback": {"scores": ["tone", "accuracy"]},
        "timeout": {"strategy": "FAIL", "after": r.choice(["PT3M", "PT2H"])},
    }


def _access(r: Random) -> Input:
    who, system = r.choice(["Grace", "Hugo", "Ines"]), r.choice(["production database", "billing", "customer records"])
    return {
        "workflow": {"name": "demo-access", "step": "grant"},
        "prompt": f"Give {who} read access to {system} for 8 hours",
        "context": {"requester": who, "system": system, "reason": "Incident 4711: slow checkout", "hours": 8},
        "assignees": [{"reviewer": "gus"}, {"reviewer": "dana"}, {"group": "finance-leads"}],
        "approval": {"rule": "AT_LEAST", "atLeast": 2},
        "urgency": "URGENT",
        "timeout": {"strategy": "FAIL", "after": "PT8M"},
    }


def _contract(r: Random) -> Input:
    party = r.choice(["Northwind", "Contoso", "Fabrikam"])
    value = r.randrange(20, 400) * 1000
    return {
        "workflow": {"name": "demo-contracts", "step": "sign"},
        "prompt": f"Approve the renewal with {party}, {value / 1000:.0f}k EUR over 2 years",
        "details": "### What changed\n\n| Clause | Before | Now |\n|---|---|---|\n| Notice | 3 months | 6 months |\n"
        "| Liability | uncapped | 2x fees |\n",
        "context": {"party": party, "total": value, "currency": "EUR", "starts": "2027-01-01", "term": "24 months"},
        "assignees": [{"reviewer": "dana"}, {"group": "finance"}],
        "approval": {"rule": "ALL"},
        "urgency": "COMPLIANCE",
        "timeout": {"strategy": "FAIL"},
    }


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question: how often it is asked, and what an answer to it says to the workflow."""

    weight: int
    ask: Callable[[Random], Input]
    fill: Callable[[Random], Input | None] = lambda _: None


KINDS = {
    "demo-expenses": Kind(5, _expense),
    "demo-refunds": Kind(4, _refund, lambda r: {"amount": 5, "reason": r.choice(["damaged", "late", "goodwill"])}),
    "demo-letters": Kind(5, _draft),
    "demo-access": Kind(2, _access),
    "demo-contracts": Kind(1, _contract),
}


def question(r: Random) -> Input:
    """The input of openTask, for one of the kinds."""
    kinds = list(KINDS.values())
    asked = r.choices(kinds, [kind.weight for kind in kinds])[0].ask(r)
    return {**asked, "labels": {**asked.get("labels", {}), MARK["name"]: MARK["value"]}}
