"""What a case goes through until it is received: begun, filled in, handed in, all of it safe to repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from backend.casework.applications.acting import (
    OF_A_WARD,
    both_agree,
    may_represent,
    outside_mandate,
    ward_for,
)
from backend.casework.applications.completeness import check_complete
from backend.casework.applications.events import STALE, actor_name, append_event, record_event
from backend.casework.applications.models import Application
from backend.casework.catalogue.compose import OfferedItem
from backend.casework.catalogue.queries import offered_item
from backend.casework.definitions import Parameters, ServiceItem
from backend.casework.forms import check_answers
from backend.casework.legal_clock import due_date
from backend.casework.lifecycle import NOT_A_DRAFT, CaseEventKind, CaseState
from backend.casework.machine import Casework
from backend.casework.materials.licences import fetch_what_is_held
from backend.casework.numbering.actions import give_number
from backend.casework.proof import need_of
from backend.casework.reviews.route import township_of
from backend.casework.switches.models import Feature
from backend.casework.switches.queries import require_on
from backend.database import audit
from backend.database.idempotency import once
from backend.database.record import Row, Transaction, fetch, transaction
from backend.errors import (
    Conflict,
    NotFound,
    ProblemCode,
    StepUpNeeded,
    Text,
)
from backend.kit import clock
from backend.kit.documents import DocumentKind
from backend.kit.ids import new_id
from backend.people.delegation.kinds import DelegatedAction
from backend.people.identity.claims import index_of_number
from backend.people.identity.consents import require_guardian
from backend.people.identity.ladder import require
from backend.people.identity.queries import facts_of
from backend.viewer import Assurance, Citizen, Officer

NO_SUCH_CASE = Text("没有这个办件。", "There is no such case.")
REAL_NAME_FIRST = Text("请先完成实名认证。", "Bind your real name first.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A case as the acting citizen may change it."""

    id: UUID
    person_id: UUID
    state: CaseState
    version: int
    item_code: str
    division: str
    task_code: str
    figures: Parameters
    promised_days: int
    answers_sealed: str


DRAFT_COLUMNS = (
    "id, person_id, state, version, item_code, division, task_code, figures, promised_days, answers_sealed"
)


def require_person(citizen: Citizen) -> UUID:
    """The real person behind the account. Raises ``StepUpNeeded`` before a real name was bound."""
    if citizen.person_id is None:
        raise StepUpNeeded(REAL_NAME_FIRST)
    return citizen.person_id


async def own_case(
    citizen: Citizen, application_id: UUID, action: DelegatedAction = DelegatedAction.FILL
) -> Draft:
    """The citizen's own case, or one that they may do ``action`` with for somebody else.

    Raises ``NotFound`` for a missing case and for somebody else's alike, and ``Forbidden(OUTSIDE_MANDATE)`` to
    whoever had or has a delegation by that person which does not give this.
    """
    actor_id = require_person(citizen)
    rows = await fetch(
        f"SELECT {DRAFT_COLUMNS} FROM application WHERE id = $1 AND (person_id = $2 OR"  # noqa: S608 - constants of ours
        f" {OF_A_WARD})",
        application_id,
        actor_id,
        action.value,
        clock.today(),
    )
    if not rows:
        await outside_mandate(actor_id, application_id=application_id)
        raise NotFound(NO_SUCH_CASE)
    return read_draft(rows[0])


def read_draft(row: Row) -> Draft:
    """From the columns of ``DRAFT_COLUMNS``."""
    return Draft(
        id=row["id"],
        person_id=row["person_id"],
        state=CaseState(row["state"]),
        version=row["version"],
        item_code=row["item_code"],
        division=row["division"],
        task_code=row["task_code"],
        figures=orjson.loads(row["figures"]),
        promised_days=row["promised_days"],
        answers_sealed=row["answers_sealed"],
    )


def seal_answers(work: Casework, application_id: UUID, answers: Mapping[str, object]) -> str:
    """Answers as they rest: sealed and bound to their case."""
    return work.resources.keys.ring.seal(
        orjson.dumps(answers), context=f"application.answers:{application_id}"
    )


def open_answers(work: Casework, application_id: UUID, sealed: str) -> dict[str, object]:
    """The answers of one case."""
    answers: dict[str, object] = orjson.loads(
        work.resources.keys.ring.open(sealed, context=f"application.answers:{application_id}")
    )
    return answers


async def start_application(
    citizen: Citizen,
    work: Casework,
    *,
    item_code: str,
    division: str,
    idempotency_key: str,
    on_behalf_of: UUID | None = None,
) -> UUID:
    """Begin a draft for an item as it applies in ``division``; the edition of today is kept.

    With ``on_behalf_of``, the id of a delegation, it is the principal's case. Raises ``NotFound`` for an
    unknown item or division, ``StepUpNeeded`` without a real name and ``Forbidden(OUTSIDE_MANDATE)``.
    """
    person_id = require_person(citizen)
    offered = await offer(citizen, work, item_code, division)
    await require_on(Feature.APPLY, division, item_code)
    if on_behalf_of is not None:
        person_id = await ward_for(citizen, on_behalf_of, offered.item)
    else:
        await require_guardian(citizen, person_id)
    return await begin_draft(
        citizen,
        work,
        person_id,
        offered,
        division,
        operation="startApplication",
        key=idempotency_key,
        given=[item_code, division, *([str(on_behalf_of)] if on_behalf_of else [])],
    )


async def offer(viewer: Citizen | Officer, work: Casework, item_code: str, division: str) -> OfferedItem:
    """The item as it applies in ``division`` today. Raises ``NotFound``, saying which of the two is wrong."""
    try:
        return await offered_item(viewer, work.catalogue, code=item_code, division=division)
    except NotFound as refusal:
        wrong = "itemCode" if refusal.code is ProblemCode.UNKNOWN_ITEM else "division"
        raise refusal.about("input", wrong) from None


async def begin_draft(
    actor: Citizen | Officer,
    work: Casework,
    person_id: UUID,
    offered: OfferedItem,
    division: str,
    *,
    operation: str,
    key: str,
    given: Sequence[str],
) -> UUID:
    """A draft of this person, begun by themselves, by who acts for them or by an officer before them."""
    application_id = new_id()
    async with transaction() as tx:
        known = await once(
            tx, actor=actor_name(actor), operation=operation, key=key, given=given, subject=application_id
        )
        if known is not None:
            return known
        await Application.create(
            id=application_id,
            person_id=person_id,
            edition_id=offered.edition_id,
            item_code=offered.item.base_code,
            domain=offered.item.domain,
            division=offered.division.code,
            township=township_of(division),
            task_code=offered.task_code,
            organ_name=offered.organ.name,
            deciding_level=(offered.organ.delegate or offered.organ).level,
            figures=dict(offered.figures),
            promised_days=offered.promised_days,
            state=CaseState.DRAFT,
            answers_sealed=seal_answers(work, application_id, {}),
            last_sequence=1,
        )
        await append_event(
            tx,
            work,
            CaseEventKind.STARTED,
            {
                "id": application_id,
                "state": CaseState.DRAFT,
                "last_sequence": 1,
                "item_code": offered.item.base_code,
                "division": offered.division.code,
                "person_id": person_id,
            },
            actor=actor,
        )
    return application_id


async def save_answers(
    citizen: Citizen,
    work: Casework,
    *,
    application_id: UUID,
    answers: Mapping[str, object],
    version: int,
    idempotency_key: str,
) -> UUID:
    """Replace a draft's answers. What is filled in must be right; what is missing may come later.

    ``version`` is the version the citizen saw: Raises ``Conflict(STALE_VERSION)`` when another
    device saved meanwhile.
    """
    draft = await own_case(citizen, application_id)
    return await keep_answers(
        citizen, work, draft, answers, version, operation="saveAnswers", key=idempotency_key
    )


async def keep_answers(
    actor: Citizen | Officer,
    work: Casework,
    draft: Draft,
    answers: Mapping[str, object],
    version: int,
    *,
    operation: str,
    key: str,
) -> UUID:
    """Replace the answers of a draft that ``actor`` may fill in."""
    check_answers(work.standards.get(draft.item_code).form, answers, complete=False)
    said = orjson.dumps(answers, option=orjson.OPT_SORT_KEYS).decode()
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(actor),
            operation=operation,
            key=key,
            # Keyed, because a plain digest of a few answers could be guessed.
            given=[str(draft.id), version, work.resources.keys.blind_index.of(said, "answers")],
            subject=draft.id,
        )
        if known is not None:
            return known
        if draft.state is not CaseState.DRAFT:
            raise Conflict(NOT_A_DRAFT)
        saved = await tx.fetch_one(
            "UPDATE application SET answers_sealed = $3, version = version + 1"
            " WHERE id = $1 AND version = $2 AND state = 'DRAFT' RETURNING id",
            draft.id,
            version,
            seal_answers(work, draft.id, answers),
        )
        if saved is None:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
        if isinstance(actor, Officer):
            await note_at_window(tx, actor, draft, "answers_filled_at_window")
    return draft.id


async def note_at_window(tx: Transaction, officer: Officer, draft: Draft, kind: str) -> None:
    """What an officer did with a case while its applicant was present: an entry in the applicant's own trail."""
    await audit.append(
        tx,
        subject=f"person:{draft.person_id}",
        kind=kind,
        actor=actor_name(officer),
        detail={"application": str(draft.id), "organ": str(officer.organ_id)},
    )


async def submit_application(
    citizen: Citizen, work: Casework, *, application_id: UUID, idempotency_key: str
) -> UUID:
    """Submit a draft: identity, answers, materials and eligibility are checked, then it is received.

    Received means one transaction: state, number, timeline, audit and the job that delivers it. When
    the day's number series has run out the case is received all the same and numbered later.
    """
    draft = await own_case(citizen, application_id, DelegatedAction.SUBMIT)
    item = work.standards.get(draft.item_code)
    assurance: Assurance | None = None
    if draft.state is CaseState.DRAFT:
        await require_on(Feature.APPLY, draft.division, draft.item_code)
        if draft.person_id != citizen.person_id:
            await may_represent(citizen, draft.person_id, item)
        assurance = await proven(citizen, item)
    return await hand_in(citizen, work, draft, assurance, operation="submitApplication", key=idempotency_key)


async def hand_in(
    actor: Citizen | Officer,
    work: Casework,
    draft: Draft,
    assurance: Assurance | None,
    *,
    operation: str,
    key: str,
) -> UUID:
    """Receive a draft that ``actor`` may hand in; ``assurance`` is how its applicant is known, None once it is no draft."""
    item = work.standards.get(draft.item_code)
    # One moment for everything: a case that came in at midnight belongs to one day's series.
    now = clock.now()
    today = clock.local(now).date()
    fetched = 0
    if assurance is not None:
        fetched = await _fetch_what_is_held(work, draft, item)
        if fetched:
            # It has changed: check what will be handed in.
            draft = await _again(draft)
        await check_complete(
            work,
            item,
            draft.id,
            draft.person_id,
            open_answers(work, draft.id, draft.answers_sealed),
            division=draft.division,
            figures=draft.figures,
            today=today,
        )
    due = due_date(today, draft.promised_days, item.limits.statutory.unit, work.calendar)
    async with transaction() as tx:
        known = await once(
            tx,
            actor=actor_name(actor),
            operation=operation,
            key=key,
            given=[str(draft.id)],
            subject=draft.id,
        )
        if known is not None:
            return known
        if assurance is None:
            raise Conflict(NOT_A_DRAFT, code=ProblemCode.ALREADY_DONE).about("input", "applicationId")
        received = await tx.fetch_one(
            "UPDATE application SET submitted_at = $3, due_on = $4, assurance = $5"
            " WHERE id = $1 AND state = 'DRAFT' AND version = $2 RETURNING id",
            draft.id,
            draft.version,
            now,
            due.on,
            f"{assurance.level.name}/{assurance.method}",
        )
        if received is None:
            raise Conflict(STALE, code=ProblemCode.STALE_VERSION)
        if item.parties > 1:
            # What the machine fetched just now changes nothing in what both said: each licence is one version.
            await both_agree(
                tx,
                draft.id,
                version=draft.version - fetched,
                number_index=_other_party(work, draft, item),
            )
        await record_event(tx, work, draft.id, CaseEventKind.SUBMITTED, before=CaseState.DRAFT, actor=actor)
        await _audit_submission(tx, draft, assurance, actor)
        await give_number(tx, work, draft.id, task_code=draft.task_code, day=today, actor=actor)
    return draft.id


async def _again(draft: Draft) -> Draft:
    (row,) = await fetch(f"SELECT {DRAFT_COLUMNS} FROM application WHERE id = $1", draft.id)  # noqa: S608 - a constant of ours
    return read_draft(row)


async def _audit_submission(
    tx: Transaction, draft: Draft, assurance: Assurance, actor: Citizen | Officer
) -> None:
    await audit.append(
        tx,
        subject=f"person:{draft.person_id}",
        kind="application_submitted",
        actor=actor_name(actor),
        detail={"application": str(draft.id), "item": draft.item_code, "assurance": assurance.method},
    )


async def proven(citizen: Citizen, item: ServiceItem) -> Assurance:
    """How whoever acts is known in this session. Raises ``StepUpNeeded`` where the item asks for more."""
    return await require(citizen, require_person(citizen), need_of(item))


def _other_party(work: Casework, draft: Draft, item: ServiceItem) -> str | None:
    """Index of the number under which the answers name the other party, where the form asks for it."""
    field = item.partner_field
    if field is None:
        return None
    number = str(open_answers(work, draft.id, draft.answers_sealed)[field.name])
    return index_of_number(work.resources, DocumentKind.RESIDENT_ID, number)


async def _fetch_what_is_held(work: Casework, draft: Draft, item: ServiceItem) -> int:
    """Put on the draft what the e-licence store has of it; how many came."""
    if not any(material.licence for material in item.materials):
        return 0
    answers = open_answers(work, draft.id, draft.answers_sealed)
    person = await facts_of(draft.person_id, work.resources)
    return len(await fetch_what_is_held(work, draft.id, item, person, answers))
