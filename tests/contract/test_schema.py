"""The generated schema is the one that is checked in, says what everything is, and fits the pictures in docs/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    lexicographic_sort_schema,
    print_schema,
)
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from app.domain.event import TIMEOUT_ACTOR
from app.domain.reassigning import ABSENCE_ACTOR
from app.domain.task import TaskStatus
from app.graphql.results import OpenTaskSuccess
from app.graphql.schema import make_schema
from app.graphql.shown import Shown
from app.graphql.types import Task

ROOT = Path(__file__).parents[2]


def test_schema_graphql_is_the_schema_that_is_served() -> None:
    assert (ROOT / "schema.graphql").read_text() == f"{make_schema()}\n", "./run fix writes it anew"


def test_introspection_tells_the_schema_that_is_served() -> None:
    """What a client, or what generates one, asks first; every default in it too."""
    told = build_client_schema(introspection_from_schema(make_schema()._schema, input_value_deprecation=True))
    written = build_schema((ROOT / "schema.graphql").read_text())
    assert print_schema(lexicographic_sort_schema(told)) == print_schema(lexicographic_sort_schema(written))


def test_everything_has_a_description() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    own = [t for t in schema.type_map.values() if not t.name.startswith("__")]
    lacking = [name for type_ in own for name, description in _described(type_) if not description]
    # GraphQL's own scalars are described by GraphQL.
    assert lacking == []


@pytest.mark.parametrize("shown", [Task, OpenTaskSuccess])
def test_every_field_is_made_of_something(shown: type[Shown]) -> None:
    fields = make_schema()._schema.type_map[shown.__name__].fields.values()  # type: ignore[attr-defined]
    definitions = [field.extensions["strawberry-definition"] for field in fields]
    assert {d.python_name for d in definitions if d.base_resolver is None} == set(shown.PARTS)


def test_everybody_who_acts_and_is_nobody_is_named() -> None:
    told = make_schema()._schema.type_map["TaskEvent"].fields["actor"].description  # type: ignore[attr-defined]
    assert set(re.findall(r"'(system:\w+)'", told)) == {TIMEOUT_ACTOR, ABSENCE_ACTOR}


def _described(type_: GraphQLNamedType) -> list[tuple[str, str | None]]:
    found = [(type_.name, type_.description)]
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in type_.fields.items():
            found.append((f"{type_.name}.{name}", field.description))
            found += [(f"{type_.name}.{name}({arg}:)", a.description) for arg, a in field.args.items()]
    elif isinstance(type_, GraphQLInputObjectType):
        found += [(f"{type_.name}.{name}", field.description) for name, field in type_.fields.items()]
    elif isinstance(type_, GraphQLEnumType):
        found += [(f"{type_.name}.{name}", value.description) for name, value in type_.values.items()]
    return found


def test_the_states_are_the_same_in_code_database_and_picture() -> None:
    states = {status.value for status in TaskStatus}
    migration = (ROOT / "app/store/migrations/0001_start.sql").read_text()
    check = re.search(r"CHECK \(status IN \(([^)]*)\)\)", migration)
    assert check
    assert set(re.findall(r"\w+", check[1])) == states
    picture = re.search(r"```mermaid(.*?)```", (ROOT / "docs/states.md").read_text(), re.DOTALL)
    assert picture
    assert set(re.findall(r"\b[A-Z]{4,}\b", picture[1])) >= states
