"""How large a document may be, and what it costs: one rule, which walks every fragment once.

Depth, breadth, aliases, directives, selections and cost are counted as the document expands: a fragment
used twice counts twice but is walked once. Cost follows the schema's directives ``@cost`` and
``@listSize``: a field costs its weight, and what is selected below it times the number of entries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
    ValueNode,
    VariableNode,
    get_named_type,
)

from resolvers.directives import DEFAULT_WEIGHT, LARGEST_PAGE, SIZED, Cost, ListSize

_ENOUGH = 1_000_000
"""Counts stop growing here: beyond every limit, and far below where integers get slow."""
_REMEMBERED = 100
"""Costs of one operation that are remembered, by the sizes its variables ask for."""


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
    sized: int = 0
    """The part of ``cost`` to which the size of a connection applies."""

    def beside(self, other: "Size") -> "Size":
        """Both in one selection set."""
        return Size(
            depth=max(self.depth, other.depth),
            breadth=max(self.breadth, other.breadth),
            aliases=min(self.aliases + other.aliases, _ENOUGH),
            directives=min(self.directives + other.directives, _ENOUGH),
            selections=min(self.selections + other.selections, _ENOUGH),
            cost=min(self.cost + other.cost, _ENOUGH),
            sized=min(self.sized + other.sized, _ENOUGH),
        )


_NOTHING = Size()


@dataclass(frozen=True, slots=True)
class Price:
    """What the schema says about a field."""

    weight: int = DEFAULT_WEIGHT
    entries: int = 1
    slicing: tuple[str, ...] = ()
    of_edges: bool = False
    """Whether the entries are those of the connection's edges."""


_PLAIN = Price()


class Prices:
    """The prices of a schema's fields, read from their directives once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._of: dict[tuple[str, str], Price] = {
            (kind.name, name): price
            for kind in schema.type_map.values()
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
            for name, declared in kind.fields.items()
            if (price := _price(declared)) != _PLAIN
        }

    def of(self, kind: str, name: str) -> Price:
        """The price of one field."""
        return self._of.get((kind, name), _PLAIN)


def _price(declared: GraphQLField) -> Price:
    said = getattr(declared.extensions.get("strawberry-definition"), "directives", ())
    weight = next((int(one.weight) for one in said if isinstance(one, Cost)), DEFAULT_WEIGHT)
    size = next((one for one in said if isinstance(one, ListSize)), None)
    if size is None:
        return Price(weight=weight)
    return Price(
        weight=weight,
        entries=size.assumed_size,
        slicing=tuple(size.slicing_arguments or ()),
        of_edges=bool(size.sized_fields),
    )


class Measured:
    """A document that keeps the limits, and what its operations cost."""

    def __init__(self, prices: Prices, document: DocumentNode) -> None:
        self._prices = prices
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._operations = {
            node.name.value if node.name else "": node
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        self._defaults = {name: dict(_defaults(node)) for name, node in self._operations.items()}
        self._most: dict[str, int] = {}
        self._sliced_by: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[object, ...], int] = {}

    def too_large(self, limits: Limits) -> str | None:
        """Which limit the document breaks, as a sentence; None if it keeps them all."""
        if len(self._fragments) > limits.fragments:
            return f"A document has at most {limits.fragments} fragments."
        if len(self._operations) > limits.operations:
            return f"A document has at most {limits.operations} operations."
        sizes = []
        # Fragments that no operation uses are measured too: validation walks them as well.
        unused = _Measure(self._prices, self._fragments)
        for name, node in self._operations.items():
            measure = _Measure(self._prices, self._fragments)
            size = measure.operation(node)
            sizes.append(size)
            self._most[name], self._sliced_by[name] = size.cost, tuple(sorted(measure.sliced_by))
        sizes += [unused.fragment(name) for name in self._fragments]
        for name in ("depth", "breadth", "aliases", "directives", "selections", "cost"):
            allowed, largest = getattr(limits, name), max((getattr(size, name) for size in sizes), default=0)
            if largest > allowed:
                return f"The document's {name} is over {allowed}."
        return None

    def cost_at_most(self, operation: str) -> int:
        """What ``operation`` costs with the largest pages. ``too_large`` was asked before."""
        return self._most[operation]

    def cost(self, operation: str, variables: Mapping[str, Any]) -> int:
        """What ``operation`` costs at most with these variables. ``too_large`` was asked before."""
        sliced_by = self._sliced_by[operation]
        if not sliced_by:
            return self._most[operation]
        defaults = self._defaults[operation]
        sizes = tuple(_entries(variables.get(name, defaults.get(name))) for name in sliced_by)
        key = (operation, *sizes)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                return self._most[operation]
            asked = dict(zip(sliced_by, sizes, strict=True))
            measure = _Measure(self._prices, self._fragments, asked)
            known = self._known[key] = measure.operation(self._operations[operation]).cost
        return known


def _defaults(node: OperationDefinitionNode) -> Iterator[tuple[str, object]]:
    """The variables of an operation that have a whole number as default."""
    for variable in node.variable_definitions or ():
        if isinstance(variable.default_value, IntValueNode):
            yield variable.variable.name.value, int(variable.default_value.value[:9])


def _entries(given: object) -> int | None:
    """How many entries a client asks for; None where it leaves that to the default."""
    if not isinstance(given, int) or isinstance(given, bool):
        return None
    return min(max(given, 0), LARGEST_PAGE)


@dataclass(slots=True)
class _Measure:
    prices: Prices
    fragments: dict[str, FragmentDefinitionNode]
    asked: Mapping[str, int | None] | None = None
    """Sizes by variable; None reckons with the largest page for every variable."""
    known: dict[str, Size] = field(default_factory=dict)
    sliced_by: set[str] = field(default_factory=set)
    """Variables on which the cost depends."""

    def operation(self, node: OperationDefinitionNode) -> Size:
        root = self.prices.schema.get_root_type(node.operation)
        return self.selection_set(node.selection_set, root, len(node.directives or ()))

    def fragment(self, name: str) -> Size:
        size = self.known.get(name)
        if size is None:
            node = self.fragments.get(name)
            # Unknown fragments and circles count nothing here; validation refuses both.
            self.known[name] = _NOTHING
            if node is None:
                return _NOTHING
            parent = self.prices.schema.get_type(node.type_condition.name.value)
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
                inner = parent if condition is None else self.prices.schema.get_type(condition.name.value)
                part = self.selection_set(
                    selection.selection_set, inner, len(selection.directives or ())
                ).beside(Size(selections=1))
            else:
                continue
            size = size.beside(part)
        return size

    def field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        name = node.name.value
        declared = (
            self.prices.schema.get_field(parent, name)
            if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
            else None
        )
        kind = get_named_type(declared.type) if declared else None
        inner = self.selection_set(node.selection_set, kind, len(node.directives or ()))
        # What the schema says about itself is read from memory and has a depth rule of its own.
        of_schema = name.startswith("__")
        cost = 1 if of_schema or parent is None else self.price(node, parent.name, name, declared, inner)
        return Size(
            depth=0 if of_schema else 1 + inner.depth,
            breadth=inner.breadth,
            aliases=min(inner.aliases + (node.alias is not None), _ENOUGH),
            directives=inner.directives,
            selections=min(inner.selections + 1, _ENOUGH),
            cost=cost,
            sized=cost if name == SIZED else 0,
        )

    def price(
        self, node: FieldNode, parent: str, name: str, declared: GraphQLField | None, inner: Size
    ) -> int:
        price = self.prices.of(parent, name)
        entries = self.entries(node, price, declared)
        below = inner.cost - inner.sized + entries * inner.sized if price.of_edges else entries * inner.cost
        return min(price.weight + below, _ENOUGH)

    def entries(self, node: FieldNode, price: Price, declared: GraphQLField | None) -> int:
        """How many entries the field may answer."""
        for argument in node.arguments or ():
            if argument.name.value in price.slicing:
                given = self.given(argument.value)
                if given is not None:
                    return given
        for name in price.slicing if declared else ():
            default = declared.args[name].default_value if declared else None
            if isinstance(default, int):
                return default
        return price.entries

    def given(self, value: ValueNode) -> int | None:
        """What an argument says; None where it says nothing and the field's default counts."""
        if isinstance(value, IntValueNode):
            # Whatever has three digits is beyond the largest page, and the resolver refuses it.
            return min(abs(int(value.value)), LARGEST_PAGE) if len(value.value) < 3 else LARGEST_PAGE
        if isinstance(value, VariableNode):
            self.sliced_by.add(value.name.value)
            return LARGEST_PAGE if self.asked is None else self.asked.get(value.name.value)
        return LARGEST_PAGE
