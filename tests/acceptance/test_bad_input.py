"""Bad input is answered with what is wrong, where, and what would be right; and nothing is done."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.acceptance.client import EVENTS, INBOX, ApiError
from tests.acceptance.conftest import Workspace

pytestmark = pytest.mark.anyio

LEVEL = {"assignees": [{"reviewer": "boss"}]}

OPENINGS: list[tuple[str, dict[str, Any]]] = [
    ("/prompt", {"prompt": ""}),
    ("/prompt", {"prompt": " \n"}),
    ("/prompt", {"prompt": "x" * 4000}),
    ("/context", {"context": {"x": "y" * 256 * 1024}}),
    ("/context", {"context": [1]}),
    ("/context", {"context": "text"}),
    ("/context/a", {"context": {"a": "\0"}}),
    *(("/context/a", {"context": {"a": number}}) for number in (2**63, 2**64 - 1, 2**64, 2**64 + 1, -(10**30), 1e300)),
    ("/assignees", {"assignees": []}),
    ("/assignees/0", {"assignees": [{}]}),
    ("/assignees/1", {"assignees": [{"reviewer": "a"}, {"reviewer": "a", "group": "b"}]}),
    ("/assignees/0/reviewer", {"assignees": [{"reviewer": ""}]}),
    ("/timeout/escalateTo", {"timeout": {"strategy": "ESCALATE"}}),
    ("/timeout/escalateTo", {"timeout": {"strategy": "ESCALATE", "escalateTo": []}}),
    ("/timeout/escalateTo", {"timeout": {"strategy": "FAIL", "escalateTo": [LEVEL]}}),
    ("/timeout/escalateTo", {"timeout": {"strategy": "ESCALATE", "escalateTo": [LEVEL] * 11}}),
    *(
        ("/timeout/after", {"timeout": {"strategy": "FAIL", "after": after}})
        for after in ("PT0S", "-PT1H", "P367D", "P1M", "P1Y", "1h", "PT", "", "PT0.5S", "P1W2D", "P" + "9" * 60 + "D")
    ),
    (
        "/timeout/escalateTo/0/after",
        {"timeout": {"strategy": "ESCALATE", "escalateTo": [{**LEVEL, "after": "P1M"}]}},
    ),
    ("/idempotencyKey", {"idempotencyKey": "k" * 256}),
    ("/idempotencyKey", {"idempotencyKey": ""}),
    ("/labels", {"labels": ["a"]}),
    ("/labels/a", {"labels": {"a": 1}}),
    ("/labels", {"labels": {str(n): "x" for n in range(21)}}),
    ("/workflow/name", {"workflow": {"name": ""}}),
    ("/answerSchema", {"answerSchema": {"type": "nonsense"}}),
    ("/answerSchema", {"answerSchema": {"$ref": "http://127.0.0.1/x.json"}}),
    ("/answerSchema", {"answerSchema": [1]}),
    ("/approval/atLeast", {"approval": {"rule": "AT_LEAST", "atLeast": 2}}),
]


@pytest.mark.parametrize(("path", "given"), OPENINGS)
async def test_a_bad_question_is_refused_and_opens_nothing(
    workspace: Workspace, path: str, given: dict[str, Any]
) -> None:
    workflow = await workspace.workflow()
    refused = await workflow.open(**given)
    assert refused["__typename"] == "InvalidInput"
    assert refused["code"] == "INVALID_INPUT"
    assert [p["path"] for p in refused["problems"]] == [path]
    assert len(refused["problems"][0]["message"]) > 5
    assert await workflow.events() == []


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/rating", {"rating": 0}),
        ("/rating", {"rating": 6}),
        ("/rating", {}),
        ("/scores/0/name", {"rating": 3, "scores": [{"name": "speed", "value": 1.0}]}),
        ("/scores/1/name", {"rating": 3, "scores": [{"name": "tone", "value": 1.0}] * 2}),
        ("/scores/0/value", {"rating": 3, "scores": [{"name": "tone", "value": 1.0e300}]}),
        ("/scores", {"rating": 3, "scores": [{"name": "tone", "value": 1.0}] * 20_000}),
        ("/comment", {"rating": 3, "comment": "x" * 10_001}),
        ("/input", {"rating": 3, "input": {}}),
        ("/input/limit", {"rating": 3, "input": {"limit": "high"}}),
    ],
)
async def test_a_bad_answer_is_refused_and_changes_nothing(
    workspace: Workspace, path: str, given: dict[str, Any]
) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    schema = {"type": "object", "required": ["limit"], "properties": {"limit": {"type": "integer"}}}
    task = await workflow.opened(answerSchema=schema, feedback={"ratingRequired": True, "scores": ["tone"]})
    refused = await reviewer.answer(task["id"], **{"input": {"limit": 1}, **given})
    assert refused["__typename"] == "InvalidInput"
    assert [p["path"] for p in refused["problems"]] == [path]
    assert await workflow.task(task["id"]) == task


async def test_every_violation_of_the_form_is_named(workspace: Workspace) -> None:
    workflow, reviewer = await workspace.workflow(), await workspace.reviewer("anna")
    schema = {"properties": {"a/b": {"type": "integer"}, "c": {"type": "string"}}}
    task = await workflow.opened(answerSchema=schema, feedback={"ratingRequired": True})
    refused = await reviewer.answer(task["id"], input={"a/b": "x", "c": 1})
    assert {p["path"] for p in refused["problems"]} == {"/rating", "/input/a~1b", "/input/c"}


async def test_a_malformed_id_is_named(workspace: Workspace) -> None:
    reviewer, workflow = await workspace.reviewer("anna"), await workspace.workflow()
    refused = await reviewer.answer("nonsense", rating=9)
    assert {p["path"] for p in refused["problems"]} == {"/taskId", "/rating"}
    assert (await workflow.cancel("nonsense"))["problems"][0]["path"] == "/id"
    with pytest.raises(ApiError) as error:
        await workflow.task("nonsense")
    assert error.value.code == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/after", '{ tasks(after: "nonsense") { nodes { id } } }'),
        ("/after", '{ assignments(after: "####") { nodes { level } } }'),
        ("/after", '{ events(after: "WyJ4Il0") { nodes { type } } }'),
        ("/after", '{ events(after: "WyJlcG9jaCIsMV0") { nodes { type } } }'),
        ("/after", '{ feedback(after: "x") { nodes { rating } } }'),
        ("/first", "{ tasks(first: 0) { nodes { id } } }"),
        ("/first", "{ events(first: 1001) { nodes { type } } }"),
        ("/filter/ids/1", '{ tasks(filter: {ids: ["01890000-0000-7000-8000-000000000000", "x"]}) { totalCount } }'),
        ("/filter/assignee", "{ tasks(filter: {assignee: {}}) { totalCount } }"),
        ("/filter/workflow", '{ tasks(filter: {workflow: "\\u0000"}) { totalCount } }'),
        ("/filter/group", '{ assignments(filter: {group: "\\u0000"}) { totalCount } }'),
        ("/filter/runId", '{ events(filter: {runId: "\\u0000"}) { nodes { type } } }'),
        ("/filter/label/value", '{ feedbackStats(filter: {label: {name: "a", value: "\\u0000"}}) { tasks } }'),
        ("/wait", '{ awaitTask(id: "01890000-0000-7000-8000-000000000000", wait: "P1M") { id } }'),
        ("/groupBy/2", "{ feedbackStats(groupBy: [DAY, STEP, DAY]) { tasks } }"),
    ],
)
async def test_a_bad_query_is_refused_with_the_place(workspace: Workspace, path: str, query: str) -> None:
    admin = await workspace.admin()
    with pytest.raises(ApiError) as error:
        await admin.run(query)
    extensions = error.value.errors[0]["extensions"]
    assert extensions["code"] == "INVALID_INPUT"
    assert [p["path"] for p in extensions["problems"]] == [path]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/filter/ids", "query($ids: [ID!]) { tasks(filter: {ids: $ids}) { totalCount } }"),
        ("/filter/taskIds", "query($ids: [ID!]) { events(filter: {taskIds: $ids}) { nodes { type } } }"),
    ],
)
async def test_ids_are_as_many_as_a_page_has(workspace: Workspace, path: str, query: str) -> None:
    """60,000 took seconds, and a document may ask with them under many aliases."""
    admin = await workspace.admin()
    id_ = "01890000-0000-7000-8000-000000000000"
    assert await admin.run(query, ids=[id_] * 1_000)
    with pytest.raises(ApiError) as error:
        await admin.run(query, ids=[id_] * 1_001)
    problem = {"path": path, "message": "has 1,001 ids; at most 1,000 are allowed"}
    assert error.value.errors[0]["extensions"]["problems"] == [problem]


async def test_a_bad_cursor_is_refused_by_subscriptions(workspace: Workspace) -> None:
    reviewer = await workspace.reviewer("anna")
    for query in (INBOX, EVENTS):
        async with reviewer.stream(query, after="nonsense") as stream:
            with pytest.raises(ApiError) as error:
                await stream.next()
            assert error.value.code == "INVALID_INPUT"


async def test_a_cursor_of_another_log_begins_the_inbox_anew(workspace: Workspace) -> None:
    reviewer, elsewhere = await workspace.reviewer("anna"), await workspace.elsewhere().reviewer("anna")
    task = await (await workspace.workflow()).opened()
    async with reviewer.inbox(after=await elsewhere.cursor()) as inbox:
        snapshot = await inbox.next()
    assert [a["task"]["id"] for a in snapshot["assignments"]] == [task["id"]]


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (400, b"{", {}),
        (400, b"[]", {}),
        (400, b'{"query": 1}', {}),
        (400, b'{"query": "{ viewer { id } }", "variables": []}', {}),
        (400, b'{"query": "subscription { assignments { __typename } }"}', {}),
        (400, b'{"query": "{ a"}', {"accept": "application/graphql-response+json"}),
        (400, b'{"query": "{ nothing }"}', {"accept": "application/graphql-response+json"}),
        (200, b'{"query": "{ nothing }"}', {}),
        (200, b'{"query": "query($id: ID!) { task(id: $id) { id } }"}', {}),
        (413, b" " * (4 * 1024 * 1024 + 1), {}),
        (415, b"query=x", {"content-type": "application/x-www-form-urlencoded"}),
    ],
)
async def test_a_bad_request_has_a_fitting_status_and_errors(
    workspace: Workspace, status: int, content: bytes, headers: dict[str, str]
) -> None:
    admin = await workspace.admin()
    given = {"content-type": "application/json", "authorization": f"Bearer {admin.key}", **headers}
    async with httpx2.AsyncClient() as http:
        response = await http.post(workspace.service.http, content=content, headers=given)
        assert response.status_code == status
        assert response.json()["errors"][0]["message"]
        assert "data" not in response.json()  # nothing was run
        assert response.headers["content-type"] == headers.get("accept", "application/json")
        got = await http.get(workspace.service.http, headers=given)
        assert (got.status_code, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", "application/json"),
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("Application/GraphQL-Response+JSON; charset=utf-8, */*;q=0.1", "application/graphql-response+json"),
        ("application/graphql-response+json;q=0.5, application/json;q=0.4", "application/graphql-response+json"),
        ("application/json, application/graphql-response+json;q=0.9", "application/json"),
        ("application/graphql-response+json; q=0, application/json", "application/json"),
        ("application/graphql-response+json;q=x", "application/json"),
        ("application/graphql-response+jsonld", "application/json"),
    ],
)
async def test_the_answer_is_of_the_type_that_the_client_would_rather_have(
    workspace: Workspace, accept: str, answered: str
) -> None:
    workflow = await workspace.workflow()
    headers = {"Authorization": f"Bearer {workflow.key}", "Accept": accept}
    async with httpx2.AsyncClient(timeout=10, headers=headers) as http:
        response = await http.post(workspace.service.http, json={"query": "{ viewer { id } }"})
    assert response.headers["content-type"] == answered


@pytest.mark.parametrize("extra", ["", " c: viewer { id }"], ids=["short way", "long way"])
async def test_of_several_operations_one_is_to_be_named(workspace: Workspace, extra: str) -> None:
    """Else the first would be run, whatever was meant."""
    workflow = await workspace.workflow()
    task = await workflow.opened()
    cancel = f'mutation Cancel {{ cancelTask(id: "{task["id"]}") {{ __typename }} }}'
    query = f"{cancel} query Who {{ viewer {{ id }} {extra} }}"
    async with httpx2.AsyncClient(timeout=10, headers={"Authorization": f"Bearer {workflow.key}"}) as http:
        refused = (await http.post(workspace.service.http, json={"query": query})).json()
        message = "Must provide operation name if query contains multiple operations."
        assert [error["message"] for error in refused["errors"]] == [message]
        assert (await workflow.task(task["id"]))["status"] == "PENDING"
        named = (await http.post(workspace.service.http, json={"query": query, "operationName": "Who"})).json()
        assert named["data"]["viewer"] == {"id": "workflow"}


async def test_a_query_that_asks_for_too_much_is_refused(workspace: Workspace) -> None:
    admin = await workspace.admin()
    with pytest.raises(ApiError) as error:
        await admin.run("{ tasks(first: 1000) { nodes { history(first: 1000) { nodes { type actor at } } } } }")
    assert "cost" in str(error.value)
    with pytest.raises(ApiError) as error:
        await admin.run("{" + " ".join(f"a{n}: viewer {{ id }}" for n in range(200)) + "}")
    assert "aliases" in str(error.value)


async def test_what_is_wrong_with_a_document_is_said_in_short(workspace: Workspace) -> None:
    """Some of the library's messages quote all of the document, and there may be one for each of its parts."""
    workflow = await workspace.workflow()
    fields = " ".join(f"{'x' * 50}{n}: 1" for n in range(500))
    with pytest.raises(ApiError) as refused:
        await workflow.run(f"mutation {{ openTask(input: {{{fields}}}) {{ __typename }} }}")
    *errors, last = refused.value.errors
    assert len(errors) == 5
    assert all(len(error["message"]) < 310 and error["locations"] for error in errors)
    assert last["message"] == "Too many validation errors, error limit reached. Validation aborted."


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("[StatsKey!]", ["x" * 2_000]),
        ("FeedbackFilter", {"x" * 2_000: 1}),
        ("FeedbackFilter", {"after": f"2026-01-31T12:00:00.{'0' * 2_000}"}),
    ],
)
async def test_what_is_wrong_with_a_variable_is_said_in_short(workspace: Workspace, type_: str, given: Any) -> None:
    argument = "groupBy" if type_.startswith("[") else "filter"
    analyst = await workspace.analyst()
    with pytest.raises(ApiError) as refused:
        await analyst.run(f"query($given: {type_}) {{ feedbackStats({argument}: $given) {{ tasks }} }}", given=given)
    (error,) = refused.value.errors
    assert error["message"].startswith("Variable '$given' has invalid value")
    assert len(error["message"]) < 310
    assert error["locations"]


@pytest.mark.parametrize("time", ["2026-01-31t12:00:00z", "2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"])
async def test_a_time_is_taken_as_rfc_3339_writes_it(workspace: Workspace, time: str) -> None:
    """Section 5.6: T and Z may be lower case."""
    analyst = await workspace.analyst()
    query = "query($time: DateTime) { tasks(filter: {createdAfter: $time}) { totalCount } }"
    assert await analyst.run(query, time=time) == {"totalCount": 0}
