"""What an organisation does about itself: register, ask for a review, appeal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
from stdnum.cn import uscc

from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, transaction
from backend.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    NotFound,
    ProblemCode,
    StepUpNeeded,
    Text,
)
from backend.kit import clock, regions
from backend.kit.ids import new_id
from backend.people.identity.ladder import NAME_FIRST, TO_APPLY, require
from backend.providers.organisations.kinds import LicenceKind
from backend.providers.organisations.models import OrganisationState, ReviewKind, StaffRole
from backend.resources import Resources
from backend.viewer import Citizen, Provider

REGISTRATIONS = "5/day"
LONGEST_GROUNDS = 1000

FAKE_CODE = Text(
    "统一社会信用代码有误，请核对（第18位为校验码）。",
    "This is no unified social credit code: the last sign does not fit the others.",
)
NO_DIVISION = Text("没有这个行政区划，请选择县（市、区）。", "There is no such county.")
BAD_NAME = Text("机构名称为2至120个字。", "A name has 2 to 120 characters.")
BAD_ADDRESS = Text("地址为2至200个字。", "An address has 2 to 200 characters.")
NO_LICENCE = Text("请至少填写一项资质。", "Name at least one licence.")
TWO_ALIKE = Text("同一资质请只填写一次。", "Name each kind of licence once.")
BAD_NUMBER = Text("证照编号为4至60个字符。", "The number of a licence has 4 to 60 characters.")
OUT_OF_DATE = Text("该证照已过有效期。", "This licence has expired.")
REGISTERED = Text(
    "该机构已登记，请由其管理员邀请您加入。", "It is registered: its administrator can invite you."
)
NO_SUCH_ORGANISATION = Text("没有这个机构。", "There is no such organisation.")
WAITING = Text("该机构正在审核中。", "Its review is still open.")
PAPER_MISSING = Text("请先上传“{licence}”的证照。", "Hand in the paper of {licence} first.")
NOT_SUSPENDED = Text("该机构未被暂停。", "It is not suspended.")
SUSPENDED = Text("机构已被暂停，请先申诉。", "It is suspended: appeal first.")
APPEALED = Text("申诉正在处理中。", "An appeal is being looked at.")
SAY_WHY = Text("请填写理由，1000字以内。", "Give your grounds, in at most 1000 characters.")


@dataclass(frozen=True, slots=True)
class Licence:
    """One thing that an organisation says it is licensed for."""

    kind: LicenceKind
    number: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class About:
    """What an organisation is to be known by."""

    name: str
    address: str
    licences: Sequence[Licence]

    def as_json(self) -> str:
        """For the column."""
        return orjson.dumps(
            {
                "name": self.name,
                "address": self.address,
                "licences": [
                    {"kind": one.kind, "number": one.number, "valid_until": one.valid_until}
                    for one in self.licences
                ],
            }
        ).decode()


async def register(
    citizen: Citizen,
    resources: Resources,
    *,
    credit_code: str,
    division: str,
    about: About,
    idempotency_key: str,
) -> UUID:
    """A draft of an organisation, with the citizen as its administrator; its id.

    Raises ``Invalid`` for a credit code whose check digit does not fit and for what else is wrong, all of it
    at once, ``Conflict`` where it is registered, and ``StepUpNeeded``: it has to be known who speaks for it.
    """
    if citizen.person_id is None:
        raise StepUpNeeded(NAME_FIRST)
    code = credit_code.strip().upper()
    wrong = list(_wrong(about))
    if not uscc.is_valid(code):
        wrong.append(FieldProblem(("input", "creditCode"), FAKE_CODE))
    found = regions.find(division)
    if found is None or found.level != 3:
        wrong.append(FieldProblem(("input", "division"), NO_DIVISION))
    if wrong:
        raise Invalid(wrong[0].message, fields=tuple(wrong))
    await require(citizen, citizen.person_id, TO_APPLY)
    await resources.shared.limit(REGISTRATIONS, "register-organisation", str(citizen.person_id))
    organisation_id, now = new_id(), clock.now()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=f"person:{citizen.person_id}",
            operation="registerOrganisation",
            key=idempotency_key,
            given=[code, division, about.as_json()],
            subject=organisation_id,
        )
        if known is not None:
            return known
        if await _approved(tx, code):
            raise Conflict(REGISTERED, code=ProblemCode.ALREADY_DONE).about("input", "creditCode")
        await tx.execute(
            "INSERT INTO organisation (id, created_at, credit_code, name, division, address, licences, state, reason,"
            " proposed) VALUES ($1, $2, $3, $4, $5, $6, '[]', 'DRAFT', '', $7::jsonb)",
            organisation_id,
            now,
            code,
            about.name,
            division,
            about.address,
            about.as_json(),
        )
        await tx.execute(
            "INSERT INTO organisation_staff (id, created_at, organisation_id, person_id, label, role, joined_at)"
            " VALUES ($1, $2, $3, $4, '', $5, $2)",
            new_id(),
            now,
            organisation_id,
            citizen.person_id,
            StaffRole.ADMINISTRATOR,
        )
        await tell(tx, organisation_id, "organisation_registered", f"person:{citizen.person_id}")
    return organisation_id


async def submit(provider: Provider, *, about: About | None, idempotency_key: str) -> UUID:
    """Ask an officer of the division to look at the organisation, or at what is to change about it.

    Each licence needs its paper. Raises ``Invalid``, ``Conflict`` while a review is open or it is suspended.
    """
    if about is not None and (wrong := tuple(_wrong(about))):
        raise Invalid(wrong[0].message, fields=wrong)
    organisation_id = provider.organisation_id
    async with transaction() as tx:
        given = None if about is None else about.as_json()
        if not await first_time(tx, provider, "submitOrganisation", idempotency_key, given):
            return organisation_id
        row = await held(tx, organisation_id)
        if row["state"] == OrganisationState.SUSPENDED:
            raise Conflict(SUSPENDED)
        if await _open_review(tx, ReviewKind.REGISTRATION, organisation_id):
            raise Conflict(WAITING)
        proposed = given or row["proposed"] or _as_it_is(row)
        await _check_papers(tx, organisation_id, proposed)
        await tx.execute(
            "UPDATE organisation SET proposed = $2::jsonb,"
            " state = CASE WHEN state = 'ACTIVE' THEN state ELSE 'SUBMITTED' END WHERE id = $1",
            organisation_id,
            proposed,
        )
        await open_review(tx, row, ReviewKind.REGISTRATION, organisation_id)
        await tell(tx, organisation_id, "organisation_submitted", provider.agent)
    return organisation_id


async def appeal(provider: Provider, *, grounds: str, idempotency_key: str) -> UUID:
    """Turn against a suspension; the officer who suspended is not the one who decides. Raises ``Conflict``."""
    if not 0 < len(grounds.strip()) <= LONGEST_GROUNDS:
        raise Invalid(SAY_WHY).about("input", "grounds")
    organisation_id = provider.organisation_id
    async with transaction() as tx:
        if not await first_time(tx, provider, "appealSuspension", idempotency_key, grounds):
            return organisation_id
        row = await held(tx, organisation_id)
        if row["state"] != OrganisationState.SUSPENDED:
            raise Conflict(NOT_SUSPENDED)
        if await _open_review(tx, ReviewKind.APPEAL, organisation_id):
            raise Conflict(APPEALED)
        await open_review(tx, row, ReviewKind.APPEAL, organisation_id, told=grounds.strip())
        await tell(tx, organisation_id, "suspension_appealed", provider.agent)
    return organisation_id


# --- what this package's other actions share --------------------------------------------------------


async def first_time(tx: Transaction, provider: Provider, operation: str, key: str, given: object) -> bool:
    """Whether this intent of a provider's is new; the organisation is what it is about."""
    known = await once(
        tx,
        actor=provider.agent,
        operation=operation,
        key=key,
        given=given,
        subject=provider.organisation_id,
    )
    return known is None


async def open_review(
    tx: Transaction, organisation: Row, kind: ReviewKind, subject_id: UUID, *, told: str = ""
) -> None:
    """Lay something before the officers of the organisation's division."""
    await tx.execute(
        "INSERT INTO provider_review (id, created_at, organisation_id, kind, subject_id, division, told, state, reason)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'OPEN', '')",
        new_id(),
        clock.now(),
        organisation["id"],
        kind,
        subject_id,
        organisation["division"],
        told,
    )


async def active(tx: Transaction, provider: Provider) -> Row:
    """The provider's organisation, held until the transaction ends. Raises ``Forbidden`` unless it is active."""
    row = await held(tx, provider.organisation_id)
    if row["state"] != OrganisationState.ACTIVE:
        raise Forbidden(NOT_ACTIVE)
    return row


NOT_ACTIVE = Text("机构尚未通过审核或已被暂停。", "The organisation was not approved yet, or is suspended.")


async def tell(
    tx: Transaction, organisation_id: UUID, kind: str, actor: str, detail: Mapping[str, object] | None = None
) -> None:
    """An entry of the organisation's trail."""
    await audit.append(
        tx, subject=f"organisation:{organisation_id}", kind=kind, actor=actor, detail=detail or {}
    )


async def held(tx: Transaction, organisation_id: UUID) -> Row:
    """An organisation, held until the transaction ends. Raises ``NotFound``."""
    row = await tx.fetch_one(
        "SELECT id, credit_code, name, division, address, licences, state, proposed FROM organisation"
        " WHERE id = $1 FOR NO KEY UPDATE",
        organisation_id,
    )
    if row is None:
        raise NotFound(NO_SUCH_ORGANISATION)
    return row


async def _approved(tx: Transaction, code: str) -> bool:
    return bool(
        await tx.fetch_one(
            "SELECT 1 FROM organisation WHERE credit_code = $1 AND state IN ('ACTIVE', 'SUSPENDED')", code
        )
    )


async def _open_review(tx: Transaction, kind: ReviewKind, subject_id: UUID) -> bool:
    return bool(
        await tx.fetch_one(
            "SELECT 1 FROM provider_review WHERE kind = $1 AND subject_id = $2 AND state = 'OPEN'",
            kind,
            subject_id,
        )
    )


async def _check_papers(tx: Transaction, organisation_id: UUID, proposed: str) -> None:
    rows = await tx.fetch(
        "SELECT licence FROM organisation_paper WHERE organisation_id = $1", organisation_id
    )
    there = {row["licence"] for row in rows}
    told = orjson.loads(proposed)["licences"]
    wrong = tuple(
        FieldProblem(("input", "licences", place), PAPER_MISSING.filled(licence=one["kind"]))
        for place, one in enumerate(told)
        if one["kind"] not in there
    )
    if wrong:
        raise Invalid(wrong[0].message, code=ProblemCode.MATERIAL_MISSING, fields=wrong)


def _as_it_is(row: Row) -> str:
    held = {"name": row["name"], "address": row["address"], "licences": orjson.loads(row["licences"])}
    return orjson.dumps(held).decode()


def _wrong(about: About) -> Sequence[FieldProblem]:
    """Everything that is wrong with what an organisation says of itself."""
    found: list[FieldProblem] = []
    if not 2 <= len(about.name.strip()) <= 120:
        found.append(FieldProblem(("input", "name"), BAD_NAME))
    if not 2 <= len(about.address.strip()) <= 200:
        found.append(FieldProblem(("input", "address"), BAD_ADDRESS))
    if not about.licences:
        found.append(FieldProblem(("input", "licences"), NO_LICENCE))
    kinds = [one.kind for one in about.licences]
    if len(set(kinds)) < len(kinds):
        found.append(FieldProblem(("input", "licences"), TWO_ALIKE))
    for place, one in enumerate(about.licences):
        if not 4 <= len(one.number.strip()) <= 60:
            found.append(FieldProblem(("input", "licences", place, "number"), BAD_NUMBER))
        if one.valid_until is not None and one.valid_until < clock.today():
            found.append(FieldProblem(("input", "licences", place, "validUntil"), OUT_OF_DATE))
    return found
