"""Proposing to act for somebody, accepting it, refusing it, and taking it back.

The agent proposes, proven in their own session. Who accepts depends on the kind: the person in a session of
their own, or an officer who has seen the paper. Nothing is given before that, and nothing after its end.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import Conflict, FieldProblem, Forbidden, Invalid, ProblemCode, StepUpNeeded, Text
from backend.kit import clock, regions
from backend.kit.ids import new_code, new_id
from backend.people.delegation.kinds import (
    KINDS,
    OF_AGE,
    Acceptance,
    DelegatedAction,
    DelegationKind,
    Evidence,
)
from backend.people.delegation.models import Delegation, DelegationState
from backend.people.delegation.queries import grant_row, ward_of
from backend.people.identity.claims import Claim, Told, index_of, read_claim
from backend.people.identity.ladder import NAME_FIRST, TO_APPLY, require
from backend.people.identity.queries import facts_of
from backend.resources import Resources
from backend.viewer import Citizen

PROPOSALS = "20/day"
"""Per account."""
CODE_LENGTH = 8
LONGEST_PAPER = 60

NOT_YOURSELF = Text("不能为自己代办。", "Nobody acts for themselves.")
TOO_YOUNG = Text("代办人须年满18周岁。", "Whoever acts for others is 18 or older.")
WARD_OF_AGE = Text(
    "该代办类型仅适用于未满18周岁的人。", "This kind is only for somebody under the age of 18."
)
WARD_IS_CHILD = Text("被代办人未满18周岁，须由监护人代办。", "For a child the guardian acts.")
OTHER_PAPER = Text("该代办类型不接受此种证明材料。", "This kind takes another paper.")
BAD_END = Text("授权期限应在明天至最长期限之间。", "The end lies between tomorrow and the longest term.")
NO_INSTITUTION = Text("请填写所在机构名称。", "Name the committee or home.")
BAD_PAPER = Text("证明材料编号为1至60个字符。", "The number of the paper has 1 to 60 characters.")
NO_ACTION = Text("请至少选择一项授权内容。", "Choose at least one thing to be done.")
NO_SUCH_DIVISION = Text("没有这个行政区划。", "There is no such division.")
ORGAN_ACCEPTS = Text(
    "该代办须由工作人员核验材料后生效，请到窗口办理。",
    "This kind is accepted by an officer who has seen the paper: please come to a window.",
)
OVER = Text("该代办授权已处理。", "This delegation was decided already.")
ACTIVE_ALREADY = Text("已有同类有效授权。", "There is such a delegation already.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an agent asks for."""

    kind: DelegationKind
    ward: Told
    items: Collection[str]
    domains: Collection[str]
    actions: Collection[DelegatedAction]
    evidence: Evidence
    evidence_number: str
    division: str
    valid_until: date
    institution: str = ""


async def propose_delegation(
    citizen: Citizen, resources: Resources, proposal: Proposal, *, idempotency_key: str
) -> UUID:
    """Ask to act for somebody; the grant's id. It tells nobody whether the other is known here.

    Raises ``StepUpNeeded`` unless the agent is VERIFIED in this session, ``Invalid`` and ``TooMany``.
    """
    agent_id = require_person(citizen)
    await require(citizen, agent_id, TO_APPLY)
    agent = await facts_of(agent_id, resources)
    claim = read_claim(proposal.ward)
    _check(proposal)
    today = clock.today()
    if age_on(agent.birth_date, today) < OF_AGE:
        raise Forbidden(TOO_YOUNG)
    index = index_of(resources, claim.document)
    if index == index_of(resources, agent.document):
        raise Invalid(NOT_YOURSELF, fields=(FieldProblem(("input", "residentId"), NOT_YOURSELF),))
    if claim.document.birth_date is not None:
        check_age(proposal.kind, claim.document.birth_date)
    await resources.shared.limit(PROPOSALS, "delegation", str(citizen.account_id))
    grant_id, actor = new_id(), f"person:{agent_id}"
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor,
            operation="proposeDelegation",
            key=idempotency_key,
            given=[index, proposal.kind, sorted(proposal.items), sorted(proposal.actions)],
            subject=grant_id,
        )
        if known is not None:
            return known
        await _create(resources, proposal, claim, grant_id=grant_id, agent_id=agent_id, index=index)
        await tell(tx, grant_id, "delegation_proposed", actor=actor, people=[agent_id], grant=proposal.kind)
    return grant_id


async def _create(
    resources: Resources, proposal: Proposal, claim: Claim, *, grant_id: UUID, agent_id: UUID, index: str
) -> None:
    ring, document = resources.keys.ring, claim.document
    ward = {
        "name": claim.name,
        "number": document.number,
        "kind": document.kind.value,
        "country": document.country or "",
        "birth": "" if document.birth_date is None else document.birth_date.isoformat(),
    }
    actions = {*proposal.actions, DelegatedAction.FOLLOW}
    await Delegation.create(
        id=grant_id,
        agent_id=agent_id,
        ward_index=index,
        ward_sealed=ring.seal(orjson.dumps(ward), context=f"delegation.ward:{grant_id}"),
        kind=proposal.kind,
        state=DelegationState.PROPOSED,
        code=new_code(CODE_LENGTH),
        division=proposal.division,
        institution=proposal.institution.strip(),
        items=sorted(proposal.items),
        domains=sorted(proposal.domains),
        actions=sorted(actions),
        evidence=proposal.evidence,
        evidence_sealed=ring.seal(
            proposal.evidence_number.strip().encode(), context=f"delegation.evidence:{grant_id}"
        ),
        valid_until=proposal.valid_until,
        ends_of_age=KINDS[proposal.kind].for_child,
    )


async def accept_delegation(citizen: Citizen, resources: Resources, *, grant_id: UUID) -> None:
    """The person says yes, verified in their own session. Accepting again changes nothing.

    Raises ``NotFound``, ``StepUpNeeded``, ``Forbidden`` where an organ accepts, ``Conflict``.
    """
    person_id = require_person(citizen)
    row = await grant_row(citizen, grant_id)
    if row["agent_id"] == person_id or not await _names(resources, row, person_id):
        raise Forbidden(ORGAN_ACCEPTS)
    if row["state"] == DelegationState.ACTIVE:
        return
    kind = DelegationKind(row["kind"])
    if Acceptance.PRINCIPAL not in KINDS[kind].accepted_by:
        raise Forbidden(ORGAN_ACCEPTS)
    await require(citizen, person_id, TO_APPLY)
    person = await facts_of(person_id, resources)
    if age_on(person.birth_date, clock.today()) < OF_AGE:
        raise Forbidden(WARD_IS_CHILD)
    async with transaction() as tx:
        await activate(tx, row, principal_id=person_id, by=Acceptance.PRINCIPAL, actor=f"person:{person_id}")


async def activate(
    tx: Transaction,
    row: Row,
    *,
    principal_id: UUID,
    by: Acceptance,
    actor: str,
    officer_id: UUID | None = None,
) -> None:
    """Put a proposal into force, inside the caller's transaction. Raises ``Conflict``."""
    # The pair is locked, so that two proposals of one kind are not both accepted at once.
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))",
        f"{row['agent_id']}:{principal_id}:{row['kind']}",
    )
    if await tx.fetch_one(
        "SELECT 1 FROM delegation WHERE agent_id = $1 AND principal_id = $2 AND kind = $3 AND state = 'ACTIVE'"
        " AND valid_until > $4",
        row["agent_id"],
        principal_id,
        row["kind"],
        clock.today(),
    ):
        raise Conflict(ACTIVE_ALREADY, code=ProblemCode.ALREADY_DONE)
    await tx.execute(
        "UPDATE delegation SET state = 'REVOKED', ended_at = $4, ended_by = 'machine:house'"
        " WHERE agent_id = $1 AND principal_id = $2 AND kind = $3 AND state = 'ACTIVE'",
        row["agent_id"],
        principal_id,
        row["kind"],
        clock.now(),
    )
    done = await tx.fetch_one(
        "UPDATE delegation SET state = 'ACTIVE', principal_id = $2, accepted_by = $3, accepted_at = $4,"
        " officer_id = $5 WHERE id = $1 AND state = 'PROPOSED' RETURNING id",
        row["id"],
        principal_id,
        by.value,
        clock.now(),
        officer_id,
    )
    if done is None:
        raise Conflict(OVER, code=ProblemCode.ALREADY_DONE)
    people = [row["agent_id"], principal_id]
    await tell(tx, row["id"], "delegation_accepted", actor=actor, people=people, grant=row["kind"])


async def end_delegation(citizen: Citizen, *, grant_id: UUID) -> None:
    """Refuse a proposal, or take an accepted grant back; either person may, at any time and without a reason.

    It counts from this moment. Ending it again changes nothing. Raises ``NotFound``.
    """
    person_id = require_person(citizen)
    row = await grant_row(citizen, grant_id)
    agent = row["agent_id"] == person_id
    principal_id = row["principal_id"] or (None if agent else person_id)
    async with transaction() as tx:
        await end(tx, row, actor=f"person:{person_id}", refused=not agent, principal_id=principal_id)


async def end(
    tx: Transaction,
    row: Row,
    *,
    actor: str,
    refused: bool,
    principal_id: UUID | None,
    officer_id: UUID | None = None,
) -> None:
    """End a grant inside the caller's transaction; nothing happens to one that has ended."""
    ended = await tx.fetch_one(
        "UPDATE delegation SET state = CASE WHEN state = 'PROPOSED' AND $4 THEN 'REFUSED' ELSE 'REVOKED' END,"
        " ended_at = $2, ended_by = $3, officer_id = coalesce($5, officer_id),"
        " principal_id = coalesce(principal_id, $6)"
        " WHERE id = $1 AND state IN ('PROPOSED', 'ACTIVE') RETURNING state",
        row["id"],
        clock.now(),
        actor,
        refused,
        officer_id,
        principal_id,
    )
    if ended is None:
        return
    people = [row["agent_id"], *([principal_id] if principal_id else [])]
    kind = "delegation_refused" if ended["state"] == DelegationState.REFUSED else "delegation_revoked"
    await tell(tx, row["id"], kind, actor=actor, people=people, grant=row["kind"])


async def tell(
    tx: Transaction, grant_id: UUID, kind: str, *, actor: str, people: Collection[UUID], **detail: str
) -> None:
    """Write it into the trails of everybody it concerns, always in the same order."""
    for person_id in sorted(people):
        await audit.append(
            tx,
            subject=f"person:{person_id}",
            kind=kind,
            actor=actor,
            detail={"delegation": str(grant_id), **detail},
        )


def require_person(citizen: Citizen) -> UUID:
    """The person behind the account. Raises ``StepUpNeeded`` before a real name is theirs."""
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    return citizen.person_id


def age_on(birth_date: date, day: date) -> int:
    """Whole years on a day: the birthday itself counts (民法典第十七条、第二百零一条)."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def check_age(kind: DelegationKind, birth_date: date) -> None:
    """Raise ``Invalid`` where a kind is not for somebody of this age."""
    child = age_on(birth_date, clock.today()) < OF_AGE
    if KINDS[kind].for_child != child:
        why = WARD_IS_CHILD if child else WARD_OF_AGE
        raise Invalid(why, fields=(FieldProblem(("input", "kind"), why),))


async def _names(resources: Resources, row: Row, person_id: UUID) -> bool:
    """Whether a proposal names this person: by a number that is theirs, which the row was found by, and by name."""
    person = await facts_of(person_id, resources)
    return ward_of(resources, row)["name"] == person.name


def _check(proposal: Proposal) -> None:
    kind, today = KINDS[proposal.kind], clock.today()
    last = date(today.year + kind.longest_years, today.month, min(today.day, 28))
    checks = (
        (proposal.evidence not in kind.evidence, "evidence", OTHER_PAPER),
        (not 1 <= len(proposal.evidence_number.strip()) <= LONGEST_PAPER, "evidenceNumber", BAD_PAPER),
        (not today < proposal.valid_until <= last, "validUntil", BAD_END),
        (kind.institution and not proposal.institution.strip(), "institution", NO_INSTITUTION),
        (len(proposal.institution) > 120, "institution", NO_INSTITUTION),
        (not proposal.actions, "actions", NO_ACTION),
        (regions.get(proposal.division) is None, "division", NO_SUCH_DIVISION),
    )
    wrong = tuple(FieldProblem(("input", name), why) for bad, name, why in checks if bad)
    if wrong:
        raise Invalid(wrong[0].message, fields=wrong)
