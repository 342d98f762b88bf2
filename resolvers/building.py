"""From root fields to the schema: published with the prices of its lists, see ``resolvers.directives``."""

from collections.abc import Iterable, Sequence

import strawberry
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from resolvers.directives import ASSUMED_SIZE, DIRECTIVES, LARGEST_PAGE, SIZED, SLICING, ListSize
from resolvers.scalars import SCALARS


def build_schema(
    *,
    queries: Sequence[StrawberryField],
    mutations: Sequence[StrawberryField] = (),
    subscriptions: Sequence[StrawberryField] = (),
    types: Iterable[type] = (),
) -> strawberry.Schema:
    """The schema of these root fields. ``types`` are object types that only an interface reaches."""
    schema = strawberry.Schema(
        query=create_type("Query", list(queries), description="Reads."),
        mutation=create_type("Mutation", list(mutations), description="Writes.") if mutations else None,
        subscription=(
            create_type("Subscription", list(subscriptions), description="Events as they happen.")
            if subscriptions
            else None
        ),
        types=types,
        schema_directives=DIRECTIVES,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    _say_sizes(schema)
    return schema


def _say_sizes(schema: strawberry.Schema) -> None:
    """Give every list that says nothing about its size what follows from its arguments and its kind."""
    for kind in schema._schema.type_map.values():  # noqa: SLF001 - Strawberry has no public way to it
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or kind.name.startswith("__"):
            continue
        for published in kind.fields.values():
            declared = published.extensions.get("strawberry-definition")
            of = get_nullable_type(published.type)
            slicing = [name for name in SLICING if name in published.args]
            if declared is None or any(isinstance(said, ListSize) for said in declared.directives):
                continue
            if is_leaf_type(get_named_type(published.type)):
                continue  # nothing can be selected below it
            if is_list_type(of) and not kind.name.endswith("Connection"):
                size = ListSize(assumed_size=ASSUMED_SIZE)
            elif slicing and not is_list_type(of):
                size = ListSize(assumed_size=LARGEST_PAGE, sized_fields=[SIZED])
            else:
                continue  # the edges of a connection: its own size says how many
            if slicing:
                size.slicing_arguments, size.require_one_slicing_argument = slicing, False
            declared.directives = [*declared.directives, size]


def fields_of(type_: type) -> Sequence[StrawberryField]:
    """The fields of a Strawberry type; each object type's field has ``metadata["access"]``."""
    definition = get_object_definition(type_, strict=True)
    return definition.fields
