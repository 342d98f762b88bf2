"""Answers that are the same for everybody: which operations give them, and how HTTP lets them be kept."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from hashlib import sha256

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
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from resolvers.directives import CacheControl
from resolvers.scalars import BEIJING


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> Iterator[FieldNode]:
    """The root fields of an operation, through its fragments; ``__typename`` and the like are none."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }

    def within(selected: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                if not node.name.value.startswith("__"):
                    yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from within(fragments[node.name.value].selection_set)
            elif isinstance(node, InlineFragmentNode):
                yield from within(node.selection_set)

    return within(operation.selection_set)


def shared_seconds(schema: GraphQLSchema, document: DocumentNode) -> Mapping[str, int | None]:
    """For how many seconds each operation's answer is good for everybody; None where it is not."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    found: dict[str, int | None] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = node.name.value if node.name else ""
            found[name] = None
            if node.operation is OperationType.QUERY and schema.query_type:
                fields = schema.query_type.fields
                seconds = [_max_age(fields[field.name.value]) for field in root_fields(document, node)]
                known = [one for one in seconds if one is not None]
                if len(known) == len(seconds) > 0 and _Everybodys(schema, fragments).all_of(
                    node.selection_set, schema.query_type
                ):
                    found[name] = min(known)
    return found


class _Everybodys:
    """Whether nothing in a selection asks who is asking."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._seen: set[str] = set()

    def all_of(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None) -> bool:
        if selected is None:
            return True
        return all(self._one(node, parent) for node in selected.selections)

    def _one(self, node: SelectionNode, parent: GraphQLNamedType | None) -> bool:
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name in self._seen:
                return True
            self._seen.add(name)
            fragment = self._fragments[name]
            return self.all_of(
                fragment.selection_set, self._schema.get_type(fragment.type_condition.name.value)
            )
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = parent if condition is None else self._schema.get_type(condition.name.value)
            return self.all_of(node.selection_set, inner)
        return False

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> bool:
        name = node.name.value
        if name.startswith("__"):
            return True
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return False
        kinds = [parent]
        if isinstance(parent, GraphQLInterfaceType):  # what stands behind it may be stricter
            kinds += self._schema.get_possible_types(parent)
        return all(_access_of(kind.fields[name]) in {"PUBLIC", "PARENT"} for kind in kinds) and self.all_of(
            node.selection_set, get_named_type(parent.fields[name].type)
        )


def touched(schema: GraphQLSchema, document: DocumentNode) -> Iterator[tuple[str, str]]:
    """The root fields that a document asks for, and the access that each of them declares."""
    for node in document.definitions:
        root = schema.get_root_type(node.operation) if isinstance(node, OperationDefinitionNode) else None
        if root is not None and isinstance(node, OperationDefinitionNode):
            for field in root_fields(document, node):
                yield f"{root.name}.{field.name.value}", _access_of(root.fields[field.name.value])


def _access_of(declared: GraphQLField) -> str:
    definition = declared.extensions.get("strawberry-definition")
    return definition.metadata["access"].name if definition else ""


def _max_age(declared: GraphQLField) -> int | None:
    said = getattr(declared.extensions.get("strawberry-definition"), "directives", ())
    return next((one.max_age for one in said if isinstance(one, CacheControl)), None)


def entity_tag(media_type: str, body: bytes) -> str:
    """A strong validator (RFC 9110 §8.8.3): other bytes or another media type have another one."""
    digest = sha256(media_type.encode() + b"\0" + body).digest()
    return f'"{urlsafe_b64encode(digest[:18]).decode()}"'


def is_current(tag: str, if_none_match: str | None) -> bool:
    """Whether the client holds this very answer (RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    held = {one.strip().removeprefix("W/") for one in if_none_match[:4096].split(",")}
    return tag in held or "*" in held


def sharing_headers(seconds: int, tag: str, language: str) -> dict[str, str]:
    """What tells browsers and proxies that and how they may keep an answer."""
    return {
        "Cache-Control": f"public, max-age={seconds}, stale-while-revalidate={seconds}",
        "ETag": tag,
        "Vary": "Accept, Accept-Language",
        "Content-Language": language,
    }


def retirement_headers(deprecated_at: datetime | None, sunset_on: date | None) -> dict[str, str]:
    """That a document will go (RFC 9745), and when (RFC 8594)."""
    headers = {}
    if deprecated_at is not None:
        headers["Deprecation"] = f"@{int(deprecated_at.timestamp())}"
    if sunset_on is not None:
        midnight = datetime.combine(sunset_on, time(), BEIJING)
        headers["Sunset"] = format_datetime(midnight.astimezone(UTC), usegmt=True)
    return headers
