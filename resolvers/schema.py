"""The whole schema: every area's root fields, listed once."""

from resolvers import (
    applications,
    catalogue,
    divisions,
    frontends,
    materials,
    officers,
    people,
    pre_check,
    search,
    sessions,
)
from resolvers.building import build_schema

AREAS = (
    catalogue,
    search,
    pre_check,
    divisions,
    applications,
    materials,
    sessions,
    people,
    officers,
    frontends,
)

schema = build_schema(
    queries=[field for area in AREAS for field in getattr(area, "QUERIES", ())],
    mutations=[field for area in AREAS for field in getattr(area, "MUTATIONS", ())],
    subscriptions=[field for area in AREAS for field in getattr(area, "SUBSCRIPTIONS", ())],
)


def printed() -> str:
    """The schema in SDL, as it stands in ``schema.graphql``."""
    return schema.as_str() + "\n"
