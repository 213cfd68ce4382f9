"""Documents made into plain functions: the short way of the requests that come again and again.

Strawberry and graphql-core interpret a document anew for each request, argument by argument and field by field; that
is most of what a mutation costs (docs/performance.md). Here a document is parsed and validated once, by the same rules,
and turned into two functions: one makes the resolver's arguments of the variables, one the answer of its result.

Whatever is out of the ordinary goes the long way through Strawberry: several fields at the root, directives, fields
with resolvers of their own, and above all any variable that is not as it should be, so that every error is the
library's own. tests/integration/test_plans.py holds the two ways equal.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    is_non_null_type,
    located_error,
    parse,
    validate,
)

from app.graphql.arguments import Arguments, Unusual, arguments_of
from app.graphql.context import Context
from app.graphql.errors import masked
from app.graphql.limits import PARSE_OPTIONS
from app.graphql.refusals import shown, typed_in
from app.graphql.rendering import Render, collect, renderer

_log = structlog.get_logger()

MOST_PLANS = 256
LONGEST_NAME = 255  # characters of an operation's name: it is part of what is kept


@dataclass(frozen=True, slots=True)
class SlimInfo:
    """All that our resolvers ask of Strawberry's Info."""

    context: Context


@dataclass(frozen=True, slots=True)
class Answer:
    """What an execution came to."""

    data: dict[str, Any] | None
    errors: list[GraphQLError] | None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One operation with one field at its root."""

    subscribes: bool
    key: str
    nodes: list[FieldNode]
    """The field; several where the document has it in parts."""
    nullable: bool
    typed: tuple[type[Exception], ...]
    resolve: Callable[..., Any]
    arguments: Arguments
    render: Render

    async def run(self, context: Context, variables: Mapping[str, Any]) -> Answer:
        """Executes the operation. Raises Unusual, with nothing done, where it must go the long way."""
        arguments = self.arguments(variables)
        try:
            result = await self.resolve(None, info=SlimInfo(context), **arguments)
        except self.typed as refusal:
            result = shown(refusal)
        except Exception as error:
            failed = masked(located_error(error, self.nodes, [self.key]))
            return Answer({self.key: None} if self.nullable else None, [failed])
        return Answer({self.key: self.render(result) if self.render else result}, None)

    def subscribe(self, context: Context, variables: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        """What a subscription's resolver yields. Raises Unusual where it must go the long way."""
        results: AsyncGenerator[Any, None] = self.resolve(None, info=SlimInfo(context), **self.arguments(variables))
        return results

    def text(self, result: Any) -> bytes:
        """A message as JSON, made once for all who are told the same by the same document."""
        texts: dict[Plan, bytes] = result.__dict__.setdefault(_TEXTS, {})
        if self not in texts:
            texts[self] = orjson.dumps({"data": {self.key: self.render(result) if self.render else result}})
        return texts[self]


_TEXTS = "_texts_by_plan"  # on what subscriptions yield: see Delivery.made


class Plans:
    """The plans of the documents that came last, by their text."""

    def __init__(self, schema: GraphQLSchema, rules: tuple[Any, ...], *, longest: int) -> None:
        self._schema = schema
        self._rules = rules
        self._longest = longest
        self._plans: OrderedDict[tuple[str, str | None], Plan | None] = OrderedDict()

    def get(self, query: str, operation_name: str | None) -> Plan | None:
        """The plan of a document's operation; None where it must go the long way."""
        if len(query) > self._longest or len(operation_name or "") > LONGEST_NAME:
            return None
        key = (query, operation_name)
        if key in self._plans:
            self._plans.move_to_end(key)
            return self._plans[key]
        plan = self._plans[key] = self._make(query, operation_name)
        if len(self._plans) > MOST_PLANS:
            self._plans.popitem(last=False)
        return plan

    def _make(self, query: str, operation_name: str | None) -> Plan | None:
        try:
            document = parse(query, **PARSE_OPTIONS)
            if validate(self._schema, document, self._rules, max_errors=1):
                return None
            operation = get_operation_ast(document, operation_name)
            return self._planned(document, operation) if operation else None
        except (GraphQLError, Unusual):
            return None
        except Exception:  # the long way knows nothing of whatever is wrong here
            _log.exception("no_plan", characters=len(query))
            return None

    def _planned(self, document: Any, operation: OperationDefinitionNode) -> Plan:
        if operation.directives:
            raise Unusual
        fragments = {d.name.value: d for d in document.definitions if d.kind == "fragment_definition"}
        root = self._schema.get_root_type(operation.operation)
        assert root  # the document is valid
        fields = collect(self._schema, root, [operation.selection_set], fragments)
        if len(fields) != 1:
            raise Unusual
        ((key, nodes),) = fields.items()
        field = root.fields.get(nodes[0].name.value)
        definition = field and field.extensions.get("strawberry-definition")
        if field is None or definition is None or definition.base_resolver is None:
            raise Unusual
        return Plan(
            subscribes=operation.operation is OperationType.SUBSCRIPTION,
            key=key,
            nodes=nodes,
            nullable=not is_non_null_type(field.type),
            typed=typed_in(field.type),
            resolve=definition.base_resolver.wrapped_func,
            arguments=arguments_of(self._schema, operation, nodes[0], field),
            render=renderer(self._schema, field.type, nodes, fragments),
        )
