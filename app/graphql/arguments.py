"""From a request's variables to the arguments of a resolver, by functions made once a document (see plans.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    is_list_type,
    is_non_null_type,
    type_from_ast,
    value_from_ast_untyped,
)

LARGEST_INT = 2**31

Arguments = Callable[[Mapping[str, Any]], dict[str, Any]]
Coerce = Callable[[Any], Any]


class Unusual(Exception):
    """Something that the long way through Strawberry is for; it also says what is wrong, where anything is."""


def arguments_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, node: FieldNode, field: GraphQLField
) -> Arguments:
    """The function that makes `field`'s arguments of the operation's variables. Raises Unusual, now or then."""
    names = {a.graphql_name or _camel(a.python_name): a.python_name for a in _definition(field).arguments}
    types = {v.variable.name.value: type_from_ast(schema, v.type) for v in operation.variable_definitions or ()}
    if any(v.default_value or v.directives for v in operation.variable_definitions or ()):
        raise Unusual
    from_variables: list[tuple[str, str, Coerce, bool]] = []
    fixed: dict[str, Any] = {}
    for argument in node.arguments or ():
        python_name, value = names[argument.name.value], argument.value
        if isinstance(value, VariableNode):
            type_ = types[value.name.value]
            wanted = field.args[argument.name.value].type
            required = is_non_null_type(type_) or is_non_null_type(wanted)
            # A variable that may be null may stand for an argument that may not, where that has a default.
            coerce = _not_null(coercer(type_)) if required else coercer(type_)
            from_variables.append((value.name.value, python_name, coerce, required))
        else:
            fixed[python_name] = coercer(field.args[argument.name.value].type)(_literal(value))
    used = {name for name, *_ in from_variables}
    checked = [(name, coercer(type_)) for name, type_ in types.items() if name not in used]

    def arguments(variables: Mapping[str, Any]) -> dict[str, Any]:
        made = dict(fixed)
        for name, python_name, coerce, required in from_variables:
            if name in variables:
                made[python_name] = coerce(variables[name])
            elif required:
                raise Unusual
        for name, coerce in checked:  # not used by the field, but held to their types all the same
            coerce(variables.get(name))
        return made

    return arguments


def _literal(value: Any) -> Any:
    """A value written into the document, as JSON would have it. Raises Unusual where it holds variables or words."""
    match value.kind:
        case "list_value":
            return [_literal(each) for each in value.values]
        case "object_value":
            return {f.name.value: _literal(f.value) for f in value.fields}
        case "variable":
            raise Unusual
        case "enum_value":
            return value.value
    try:
        return value_from_ast_untyped(value)
    except ValueError:  # a number of thousands of digits
        raise Unusual from None


def coercer(type_: Any) -> Coerce:
    """The function that takes a value as JSON for a value of `type_`. It raises Unusual where that is not one."""
    if is_non_null_type(type_):
        return _not_null(coercer(type_.of_type))
    if is_list_type(type_):
        return _nullable(_list(coercer(type_.of_type)))
    if isinstance(type_, GraphQLInputObjectType):
        return _nullable(_object(type_))
    if isinstance(type_, GraphQLEnumType):
        return _nullable(_enum(type_))
    if isinstance(type_, GraphQLScalarType):
        return _nullable(_SCALARS.get(type_.name) or _own_scalar(type_))
    raise Unusual


def _not_null(coerce: Coerce) -> Coerce:
    def not_null(value: Any) -> Any:
        if value is None:
            raise Unusual
        return coerce(value)

    return not_null


def _nullable(coerce: Coerce) -> Coerce:
    return lambda value: None if value is None else coerce(value)


def _list(coerce: Coerce) -> Coerce:
    def as_list(value: Any) -> Any:
        if type(value) is not list:
            raise Unusual
        return [coerce(each) for each in value]

    return as_list


def _object(type_: GraphQLInputObjectType) -> Coerce:
    """An instance of Strawberry's class; what is left out has that class's default, which the schema shows as well."""
    origin = type_.extensions["strawberry-definition"].origin
    known: dict[str, tuple[str, Coerce]] = {}
    required: list[str] = []

    def instance(value: Any) -> Any:
        if type(value) is not dict:
            raise Unusual
        try:
            given = {known[name][0]: known[name][1](each) for name, each in value.items()}
        except KeyError:
            raise Unusual from None
        for name in required:
            if name not in value:
                raise Unusual
        return origin(**given)

    # Filled in after: an input object may hold itself.
    for name, field in type_.fields.items():
        known[name] = (_definition(field).python_name, coercer(field.type))
        if is_non_null_type(field.type) and not _has_default(_definition(field)):
            required.append(name)
    return instance


def _has_default(definition: Any) -> bool:
    return definition.default is not MISSING or definition.default_factory is not MISSING


def _enum(type_: GraphQLEnumType) -> Coerce:
    members = {member.name: member for member in type_.extensions["strawberry-definition"].wrapped_cls}

    def member(value: Any) -> Any:
        if type(value) is not str or value not in members:
            raise Unusual
        return members[value]

    return member


def _own_scalar(type_: GraphQLScalarType) -> Coerce:
    def own(value: Any) -> Any:
        try:
            return type_.parse_value(value)
        except Exception:
            raise Unusual from None

    return own


def _exactly(*types: type, fits: Callable[[Any], bool] = lambda _: True) -> Coerce:
    def exact(value: Any) -> Any:
        if type(value) not in types or not fits(value):
            raise Unusual
        return value

    return exact


def _float(value: Any) -> Any:
    try:
        number = float(_exactly(int, float)(value))
    except OverflowError:
        raise Unusual from None
    if not math.isfinite(number):
        raise Unusual
    return number


_SCALARS: dict[str, Coerce] = {
    "String": _exactly(str),
    "Boolean": _exactly(bool),
    "Int": _exactly(int, fits=lambda value: -LARGEST_INT <= value < LARGEST_INT),
    "Float": _float,
    "ID": _exactly(str),
}


def _definition(field: Any) -> Any:
    return field.extensions["strawberry-definition"]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
