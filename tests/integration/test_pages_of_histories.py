"""What each task of a page is asked for is read for all of them at once."""

from __future__ import annotations

from typing import Any

import pytest

from app.auth import Role
from app.deps import Deps
from app.domain.cancelling import cancel_task
from app.graphql.context import Context
from app.graphql.schema import make_schema
from app.service.commands import Commands
from app.service.read import list_timelines
from tests.factories import NOW, a_principal, a_workspace, an_opening

pytestmark = pytest.mark.anyio

TASKS = 100
PAGE = f"""{{ tasks(first: {TASKS}) {{ nodes {{ id
  history(first: 1) {{ nodes {{ type task {{ id }} }} pageInfo {{ hasNextPage endCursor }} }}
  timeline {{ type }} }} }} }}"""
BROKEN = """query($id: ID!) {
  good: task(id: $id) { history { nodes { type } } }
  bad: task(id: $id) { history(after: "x") { nodes { type } } }
  large: task(id: $id) { history(first: 201) { nodes { type } } }
}"""


async def test_histories_and_timelines_of_a_page_take_a_few_statements(
    deps: Deps, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_workspace(deps)
    openings = [an_opening() for _ in range(TASKS)]
    await deps.tasks.insert_many(openings)
    real, statements = deps.database.fetch, 0

    async def fetch(*given: Any) -> Any:
        nonlocal statements
        statements += 1
        return await real(*given)

    monkeypatch.setattr(deps.database, "fetch", fetch)
    context = Context(commands=commands, caller=a_principal(Role.ADMIN))
    page = await make_schema().execute(PAGE, context_value=context)
    assert not page.errors
    assert page.data
    nodes = page.data["tasks"]["nodes"]
    assert {node["id"] for node in nodes} == {str(opening.task.id) for opening in openings}
    for node in nodes:
        [event] = node["history"]["nodes"]
        assert (event["type"], event["task"]["id"]) == ("OPENED", node["id"])
        assert node["history"]["pageInfo"]["hasNextPage"]
        assert [step["type"] for step in node["timeline"]][:2] == ["OPENED", "ASSIGNED"]
    assert statements < TASKS / 5, "not one for each"


async def test_a_timeline_tells_of_its_task_as_it_was_read_and_of_nothing_since(deps: Deps) -> None:
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    later = cancel_task(opening.task, by="workflow", reason=None, now=NOW)
    await deps.tasks.save_many([later])
    before, after = await list_timelines(deps, [opening.task, later.task])
    assert [(step.type, step.planned) for step in before] == [("OPENED", False), ("ASSIGNED", False), ("EXPIRED", True)]
    assert [(step.type, step.planned) for step in after[-1:]] == [("CANCELLED", False)]


async def test_what_is_wrong_with_one_page_is_wrong_with_it_alone(deps: Deps, commands: Commands) -> None:
    await a_workspace(deps)
    opening = an_opening()
    await deps.tasks.insert_many([opening])
    context = Context(commands=commands, caller=a_principal(Role.ADMIN))
    found = await make_schema().execute(BROKEN, variable_values={"id": str(opening.task.id)}, context_value=context)
    refused = {str(error.path[0]): error.extensions for error in found.errors or () if error.path}
    assert refused.keys() == {"bad", "large"}
    assert all(extensions and extensions["code"] == "INVALID_INPUT" for extensions in refused.values())
    assert found.data
    assert [node["type"] for node in found.data["good"]["history"]["nodes"]] == ["OPENED", "ASSIGNED"]
    assert (found.data["bad"], found.data["large"]) == (None, None)
