"""From what a resolver gives to what is answered: a function made once for each selection of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
)

Complete = Callable[[Any], Any]


class Unplanned(Exception):
    """Nothing that a plan covers: the plain way is to run it."""


class Completing:
    """The selections of one document, which is valid."""

    def __init__(self, schema: Any, document: DocumentNode) -> None:
        self._schema = schema._schema
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def of(self, type_: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Complete:
        """Completes values of this type, of which `nodes` select. Raises Unplanned."""
        match type_:
            case GraphQLNonNull():
                plain = _PLAIN.get(getattr(type_.of_type, "name", ""))
                complete = _not_null(self.of(type_.of_type, nodes), type_)
                return complete if plain is None else _quick(plain, complete)
            case GraphQLList():
                return _list(self.of(type_.of_type, nodes))
            case GraphQLEnumType():
                return _enum(type_)
            case GraphQLScalarType():
                return _scalar(type_)
            case GraphQLObjectType():
                return _nullable(self._object(type_, nodes))
            case GraphQLUnionType() | GraphQLInterfaceType():
                return self._abstract(type_, nodes)
        raise Unplanned

    def collect(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields that are selected of an object of this type, by response key, in their order."""
        found: dict[str, list[FieldNode]] = {}
        for selections in sets:
            self._collect(type_, selections, found, set())
        return found

    def _collect(
        self, type_: GraphQLObjectType, selections: SelectionSetNode, found: dict[str, list[FieldNode]], seen: set[str]
    ) -> None:
        for node in selections.selections:
            if node.directives:
                raise Unplanned
            match node:
                case FieldNode():
                    key = node.alias.value if node.alias else node.name.value
                    found.setdefault(key, []).append(node)
                case InlineFragmentNode():
                    if node.type_condition is None or self._is(type_, node.type_condition.name.value):
                        self._collect(type_, node.selection_set, found, seen)
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    if fragment.directives or getattr(fragment, "variable_definitions", None):
                        raise Unplanned
                    if node.name.value not in seen and self._is(type_, fragment.type_condition.name.value):
                        seen.add(node.name.value)
                        self._collect(type_, fragment.selection_set, found, seen)

    def _is(self, type_: GraphQLObjectType, condition: str) -> bool:
        named = self._schema.type_map[condition]
        return named is type_ or (not isinstance(named, GraphQLObjectType) and self._schema.is_sub_type(named, type_))

    def _object(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Complete:
        constant: dict[str, Any] = {}
        fields: list[tuple[str, str, Complete | None]] = []
        for key, selected in self.collect(type_, [n.selection_set for n in nodes if n.selection_set]).items():
            name = selected[0].name.value
            if name == "__typename":
                constant[key] = type_.name
                fields.append((key, "__class__", _always(type_.name)))
                continue
            field = type_.fields.get(name)
            definition = field and field.extensions.get("strawberry-definition")
            if field is None or definition is None or definition.base_resolver or any(n.arguments for n in selected):
                raise Unplanned
            complete = self.of(field.type, selected)
            fields.append((key, definition.python_name, None if complete is _as_it_is else complete))

        def completed(value: Any) -> dict[str, Any]:
            return {
                key: getattr(value, name) if complete is None else complete(getattr(value, name))
                for key, name, complete in fields
            }

        return completed

    def _abstract(self, type_: GraphQLUnionType | GraphQLInterfaceType, nodes: Sequence[FieldNode]) -> Complete:
        by_class: Mapping[type, Complete] = {
            possible.extensions["strawberry-definition"].origin: self._object(possible, nodes)
            for possible in self._schema.get_possible_types(type_)
        }

        def completed(value: Any) -> Any:
            return None if value is None else by_class[type(value)](value)

        return completed


def _as_it_is(value: Any) -> Any:
    return value


def _always(text: str) -> Complete:
    return lambda _: text


def _nullable(complete: Complete) -> Complete:
    return lambda value: None if value is None else complete(value)


_PLAIN: dict[str, type] = {"String": str, "ID": str, "Boolean": bool, "Int": int}
"""Scalars whose values mostly are what they are written as; an Int's range is held by the database's own."""


def _quick(plain: type, complete: Complete) -> Complete:
    return lambda value: value if type(value) is plain else complete(value)


def _not_null(complete: Complete, type_: GraphQLNonNull[Any]) -> Complete:
    def completed(value: Any) -> Any:
        if value is None:
            raise TypeError(f"Cannot return null for a field of type {type_}.")
        return complete(value)

    return completed


def _list(complete: Complete) -> Complete:
    def completed(value: Any) -> Any:
        return None if value is None else [complete(each) for each in value]

    return completed


def _enum(type_: GraphQLEnumType) -> Complete:
    names: dict[Any, Any] = {None: None}

    def completed(value: Any) -> Any:
        if value not in names:
            names[value] = type_.serialize(value)
        return names[value]

    return completed


def _scalar(type_: GraphQLScalarType) -> Complete:
    serialize = type_.serialize

    def completed(value: Any) -> Any:
        return None if value is None else serialize(value)

    return completed
