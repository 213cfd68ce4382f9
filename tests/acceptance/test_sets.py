"""Many at once: one set, each with a result of its own; a whole run withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.client import ApiError
from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio

OPEN_MANY = """mutation($inputs: [OpenTaskInput!]!) { openTasks(inputs: $inputs) { __typename
    ... on OpenTaskSuccess { replayed task { id prompt } } ... on Refusal { code }
    ... on InvalidInput { problems { path } } ... on IdempotencyConflict { task { prompt } } } }"""
ANSWER_MANY = """mutation($inputs: [AnswerTaskInput!]!) { answerTasks(inputs: $inputs) { __typename
    ... on AnswerTaskSuccess { task { id status } } ... on Refusal { code }
    ... on InvalidInput { problems { path } } } }"""
CANCEL_RUN = 'mutation($run: String!) { cancelRun(workflow: "expenses", runId: $run, reason: "over") }'


def question(**given: Any) -> dict[str, Any]:
    return {"workflow": {"name": "expenses"}, "prompt": "Approve it?", "assignees": [{"reviewer": "anna"}], **given}


async def test_each_question_is_opened_or_refused_on_its_own_in_order(workspace: Workspace) -> None:
    workflow, anna = await workspace.workflow(), await workspace.reviewer("anna")
    results = await workflow.run(
        OPEN_MANY,
        inputs=[
            question(idempotencyKey="a", prompt="first"),
            question(prompt=""),
            question(idempotencyKey="a", prompt="first"),
            question(idempotencyKey="a", prompt="other"),
            *(question(prompt=f"number {n}") for n in range(496)),
        ],
    )
    assert [r["__typename"] for r in results[:4]] == [
        *("OpenTaskSuccess", "InvalidInput", "OpenTaskSuccess", "IdempotencyConflict")
    ]
    assert results[1]["problems"] == [{"path": "/prompt"}]
    assert (results[0]["replayed"], results[2]["replayed"]) == (False, True)
    assert [r["task"]["prompt"] for r in results[4:]] == [f"number {n}" for n in range(496)]

    ids = [r["task"]["id"] for r in results[4:10]]
    answers: list[dict[str, Any]] = [{"taskId": id_, "decision": "APPROVE"} for id_ in ids]
    given = await anna.run(ANSWER_MANY, inputs=[*answers, {**answers[0], "rating": 9}, {**answers[1], "taskId": "x"}])
    assert [r.get("task") for r in given[:6]] == [{"id": id_, "status": "APPROVED"} for id_ in ids]
    assert [r["problems"] for r in given[6:]] == [[{"path": "/rating"}], [{"path": "/taskId"}]]
    with pytest.raises(ApiError) as refused:
        await workflow.run(OPEN_MANY, inputs=[question()] * 501)
    assert refused.value.code == "INVALID_INPUT"


async def test_answers_to_one_task_in_one_set_have_one_winner(workspace: Workspace) -> None:
    workflow, anna = await workspace.workflow(), await workspace.reviewer("anna")
    task = await workflow.opened()
    decisions = ["APPROVE", "REJECT"] * 5
    results = await anna.run(ANSWER_MANY, inputs=[{"taskId": task["id"], "decision": d} for d in decisions])
    assert sorted(r["__typename"] for r in results) == ["AlreadyResolved"] * 9 + ["AnswerTaskSuccess"]


async def test_a_run_is_withdrawn_whole_and_only_by_those_who_may(workspace: Workspace) -> None:
    workflow, other = await workspace.workflow(), await workspace.workflow("other")
    admin, anna = await workspace.admin(), await workspace.reviewer("anna")
    run, another = {"name": "expenses", "runId": "r1"}, {"name": "expenses", "runId": "r2"}
    mine = await workflow.run(OPEN_MANY, inputs=[question(workflow=run)] * 300)
    await other.opened(workflow=run)
    kept = [await workflow.opened(workflow=other_run) for other_run in (another, {"name": "refunds", "runId": "r1"})]
    await anna.answer(mine[0]["task"]["id"])
    assert await workflow.run(CANCEL_RUN, run="r1") == 299
    assert await workflow.run(CANCEL_RUN, run="r1") == 0
    assert await admin.run(CANCEL_RUN, run="r1") == 1
    assert [(await workflow.task(task["id"]))["status"] for task in kept] == ["PENDING", "PENDING"]
    assert (await workflow.task(mine[0]["task"]["id"]))["status"] == "APPROVED"
    with pytest.raises(ApiError) as refused:
        await anna.run(CANCEL_RUN, run="r1")
    assert refused.value.code == "NOT_ALLOWED"
