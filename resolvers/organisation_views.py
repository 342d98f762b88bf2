"""Third parties as they are shown: organisations, their staff, tokens, papers and reviews."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime

import strawberry

from backend.providers.clients.tokens import Issued
from backend.providers.organisations.kinds import LicenceKind, PlaceKind
from backend.providers.organisations.models import OrganisationState, ReviewKind, ReviewState, StaffRole
from backend.providers.organisations.queries import (
    LicenceView,
    OrganisationView,
    PaperView,
    ReviewView,
    StaffView,
)
from backend.providers.organisations.staff import Invitation
from backend.viewer import OfficerRole, Provider, ProviderScope
from resolvers.access import PARENT, officer, provider
from resolvers.context import Info
from resolvers.fields import field, object_type
from resolvers.pagination import Node
from resolvers.scalars import Json

strawberry.enum(LicenceKind, description="What an organisation is licensed, filed or registered for (资质).")
strawberry.enum(PlaceKind, description="What a citizen looks for (社会资源).")
strawberry.enum(OrganisationState, description="The life of a third party here.")
strawberry.enum(StaffRole, description="What a member of a third party's staff does.")
strawberry.enum(ReviewKind, description="What an officer looks at.", name="ProviderReviewKind")
strawberry.enum(ReviewState, description="Where a review is.", name="ProviderReviewState")
strawberry.enum(ProviderScope, description="What a third party's token is good for.")

REVIEWERS = officer(OfficerRole.REVIEW, OfficerRole.APPROVAL)
ADMINISTRATORS = provider(ProviderScope.ORGANISATION)


def provider_of(info: Info) -> Provider:
    """The provider who asks; the field's access has made sure that it is one."""
    viewer = info.context.viewer
    if not isinstance(viewer, Provider):
        raise TypeError("a provider's field was reached by somebody else")
    return viewer


# --- what is seen ----------------------------------------------------------------------------------


@object_type(reads=LicenceView, description="A licence that an officer has seen.")
class OrganisationLicence:
    """One licence."""

    kind: LicenceKind = field(access=PARENT, description="What it allows.")
    number: str = field(access=PARENT, description="Its number.")
    valid_until: date | None = field(access=PARENT, description="Its last day; null where it has none.")


@object_type(
    reads=OrganisationView,
    description="A third party (第三方机构). An active one is seen by everybody, others by their staff and officers.",
)
class Organisation(Node):
    """One organisation."""

    credit_code: str = field(access=PARENT, description="统一社会信用代码, 18 signs.")
    name: str = field(access=PARENT, description="Its name.")
    division: str = field(access=PARENT, description="The county whose officers look after it.")
    address: str = field(access=PARENT, description="Its address.")
    licences: list[OrganisationLicence] = field(access=PARENT, description="What it is licensed for.", most=6)
    state: OrganisationState = field(access=PARENT, description="Where it stands.")
    reason: str = field(access=PARENT, description="Why it was refused or suspended; else empty.")
    created_at: datetime = field(access=PARENT, description="When it was registered.")


@object_type(reads=StaffView, description="A member of the staff, by what the organisation calls them.")
class OrganisationStaff(Node):
    """One member."""

    label: str = field(access=PARENT, description="Work number or post.")
    role: StaffRole = field(access=PARENT, description="What they do.")
    joined_at: datetime | None = field(access=PARENT, description="Null while the invitation waits.")
    invited_until: datetime | None = field(
        access=PARENT, description="Until when the invitation counts, or counted."
    )


@object_type(reads=Invitation, description="A place on the staff; the code is shown this once.")
class StaffInvitation:
    """An invitation."""

    invitation_code: str = field(access=PARENT, description="What the new member types in, 16 signs.")
    valid_until: datetime = field(access=PARENT, description="Until when it counts.")


def _scopes(root: strawberry.Parent[Issued]) -> Sequence[ProviderScope]:
    return sorted(root.scopes)


@object_type(reads=Issued, description="A token to act for an organisation, shown this once.")
class OrganisationToken:
    """A token."""

    token: str = field(access=PARENT, description="Sent as `Authorization: Bearer …`.")
    expires_at: datetime = field(access=PARENT, description="Until when it counts.")
    scopes: list[ProviderScope] = field(access=PARENT, description="What it is good for.", resolver=_scopes)


@object_type(
    reads=ReviewView, description="Something of a third party that an officer of its division looks at."
)
class ProviderReview(Node):
    """One review."""

    kind: ReviewKind = field(access=PARENT, description="What it is about.")
    state: ReviewState = field(access=PARENT, description="Where it is.")
    organisation: Organisation = field(access=PARENT, description="Whose it is.")
    proposed: Json | None = field(access=PARENT, description="What will hold once it is approved.")
    told: str = field(access=PARENT, description="What the organisation says to it.")
    reason: str = field(access=PARENT, description="The officer's reason.")
    created_at: datetime = field(access=PARENT, description="Since when it waits.")
    decided_at: datetime | None = field(access=PARENT, description="When it was decided.")


def _content(root: strawberry.Parent[PaperView]) -> str:
    return b64encode(root.content).decode()


@object_type(reads=PaperView, description="A paper of a third party; opening it is written down.")
class OpenedPaper:
    """A paper's content."""

    licence: LicenceKind = field(access=PARENT, description="What it shows.")
    media_type: str = field(access=PARENT, description="image/jpeg, image/png or application/pdf.")
    content: str = field(access=PARENT, description="The file, base64.", resolver=_content)


@object_type(description="Something was done that leaves nothing to show.", name="ProviderDone")
class Done:
    """When."""

    at: datetime = field(access=PARENT, description="When it was done.")
