"""The organ's side of a delegation: an officer looks at the paper, and accepts it, refuses it or ends it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.database.record import Row, transaction
from backend.errors import Conflict, Forbidden, Invalid, ProblemCode, Text
from backend.kit.documents import DocumentKind
from backend.people.delegation.actions import OVER, activate, check_age, end, tell
from backend.people.delegation.kinds import KINDS, Acceptance, DelegationKind
from backend.people.delegation.models import DelegationState
from backend.people.delegation.queries import grant_row, ward_of
from backend.people.identity.actions import refused as registry_refused
from backend.people.identity.claims import Told, read_claim
from backend.people.identity.persons import keep_person
from backend.people.identity.queries import open_name
from backend.people.identity.window import UNKNOWN
from backend.ports import RegistryAnswer
from backend.resources import Resources
from backend.viewer import Officer, OfficerRole

LOOKS = "200/hour"
"""Per officer: proposals are not to be browsed."""

INTAKE_ONLY = Text("只有受理岗位可以办理代办授权。", "Only an officer of intake may decide delegations.")
NOT_SEEN = Text("请先核对证明材料原件。", "Look at the original paper first.")
PERSON_ACCEPTS = Text("该代办须由本人同意。", "This kind is accepted by the person themselves.")


@dataclass(frozen=True, slots=True)
class OpenDelegation:
    """A proposal in the open: what is compared with the papers."""

    agent_name: str
    ward_name: str
    ward_number: str
    evidence_number: str


async def open_delegation(officer: Officer, resources: Resources, *, grant_id: UUID) -> OpenDelegation:
    """Read a proposal; both trails say who did. Raises ``NotFound``, ``Forbidden``, ``TooMany``."""
    row = await _row(officer, grant_id)
    await resources.shared.limit(LOOKS, "delegation-looked", str(officer.officer_id))
    ward = ward_of(resources, row)
    async with transaction() as tx:
        await tell(
            tx,
            grant_id,
            "delegation_opened",
            actor=_actor(officer),
            people=[row["agent_id"], *([row["principal_id"]] if row["principal_id"] else [])],
        )
    return OpenDelegation(
        agent_name=open_name(resources, row),
        ward_name=ward["name"],
        ward_number=ward["number"],
        evidence_number=resources.keys.ring.open(
            row["evidence_sealed"], context=f"delegation.evidence:{grant_id}"
        ).decode(),
    )


async def decide_delegation(
    officer: Officer,
    resources: Resources,
    *,
    grant_id: UUID,
    accepted: bool,
    evidence_seen: bool,
    attest_unknown: bool = False,
) -> None:
    """Accept or refuse a proposal, or end an accepted grant (``accepted`` false).

    Accepting wants the original paper seen, and the register asked: whoever it does not know is taken only
    where the officer attests to the document, as at a window. Deciding the same again changes nothing.
    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict``.
    """
    row = await _row(officer, grant_id)
    actor = _actor(officer)
    if not accepted:
        async with transaction() as tx:
            await end(
                tx,
                row,
                actor=actor,
                refused=True,
                principal_id=row["principal_id"],
                officer_id=officer.officer_id,
            )
        return
    if row["state"] == DelegationState.ACTIVE:
        return
    if row["state"] != DelegationState.PROPOSED:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    kind = DelegationKind(row["kind"])
    if Acceptance.ORGAN not in KINDS[kind].accepted_by:
        raise Forbidden(PERSON_ACCEPTS)
    if not evidence_seen:
        raise Invalid(NOT_SEEN).about("input", "evidenceSeen")
    told = ward_of(resources, row)
    claim = read_claim(
        Told(
            name=told["name"],
            number=told["number"],
            kind=DocumentKind(told["kind"]),
            country=told["country"] or None,
            birth_date=date.fromisoformat(told["birth"]) if told["birth"] else None,
        )
    )
    record = await resources.ports.registry.check(name=claim.name, document=claim.document)
    known = record.answer is RegistryAnswer.MATCH
    if record.answer is RegistryAnswer.UNKNOWN and not attest_unknown:
        raise Invalid(UNKNOWN, code=ProblemCode.IDENTITY_UNKNOWN)
    if not known and record.answer is not RegistryAnswer.UNKNOWN:
        raise await registry_refused(
            resources, record, subject=actor, actor=actor, kind="delegation_ward_refused"
        )
    birth_date = record.birth_date or claim.document.birth_date
    if birth_date is not None:
        check_age(kind, birth_date)
    async with transaction() as tx:
        principal_id = await keep_person(tx, resources, claim, record if known else None, actor=actor)
        if principal_id == row["agent_id"]:
            raise Conflict(OVER)
        await activate(
            tx,
            row,
            principal_id=principal_id,
            by=Acceptance.ORGAN,
            actor=actor,
            officer_id=officer.officer_id,
        )


async def _row(officer: Officer, grant_id: UUID) -> Row:
    if OfficerRole.INTAKE not in officer.roles:
        raise Forbidden(INTAKE_ONLY)
    return await grant_row(officer, grant_id)


def _actor(officer: Officer) -> str:
    return f"officer:{officer.officer_id}"
