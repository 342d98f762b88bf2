"""What an operation asks for below a root, so that children can come with their parent in one statement.

Looking ahead decides what is read, never what is answered: a child that did not come along is loaded. So conditions
and types of fragments are not looked at.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, SelectionSetNode, VariableNode, value_from_ast_untyped

from resolvers.context import Info


def largest(info: Info, path: Sequence[str], argument: str, default: int) -> int | None:
    """The largest integer given as ``argument`` of the field at ``path`` below the present one; None if it is not asked for."""
    nodes: list[FieldNode] = list(info._raw_info.field_nodes)  # noqa: SLF001 - Strawberry's own way makes an object for every field below
    for name in path:
        nodes = [
            child
            for node in nodes
            if node.selection_set is not None
            for child in _named(node.selection_set, name, info._raw_info.fragments)  # noqa: SLF001 - as above
        ]
    if not nodes:
        return None
    return max(_integer(node, argument, default, info.variable_values) for node in nodes)


def _named(within: SelectionSetNode, name: str, fragments: Any) -> Iterator[FieldNode]:
    for node in within.selections:
        if isinstance(node, FieldNode):
            if node.name.value == name:
                yield node
        elif isinstance(node, FragmentSpreadNode):
            yield from _named(fragments[node.name.value].selection_set, name, fragments)
        else:
            yield from _named(node.selection_set, name, fragments)  # type: ignore[attr-defined]  # an inline fragment


def _integer(node: FieldNode, argument: str, default: int, variables: Any) -> int:
    for given in node.arguments or ():
        if given.name.value == argument:
            value = (
                variables.get(given.value.name.value, default)
                if isinstance(given.value, VariableNode)
                else value_from_ast_untyped(given.value)
            )
            return value if isinstance(value, int) else default
    return default
