"""What one GraphQL document may ask for. Measured before any other rule looks at it, in time linear in its length.

Fragments make a document's length say little: forty fragments that each spread the next twice ask for 2^40 fields in
a kilobyte. So each operation and each fragment is read once, as its own numbers plus the spreads it holds, and the
spreads are then added up arithmetically, innermost first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Final, TypedDict

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from graphql.validation import ASTValidationRule, ValidationContext
from graphql.validation.validate import ValidationAbortedError

from app.domain.absence import MOST_ABSENCES
from app.service.calendars import MOST_CALENDARS
from app.service.read import MOST_GROUPS


class ParseOptions(TypedDict):
    """Keyword arguments for `graphql.parse`. How deep a document may be nested, the parser bounds by itself."""

    max_lexical_tokens: int
    max_source_length: int  # characters
    max_comments: int


PARSE_OPTIONS: Final[ParseOptions] = {
    "max_lexical_tokens": 10_000,
    "max_source_length": 512 * 1024,  # so that a context of 256 KiB may be written into the document
    "max_comments": 1_000,
}

ASSUMED_PAGE: Final = 50
"""How many nodes a page is taken to have whose size the document does not say, a variable's for instance."""
ASSUMED_LIST: Final = 100
"""How many entries an endless list is taken to have: as many as `app.domain.asking` allows assignees."""
UNPAGED_LISTS: Final = {
    ("Task", "timeline"): ASSUMED_PAGE,
    ("Query", "feedbackStats"): MOST_GROUPS,
    ("Query", "absences"): MOST_ABSENCES,
    ("Query", "calendars"): MOST_CALENDARS,
    ("Query", "apiKeys"): 1_000,
}
"""(type, field) of lists that come whole, without a `first`, and how many entries each is taken to have: as many as it
may, where that is bounded (absences are at one time, keys are not). A timeline, each step of which is reckoned when it
is asked for, foretells up to 121."""
ENOUGH: Final = 10**12
"""Numbers stop growing here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a document may come to. Depth is the longest path's; the others are sums over all its operations.

    cost: every field counts 1, times the size of each page, each endless list and each unpaged one that it is in.
    """

    depth: int = 15  # the standard introspection query is the deepest honest one, with 15
    aliases: int = 50
    directives: int = 50
    fields: int = 600  # beyond, one rule of graphql-core takes the square of it; all an answer can give has 414
    cost: int = 250_000  # 100 tasks with all they have, 50 events of history each, come to 236,000


@dataclass(slots=True)
class Size:
    """What a selection comes to, of each thing that `Limits` bounds."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    cost: int = 0

    def add(self, other: Size, *, below: int = 0, times: int = 1) -> None:
        """Put `other` in, `below` so many fields, for each of `times` nodes."""
        self.depth = max(self.depth, below + other.depth)
        self.aliases = min(self.aliases + other.aliases, ENOUGH)
        self.directives = min(self.directives + other.directives, ENOUGH)
        self.fields = min(self.fields + other.fields, ENOUGH)
        self.cost = min(self.cost + times * other.cost, ENOUGH)


@dataclass(frozen=True, slots=True)
class Spread:
    """`...name` below `depth` fields, for each of `times` nodes."""

    name: str
    depth: int
    times: int


@dataclass(slots=True)
class Part:
    """One operation or fragment: what it comes to without its spreads, and the spreads."""

    size: Size = field(default_factory=Size)
    spreads: list[Spread] = field(default_factory=list)


def query_limits(limits: Limits) -> type[ASTValidationRule]:
    """The validation rule that holds documents to `limits`."""

    class QueryLimits(ASTValidationRule):
        context: ValidationContext

        def enter_document(self, node: DocumentNode, *_: Any) -> None:
            # Ends the validation: the other rules' work can be the square of what is refused here.
            if problems := exceeded(measure(self.context.schema, node), limits):
                raise ValidationAbortedError(f"This document asks for too much: {'; '.join(problems)}.")

    return QueryLimits


def exceeded(size: Size, limits: Limits) -> list[str]:
    """One text for each limit that `size` is over: which, the number found and the number allowed."""
    pairs = ((limit.name, getattr(size, limit.name), getattr(limits, limit.name)) for limit in fields(limits))
    return [
        f"{name} {found:,}{' or more' if found == ENOUGH else ''}, at most {most:,} allowed"
        for name, found, most in pairs
        if found > most
    ]


def measure(schema: GraphQLSchema, document: DocumentNode) -> Size:
    """What `document` comes to with all its fragments, those that no operation uses too: other rules read them as well.

    A fragment cycle ends where it closes: that the document is invalid then, another rule says.
    """
    reader = _Reader(schema, document)
    roots: list[Part] = []
    fragments: dict[str, Part] = {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            roots.append(reader.read(definition, schema.get_root_type(definition.operation)))
        elif isinstance(definition, FragmentDefinitionNode):
            name = definition.name.value
            if name in fragments:  # an error, but the first one is read by other rules too
                roots.append(fragments[name])
            fragments[name] = reader.read(definition, schema.get_type(definition.type_condition.name.value))
    settled: dict[str, Size] = {}
    whole = Size()
    for root in roots:
        _settle((spread.name for spread in root.spreads), fragments, settled)
        whole.add(_with_spreads(root, settled))
    for name in fragments:
        if name not in settled:
            _settle([name], fragments, settled)
            whole.add(settled[name])
    return whole


def _settle(names: Iterable[str], fragments: dict[str, Part], settled: dict[str, Size]) -> None:
    """Put the size of each fragment that `names` lead to into `settled`, each after those that it spreads."""
    entered: set[str] = set()
    pending = [name for name in names if name in fragments]
    while pending:
        name = pending[-1]
        if name not in settled and name not in entered:
            entered.add(name)
            pending += [s.name for s in fragments[name].spreads if s.name in fragments and s.name not in entered]
            continue
        pending.pop()
        if name not in settled:
            settled[name] = _with_spreads(fragments[name], settled)


def _with_spreads(part: Part, settled: dict[str, Size]) -> Size:
    size = Size()
    size.add(part.size)
    for spread in part.spreads:
        if spread.name in settled:  # else unknown, or a cycle closes here
            size.add(settled[spread.name], below=spread.depth, times=spread.times)
    return size


@lru_cache(maxsize=8)
def endless_lists(schema: GraphQLSchema) -> frozenset[tuple[str, str]]:
    """(type, field) of every list that can hold itself again further down: Task.assignments, through Assignment.task.

    Such a list multiplies with every level of nesting. A page's list is not among them, for the page's size has been
    counted where `first` is; nor are introspection's, which a rule of graphql-core bounds.
    """
    types = [t for t in schema.type_map.values() if is_composite_type(t) and not t.name.startswith("__")]
    pages: set[str] = set()
    lists: list[tuple[str, str, str]] = []
    leads: dict[str, set[str]] = {t.name: set() for t in types}
    for parent in types:
        if is_abstract_type(parent):
            leads[parent.name] |= {t.name for t in schema.get_possible_types(parent)}
        if is_object_type(parent) or is_interface_type(parent):
            leads[parent.name] |= {t.name for t in parent.interfaces}
            for name, found in parent.fields.items():
                inner = get_named_type(found.type).name
                if inner not in leads:
                    continue
                leads[parent.name].add(inner)
                if "first" in found.args:
                    pages.add(inner)
                elif is_list_type(get_nullable_type(found.type)):
                    lists.append((parent.name, name, inner))
    return frozenset((on, name) for on, name, inner in lists if on not in pages and on in _reached(inner, leads))


def _reached(start: str, leads: dict[str, set[str]]) -> set[str]:
    reached = {start}
    pending = [start]
    while pending:
        new = leads[pending.pop()] - reached
        reached |= new
        pending += new
    return reached


class _Reader:
    """Reads the operations and fragments of one document, each once and without recursion."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._lists = dict.fromkeys(endless_lists(schema), ASSUMED_LIST) | UNPAGED_LISTS
        # A variable's default can be overridden with any value, so it may raise what is assumed, never lower it.
        self._pages: dict[str, int] = {}
        for operation in document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                for variable in operation.variable_definitions or ():
                    if isinstance(variable.default_value, IntValueNode):
                        name = variable.variable.name.value
                        self._pages[name] = max(self._pages.get(name, ASSUMED_PAGE), _whole(variable.default_value))

    def read(self, definition: OperationDefinitionNode | FragmentDefinitionNode, on: GraphQLNamedType | None) -> Part:
        """The numbers of `definition`, whose selection is on the type `on`; None, where there is no such type."""
        part = Part()
        size = part.size
        size.directives = len(definition.directives or ())
        size.directives += sum(len(v.directives or ()) for v in definition.variable_definitions or ())
        pending: list[tuple[SelectionSetNode, GraphQLNamedType | None, int, int]] = [
            (definition.selection_set, on, 0, 1)
        ]
        while pending:
            selections, parent, depth, times = pending.pop()
            for node in selections.selections:
                size.directives += len(node.directives or ())
                if isinstance(node, FragmentSpreadNode):
                    part.spreads.append(Spread(node.name.value, depth, times))
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = self._schema.get_type(condition.name.value) if condition else parent
                    pending.append((node.selection_set, inner, depth, times))
                elif isinstance(node, FieldNode):
                    size.add(Size(1, int(node.alias is not None), fields=1, cost=1), below=depth, times=times)
                    if node.selection_set:
                        found = self._field(parent, node)
                        inner = get_named_type(found.type) if found else None
                        inner_times = min(times * self._nodes(parent, node, found), ENOUGH)
                        pending.append((node.selection_set, inner, depth + 1, inner_times))
        return part

    def _field(self, parent: GraphQLNamedType | None, node: FieldNode) -> GraphQLField | None:
        return self._schema.get_field(parent, node.name.value) if is_composite_type(parent) else None

    def _nodes(self, parent: GraphQLNamedType | None, node: FieldNode, found: GraphQLField | None) -> int:
        """How many nodes the selection of `node` is taken to be answered for; at least 1."""
        if found is None or parent is None:
            return 1
        if "first" not in found.args:
            grouped = "groupBy" in [argument.name.value for argument in node.arguments or ()]
            one_row = "groupBy" in found.args and not grouped
            return 1 if one_row else self._lists.get((parent.name, node.name.value), 1)
        for argument in node.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    return _whole(argument.value)
                if isinstance(argument.value, VariableNode):
                    return self._pages.get(argument.value.name.value, ASSUMED_PAGE)
                return ASSUMED_PAGE
        default = coerce_default_value(found.args["first"])
        return max(default, 1) if isinstance(default, int) else ASSUMED_PAGE


def _whole(node: IntValueNode) -> int:
    """The literal's value, from 1 to ENOUGH. Thousands of digits are not converted: that takes long, or fails."""
    return min(max(int(node.value), 1), ENOUGH) if len(node.value) <= len(str(ENOUGH)) else ENOUGH
