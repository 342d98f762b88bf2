"""Inviting the other party, joining, agreeing, and leaving again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.casework.applications.actions import own_case, proven, require_person
from backend.casework.applications.events import STALE, actor_name
from backend.casework.lifecycle import NOT_A_DRAFT, CaseState
from backend.casework.machine import Casework
from backend.casework.parties.queries import NO_SUCH_CASE
from backend.database import audit
from backend.database.record import Transaction, fetch_one, transaction
from backend.errors import Conflict, Invalid, NotFound, ProblemCode, Text
from backend.kit import clock
from backend.kit.ids import new_code, new_id
from backend.resources import Resources
from backend.viewer import Citizen

INVITATION_LIFETIME = timedelta(days=7)
CODE_LENGTH = 10
"""50 bits for a week, and ten attempts an hour."""
JOINS = "10/hour"
"""Per account."""
INVITATIONS = "30/day"
"""Per account."""

ONE_PARTY = Text("该事项由一人申请，无需邀请。", "One person applies for this: there is nobody to invite.")
JOINED_ALREADY = Text(
    "对方已加入。如需更换，请对方先退出。", "The other has joined already and would have to leave first."
)
BAD_CODE = Text("邀请码无效或已过期。", "This invitation is not valid or too old.")
YOURSELF = Text("不能加入自己的办件。", "Nobody joins a case of their own.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the applicant passes on, shown this once."""

    party_code: str
    expires_at: datetime


async def invite_party(citizen: Citizen, work: Casework, *, application_id: UUID) -> Invitation:
    """A code for the other party of an own draft; it takes the place of one that nobody has used.

    Raises ``NotFound``, ``Invalid`` for an item of one party, ``Conflict`` once somebody has joined.
    """
    draft = await own_case(citizen, application_id)
    if work.standards.get(draft.item_code).parties != 2:
        raise Invalid(ONE_PARTY).about("input", "applicationId")
    if draft.state is not CaseState.DRAFT:
        raise Conflict(NOT_A_DRAFT)
    await work.resources.shared.limit(INVITATIONS, "invite-party", str(citizen.account_id))
    told = Invitation(new_code(CODE_LENGTH), clock.now() + INVITATION_LIFETIME)
    async with transaction() as tx:
        kept = await tx.fetch_one(
            "INSERT INTO case_party (id, created_at, application_id, code_index, expires_at, assurance)"
            " VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT (application_id) DO UPDATE"
            " SET code_index = EXCLUDED.code_index, expires_at = EXCLUDED.expires_at"
            " WHERE case_party.person_id IS NULL RETURNING id",
            new_id(),
            clock.now(),
            application_id,
            _index(work.resources, told.party_code),
            told.expires_at,
        )
        if kept is None:
            raise Conflict(JOINED_ALREADY, code=ProblemCode.ALREADY_DONE)
        await _tell(tx, draft.person_id, "party_invited", citizen, application_id)
    return told


async def join_case(citizen: Citizen, work: Casework, *, code: str) -> UUID:
    """Become the other party of the case with this code; the case's id. Joining again changes nothing.

    Raises ``Invalid(CODE_REFUSED)``, the same for every code that is not good, ``StepUpNeeded`` unless the
    viewer is proven in their own session as the item wants it, and ``TooMany``.
    """
    person_id = require_person(citizen)
    await work.resources.shared.limit(JOINS, "join-case", str(citizen.account_id))
    row = await fetch_one(
        "SELECT application.id, application.person_id, application.item_code, party.person_id AS joined"
        " FROM case_party party JOIN application ON application.id = party.application_id"
        " WHERE party.code_index = $1 AND party.expires_at > $2 AND application.state = 'DRAFT'"
        " AND (party.person_id IS NULL OR party.person_id = $3)",
        _index(work.resources, code),
        clock.now(),
        person_id,
    )
    if row is None:
        raise _bad_code()
    if row["person_id"] == person_id:
        raise Invalid(YOURSELF).about("input", "partyCode")
    await proven(citizen, work.standards.get(row["item_code"]))
    application_id: UUID = row["id"]
    if row["joined"] is not None:
        return application_id
    async with transaction() as tx:
        joined = await tx.fetch_one(
            "UPDATE case_party SET person_id = $2, joined_at = $3 WHERE application_id = $1 AND person_id IS NULL"
            " AND code_index = $4 RETURNING id",
            application_id,
            person_id,
            clock.now(),
            _index(work.resources, code),
        )
        if joined is None:
            raise _bad_code()
        for subject in sorted((row["person_id"], person_id)):
            await _tell(tx, subject, "party_joined", citizen, application_id)
    return application_id


async def confirm_case(citizen: Citizen, work: Casework, *, application_id: UUID, version: int) -> None:
    """Agree to the case as it is in ``version``; whatever is changed afterwards is not agreed to.

    Raises ``NotFound``, ``StepUpNeeded``, ``Conflict(STALE_VERSION)`` where it has changed meanwhile.
    """
    person_id = require_person(citizen)
    row = await fetch_one(
        "SELECT application.item_code, application.person_id FROM case_party party"
        " JOIN application ON application.id = party.application_id"
        " WHERE party.application_id = $1 AND party.person_id = $2",
        application_id,
        person_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_CASE)
    proof = await proven(citizen, work.standards.get(row["item_code"]))
    async with transaction() as tx:
        held = await tx.fetch_one(
            "SELECT version, state FROM application WHERE id = $1 FOR NO KEY UPDATE", application_id
        )
        if held is None or held["state"] != CaseState.DRAFT:
            raise Conflict(NOT_A_DRAFT)
        if held["version"] != version:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
        await tx.execute(
            "UPDATE case_party SET confirmed_version = $3, confirmed_at = $4, assurance = $5"
            " WHERE application_id = $1 AND person_id = $2",
            application_id,
            person_id,
            version,
            clock.now(),
            f"{proof.level.name}/{proof.method}",
        )
        for subject in sorted((row["person_id"], person_id)):
            await _tell(tx, subject, "party_confirmed", citizen, application_id)


async def leave_case(citizen: Citizen, *, application_id: UUID) -> None:
    """Take one's part back as long as the case is a draft; leaving again changes nothing. Raises ``Conflict``."""
    person_id = require_person(citizen)
    async with transaction() as tx:
        held = await tx.fetch_one(
            "SELECT application.state, application.person_id FROM case_party party"
            " JOIN application ON application.id = party.application_id"
            " WHERE party.application_id = $1 AND party.person_id = $2 FOR NO KEY UPDATE OF application",
            application_id,
            person_id,
        )
        if held is None:
            raise NotFound(NO_SUCH_CASE)
        if held["state"] != CaseState.DRAFT:
            raise Conflict(NOT_A_DRAFT)
        await tx.execute("DELETE FROM case_party WHERE application_id = $1", application_id)
        for subject in sorted((held["person_id"], person_id)):
            await _tell(tx, subject, "party_left", citizen, application_id)


async def _tell(tx: Transaction, person_id: UUID, kind: str, citizen: Citizen, application_id: UUID) -> None:
    await audit.append(
        tx,
        subject=f"person:{person_id}",
        kind=kind,
        actor=actor_name(citizen),
        detail={"application": str(application_id)},
    )


def _index(resources: Resources, code: str) -> str:
    return resources.keys.blind_index.of(code[:40].upper().replace(" ", "").replace("-", ""), "case.party")


def _bad_code() -> Invalid:
    return Invalid(BAD_CODE, code=ProblemCode.CODE_REFUSED).about("input", "partyCode")
