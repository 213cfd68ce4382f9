"""Open, push, answer, resume, expire: as the three kinds of users do it."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.client import EVENTS, ApiError
from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio

RESOLVED = "subscription($id: ID!) { taskResolved(id: $id) { id status resolution { outcome } } }"


async def test_a_reviewer_is_pushed_the_task_and_the_workflow_goes_on_with_the_answer(workspace: Workspace) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna", "finance")
    async with reviewer.inbox() as inbox:
        assert (await inbox.next())["assignments"] == []
        task = await workflow.opened(assignees=[{"group": "finance"}], context={"amount": 2500})
        assigned = await inbox.next()
        assert assigned["__typename"] == "TaskAssigned"
        assert assigned["assignment"]["assignee"] == {"reviewer": None, "group": "finance"}
        assert assigned["assignment"]["task"] == task

        async with workflow.stream(RESOLVED, id=task["id"]) as resolved:
            waiting = asyncio.create_task(workflow.await_task(task["id"]))
            answered = await reviewer.answer(task["id"], comment="fine", input={"limit": 3000}, rating=4)
            assert answered["__typename"] == "AnswerTaskSuccess"
            after = (await waiting)["resolution"]
            assert after["outcome"] == "APPROVED"
            assert after["by"] == "REVIEWER"
            assert after["actors"] == ["anna"]
            assert after["input"] == {"limit": 3000}
            assert (await resolved.next())["status"] == "APPROVED"
            with pytest.raises(StopAsyncIteration):
                await resolved.next()
        unassigned = await inbox.next()
        assert (unassigned["__typename"], unassigned["reason"]) == ("TaskUnassigned", "RESOLVED")
        assert unassigned["task"]["assignments"] == []


async def test_an_answer_given_before_the_wait_starts_is_returned_at_once(workspace: Workspace) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    task = await workflow.opened()
    await reviewer.answer(task["id"], "REJECT", comment="no")
    assert (await asyncio.wait_for(workflow.await_task(task["id"], "PT60S"), 5))["status"] == "REJECTED"
    async with workflow.stream(RESOLVED, id=task["id"]) as resolved:
        assert (await resolved.next(5))["status"] == "REJECTED"


async def test_a_wait_that_is_over_returns_the_task_as_it_stands(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened()
    assert (await workflow.await_task(task["id"], "PT0.1S"))["status"] == "PENDING"
    with pytest.raises(ApiError) as refused:
        await workflow.await_task(task["id"], "PT61S")
    assert refused.value.code == "INVALID_INPUT"


async def test_a_deadline_escalates_and_then_ends_as_the_chain_says(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    first, backup = await workspace.reviewer("anna"), await workspace.reviewer("boss")
    async with first.inbox() as left, backup.inbox() as right:
        await left.next()
        await right.next()
        task = await workflow.opened(
            timeout={
                "strategy": "ESCALATE",
                "after": "PT1S",
                "reminders": [],
                "escalateTo": [{"assignees": [{"reviewer": "boss"}]}],
                "whenExhausted": "AUTO_APPROVE",
            }
        )
        assert (await left.next())["__typename"] == "TaskAssigned"
        gone = await left.next()
        assert (gone["__typename"], gone["reason"]) == ("TaskUnassigned", "ESCALATED")
        come = await right.next()
        assert (come["assignment"]["level"], come["assignment"]["reason"]) == (1, "ESCALATED")
        refused = await first.answer(task["id"])
        assert refused["__typename"] == "NotAllowed"
        assert (await right.next())["reason"] == "RESOLVED"
    ended = await workflow.await_task(task["id"])
    assert (ended["status"], ended["resolution"]["outcome"]) == ("EXPIRED", "APPROVED")
    assert ended["resolution"]["actors"] == ["system:timeout"]
    assert ended["resolution"]["by"] == "TIMEOUT"


@pytest.mark.parametrize(("strategy", "outcome"), [("AUTO_APPROVE", "APPROVED"), ("FAIL", "FAILED")])
async def test_a_deadline_ends_the_task(workspace: Workspace, strategy: str, outcome: str) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(timeout={"strategy": strategy, "after": "PT1S", "reminders": []})
    ended = await workflow.await_task(task["id"])
    assert (ended["status"], ended["resolution"]["outcome"]) == ("EXPIRED", outcome)


async def test_a_cancelled_task_leaves_the_inbox(workspace: Workspace) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    async with reviewer.inbox() as inbox:
        await inbox.next()
        task = await workflow.opened()
        await inbox.next()
        cancelled = await workflow.cancel(task["id"], "no longer needed")
        assert cancelled["task"]["resolution"]["comment"] == "no longer needed"
        assert (await inbox.next())["reason"] == "CANCELLED"
    late = await reviewer.answer(task["id"])
    assert (late["__typename"], late["task"]["resolution"]["by"]) == ("AlreadyResolved", "WORKFLOW")


async def test_the_log_tells_the_same_as_history_and_the_subscription(workspace: Workspace) -> None:
    workflow, reviewer, admin = await workspace.workflow(), await workspace.reviewer("anna"), await workspace.admin()
    async with admin.stream(EVENTS, after=await admin.cursor()) as pushed:
        first = await workflow.opened()
        events = [await pushed.next()]
        await reviewer.answer(first["id"], rating=5)
        events += [await pushed.next() for _ in range(3)]
    logged = await admin.events()
    assert [e["type"] for e in logged] == ["OPENED", "ASSIGNED", "ANSWERED", "APPROVED"]
    assert [e["cursor"] for e in logged] == [e["cursor"] for e in events]
    assert [e["taskVersion"] for e in logged] == [1, 1, 2, 2]
    assert [e["actor"] for e in logged] == ["workflow", "workflow", "anna", "anna"]
    history = await workflow.run(
        "query($id: ID!) { task(id: $id) { history { nodes { cursor } } timeline { type planned } } }", id=first["id"]
    )
    assert [e["cursor"] for e in history["history"]["nodes"]] == [e["cursor"] for e in logged]
    assert all(not step["planned"] for step in history["timeline"])


async def test_the_log_is_followed_by_the_cursors_of_its_own_pages(workspace: Workspace) -> None:
    admin, workflow = await workspace.admin(), await workspace.workflow()
    query = """query($after: Cursor, $types: [TaskEventType!]) {
        events(first: 2, after: $after, filter: {types: $types}) {
            nodes { type } pageInfo { hasNextPage endCursor } } }"""
    after, seen = None, []
    for begins in (0, 2, 0):
        for _ in range(begins):
            await workflow.opened()
        more = True
        while more:
            page = await admin.run(query, after=after, types=["OPENED", "ASSIGNED"])
            more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
            seen += [node["type"] for node in page["nodes"]]
        assert after, "where to go on from, also when nothing is there"
    assert seen == ["OPENED", "ASSIGNED"] * 2
    page = await admin.run(query, after=None, types=["CANCELLED"])
    assert (page["nodes"], page["pageInfo"]["endCursor"]) == ([], after), "past all that was not asked for"
    task = await workflow.opened()
    history = "query($id: ID!, $after: Cursor) { task(id: $id) { history(after: $after) { pageInfo { endCursor } } } }"
    end = (await workflow.run(history, id=task["id"], after=None))["history"]["pageInfo"]["endCursor"]
    again = (await workflow.run(history, id=task["id"], after=end))["history"]["pageInfo"]["endCursor"]
    assert again == end


async def test_analysts_read_ratings_with_their_counts(workspace: Workspace) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    for decision, rating in (("APPROVE", 5), ("APPROVE", 4), ("REJECT", 1)):
        task = await workflow.opened()
        await reviewer.answer(task["id"], decision, rating=rating, comment=f"a {rating}")
    expired = await workflow.opened(timeout={"strategy": "AUTO_APPROVE", "after": "PT1S", "reminders": []})
    await workflow.await_task(expired["id"])
    stats = "{ key { key value } tasks approved rejected expired approvalRate ratings meanRating ratingCounts }"
    analyst = await workspace.analyst()
    [row] = await analyst.run(f"{{ feedbackStats(groupBy: [WORKFLOW]) {stats} }}")
    assert row["key"] == [{"key": "WORKFLOW", "value": "expenses"}]
    assert (row["tasks"], row["approved"], row["rejected"], row["expired"]) == (4, 2, 1, 1)
    assert row["approvalRate"] == pytest.approx(2 / 3)
    assert (row["ratings"], row["ratingCounts"]) == (3, [1, 0, 0, 1, 1])
    assert row["meanRating"] == pytest.approx(10 / 3)
    by_reviewer = await analyst.run(f"{{ feedbackStats(groupBy: [REVIEWER]) {stats} }}")
    assert {r["key"][0]["value"]: r["tasks"] for r in by_reviewer} == {"anna": 3, None: 1}
    assert {r["key"][0]["value"]: r["approvalRate"] for r in by_reviewer} == {"anna": pytest.approx(2 / 3), None: None}
    low = await analyst.run("{ feedback(filter: {ratingAtMost: 2}) { totalCount nodes { rating comment reviewer } } }")
    assert low == {"totalCount": 1, "nodes": [{"rating": 1, "comment": "a 1", "reviewer": "anna"}]}


async def test_figures_of_nothing_are_one_row_of_zeros(workspace: Workspace) -> None:
    analyst = await workspace.analyst()
    fields = "{ key { value } tasks ratings ratingCounts approvalRate meanRating }"
    [row] = await analyst.run(f'{{ feedbackStats(filter: {{workflow: "none"}}) {fields} }}')
    assert row == {
        "key": [],
        "tasks": 0,
        "ratings": 0,
        "ratingCounts": [0] * 5,
        "approvalRate": None,
        "meanRating": None,
    }
    assert await analyst.run(f"{{ feedbackStats(groupBy: [DAY]) {fields} }}") == []
