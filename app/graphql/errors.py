"""What is told of errors that are not part of a result: refusals as they are, surprises masked and logged."""

from __future__ import annotations

import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError

from app.domain.errors import Refusal

_log = structlog.get_logger()

# The last: the request names an operation that its document has not. It comes in an error only over WebSocket.
_EXPECTED = (Refusal, GraphQLError, CannotGetOperationTypeError)


def is_surprise(error: GraphQLError) -> bool:
    """Whether this is neither a refusal nor a mistake in the request."""
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error:
        original = original.original_error
    return original is not None and not isinstance(original, _EXPECTED)


def masked(error: GraphQLError) -> GraphQLError:
    """`error` as a caller is told of it; a surprise is logged, and hidden."""
    if not is_surprise(error):
        return error
    _log.error("surprise", path=error.path, exc_info=error.original_error)
    return GraphQLError(
        "Internal error. It has been logged.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL"},
    )


def internal(error: Exception) -> GraphQLError:
    """What a caller is told of a fault outside of any operation, which is logged."""
    return masked(GraphQLError("", original_error=error))


class MaskSurprises(MaskErrors):
    """Logs what nobody expected and tells the caller only that it happened."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=is_surprise)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        return masked(error)
