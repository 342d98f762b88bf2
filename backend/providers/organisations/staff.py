"""Staff of organisations: invited with a code, known by their real name to us, taken off at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.database.idempotency import once
from backend.database.record import fetch_one, transaction
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, StepUpNeeded, Text
from backend.kit import clock
from backend.kit.ids import new_code, new_id
from backend.people.identity.ladder import NAME_FIRST
from backend.providers.clients.tokens import ROLE_SCOPES, STAFF_SHIFT, Issued, issue
from backend.providers.organisations.actions import NO_SUCH_ORGANISATION, first_time, tell
from backend.providers.organisations.models import StaffRole
from backend.resources import Resources
from backend.viewer import Citizen, Provider

INVITED = timedelta(days=7)
JOINS = "10/hour"
ENTRANCES = "60/hour"
MOST_STAFF = 500
PURPOSE = "organisation_staff.invitation"

NO_SUCH_CODE = Text("邀请码无效或已过期。", "This code is not valid, or no longer.")
NO_SUCH_MEMBER = Text("没有这名成员。", "There is no such member.")
LAST_ADMINISTRATOR = Text("机构至少要有一名管理员。", "An organisation keeps one administrator at least.")
ALREADY_IN = Text("您已是该机构成员。", "You belong to it already.")
BAD_LABEL = Text("请填写工号或岗位，40字以内。", "Say a work number or post, in at most 40 characters.")
FULL = Text("成员已达500人。", "It has 500 members already.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A place on the staff that waits for somebody; the code is told this once."""

    staff_id: UUID
    invitation_code: str
    valid_until: datetime


async def invite(
    provider: Provider, resources: Resources, *, label: str, role: StaffRole, idempotency_key: str
) -> Invitation:
    """A code by which somebody with a real name joins. Who it will be, the organisation need not tell us."""
    label = label.strip()
    if not 0 < len(label) <= 40:
        raise Invalid(BAD_LABEL).about("input", "label")
    code, staff_id, now = new_code(16), new_id(), clock.now()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=provider.agent,
            operation="inviteStaff",
            key=idempotency_key,
            given=[label, role],
            subject=staff_id,
        )
        if known is not None:
            raise Conflict(ALREADY_TOLD, code=ProblemCode.ALREADY_DONE)
        held = await tx.fetch_one(
            "SELECT count(*) AS staff FROM organisation_staff WHERE organisation_id = $1 AND removed_at IS NULL",
            provider.organisation_id,
        )
        if held is not None and held["staff"] >= MOST_STAFF:
            raise Conflict(FULL)
        await tx.execute(
            "INSERT INTO organisation_staff (id, created_at, organisation_id, label, role, invitation_index, invited_until)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            staff_id,
            now,
            provider.organisation_id,
            label,
            role,
            resources.keys.blind_index.of(code, PURPOSE),
            now + INVITED,
        )
        await tell(tx, provider.organisation_id, "staff_invited", provider.agent, {"staff": str(staff_id)})
    return Invitation(staff_id, code, now + INVITED)


ALREADY_TOLD = Text("邀请码只显示一次，请重新邀请。", "The code was shown once; invite anew.")


async def join(citizen: Citizen, resources: Resources, *, code: str, idempotency_key: str) -> UUID:
    """Take an invitation; the organisation's id. Raises ``NotFound`` for any code that does not count."""
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    await resources.shared.limit(JOINS, "join-organisation", str(citizen.person_id))
    index = resources.keys.blind_index.of(code.strip().upper(), PURPOSE)
    async with transaction() as tx:
        row = await tx.fetch_one(
            "SELECT id, organisation_id FROM organisation_staff WHERE invitation_index = $1 AND removed_at IS NULL"
            " AND (person_id = $3 OR (person_id IS NULL AND invited_until > $2)) FOR UPDATE",
            index,
            clock.now(),
            citizen.person_id,
        )
        if row is None:
            raise NotFound(NO_SUCH_CODE).about("input", "code")
        known = await once(
            tx,
            actor=f"person:{citizen.person_id}",
            operation="joinOrganisation",
            key=idempotency_key,
            given=index,
            subject=row["organisation_id"],
        )
        if known is not None:
            return known
        there = await tx.fetch_one(
            "SELECT 1 FROM organisation_staff WHERE organisation_id = $1 AND person_id = $2 AND removed_at IS NULL",
            row["organisation_id"],
            citizen.person_id,
        )
        if there is not None:
            raise Conflict(ALREADY_IN, code=ProblemCode.ALREADY_DONE)
        await tx.execute(
            "UPDATE organisation_staff SET person_id = $2, joined_at = $3 WHERE id = $1",
            row["id"],
            citizen.person_id,
            clock.now(),
        )
        await tell(
            tx,
            row["organisation_id"],
            "staff_joined",
            f"person:{citizen.person_id}",
            {"staff": str(row["id"])},
        )
    joined: UUID = row["organisation_id"]
    return joined


async def remove(provider: Provider, *, staff_id: UUID, idempotency_key: str) -> UUID:
    """Take somebody off the staff: their tokens are worthless from this moment on."""
    async with transaction() as tx:
        if not await first_time(tx, provider, "removeStaff", idempotency_key, str(staff_id)):
            return staff_id
        await tx.execute("SELECT 1 FROM organisation WHERE id = $1 FOR UPDATE", provider.organisation_id)
        row = await tx.fetch_one(
            "UPDATE organisation_staff SET removed_at = $3, invitation_index = NULL"
            " WHERE id = $1 AND organisation_id = $2 AND removed_at IS NULL RETURNING id",
            staff_id,
            provider.organisation_id,
            clock.now(),
        )
        if row is None:
            raise NotFound(NO_SUCH_MEMBER)
        left = await tx.fetch_one(
            "SELECT 1 FROM organisation_staff WHERE organisation_id = $1 AND role = 'ADMINISTRATOR'"
            " AND removed_at IS NULL AND joined_at IS NOT NULL",
            provider.organisation_id,
        )
        if left is None:
            raise Conflict(LAST_ADMINISTRATOR)
        await tell(tx, provider.organisation_id, "staff_removed", provider.agent, {"staff": str(staff_id)})
    return staff_id


async def enter(citizen: Citizen, resources: Resources, *, organisation_id: UUID) -> Issued:
    """A token with which the citizen acts for an organisation that they are of the staff of. Raises ``NotFound``."""
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    await resources.shared.limit(ENTRANCES, "enter-organisation", str(citizen.person_id))
    row = await fetch_one(
        "SELECT id, role FROM organisation_staff WHERE organisation_id = $1 AND person_id = $2 AND removed_at IS NULL",
        organisation_id,
        citizen.person_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    async with transaction() as tx:
        issued = await issue(
            tx,
            organisation_id,
            scopes=ROLE_SCOPES[StaffRole(row["role"])],
            lifetime=STAFF_SHIFT,
            staff_id=row["id"],
        )
        await tell(
            tx,
            organisation_id,
            "staff_entered",
            f"person:{citizen.person_id}",
            {"staff": str(row["id"])},
        )
    return issued
