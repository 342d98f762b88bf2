"""Every type of the schema says who may see it."""

from graphql import GraphQLObjectType

from resolvers.schema import schema
from resolvers.visibility import RULES

ROOTS = {"Query", "Mutation", "Subscription"}


def test_every_object_type_has_a_rule_and_every_rule_a_type() -> None:
    types = {
        name
        for name, kind in schema._schema.type_map.items()  # noqa: SLF001 - Strawberry has no public way to it
        if isinstance(kind, GraphQLObjectType)
        and not name.startswith("__")
        and name not in ROOTS
        # Pages follow the type they hold.
        and not name.endswith(("Connection", "Edge"))
        and name != "PageInfo"
    }
    assert (types - set(RULES), set(RULES) - types) == (set(), set()), (
        "say in resolvers/visibility.py who sees it"
    )
    assert list(RULES) == sorted(RULES), "in the order of the alphabet"
