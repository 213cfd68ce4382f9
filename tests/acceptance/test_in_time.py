"""Reminders, the timeline, working time: what will happen is told, and is what happens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio

TIMELINE = "query($id: ID!) { task(id: $id) { timeline { at type planned description } } }"
SET_CALENDAR = """mutation($input: SetCalendarInput!) { setCalendar(input: $input) { __typename
    ... on CalendarSuccess { calendar { name zone hours { weekday from until } holidays } }
    ... on Refusal { code message } ... on InvalidInput { problems { path message } } } }"""


async def test_those_who_have_not_answered_are_reminded_at_each_share_of_the_time(workspace: Workspace) -> None:
    """Far enough from each other and from the deadline that a slow machine does not come too late for one."""
    workflow, anna, ben = await workspace.workflow(), await workspace.reviewer("anna"), await workspace.reviewer("ben")
    async with anna.inbox() as hers, ben.inbox() as his:
        await hers.told()
        await his.told()
        task = await workflow.opened(
            assignees=[{"reviewer": "anna"}, {"reviewer": "ben"}],
            approval={"rule": "ALL"},
            timeout={"strategy": "FAIL", "after": "PT40S", "reminders": [0.025, 0.1]},
        )
        await anna.answer(task["id"])
        assert [await his.told() for _ in range(4)] == [
            ("TaskAssigned", "OPENED"),
            ("TaskChanged", "ANSWERED"),
            ("TaskChanged", "REMINDED"),
            ("TaskChanged", "REMINDED"),
        ]
        await ben.answer(task["id"])
        assert await his.told() == ("TaskUnassigned", "RESOLVED")
        assert [await hers.told() for _ in range(2)] == [("TaskAssigned", "OPENED"), ("TaskUnassigned", "RESOLVED")]
        await hers.nothing_more(0.1)
    opened = datetime.fromisoformat(task["createdAt"])
    events = await workflow.run("query($id: ID!) { task(id: $id) { history { nodes { type at } } } }", id=task["id"])
    at = [datetime.fromisoformat(e["at"]) - opened for e in events["history"]["nodes"] if e["type"] == "REMINDED"]
    assert len(at) == 2
    assert at[0] >= timedelta(seconds=1)
    assert at[1] >= timedelta(seconds=4)


async def test_where_nothing_is_said_of_reminders_there_is_one_at_half_and_one_at_nine_tenths(
    workspace: Workspace,
) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(timeout={"strategy": "FAIL", "after": "PT10H"})
    steps = (await workflow.run(TIMELINE, id=task["id"]))["timeline"]
    opened = datetime.fromisoformat(task["createdAt"])
    hours = [
        (s["type"], (datetime.fromisoformat(s["at"]) - opened) / timedelta(hours=1)) for s in steps if s["planned"]
    ]
    assert hours == [("REMINDED", 5), ("REMINDED", 9), ("EXPIRED", 10)]


async def test_the_timeline_tells_what_will_happen_and_then_what_did(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    await workspace.reviewer("anna")
    task = await workflow.opened(
        timeout={
            "strategy": "ESCALATE",
            "after": "PT3S",
            "reminders": [0.1],
            "escalateTo": [{"assignees": [{"reviewer": "ben"}]}],
            "whenExhausted": "AUTO_APPROVE",
        }
    )
    before = (await workflow.run(TIMELINE, id=task["id"]))["timeline"]
    planned = [step for step in before if step["planned"]]
    assert [step["type"] for step in planned] == ["REMINDED", "ESCALATED", "REMINDED", "EXPIRED"]
    opened = datetime.fromisoformat(task["createdAt"])
    offsets = [(datetime.fromisoformat(step["at"]) - opened).total_seconds() for step in planned]
    assert offsets == pytest.approx([0.3, 3, 3.3, 6])
    ended = await workflow.await_task(task["id"])
    assert ended["status"] == "EXPIRED"
    after = (await workflow.run(TIMELINE, id=task["id"]))["timeline"]
    happened = [step for step in after if step["type"] in {"REMINDED", "ESCALATED", "EXPIRED"}]
    assert [step["type"] for step in happened] == [step["type"] for step in planned]
    assert not any(step["planned"] for step in after)


async def test_working_time_alone_counts_where_a_calendar_is_named(workspace: Workspace) -> None:
    workflow, admin, anna = await workspace.workflow(), await workspace.admin(), await workspace.reviewer("anna")
    weekdays = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
    calendar: dict[str, Any] = {
        "name": "office",
        "zone": "Europe/Berlin",
        "hours": [{"weekday": day, "from": "09:00", "until": "17:00"} for day in weekdays],
        "holidays": ["2026-12-25"],
    }
    assert (await anna.run(SET_CALENDAR, input=calendar))["code"] == "NOT_ALLOWED"
    stored = (await admin.run(SET_CALENDAR, input=calendar))["calendar"]
    assert stored == calendar
    task = await workflow.opened(timeout={"strategy": "FAIL", "after": "PT80H", "calendar": "office"})
    opened, due = (datetime.fromisoformat(task[name]) for name in ("createdAt", "deadlineAt"))
    assert timedelta(days=11) < due - opened < timedelta(days=24), "ten working days"
    missing = await workflow.open(timeout={"strategy": "FAIL", "calendar": "nowhere"})
    assert [p["path"] for p in missing["problems"]] == ["/timeout/calendar"]
    wrong = {**calendar, "zone": "Mars/Olympus", "hours": [{"weekday": "MONDAY", "from": "17:00", "until": "9"}]}
    refused = await admin.run(SET_CALENDAR, input={**wrong, "holidays": ["25.12."]})
    assert [p["path"] for p in refused["problems"]] == ["/zone", "/holidays/0", "/hours/0/until"]
