"""How large a document may be, measured once per fragment, so that fragments cannot multiply the work.

Depth, aliases, directives, selections and cost are counted as the document expands; a fragment used
twice counts twice but is walked once. Cost is an estimate of the fields in the answer: a list counts
its ``first`` argument, other lists count ``OTHER_LIST``.
"""

from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from resolvers.pagination import LARGEST_PAGE

OTHER_LIST = 10
_ENOUGH = 1_000_000
"""Counts stop growing here: beyond every limit, and far below where integers get slow."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may have. The defaults are several times what our own operations need."""

    source: int = 20_000
    tokens: int = 2_000
    fragments: int = 40
    operations: int = 20
    depth: int = 14
    breadth: int = 60
    aliases: int = 40
    directives: int = 40
    selections: int = 1_000
    cost: int = 20_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection set expands to."""

    depth: int = 0
    breadth: int = 0
    aliases: int = 0
    directives: int = 0
    selections: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both in one selection set."""
        return Size(
            depth=max(self.depth, other.depth),
            breadth=max(self.breadth, other.breadth),
            aliases=min(self.aliases + other.aliases, _ENOUGH),
            directives=min(self.directives + other.directives, _ENOUGH),
            selections=min(self.selections + other.selections, _ENOUGH),
            cost=min(self.cost + other.cost, _ENOUGH),
        )


_NOTHING = Size()


def too_large(schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> str | None:
    """Which limit ``document`` breaks, as a sentence; None if it keeps them all."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(fragments) > limits.fragments:
        return f"A document has at most {limits.fragments} fragments."
    if len(operations) > limits.operations:
        return f"A document has at most {limits.operations} operations."
    measure = _Measure(schema, fragments)
    # Fragments that no operation uses are measured too: validation walks them as well.
    sizes = [measure.operation(node) for node in operations] + [measure.fragment(name) for name in fragments]
    for name in ("depth", "breadth", "aliases", "directives", "selections", "cost"):
        allowed, largest = getattr(limits, name), max((getattr(size, name) for size in sizes), default=0)
        if largest > allowed:
            return f"The document's {name} is over {allowed}."
    return None


@dataclass(slots=True)
class _Measure:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    known: dict[str, Size] = field(default_factory=dict)

    def operation(self, node: OperationDefinitionNode) -> Size:
        root = self.schema.get_root_type(node.operation)
        return self.selection_set(node.selection_set, root, len(node.directives or ()))

    def fragment(self, name: str) -> Size:
        size = self.known.get(name)
        if size is None:
            node = self.fragments.get(name)
            # Unknown fragments and circles count nothing here; validation refuses both.
            self.known[name] = _NOTHING
            if node is None:
                return _NOTHING
            parent = self.schema.get_type(node.type_condition.name.value)
            size = self.known[name] = self.selection_set(
                node.selection_set, parent, len(node.directives or ())
            )
        return size

    def selection_set(
        self, node: SelectionSetNode | None, parent: GraphQLNamedType | None, directives: int
    ) -> Size:
        if node is None:
            return Size(directives=directives)
        size = Size(breadth=len(node.selections), directives=directives)
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                part = self.field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                part = self.fragment(selection.name.value).beside(
                    Size(selections=1, directives=len(selection.directives or ()))
                )
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = parent if condition is None else self.schema.get_type(condition.name.value)
                part = self.selection_set(
                    selection.selection_set, inner, len(selection.directives or ())
                ).beside(Size(selections=1))
            else:
                continue
            size = size.beside(part)
        return size

    def field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        name = node.name.value
        composite = isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        declared = self.schema.get_field(parent, name) if composite else None  # type: ignore[arg-type]
        kind = get_named_type(declared.type) if declared else None
        inner = self.selection_set(node.selection_set, kind, len(node.directives or ()))
        # What the schema says about itself is read from memory and has a depth rule of its own.
        of_schema = name.startswith("__")
        return Size(
            depth=0 if of_schema else 1 + inner.depth,
            breadth=inner.breadth,
            aliases=min(inner.aliases + (node.alias is not None), _ENOUGH),
            directives=inner.directives,
            selections=min(inner.selections + 1, _ENOUGH),
            cost=1 if of_schema else min(1 + _times(node, parent, declared) * inner.cost, _ENOUGH),
        )


def _times(node: FieldNode, parent: GraphQLNamedType | None, declared: GraphQLField | None) -> int:
    """How many objects the field may answer."""
    if declared is None:
        return 1
    if "first" in declared.args:
        for argument in node.arguments or ():
            if argument.name.value == "first":
                given = argument.value
                # A variable may be anything up to the largest page; beyond it the resolver refuses.
                if isinstance(given, IntValueNode) and len(given.value) < 3:
                    return min(abs(int(given.value)), LARGEST_PAGE)
                return LARGEST_PAGE
        default = declared.args["first"].default_value
        return default if isinstance(default, int) else LARGEST_PAGE
    if parent is not None and parent.name.endswith("Connection"):
        return 1  # the page size was counted one level up
    return OTHER_LIST if is_list_type(get_nullable_type(declared.type)) else 1
