"""The whole schema: every area's root fields, listed once."""

from resolvers import applications, catalogue, divisions, editions, officers, people, search, sessions
from resolvers.building import build_schema

AREAS = (catalogue, search, divisions, editions, applications, sessions, people, officers)

schema = build_schema(
    queries=[field for area in AREAS for field in getattr(area, "QUERIES", ())],
    mutations=[field for area in AREAS for field in getattr(area, "MUTATIONS", ())],
    subscriptions=[field for area in AREAS for field in getattr(area, "SUBSCRIPTIONS", ())],
)


def printed() -> str:
    """The schema in SDL, as it stands in ``schema.graphql``."""
    return schema.as_str() + "\n"
