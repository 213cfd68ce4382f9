"""The short way of a document answers as the long way through Strawberry does, to the letter; or is not gone."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.auth import Principal, Role
from app.graphql import plans
from app.graphql.arguments import Unusual
from app.graphql.context import Context
from app.graphql.rendering import collect
from app.graphql.schema import SignoffSchema, make_schema
from app.service.commands import Commands
from tests.acceptance.client import ANSWER, CANCEL, OPEN, RESULT, TASK
from tests.factories import a_principal, a_reviewer, a_workspace

pytestmark = pytest.mark.anyio

WORKFLOW = a_principal(Role.WORKFLOW)
ANNA = a_reviewer("anna")
NOBODY: Principal | None = None
QUESTION: dict[str, Any] = {
    "idempotencyKey": "k",
    "workflow": {"name": "expenses", "runId": "r"},
    "prompt": "Approve?",
    "assignees": [{"reviewer": "anna"}, {"group": "finance"}],
    "context": {"amount": 1.5, "list": [None, {"deep": True}]},
    "approval": {"rule": "AT_LEAST", "atLeast": 2},
    "urgency": "URGENT",
    "timeout": {"strategy": "ESCALATE", "after": "PT1H", "escalateTo": [{"assignees": [{"group": "leads"}]}]},
    "feedback": {"scores": ["tone"]},
}
CLAIM = f"mutation($id: ID!) {{ claimTask(id: $id) {{ {RESULT} }} }} {TASK}"
LIST = f"""query L($f: TaskFilter, $first: Int!) {{ tasks(filter: $f, first: $first) {{
    nodes {{ ...task }} pageInfo {{ hasNextPage endCursor }} }} }} {TASK}"""
PARTS = "fragment A on Query { viewer { id } } fragment B on Query { viewer { roles } }"
TIMES = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+\+00:00|[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture(scope="module")
def schema() -> SignoffSchema:
    return make_schema()


def short(answer: Any) -> Any:
    """As a client reads it."""
    errors = [error.formatted for error in answer.errors or ()]
    return orjson.loads(orjson.dumps({"data": answer.data, "errors": errors}))


async def both(
    schema: SignoffSchema, commands: Commands, who: Principal | None, query: str, variables: dict[str, Any]
) -> tuple[Any, Any]:
    """What the short and the long way answer; the short way's None where it is not gone."""
    context = Context(commands=commands, caller=who)
    plan = schema.plans.get(query, None)
    mine: Any = None
    if plan:
        try:
            mine = short(await plan.run(context, variables))
        except Unusual:
            mine = None
    theirs = await schema.execute(query, variable_values=variables, context_value=context)
    return mine, short(theirs)


ASKED: list[tuple[str, Principal | None, str, dict[str, Any]]] = [
    ("opened before", WORKFLOW, OPEN, {"input": QUESTION}),
    ("another input", WORKFLOW, OPEN, {"input": {**QUESTION, "prompt": "Other?"}}),
    ("bad in many places", WORKFLOW, OPEN, {"input": {**QUESTION, "prompt": "", "labels": {"a": 1}, "assignees": []}}),
    ("not allowed", ANNA, OPEN, {"input": QUESTION}),
    ("no such task", ANNA, ANSWER, {"input": {"taskId": "x", "decision": "APPROVE"}}),
    ("answer not seen", WORKFLOW, ANSWER, {"input": {"taskId": "ID", "decision": "REJECT"}}),
    ("rating out of range", ANNA, ANSWER, {"input": {"taskId": "ID", "decision": "REJECT", "rating": 6}}),
    ("cannot claim a quorum", ANNA, CLAIM, {"id": "ID"}),
    ("cancel by another", ANNA, CANCEL, {"id": "ID", "reason": None}),
    ("a list", WORKFLOW, LIST, {"f": {"status": ["PENDING"], "label": None}, "first": 3}),
    ("a list with a bad filter", WORKFLOW, LIST, {"f": {"ids": ["no"]}, "first": 3}),
    ("a page too large", WORKFLOW, LIST, {"f": None, "first": 5000}),
    ("nobody asks", NOBODY, LIST, {"first": 3}),
    ("nobody is not there", NOBODY, "{ viewer { id roles } }", {}),
    ("aliases and typename", ANNA, "{ me: viewer { __typename name: id roles groups ... on Viewer { id } } }", {}),
    ("a field in parts", ANNA, "{ viewer { id } viewer { roles id } }", {}),
    ("by fragments", ANNA, f"{{ ...A ...B }} {PARTS}", {}),
    ("nobody asks in parts", NOBODY, "{ tasks(first: 1) { nodes { id } } tasks(first: 1) { nodes { prompt } } }", {}),
    ("fixed arguments", WORKFLOW, '{ task(id: "ID") { id status resolution { outcome } } }', {}),
    ("fixed lists", WORKFLOW, "{ tasks(filter: {status: [PENDING]}, first: 1) { nodes { labels } } }", {}),
    ("none there", WORKFLOW, '{ task(id: "01890000-0000-7000-8000-000000000000") { id } }', {}),
    ("wait over", WORKFLOW, 'query($id: ID!) { awaitTask(id: $id, wait: "PT0S") { id status } }', {"id": "ID"}),
]


@pytest.mark.parametrize(("who", "query", "variables"), [a[1:] for a in ASKED], ids=[a[0] for a in ASKED])
async def test_both_ways_answer_the_same(
    schema: SignoffSchema, commands: Commands, who: Principal | None, query: str, variables: dict[str, Any]
) -> None:
    await a_workspace(commands.deps)
    opened = await schema.execute(
        OPEN, variable_values={"input": QUESTION}, context_value=Context(commands=commands, caller=WORKFLOW)
    )
    assert opened.data
    id_ = opened.data["openTask"]["task"]["id"]

    mine, theirs = await both(schema, commands, who, query.replace('"ID"', f'"{id_}"'), _with_id(variables, id_))
    assert mine is not None, "the short way is gone"
    assert mine == theirs
    assert list(_flat(mine)) == list(_flat(theirs)), "in the same order, too"


def _flat(value: Any) -> Any:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _flat(each)
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each)
    else:
        yield value


async def test_what_both_ways_do_is_the_same(schema: SignoffSchema, commands: Commands) -> None:
    await a_workspace(commands.deps)
    done: list[str] = []
    for way in ("short", "long"):
        said: list[Any] = []
        workflow, anna = (Context(commands=commands, caller=who) for who in (WORKFLOW, ANNA))
        question = {**QUESTION, "idempotencyKey": way, "approval": {"rule": "ANY"}}
        id_ = ""
        for context, query, variables in (
            (workflow, OPEN, {"input": question}),
            (anna, CLAIM, {"id": "ID"}),
            (anna, ANSWER, {"input": {"taskId": "ID", "decision": "APPROVE", "rating": 5, "input": {"n": 1}}}),
            (anna, ANSWER, {"input": {"taskId": "ID", "decision": "APPROVE"}}),
            (workflow, CANCEL, {"id": "ID"}),
        ):
            given: Any = _with_id(variables, id_)
            plan = schema.plans.get(query, None)
            assert plan
            if way == "short":
                answer: Any = await plan.run(context, given)
            else:
                answer = await schema.execute(query, variable_values=given, context_value=context)
            assert not answer.errors
            id_ = id_ or answer.data["openTask"]["task"]["id"]
            said.append(short(answer)["data"])
        done.append(TIMES.sub("*", repr(said)))
    assert done[0] == done[1]


def _with_id(value: Any, id_: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_id(each, id_) for name, each in value.items()}
    return id_ if value == "ID" else value


@pytest.mark.parametrize(
    "query",
    [
        '{ viewer { id } task(id: "x") { id } }',
        "{ viewer @skip(if: false) { id } }",
        "query($yes: Boolean!) { viewer { id @include(if: $yes) } }",
        "query($first: Int! = 3) { tasks(first: $first) { nodes { id } } }",
        "{ __schema { types { name } } }",
        "{ __typename }",
        "{ tasks(first: 1) { totalCount } }",
        "{ tasks(first: 1) { nodes { timeline { at } } } }",
        "{ nothing }",
        "{ viewer { id ",
        "query A { viewer { id } } query B { viewer { id } }",
        f"{{ viewer {{ id }} }} #{'x' * 7000}",
        "{ viewer { id } } fragment unused on Viewer { id }",
        f"{{ viewer {{ {' '.join(f'a{n}: id' for n in range(51))} }} }}",
    ],
)
def test_what_is_out_of_the_ordinary_goes_the_long_way(schema: SignoffSchema, query: str) -> None:
    assert schema.plans.get(query, None) is None


@pytest.mark.parametrize("digits", [400, 5_000])
async def test_numbers_beyond_all_bounds_are_refused_in_the_librarys_words(
    schema: SignoffSchema, commands: Commands, digits: int
) -> None:
    score = f'{{name: "tone", value: 1{"0" * digits}}}'
    query = f'mutation {{ rateTask(input: {{taskId: "x", scores: [{score}]}}) {{ __typename }} }}'
    mine, theirs = await both(schema, commands, ANNA, query, {})
    assert mine is None
    assert theirs["errors"] or theirs["data"]["rateTask"] == {"__typename": "InvalidInput"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($first: Int) { tasks(first: $first) { nodes { id } } }", {"first": None}),
        ("query($by: [StatsKey!]) { feedbackStats(groupBy: $by) { tasks } }", {"by": None}),
        ('query($wait: Duration) { awaitTask(id: "x", wait: $wait) { id } }', {"wait": None}),
    ],
)
async def test_null_where_an_argument_has_a_default_but_no_null_is_refused_in_the_librarys_words(
    schema: SignoffSchema, commands: Commands, query: str, variables: dict[str, Any]
) -> None:
    assert schema.plans.get(query, None), "a nullable variable may stand for such an argument"
    mine, theirs = await both(schema, commands, WORKFLOW, query, variables)
    assert mine is None
    assert "not to be None" in theirs["errors"][0]["message"]


def test_a_fault_in_making_a_plan_leaves_the_long_way(schema: SignoffSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema.plans, "_planned", lambda *_: 1 / 0)
    assert schema.plans.get("{ viewer { id groups name: id } }", None) is None


def test_a_long_name_of_an_operation_is_not_kept(schema: SignoffSchema) -> None:
    before = len(schema.plans._plans)
    assert schema.plans.get("{ viewer { id } }", "x" * 1_000_000) is None
    assert len(schema.plans._plans) == before


def test_each_operation_of_a_document_has_a_plan_of_its_own(schema: SignoffSchema) -> None:
    query = 'query Who { viewer { id } } mutation Cancel { cancelRun(workflow: "a", runId: "b") }'
    for _ in range(2):
        kept = {name: schema.plans.get(query, name) for name in ("Who", "Cancel", "Nobody", None)}
        assert {name: plan and plan.key for name, plan in kept.items()} == {
            "Who": "viewer",
            "Cancel": "cancelRun",
            "Nobody": None,
            None: None,
        }


def test_so_many_plans_are_kept_and_those_that_were_asked_for_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_PLANS", 3)
    kept = make_schema().plans
    first, second, third, fourth = (f"{{ viewer {{ a{n}: id }} }}" for n in range(4))
    plan = kept.get(first, None)
    assert plan
    for query in (second, third, first, fourth):
        assert kept.get(query, None)
    assert kept.get(first, None) is plan
    assert [query for query, _ in kept._plans] == [third, fourth, first]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["reviewer", "a"]), inner, max_size=2),
    max_leaves=5,
)
FIELDS = st.dictionaries(st.sampled_from([*QUESTION, "labels", "answerSchema", "separationOfDuties", "no"]), JSON)


@given(changed=FIELDS, dropped=st.sets(st.sampled_from(list(QUESTION))), whole=st.none() | JSON)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_arguments_are_those_of_the_long_way_or_the_long_way_is_gone(
    schema: SignoffSchema, monkeypatch: pytest.MonkeyPatch, changed: Any, dropped: set[str], whole: Any
) -> None:
    """Any JSON at all for any part of the input: what a resolver is given is the same, where it is called at all."""
    seen: list[Any] = []
    plan = schema.plans.get(OPEN, None)
    assert plan
    question = {name: value for name, value in {**QUESTION, **changed}.items() if name not in dropped}
    variables = {"input": question if whole is None else whole}
    try:
        mine = plan.arguments(variables)["input"].request()
    except Unusual:
        return

    async def record(_: Any, __: Principal, request: Any) -> Any:
        seen.append(request)
        raise ValueError

    monkeypatch.setattr("app.graphql.mutations.open_task", record)
    # `record` stands where commands would be asked for: there are none.
    context = Context(commands=None, caller=WORKFLOW)  # type: ignore[arg-type]
    await schema.execute(OPEN, variable_values=variables, context_value=context)
    assert seen == [mine]


def test_fields_are_collected_in_the_order_in_which_they_first_come(schema: SignoffSchema) -> None:
    from graphql import parse

    document = parse("{ a: id ...v b: groups } fragment v on Viewer { roles a: id ... { workspace } }")
    fragments = {"v": document.definitions[1]}
    viewer = schema._schema.type_map["Viewer"]
    # What kinds of nodes these are, the text just parsed says.
    found = collect(schema._schema, viewer, [document.definitions[0].selection_set], fragments)  # type: ignore
    assert list(found) == ["a", "roles", "workspace", "b"]
    assert len(found["a"]) == 2
