"""Claims, handing over, more time: who may act changes, and everybody concerned is told so at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from tests.acceptance.conftest import Workspace, workspace_of
from tests.acceptance.running import Running
from tests.conftest import Servers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hasty(servers: Servers) -> AsyncIterator[Workspace]:
    """A service whose claims last a second."""
    with Running(servers.settings(servers.new_database()), SIGNOFF_CLAIM_SECONDS="1") as service:
        async for workspace in workspace_of(service):
            yield workspace


async def test_a_claim_keeps_the_others_out_until_it_is_given_back(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    anna, ben = await workspace.reviewer("anna", "finance"), await workspace.reviewer("ben", "finance")
    async with anna.inbox() as hers, ben.inbox() as his:
        assert (await hers.told(), await his.told()) == (("AssignmentSnapshot", None),) * 2
        task = await workflow.opened(assignees=[{"group": "finance"}])
        assert (await hers.told(), await his.told()) == (("TaskAssigned", "OPENED"),) * 2

        claimed = (await anna.claim(task["id"]))["task"]
        (assignment,) = claimed["assignments"]
        lasts = datetime.fromisoformat(assignment["claimExpiresAt"]) - datetime.fromisoformat(task["createdAt"])
        assert assignment["claimedBy"] == "anna"
        assert timedelta(minutes=15) <= lasts < timedelta(minutes=16)
        assert await hers.told() == ("TaskChanged", "CLAIMED")
        assert await his.told() == ("TaskUnassigned", "CLAIMED_BY_ANOTHER")
        assert (await anna.mine(), await ben.mine()) == ([task["id"]], [])
        assert (await anna.mine(claimed=True), await anna.mine(claimed=False)) == ([task["id"]], [])
        for refused in (await ben.answer(task["id"]), await ben.claim(task["id"]), await ben.release(task["id"])):
            assert refused["__typename"] == "ClaimedByAnother"
            assert "anna" in refused["message"]
        assert (await workflow.task(task["id"])) == claimed, "nothing was changed"

        assert (await anna.release(task["id"]))["__typename"] == "TaskSuccess"
        assert await hers.told() == ("TaskChanged", "RELEASED")
        assert await his.told() == ("TaskAssigned", "RELEASED")
        again = (await anna.release(task["id"]))["task"]
        assert again["version"] == 3, "there was nothing to give back, and nothing was"
        assert (await ben.answer(task["id"]))["__typename"] == "AnswerTaskSuccess"
        assert (await hers.told(), await his.told()) == (("TaskUnassigned", "RESOLVED"),) * 2


async def test_whoever_goes_on_having_a_task_is_told_of_each_change_of_it(workspace: Workspace) -> None:
    """An answer may say which version was seen: what an inbox was not told would make it stale."""
    workflow, admin = await workspace.workflow(), await workspace.admin()
    anna, ben = await workspace.reviewer("anna"), await workspace.reviewer("ben")
    async with ben.inbox() as his:
        await his.told()
        everybody = [{"reviewer": "anna"}, {"reviewer": "ben"}, {"reviewer": "carl"}]
        task = await workflow.opened(assignees=everybody, approval={"rule": "ALL"})
        await his.told()
        changes = {
            2: ("CLAIMED", anna.claim(task["id"])),
            3: ("CLAIMED", anna.claim(task["id"])),
            4: ("RELEASED", anna.release(task["id"])),
            5: ("RATED", anna.rate(task["id"], rating=4)),
            6: ("REASSIGNED", admin.reassign(task["id"], *everybody[:2], {"reviewer": "dora"})),
            7: ("EXTENDED", workflow.extend(task["id"], "PT1H")),
            8: ("ANSWERED", anna.answer(task["id"])),
        }
        for version, (type_, change) in changes.items():
            assert (await change)["task"]["version"] == version
            message = await his.next()
            assert (message["__typename"], message.get("type")) == ("TaskChanged", type_)
            assert message["task"]["version"] == version
        assert (await ben.answer(task["id"], version=8))["__typename"] == "AnswerTaskSuccess"


async def test_a_claim_that_runs_out_is_given_back_by_the_clock(hasty: Workspace) -> None:
    workflow, admin = await hasty.workflow(), await hasty.admin()
    anna, ben = await hasty.reviewer("anna"), await hasty.reviewer("ben")
    async with ben.inbox() as his:
        await his.told()
        task = await workflow.opened(assignees=[{"reviewer": "anna"}, {"reviewer": "ben"}])
        await his.told()
        await anna.claim(task["id"])
        assert await his.told() == ("TaskUnassigned", "CLAIMED_BY_ANOTHER")
        assert await his.told() == ("TaskAssigned", "RELEASED")
        released = [e for e in await admin.events() if e["type"] == "RELEASED"]
        assert [(e["actor"], e["data"]["claimedBy"]) for e in released] == [("system:timeout", ["anna"])]
        assert (await ben.claim(task["id"]))["__typename"] == "TaskSuccess"
        assert (await admin.release(task["id"]))["__typename"] == "TaskSuccess", "an ADMIN gives anybody's back"


async def test_a_task_is_handed_over_by_an_assignee_its_workflow_and_an_admin(workspace: Workspace) -> None:
    workflow, admin = await workspace.workflow(), await workspace.admin()
    anna, ben, carl = [await workspace.reviewer(name) for name in ("anna", "ben", "carl")]
    task = await workflow.opened(assignees=[{"reviewer": "anna"}, {"reviewer": "ben"}])
    async with anna.inbox() as hers, carl.inbox() as third:
        await hers.told()
        await third.told()
        handed = (await anna.reassign(task["id"], {"reviewer": "carl"}, reason="I know the applicant"))["task"]
        assert [a["assignee"]["reviewer"] for a in handed["assignments"]] == ["ben", "carl"]
        assert (handed["level"], handed["deadlineAt"]) == (0, task["deadlineAt"])
        assert await hers.told() == ("TaskUnassigned", "REASSIGNED")
        assert await third.told() == ("TaskAssigned", "REASSIGNED")
        assert (await anna.answer(task["id"]))["__typename"] == "NotAllowed"
        assert (await anna.task(task["id"]))["id"] == task["id"], "whoever had it goes on seeing it"

        back = (await workflow.reassign(task["id"], {"reviewer": "anna"}))["task"]
        assert [a["assignee"]["reviewer"] for a in back["assignments"]] == ["anna"]
        assert await third.told() == ("TaskUnassigned", "REASSIGNED")
        assert await hers.told() == ("TaskAssigned", "REASSIGNED")
    assert (await ben.reassign(task["id"], {"reviewer": "ben"}))["__typename"] == "NotAllowed"
    assert (await admin.reassign(task["id"], {"group": "finance"}))["task"]["assignments"][0]["assignee"]["group"]
    problems = (await admin.reassign(task["id"]))["problems"]
    assert [p["path"] for p in problems] == ["/assignees"]


async def test_assignees_may_add_the_levels_time_once_in_two_steps_and_the_workflow_more(workspace: Workspace) -> None:
    workflow, anna = await workspace.workflow(), await workspace.reviewer("anna")
    task = await workflow.opened(timeout={"strategy": "FAIL", "after": "PT1H"})
    due = datetime.fromisoformat(task["deadlineAt"])
    async with anna.inbox() as hers:
        await hers.told()
        too_long = await anna.extend(task["id"], "PT61M")
        assert too_long["problems"][0]["path"] == "/by"
        assert "PT1H" in too_long["problems"][0]["message"]
        for minutes, by in ((40, "PT40M"), (60, "PT20M")):
            extended = (await anna.extend(task["id"], by))["task"]
            assert datetime.fromisoformat(extended["deadlineAt"]) == due + timedelta(minutes=minutes)
            assert await hers.told() == ("TaskChanged", "EXTENDED")
        assert (await anna.extend(task["id"], "PT1S"))["__typename"] == "NotAllowed"
        assert (await workflow.extend(task["id"], "P7D"))["__typename"] == "TaskSuccess"
        assert (await workflow.extend(task["id"], "P365D"))["problems"][0]["path"] == "/by"
    other = await workspace.reviewer("zoe")
    assert (await other.extend(task["id"], "PT1S"))["__typename"] == "NotFound"


async def test_a_rating_after_the_fact_replaces_the_one_given_with_the_answer(workspace: Workspace) -> None:
    workflow, analyst = await workspace.workflow(), await workspace.analyst()
    anna, zoe = await workspace.reviewer("anna"), await workspace.reviewer("zoe")
    task = await workflow.opened(feedback={"scores": ["tone"]})
    await anna.answer(task["id"], rating=2)
    rated = await anna.rate(task["id"], rating=5, scores=[{"name": "tone", "value": 0.5}], comment="better than I said")
    assert [(f["rating"], f["comment"]) for f in rated["task"]["feedback"]] == [(5, "better than I said")]
    stats = await analyst.run("{ feedbackStats { ratings meanRating scores { name mean } } }")
    assert stats == [{"ratings": 1, "meanRating": 5.0, "scores": [{"name": "tone", "mean": 0.5}]}]
    assert (await zoe.rate(task["id"], rating=1))["__typename"] == "NotFound"
    assert (await workflow.rate(task["id"], rating=1))["__typename"] == "NotAllowed"
    wrong = await anna.rate(task["id"], rating=6, scores=[{"name": "tact", "value": 1}])
    assert [p["path"] for p in wrong["problems"]] == ["/rating"]
    assert [p["path"] for p in (await anna.rate(task["id"]))["problems"]] == ["/rating"]
