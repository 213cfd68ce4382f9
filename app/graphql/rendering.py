"""From a resolver's result to the JSON that was asked for, by functions made once a document (see plans.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from app.graphql.arguments import Unusual

Render = Callable[[Any], Any] | None
"""None: the value as it is."""
Fragments = Mapping[str, FragmentDefinitionNode]

AS_IT_IS = frozenset({"String", "Int", "Float", "Boolean", "ID", "JSON", "Duration", "Cursor", "DateTime"})
"""Scalars whose Python values are their JSON, or are written by orjson as by their `serialize`: times, all in UTC."""


def renderer(schema: GraphQLSchema, type_: Any, nodes: Sequence[FieldNode], fragments: Fragments) -> Render:
    """The function that makes JSON of a value of `type_`, as `nodes` (one field, perhaps several times) select it.

    Raises Unusual where a field has a resolver of its own, or a scalar is not among those. That no null stands where
    the schema allows none, the types of our own code say.
    """
    if is_non_null_type(type_):
        return renderer(schema, type_.of_type, nodes, fragments)
    if is_list_type(type_):
        return _list(renderer(schema, type_.of_type, nodes, fragments))
    if is_leaf_type(type_):
        return _leaf(type_)
    selections = [node.selection_set for node in nodes if node.selection_set]
    by_class = {
        possible.extensions["strawberry-definition"].origin: _object(schema, possible, selections, fragments)
        for possible in (schema.get_possible_types(type_) if is_abstract_type(type_) else [type_])
    }
    return lambda value: None if value is None else by_class[type(value)](value)


def _list(each: Render) -> Render:
    return each and (lambda values: None if values is None else [each(value) for value in values])


def _leaf(type_: Any) -> Render:
    if is_enum_type(type_):
        members = type_.extensions["strawberry-definition"].wrapped_cls
        return {None: None, **{member: member.name for member in members}}.__getitem__
    if type_.name not in AS_IT_IS:
        raise Unusual
    return None


def _object(
    schema: GraphQLSchema, type_: GraphQLObjectType, selections: Sequence[SelectionSetNode], fragments: Fragments
) -> Callable[[Any], Any]:
    parts: list[tuple[str, Callable[[Any], Any], Render]] = []
    made_of: Mapping[str, Callable[[Any], Any]] = getattr(type_.extensions["strawberry-definition"].origin, "PARTS", {})
    for key, nodes in collect(schema, type_, selections, fragments).items():
        name = nodes[0].name.value
        if name == "__typename":
            parts.append((key, _always(type_.name), None))
            continue
        field = type_.fields[name]
        definition = field.extensions["strawberry-definition"]
        if definition.base_resolver is not None or nodes[0].arguments:
            raise Unusual
        render = renderer(schema, field.type, nodes, fragments)
        name = definition.python_name
        parts.append((key, made_of.get(name) or attrgetter(name), render))

    def rendered(source: Any) -> Any:
        return {key: get(source) if render is None else render(get(source)) for key, get, render in parts}

    return rendered


def _always(value: str) -> Callable[[Any], str]:
    return lambda _: value


def collect(
    schema: GraphQLSchema, type_: GraphQLObjectType, selections: Iterable[SelectionSetNode], fragments: Fragments
) -> dict[str, list[FieldNode]]:
    """The fields that `selections` ask of an object of `type_`, by their names in the answer, as they first come.

    After CollectFields of the GraphQL specification. Raises Unusual where there are directives.
    """
    found: dict[str, list[FieldNode]] = {}
    seen: set[str] = set()

    def visit(selection_set: SelectionSetNode) -> None:
        for node in selection_set.selections:
            if node.directives:
                raise Unusual
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or _applies(schema, condition.name.value, type_):
                    visit(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                fragment = fragments[node.name.value]
                if fragment.directives:
                    raise Unusual
                if node.name.value not in seen and _applies(schema, fragment.type_condition.name.value, type_):
                    seen.add(node.name.value)
                    visit(fragment.selection_set)

    for selection_set in selections:
        visit(selection_set)
    return found


def _applies(schema: GraphQLSchema, name: str, type_: GraphQLObjectType) -> bool:
    condition: GraphQLNamedType | None = schema.get_type(name)
    if condition is type_:
        return True
    return condition is not None and is_abstract_type(condition) and schema.is_sub_type(condition, type_)
