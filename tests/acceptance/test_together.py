"""Deciding together: quorums over people and groups, the directory, and standing in for the absent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.acceptance.client import Client
from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio

REFUSED = "... on Refusal { code message } ... on InvalidInput { problems { path message } }"
SET_GROUP = f"""mutation($name: String!, $members: [String!]!) {{ setGroup(name: $name, members: $members) {{
    __typename ... on GroupSuccess {{ group {{ name members complete }} }} {REFUSED} }} }}"""
SET_REVIEWER = f"""mutation($id: String!, $groups: [String!]!) {{ setReviewer(id: $id, groups: $groups) {{
    __typename ... on ReviewerSuccess {{ reviewer {{ id groups }} }} {REFUSED} }} }}"""
SET_ABSENCE = f"""mutation($input: SetAbsenceInput!) {{ setAbsence(input: $input) {{
    __typename ... on AbsenceSuccess {{ absence {{ id reviewer delegate from until }} }} {REFUSED} }} }}"""
END_ABSENCE = f"""mutation($id: ID!) {{ endAbsence(id: $id) {{
    __typename ... on AbsenceSuccess {{ absence {{ until }} }} {REFUSED} }} }}"""


async def absent(client: Client, reviewer: str, delegate: str, seconds: float = 3600.0, **given: Any) -> Any:
    until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    return await client.run(SET_ABSENCE, input={"reviewer": reviewer, "delegate": delegate, "until": until, **given})


async def test_a_quorum_of_two_takes_two_people_and_each_leaves_it_as_they_answer(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    people = [await workspace.reviewer(name, "finance") for name in ("anna", "ben", "carl")]
    task = await workflow.opened(
        assignees=[{"reviewer": "anna"}, {"group": "finance"}], approval={"rule": "AT_LEAST", "atLeast": 2}
    )
    async with people[0].inbox() as hers, people[1].inbox() as his:
        assert len((await hers.next())["assignments"]) == 2
        await his.told()
        first = (await people[0].answer(task["id"]))["task"]
        assert (first["status"], first["approval"]["approvals"]) == ("PENDING", 1), "once, though she is asked twice"
        assert await hers.told() == ("TaskUnassigned", "RESOLVED")
        assert await his.told() == ("TaskChanged", "ANSWERED")
        assert (await people[0].mine(), await people[1].mine()) == ([], [task["id"]])
        assert (await people[0].answer(task["id"]))["__typename"] == "AlreadyAnswered"
        assert (await people[0].claim(task["id"]))["__typename"] == "NotAllowed"
        assert (await people[1].answer(task["id"]))["task"]["status"] == "APPROVED"
        assert await his.told() == ("TaskUnassigned", "RESOLVED")
        await hers.nothing_more(0.2)


async def test_a_group_whose_members_are_set_bounds_what_can_be_reached(workspace: Workspace) -> None:
    workflow, admin = await workspace.workflow(), await workspace.admin()
    anna = await workspace.reviewer("anna")
    ask: dict[str, Any] = {"assignees": [{"group": "legal"}], "approval": {"rule": "AT_LEAST", "atLeast": 3}}
    assert (await workflow.open(**ask))["__typename"] == "OpenTaskSuccess", "nobody knows who belongs to it"
    assert (await anna.run(SET_GROUP, name="legal", members=["anna"]))["code"] == "NOT_ALLOWED"
    group = (await admin.run(SET_GROUP, name="legal", members=["anna", "ben"]))["group"]
    assert group == {"name": "legal", "members": ["anna", "ben"], "complete": True}
    refused = await workflow.open(**ask)
    assert [p["path"] for p in refused["problems"]] == ["/approval/atLeast"]
    assert "only 2 reviewers" in refused["message"]
    ben = await workspace.reviewer("ben")
    task = await workflow.opened(assignees=[{"group": "legal"}], approval={"rule": "AT_LEAST", "atLeast": 2})
    assert (await ben.answer(task["id"], "REJECT"))["task"]["status"] == "REJECTED", "two can no longer be reached"


async def test_who_joins_or_leaves_a_group_comes_back_with_the_rights_of_now(workspace: Workspace) -> None:
    workflow, admin, anna = await workspace.workflow(), await workspace.admin(), await workspace.reviewer("anna")
    task = await workflow.opened(assignees=[{"group": "legal"}])
    async with anna.inbox() as before:
        cursor = (await before.next())["cursor"]
        assert (await admin.run(SET_REVIEWER, id="anna", groups=["legal"]))["reviewer"]["groups"] == ["legal"]
        with pytest.raises(ConnectionClosed) as closed:
            await before.next()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 4412
    async with anna.inbox(after=cursor) as now:
        snapshot = await now.next()
        assert [a["task"]["id"] for a in snapshot["assignments"]] == [task["id"]], "what was opened before, too"
    assert (await admin.run("{ reviewers { id groups } }")) == [{"id": "anna", "groups": ["legal"]}]
    groups = await admin.run("{ groups { name members complete } }")
    assert groups == [{"name": "legal", "members": ["anna"], "complete": False}]


async def test_open_tasks_and_new_ones_go_to_the_delegate_and_come_back(workspace: Workspace) -> None:
    workflow, admin = await workspace.workflow(), await workspace.admin()
    anna, ben = await workspace.reviewer("anna"), await workspace.reviewer("ben")
    opened = await workflow.opened()
    async with anna.inbox() as hers, ben.inbox() as his:
        await hers.told()
        await his.told()
        absence = (await absent(anna, "anna", "ben"))["absence"]
        assert await hers.told() == ("TaskUnassigned", "DELEGATED")
        given = await his.next()
        assert given["assignment"]["task"]["id"] == opened["id"]
        assert given["assignment"]["task"]["assignments"][0]["onBehalfOf"] == "anna"

        new = await workflow.opened()
        assert new["assignments"][0]["assignee"]["reviewer"] == "ben"
        assert (await his.next())["assignment"]["task"]["id"] == new["id"]
        assert (await anna.answer(new["id"]))["__typename"] == "NotAllowed"
        answered = (await ben.answer(new["id"]))["task"]
        assert [(a["reviewer"], a["onBehalfOf"]) for a in answered["answers"]] == [("ben", "anna")]
        assert await his.told() == ("TaskUnassigned", "RESOLVED")

        ended = (await admin.run(END_ABSENCE, id=absence["id"]))["absence"]
        assert datetime.fromisoformat(ended["until"]) < datetime.fromisoformat(absence["until"])
        assert await his.told() == ("TaskUnassigned", "DELEGATED")
        assert await hers.told() == ("TaskAssigned", "DELEGATED")
    assert (await anna.answer(opened["id"]))["__typename"] == "AnswerTaskSuccess"
    assert (await admin.run(END_ABSENCE, id=absence["id"]))["code"] == "NOT_FOUND"
    actors = {(e["type"], e["actor"]) for e in await admin.events() if e["type"] == "REASSIGNED"}
    assert actors == {("REASSIGNED", "system:absence")}


async def test_an_absence_ends_by_itself(workspace: Workspace) -> None:
    workflow, anna = await workspace.workflow(), await workspace.reviewer("anna")
    await absent(anna, "anna", "ben", 1.0)
    async with anna.inbox() as hers:
        await hers.told()
        await workflow.opened()
        assert await hers.told() == ("TaskAssigned", "DELEGATED")


async def test_an_absence_that_is_set_again_is_the_same_one(workspace: Workspace) -> None:
    """Whoever does not know whether it was set sends it again."""
    anna = await workspace.reviewer("anna")
    hours = [(datetime.now(UTC) + timedelta(hours=n)).isoformat() for n in range(4)]
    for times in ({"until": hours[1]}, {"from": hours[2], "until": hours[3]}):
        asked = {"reviewer": "anna", "delegate": "ben", **times}
        first, again = await anna.run(SET_ABSENCE, input=asked), await anna.run(SET_ABSENCE, input=asked)
        assert first == again
        other = await anna.run(SET_ABSENCE, input={**asked, "delegate": "carl"})
        assert [p["path"] for p in other["problems"]] == ["/from"]
    assert len(await anna.run("{ absences { id } }")) == 2


async def test_circles_and_standing_in_for_oneself_are_refused(workspace: Workspace) -> None:
    admin, anna = await workspace.admin(), await workspace.reviewer("anna")
    assert (await absent(anna, "anna", "ben"))["__typename"] == "AbsenceSuccess"
    assert (await absent(anna, "ben", "carl"))["code"] == "NOT_ALLOWED"
    assert (await absent(admin, "ben", "carl"))["__typename"] == "AbsenceSuccess"
    for reviewer, delegate, path in (
        ("carl", "anna", "/delegate"),
        ("dana", "dana", "/delegate"),
        ("anna", "dana", "/from"),
    ):
        refused = await absent(admin, reviewer, delegate)
        assert [p["path"] for p in refused["problems"]] == [path], refused
    assert len(await admin.run("{ absences { id } }")) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("system:timeout", "may not begin with 'system:'"),
        ("\u200b", "has no character that can be seen"),
        ("an\tna", "holds a control character"),
    ],
)
async def test_whom_nobody_can_be_is_named_through_no_door(workspace: Workspace, name: str, said: str) -> None:
    """A task would wait for them for ever."""
    workflow, admin = await workspace.workflow(), await workspace.admin()
    task = await workflow.opened()
    doors = [
        ("/assignees/0/reviewer", await workflow.open(assignees=[{"reviewer": name}])),
        ("/assignees/0/group", await workflow.reassign(task["id"], {"group": name})),
        ("/name", await admin.run(SET_GROUP, name=name, members=[])),
        ("/members/1", await admin.run(SET_GROUP, name="legal", members=["anna", name])),
        ("/id", await admin.run(SET_REVIEWER, id=name, groups=[])),
        ("/groups/0", await admin.run(SET_REVIEWER, id="anna", groups=[name])),
        ("/reviewer", await absent(admin, name, "ben")),
        ("/delegate", await absent(admin, "anna", name)),
    ]
    for path, answer in doors:
        ((where, why),) = [(p["path"], p["message"]) for p in answer["problems"]]
        assert (where, said in why) == (path, True), why
    assert await workflow.task(task["id"]) == task


async def test_tasks_that_wait_for_such_a_name_since_before_are_found(workspace: Workspace) -> None:
    query = "query($a: AssigneeInput) { tasks(filter: {assignee: $a}) { totalCount } }"
    assert await (await workspace.admin()).run(query, a={"reviewer": "system:timeout"}) == {"totalCount": 0}
