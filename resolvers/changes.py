"""What changed between two schemas, in the words of a changelog; and what may not change without a warning.

The schema only grows. Something goes only after it was published as deprecated: then its removal is no breach.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """What a reader of the new schema should know."""

    added: Sequence[str]
    deprecated: Sequence[str]
    removed: Sequence[str]
    """What had been announced."""
    dangerous: Sequence[str]
    """Old documents stay valid, but programs may meet something new: a value of an enum, a member of a union."""
    breaking: Sequence[str]
    """What nobody announced."""

    def as_markdown(self) -> str:
        """A section of a changelog; empty where nothing changed."""
        parts = (
            ("Added", self.added),
            ("Deprecated", self.deprecated),
            ("Removed, as announced", self.removed),
            ("To look out for", self.dangerous),
            ("BREAKING", self.breaking),
        )
        return "\n".join(
            f"### {title}\n\n" + "".join(f"- {line}\n" for line in lines) for title, lines in parts if lines
        )


def changes(old: str, new: str) -> SchemaChanges:
    """From one printed schema (SDL) to the next."""
    before, after = build_schema(old), build_schema(new)
    announced = set(_deprecated(before))
    breaking: list[str] = []
    removed: list[str] = []
    for one in find_breaking_changes(before, after):
        gone = one.description.removesuffix(" was removed.").rpartition(" ")[2]
        told = one.description.endswith(" was removed.") and gone in announced
        (removed if told else breaking).append(one.description)
    return SchemaChanges(
        added=sorted(set(_names(after)) - set(_names(before))),
        deprecated=sorted(set(_deprecated(after)) - announced),
        removed=sorted(removed),
        dangerous=sorted(one.description for one in find_dangerous_changes(before, after)),
        breaking=sorted(breaking),
    )


def _names(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _kinds(schema):
        yield kind.name
        yield from (f"{kind.name}.{part}" for part in _parts(kind))


def _deprecated(schema: GraphQLSchema) -> Iterator[str]:
    for kind in _kinds(schema):
        yield from (f"{kind.name}.{name}" for name, part in _parts(kind).items() if part.deprecation_reason)


Kind = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType


def _kinds(schema: GraphQLSchema) -> Iterable[Kind]:
    return [
        kind for kind in schema.type_map.values() if isinstance(kind, Kind) and not kind.name.startswith("__")
    ]


def _parts(kind: Kind) -> Mapping[str, GraphQLEnumValue | GraphQLField | GraphQLInputField]:
    parts: Mapping[str, GraphQLEnumValue | GraphQLField | GraphQLInputField] = (
        kind.values if isinstance(kind, GraphQLEnumType) else kind.fields
    )
    return parts
