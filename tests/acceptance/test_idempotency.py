"""The same key with the same input gives the same task; with another, a refusal that shows what it opened."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio


async def test_twenty_at_once_with_one_key_open_one_task(workspace: Workspace) -> None:
    workflow, admin = await workspace.workflow(), await workspace.admin()
    results = await asyncio.gather(*(workflow.open(idempotencyKey="one", context={"a": 1, "b": 2}) for _ in range(20)))
    assert len({r["task"]["id"] for r in results}) == 1
    assert sorted(r["replayed"] for r in results) == [False] + [True] * 19
    assert [e["type"] for e in await admin.events()] == ["OPENED", "ASSIGNED"]
    # The order of names in an object is no difference.
    assert (await workflow.open(idempotencyKey="one", context={"b": 2, "a": 1}))["replayed"]


async def test_another_input_is_a_conflict_and_opens_nothing(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(idempotencyKey="k", prompt="Approve the first of two requests")
    refused = await workflow.open(idempotencyKey="k", prompt="Approve the second of two requests")
    assert refused["__typename"] == "IdempotencyConflict"
    assert refused["task"]["id"] == task["id"]
    assert len(await workflow.events({"types": ["OPENED"]})) == 1


async def test_the_same_in_other_words_is_no_other_input(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    task = await workflow.opened(idempotencyKey="k", timeout={"strategy": "FAIL", "after": "PT24H"})
    assert (await workflow.open(idempotencyKey="k", timeout={"strategy": "FAIL", "after": "P1D"}))["replayed"]
    assert (await workflow.open(idempotencyKey="k", labels={}, urgency="ROUTINE"))["replayed"], "the usual, unsaid"
    other = await workflow.open(idempotencyKey="k", timeout={"strategy": "FAIL", "after": "PT25H"})
    assert (other["__typename"], other["task"]["id"]) == ("IdempotencyConflict", task["id"])


@pytest.mark.parametrize(("first", "second"), [(1, True), (0, False), (1, 1.0), ([], {}), (None, "null")])
async def test_what_json_tells_apart_is_another_input(workspace: Workspace, first: object, second: object) -> None:
    """To Python 1, 1.0 and true are equal."""
    workflow = await workspace.workflow()
    opened, other = {"context": {"a": first}}, {"context": {"a": second}}
    await workflow.opened(idempotencyKey="k", **opened)
    assert (await workflow.open(idempotencyKey="k", **opened))["replayed"]
    assert (await workflow.open(idempotencyKey="k", **other))["__typename"] == "IdempotencyConflict"


async def test_conflicting_inputs_at_once_open_one_task(workspace: Workspace) -> None:
    workflow = await workspace.workflow()
    results = await asyncio.gather(
        *(workflow.open(idempotencyKey="k", prompt=f"Approve request number {n % 2} of two") for n in range(20))
    )
    assert len({r["task"]["id"] for r in results}) == 1
    kinds = sorted(r["__typename"] for r in results)
    assert kinds == ["IdempotencyConflict"] * 10 + ["OpenTaskSuccess"] * 10


async def test_a_key_belongs_to_whoever_used_it(workspace: Workspace) -> None:
    one, other = await workspace.workflow("one"), await workspace.workflow("other")
    first, second = await one.open(idempotencyKey="k"), await other.open(idempotencyKey="k")
    assert not second["replayed"]
    assert first["task"]["id"] != second["task"]["id"]


async def test_a_replay_after_the_end_shows_how_it_ended(workspace: Workspace) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    task = await workflow.opened(idempotencyKey="k")
    await reviewer.answer(task["id"])
    replay = await workflow.open(idempotencyKey="k")
    assert (replay["replayed"], replay["task"]["status"]) == (True, "APPROVED")
