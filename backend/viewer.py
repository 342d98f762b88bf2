"""Who asks. Every read begins with a viewer, every write is done by one."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class AssuranceLevel(IntEnum):
    """How surely we know who somebody is; each level includes those below (DESIGN: the ladder)."""

    SIGNED_IN = 1
    REAL_NAME = 2
    VERIFIED = 3
    """A face check of our own or an equal way without a face."""
    AUTHORITATIVE = 4
    """National network identity, a window, a home visit."""


class OfficerRole(StrEnum):
    """What an officer may do: 受理 审核 审批 监察 统计 运维."""

    INTAKE = "INTAKE"
    REVIEW = "REVIEW"
    APPROVAL = "APPROVAL"
    SUPERVISION = "SUPERVISION"
    STATISTICS = "STATISTICS"
    OPERATIONS = "OPERATIONS"


CASE_ROLES = frozenset(
    {OfficerRole.INTAKE, OfficerRole.REVIEW, OfficerRole.APPROVAL, OfficerRole.SUPERVISION}
)
"""Roles whose work is on single cases: statistics and operations never need to see whose they are."""


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Somebody without a token."""

    language: str = "zh-CN"
    address: str = ""
    """The client's network address, for rate limits only."""


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person signed in through a mini-program account."""

    account_id: UUID
    session_id: UUID
    person_id: UUID | None
    """The real person behind the account, once a real name was bound."""
    language: str = "zh-CN"
    address: str = ""
    claimed_id: UUID | None = None
    """The person whose name was bound here while another account had it: to be proven here first."""

    @property
    def subject_id(self) -> UUID | None:
        """Whom this account is about: the person behind it, or the one it claims to be."""
        return self.person_id or self.claimed_id


@dataclass(frozen=True, slots=True)
class Officer:
    """A public official acting for an organ; sees what the organ's division may see."""

    officer_id: UUID
    session_id: UUID
    organ_id: UUID
    division: str
    """The organ's division code, 6 to 12 digits (GB/T 2260)."""
    roles: frozenset[OfficerRole] = field(default_factory=frozenset)
    language: str = "zh-CN"
    address: str = ""

    @property
    def sees_cases(self) -> bool:
        """Whether single cases are this officer's work at all."""
        return not self.roles.isdisjoint(CASE_ROLES)


class TeamRight(StrEnum):
    """What a front-end team's key may be used for."""

    REGISTER = "REGISTER"
    """Register documents."""
    SPEAK_FREELY = "SPEAK_FREELY"
    """Send documents that nobody registered, within the team's budget."""


@dataclass(frozen=True, slots=True)
class Team:
    """A front-end team with its key: sees what everybody may see, and its own documents."""

    team_id: UUID
    name: str
    rights: frozenset[TeamRight] = field(default_factory=frozenset)
    language: str = "zh-CN"
    address: str = ""


class ProviderScope(StrEnum):
    """What a provider's token is good for: a staff member's by their role, a client's by what it was given."""

    ORGANISATION = "ORGANISATION"
    """The organisation itself: its staff, its appeal."""
    PLACES = "PLACES"
    """List services and places, and keep them up to date."""
    ORDERS = "ORDERS"
    """See and handle the organisation's own orders."""
    DEVELOPERS = "DEVELOPERS"
    """API clients and webhooks."""
    SHARED_PROFILE = "SHARED_PROFILE"
    """A citizen's masked name, which that citizen shared."""
    SHARED_CASES = "SHARED_CASES"
    """Items and states of a citizen's cases, which that citizen shared."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A third party's token: sees what everybody may see, what is its organisation's, and what was shared with it."""

    organisation_id: UUID
    token_id: UUID
    agent: str
    """Who holds the token: ``staff:…`` or ``client:…``."""
    scopes: frozenset[ProviderScope] = field(default_factory=frozenset)
    grant_id: UUID | None = None
    """The consent of a citizen on which the token rests; it then reaches what that citizen shared, and no more."""
    quota: int | None = None
    """Cost per minute that its client may ask for; the house's own limit where there is none."""
    language: str = "zh-CN"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """The house itself: a worker or the command line, never a request."""

    name: str
    language: str = "zh-CN"
    address: str = ""


Viewer = Anonymous | Citizen | Officer | Team | Provider
Actor = Citizen | Officer | Machine


@dataclass(frozen=True, slots=True)
class Assurance:
    """What a person has proven, how, and until when it counts."""

    level: AssuranceLevel
    method: str
    proven_at: datetime
    expires_at: datetime | None
