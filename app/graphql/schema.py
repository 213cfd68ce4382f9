"""The schema that is served, and how a document is parsed, checked and run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

import strawberry
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLDefaultInput,
    GraphQLError,
    GraphQLSchema,
    GraphQLType,
    OperationDefinitionNode,
    Undefined,
    get_named_type,
    is_input_object_type,
    specified_rules,
    validate,
)
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types import ExecutionContext

from app.domain.text import in_short
from app.graphql.directory import DirectoryMutations
from app.graphql.errors import MaskSurprises
from app.graphql.inputs import OneOf
from app.graphql.limits import PARSE_OPTIONS, Limits, query_limits
from app.graphql.mutations import TaskMutations
from app.graphql.plans import Plans
from app.graphql.queries import Query
from app.graphql.refusals import HANDLERS
from app.graphql.scalars import SCALARS
from app.graphql.subscriptions import Subscription

CACHED_DOCUMENTS = 128
LONGEST_CACHED = 6_000  # characters; parsed, a document takes up to 400 times its size, and strangers may send many

_RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    query_limits(Limits()),
    MaybeNullValidationRule,  # these two are what Strawberry adds
    OneOfInputValidationRule,
)
MOST_ERRORS = 5


class _Names(NameConverter):
    """Strawberry's names, each made once: it makes every argument's anew for every request."""

    def __init__(self) -> None:
        super().__init__(auto_camel_case=True)
        # On the instance, so that the cache goes with the schema it is for.
        self.apply_naming_config = cache(super().apply_naming_config)  # type: ignore[method-assign]


class _Bounded(SchemaExtension):
    """Bounds what is parsed and what a document may ask for."""

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        # Strawberry's type knows one option of the parser, max_tokens; ours are the parser's own.
        context.parse_options = PARSE_OPTIONS  # type: ignore[assignment]
        yield


class _ShortParserCache(ParserCache):
    def on_parse(self) -> Iterator[None]:
        if len(self.execution_context.query or "") > LONGEST_CACHED:
            yield
        else:
            # Strawberry parses again what is not a document: clients are told its parser's errors, not an extension's.
            with suppress(GraphQLError):
                next(super().on_parse())
            yield


class _Validation(SchemaExtension):
    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        assert context.graphql_document
        check = _errors if len(context.query or "") > LONGEST_CACHED else _remembered_errors
        context.pre_execution_errors = list(check(context.schema._schema, context.graphql_document))
        yield


def _errors(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """What is wrong with a document, in short: each message may quote all of it, and making them takes long."""
    found = validate(schema, document, _RULES, max_errors=MOST_ERRORS)
    return [GraphQLError(in_short(error.message), error.nodes) for error in found]


_remembered_errors = lru_cache(maxsize=CACHED_DOCUMENTS)(_errors)


class _OneOperation(SchemaExtension):
    """Refuses several operations where none is named: Strawberry would run the first."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        assert context.graphql_document
        operations = [d for d in context.graphql_document.definitions if isinstance(d, OperationDefinitionNode)]
        if len(operations) > 1 and context._provided_operation_name is None and not context.pre_execution_errors:
            message = "Must provide operation name if query contains multiple operations."
            context.pre_execution_errors = [GraphQLError(message)]
        yield


@strawberry.type(description="What changes something.")
class Mutation(TaskMutations, DirectoryMutations):
    pass


class SignoffSchema(strawberry.Schema):
    """Strawberry's schema; errors are logged by MaskSurprises, once. `plans` are the short way past it."""

    plans: Plans

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None: ...


def make_schema() -> SignoffSchema:
    """The schema of Signoff."""
    extensions: list[Any] = [
        _Bounded,
        lambda: _ShortParserCache(maxsize=CACHED_DOCUMENTS),
        _Validation,
        _OneOperation,  # after validation, which would put its own result in the place of this one's
        MaskSurprises,
    ]
    schema = SignoffSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=extensions,
        exception_handlers=HANDLERS,
        config=StrawberryConfig(scalar_map=SCALARS, name_converter=_Names()),
    )
    _make_introspectable(schema._schema)
    schema.plans = Plans(schema._schema, _RULES, longest=LONGEST_CACHED)
    return schema


def _make_introspectable(schema: GraphQLSchema) -> None:
    """Lets introspection tell what schema.graphql does, where Strawberry's own would fail or be silent."""
    for type_ in filter(is_input_object_type, schema.type_map.values()):
        for field in type_.fields.values():
            # In Strawberry's form, a default that is a scalar's may be no object.
            if get_named_type(field.type).name == "JSON" and field.default_value is not Undefined:
                field.default = GraphQLDefaultInput(field.default_value)
    schema.type_map["__Type"].fields["isOneOf"].resolve = _is_one_of  # type: ignore[attr-defined]


def _is_one_of(type_: GraphQLType, _: object) -> bool | None:
    if not is_input_object_type(type_):
        return None
    return any(isinstance(each, OneOf) for each in type_.extensions["strawberry-definition"].directives or ())
