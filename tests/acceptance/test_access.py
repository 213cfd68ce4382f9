"""Nobody gets in who does not belong, and everybody sees what is theirs alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.auth import Role, key_id_of
from tests.acceptance.client import CANCEL, EVENTS, ApiError, Client
from tests.acceptance.conftest import Workspace
from tests.acceptance.running import Running
from tests.factories import a_key

pytestmark = pytest.mark.anyio

NO_TASK = "01890000-0000-7000-8000-000000000000"
GARBAGE = ["x", "signoff_0123456789abcdef_no-such-secret", "signoff_x_y", "ключ", "signoff__", "a" * 5000]


@pytest.mark.parametrize("key", [None, *GARBAGE])
async def test_without_a_good_key_nothing_is_served(workspace: Workspace, key: str | None) -> None:
    headers = {b"authorization": f"Bearer {key}".encode()} if key is not None else {}
    async with httpx2.AsyncClient() as http:
        for query in ("{ viewer { id } }", "{ __schema { types { name } } }", "not even a query {"):
            response = await http.post(workspace.service.http, json={"query": query}, headers=headers)
            assert response.status_code == 401
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert "data" not in response.json()


async def test_health_needs_no_key(workspace: Workspace) -> None:
    async with httpx2.AsyncClient(timeout=5) as http:
        for _ in range(2):  # on one connection: a head without a body leaves at once, too
            response = await http.head(workspace.service.http.replace("graphql", "healthz"))
            assert (response.status_code, response.content) == (200, b"")
    assert workspace.service.get("/healthz")[0] == 200
    status, body = workspace.service.get("/readyz")
    assert (status, body) == (200, b'{"status":"ok","database":"ok","redis":"ok"}')


async def test_the_key_of_another_with_the_same_id_is_refused(workspace: Workspace) -> None:
    client = await workspace.workflow()
    assert client.key
    assert (await client.run("{ viewer { id } }"))["id"] == "workflow"
    forged = workspace.nobody(client.key[:-4] + "AAAA")
    with pytest.raises(ApiError) as refused:
        await forged.run("{ viewer { id } }")
    assert refused.value.code == "UNAUTHENTICATED"


@pytest.mark.parametrize("key", [None, "signoff_0123456789abcdef_no-such-secret", "signoff_000000000000000\\u0000_x"])
async def test_a_socket_without_a_good_key_is_closed_with_4403(workspace: Workspace, key: str | None) -> None:
    payload = "null" if key is None else f'{{"authorization": "Bearer {key}"}}'
    async with connect(workspace.service.ws, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send(f'{{"type": "connection_init", "payload": {payload}}}')
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


async def test_a_socket_may_give_its_key_in_the_upgrade(workspace: Workspace) -> None:
    client = await workspace.workflow()
    async with connect(
        workspace.service.ws,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
        additional_headers={"authorization": f"Bearer {client.key}"},
    ) as socket:
        await socket.send('{"type": "connection_init"}')
        assert "connection_ack" in str(await socket.recv())


async def test_a_revoked_key_is_refused_and_its_sockets_are_closed(workspace: Workspace) -> None:
    reviewer = await workspace.reviewer("anna")
    assert reviewer.key
    async with reviewer.inbox() as inbox:
        await inbox.next()
        await workspace.deps.keys.revoke(key_id_of(reviewer.key))
        with pytest.raises(ConnectionClosed) as closed:
            await inbox.next(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    with pytest.raises(ApiError) as refused:
        await reviewer.run("{ viewer { id } }")
    assert refused.value.code == "UNAUTHENTICATED"


async def test_an_expired_key_is_refused(workspace: Workspace) -> None:
    client = await workspace.client(Role.ADMIN, expires_in=timedelta(milliseconds=1))
    with pytest.raises(ApiError) as refused:
        await client.run("{ viewer { id } }")
    assert refused.value.code == "UNAUTHENTICATED"


async def test_the_viewer_is_told_who_it_is(workspace: Workspace) -> None:
    reviewer = await workspace.reviewer("anna", "finance")
    assert await reviewer.run("{ viewer { id workspace roles groups } }") == {
        "id": "anna",
        "workspace": workspace.name,
        "roles": ["REVIEWER"],
        "groups": ["finance"],
    }


async def _sees(client: Client, task_id: str) -> bool:
    """Whether `client` sees the task; every way of looking must agree."""
    task = await client.task(task_id)
    listed = await client.run("{ tasks { nodes { id } totalCount } }")
    awaited = await client.await_task(task_id, "PT0S")
    logged = await client.events({"taskIds": [task_id]})
    views = [task is not None, awaited is not None, bool(logged), task_id in {t["id"] for t in listed["nodes"]}]
    assert len(set(views)) == 1, views
    assert listed["totalCount"] == len(listed["nodes"])
    return views[0]


async def test_each_role_sees_what_it_may(workspace: Workspace) -> None:
    opener, other = await workspace.workflow("opener"), await workspace.workflow("other")
    task = await opener.opened(assignees=[{"reviewer": "anna"}, {"group": "finance"}])
    assert await _sees(opener, task["id"])
    assert not await _sees(other, task["id"])
    assert await _sees(await workspace.reviewer("anna"), task["id"])
    assert await _sees(await workspace.reviewer("ben", "finance"), task["id"])
    assert not await _sees(await workspace.reviewer("carl", "legal"), task["id"])
    # A name is not a role: a reviewer's key called like the workflow sees nothing of it.
    assert not await _sees(await workspace.client(Role.REVIEWER, name="opener", reviewer="dora"), task["id"])
    assert await _sees(await workspace.analyst(), task["id"])
    assert await _sees(await workspace.admin(), task["id"])
    assert not await _sees(await workspace.elsewhere().admin(), task["id"])


async def test_who_may_not_see_a_task_cannot_tell_it_from_none(workspace: Workspace) -> None:
    task = await (await workspace.workflow()).opened()
    elsewhere = workspace.elsewhere()
    for client in (await elsewhere.admin(), await elsewhere.reviewer("anna"), await workspace.reviewer("ben")):
        for id_ in (task["id"], NO_TASK):
            answered = await client.answer(id_)
            cancelled = await client.cancel(id_)
            wanted = {"__typename": "NotFound", "code": "NOT_FOUND", "message": "There is no such task."}
            assert answered == cancelled == wanted
            async with client.stream("subscription($id: ID!) { taskResolved(id: $id) { id } }", id=id_) as stream:
                with pytest.raises(ApiError) as refused:
                    await stream.next()
            assert refused.value.code == "NOT_FOUND"


async def test_each_role_does_what_it_may(workspace: Workspace) -> None:
    workflow, other = await workspace.workflow(), await workspace.workflow("other")
    anna, analyst, admin = await workspace.reviewer("anna"), await workspace.analyst(), await workspace.admin()
    task = await workflow.opened()
    for client in (anna, analyst):
        assert (await client.open())["__typename"] == "NotAllowed"
    for client in (workflow, analyst, admin):
        assert (await client.answer(task["id"]))["__typename"] == "NotAllowed"
    for client in (anna, analyst):
        assert (await client.cancel(task["id"]))["__typename"] == "NotAllowed"
    assert (await other.cancel(task["id"]))["__typename"] == "NotFound"
    assert (await workflow.task(task["id"])) == task, "a refusal changed something"
    assert (await admin.cancel(task["id"]))["__typename"] == "TaskSuccess"


async def test_separation_of_duties_keeps_openers_from_answering(workspace: Workspace) -> None:
    workflow = await workspace.workflow("bot", owner="anna")
    anna, ben = await workspace.reviewer("anna"), await workspace.reviewer("ben")
    task = await workflow.opened(assignees=[{"reviewer": "anna"}, {"reviewer": "ben"}], separationOfDuties=True)
    assert (await anna.answer(task["id"]))["__typename"] == "NotAllowed"
    assert (await ben.answer(task["id"]))["__typename"] == "AnswerTaskSuccess"


async def test_a_subscriber_is_told_only_of_what_it_may_see(workspace: Workspace) -> None:
    workflow, other = await workspace.workflow(), await workspace.workflow("other")
    anna = await workspace.reviewer("anna")
    async with other.stream(EVENTS, after=await other.cursor()) as theirs, anna.inbox() as inbox:
        await inbox.next()
        await workflow.opened(assignees=[{"reviewer": "ben"}])
        mine = await other.opened(assignees=[{"reviewer": "anna"}])
        assert (await theirs.next())["task"]["id"] == mine["id"]
        assert (await inbox.next())["assignment"]["task"]["id"] == mine["id"]


async def test_cancelling_needs_the_role_over_the_socket_too(workspace: Workspace) -> None:
    task = await (await workspace.workflow()).opened()
    anna = await workspace.reviewer("anna")
    async with anna.stream(CANCEL, id=task["id"]) as stream:
        assert (await stream.next())["__typename"] == "NotAllowed"


async def test_development_answers_introspection_without_a_key_and_nothing_else(service: Running) -> None:
    with Running(service.settings, workers=0, SIGNOFF_INTROSPECTION="true") as dev:
        async with httpx2.AsyncClient() as http:
            shown = await http.post(dev.http, json={"query": "{ __schema { queryType { name } } }"})
            assert shown.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
            asked = await http.post(dev.http, json={"query": "{ viewer { id } tasks { totalCount } }"})
            assert asked.status_code == 401
            assert {e["extensions"]["code"] for e in asked.json()["errors"]} == {"UNAUTHENTICATED"}
            wrong = await http.post(
                dev.http, json={"query": "{ __typename }"}, headers={"authorization": "Bearer wrong"}
            )
            assert wrong.status_code == 401


async def test_a_key_is_stored_hashed(workspace: Workspace) -> None:
    text = await a_key(workspace.deps, Role.ADMIN, workspace=workspace.name, name="a")
    secret = text.split("_", 2)[2].encode()
    rows = await workspace.deps.database.fetch("SELECT row_to_json(k)::text AS row FROM api_keys k")
    assert rows
    assert all(secret not in row["row"].encode() for row in rows)


async def test_pages_of_allowed_origins_may_call(service: Running) -> None:
    with Running(
        service.settings, workers=0, SIGNOFF_ALLOWED_ORIGINS="http://localhost:5173, https://a.example"
    ) as api:
        async with httpx2.AsyncClient() as http:
            for origin, allowed in (("https://a.example", "https://a.example"), ("https://b.example", None)):
                asked = {
                    "origin": origin,
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "authorization,content-type",
                }
                response = await http.options(api.http, headers=asked)
                assert response.headers.get("access-control-allow-origin") == allowed


async def test_a_long_poll_ends_with_what_its_key_may_see_then(workspace: Workspace) -> None:
    workflow, anna, ben = await workspace.workflow(), await workspace.reviewer("anna"), await workspace.reviewer("ben")
    task = await workflow.opened(assignees=[{"reviewer": "anna"}, {"reviewer": "ben"}])
    assert anna.key
    async with anna.inbox() as hers:
        poll = asyncio.create_task(anna.await_task(task["id"], "PT30S"))
        await hers.next()
        await workspace.deps.keys.revoke(key_id_of(anna.key))
        with pytest.raises(ConnectionClosed):  # by then nobody remembers that it was good
            await hers.next()
    await ben.answer(task["id"], comment="between us")
    with pytest.raises(ApiError) as told:
        await poll
    assert (told.value.code, "between us" in str(told.value)) == ("UNAUTHENTICATED", False)
