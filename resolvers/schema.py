"""The whole schema: every area's root fields, listed once."""

from resolvers import (
    applications,
    appointment_desk,
    appointments,
    catalogue,
    certificates,
    corrections,
    delegations,
    desk,
    divisions,
    edition_files,
    editions,
    exchange,
    frontends,
    legal_time,
    materials,
    means_check,
    notices,
    officers,
    parties,
    people,
    pre_check,
    privacy,
    proof,
    reviews,
    search,
    sessions,
    staff,
    supervision,
    suspensions,
    tickets,
    urgent,
    work_lists,
)
from resolvers.building import build_schema

AREAS = (
    catalogue,
    search,
    pre_check,
    divisions,
    edition_files,
    editions,
    legal_time,
    supervision,
    suspensions,
    applications,
    work_lists,
    reviews,
    corrections,
    materials,
    certificates,
    appointments,
    appointment_desk,
    notices,
    means_check,
    urgent,
    sessions,
    people,
    proof,
    privacy,
    delegations,
    parties,
    tickets,
    officers,
    staff,
    desk,
    frontends,
    exchange,
)

schema = build_schema(
    queries=[field for area in AREAS for field in getattr(area, "QUERIES", ())],
    mutations=[field for area in AREAS for field in getattr(area, "MUTATIONS", ())],
    subscriptions=[field for area in AREAS for field in getattr(area, "SUBSCRIPTIONS", ())],
)


def printed() -> str:
    """The schema in SDL, as it stands in ``schema.graphql``."""
    return schema.as_str() + "\n"
