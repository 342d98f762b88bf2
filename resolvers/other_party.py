"""The other party of a case, as those who see the case see them."""

from collections.abc import Awaitable
from datetime import datetime

import strawberry

from backend.casework.applications.queries import ApplicationRow
from backend.casework.parties import queries
from resolvers.access import PARENT
from resolvers.context import Info
from resolvers.fields import field, object_type


def _name(root: strawberry.Parent[queries.OtherParty], info: Info) -> str | None:
    return root.masked(info.context.work)


@object_type(reads=queries.OtherParty, description="Who applies together with the applicant.")
class OtherParty:
    """Invited, joined, agreed."""

    name: str | None = field(access=PARENT, description="Masked; null until they joined.", resolver=_name)
    joined_at: datetime | None = field(access=PARENT, description="When they joined.")
    confirmed: bool = field(access=PARENT, description="Whether they agreed to the case as it is now.")


def other_party_of(
    root: strawberry.Parent[ApplicationRow], info: Info
) -> Awaitable[queries.OtherParty | None]:
    """The field ``otherParty`` of a case."""
    return info.context.load(queries.other_parties, root.id)
