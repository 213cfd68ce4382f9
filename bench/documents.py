"""The GraphQL documents that the benchmarks send, and their usual variables."""

from __future__ import annotations

from typing import Any

OPEN = """mutation Open($input: OpenTaskInput!) { openTask(input: $input) { __typename
  ... on OpenTaskSuccess { task { id version status prompt deadlineAt createdAt } }
  ... on Refusal { code message } } }"""
ANSWER = """mutation Answer($input: AnswerTaskInput!) { answerTask(input: $input) { __typename
  ... on AnswerTaskSuccess { task { id version status resolution { outcome by actors comment at } } }
  ... on Refusal { code message } } }"""
OPEN_MANY = """mutation OpenMany($inputs: [OpenTaskInput!]!) { openTasks(inputs: $inputs) { __typename
  ... on OpenTaskSuccess { task { id version status } } ... on Refusal { code message } } }"""
ANSWER_MANY = """mutation AnswerMany($inputs: [AnswerTaskInput!]!) { answerTasks(inputs: $inputs) { __typename
  ... on AnswerTaskSuccess { task { id version status } } ... on Refusal { code message } } }"""
INBOX = """subscription Inbox($after: Cursor) { assignments(after: $after) { __typename
  ... on AssignmentSnapshot { cursor hasMore assignments { level task { id } } }
  ... on TaskAssigned { cursor at assignment { level reason task { id version status prompt deadlineAt context } } }
  ... on TaskUnassigned { cursor at taskId reason }
  ... on TaskChanged { cursor at type task { id version status } } } }"""
RESOLVED = """subscription Resolved($id: ID!) { taskResolved(id: $id) { id status resolution { outcome at } } }"""
AWAIT = """query Await($id: ID!, $wait: Duration!) { awaitTask(id: $id, wait: $wait) {
  id status resolution { outcome at } } }"""

REVIEWER = "anna"


def opening(n: int | str, **given: Any) -> dict[str, Any]:
    """An ordinary question; `n` makes its idempotency key."""
    usual = {
        "idempotencyKey": f"expense-{n}",
        "workflow": {"name": "expenses", "runId": f"run-{n}"},
        "prompt": f"Approve expense report #{n} for $2,500 (Travel - Q4 Conference)",
        "context": {"amount": 2500, "currency": "USD", "employee": "Ada"},
        "assignees": [{"reviewer": REVIEWER}],
    }
    return {**usual, **given}


def answer(task_id: str) -> dict[str, Any]:
    """An ordinary answer."""
    return {"taskId": task_id, "decision": "APPROVE", "comment": "Within policy", "rating": 5}
