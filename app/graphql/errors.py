"""What is told of errors that are not part of a result: refusals as they are, surprises masked and logged."""

from __future__ import annotations

import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError

from app.domain.errors import Refusal
from app.domain.text import in_short

_log = structlog.get_logger()

# The last: the request names an operation that its document has not. It comes in an error only over WebSocket.
_EXPECTED = (Refusal, GraphQLError, CannotGetOperationTypeError)


def is_surprise(error: GraphQLError) -> bool:
    """Whether this is neither a refusal nor a mistake in the request."""
    original = _original(error)
    return original is not None and not isinstance(original, _EXPECTED)


def _original(error: GraphQLError) -> Exception | None:
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error:
        original = original.original_error
    return original


def masked(error: GraphQLError) -> GraphQLError:
    """`error` as a caller is told of it; a surprise is logged, and hidden; what a library says is cut short."""
    if not is_surprise(error):
        return error if isinstance(_original(error), Refusal) else _in_short(error)
    _log.error("surprise", path=error.path, exc_info=error.original_error)
    return GraphQLError(
        "Internal error. It has been logged.",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL"},
    )


def _in_short(error: GraphQLError) -> GraphQLError:
    """It may quote what a caller has sent, however long that is."""
    message = in_short(error.message)
    if message == error.message:
        return error
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, error.original_error, error.extensions
    )


def internal(error: Exception) -> GraphQLError:
    """What a caller is told of a fault outside of any operation, which is logged."""
    return masked(GraphQLError("", original_error=error))


class MaskSurprises(MaskErrors):
    """Logs what nobody expected and tells the caller only that it happened; all else is told in short."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        return masked(error)
