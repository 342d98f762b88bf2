"""Who may use a field. There is no default: every field names its access.

=============  =====================================================================
PUBLIC         everybody, also without a token
SIGNED_IN      a citizen with a mini-program account
CITIZEN        a citizen who has bound a real name; others are told to do so first
TEAM           a front-end team with its key; ``team(TeamRight.REGISTER)`` wants the right
PROVIDER       a third party's token; ``provider(ProviderScope.ORDERS)`` wants the scope
OFFICER        any officer; ``officer(OfficerRole.INTAKE, …)`` wants one of the roles
A | B          whoever may by A or by B, e.g. ``CITIZEN | OFFICER``
PARENT         fields of object types: visible exactly when the parent is
=============  =====================================================================

Access says who may ask at all. What a viewer gets to see is decided in ``backend``, whose reads
begin with the viewer.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.errors import Forbidden, NotSignedIn, Refusal, StepUpNeeded, Text
from backend.viewer import (
    Anonymous,
    AssuranceLevel,
    Citizen,
    Officer,
    OfficerRole,
    Provider,
    ProviderScope,
    Team,
    TeamRight,
    Viewer,
)

_SIGN_IN = Text("请先登录。", "Please sign in first.")
_CITIZENS_ONLY = Text("此操作仅限办事群众本人使用。", "Only a citizen may do this.")
_BIND_FIRST = Text("请先完成实名认证。", "Please bind your real name first.")
_PROVE_FIRST = Text(
    "该姓名已在其他账号实名。请先在本账号核验身份（刷脸、窗口、视频等方式均可）。",
    "This name is bound in another account too. Please prove here first that it is you: by face, at a window, by"
    " video or another way.",
)
_OFFICERS_ONLY = Text("此操作仅限工作人员使用。", "Only an officer may do this.")
_TEAMS_ONLY = Text("此操作仅限前端团队使用。", "Only a front-end team may do this.")
_PROVIDERS_ONLY = Text("此操作仅限第三方机构使用。", "Only a third party may do this.")
_NO_SCOPE = Text("该令牌没有此项权限。", "This token does not have the scope.")
_NO_RIGHT = Text("您的密钥没有此项权限。", "Your key does not have this right.")
_OTHER_ROLE = Text("您的岗位没有此项权限。", "Your role does not allow this.")


@dataclass(frozen=True, slots=True)
class Access:
    """A rule about viewers. ``name`` is what the access table of the schema shows."""

    name: str
    refusal: Callable[[Viewer], Refusal | None]
    """Why this viewer may not, or None if they may."""

    def admit(self, viewer: Viewer) -> None:
        """Return if ``viewer`` may; raise ``NotSignedIn``, ``StepUpNeeded`` or ``Forbidden``."""
        refusal = self.refusal(viewer)
        if refusal is not None:
            raise refusal

    def __or__(self, other: "Access") -> "Access":
        def refusal(viewer: Viewer) -> Refusal | None:
            first = self.refusal(viewer)
            if first is None:
                return None
            second = other.refusal(viewer)
            # The answer that tells the viewer what to do next is the better one.
            return second if second is None or isinstance(second, StepUpNeeded) else first

        return Access(f"{self.name} | {other.name}", refusal)


def _nobody_refused(_viewer: Viewer) -> Refusal | None:
    return None


def _not_signed_in(viewer: Viewer) -> Refusal | None:
    if isinstance(viewer, Anonymous):
        return NotSignedIn(_SIGN_IN)
    if not isinstance(viewer, Citizen):
        return Forbidden(_CITIZENS_ONLY)
    return None


def _not_bound(viewer: Viewer) -> Refusal | None:
    if isinstance(viewer, Citizen) and viewer.person_id is None:
        if viewer.claimed_id is not None:
            return StepUpNeeded(_PROVE_FIRST, level=AssuranceLevel.VERIFIED)
        return StepUpNeeded(_BIND_FIRST)
    return _not_signed_in(viewer)


def officer(*roles: OfficerRole) -> Access:
    """An officer with one of ``roles``; without roles, any officer."""

    def refusal(viewer: Viewer) -> Refusal | None:
        if isinstance(viewer, Anonymous):
            return NotSignedIn(_SIGN_IN)
        if not isinstance(viewer, Officer):
            return Forbidden(_OFFICERS_ONLY)
        if roles and viewer.roles.isdisjoint(roles):
            return Forbidden(_OTHER_ROLE)
        return None

    return Access(f"OFFICER({', '.join(sorted(roles))})" if roles else "OFFICER", refusal)


def team(*rights: TeamRight) -> Access:
    """A front-end team whose key has one of ``rights``; without rights, any team."""

    def refusal(viewer: Viewer) -> Refusal | None:
        if isinstance(viewer, Anonymous):
            return NotSignedIn(_SIGN_IN)
        if not isinstance(viewer, Team):
            return Forbidden(_TEAMS_ONLY)
        if rights and viewer.rights.isdisjoint(rights):
            return Forbidden(_NO_RIGHT)
        return None

    return Access(f"TEAM({', '.join(sorted(rights))})" if rights else "TEAM", refusal)


def provider(*scopes: ProviderScope) -> Access:
    """A third party whose token has one of ``scopes``; without scopes, any third party."""

    def refusal(viewer: Viewer) -> Refusal | None:
        if isinstance(viewer, Anonymous):
            return NotSignedIn(_SIGN_IN)
        if not isinstance(viewer, Provider):
            return Forbidden(_PROVIDERS_ONLY)
        if scopes and viewer.scopes.isdisjoint(scopes):
            return Forbidden(_NO_SCOPE)
        return None

    return Access(f"PROVIDER({', '.join(sorted(scopes))})" if scopes else "PROVIDER", refusal)


PUBLIC = Access("PUBLIC", _nobody_refused)
SIGNED_IN = Access("SIGNED_IN", _not_signed_in)
CITIZEN = Access("CITIZEN", _not_bound)
OFFICER = officer()
TEAM = team()
PROVIDER = provider()
PARENT = Access("PARENT", _nobody_refused)
