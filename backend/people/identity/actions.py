"""Binding a real name to an account."""

from uuid import UUID

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import fetch_one, transaction
from backend.errors import Invalid, ProblemCode, Text
from backend.kit import clock
from backend.people.identity.claims import Claim, Told, index_of, read_claim
from backend.people.identity.models import AssuranceMethod
from backend.people.identity.persons import By, bind_account, keep_person, record_proof
from backend.people.identity.queries import facts_of
from backend.ports import RegistryAnswer, RegistryRecord
from backend.resources import Resources
from backend.viewer import Assurance, AssuranceLevel, Citizen

BINDINGS = "5/hour"
"""Per account: somebody who tries names is not somebody who knows theirs."""
BINDINGS_OF_ONE = "20/day"
"""Per number, over all accounts: names are not to be tried out in turns either."""

MISMATCH = Text(
    "姓名与证件号码未能核验通过。请核对后重试；确认无误的，可申请人工核验，或持证件到窗口办理。",
    "Name and number could not be confirmed. Check both and try again; if they are right, ask for an officer's"
    " check or come to a window with the document.",
)
EXPIRED = Text(
    "该证件已过有效期，请换领新证件后再试，或使用其他有效证件。",
    "This document is no longer valid. Use a new one, or another document.",
)


async def bind_real_name(citizen: Citizen, resources: Resources, told: Told, *, idempotency_key: str) -> UUID:
    """Bind the account to the real person of this name and document; returns the person's id.

    Where another account of that person exists, this one is held until the person is proven in it. An
    account that is bound takes another name or document of the same person. Raises ``Invalid``
    (INVALID_INPUT, INVALID_RESIDENT_ID, INVALID_DOCUMENT, DOCUMENT_EXPIRED, or IDENTITY_MISMATCH in the
    same words whether the registry knows another name or no such person), ``Conflict(ALREADY_DONE)`` for an
    account of somebody else, ``TooMany``, ``Unavailable``.
    """
    claim = read_claim(told)
    index = index_of(resources, claim.document)
    account = await fetch_one(
        "SELECT coalesce(person_id, claimed_person_id) AS person_id FROM account WHERE id = $1",
        citizen.account_id,
    )
    if account is not None and account["person_id"] is not None:
        known = await facts_of(account["person_id"], resources)
        if (known.name, index_of(resources, known.document)) == (claim.name, index):
            return known.person_id
    await resources.shared.limit(BINDINGS, "bind", str(citizen.account_id))
    await resources.shared.limit(BINDINGS_OF_ONE, "bind-one", index)
    subject = f"account:{citizen.account_id}"
    record = await resources.ports.registry.check(name=claim.name, document=claim.document)
    if record.answer is not RegistryAnswer.MATCH:
        raise await refused(resources, record, subject=subject, actor=subject, kind="real_name_refused")
    return await _bind(citizen, resources, claim, record, index=index, key=idempotency_key)


async def _bind(
    citizen: Citizen, resources: Resources, claim: Claim, record: RegistryRecord, *, index: str, key: str
) -> UUID:
    subject = f"account:{citizen.account_id}"
    async with transaction() as tx:
        person_id = await keep_person(tx, resources, claim, record, actor=subject)
        known = await once(
            tx, actor=subject, operation="bindRealName", key=key, given=[index], subject=person_id
        )
        if known is not None:
            return known
        bound = await bind_account(tx, account_id=citizen.account_id, person_id=person_id)
        await record_proof(
            tx,
            person_id=person_id,
            proof=Assurance(AssuranceLevel.REAL_NAME, AssuranceMethod.REAL_NAME, clock.now(), None),
            by=By(session_id=citizen.session_id),
        )
    if not bound:
        resources.tally.add("real_name_held")
    return person_id


async def refused(
    resources: Resources, record: RegistryRecord, *, subject: str, actor: str, kind: str
) -> Invalid:
    """Count and audit that the registry did not confirm a claim; the refusal to raise."""
    resources.tally.add(kind)
    async with transaction() as tx:
        await audit.append(tx, subject=subject, kind=kind, actor=actor)
    if record.answer is RegistryAnswer.EXPIRED:
        return Invalid(EXPIRED, code=ProblemCode.DOCUMENT_EXPIRED)
    return Invalid(MISMATCH, code=ProblemCode.IDENTITY_MISMATCH)
