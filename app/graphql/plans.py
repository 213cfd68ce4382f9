"""Documents compiled to plans: what Strawberry and graphql-core find out anew for each request, found out once.

A plan is made of a document that the plain way has run, so it was parsed, validated and within the limits. It covers
the usual: one root field, arguments given by variables, plain attributes selected. For all else, and for variables that
are not exactly right, there is no plan, and the plain way runs or says what is wrong. What a plan answers is the same
to the byte; tests/integration/test_plans.py holds the two equal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import MISSING, dataclass
from typing import Any, cast

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    located_error,
    parse,
)
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from app.graphql.completing import Complete, Completing, Unplanned
from app.graphql.context import Context
from app.graphql.errors import MaskSurprises
from app.graphql.limits import PARSE_OPTIONS

Convert = Callable[[Any], Any]


@dataclass(slots=True)
class _Info:
    """As much of Strawberry's Info as the root resolvers here use."""

    context: Context


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable that becomes an argument of the root field."""

    name: str
    argument: str
    required: bool
    convert: Convert


@dataclass(frozen=True, slots=True)
class Plan:
    """One operation, ready to run."""

    key: str
    nullable: bool
    resolve: Callable[..., Awaitable[Any]]
    variables: tuple[_Variable, ...]
    handlers: tuple[tuple[tuple[type[Exception], ...], Any], ...]
    field: StrawberryField
    node: FieldNode
    complete: Complete

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The root field's arguments. Raises Unplanned where the plain way has to look at the variables."""
        arguments: dict[str, Any] = {}
        for variable in self.variables:
            if variable.name in given:
                arguments[variable.argument] = variable.convert(given[variable.name])
            elif variable.required:
                raise Unplanned
        return arguments

    async def run(self, context: Context, arguments: Mapping[str, Any]) -> ExecutionResult:
        """What the plain way would answer."""
        info = _Info(context)
        try:
            try:
                found = await self.resolve(None, info=info, **arguments)
            except Exception as error:
                found = self._handled(error, info)
            return ExecutionResult({self.key: self.complete(found)}, None)
        except Exception as error:
            located = located_error(error, [self.node], Path(None, self.key, None).as_list())
            shown = MaskSurprises().masked(located)
            return ExecutionResult({self.key: None} if self.nullable else None, [shown])

    def _handled(self, error: Exception, info: _Info) -> Any:
        for kinds, handler in self.handlers:
            if isinstance(error, kinds):
                return handler.handle(error, field=self.field, info=info)
        raise error


class Plans:
    """The plans of one schema, at most `most` of them, of documents of at most `longest` characters."""

    def __init__(self, schema: Any, *, most: int, longest: int) -> None:
        self._schema = schema
        self._most = most
        self._longest = longest
        self._plans: dict[tuple[str, str | None], Plan | None] = {}

    def find(self, query: str, operation_name: str | None) -> Plan | None:
        return self._plans.get((query, operation_name))

    def learn(self, query: str, operation_name: str | None) -> None:
        """Makes a plan of a document that the plain way has run without an error."""
        key = (query, operation_name)
        if key in self._plans or len(query) > self._longest:
            return
        if len(self._plans) >= self._most:
            del self._plans[next(iter(self._plans))]
        try:
            self._plans[key] = self._plan(query, operation_name)
        except Unplanned:
            self._plans[key] = None

    def _plan(self, query: str, operation_name: str | None) -> Plan:
        document = parse(query, **PARSE_OPTIONS)
        completing = Completing(self._schema, document)
        operation = _operation(document.definitions, operation_name)
        root = self._root(operation)
        [(key, nodes)] = _one(completing.collect(root, [operation.selection_set]))
        node = nodes[0]
        field = root.fields.get(node.name.value)
        if field is None or len(nodes) > 1:
            raise Unplanned
        definition: StrawberryField = field.extensions["strawberry-definition"]
        if definition.base_resolver is None or not definition.is_async or definition.permission_classes:
            raise Unplanned
        return Plan(
            key=key,
            nullable=not isinstance(field.type, GraphQLNonNull),
            resolve=cast("Callable[..., Awaitable[Any]]", definition.base_resolver.wrapped_func),
            variables=self._variables(operation, node, field.args),
            handlers=self._schema.schema_converter._get_field_exception_handlers(definition),
            field=definition,
            node=node,
            complete=completing.of(field.type, [node]),
        )

    def _root(self, operation: OperationDefinitionNode) -> GraphQLObjectType:
        core = self._schema._schema
        root = {OperationType.QUERY: core.query_type, OperationType.MUTATION: core.mutation_type}.get(
            operation.operation
        )
        if root is None or operation.directives:
            raise Unplanned
        return root  # type: ignore[no-any-return]

    def _variables(
        self, operation: OperationDefinitionNode, node: FieldNode, args: Mapping[str, Any]
    ) -> tuple[_Variable, ...]:
        """The arguments, each a variable of exactly its type and without a default of the operation's own."""
        declared = {d.variable.name.value: d for d in operation.variable_definitions or ()}
        used: list[_Variable] = []
        for given in node.arguments or ():
            argument = args[given.name.value]
            if not isinstance(given.value, VariableNode):
                raise Unplanned
            name = given.value.name.value
            variable = declared.pop(name, None)
            if variable is None or variable.default_value or variable.directives:
                raise Unplanned
            type_: GraphQLInputType = argument.type
            needed = isinstance(type_, GraphQLNonNull)
            if _written(variable.type) not in {str(type_), f"{type_}!"}:
                raise Unplanned
            required = needed or _written(variable.type).endswith("!")
            convert = _convert(type_)
            used.append(
                _Variable(
                    name,
                    argument.extensions["strawberry-definition"].python_name,
                    required,
                    _not_null(convert) if required else convert,
                )
            )
        if declared:  # one that is used elsewhere, or not at all: the plain way says which
            raise Unplanned
        return tuple(used)


def _operation(definitions: Any, name: str | None) -> OperationDefinitionNode:
    found = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
    if name is not None:
        found = [d for d in found if d.name and d.name.value == name]
    if len(found) != 1:
        raise Unplanned
    return found[0]


def _one(collected: Mapping[str, list[FieldNode]]) -> list[tuple[str, list[FieldNode]]]:
    if len(collected) != 1:
        raise Unplanned
    return list(collected.items())


def _written(node: Any) -> str:
    """A type as it stands in a document."""
    match node.kind:
        case "non_null_type":
            return f"{_written(node.type)}!"
        case "list_type":
            return f"[{_written(node.type)}]"
    return str(node.name.value)


def _not_null(convert: Convert) -> Convert:
    def converted(value: Any) -> Any:
        if value is None:
            raise Unplanned
        return convert(value)

    return converted


def _convert(type_: GraphQLInputType) -> Convert:
    """From a variable's JSON to what the resolver takes, in one go; what is not exactly right raises Unplanned."""
    match type_:
        case GraphQLNonNull():
            return _not_null(_convert(type_.of_type))
        case GraphQLList():
            return _list(_convert(type_.of_type))
        case GraphQLEnumType():
            return _enum(type_)
        case GraphQLScalarType():
            return _scalar(type_)
        case GraphQLInputObjectType():
            return _input(type_)
    raise Unplanned


def _list(convert: Convert) -> Convert:
    def converted(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise Unplanned
        return [convert(each) for each in value]

    return converted


def _enum(type_: GraphQLEnumType) -> Convert:
    values = {name: type_.parse_value(name) for name in type_.values}

    def converted(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, str) or value not in values:
            raise Unplanned
        return values[value]

    return converted


def _scalar(type_: GraphQLScalarType) -> Convert:
    parse_value = type_.parse_value

    def converted(value: Any) -> Any:
        if value is None:
            return None
        try:
            return parse_value(value)
        except (GraphQLError, ValueError, TypeError) as error:
            raise Unplanned from error

    def text(value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        raise Unplanned

    return text if type_.name in ("String", "ID", "Duration", "Cursor") else converted


def _input(type_: GraphQLInputObjectType) -> Convert:
    definition = type_.extensions["strawberry-definition"]
    if definition.from_input is not None or type_.is_one_of:
        raise Unplanned
    fields: dict[str, tuple[str, Convert]] = {}
    required: set[str] = set()
    absent: dict[str, None] = {}
    by_python_name = {f.extensions["strawberry-definition"].python_name: n for n, f in type_.fields.items()}
    for field in definition.fields:
        name = by_python_name[field.python_name]
        fields[name] = (field.python_name, _convert(type_.fields[name].type))
        if field.default_value is MISSING and field.default_factory is MISSING:
            absent[field.python_name] = None
            if isinstance(type_.fields[name].type, GraphQLNonNull):
                required.add(name)
    make = definition.origin

    def converted(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict) or not required <= value.keys():
            raise Unplanned
        given: dict[str, Any] = dict(absent)
        for name, each in value.items():
            if name not in fields:
                raise Unplanned
            python_name, convert = fields[name]
            given[python_name] = convert(each)
        return make(**given)

    return converted
